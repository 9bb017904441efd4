"""The inspection of a build: what was mapped is held to the shapes, what fails is set aside."""

import csv
import io
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import duckdb
import pyoxigraph as ox

from kg import rdf
from kg.formats import TURTLE
from kg.mapping.export import export_triples
from kg.progress import Track, silent
from kg.tables import Table
from kg.validation.check import Report, check
from kg.validation.findings import Finding, findings
from kg.validation.gate import decide
from kg.validation.report import validation_report
from kg.validation.results import Result, Severity
from kg.validation.shapes import Shapes, load_shapes
from kg.validation.terms import parse
from kg.validation.vocabulary import SH

FIRST: Final = 3


@dataclass(frozen=True)
class Inspection:
    """What an inspection found, line by line, and how the check went."""

    findings: Sequence[Finding]
    report: Report
    shapes: Shapes

    def warned(self, source: str) -> int:
        """How many lines of a source are admitted with a warning."""
        refused = self._lines(source, Severity.VIOLATION)
        return len(self._lines(source, Severity.WARNING) - refused)

    def _lines(self, source: str, severity: Severity) -> set[tuple[str, int]]:
        return self._by_severity.get((source, severity), set())

    @cached_property
    def _by_severity(self) -> dict[tuple[str, Severity], set[tuple[str, int]]]:
        lines: dict[tuple[str, Severity], set[tuple[str, int]]] = {}
        for finding in self.findings:
            key = (finding.source, finding.severity)
            lines.setdefault(key, set()).add((finding.file, finding.row))
        return lines

    def first_refusals(self, source: str | None = None) -> str:
        """The first refusals in one sentence each."""
        refusals = [f for f in self.findings if f.refused and source in (None, f.source)]
        told = [f"{f.source}/{f.file}, row {f.row}: {f.message['en']}" for f in refusals[:FIRST]]
        more = len(refusals) - len(told)
        return "; ".join(told) + (f"; and {more} more" if more > 0 else "")

    def files(self) -> dict[str, bytes]:
        """The files of the report, by name."""
        rows = [_row(finding) for finding in self.findings]
        return {
            "findings.json": json.dumps(rows, ensure_ascii=False, indent=1).encode(),
            "findings.csv": _csv(rows),
            "report.ttl": _turtle(validation_report(self.report, self.shapes)),
            "summary.json": json.dumps(self._summary(), ensure_ascii=False, indent=1).encode(),
        }

    def _summary(self) -> dict[str, Any]:
        counted = Counter(
            (f.source, f.severity.value, f.shape or f.component) for f in self.findings
        )
        return {
            "shapes_version": self.report.version,
            "problems": [
                {"source": source, "severity": severity, "shape": shape, "count": count}
                for (source, severity, shape), count in sorted(counted.items())
            ],
            "constraints_judged": {
                searched.shape: list(searched.judged)
                for searched in self.report.searches
                if searched.judged
            },
        }


def inspect(
    db: duckdb.DuckDBPyConnection,
    shapes: Sequence[Path],
    tables: Mapping[str, Table],
    track: Track = silent,
) -> Inspection:
    """Holds the quads of the work database to the shapes and removes what is refused.

    Leaves `refused` and `reasons` in the database for the quarantine.
    """
    with tempfile.TemporaryDirectory() as folder:
        triples = Path(folder) / "triples.nt"
        export_triples(db, triples)
        store = ox.Store()
        store.bulk_load(path=triples, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    loaded = load_shapes(shapes)
    report = with_own_messages(check(store, loaded, track=track), loaded)
    verdict = decide(db, report.results)
    found = findings(db, report.results, verdict, tables)
    _note_reasons(db, found)
    return Inspection(found, report, loaded)


def with_own_messages(report: Report, shapes: Shapes) -> Report:
    """The report, where each result of a query says what its shape says, language by language.

    pyshacl loses the languages of the messages of `sh:sparql` results.
    """
    return replace(report, results=tuple(_own_message(r, shapes) for r in report.results))


def _own_message(result: Result, shapes: Shapes) -> Result:
    if set(result.messages) != {""}:
        return result
    stated = shapes.graph.values(parse(result.shape), SH("message"))
    messages = {m.language or "": m.value for m in stated if isinstance(m, ox.Literal)}
    return replace(result, messages=messages) if messages else result


def _turtle(triples: Iterable[ox.Triple]) -> bytes:
    text = io.BytesIO()
    rdf.write(triples, text, TURTLE)
    return text.getvalue()


def _note_reasons(db: duckdb.DuckDBPyConnection, found: Sequence[Finding]) -> None:
    db.execute(
        "CREATE OR REPLACE TABLE told "
        "(source VARCHAR, file VARCHAR, nr BIGINT, fr VARCHAR, en VARCHAR)"
    )
    rows = [
        (f.source, f.file, f.row, _reason(f, "fr"), _reason(f, "en")) for f in found if f.refused
    ]
    if rows:
        db.executemany("INSERT INTO told VALUES (?, ?, ?, ?, ?)", rows)
    db.execute(
        "CREATE OR REPLACE TABLE reasons AS SELECT record, string_agg(fr, ' ') AS reason_fr, "
        "string_agg(en, ' ') AS reason_en FROM refused JOIN records USING (record) "
        "JOIN told ON told.source = records.source AND told.file = records.file "
        'AND told.nr = records."row" GROUP BY record'
    )


def _reason(finding: Finding, language: str) -> str:
    where = f"[{finding.column}] " if finding.column else ""
    return where + finding.message[language]


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "source": finding.source,
        "table": finding.table,
        "file": finding.file,
        "row": finding.row,
        "column": finding.column,
        "label": finding.label,
        "value": finding.value,
        "severity": finding.severity.value,
        "refused": finding.refused,
        "message_fr": finding.message["fr"],
        "message_en": finding.message["en"],
        "shape": finding.shape,
        "component": finding.component,
        "focus": finding.focus,
    }


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO()
    names = list(rows[0]) if rows else ["source", "file", "row"]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
