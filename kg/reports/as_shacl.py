"""A report as https://www.w3.org/TR/shacl/#validation-report, in Turtle.

What was not judged is a comment on the report: no result says it.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

import pyoxigraph as ox

from kg import rdf
from kg.formats import TURTLE
from kg.namespaces import expand
from kg.reports.quality_terms import measurements
from kg.reports.reported import Reported
from kg.validation.inspect import Inspection
from kg.validation.report import REPORT, validation_report

NOT_JUDGED: Final = ("not-judged", "shape-not-judged")


def shacl(reported: Reported, inspection: Inspection) -> bytes:
    """The validation results that the findings of a report tell, as RDF."""
    check = inspection.report
    if reported.name:
        told = sorted({f.result for f in reported.findings if f.result is not None})
        check = replace(check, results=tuple(check.results[n] for n in told))
    results = validation_report(check, inspection.shapes)
    triples = chain(measurements(reported), results, _comments(reported))
    text = io.BytesIO()
    rdf.write_answer(triples, text, TURTLE)
    return text.getvalue()


def _comments(reported: Reported) -> Iterator[ox.Triple]:
    for finding in reported.findings:
        if finding.component in NOT_JUDGED:
            for language in ("fr", "en"):
                text = ox.Literal(finding.message[language], language=language)
                yield ox.Triple(REPORT, ox.NamedNode(expand("rdfs:comment")), text)
