"""Omitted cells: a bad value in an optional column costs that cell, and not the whole record.

A violation that one value of an optional column brings about takes the statements of that cell
with it; what the rules say of the record without it decides whether it stands. What is missing,
what contradicts another cell, and what is wrong in a key, a required column or one on which the
record depends refuses the record.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import duckdb

from kg.csvw_tables import Table
from kg.namespaces import expand
from kg.shacl.results import Severity, ValidationResult
from kg.shacl.shapes import Shapes
from kg.validation.constraint_phrases import get_parameter
from kg.validation.result_columns import (
    ConstrainedPaths,
    ResultColumns,
    parse_language,
)
from kg.validation.source_attribution import VALUE_PARAMETERS
from kg.work_tables import OMITTED, QUADS, RECORDS, REFUSED

COORDINATES: Final = ("latitude", "longitude")
"""Columns of which neither says anything without the other."""
IDENTIFIER_FRAGMENT: Final = "#identifier-"
RDF_TYPE_IRI: Final = expand("rdf:type")
CREATE_PARTS_SQL: Final = """
CREATE OR REPLACE TEMP TABLE cell_parts
(n BIGINT, record BIGINT, col VARCHAR, s VARCHAR, p VARCHAR, o VARCHAR)
"""
"""The statements that a cell gives: a property or an object of NULL is any."""
MATCHING_SQL: Final = f"""
{QUADS} q JOIN cell_parts c ON q.record = c.record AND (c.s IS NULL OR q.s = c.s)
AND (c.p IS NULL OR q.p = c.p) AND (c.o IS NULL OR q.o = c.o)
"""
DELETE_PARTS_SQL: Final = f"""
DELETE FROM {QUADS} USING cell_parts c WHERE {QUADS}.record = c.record
AND (c.s IS NULL OR {QUADS}.s = c.s) AND (c.p IS NULL OR {QUADS}.p = c.p)
AND (c.o IS NULL OR {QUADS}.o = c.o)
"""
CREATE_HOLLOW_SQL: Final = f"""
CREATE OR REPLACE TEMP TABLE hollow AS
SELECT record, s FROM {QUADS} WHERE record IN (SELECT record FROM cell_parts) AND contains(s, '#')
GROUP BY record, s HAVING bool_and(p = '{RDF_TYPE_IRI}')
"""
"""Nodes below a record of which nothing is left but their class."""
DELETE_HOLLOW_SQL: Final = f"""
DELETE FROM {QUADS} USING hollow h WHERE {QUADS}.record = h.record
AND ({QUADS}.s = h.s OR {QUADS}.o = '<' || h.s || '>')
"""


@dataclass(frozen=True)
class _Cell:
    """A cell at fault, and the statements (subject, property, object) that it gives."""

    column: str
    parts: tuple[tuple[str | None, str | None, str | None], ...]

    def without_values(self) -> "_Cell":
        """The cell with all that its properties say, whatever the values."""
        return replace(
            self, parts=tuple((s, p, None) if p else (s, p, o) for s, p, o in self.parts)
        )


class OmittedCells:
    """The search for cells that can be left out, over the tables and shapes of a validation."""

    def __init__(self, tables: Mapping[str, Table], shapes: Shapes) -> None:
        self._columns = {name: ResultColumns(table) for name, table in tables.items()}
        self._paths = ConstrainedPaths(shapes)

    def omit(
        self, db: duckdb.DuckDBPyConnection, results: Sequence[ValidationResult]
    ) -> frozenset[tuple[int, int]]:
        """Remove the statements of the cells at fault in records that stand without them.

        Reads `attributed`; returns the (result, record) pairs that are settled so, and notes the
        cells in `omitted`.
        """
        cells = self._find_cells(db, results)
        found = _find_stated(db, cells)
        # a store may write a value in another form than the cell
        cells = {
            pair: cell if pair in found else cell.without_values() for pair, cell in cells.items()
        }
        found |= _find_stated(db, {k: cell for k, cell in cells.items() if k not in found})
        hopeless = {record for (n, record) in cells if (n, record) not in found}
        settled = {pair: cell for pair, cell in cells.items() if pair[1] not in hopeless}
        _load_parts(db, settled)
        _remove_parts(db)
        if settled:
            db.execute(
                f"INSERT INTO {OMITTED} SELECT unnest(?::BIGINT[]), unnest(?::VARCHAR[]), "
                "unnest(?::VARCHAR[]), ''",
                [
                    [record for _, record in settled],
                    [cell.column for cell in settled.values()],
                    [results[n].value or "" for n, _ in settled],
                ],
            )
        return frozenset(settled)

    def _find_cells(
        self, db: duckdb.DuckDBPyConnection, results: Sequence[ValidationResult]
    ) -> dict[tuple[int, int], _Cell]:
        """The cells by (result, record), of the records of which every violation is in one."""
        rows = db.execute(
            f"SELECT n, record, tbl, coalesce(subject, ''), together FROM attributed "
            f"JOIN {RECORDS} USING (record) WHERE severity = ? AND record NOT IN "
            f"(SELECT record FROM {REFUSED}) ORDER BY n, record",
            [Severity.VIOLATION.value],
        ).fetchall()
        cells: dict[tuple[int, int], _Cell] = {}
        refused: set[int] = set()
        for n, record, table, subject, together in rows:
            cell = self._find_cell(results[n], table, subject)
            if together:
                continue
            if cell is None:
                refused.add(record)
            else:
                cells[n, record] = cell
        return {pair: cell for pair, cell in cells.items() if pair[1] not in refused}

    def _find_cell(self, result: ValidationResult, table: str, subject: str) -> _Cell | None:
        columns = self._columns.get(table)
        if columns is None:
            return None
        below = result.focus.partition(IDENTIFIER_FRAGMENT)[2]
        if below and table != "identifiers":
            # a number of a register, in a column that is none of the table
            is_key = subject.rpartition("/")[2].startswith(f"{below}-")
            return None if is_key else _Cell(f"identifier-{below}", _list_node_parts(result.focus))
        if result.path and (
            result.value is None or get_parameter(result.component) not in VALUE_PARAMETERS
        ):
            return None
        steps = self._paths.get_steps(result.shape, result.path)
        names = columns.find_columns(result.focus, steps, parse_language(result.value))
        if not names or not columns.table.optional_columns.issuperset(names):
            return None
        parts = tuple(_iter_parts(result, subject, [step.iri for step in steps]))
        if names[0] in COORDINATES:
            parts += tuple(
                (result.focus, expand(columns.table.get_column(name).predicate or ""), None)
                for name in COORDINATES
            )
        return _Cell(names[0], parts) if parts else None


def _iter_parts(
    result: ValidationResult, subject: str, properties: Sequence[str]
) -> Iterator[tuple[str | None, str | None, str | None]]:
    if result.path is None:
        if "#" in result.focus and result.focus != subject:
            yield from _list_node_parts(result.focus)
        else:
            yield from ((result.focus, iri, None) for iri in properties)
    elif "<" in result.path:
        yield result.focus, None, result.value
    else:
        yield result.focus, result.path, result.value


def _list_node_parts(node: str) -> tuple[tuple[str | None, str | None, str | None], ...]:
    """All that is said of a node, and what leads to it."""
    return (node, None, None), (None, None, f"<{node}>")


def _find_stated(
    db: duckdb.DuckDBPyConnection, cells: Mapping[tuple[int, int], _Cell]
) -> set[tuple[int, int]]:
    """Those of the cells that give any statement."""
    _load_parts(db, cells)
    return set(db.execute(f"SELECT DISTINCT c.n, c.record FROM {MATCHING_SQL}").fetchall())


def _load_parts(db: duckdb.DuckDBPyConnection, cells: Mapping[tuple[int, int], _Cell]) -> None:
    db.execute(CREATE_PARTS_SQL)
    rows = [
        (n, record, cell.column, *part)
        for (n, record), cell in cells.items()
        for part in cell.parts
    ]
    if rows:
        db.execute(
            "INSERT INTO cell_parts SELECT unnest(?::BIGINT[]), unnest(?::BIGINT[]), "
            + ", ".join(["unnest(?::VARCHAR[])"] * 4),
            [list(column) for column in zip(*rows, strict=True)],
        )


def _remove_parts(db: duckdb.DuckDBPyConnection) -> None:
    """Delete the statements of `cell_parts`, and the nodes that are empty without them."""
    db.execute(DELETE_PARTS_SQL)
    while True:
        db.execute(CREATE_HOLLOW_SQL)
        if db.execute("SELECT count(*) FROM hollow").fetchone() == (0,):
            return
        db.execute(DELETE_HOLLOW_SQL)
