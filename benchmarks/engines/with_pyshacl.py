"""pyshacl as anybody runs it: a file of triples, a file of shapes, its report as N-Triples.

python with_pyshacl.py SHAPES DATA REPORT
"""

import json
import logging
import sys
import time
import warnings

import pyshacl
import rdflib


def main() -> None:
    """Reads, validates, writes the report and prints the seconds."""
    shapes_file, data_file, report_file = sys.argv[1:]
    logging.disable()
    warnings.simplefilter("ignore")
    rdflib.NORMALIZE_LITERALS = False  # values are told as the file writes them, as pyshacl does
    start = time.perf_counter()
    data = rdflib.Graph().parse(data_file, format="nt")
    parsed = time.perf_counter()
    shapes = rdflib.Graph().parse(shapes_file, format="turtle")
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none", inplace=True)
    validated = time.perf_counter()
    report.serialize(report_file, format="nt", encoding="utf-8")
    print(json.dumps({"parse": parsed - start, "validate": validated - parsed}))


if __name__ == "__main__":
    main()
