"""pyshacl alone through the gate's door, which reads each query once: the report as N-Triples.

python with_judge.py SHAPES DATA REPORT
"""

import json
import sys
import time
from pathlib import Path

import pyoxigraph as ox

from kg.shacl.pyshacl_adapter import validate_all
from kg.shacl.report_rdf import build_report_triples
from kg.shacl.shapes import load_shapes
from kg.shacl.validator import ValidationReport, sort_results


def main() -> None:
    """Reads, validates, writes the report and prints the seconds."""
    shapes_file, data_file, report_file = map(Path, sys.argv[1:])
    start = time.perf_counter()
    quads = ox.parse(path=data_file, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    triples = [(quad.subject, quad.predicate, quad.object) for quad in quads]
    parsed = time.perf_counter()
    shapes = load_shapes([shapes_file])
    results = validate_all(shapes, triples)
    validated = time.perf_counter()
    report = ValidationReport(sort_results(results), (), 0, 0, shapes.version)
    ox.serialize(build_report_triples(report, shapes), report_file, ox.RdfFormat.N_TRIPLES)
    print(json.dumps({"parse": parsed - start, "validate": validated - parsed}))


if __name__ == "__main__":
    main()
