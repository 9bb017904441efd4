"""Table mapping: rows of a source to quads, set-wise in the work database."""

from dataclasses import dataclass
from typing import Final

import duckdb

from kg import sql
from kg.csvw_tables import Table, find_slots
from kg.mapping.broken_cells import reject_broken_cells
from kg.mapping.csvw_to_sql import (
    ColumnStatement,
    build_row_iri_sql,
    build_template_sql,
    compile_table,
)
from kg.namespaces import expand
from kg.sources import Source, SourceRows
from kg.work_tables import (
    CODE_DATES,
    DEPENDENCIES,
    ORIGINALS,
    QUADS,
    RECORDS,
    UNUSABLE,
    find_last_record,
)

SEVERAL_VALUES: Final = sql.literal(r"[^\s;|,]\s*[;|,]\s+[^\s;|,]|[^\s;|]\s*[;|]\s*[^\s;|]")
"""Pattern of several values in a cell that should hold one."""


@dataclass(frozen=True)
class MappingResult:
    """Counts of records, quads and unusable rows of one mapped table."""

    source: str
    table: str
    records: int
    quads: int
    unusable: int


def map_rows(db: duckdb.DuckDBPyConnection, source: Source, lines: SourceRows) -> MappingResult:
    """Add rows to the work database as records, with their quads.

    A row without a usable key is recorded in `unusable` with the reason, and has no quads.
    """
    first = find_last_record(db)
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE staged AS "
        f"SELECT {first} + row_number() OVER () AS record, * FROM {sql.identifier(lines.view)}"
    )
    _insert_records(db, source, lines)
    unusable = _reject_unusable_rows(db, lines.table)
    before = sql.select_number(db, f"SELECT count(*) FROM {QUADS}")
    # one statement for the whole table: each statement costs DuckDB as much as many rows, and
    # without a required order it uses every core
    statements = (*compile_table(lines.table, source.name), *_build_row_provenance(source, lines))
    filled = _list_filled_columns(db, lines.table)
    union_sql = " UNION ALL ".join(
        statement.build_select("usable") for statement in statements if statement.can_apply(filled)
    )
    if union_sql:
        db.execute("SET preserve_insertion_order = false")
        try:
            db.execute(
                f"INSERT INTO {QUADS} SELECT {sql.literal(source.name)}, * "
                f"FROM ({union_sql}) WHERE p IS NOT NULL AND legal(s)"
            )
        finally:
            db.execute("RESET preserve_insertion_order")
    _insert_dependencies(db, lines.table)
    return MappingResult(
        source.name,
        lines.table.name,
        sql.select_number(db, "SELECT count(*) FROM staged"),
        sql.select_number(db, f"SELECT count(*) FROM {QUADS}") - before,
        unusable,
    )


def _list_filled_columns(db: duckdb.DuckDBPyConnection, table: Table) -> frozenset[str]:
    """The columns that any usable row fills: most tables leave most columns empty."""
    counts = ", ".join(f"count({sql.identifier(name)})" for name in table.names)
    row = db.execute(f"SELECT {counts} FROM usable").fetchone() or ()
    return frozenset(name for name, count in zip(table.names, row, strict=True) if count)


def _insert_records(db: duckdb.DuckDBPyConnection, source: Source, lines: SourceRows) -> None:
    table = lines.table
    subject = build_template_sql(table, table.about, source.name)
    labels = [
        n
        for n in ("label_fr", "text_fr", "label_en", "labels", "title", "value", "id")
        if n in table.names
    ]
    cells = ", ".join(f"{sql.literal(name)}: {sql.identifier(name)}" for name in table.names)
    db.execute(
        f"INSERT INTO {RECORDS} SELECT record, {sql.literal(source.name)}, "
        f"{sql.literal(table.name)}, "
        f"coalesce(_file, {sql.literal(lines.file)}), _row, {subject}, "
        f"coalesce({', '.join(map(sql.identifier, labels)) or 'NULL'}, '') FROM staged"
    )
    if lines.dated:
        written = sql.identifier(lines.dated)
        db.execute(
            f"INSERT INTO {CODE_DATES} SELECT record, {written} FROM staged "
            f"WHERE {written} IS NOT NULL"
        )
    db.execute(f"INSERT INTO {ORIGINALS} SELECT record, to_json({{{cells}}}) FROM staged")


def _reject_unusable_rows(db: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Move the rows without a usable key to `unusable`; return their number."""
    keys = find_slots(table.about)
    for name in keys:
        column = sql.identifier(name)
        db.execute(
            f"INSERT INTO {UNUSABLE} SELECT record, CASE WHEN {column} IS NULL THEN 'key-missing' "
            f"WHEN regexp_matches({column}, {SEVERAL_VALUES}) THEN 'key-list' "
            f"ELSE 'key-illegal' END, {sql.literal(name)}, {column} FROM staged "
            f"WHERE {column} IS NULL OR NOT legal({column})"
        )
    reject_broken_cells(db, table)
    if "id" in table.names:
        parts = ", ".join(sql.identifier(name) for name in keys)
        db.execute(
            f"INSERT INTO {UNUSABLE} SELECT record, 'key-duplicate', 'id', id FROM staged "
            "WHERE id IS NOT NULL "
            f"QUALIFY row_number() OVER (PARTITION BY {parts} ORDER BY record) > 1"
        )
    db.execute(
        "CREATE OR REPLACE TEMP TABLE usable AS "
        f"SELECT * FROM staged WHERE record NOT IN (SELECT record FROM {UNUSABLE})"
    )
    return sql.select_number(
        db, "SELECT (SELECT count(*) FROM staged) - (SELECT count(*) FROM usable)"
    )


def _build_row_provenance(source: Source, lines: SourceRows) -> list[ColumnStatement]:
    """Compile the provenance of a record: its row in a register, by the key of the row.

    File and row number are kept outside the graph (`kg.releases.line_positions`), so that a row
    that moves does not change its record.
    """
    if source.kind == "document":
        return []
    table = lines.table
    subject = build_template_sql(table, table.about, source.name)
    return [
        ColumnStatement(
            subject=subject,
            predicate=sql.literal(expand("prov:wasDerivedFrom")),
            object=build_row_iri_sql(source.name, subject),
            required_columns=find_slots(table.about),
            any_required=(),
            list_columns=tuple(
                (name, separator)
                for name in find_slots(table.about)
                if (separator := table.get_column(name).separator)
            ),
        )
    ]


def _insert_dependencies(db: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Record the records that each row depends on."""
    for name in table.dependency_columns:
        iri = build_template_sql(
            table, table.get_column(name).value or "https://w3id.org/ess-kg/id/{+" + name + "}", ""
        )
        db.execute(
            f"INSERT INTO {DEPENDENCIES} SELECT record, {iri} FROM usable "
            f"WHERE {sql.identifier(name)} IS NOT NULL"
        )
