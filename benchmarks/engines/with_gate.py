"""The project's gate: a file of triples, a file of shapes, its report as N-Triples.

python with_gate.py SHAPES DATA REPORT
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kg.kinds import Text
from kg.mapping import open_work_database
from kg.mapping.rdf_mapping import map_rdf
from kg.shacl.report_rdf import build_report_triples
from kg.shacl.shapes import load_shapes
from kg.sources import Source
from kg.validation.batch_run import validate_quads

NOTHING: Final = Text("", "")


def main() -> None:
    """Reads, validates, writes the report and prints the seconds."""
    shapes_file, data_file, report_file = map(Path, sys.argv[1:])
    start = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_work_database(Path(folder) / "work.duckdb") as db,
    ):
        map_rdf(db, described(data_file.parent), data_file)
        parsed = time.perf_counter()
        shapes = load_shapes([shapes_file])
        report = validate_quads(db, shapes)
        validated = time.perf_counter()
    ox.serialize(build_report_triples(report, shapes), report_file, ox.RdfFormat.N_TRIPLES)
    print(json.dumps({"parse": parsed - start, "validate": validated - parsed}))


def described(folder: Path) -> Source:
    """A source that says nothing of itself."""
    return Source(
        name="benchmark", folder=folder, title=NOTHING, description=NOTHING, publisher=NOTHING,
        kind="register", language="fr", licence="", licence_note=NOTHING, retrieved="",
    )  # fmt: skip


if __name__ == "__main__":
    main()
