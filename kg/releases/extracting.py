"""A part of a release taken out for the server: one job of the sandbox.

Started by kg.sandbox as `python -m kg.releases.extracting`. The job: `release`, `choice` (the
fields of Choice), `format` and `packed` (names of kg.formats), `answer` (a name in the private
folder). The answer is what the metadata beside the file say, and the name the file should have.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kg.formats import EXTRACTS
from kg.release import Release
from kg.releases.extract import Choice, extract, name_of
from kg.sandbox.inside import serve


def work(job: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the file of a job. Raises BadRequest where something named is not there."""
    release, choice = Release(Path(job["release"])), Choice(**job["choice"])
    syntax, packed = EXTRACTS[job["format"]], job["packed"]
    made = extract(release, choice, syntax, packed, Path(job["answer"]))
    told = json.loads(made.path.with_name(f"{made.path.name}.meta.json").read_bytes())
    return {**told, "name": name_of(release, choice, syntax, packed)}


if __name__ == "__main__":
    serve(work)
