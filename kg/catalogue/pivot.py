"""Pivot of quads into the canonical table of a kind, one row per record.

The catalogue reads quads rather than source tables: RDF sources have no table, and several sources
may describe one record. A column that several sources fill differently has all values, the
preferred one (`discrepancy`) first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import duckdb

from kg import sql
from kg.catalogue.text_analysis import SORT_DIGITS
from kg.csvw_tables import Column, Table
from kg.namespaces import ID, RDF_TYPE, expand
from kg.rdf.term_readers import define_term_readers
from kg.work_tables import DISCREPANCY, QUADS

NATURAL_ORDER: Final = f"""natural_order(x) AS CASE WHEN regexp_matches(x, '[0-9]')
    THEN array_to_string(
        list_transform(regexp_extract_all(x, '[0-9]+|[^0-9]+'), lambda part:
            CASE WHEN part[1] BETWEEN '0' AND '9'
            THEN lpad(part, greatest({SORT_DIGITS}, length(part))::INTEGER, '0') ELSE part END), '')
    ELSE x END"""
"""Macro of the sort key of lists, 2 before 10, as in `build_natural_sort_key`."""
OTHER_LANGUAGES: Final = "*"
"""Language of a reader of the values that no column of one language has. With a language after it
the reader takes those of all languages, and writes the tags of the others."""
CELL_SQL: Final = f"""
    CASE WHEN lang[1] = '{OTHER_LANGUAGES}' THEN lexical(o)
        || CASE WHEN language(o) = lang[2:] THEN '' ELSE '@' || language(o) END
    WHEN marker = '' THEN lexical(o)
    WHEN contains(o, marker)
    THEN substr(o, strpos(o, marker) + length(marker),
        length(o) - strpos(o, marker) - length(marker))
    WHEN NOT strict THEN lexical(o) END"""
"""SQL of a value as a cell of the column of `reading`."""
PLACED_SQL: Final = f""",
placed AS (
    SELECT subject_of(d.s) AS s, col, {CELL_SQL} AS cell, min(place) AS place
    FROM (SELECT s, field AS col, kept AS o, place FROM {DISCREPANCY}
        WHERE starts_with(s, {{prefix}})) d JOIN reading USING (col) GROUP BY ALL
)"""
"""SQL of the rank of each disputed value of the records of a kind."""


@dataclass(frozen=True)
class ColumnReader:
    """Path from quads to a column: fragment of the subject, predicate, form of the value."""

    column: str
    predicate: str
    fragment: str
    language: str
    marker: str
    """Text in the IRI before the cell; empty where the cell is the whole value."""
    strict: bool
    """True where values without the marker are skipped, as specific to a source."""


def pivot(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Create the rows of a table from `quads`; return a relation with exactly its columns.

    Cells are texts. Several values are joined with a vertical bar, except in columns of a single
    value, which have the first.
    """
    define_macros(connection)
    gather_rows(connection, table)
    return create_text_view(connection, table)


