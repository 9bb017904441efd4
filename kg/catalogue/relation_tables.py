"""Pivot of quads into the tables of relations: memberships, authorships, identifiers.

A row is a node of the table's class, whatever its IRI, so that RDF sources have rows as well.
Columns about another node (the event of a participation, the beginning of an interval) are reached
through the links in the table description.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import duckdb

from kg import sql
from kg.catalogue.pivot import create_empty_gathered, define_macros, gathered_table_name
from kg.csvw_tables import Column, Table
from kg.namespaces import ID, PREFIXES, RDF_TYPE, SCHEME, expand
from kg.work_tables import QUADS

INSTANT_PROPERTIES: Final = tuple(
    expand(name)
    for name in (
        "time:inXSDgYear", "time:inXSDgYearMonth", "time:inXSDDate", "time:inXSDDateTimeStamp",
        "ess:edtf",
    )
)  # fmt: skip
"""Date properties of an instant (`ess:temporal` in a table)."""


def stage_relations(connection: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> None:
    """Create `row_node` (class, s, sources) and `spoken` (s, p, o), the input of `gather_rows`.

    Two passes over the quads serve all tables.
    """
    define_macros(connection)
    classes = ", ".join(sql.literal(f"<{_find_class(table)}>") for table in tables) or "NULL"
    own = set[str]().union(*(_list_own_properties(table) for table in tables))
    leading = set[str]().union(*(_list_leading_properties(table) for table in tables))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE row_node AS
        SELECT o AS class, s, list(DISTINCT source ORDER BY source) AS sources FROM {QUADS}
        WHERE p = {sql.literal(RDF_TYPE)} AND o IN ({classes}) GROUP BY o, s;
        CREATE OR REPLACE TEMP TABLE spoken AS SELECT s, p, o FROM {QUADS}
        WHERE p IN ({_format_list(leading)})
        OR (p IN ({_format_list(own)}) AND s IN (SELECT s FROM row_node))
        """
    )


def find_touched(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[Table], touched: str
) -> list[Table]:
    """The tables whose rows may differ from those of before `touched` (s, p, o) came and went."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE touched_node AS SELECT DISTINCT s, o AS class FROM {QUADS} "
        f"WHERE p = {sql.literal(RDF_TYPE)} AND s IN (SELECT s FROM {touched})"
    )
    return [table for table in tables if _is_touched(connection, table, touched)]


def _is_touched(connection: duckdb.DuckDBPyConnection, table: Table, touched: str) -> bool:
    of_class = sql.literal(f"<{_find_class(table)}>")
    query = (
        f"SELECT 1 FROM {touched} WHERE p IN ({_format_list(_list_leading_properties(table))}) "
        f"OR (p = {sql.literal(RDF_TYPE)} AND o = {of_class}) "
        f"OR (p IN ({_format_list(_list_own_properties(table))}) "
        f"AND s IN (SELECT s FROM touched_node WHERE class = {of_class})) LIMIT 1"
    )
    return connection.execute(query).fetchone() is not None


def gather_rows(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Create the rows of a table as lists of values, with `record` and `sources`; return its name.

    `record` is the IRI of a node without the common prefix, `sources` those that state it. Requires
    `stage_relations`.
    """
    name = gathered_table_name(table)
    exists_query = "SELECT 1 FROM row_node WHERE class = ? LIMIT 1"
    if connection.execute(exists_query, [f"<{_find_class(table)}>"]).fetchone() is None:
        columns = [*(column.name for column in table.real), "record", "sources"]
        create_empty_gathered(connection, name, columns)
        return name
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE node AS SELECT s, sources FROM row_node
        WHERE class = {sql.literal(f"<{_find_class(table)}>")};
        CREATE OR REPLACE TEMP TABLE mine AS SELECT s, p, o FROM spoken
        WHERE p IN ({_format_list(_list_leading_properties(table))}) OR s IN (SELECT s FROM node);
        CREATE OR REPLACE TEMP TABLE {name} AS
        WITH said(s, col, cell) AS ({" UNION ".join(_build_cell_queries(table))})
        SELECT {", ".join(_format_column_sql(column, table) for column in table.real)},
            [replace(s, {sql.literal(ID)}, '')] AS record, any_value(sources) AS sources
        FROM node LEFT JOIN said USING (s) GROUP BY s
        """
    )
    return name


def drop_staged(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the staged tables and the leftovers of `gather_rows`."""
    for name in ("row_node", "spoken", "node", "mine"):
        connection.execute(f"DROP TABLE IF EXISTS {name}")


def _format_list(predicates: Iterable[str]) -> str:
    return ", ".join(map(sql.literal, sorted(predicates))) or "NULL"


def _list_own_properties(table: Table) -> set[str]:
    """Return the properties of row nodes that columns are read from."""
    return {expand(c.predicate) for c in table.columns if c.predicate} - {RDF_TYPE}


def _list_leading_properties(table: Table) -> set[str]:
    """Return the properties of other nodes: those linking to row nodes, and those of intervals."""
    properties = {
        expand(link.predicate or "")
        for column in table.real
        if column.predicate is None
        for link in _find_links(table, column)
    }
    for first, last in (
        _find_interval_columns(table, c) for c in table.real if c.temporal == "instant"
    ):
        properties |= {
            expand(first.predicate or ""),
            expand(last.predicate or ""),
            *INSTANT_PROPERTIES,
        }
    return properties


