"""JSON rows that are arrays: values in an order that a heading row, or a list beside them, names.

So `[["code", "nom"], ["59350", "Lille"]]`, and `{"columns": ["code", "nom"], "rows": [["59350",
"Lille"]]}`. A name may be a list itself, that of the values of an inner array: GoGoCarto's compact
form has `"mapping": ["id", ["name"], "latitude", "longitude"]`.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import duckdb

from kg import sql

NAME_LISTS: Final = ("columns", "fields", "headers", "header", "headings", "names", "mapping")
"""Members that have the names of the values, in lower case."""
GOGOCARTO_COMPACT: Final = "gogocompact"
GOGOCARTO_CATEGORIES: Final = 4
"""Position of the categories, which the `mapping` of GoGoCarto leaves out."""
ColumnNames = list[Any]
"""Names of the values of a row; a list where a value is an array of several."""


def find_array_rows(
    db: duckdb.DuckDBPyConnection, whole: str, structure: Mapping[str, Any]
) -> tuple[str, ColumnNames] | None:
    """Return the member of the object in a table that has rows which are arrays, with their names.

    None where there is no such member, or several, or nothing names their values.
    """
    members = [name for name, inner in structure.items() if _is_list_of_lists(inner)]
    beside = next((name for name in structure if name.lower() in NAME_LISTS), None)
    if len(members) != 1 or beside is None:
        return None
    query = f"SELECT j->{_build_pointer(beside)}, j->>'$.ontology' FROM {sql.identifier(whole)}"
    stated, ontology = db.execute(query).fetchone() or (None, None)
    names = _parse_names(json.loads(stated) if stated else None)
    if names is None:
        return None
    if ontology == GOGOCARTO_COMPACT and "categories" not in names:
        names.insert(GOGOCARTO_CATEGORIES, "categories")
    return members[0], names


def find_heading_row(db: duckdb.DuckDBPyConnection, relation: str) -> ColumnNames | None:
    """Return the first row of a list where it names the values of the others; else None."""
    first = db.execute(f"SELECT j FROM ({relation}) ORDER BY _row LIMIT 2").fetchall()
    rows = [json.loads(row) for (row,) in first]
    if len(rows) < 2 or not all(isinstance(row, list) for row in rows):
        return None
    heading = rows[0]
    is_heading = all(isinstance(name, str) and name.strip() for name in heading)
    return heading if is_heading and len({*heading}) == len(heading) else None


def build_objects_sql(
    db: duckdb.DuckDBPyConnection, relation: str, names: ColumnNames, first_row: int = 1
) -> str:
    """Return the SELECT of (j, _row) in which arrays are objects; what is no array stays as it is.

    A value beyond those that are named has its position for a name: `column_5`.
    """
    longest = _count_most(db, f"SELECT j FROM ({relation})")
    members: list[tuple[str, str]] = []
    for position in range(max(longest, len(names))):
        name = names[position] if position < len(names) else f"column_{position + 1}"
        value = f"j->{position}"
        if isinstance(name, list):
            inner = _count_most(db, f"SELECT {value} AS j FROM ({relation})")
            members.extend(_name_inner_values(name, value, inner, position))
        else:
            members.append((name, value))
    pairs = ", ".join(f"{sql.literal(name)}, {value}" for name, value in members)
    return (
        f"SELECT CASE json_type(j) WHEN 'ARRAY' THEN json_object({pairs}) ELSE j END AS j, "
        f"_row FROM (SELECT CAST(j AS JSON) AS j, _row FROM ({relation})) "
        f"WHERE _row >= {first_row}"
    )


def _name_inner_values(
    names: list[str], value: str, longest: int, position: int
) -> Iterator[tuple[str, str]]:
    for n in range(max(longest, len(names))):
        name = names[n] if n < len(names) else f"column_{position + 1}_{n + 1}"
        inside = f"WHEN 'ARRAY' THEN {value}->{n}"
        # a single value may stand without a list around it
        alone = f"ELSE {value}" if n == 0 else ""
        yield name, f"CASE json_type({value}) {inside} {alone} END"


def _count_most(db: duckdb.DuckDBPyConnection, relation: str) -> int:
    query = f"SELECT max(json_array_length(CAST(j AS JSON))) FROM ({relation})"
    (most,) = db.execute(query).fetchone() or (None,)
    return most or 0


def _parse_names(stated: Any) -> ColumnNames | None:
    if not isinstance(stated, list) or not stated:
        return None
    names = [_parse_name(each) for each in stated]
    return names if all(name is not None for name in names) else None


def _parse_name(stated: Any) -> Any:
    """Parse the name of a value: a text, an object that has it, or a list of them."""
    if isinstance(stated, dict):
        stated = stated.get("name") or stated.get("id")
    if isinstance(stated, list):
        inner = [_parse_name(each) for each in stated]
        return inner if all(isinstance(name, str) for name in inner) else None
    return stated if isinstance(stated, str) and stated else None


def _is_list_of_lists(inner: Any) -> bool:
    return isinstance(inner, list) and bool(inner) and isinstance(inner[0], list)


def _build_pointer(name: str) -> str:
    return sql.literal('$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"')
