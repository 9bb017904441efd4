"""Build validation: validates the mapped quads and removes those of rejected records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg.csvw_tables import Table
from kg.progress import ProgressCallback, report_nothing
from kg.release_layout import Release
from kg.shacl.results import Severity, ValidationResult
from kg.shacl.shapes import Shapes, load_shapes
from kg.shacl.terms import parse_term
from kg.shacl.validator import ValidationReport
from kg.shacl.vocabulary import SH
from kg.sources import Source
from kg.validation.batch_run import (
    DEFAULT_BATCH_OPTIONS,
    BatchOptions,
    EntitySubset,
    validate_quads,
)
from kg.validation.discrepancies import add_discrepancies, find_discrepancies
from kg.validation.entities_without_shape import remove_entities_without_shape
from kg.validation.findings import Finding, build_findings
from kg.validation.incremental import IncrementalState
from kg.validation.omitted_cells import OmittedCells
from kg.validation.record_decisions import (
    RecordDecisions,
    create_decision_tables,
    decide_records,
    find_entities_to_recheck,
)
from kg.validation.source_attribution import attribute_results, list_context_properties
from kg.validation.text_quality import find_text_problems
from kg.validation.unmapped_values import find_unmapped_values
from kg.work_tables import REASONS, empty_tables

MAX_LISTED_REJECTIONS: Final = 3


@dataclass(frozen=True)
class ValidationOutcome:
    """Findings of a build, row by row, and the report of the shapes."""

    findings: Sequence[Finding]
    report: ValidationReport
    shapes: Shapes

    def count_warned(self, source: str) -> int:
        """Accepted rows of a source with a warning."""
        refused = self._get_records(source, Severity.VIOLATION)
        return len(self._get_records(source, Severity.WARNING) - refused)

    def count_discrepancies(self, source: str) -> int:
        """Accepted rows of a source with a value that differs in another source."""
        findings = (f for f in self.findings if f.is_discrepancy and not f.duplicate)
        return self._count_accepted(source, findings)

    def count_duplicates(self, source: str) -> int:
        """Accepted rows of a source that likely duplicate another record."""
        return self._count_accepted(source, (f for f in self.findings if f.duplicate))

    def _count_accepted(self, source: str, findings: Iterable[Finding]) -> int:
        refused = self._get_records(source, Severity.VIOLATION)
        return len({f.record for f in findings if f.source == source} - refused)

    def _get_records(self, source: str, severity: Severity) -> set[int]:
        return self._by_severity.get((source, severity), set())

    @cached_property
    def _by_severity(self) -> dict[tuple[str, Severity], set[int]]:
        lines: dict[tuple[str, Severity], set[int]] = {}
        for finding in (each for each in self.findings if each.record):
            key = (finding.source, finding.severity)
            lines.setdefault(key, set()).add(finding.record)
        return lines

    def describe_first_rejections(self, source: str | None = None) -> str:
        """The first rejections, one sentence each."""
        refusals = [f for f in self.findings if f.refused and source in (None, f.source)]
        sentences = [
            f"{f.source}/{f.file}, row {f.row}: {f.message['en']}"
            for f in refusals[:MAX_LISTED_REJECTIONS]
        ]
        more = len(refusals) - len(sentences)
        return "; ".join(sentences) + (f"; and {more} more" if more > 0 else "")


def validate_work_database(
    db: duckdb.DuckDBPyConnection,
    shapes: Sequence[Path],
    tables: Mapping[str, Table],
    *,
    sources: Sequence[Source] = (),
    released: Release | None = None,
    reference: Path | None = None,
    previous: IncrementalState | None = None,
    remember: IncrementalState | None = None,
    work: BatchOptions = DEFAULT_BATCH_OPTIONS,
    track: ProgressCallback = report_nothing,
) -> ValidationOutcome:
    """Validates the quads of the work database, and removes those of rejected records and of
    entities that no shape targets.

    Fills `refused`, `unjudged` and `reasons` for the quarantine; `discrepancy` and `disagreement`
    for the release, where `sources` disagree with one another or with those of `released`.
    """
    loaded = load_shapes(shapes)
    removed = remove_entities_without_shape(db, loaded, reference)
    report = validate_quads(
        db, loaded, reference=reference, previous=previous, remember=remember, work=work,
        track=track,
    )  # fmt: skip
    report = deduplicate_results(restore_own_messages(report, loaded))
    report, decisions = _decide(db, report, loaded, tables, reference, work)
    find_discrepancies(db, tables, sources, released)
    results, decisions = add_discrepancies(db, report.results, decisions, ranked=bool(sources))
    report = replace(report, results=results)
    findings = removed + build_findings(
        db, report.results, decisions, tables, loaded, find_text_problems(db)
    )
    findings += find_unmapped_values(db)
    create_reasons_table(db, findings)
    return ValidationOutcome(findings, report, loaded)


def deduplicate_results(report: ValidationReport) -> ValidationReport:
    """The report with each result once; equal ones have one focus node, and are sorted by it."""
    unique: list[ValidationResult] = []
    for _, results in groupby(report.results, key=attrgetter("focus")):
        unique += {result.key: result for result in results}.values()
    return replace(report, results=tuple(unique))


def _decide(
    db: duckdb.DuckDBPyConnection,
    report: ValidationReport,
    shapes: Shapes,
    tables: Mapping[str, Table],
    reference: Path | None,
    work: BatchOptions,
) -> tuple[ValidationReport, RecordDecisions]:
    """The decisions on records, and the results with those that the removals have caused."""
    context, cells = list_context_properties(tables), OmittedCells(tables, shapes)
    create_decision_tables(db)
    attribute_results(db, shapes, report.results, context, reference, work)
    decisions = decide_records(db, report.results, cells)
    while entities := find_entities_to_recheck(db):
        rest = validate_quads(
            db, shapes, reference=reference, only=EntitySubset(entities), work=work
        )
        rest = deduplicate_results(restore_own_messages(rest, shapes))
        reported = {r.key for r in report.results if r.severity is Severity.VIOLATION}
        more = [r for r in rest.filter_by_severity(Severity.VIOLATION) if r.key not in reported]
        if not more:
            break
        attribute_results(db, shapes, more, context, reference, work)
        decisions = decisions.merge(decide_records(db, more, cells), len(report.results))
        report = replace(report, results=(*report.results, *more))
    return report, decisions


def restore_own_messages(report: ValidationReport, shapes: Shapes) -> ValidationReport:
    """The report with the messages of `sh:sparql` results restored from their shapes.

    pyshacl loses the languages of these messages.
    """
    return replace(report, results=tuple(_restore_own_message(r, shapes) for r in report.results))


def _restore_own_message(result: ValidationResult, shapes: Shapes) -> ValidationResult:
    if set(result.messages) != {""}:
        return result
    stated = shapes.graph.values(parse_term(result.shape), SH("message"))
    messages = {m.language or "": m.value for m in stated if isinstance(m, ox.Literal)}
    return replace(result, messages=messages) if messages else result


def create_reasons_table(db: duckdb.DuckDBPyConnection, findings: Sequence[Finding]) -> None:
    """Fills `reasons` with those for each rejected record and omitted cell, in both languages."""
    rows = [
        (f.record, _format_reason(f, "fr"), _format_reason(f, "en"))
        for f in findings
        if f.refused or f.omitted
    ]
    empty_tables(db, [REASONS])
    if rows:
        db.execute(
            f"INSERT INTO {REASONS} SELECT record, string_agg(DISTINCT fr, ' ' ORDER BY fr), "
            "string_agg(DISTINCT en, ' ' ORDER BY en) FROM (SELECT unnest(?::BIGINT[]) AS record, "
            "unnest(?::VARCHAR[]) AS fr, unnest(?::VARCHAR[]) AS en) GROUP BY record",
            list(zip(*rows, strict=True)),
        )


def _format_reason(finding: Finding, language: str) -> str:
    where = f"[{finding.heading}] " if finding.heading else ""
    # the quarantine shows the row with its values, but not the record that it depends on
    value = f" ({finding.value})" if finding.component == "hangs-on-refused" else ""
    parts = (finding.message[language].rstrip() + value, finding.advice[language])
    return where + " ".join(filter(None, parts))
