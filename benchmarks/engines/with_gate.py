"""The project's gate: a file of triples, files of shapes, its report as N-Triples.

python with_gate.py SHAPES DATA REPORT
"""

import json
import sys
import time
from pathlib import Path

import pyoxigraph as ox

from kg.validation.check import check
from kg.validation.report import validation_report
from kg.validation.shapes import load_shapes


def main() -> None:
    """Reads, validates, writes the report and prints the seconds."""
    shapes_file, data_file, report_file = map(Path, sys.argv[1:])
    start = time.perf_counter()
    store = ox.Store()
    store.bulk_load(path=data_file, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    parsed = time.perf_counter()
    shapes = load_shapes([shapes_file])
    report = check(store, shapes)
    validated = time.perf_counter()
    ox.serialize(validation_report(report, shapes), report_file, ox.RdfFormat.N_TRIPLES)
    print(json.dumps({"parse": parsed - start, "validate": validated - parsed}))


if __name__ == "__main__":
    main()
