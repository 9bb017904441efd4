"""SHACL serializer of a report (https://www.w3.org/TR/shacl/#validation-report), in Turtle.

Parts that were not validated are comments on the report: SHACL has no result for them.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import IO, Final

import pyoxigraph as ox

from kg.formats import TURTLE
from kg.namespaces import expand
from kg.rdf.io import write_with_used_prefixes
from kg.reports.dqv import build_measurements
from kg.reports.report_model import Report
from kg.shacl.report_rdf import REPORT_NODE, build_report_triples
from kg.validation.findings import Finding
from kg.validation.validate_build import ValidationOutcome

UNVALIDATED_COMPONENTS: Final = ("not-judged", "shape-not-judged")


def render_shacl(reported: Report, inspection: ValidationOutcome) -> bytes:
    """The validation results behind the findings of a report, as RDF."""
    text = io.BytesIO()
    write_shacl(reported, inspection, text)
    return text.getvalue()


def write_shacl(reported: Report, inspection: ValidationOutcome, output: IO[bytes]) -> None:
    """Writes the validation results behind the findings of a report, as RDF."""
    check = inspection.report
    if reported.name:
        numbers = sorted(set(chain.from_iterable(map(_list_results, reported.findings))))
        check = replace(check, results=tuple(check.results[n] for n in numbers))
    results = build_report_triples(check, inspection.shapes)
    triples = chain(build_measurements(reported), results, _iter_comments(reported))
    write_with_used_prefixes(triples, output, TURTLE)


def _list_results(finding: Finding) -> Sequence[int]:
    """The numbers of the validation results that a finding tells of."""
    if finding.whole_file:
        return finding.whole_file.results
    return () if finding.result is None else (finding.result,)


def _iter_comments(reported: Report) -> Iterator[ox.Triple]:
    for finding in reported.findings:
        if finding.component in UNVALIDATED_COMPONENTS:
            for language in ("fr", "en"):
                text = ox.Literal(finding.message[language], language=language)
                yield ox.Triple(REPORT_NODE, ox.NamedNode(expand("rdfs:comment")), text)
