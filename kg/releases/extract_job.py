"""Sandbox job that writes an extract of a release.

Started by kg.sandbox as `python -m kg.releases.extract_job`. The job: `release`, `choice` (the
fields of Choice), `format` and `packed` (names of kg.formats), `answer` (a name in the private
folder). The answer is what the metadata beside the file say, and the name the file should have.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kg.formats import EXTRACT_FORMATS
from kg.release_layout import Release
from kg.releases.extract import ExtractChoice, build_file_name, write_extract
from kg.sandbox.job_runner import serve_one_job


def run_extract(job: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the file of a job. Raises BadRequest where something named is not there."""
    release, choice = Release(Path(job["release"])), ExtractChoice(**job["choice"])
    syntax, compression = EXTRACT_FORMATS[job["format"]], job["packed"]
    extract = write_extract(release, choice, syntax, compression, Path(job["answer"]))
    metadata = json.loads(extract.path.with_name(f"{extract.path.name}.meta.json").read_bytes())
    return {**metadata, "name": build_file_name(release, choice, syntax, compression)}


if __name__ == "__main__":
    serve_one_job(run_extract)
