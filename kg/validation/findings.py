"""Findings: validation results and rejections as messages with source, file, row and column."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import duckdb

from kg.csvw_tables import Table
from kg.kinds import Text
from kg.namespaces import ID, shorten
from kg.shacl.results import Severity, ValidationResult
from kg.shacl.shapes import Shapes
from kg.validation import fixed_messages
from kg.validation.discrepancy_values import OtherValues, format_value
from kg.validation.fixed_messages import Message
from kg.validation.messages import write_advice, write_sentence
from kg.validation.other_rows import OtherRows, Row, get_other_node
from kg.validation.record_decisions import RecordDecisions
from kg.validation.result_columns import (
    ConstrainedPaths,
    PathStep,
    ResultColumns,
    parse_language,
    parse_steps,
)
from kg.validation.result_components import DISCREPANCY_COMPONENT, DUPLICATE_COMPONENT
from kg.validation.text_quality import TextProblem
from kg.validation.whole_file_notes import WholeFileNote
from kg.work_tables import HEADINGS, OMITTED, ORIGINALS, RAW_LINE_COLUMN, RECORDS, UNUSABLE

LOOKUP_CHUNK_SIZE: Final = 50_000
ZERO_SECONDS: Final = re.compile(r"(T\d\d:\d\d):00(?=[Z+-]|$)")
EMPTY_TEXT: Final = Text("", "")
DISCREPANCY_COMPONENTS: Final = frozenset(
    {shorten(DISCREPANCY_COMPONENT), shorten(DUPLICATE_COMPONENT)}
)
NUMBER: Final = "identifier-"
"""Prefix of identifiers from columns of registers, in addresses and among headings."""
PENDING_VALUE: Final = "\0"
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
    advice: Text = EMPTY_TEXT
    """The advice; empty where the message has it."""
    heading: str = ""
    """The column as the file calls it; for RDF the property."""
    letter: str = ""
    """The column as a spreadsheet numbers it: `A`, `B`… `AA`; empty where it is not known."""
    record: int = 0
    """The number of the record in the work database, 0 for a problem of a whole file."""
    result: int | None = None
    """The number of its validation result; None where no shape is concerned."""
    omitted: bool = False
    """Whether the cell is left out, and the record is published without it."""
    other_values: str = ""
    """Values of the other sources where they differ, each after its name; the other record where
    two have what one has."""
    other_rows: tuple[Row, ...] = ()
    """The rows of the other records it names, as far as they are in the files."""
    whole_file: WholeFileNote | None = field(default=None, compare=False, repr=False)
    """What it says of every row of its file; None where it is about one row, or the file itself."""

    @property
    def is_discrepancy(self) -> bool:
        """Whether it compares a row with other sources or records: no row is at fault."""
        return self.component in DISCREPANCY_COMPONENTS

    @property
    def duplicate(self) -> bool:
        """Whether it reports a likely duplicate."""
        return self.component == shorten(DUPLICATE_COMPONENT)


@dataclass(frozen=True, slots=True)
class _RecordLocation:
    record: int
    source: str
    table: str
    file: str
    row: int | None
    label: str


@dataclass(frozen=True, slots=True)
class _CellLocation:
    """Cell of a row: its column and its value."""

    column: str = ""
    heading: str = ""
    letter: str = ""
    value: str = ""


FindingDraft: TypeAlias = tuple[Finding, tuple[str, ...]]
"""A finding, and the candidate columns among which its row decides."""


def build_findings(
    db: duckdb.DuckDBPyConnection,
    results: Sequence[ValidationResult],
    verdict: RecordDecisions,
    tables: Mapping[str, Table],
    shapes: Shapes,
    doubts: Sequence[TextProblem] = (),
) -> list[Finding]:
    """All findings by source, file and row; problems of texts are warnings among them."""
    return _FindingsBuilder(db, results, verdict, tables, shapes, doubts).build()


class _FindingsBuilder:
    """Builder of findings, with caches of messages and locations."""

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        results: Sequence[ValidationResult],
        verdict: RecordDecisions,
        tables: Mapping[str, Table],
        shapes: Shapes,
        doubts: Sequence[TextProblem],
    ) -> None:
        self._db = db
        self._text_problems = doubts
        self._results = results
        self._decisions = verdict
        self._shapes = shapes
        self._constrained_paths = ConstrainedPaths(shapes)
        self._columns = {name: ResultColumns(table) for name, table in tables.items()}
        self._headings = _load_headings(db)
        self._messages: dict[tuple[object, ...], Message] = {}
        concerned = {record for records in verdict.attributed.values() for record in records}
        concerned |= set(verdict.rejected) | {loose.record for loose in verdict.dropped_links}
        concerned |= {doubt.record for doubt in doubts}
        concerned |= {r for (r,) in db.execute(f"SELECT DISTINCT record FROM {OMITTED}").fetchall()}
        self._locations = _load_locations(db, concerned)
        self._other_values = OtherValues(db)
        self._other_rows = OtherRows(db, [results[number] for number in verdict.attributed])

    def build(self) -> list[Finding]:
        drafts = [
            *self._iter_result_drafts(),
            *self._iter_whole_file_drafts(),
            *self._iter_unusable_drafts(),
            *self._iter_omitted_drafts(),
            *self._iter_dependent_drafts(),
            *self._iter_dropped_link_drafts(),
            *self._iter_text_problem_drafts(),
        ]
        self._resolve_cells(drafts)
        findings = _drop_doubts_of_omitted_values([finding for finding, _ in drafts])
        return sorted(findings, key=_get_sort_key)

    def _resolve_cells(self, drafts: list[FindingDraft]) -> None:
        """Reads pending values from the rows, and decides between several candidate columns."""
        wanted = [
            (n, name, finding)
            for n, (finding, names) in enumerate(drafts)
            if finding.value == PENDING_VALUE or len(names) > 1
            for name in names
        ]
        spots = [(f.record, self._name_cell(f, name).heading) for _, name, f in wanted]
        cells = _load_cells(self._db, spots)
        settled: set[int] = set()
        for (n, name, finding), cell in zip(wanted, cells, strict=True):
            if n in settled:
                continue
            if finding.value == PENDING_VALUE:
                drafts[n] = (replace(finding, value=cell), ())
                settled.add(n)
            elif is_value_in_cell(cell, finding.value):
                where = self._name_cell(finding, name)
                placed = replace(finding, column=name, heading=where.heading, letter=where.letter)
                drafts[n] = (placed, ())
                settled.add(n)

    def _iter_result_drafts(self) -> Iterator[FindingDraft]:
        for number, records in self._decisions.attributed.items():
            result = self._results[number]
            message, component = self._get_message(result), shorten(result.component)
            steps = self._constrained_paths.get_steps(result.shape, result.path)
            for record in records:
                location = self._locations[record]
                cell, names = self._locate_cell(location, result, steps)
                shape, focus = result.shape, result.focus
                finding = _make_finding(
                    location, cell, message, result.severity, component, shape, focus, number
                )
                if self._is_omitted(number, record):
                    finding = _mark_omitted(finding)
                if finding.is_discrepancy:
                    others = {self._locations[other].source for other in records} - {
                        location.source
                    }
                    finding = replace(
                        finding,
                        other_values=self._other_values.format_others(
                            result, location.source, others
                        ),
                    )
                if finding.duplicate or (other := get_other_node(result)):
                    rows = self._other_rows.find_rows(result)
                    values = finding.other_values or other.partition("#")[0].removeprefix(ID)
                    finding = replace(finding, other_values=values, other_rows=rows)
                yield finding, names

    def _iter_whole_file_drafts(self) -> Iterator[FindingDraft]:
        for note in self._decisions.whole_files:
            result = self._results[note.result]
            message, component = self._get_message(result), shorten(result.component)
            place = _RecordLocation(0, note.source, note.table, note.file, None, "")
            steps = self._constrained_paths.get_steps(result.shape, result.path)
            cell, names = self._locate_cell(place, result, steps)
            finding = _make_finding(
                place, replace(cell, value=""), message, result.severity, component,
                result.shape, "", note.result,
            )  # fmt: skip
            yield replace(finding, whole_file=note), names[:1]

    def _is_omitted(self, number: int, record: int) -> bool:
        return (number, record) in self._decisions.omitted and (
            record not in self._decisions.rejected
        )

    def _get_message(self, result: ValidationResult) -> Message:
        key = (result.shape, result.component, result.path, *sorted(result.messages.items()))
        if key not in self._messages:
            message = Message(
                write_sentence(result, self._shapes), write_advice(result, self._shapes)
            )
            self._messages[key] = message
        return self._messages[key]

    def _locate_cell(
        self, place: _RecordLocation, result: ValidationResult, steps: tuple[PathStep, ...]
    ) -> tuple[_CellLocation, tuple[str, ...]]:
        columns, value = self._columns.get(place.table), format_value(result.value)
        if columns is None:
            heading = _shorten_path(result.path) if result.path else ""
            return _CellLocation(heading=heading, value=value), ()
        number = result.focus.rpartition("#")[2]
        numbered = (place.source, place.file, place.table, number)
        if number.startswith(NUMBER) and numbered in self._headings:
            # a number of a register, in a column that is none of the table
            return replace(self._name_cell(place, number, PENDING_VALUE), column=""), (number,)
        names = columns.find_columns(result.focus, steps, parse_language(result.value))
        first = names[0] if names else ""
        if not names or result.path is None or _is_generated_node(result.value, result.focus):
            return self._name_cell(place, first, PENDING_VALUE if names else value), names[:1]
        return self._name_cell(place, first, value), names

    def _name_cell(
        self, place: "_RecordLocation | Finding", column: str, value: str = ""
    ) -> _CellLocation:
        key = (place.source, place.file, place.table, column)
        heading, letter = self._headings.get(key, (column, ""))
        return _CellLocation(column, heading, letter, value)

    def _iter_unusable_drafts(self) -> Iterator[FindingDraft]:
        rows = self._db.execute(
            f"SELECT record, problem, col, value FROM {UNUSABLE} ORDER BY record"
        )
        for record, problem, column, value in rows.fetchall():
            location, message = (
                self._locations[record],
                fixed_messages.get_unusable_message(problem, value or ""),
            )
            malformed = problem == "line-malformed"
            cell = self._name_cell(location, column or "", value or "")
            if malformed:
                # the line itself stands where other findings have the value of a cell
                cell = _CellLocation(value=PENDING_VALUE)
            names = (RAW_LINE_COLUMN,) if malformed else ()
            code = problem.partition(" ")[0]
            yield _make_finding(location, cell, message, Severity.VIOLATION, code), names

    def _iter_omitted_drafts(self) -> Iterator[FindingDraft]:
        """The cells that mapping itself left out."""
        rows = self._db.execute(
            f"SELECT record, problem, col, value FROM {OMITTED} WHERE problem <> '' ORDER BY record"
        )
        for record, problem, column, value in rows.fetchall():
            location = self._locations[record]
            message = fixed_messages.get_unusable_message(problem, value or "")
            cell = self._name_cell(location, column, value or "")
            finding = _make_finding(location, cell, message, Severity.WARNING, problem)
            yield _mark_omitted(finding), ()

    def _iter_dependent_drafts(self) -> Iterator[FindingDraft]:
        for record, because in self._decisions.rejected.items():
            if because:
                location = self._locations[record]
                columns = self._columns.get(location.table)
                names = columns.table.dependency_columns if columns else ()
                cell = self._name_cell(
                    location, names[0] if names else "", because.removeprefix(ID)
                )
                finding = _make_finding(
                    location,
                    cell,
                    fixed_messages.DEPENDS_ON_REJECTED,
                    Severity.VIOLATION,
                    "hangs-on-refused",
                )
                yield finding, names

    def _iter_dropped_link_drafts(self) -> Iterator[FindingDraft]:
        for loose in self._decisions.dropped_links:
            place = self._locations[loose.record]
            columns = self._columns.get(place.table)
            steps = parse_steps(loose.predicate)
            names = columns.find_columns(loose.subject, steps) if columns else ()
            cell = (
                self._name_cell(place, names[0])
                if names
                else _CellLocation(heading=shorten(loose.predicate))
            )
            cell = replace(cell, value=loose.object.strip("<>").removeprefix(ID))
            yield (
                _make_finding(
                    place, cell, fixed_messages.LINK_DROPPED, Severity.WARNING, "link-left-out"
                ),
                names,
            )

    def _iter_text_problem_drafts(self) -> Iterator[FindingDraft]:
        for doubt in self._text_problems:
            place, steps = self._locations[doubt.record], parse_steps(doubt.predicate)
            columns = self._columns.get(place.table)
            language = parse_language(doubt.object)
            names = columns.find_columns(doubt.subject, steps, language) if columns else ()
            value = format_value(doubt.object)
            cell = (
                self._name_cell(place, names[0], value)
                if names
                else _CellLocation(heading=shorten(doubt.predicate), value=value)
            )
            yield _make_finding(place, cell, doubt.message, Severity.WARNING, doubt.problem), names


def _make_finding(
    location: _RecordLocation,
    cell: _CellLocation,
    message: Message,
    severity: Severity,
    component: str,
    shape: str = "",
    focus: str = "",
    result: int | None = None,
) -> Finding:
    return Finding(
        record=location.record,
        source=location.source,
        table=location.table,
        file=location.file,
        row=location.row,
        label=location.label,
        column=cell.column,
        heading=cell.heading,
        letter=cell.letter,
        value=cell.value,
        severity=severity,
        refused=severity is Severity.VIOLATION,
        message=message.text,
        advice=message.advice,
        shape=shape,
        component=component,
        focus=focus,
        result=result,
    )


def _drop_doubts_of_omitted_values(findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings without what else is doubtful of a value that is left out anyway."""
    omitted = {(f.record, f.column, f.value) for f in findings if f.omitted and f.column}
    return [
        finding
        for finding in findings
        if finding.omitted
        or finding.refused
        or (finding.record, finding.column, finding.value) not in omitted
    ]


