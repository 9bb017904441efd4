"""The inspection of a build: what was mapped is held to the shapes, what fails is set aside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg.progress import Track, silent
from kg.release import Release
from kg.sources import Source
from kg.tables import Table
from kg.validation.attribution import attribute, context_of
from kg.validation.batches import DEFAULT, Only, Work, check_quads
from kg.validation.check import Report
from kg.validation.discrepancies import find_discrepancies, with_discrepancies
from kg.validation.findings import Finding, findings
from kg.validation.gate import Verdict, decide, left_over, open_gate
from kg.validation.remembered import Remembered
from kg.validation.results import Result, Severity
from kg.validation.shapes import Shapes, load_shapes
from kg.validation.terms import parse
from kg.validation.text_quality import doubts
from kg.validation.unjudged import set_aside
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

    def discrepancies(self, source: str) -> int:
        """How many admitted lines of a source say something that another says otherwise."""
        told = (f for f in self.findings if f.discrepancy and not f.duplicate)
        return self._admitted(source, told)

    def duplicates(self, source: str) -> int:
        """How many admitted lines of a source are likely those of another record."""
        return self._admitted(source, (f for f in self.findings if f.duplicate))

    def _admitted(self, source: str, told: Iterable[Finding]) -> int:
        refused = self._lines(source, Severity.VIOLATION)
        return len({f.record for f in told if f.source == source} - refused)

    def _lines(self, source: str, severity: Severity) -> set[int]:
        return self._by_severity.get((source, severity), set())

    @cached_property
    def _by_severity(self) -> dict[tuple[str, Severity], set[int]]:
        lines: dict[tuple[str, Severity], set[int]] = {}
        for finding in (each for each in self.findings if each.record):
            key = (finding.source, finding.severity)
            lines.setdefault(key, set()).add(finding.record)
        return lines

    def first_refusals(self, source: str | None = None) -> str:
        """The first refusals in one sentence each."""
        refusals = [f for f in self.findings if f.refused and source in (None, f.source)]
        told = [f"{f.source}/{f.file}, row {f.row}: {f.message['en']}" for f in refusals[:FIRST]]
        more = len(refusals) - len(told)
        return "; ".join(told) + (f"; and {more} more" if more > 0 else "")


def inspect(
    db: duckdb.DuckDBPyConnection,
    shapes: Sequence[Path],
    tables: Mapping[str, Table],
    *,
    sources: Sequence[Source] = (),
    released: Release | None = None,
    reference: Path | None = None,
    previous: Remembered | None = None,
    remember: Remembered | None = None,
    work: Work = DEFAULT,
    track: Track = silent,
) -> Inspection:
    """Holds the quads of the work database to the shapes and removes what is refused, after what
    no rule is about.

    Leaves `refused`, `unjudged` and `reasons` in the database for the quarantine, `discrepancy` and
    `disagreement` for the release: where `sources` that are several disagree, or disagree with
    those of the release `released`.
    """
    loaded = load_shapes(shapes)
    aside = set_aside(db, loaded, reference)
    report = check_quads(
        db, loaded, reference=reference, previous=previous, remember=remember, work=work,
        track=track,
    )  # fmt: skip
    report = once(with_own_messages(report, loaded))
    report, verdict = _decided(db, report, loaded, context_of(tables), released, work)
    find_discrepancies(db, tables, sources, released)
    results, verdict = with_discrepancies(db, report.results, verdict, ranked=bool(sources))
    report = replace(report, results=results)
    found = aside + findings(db, report.results, verdict, tables, loaded, doubts(db))
    note_reasons(db, found)
    return Inspection(found, report, loaded)


def once(report: Report) -> Report:
    """The report with each result told once."""
    return replace(report, results=tuple({r.key: r for r in report.results}.values()))


def _decided(
    db: duckdb.DuckDBPyConnection,
    report: Report,
    shapes: Shapes,
    context: frozenset[str],
    released: Release | None,
    work: Work,
) -> tuple[Report, Verdict]:
    """What the gate decides, and the results with those of what refused lines left behind."""
    reference = released.store if released else None
    open_gate(db)
    attribute(db, shapes, report.results, context, reference, work)
    verdict = decide(db, report.results)
    while entities := left_over(db):
        rest = check_quads(db, shapes, reference=reference, only=Only(entities), work=work)
        rest = once(with_own_messages(rest, shapes))
        known = {result.key for result in report.results}
        more = [r for r in rest.of(Severity.VIOLATION) if r.key not in known]
        if not more:
            break
        attribute(db, shapes, more, context, reference, work)
        verdict = verdict.and_then(decide(db, more), len(report.results))
        report = replace(report, results=(*report.results, *more))
    return report, verdict


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


def note_reasons(db: duckdb.DuckDBPyConnection, found: Sequence[Finding]) -> None:
    """Makes `reasons`: why each refused record is refused, in both languages."""
    told = [(f.record, _reason(f, "fr"), _reason(f, "en")) for f in found if f.refused]
    db.execute(
        "CREATE OR REPLACE TABLE reasons (record BIGINT, reason_fr VARCHAR, reason_en VARCHAR)"
    )
    if told:
        db.execute(
            "INSERT INTO reasons SELECT record, string_agg(DISTINCT fr, ' ' ORDER BY fr), "
            "string_agg(DISTINCT en, ' ' ORDER BY en) FROM (SELECT unnest(?::BIGINT[]) AS record, "
            "unnest(?::VARCHAR[]) AS fr, unnest(?::VARCHAR[]) AS en) GROUP BY record",
            list(zip(*told, strict=True)),
        )


def _reason(finding: Finding, language: str) -> str:
    where = f"[{finding.heading}] " if finding.heading else ""
    # the row stands beside its reasons, with its values; but not the record that it hangs on
    value = f" ({finding.value})" if finding.component == "hangs-on-refused" else ""
    said = (finding.message[language].rstrip() + value, finding.advice[language])
    return where + " ".join(filter(None, said))
