"""SHACL serializer of a report (https://www.w3.org/TR/shacl/#validation-report), in Turtle.

Parts that were not validated are comments on the report: SHACL has no result for them. So is what
every row of a file leaves out, of which one result stands for all.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import IO, Final

import pyoxigraph as ox

from kg.formats import TURTLE
from kg.namespaces import expand
from kg.rdf.io import write_with_used_prefixes
from kg.reports.dqv import build_measurements
from kg.reports.report_model import Report
from kg.reports.texts import TEXTS, format_number
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
    numbers = sorted({f.result for f in reported.findings if f.result is not None})
    check = replace(check, results=tuple(check.results[n] for n in numbers))
    results = build_report_triples(check, inspection.shapes)
    triples = chain(build_measurements(reported), results, _iter_comments(reported))
    write_with_used_prefixes(triples, output, TURTLE)


def _iter_comments(reported: Report) -> Iterator[ox.Triple]:
    for finding in reported.findings:
        if finding.whole_file or finding.component in UNVALIDATED_COMPONENTS:
            for language in ("fr", "en"):
                text = ox.Literal(_write_comment(finding, language), language=language)
                yield ox.Triple(REPORT_NODE, ox.NamedNode(expand("rdfs:comment")), text)


def _write_comment(finding: Finding, language: str) -> str:
    if not finding.whole_file:
        return finding.message[language]
    rows = format_number(finding.whole_file.rows, language)
    sentence = TEXTS["one_result"][language].format(rows=rows, file=finding.file)
    return f"{sentence} {finding.message[language]}"