def _mark_omitted(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.WARNING, refused=False, omitted=True)


def _get_sort_key(finding: Finding) -> tuple[object, ...]:
    f = finding
    return (f.source, f.file, f.row or 0, f.severity.value, f.column, f.shape, f.component, f.value)


def _load_locations(db: duckdb.DuckDBPyConnection, records: set[int]) -> dict[int, _RecordLocation]:
    db.execute("CREATE OR REPLACE TEMP TABLE concerned (record BIGINT)")
    if records:
        db.execute("INSERT INTO concerned SELECT unnest(?::BIGINT[])", [sorted(records)])
    rows = db.execute(
        "SELECT record, source, tbl, file, \"row\", coalesce(label, '') "
        f"FROM {RECORDS} JOIN concerned USING (record)"
    ).fetchall()
    return {record: _RecordLocation(record, *place) for record, *place in rows}


def _load_headings(
    db: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, str, str, str], tuple[str, str]]:
    """Heading and letter of each column, by source, file, table and column."""
    rows = db.execute(
        f"SELECT source, file, tbl, col, heading, position FROM {HEADINGS}"
    ).fetchall()
    return {
        (source, file, table, column): (heading, format_column_letter(position))
        for source, file, table, column, heading, position in rows
    }


def format_column_letter(position: int | None) -> str:
    """The letter of a column a spreadsheet shows, from its position counted from 0."""
    text, rest = "", -1 if position is None else position
    while rest >= 0:
        text = chr(ord("A") + rest % 26) + text
        rest = rest // 26 - 1
    return text


