"""Validation against custom shapes of the user, on any data.

Blank nodes stay blank here, and all targets are validated: literals, nodes without a type, nodes
that the data only points to or that only the shapes name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.csvw_tables import Table
from kg.dry_run.result import CHECK_SOURCE
from kg.kinds import Text
from kg.namespaces import BASE, shorten
from kg.progress import ProgressCallback
from kg.shacl.results import Severity, ValidationResult
from kg.shacl.shapes import Shapes, load_shapes
from kg.shacl.shapes_coverage import UnsupportedPart, UnsupportedReason, remove_unsupported
from kg.shacl.terms import LEGAL_IRI, strip_iri_brackets
from kg.shacl.vocabulary import RDF_TYPE
from kg.validation import record_decisions
from kg.validation.batch_run import BatchOptions, validate_quads
from kg.validation.findings import Finding, build_findings
from kg.validation.record_decisions import RecordDecisions
from kg.validation.source_attribution import insert_results
from kg.validation.validate_build import (
    ValidationOutcome,
    create_reasons_table,
    restore_own_messages,
)
from kg.work_tables import QUADS, RECORDS, REFUSED, UNUSABLE

UNSUPPORTED_COMPONENT: Final = "shape-not-judged"
"""Component of the findings on shapes that are not validated."""
MAX_PATH_LENGTH: Final = 50
"""Steps from a blank node to a named one that a report shows, at most."""
UNSUPPORTED_MESSAGES: Final = {
    UnsupportedReason.UNKNOWN: Text(
        "{shape} demande {what}, qui n'est ni de SHACL Core ni de SHACL-SPARQL : cette règle n'est "
        "pas jugée.",
        "{shape} asks for {what}, which is neither SHACL Core nor SHACL-SPARQL: this rule is not "
        "judged.",
    ),
    UnsupportedReason.UNDESCRIBED: Text(
        "{shape} nomme la forme {what}, qui n'est décrite nulle part : elle n'est pas jugée.",
        "{shape} names the shape {what}, which is described nowhere: it is not judged.",
    ),
    UnsupportedReason.RECURSIVE: Text(
        "{shape} mène à elle-même. SHACL ne dit pas ce que vaut une forme récursive : les "
        "résultats sont ceux de pyshacl.",
        "{shape} leads to itself. SHACL does not say what a recursive shape means: the results are "
        "those of pyshacl.",
    ),
}  # fmt: skip
ATTRIBUTE_BY_REFERENCE_SQL: Final = f"""
INSERT INTO attributed
WITH aimed AS (SELECT unnest(?::VARCHAR[]) AS p), held AS (
    SELECT DISTINCT n, severity, record, p IN (FROM aimed) AS exact
    FROM results JOIN {QUADS}
    ON o = CASE WHEN focus[1] = '"' OR focus[1:2] = '_:' THEN focus ELSE '<' || focus || '>' END
    WHERE record IS NOT NULL AND n NOT IN (SELECT n FROM attributed)
)
SELECT DISTINCT n, record, severity, false FROM held
QUALIFY rank() OVER (PARTITION BY n ORDER BY exact DESC) = 1
"""
"""For a focus node without statements: the records that point to it."""


@dataclass(frozen=True)
class CustomValidation:
    """Outcome of custom shapes, and the parts of them that were not validated."""

    inspection: ValidationOutcome
    unsupported_parts: tuple[UnsupportedPart, ...]
    """Without recursive shapes, which are validated all the same."""


def validate_with_shapes(
    db: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    tables: Mapping[str, Table],
    *,
    reference: Path | None,
    work: BatchOptions,
    track: ProgressCallback,
) -> CustomValidation:
    """Validates the quads of the work database against the shapes of files.

    Each violation rejects the records that state the fault, and none that depend on them. Raises
    ShapesError where shapes are ill-formed, naming them.
    """
    shapes, unsupported = remove_unsupported(load_shapes(files))
    report = validate_quads(db, shapes, reference=reference, every=True, work=work, track=track)
    report = restore_own_messages(report, shapes)
    if reference:
        report = replace(report, results=tuple(_filter_described(db, report.results)))
    decisions = _decide(db, report.results, shapes)
    findings = build_findings(db, report.results, decisions, tables, shapes)
    findings += _make_unattributed_findings(db, report.results, decisions)
    findings = _BlankNodeNamer(db, report.results).name_all(findings)
    create_reasons_table(db, findings)
    name = ", ".join(file.name for file in files)
    findings += [_make_unsupported_finding(name, each) for each in unsupported]
    inspection = ValidationOutcome(findings, report, shapes)
    return CustomValidation(
        inspection,
        tuple(each for each in unsupported if each.reason is not UnsupportedReason.RECURSIVE),
    )


def _filter_described(
    db: duckdb.DuckDBPyConnection, results: Sequence[ValidationResult]
) -> list[ValidationResult]:
    """The results without those on records of the project that the files do not describe."""
    subjects = {s for (s,) in db.execute(f"SELECT DISTINCT s FROM {QUADS}").fetchall()}
    return [r for r in results if not r.focus.startswith(BASE) or r.focus in subjects]


def _decide(
    db: duckdb.DuckDBPyConnection, results: Sequence[ValidationResult], shapes: Shapes
) -> RecordDecisions:
    """Attributes each result to records; rejects those of violations."""
    record_decisions.create_decision_tables(db)
    first: dict[tuple[str, ...], int] = {}
    for n, result in enumerate(results):
        first.setdefault(result.key, n)
    insert_results(db, {n: results[n] for n in sorted(first.values())})
    record_decisions.attribute_to_rows(db)
    aims = {
        node.value
        for shape in shapes.targeted
        for node in shape.targets.objects_of
        if isinstance(node, ox.NamedNode)
    }
    db.execute(ATTRIBUTE_BY_REFERENCE_SQL, [sorted(aims)])
    attributed: dict[int, list[int]] = {}
    for n, record in db.execute("SELECT n, record FROM attributed ORDER BY n, record").fetchall():
        attributed.setdefault(n, []).append(record)
    db.execute(
        f"INSERT INTO {REFUSED} SELECT DISTINCT record, '' FROM ("
        f"SELECT record FROM attributed WHERE severity = '{Severity.VIOLATION.value}' "
        f"UNION SELECT record FROM {UNUSABLE})"
    )
    refused = db.execute(f"SELECT record, because FROM {REFUSED} ORDER BY record").fetchall()
    records_by_result = {n: tuple(records) for n, records in attributed.items()}
    return RecordDecisions(records_by_result, frozenset(), dict(refused), ())


def _make_unattributed_findings(
    db: duckdb.DuckDBPyConnection, results: Sequence[ValidationResult], decisions: RecordDecisions
) -> list[Finding]:
    """Findings for results on nodes that only the shapes name."""
    row = db.execute(f"SELECT file FROM {RECORDS} ORDER BY record LIMIT 1").fetchone()
    file = str(row[0]) if row else ""
    seen = {results[n].key for n in decisions.attributed}
    findings = []
    for n, result in enumerate(results):
        if result.key in seen:
            continue
        seen.add(result.key)
        findings.append(
            Finding(
                source=CHECK_SOURCE,
                file=file,
                label=strip_iri_brackets(result.focus),
                heading=shorten(result.path) if result.path and "<" not in result.path else "",
                value=strip_iri_brackets(result.value or ""),
                severity=result.severity,
                refused=result.severity is Severity.VIOLATION,
                message=Text(result.get_message("fr"), result.get_message("en")),
                shape=result.shape,
                component=shorten(result.component),
                focus=result.focus,
                result=n,
            )
        )
    return findings


def _make_unsupported_finding(file: str, part: UnsupportedPart) -> Finding:
    names = {"shape": shorten(part.shape), "what": part.name}
    message = UNSUPPORTED_MESSAGES[part.reason]
    return Finding(
        source=CHECK_SOURCE,
        file=file,
        severity=Severity.WARNING,
        refused=False,
        message=Text(message.fr.format(**names), message.en.format(**names)),
        shape=part.shape,
        component=UNSUPPORTED_COMPONENT,
    )


class _BlankNodeNamer:
    """Names for blank nodes: the path to them from a node with an IRI."""

    def __init__(self, db: duckdb.DuckDBPyConnection, results: Sequence[ValidationResult]) -> None:
        self._db, self._results = db, results
        self._steps: dict[str, tuple[str, str, str]] = {}
        self._types: dict[str, str] = {}

    def name_all(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings with names for their blank nodes."""
        terms = {
            term
            for finding in findings
            if finding.result is not None
            for term in (self._results[finding.result].focus, self._results[finding.result].value)
            if term and term.startswith("_:")
        }
        self._load_paths(terms)
        return [self._name(finding) for finding in findings] if terms else list(findings)

    def _name(self, finding: Finding) -> Finding:
        if finding.result is None:
            return finding
        result = self._results[finding.result]
        if result.value and result.value.startswith("_:"):
            finding = replace(finding, value=self._format_path(result.value))
        if result.focus.startswith("_:"):
            way = self._format_path(result.focus)
            finding = replace(finding, focus=way, label=way)
        return finding

    def _load_paths(self, terms: set[str]) -> None:
        """Loads, wave by wave, the statements that lead to blank nodes, and the types of the
        first."""
        waiting = terms
        for _ in range(MAX_PATH_LENGTH):
            if not waiting:
                return
            rows = self._db.execute(
                "WITH wanted AS (SELECT unnest(?::VARCHAR[]) AS o), "
                f"led AS (SELECT DISTINCT s, p FROM {QUADS} JOIN wanted USING (o)), "
                f"siblings AS (SELECT o, s, p, rowid AS nth FROM {QUADS} JOIN led USING (s, p)), "
                "ranked AS (SELECT o, s, p, min(nth) AS nth FROM siblings GROUP BY o, s, p) "
                "SELECT o, s, p, row_number() OVER (PARTITION BY s, p ORDER BY nth), "
                "count(*) OVER (PARTITION BY s, p) FROM ranked ORDER BY nth",
                [sorted(waiting)],
            ).fetchall()
            fresh = set()
            for o, s, p, place, count in rows:
                if o in waiting and o not in self._steps and s != o:
                    self._steps[o] = (s, p, f" ({place})" if count > 1 else "")
                    fresh.add(s)
            self._load_types(waiting - self._steps.keys())
            waiting = {s for s in fresh if s.startswith("_:") and s not in self._steps}

    def _load_types(self, terms: set[str]) -> None:
        rows = self._db.execute(
            f"SELECT s, min(o) FROM {QUADS} JOIN (SELECT unnest(?::VARCHAR[]) AS s) USING (s) "
            f"WHERE p = {sql.literal(RDF_TYPE.value)} GROUP BY s",
            [sorted(terms)],
        ).fetchall()
        self._types |= dict(rows)

    def _format_path(self, term: str) -> str:
        parts: list[str] = []
        node, seen = term, set[str]()
        while node in self._steps and node not in seen and len(parts) < MAX_PATH_LENGTH:
            seen.add(node)
            node, predicate, place = self._steps[node]
            parts.append(f"{shorten(predicate)}{place}")
        if node.startswith("_:"):
            kind = self._types.get(node)
            start = f"[ a {shorten(strip_iri_brackets(kind))} ]" if kind else "[ ]"
        else:
            start = shorten(node) if LEGAL_IRI.fullmatch(node) else node
        return " → ".join([start, *reversed(parts)]) + (" → [ ]" if parts else "")
