"""A report as https://www.w3.org/TR/shacl/#validation-report, in Turtle."""

import io
from dataclasses import replace
from itertools import chain

from kg import rdf
from kg.formats import TURTLE
from kg.reports.quality_terms import measurements
from kg.reports.reported import Reported
from kg.validation.inspect import Inspection
from kg.validation.report import validation_report


def shacl(reported: Reported, inspection: Inspection) -> bytes:
    """The validation results that the findings of a report tell, as RDF."""
    check = inspection.report
    if reported.name:
        told = sorted({f.result for f in reported.findings if f.result is not None})
        check = replace(check, results=tuple(check.results[n] for n in told))
    triples = chain(measurements(reported), validation_report(check, inspection.shapes))
    text = io.BytesIO()
    rdf.write_answer(triples, text, TURTLE)
    return text.getvalue()
