"""A report as https://www.w3.org/TR/shacl/#validation-report, in Turtle."""

import io
from dataclasses import replace

from kg import rdf
from kg.formats import TURTLE
from kg.reports.reported import Reported
from kg.validation.inspect import Inspection
from kg.validation.report import validation_report


def shacl(reported: Reported, inspection: Inspection) -> bytes:
    """The validation results that the findings of a report tell, as RDF."""
    check = inspection.report
    if reported.name:
        told = sorted({f.result for f in reported.findings if f.result is not None})
        check = replace(check, results=tuple(check.results[n] for n in told))
    text = io.BytesIO()
    rdf.write_answer(validation_report(check, inspection.shapes), text, TURTLE)
    return text.getvalue()
