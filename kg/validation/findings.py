"""What the gate tells a curator: each problem with its sentence, source, file, row and column."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import duckdb

from kg.kinds import Text
from kg.namespaces import ID, shorten
from kg.tables import Table
from kg.validation import sentences
from kg.validation.advice import advice, sentence
from kg.validation.columns import Asked, Columns, Step, language_of, steps_of
from kg.validation.discrepancy_values import Elsewhere, plain_term
from kg.validation.gate import Verdict
from kg.validation.other_rows import OtherRows, Row, other_node
from kg.validation.results import DISCREPANCY, DUPLICATE, Result, Severity
from kg.validation.sentences import Said
from kg.validation.shapes import Shapes
from kg.validation.text_quality import Doubt

CHUNK: Final = 50_000
SECONDS: Final = re.compile(r"(T\d\d:\d\d):00(?=[Z+-]|$)")
NOTHING: Final = Text("", "")
BLAMELESS: Final = frozenset({shorten(DISCREPANCY), shorten(DUPLICATE)})
NUMBER: Final = "identifier-"
"""How the identifiers begin that columns of registers give, in addresses and among headings."""
UNKNOWN: Final = "\0"
"""The value of a finding whose cell is still to be looked up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One problem of one line, or of a whole file, which has no row, column or value."""

    source: str
    table: str = ""
    """The canonical table; empty where there is none, as in RDF or for a whole file."""
    file: str
    row: int | None = 0
    """The row a spreadsheet shows, or the line of an RDF file; None or 0 where there is none."""
    label: str = ""
    column: str = ""
    """The canonical column; empty where there is none, as in RDF."""
    value: str = ""
    severity: Severity
    refused: bool
    message: Text
    shape: str = ""
    component: str
    focus: str = ""
    advice: Text = NOTHING
    """What to do; empty where the message says it."""
    heading: str = ""
    """The column as the file calls it; for RDF the property."""
    letter: str = ""
    """The column as a spreadsheet numbers it: `A`, `B`… `AA`; empty where it is not known."""
    record: int = 0
    """The number of the record in the work database, 0 for a problem of a whole file."""
    result: int | None = None
    """The number of the validation result it tells, None where no shape is concerned."""
    elsewhere: str = ""
    """Where sources disagree: what the others say, each after its name; the other record where two
    have what one has."""
    other_rows: tuple[Row, ...] = ()
    """The rows of the other records it names, as far as they are in the files."""

    @property
    def discrepancy(self) -> bool:
        """Whether it tells how a line stands to what others say, for which no line is at fault."""
        return self.component in BLAMELESS

    @property
    def duplicate(self) -> bool:
        """Whether it tells that a record is likely another one."""
        return self.component == shorten(DUPLICATE)


@dataclass(frozen=True, slots=True)
class _Place:
    record: int
    source: str
    table: str
    file: str
    row: int | None
    label: str


@dataclass(frozen=True, slots=True)
class _Cell:
    """Where in a line, and what is there."""

    column: str = ""
    heading: str = ""
    letter: str = ""
    value: str = ""


Told: TypeAlias = tuple[Finding, tuple[str, ...]]
"""A finding, and the columns it may be of where its row has to tell."""


def findings(
    db: duckdb.DuckDBPyConnection,
    results: Sequence[Result],
    verdict: Verdict,
    tables: Mapping[str, Table],
    shapes: Shapes,
    doubts: Sequence[Doubt] = (),
) -> list[Finding]:
    """Every problem of every line, by source, file and row; doubts are warnings among them."""
    return _Telling(db, results, verdict, tables, shapes, doubts).told()


class _Telling:
    """The findings in the making: what is looked up once is kept."""

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        results: Sequence[Result],
        verdict: Verdict,
        tables: Mapping[str, Table],
        shapes: Shapes,
        doubts: Sequence[Doubt],
    ) -> None:
        self._db = db
        self._doubts = doubts
        self._results = results
        self._verdict = verdict
        self._shapes = shapes
        self._asked = Asked(shapes)
        self._columns = {name: Columns(table) for name, table in tables.items()}
        self._headings = _headings(db)
        self._said: dict[tuple[object, ...], Said] = {}
        concerned = {record for records in verdict.blamed.values() for record in records}
        concerned |= set(verdict.refused) | {loose.record for loose in verdict.loose}
        concerned |= {doubt.record for doubt in doubts}
        self._places = _places(db, concerned)
        self._elsewhere = Elsewhere(db)
        self._other_rows = OtherRows(db, [results[number] for number in verdict.blamed])

    def told(self) -> list[Finding]:
        found = [
            *self._from_results(),
            *self._from_unusable(),
            *self._from_hanging(),
            *self._from_loose(),
            *self._from_doubts(),
        ]
        self._look_up(found)
        return sorted((finding for finding, _ in found), key=_order)

    def _look_up(self, found: list[Told]) -> None:
        """Takes from the rows what is in a cell, and which of several columns holds a value."""
        wanted = [
            (n, name, finding)
            for n, (finding, names) in enumerate(found)
            if finding.value == UNKNOWN or len(names) > 1
            for name in names
        ]
        spots = [(f.record, self._named(f, name).heading) for _, name, f in wanted]
        cells = _cells(self._db, spots)
        settled: set[int] = set()
        for (n, name, finding), cell in zip(wanted, cells, strict=True):
            if n in settled:
                continue
            if finding.value == UNKNOWN:
                found[n] = (replace(finding, value=cell), ())
                settled.add(n)
            elif holds(cell, finding.value):
                where = self._named(finding, name)
                placed = replace(finding, column=name, heading=where.heading, letter=where.letter)
                found[n] = (placed, ())
                settled.add(n)

    def _from_results(self) -> Iterator[Told]:
        for number, records in self._verdict.blamed.items():
            result = self._results[number]
            said, component = self._sentence(result), shorten(result.component)
            steps = self._asked.steps(result.shape, result.path)
            for record in records:
                place = self._places[record]
                cell, names = self._cell(place, result, steps)
                shape, focus = result.shape, result.focus
                told = _finding(place, cell, said, result.severity, component, shape, focus, number)
                if told.discrepancy:
                    others = {self._places[other].source for other in records} - {place.source}
                    told = replace(
                        told, elsewhere=self._elsewhere.told(result, place.source, others)
                    )
                if told.duplicate or (other := other_node(result)):
                    rows = self._other_rows.of(result)
                    beside = told.elsewhere or other.partition("#")[0].removeprefix(ID)
                    told = replace(told, elsewhere=beside, other_rows=rows)
                yield told, names

    def _sentence(self, result: Result) -> Said:
        key = (result.shape, result.component, result.path, *sorted(result.messages.items()))
        if key not in self._said:
            said = Said(sentence(result, self._shapes), advice(result, self._shapes))
            self._said[key] = said
        return self._said[key]

    def _cell(
        self, place: _Place, result: Result, steps: tuple[Step, ...]
    ) -> tuple[_Cell, tuple[str, ...]]:
        columns, value = self._columns.get(place.table), plain_term(result.value)
        if columns is None:
            heading = _property(result.path) if result.path else ""
            return _Cell(heading=heading, value=value), ()
        number = result.focus.rpartition("#")[2]
        numbered = (place.source, place.file, place.table, number)
        if number.startswith(NUMBER) and numbered in self._headings:
            # a number of a register, in a column that is none of the table
            return replace(self._named(place, number, UNKNOWN), column=""), (number,)
        names = columns.where(result.focus, steps, language_of(result.value))
        first = names[0] if names else ""
        if not names or result.path is None or _is_node(result.value, result.focus):
            return self._named(place, first, UNKNOWN if names else value), names[:1]
        return self._named(place, first, value), names

    def _named(self, place: "_Place | Finding", column: str, value: str = "") -> _Cell:
        key = (place.source, place.file, place.table, column)
        heading, letter = self._headings.get(key, (column, ""))
        return _Cell(column, heading, letter, value)

    def _from_unusable(self) -> Iterator[Told]:
        rows = self._db.execute("SELECT record, problem, col, value FROM unusable ORDER BY record")
        for record, problem, column, value in rows.fetchall():
            place, said = self._places[record], sentences.unusable(problem, value or "")
            malformed = problem == "line-malformed"
            cell = self._named(place, column or "", value or "")
            if malformed:
                # the line itself stands where other findings have the value of a cell
                cell = _Cell(value=UNKNOWN)
            names = (sentences.LINE,) if malformed else ()
            code = problem.partition(" ")[0]
            yield _finding(place, cell, said, Severity.VIOLATION, code), names

    def _from_hanging(self) -> Iterator[Told]:
        for record, because in self._verdict.refused.items():
            if because:
                place = self._places[record]
                columns = self._columns.get(place.table)
                names = columns.table.hanging if columns else ()
                cell = self._named(place, names[0] if names else "", because.removeprefix(ID))
                told = _finding(
                    place, cell, sentences.HANGING, Severity.VIOLATION, "hangs-on-refused"
                )
                yield told, names

    def _from_loose(self) -> Iterator[Told]:
        for loose in self._verdict.loose:
            place = self._places[loose.record]
            columns = self._columns.get(place.table)
            steps = steps_of(loose.predicate)
            names = columns.where(loose.subject, steps) if columns else ()
            cell = (
                self._named(place, names[0]) if names else _Cell(heading=shorten(loose.predicate))
            )
            cell = replace(cell, value=loose.object.strip("<>").removeprefix(ID))
            yield _finding(place, cell, sentences.LOOSE, Severity.WARNING, "link-left-out"), names

    def _from_doubts(self) -> Iterator[Told]:
        for doubt in self._doubts:
            place, steps = self._places[doubt.record], steps_of(doubt.predicate)
            columns = self._columns.get(place.table)
            language = language_of(doubt.object)
            names = columns.where(doubt.subject, steps, language) if columns else ()
            value = plain_term(doubt.object)
            cell = (
                self._named(place, names[0], value)
                if names
                else _Cell(heading=shorten(doubt.predicate), value=value)
            )
            yield _finding(place, cell, doubt.said, Severity.WARNING, doubt.problem), names


def _finding(
    place: _Place,
    cell: _Cell,
    said: Said,
    severity: Severity,
    component: str,
    shape: str = "",
    focus: str = "",
    result: int | None = None,
) -> Finding:
    return Finding(
        record=place.record,
        source=place.source,
        table=place.table,
        file=place.file,
        row=place.row,
        label=place.label,
        column=cell.column,
        heading=cell.heading,
        letter=cell.letter,
        value=cell.value,
        severity=severity,
        refused=severity is Severity.VIOLATION,
        message=said.message,
        advice=said.advice,
        shape=shape,
        component=component,
        focus=focus,
        result=result,
    )


def _order(finding: Finding) -> tuple[object, ...]:
    f = finding
    return (f.source, f.file, f.row or 0, f.severity.value, f.column, f.shape, f.component, f.value)


def _places(db: duckdb.DuckDBPyConnection, records: set[int]) -> dict[int, _Place]:
    db.execute("CREATE OR REPLACE TEMP TABLE concerned (record BIGINT)")
    if records:
        db.execute("INSERT INTO concerned SELECT unnest(?::BIGINT[])", [sorted(records)])
    rows = db.execute(
        "SELECT record, source, tbl, file, \"row\", coalesce(label, '') "
        "FROM records JOIN concerned USING (record)"
    ).fetchall()
    return {record: _Place(record, *place) for record, *place in rows}


def _headings(
    db: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, str, str, str], tuple[str, str]]:
    """By source, file, table and column: how the file calls it, and its letter."""
    rows = db.execute("SELECT source, file, tbl, col, heading, position FROM headings").fetchall()
    return {
        (source, file, table, column): (heading, letter(position))
        for source, file, table, column, heading, position in rows
    }


def letter(position: int | None) -> str:
    """The letter of a column a spreadsheet shows, from its position counted from 0."""
    text, rest = "", -1 if position is None else position
    while rest >= 0:
        text = chr(ord("A") + rest % 26) + text
        rest = rest // 26 - 1
    return text


def _cells(db: duckdb.DuckDBPyConnection, spots: Sequence[tuple[int, str]]) -> list[str]:
    """What is in the cells of records under headings, in their order; empty where nothing is."""
    found: list[str] = []
    for start in range(0, len(spots), CHUNK):
        records, headings = zip(*spots[start : start + CHUNK], strict=True)
        rows = db.execute(
            "SELECT json_extract_string(cells, spot) FROM (SELECT unnest(?::BIGINT[]) AS n, "
            "unnest(?::BIGINT[]) AS record, unnest(?::VARCHAR[]) AS spot) "
            "LEFT JOIN originals USING (record) ORDER BY n",
            [list(range(len(records))), records, [pointer(heading) for heading in headings]],
        ).fetchall()
        found.extend(value or "" for (value,) in rows)
    return found


def holds(cell: str, value: str) -> bool:
    """Whether a cell says a value: all of it, or one of a list; seconds may have been added."""
    cut = SECONDS.sub(r"\1", value)
    return cell == value or any(
        SECONDS.sub(r"\1", part.strip()) in (value, cut) for part in cell.split("|")
    )


def pointer(heading: str) -> str:
    """Where a cell is in the row as it came: https://www.rfc-editor.org/rfc/rfc6901."""
    return "/" + heading.replace("~", "~0").replace("/", "~1")


def _is_node(value: str | None, focus: str) -> bool:
    """Whether a value is a node the line made rather than what its cell says."""
    if value is None:
        return True
    iri = value.strip("<>")
    return iri == focus or value.startswith("_:") or (iri.startswith(ID) and "#" in iri)


def _property(path: str) -> str:
    return ", ".join(dict.fromkeys(shorten(step.iri) for step in steps_of(path)))