def _find_class(table: Table) -> str:
    types = (c.value for c in table.columns if c.predicate == "rdf:type" and c.about is None)
    return expand(next(value for value in types if value))


def _build_cell_queries(table: Table) -> Iterator[str]:
    """Yield the SELECTs of (node, column, cell)."""
    for column in table.real:
        if column.temporal == "instant":
            yield _build_instant_query(table, column)
        elif column.predicate is None:
            yield from _build_inverse_queries(table, column)
        elif column.name == "object":
            yield _build_direct_query(column, "o", f"starts_with(o, {sql.literal(f'<{ID}')})")
            yield _build_value_query(column)
        else:
            spoken = f"language(o) = {sql.literal(column.lang)}" if column.lang else "true"
            yield _build_direct_query(column, "o", spoken)


def _build_direct_query(column: Column, value: str, condition: str) -> str:
    predicate = sql.literal(expand(column.predicate or ""))
    return (
        f"SELECT s, {sql.literal(column.name)}, {_format_value_sql(column, value)} FROM mine SEMI "
        "JOIN node "
        f"USING (s) WHERE p = {predicate} AND {condition}"
    )


def _build_value_query(column: Column) -> str:
    """Return the SELECT of fact objects that are not records: texts, dates, codes with schemes."""
    predicate = sql.literal(expand(column.predicate or ""))
    return (
        f"SELECT s, 'value', replace(lexical(o), {sql.literal(SCHEME)}, '') FROM mine "
        f"SEMI JOIN node USING (s) WHERE p = {predicate} AND NOT starts_with(o, "
        f"{sql.literal(f'<{ID}')})"
    )


def _build_inverse_queries(table: Table, column: Column) -> Iterator[str]:
    """Yield the SELECTs of the subjects that link to the node, such as the `event`."""
    for link in _find_links(table, column):
        predicate = sql.literal(expand(link.predicate or ""))
        cell = _format_value_sql(column, "('<' || q.s || '>')")
        yield (
            f"SELECT node.s, {sql.literal(column.name)}, {cell} "
            f"FROM mine q JOIN node ON q.o = '<' || node.s || '>' WHERE q.p = {predicate}"
        )


def _find_links(table: Table, column: Column) -> list[Column]:
    """Return the columns that link another column's node to the row node."""
    return [
        link
        for link in table.columns
        if link.virtual and link.value == table.about and link.about == column.value
    ]


def _build_instant_query(table: Table, column: Column) -> str:
    """Return the SELECT of the first or last date of the node's interval."""
    first, last = _find_interval_columns(table, column)
    instants = ", ".join(map(sql.literal, INSTANT_PROPERTIES))
    return (
        f"SELECT node.s, {sql.literal(column.name)}, lexical(dated.o) FROM node "
        f"JOIN mine during ON during.s = node.s AND during.p = "
        f"{sql.literal(expand(first.predicate or ''))} "
        f"JOIN mine bound ON bound.s = during.o[2:-2] AND bound.p = "
        f"{sql.literal(expand(last.predicate or ''))} "
        f"JOIN mine dated ON dated.s = bound.o[2:-2] AND dated.p IN ({instants})"
    )


def _find_interval_columns(table: Table, column: Column) -> tuple[Column, Column]:
    """Return the columns from the node to its interval, and from there to an instant."""
    by_value = {c.value: c for c in table.columns if c.virtual and c.predicate != "rdf:type"}
    last = by_value[column.about]
    return by_value[last.about], last


def _format_value_sql(column: Column, value: str) -> str:
    """Return the SQL of a value as a cell of a column."""
    if column.curie:
        short = " ".join(
            f"WHEN starts_with({value}, {sql.literal(f'<{iri}')}) "
            f"THEN {sql.literal(f'{prefix}:')} || {value}[{len(iri) + 2}:-2]"
            for prefix, iri in PREFIXES.items()
        )
        return f"CASE {short} ELSE lexical({value}) END"
    marker = (column.value or "").partition("{")[0]
    own_source = "{_source}" in (column.value or "")
    if own_source:
        marker = (column.value or "").split("}")[-2].partition("{")[0]
    if not marker:
        return f"lexical({value})"
    place, otherwise = f"strpos({value}, {sql.literal(marker)})", f"lexical({value})"
    return (
        f"CASE WHEN {place} > 0 THEN {value}[{place} + {len(marker)}:-2] "
        f"ELSE {'NULL' if own_source else otherwise} END"
    )


def _format_column_sql(column: Column, table: Table) -> str:
    name = sql.identifier(column.name)
    if column.name == "id":
        return f"[{_format_key_sql(table)}] AS {name}"
    return (
        f"coalesce(list(cell ORDER BY cell) FILTER (col = {sql.literal(column.name)} "
        f"AND cell IS NOT NULL AND cell <> ''), []) AS {name}"
    )


def _format_key_sql(table: Table) -> str:
    """Return the SQL of the key of a row, unique across sources: `inocrea-54`."""
    page, _, fragment = table.about.partition("#")
    before = sql.literal("#" + fragment.partition("{")[0])
    after = f"s[strpos(s, {before}) + length({before}):]"
    own = "any_value(sources)[1] || '-' || " if "{_source}" in page else ""
    whole = f"regexp_replace(replace(s, {sql.literal(ID)}, ''), '[^A-Za-z0-9_-]+', '-', 'g')"
    return f"CASE WHEN strpos(s, {before}) > 0 THEN {own}{after} ELSE {whole} END"