def _load_cells(db: duckdb.DuckDBPyConnection, spots: Sequence[tuple[int, str]]) -> list[str]:
    """The cells of records under headings, in their order; empty where there is none."""
    values: list[str] = []
    for start in range(0, len(spots), LOOKUP_CHUNK_SIZE):
        records, headings = zip(*spots[start : start + LOOKUP_CHUNK_SIZE], strict=True)
        rows = db.execute(
            # entries of a calendar or a list in a record may have one row of the file in common
            "SELECT min(json_extract_string(cells, spot)) FROM (SELECT unnest(?::BIGINT[]) AS n, "
            "unnest(?::BIGINT[]) AS record, unnest(?::VARCHAR[]) AS spot) "
            f"LEFT JOIN {ORIGINALS} USING (record) GROUP BY n ORDER BY n",
            [
                list(range(len(records))),
                records,
                [format_json_pointer(heading) for heading in headings],
            ],
        ).fetchall()
        values.extend(value or "" for (value,) in rows)
    return values


def is_value_in_cell(cell: str, value: str) -> bool:
    """Whether a cell has a value: all of it, or one of a list; seconds may have been added."""
    cut = ZERO_SECONDS.sub(r"\1", value)
    return cell == value or any(
        ZERO_SECONDS.sub(r"\1", part.strip()) in (value, cut) for part in cell.split("|")
    )


def format_json_pointer(heading: str) -> str:
    """JSON pointer to a cell of an original row: https://www.rfc-editor.org/rfc/rfc6901."""
    return "/" + heading.replace("~", "~0").replace("/", "~1")


def _is_generated_node(value: str | None, focus: str) -> bool:
    """Whether a value is a node that the mapping made, and not the content of a cell."""
    if value is None:
        return True
    iri = value.strip("<>")
    return iri == focus or value.startswith("_:") or (iri.startswith(ID) and "#" in iri)


def _shorten_path(path: str) -> str:
    return ", ".join(dict.fromkeys(shorten(step.iri) for step in parse_steps(path)))
