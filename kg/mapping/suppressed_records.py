"""Suppressed records: what was forgotten, left out of what the sources say again.

A publisher who has not removed somebody sends them at each import. The list of what was forgotten
(`kg.suppression_list`) holds hashes alone, so each record is hashed and looked up; without such a
list nothing is done.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import duckdb
import orjson

from kg import sql
from kg.csvw_tables import Table
from kg.kinds import KIND_BY_NAME
from kg.mapping.forgotten_quads import (
    list_owner_columns,
    remove_field_quads,
    remove_record_quads,
)
from kg.namespaces import ID
from kg.suppression_list import Scope, SuppressionList
from kg.work_tables import (
    CODE_DATES,
    DEPENDENCIES,
    HEADINGS,
    OMITTED,
    ORIGINALS,
    QUADS,
    RAW_LINE_COLUMN,
    RECORDS,
    UNUSABLE,
)

IDENTIFIER_MARK: Final = "#identifier-"
CELL_SEPARATORS: Final = re.compile(r"[\s,;|\t\"'<>()\[\]{}]+")
"""What parts the words of a line that could not be read."""


def remove_suppressed_records(
    db: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], suppressions: SuppressionList
) -> int:
    """Leaves out the records and fields of the list; how many records.

    Their rows go too: nothing of them comes into the reports or the quarantine.
    """
    if not suppressions:
        return 0
    iris = _find_suppressed(db, suppressions)
    remove_record_quads(db, tables, iris)
    _remove_rows(db, tables, iris)
    malformed = _find_malformed_rows(db, tables, suppressions)
    for name in (RECORDS, ORIGINALS, UNUSABLE):
        db.execute(f"DELETE FROM {name} WHERE record IN (SELECT unnest(?::BIGINT[]))", [malformed])
    _remove_fields(db, tables, suppressions)
    return len(iris)


def reject_suppressed_records(
    db: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], suppressions: SuppressionList
) -> int:
    """Rejects the rows about the records of the list, and empties the fields; how many rows.

    A row keeps its file and number; what it says is neither judged nor shown.
    """
    if not suppressions:
        return 0
    iris = _find_suppressed(db, suppressions)
    remove_record_quads(db, tables, iris)
    rejected = set(_find_malformed_rows(db, tables, suppressions))
    if iris:
        select_forgotten_rows(db, tables, iris)
        rejected.update(record for (record,) in db.execute("FROM forgotten_row").fetchall())
        _remove_references(db, [iri.removeprefix(ID) for iri in iris])
    _reject_rows(db, sorted(rejected))
    for record, column in _remove_fields(db, tables, suppressions):
        db.execute(f"INSERT INTO {OMITTED} VALUES (?, ?, '', 'field-forgotten')", [record, column])
    return len(rejected)


def _reject_rows(db: duckdb.DuckDBPyConnection, records: Sequence[int]) -> None:
    rejected = "record IN (SELECT unnest(?::BIGINT[]))"
    for name in (QUADS, ORIGINALS, UNUSABLE, OMITTED, CODE_DATES, DEPENDENCIES):
        db.execute(f"DELETE FROM {name} WHERE {rejected}", [records])
    db.execute(f"UPDATE {RECORDS} SET subject = NULL, label = '' WHERE {rejected}", [records])
    db.execute(
        f"INSERT INTO {UNUSABLE} SELECT unnest(?::BIGINT[]), 'record-forgotten', '', ''", [records]
    )


def list_identifiers(db: duckdb.DuckDBPyConnection) -> Iterable[tuple[str, str]]:
    """(`kind/key`, `scheme-value`) of the identifiers that are stated."""
    mark = sql.literal(IDENTIFIER_MARK)
    return db.execute(
        f"SELECT DISTINCT split_part(s, '#', 1)[{len(ID) + 1}:], split_part(s, {mark}, 2) "
        f"FROM {QUADS} WHERE contains(s, {mark}) AND starts_with(s, {sql.literal(ID)})"
    ).fetchall()


def _find_suppressed(db: duckdb.DuckDBPyConnection, suppressions: SuppressionList) -> list[str]:
    root = f"split_part({{}}, '#', 1)[{len(ID) + 1}:]"
    mine = f"starts_with({{}}, {sql.literal(ID)})"
    rows = db.execute(
        f"SELECT DISTINCT {root.format('subject')} FROM {RECORDS} WHERE {mine.format('subject')} "
        f"UNION SELECT DISTINCT {root.format('s')} FROM {QUADS} WHERE {mine.format('s')} "
        # what is only pointed at has no row of its own, and is a name all the same
        f"UNION SELECT DISTINCT {root.format('o[2:-2]')} FROM {QUADS} WHERE o[1] = '<' AND "
        f"{mine.format('o[2:-2]')}"
    ).fetchall()
    found = {
        reference
        for (reference,) in rows
        if suppressions.find(Scope.RECORD, reference)
        or suppressions.find(Scope.IDENTIFIER, reference)
    }
    for reference, identifier in list_identifiers(db):
        kind = reference.partition("/")[0]
        if suppressions.find(Scope.IDENTIFIER, f"{kind}/{identifier}"):
            found.add(reference)
    return sorted(ID + reference for reference in found)


def _remove_rows(
    db: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], iris: Sequence[str]
) -> None:
    """Removes the rows about what `forgotten_node` holds, and its names from other rows."""
    if not iris:
        return
    select_forgotten_rows(db, tables, iris)
    for name in (QUADS, RECORDS, ORIGINALS, UNUSABLE, CODE_DATES, DEPENDENCIES):
        db.execute(f"DELETE FROM {name} WHERE record IN (FROM forgotten_row)")
    _remove_references(db, [iri.removeprefix(ID) for iri in iris])


def select_forgotten_rows(
    db: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], iris: Sequence[str]
) -> None:
    """Makes `forgotten_row` (record): the rows about some records, or nothing without them.

    `forgotten_node` holds their nodes (`kg.mapping.forgotten_quads`).
    """
    nodes = "(FROM forgotten_node)"
    owners = [
        f"(r.tbl = {sql.literal(table.name)} AND (cells ->> {sql.literal('$.' + name)}) IN "
        "(FROM forgotten_reference))"
        for table in tables.values()
        if table.kind is None
        for name in list_owner_columns(table)
    ]
    db.execute(
        "CREATE OR REPLACE TEMP TABLE forgotten_reference AS "
        "SELECT unnest(?::VARCHAR[]) AS reference",
        [[iri.removeprefix(ID) for iri in iris] + list(iris)],
    )
    db.execute(
        f"""CREATE OR REPLACE TEMP TABLE forgotten_row AS
        SELECT record FROM {RECORDS} WHERE subject IN {nodes}
            OR split_part(subject, '#', 1) IN {nodes}
        UNION SELECT record FROM {DEPENDENCIES} WHERE split_part(needs, '#', 1) IN {nodes}
        UNION SELECT r.record FROM {RECORDS} r JOIN {ORIGINALS} USING (record)
            WHERE {" OR ".join(owners)}"""
    )


def _remove_references(db: duckdb.DuckDBPyConnection, references: Sequence[str]) -> None:
    """Takes the names of records out of the cells of rows that are about others."""
    pattern = f'(^|[|\\s"])({"|".join(map(re.escape, references))})($|[|\\s"])'
    rows = db.execute(
        f"SELECT record, cells::VARCHAR FROM {ORIGINALS} WHERE regexp_matches(cells::VARCHAR, ?)",
        [pattern],
    ).fetchall()
    for record, text in rows:
        cells = {
            name: drop_list_items(value, references) for name, value in orjson.loads(text).items()
        }
        db.execute(
            f"UPDATE {ORIGINALS} SET cells = ? WHERE record = ?",
            [orjson.dumps(cells).decode(), record],
        )


def drop_list_items(cell: str | None, items: Sequence[str]) -> str | None:
    """A cell of values separated by bars without some of them."""
    if not cell:
        return cell
    parts = [part for part in cell.split("|") if part.strip().removeprefix(ID) not in items]
    return "|".join(parts) or None


def _find_malformed_rows(
    db: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], suppressions: SuppressionList
) -> list[int]:
    """The lines that could not be read of which a word is the name of what is forgotten."""
    rows = db.execute(
        f"SELECT record, tbl, cells ->> '$.{RAW_LINE_COLUMN}' FROM {ORIGINALS} "
        f"JOIN {RECORDS} USING (record) WHERE (cells ->> '$.{RAW_LINE_COLUMN}') IS NOT NULL"
    ).fetchall()
    return [
        record
        for record, name, text in rows
        if any(
            suppressions.find(scope, reference)
            for word in CELL_SEPARATORS.split(text)
            for reference in _list_references(word, tables.get(name))
            for scope in (Scope.RECORD, Scope.IDENTIFIER)
        )
    ]


def _list_references(word: str, table: Table | None) -> list[str]:
    """What a word may name: a record as it is, or by its key alone."""
    word = word.strip().removeprefix(ID)
    if not word:
        return []
    kinds = [table.kind] if table is not None and table.kind else list(KIND_BY_NAME)
    return [word] if "/" in word else [f"{kind}/{word}" for kind in kinds]


def _remove_fields(
    db: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], suppressions: SuppressionList
) -> list[tuple[int, str]]:
    """Removes the fields of the list; (record, column) of the cells that said something there."""
    emptied: list[tuple[int, str]] = []
    rows = db.execute(
        f"SELECT DISTINCT subject[{len(ID) + 1}:] FROM {RECORDS} WHERE starts_with(subject, "
        f"{sql.literal(ID)}) AND NOT contains(subject, '#')"
    ).fetchall()
    for (reference,) in rows:
        kind = reference.partition("/")[0]
        if kind not in KIND_BY_NAME or not suppressions.find(Scope.PARTIAL, reference):
            continue
        table = tables[KIND_BY_NAME[kind].table]
        for name in table.names:
            if suppressions.find(Scope.FIELD, f"{reference}/{name}"):
                remove_field_quads(db, table, ID + reference, name)
                records = _empty_cells(db, table, ID + reference, name)
                emptied += [(record, name) for record in records]
    return emptied


def _empty_cells(
    db: duckdb.DuckDBPyConnection, table: Table, iri: str, column_name: str
) -> list[int]:
    """Empties a cell in the rows about a record; the rows in which it had a value."""
    rows = db.execute(
        f"SELECT record, cells::VARCHAR, heading FROM {RECORDS} r JOIN {ORIGINALS} USING (record) "
        f"LEFT JOIN {HEADINGS} h ON h.source = r.source AND h.file = r.file AND h.tbl = r.tbl "
        "AND h.col = ? WHERE r.tbl = ? AND r.subject = ?",
        [column_name, table.name, iri],
    ).fetchall()
    emptied = []
    for record, text, heading in rows:
        cells = orjson.loads(text)
        names = [name for name in (column_name, heading) if cells.get(name)]
        if names:
            changed = orjson.dumps(cells | dict.fromkeys(names)).decode()
            db.execute(f"UPDATE {ORIGINALS} SET cells = ? WHERE record = ?", [changed, record])
            emptied.append(record)
    return emptied