def create_text_view(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Create the view of a gathered table with cells as text; return its name."""
    name = f"pivot_{table.name}"
    cells = ", ".join(f"{format_cell_sql(c)} AS {sql.identifier(c.name)}" for c in table.real)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {cells} FROM {gathered_table_name(table)} "
        "ORDER BY id"
    )
    return name


def format_cell_sql(column: Column) -> str:
    """Return the SQL of a cell as text, given the list of its values."""
    name = sql.identifier(column.name)
    one = f"{name}[1]" if column.has_one_value else f"array_to_string({name}, '|')"
    return f"nullif({one}, '')"


def gather_rows(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Create the rows of a table with a sorted list of values per column; return its name.

    Requires `define_macros`.
    """
    prefix = sql.literal(f"{ID}{table.kind}/")
    name = gathered_table_name(table)
    used = f"SELECT DISTINCT p FROM {QUADS} WHERE starts_with(s, {prefix})"
    properties = {p for (p,) in connection.execute(used).fetchall()}
    if RDF_TYPE not in properties:
        create_empty_gathered(connection, name, [column.name for column in table.real])
        return name
    # the columns of a table are many, those that a release fills are few: each costs its planning
    every = list(_build_readers(table))
    readers = [reader for reader in every if reader.predicate in properties] or every
    filled = {reader.column for reader in readers}
    # discrepancies are rare: avoid the join where there are none
    differs = f"SELECT 1 FROM {DISCREPANCY} WHERE starts_with(s, {prefix}) LIMIT 1"
    placed = connection.execute(differs).fetchone() is not None
    columns = ", ".join(
        _format_column_sql(column, table, placed=placed)
        if column.name in {table.key_column, *filled}
        else f"[]::VARCHAR[] AS {sql.identifier(column.name)}"
        for column in table.real
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {name} AS
        WITH reading(col, p, fragment, lang, marker, strict) AS (VALUES {_format_readers(readers)}),
        record AS (
            SELECT DISTINCT s FROM {QUADS}
            WHERE p = {sql.literal(RDF_TYPE)} AND starts_with(s, {prefix}) AND NOT contains(s, '#')
        ),
        said AS (
            SELECT DISTINCT subject_of(q.s) AS s, col, {CELL_SQL} AS cell
            FROM {QUADS} q JOIN reading r ON q.p = r.p
            WHERE starts_with(q.s, {prefix}) AND substr(q.s, length(subject_of(q.s)) + 1) = fragment
                AND (lang IN ('', language(o))
                    OR (lang = '{OTHER_LANGUAGES}' AND language(o) NOT IN ('', 'fr', 'en'))
                    OR (lang[1] = '{OTHER_LANGUAGES}' AND lang[2:] <> '' AND language(o) <> ''))
        ){PLACED_SQL.format(prefix=prefix) if placed else ""}
        SELECT {columns} FROM record LEFT JOIN said USING (s)
        {"LEFT JOIN placed USING (s, col, cell)" if placed else ""} GROUP BY s
        """
    )
    return name


def create_empty_gathered(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Iterable[str]
) -> None:
    """Create the rows of a table where there are none: planning the query costs more."""
    lists = ", ".join(f"{sql.identifier(column)} VARCHAR[]" for column in columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({lists})")


def gathered_table_name(table: Table) -> str:
    """Return the name of the relation with the gathered rows of a table."""
    return f"told_{table.name}"


def define_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Define the macros that parse N-Triples terms, and the sort key of lists."""
    define_term_readers(connection)
    connection.execute(f"CREATE OR REPLACE TEMP MACRO {NATURAL_ORDER}")


def _format_column_sql(column: Column, table: Table, *, placed: bool) -> str:
    name = sql.identifier(column.name)
    if column.name == table.key_column:
        return f"[substr(s, {len(f'{ID}{table.kind}/') + 1})] AS {name}"
    # stated values precede inferred ones
    ranked = "coalesce(place, 0), " if placed else ""
    order = "cell <> 'stated', " if column.name == "assertion" else ranked
    return (
        f"coalesce(list(cell ORDER BY {order}cell) FILTER (col = {sql.literal(column.name)} "
        f"AND cell IS NOT NULL), []) AS {name}"
    )


def _format_readers(readers: Iterable[ColumnReader]) -> str:
    return ", ".join(
        f"({sql.literal(r.column)}, {sql.literal(r.predicate)}, {sql.literal(r.fragment)}, "
        f"{sql.literal(r.language)}, {sql.literal(r.marker)}, {str(r.strict).lower()})"
        for r in readers
    )


def _build_readers(table: Table) -> Iterator[ColumnReader]:
    for column in table.real:
        if column.predicate is None:
            continue
        before = (column.value or "").partition("{")[0] if column.value else ""
        own_source = "{_source}" in (column.value or "")
        if own_source:
            before = (column.value or "").split("}")[-2].partition("{")[0]
        yield ColumnReader(
            column.name,
            expand(column.predicate),
            (column.about or table.about).removeprefix(table.about),
            (OTHER_LANGUAGES if column.tagged else "") + (column.lang or ""),
            before,
            own_source,
        )
