"""Mapping the lines of a source to quads, set-wise in the work database."""

from dataclasses import dataclass
from typing import Final

import duckdb

from kg import sql
from kg.mapping.broken_cells import refuse_cells
from kg.mapping.statements import Statement, compile_table, line_mark, template
from kg.namespaces import expand
from kg.sources import Lines, Source
from kg.tables import Table, slots

SEVERAL: Final = sql.text(r"[^\s;|,]\s*[;|,]\s+[^\s;|,]|[^\s;|]\s*[;|]\s*[^\s;|]")
"""Several values in a cell that has one."""


@dataclass(frozen=True)
class Mapped:
    """What one table of a source gave."""

    source: str
    table: str
    records: int
    quads: int
    unusable: int


def map_lines(db: duckdb.DuckDBPyConnection, source: Source, lines: Lines) -> Mapped:
    """Adds the quads of the lines to the work database, and the lines to its records.

    A line that has no usable key is written to `unusable` with the reason, and gives no quad.
    """
    first = _count(db, "SELECT coalesce(max(record), 0) FROM records")
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE staged AS "
        f"SELECT {first} + row_number() OVER () AS record, * FROM {sql.name(lines.view)}"
    )
    _note_records(db, source, lines)
    unusable = _set_aside(db, lines.table)
    before = _count(db, "SELECT count(*) FROM quads")
    # one statement for the whole table: DuckDB's cost per statement is that of many lines; it tells
    # them on every core where they need not be in order
    statements = (*compile_table(lines.table, source.name), *_line_marks(source, lines))
    told = " UNION ALL ".join(statement.select("usable") for statement in statements)
    db.execute("SET preserve_insertion_order = false")
    try:
        db.execute(
            f"INSERT INTO quads SELECT {sql.text(source.name)}, * "
            f"FROM ({told}) WHERE p IS NOT NULL AND legal(s)"
        )
    finally:
        db.execute("RESET preserve_insertion_order")
    _note_hanging(db, lines.table)
    return Mapped(
        source.name,
        lines.table.name,
        _count(db, "SELECT count(*) FROM staged"),
        _count(db, "SELECT count(*) FROM quads") - before,
        unusable,
    )


def _note_records(db: duckdb.DuckDBPyConnection, source: Source, lines: Lines) -> None:
    table = lines.table
    subject = template(table, table.about, source.name)
    labels = [
        n for n in ("label_fr", "text_fr", "label_en", "title", "value", "id") if n in table.names
    ]
    cells = ", ".join(f"{sql.text(name)}: {sql.name(name)}" for name in table.names)
    db.execute(
        f"INSERT INTO records SELECT record, {sql.text(source.name)}, {sql.text(table.name)}, "
        f"coalesce(_file, {sql.text(lines.file)}), _row, {subject}, "
        f"coalesce({', '.join(map(sql.name, labels)) or 'NULL'}, '') FROM staged"
    )
    if lines.dated:
        written = sql.name(lines.dated)
        db.execute(
            f"INSERT INTO code_dates SELECT record, {written} FROM staged "
            f"WHERE {written} IS NOT NULL"
        )
    db.execute(f"INSERT INTO originals SELECT record, to_json({{{cells}}}) FROM staged")


def _set_aside(db: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Moves the lines without a usable key to `unusable`; how many."""
    keys = slots(table.about)
    for name in keys:
        column = sql.name(name)
        db.execute(
            f"INSERT INTO unusable SELECT record, CASE WHEN {column} IS NULL THEN 'key-missing' "
            f"WHEN regexp_matches({column}, {SEVERAL}) THEN 'key-list' "
            f"ELSE 'key-illegal' END, {sql.text(name)}, {column} FROM staged "
            f"WHERE {column} IS NULL OR NOT legal({column})"
        )
    refuse_cells(db, table)
    if "id" in table.names:
        parts = ", ".join(sql.name(name) for name in keys)
        db.execute(
            f"INSERT INTO unusable SELECT record, 'key-duplicate', 'id', id FROM staged "
            "WHERE id IS NOT NULL "
            f"QUALIFY row_number() OVER (PARTITION BY {parts} ORDER BY record) > 1"
        )
    db.execute(
        "CREATE OR REPLACE TEMP TABLE usable AS "
        "SELECT * FROM staged WHERE record NOT IN (SELECT record FROM unusable)"
    )
    return _count(db, "SELECT count(*) FROM staged") - _count(db, "SELECT count(*) FROM usable")


def _line_marks(source: Source, lines: Lines) -> list[Statement]:
    """Which line of a register a record was read from, by the key of the line.

    Not by its file and row: a line that moves is no change of its record. Where each stood is kept
    beside the graph (`kg.releases.line_positions`).
    """
    if source.kind == "document":
        return []
    table = lines.table
    subject = template(table, table.about, source.name)
    return [
        Statement(
            subject=subject,
            predicate=sql.text(expand("prov:wasDerivedFrom")),
            object=line_mark(source.name, subject),
            needs=slots(table.about),
            any_of=(),
            lists=tuple(
                (name, separator)
                for name in slots(table.about)
                if (separator := table.column(name).separator)
            ),
        )
    ]


def _note_hanging(db: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Which records each line cannot stand without."""
    for name in table.hanging:
        iri = template(
            table, table.column(name).value or "https://w3id.org/ess-kg/id/{+" + name + "}", ""
        )
        db.execute(
            f"INSERT INTO hangs SELECT record, {iri} FROM usable WHERE {sql.name(name)} IS NOT NULL"
        )


def _count(db: duckdb.DuckDBPyConnection, query: str) -> int:
    row = db.execute(query).fetchone()
    return int(row[0]) if row else 0
