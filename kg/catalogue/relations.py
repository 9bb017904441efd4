"""The canonical tables that describe no record of their own, read back from the quads.

Memberships, authorships, identifiers, facts read…: a row is a node of the class that the table
gives its lines, whatever its address, so that sources in RDF have rows too. What the table says of
another node (the event that has a participation, the beginning of an interval) is followed by the
links that its description gives.
"""

from collections.abc import Iterator
from typing import Final

import duckdb

from kg import sql
from kg.catalogue.pivot import RDF_TYPE, define, told
from kg.namespaces import ID, PREFIXES, SCHEME, expand
from kg.tables import Column, Table

INSTANTS: Final = tuple(
    expand(name)
    for name in (
        "time:inXSDgYear", "time:inXSDgYearMonth", "time:inXSDDate", "time:inXSDDateTimeStamp",
        "ess:edtf",
    )
)  # fmt: skip
"""Properties that give the date of an instant (`ess:temporal` in a table)."""


def gather(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Makes the table's rows as lists of values, with `record` and `sources`; the relation's name.

    `record` is the address of a row's node below that of all records, `sources` who states it.
    """
    define(connection)
    name = told(table)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE node AS
        SELECT s, list(DISTINCT source ORDER BY source) AS sources FROM quads
        WHERE p = {sql.text(RDF_TYPE)} AND o = {sql.text(f"<{_class(table)}>")} GROUP BY s;
        CREATE OR REPLACE TEMP TABLE {name} AS
        WITH said(s, col, cell) AS ({" UNION ".join(_said(table))})
        SELECT {", ".join(_cell(column, table) for column in table.real)},
            [replace(s, {sql.text(ID)}, '')] AS record, sources
        FROM node LEFT JOIN said USING (s) GROUP BY s, sources
        """
    )
    return name


def _class(table: Table) -> str:
    types = (c.value for c in table.columns if c.predicate == "rdf:type" and c.about is None)
    return expand(next(value for value in types if value))


def _said(table: Table) -> Iterator[str]:
    """The SELECTs of (node, column, cell)."""
    for column in table.real:
        if column.temporal == "instant":
            yield _instant(table, column)
        elif column.predicate is None:
            yield from _inverse(table, column)
        elif column.name == "object":
            yield _direct(column, "o", f"starts_with(o, {sql.text(f'<{ID}')})")
            yield _value(column)
        else:
            spoken = f"language(o) = {sql.text(column.lang)}" if column.lang else "true"
            yield _direct(column, "o", spoken)


def _direct(column: Column, value: str, condition: str) -> str:
    predicate = sql.text(expand(column.predicate or ""))
    return (
        f"SELECT s, {sql.text(column.name)}, {_read(column, value)} FROM quads SEMI JOIN node "
        f"USING (s) WHERE p = {predicate} AND {condition}"
    )


def _value(column: Column) -> str:
    """The object of a fact where it is no record: a text, a date, a code with its scheme."""
    predicate = sql.text(expand(column.predicate or ""))
    return (
        f"SELECT s, 'value', replace(lexical(o), {sql.text(SCHEME)}, '') FROM quads "
        f"SEMI JOIN node USING (s) WHERE p = {predicate} AND NOT starts_with(o, "
        f"{sql.text(f'<{ID}')})"
    )


def _inverse(table: Table, column: Column) -> Iterator[str]:
    """What leads to the node: `event` of a participation."""
    for link in table.columns:
        if link.virtual and link.value == table.about and link.about == column.value:
            predicate = sql.text(expand(link.predicate or ""))
            cell = _read(column, "('<' || q.s || '>')")
            yield (
                f"SELECT node.s, {sql.text(column.name)}, {cell} "
                f"FROM quads q JOIN node ON q.o = '<' || node.s || '>' WHERE q.p = {predicate}"
            )


def _instant(table: Table, column: Column) -> str:
    """The date of the beginning or end of the interval that the node leads to."""
    by_value = {c.value: c for c in table.columns if c.virtual and c.predicate != "rdf:type"}
    last = by_value[column.about]
    first = by_value[last.about]
    instants = ", ".join(map(sql.text, INSTANTS))
    return (
        f"SELECT node.s, {sql.text(column.name)}, lexical(dated.o) FROM node "
        f"JOIN quads during ON during.s = node.s AND during.p = "
        f"{sql.text(expand(first.predicate or ''))} "
        f"JOIN quads bound ON bound.s = during.o[2:-2] AND bound.p = "
        f"{sql.text(expand(last.predicate or ''))} "
        f"JOIN quads dated ON dated.s = bound.o[2:-2] AND dated.p IN ({instants})"
    )


def _read(column: Column, value: str) -> str:
    """A value as a cell of a column."""
    if column.curie:
        short = " ".join(
            f"WHEN starts_with({value}, {sql.text(f'<{iri}')}) "
            f"THEN {sql.text(f'{prefix}:')} || {value}[{len(iri) + 2}:-2]"
            for prefix, iri in PREFIXES.items()
        )
        return f"CASE {short} ELSE lexical({value}) END"
    marker = (column.value or "").partition("{")[0]
    own_source = "{_source}" in (column.value or "")
    if own_source:
        marker = (column.value or "").split("}")[-2].partition("{")[0]
    if not marker:
        return f"lexical({value})"
    place, otherwise = f"strpos({value}, {sql.text(marker)})", f"lexical({value})"
    return (
        f"CASE WHEN {place} > 0 THEN {value}[{place} + {len(marker)}:-2] "
        f"ELSE {'NULL' if own_source else otherwise} END"
    )


def _cell(column: Column, table: Table) -> str:
    name = sql.name(column.name)
    if column.name == "id":
        return f"[{_key(table)}] AS {name}"
    return (
        f"coalesce(list(DISTINCT cell ORDER BY cell) FILTER (col = {sql.text(column.name)} "
        f"AND cell IS NOT NULL AND cell <> ''), []) AS {name}"
    )


def _key(table: Table) -> str:
    """A key that is the line's alone among those of all sources: `inocrea-54`."""
    page, _, fragment = table.about.partition("#")
    before = sql.text("#" + fragment.partition("{")[0])
    after = f"s[strpos(s, {before}) + length({before}):]"
    own = "sources[1] || '-' || " if "{_source}" in page else ""
    whole = f"regexp_replace(replace(s, {sql.text(ID)}, ''), '[^A-Za-z0-9_-]+', '-', 'g')"
    return f"CASE WHEN strpos(s, {before}) > 0 THEN {own}{after} ELSE {whole} END"
