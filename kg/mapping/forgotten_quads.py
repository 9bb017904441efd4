"""Statements of a forgotten record: its own, those that are nothing without it, links to it.

One rule for what a build has just mapped and for the graph of a release that is kept.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import duckdb

from kg import sql
from kg.csvw_tables import TEMPLATE_SLOT, Column, Table, find_slots
from kg.namespaces import ID, expand
from kg.work_tables import QUADS

PERSONAL_COLUMNS: Final = frozenset({"subject", "person"})
"""Columns, beside those a line depends on, that name whom a line tells of: a contact of somebody is
theirs, whatever it is attached to."""
TIME_PREDICATES: Final = expand("time:inXSD")
OBJECT_ROOT_SQL: Final = "split_part(o[2:-2], '#', 1)"
LINE_MARK: Final = "#key="
"""In the address of a line of a register: the record that it is about follows."""


@dataclass(frozen=True)
class _Dependent:
    """How nodes of a table that hang on a record are found: what links them, and their parts."""

    pattern: str
    predicates: tuple[str, ...]
    suffixes: tuple[str, ...]


def list_owner_columns(table: Table) -> list[str]:
    """The columns that name a record without which a line of a table is not to be kept."""
    return [
        column.name
        for column in table.real
        if column.is_reference and (column.is_dependency or column.name in PERSONAL_COLUMNS)
    ]


def remove_record_quads(
    db: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], iris: Collection[str]
) -> int:
    """Removes the quads of some records, with what hangs on them and links to them; how many.

    Makes `forgotten_node` (iri): the records and the nodes of others that hang on them.
    """
    before = sql.select_number(db, f"SELECT count(*) FROM {QUADS}")
    db.execute(
        "CREATE OR REPLACE TEMP TABLE forgotten_node AS SELECT unnest(?::VARCHAR[]) AS iri",
        [list(iris)],
    )
    for one in _iter_dependents(tables):
        predicates = ", ".join(map(sql.literal, one.predicates))
        suffixes = ", ".join(map(sql.literal, one.suffixes))
        db.execute(
            f"""INSERT INTO forgotten_node SELECT DISTINCT node || unnest([{suffixes}]) FROM (
            SELECT CASE WHEN s IN (FROM forgotten_node) THEN o[2:-2] ELSE s END AS node
            FROM {QUADS} WHERE p IN ({predicates}) AND o[1] = '<'
            AND (s IN (FROM forgotten_node) OR o[2:-2] IN (FROM forgotten_node)))
            WHERE regexp_full_match(node, {sql.literal(one.pattern)})
            AND node NOT IN (FROM forgotten_node)"""
        )
    nodes = "(FROM forgotten_node)"
    db.execute(
        f"DELETE FROM {QUADS} WHERE s IN {nodes} OR split_part(s, '#', 1) IN {nodes} "
        f"OR (o[1] = '<' AND (o[2:-2] IN {nodes} OR {OBJECT_ROOT_SQL} IN {nodes} "
        f"OR (contains(o, '{LINE_MARK}') AND {_build_line_root_sql('o[2:-2]')} IN {nodes}))) "
        f"OR (contains(s, '{LINE_MARK}') AND {_build_line_root_sql('s')} IN {nodes})"
    )
    return before - sql.select_number(db, f"SELECT count(*) FROM {QUADS}")


def _build_line_root_sql(iri: str) -> str:
    """The record that a line is about, from the address of the line."""
    return (
        f"{sql.literal(ID)} || split_part(split_part({iri}, {sql.literal(LINE_MARK)}, 2), '%23', 1)"
    )


def _iter_dependents(tables: Mapping[str, Table]) -> Iterator[_Dependent]:
    for table in tables.values():
        owners = list_owner_columns(table)
        if table.kind is not None or not owners:
            continue
        links = [c for c in table.columns if c.predicate and _names(c, owners)]
        predicates = tuple(
            sorted({expand(c.predicate) for c in links if c.predicate and "{" not in c.predicate})
        )
        suffixes = {
            (column.about or table.about).removeprefix(table.about)
            for column in table.columns
            if (column.about or table.about).startswith(table.about)
        }
        if predicates:
            yield _Dependent(_build_pattern(table.about), predicates, tuple(sorted(suffixes)))


def _names(column: Column, owners: Collection[str]) -> bool:
    slots = {*find_slots(column.value or ""), *find_slots(column.about or "")}
    return bool(slots & set(owners))


def _build_pattern(template: str) -> str:
    """The regular expression of what a template gives."""
    parts = TEMPLATE_SLOT.split(template)[::3]
    return "[^#]*".join(map(re.escape, parts[:-1])) + "[^#]*" + re.escape(parts[-1])


def remove_field_quads(
    db: duckdb.DuckDBPyConnection, table: Table, iri: str, column_name: str
) -> int:
    """Removes what a column of a kind's table says of a record; how many quads."""
    before = sql.select_number(db, f"SELECT count(*) FROM {QUADS}")
    for column in list_field_columns(table, column_name):
        subject = iri + (column.about or table.about).removeprefix(table.about)
        if column.temporal == "instant":
            where = f"starts_with(p, {sql.literal(TIME_PREDICATES)})"
        else:
            where = f"p = {sql.literal(expand(column.predicate or ''))}"
        if column.lang and not column.tagged:
            where += f" AND ends_with(o, {sql.literal('@' + column.lang)})"
        elif column.tagged and not column.lang:  # the others have columns of their own
            where += " AND NOT regexp_matches(o, '\"(@(fr|en))?$')"
        db.execute(f"DELETE FROM {QUADS} WHERE s = {sql.literal(subject)} AND {where}")
    _remove_field_discrepancies(db, iri, column_name)
    return before - sql.select_number(db, f"SELECT count(*) FROM {QUADS}")


def _remove_field_discrepancies(db: duckdb.DuckDBPyConnection, iri: str, column_name: str) -> None:
    """Removes the node that says on what sources differ there, and its values."""
    node = f"{iri}#discrepancy-{column_name.replace('_', '-')}"
    pattern = sql.literal(re.escape(node) + r"(-\d+)?")
    db.execute(
        f"DELETE FROM {QUADS} WHERE regexp_full_match(s, {pattern}) "
        f"OR (o[1] = '<' AND regexp_full_match(o[2:-2], {pattern}))"
    )


def list_field_columns(table: Table, name: str) -> list[Column]:
    """A column, and those that are nothing without it."""
    return [
        column
        for column in table.columns
        if column.predicate or column.temporal == "instant"
        if column.name == name
        or name in find_slots(column.value or "")
        or name in find_slots(column.about or "")
        or tuple(column.when) == (name,)
    ]
