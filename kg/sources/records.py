"""JSON, JSON Lines and GeoJSON as relations: one record a row, its members as columns.

The members of an object inside a record become columns with a dotted name (`address.city`);
whatever is deeper, and every list, stays JSON text.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import duckdb

from kg import sql
from kg.errors import SourceError
from kg.kinds import Text
from kg.namespaces import ID
from kg.sources import envelopes
from kg.sources.describe import Reading
from kg.sources.encoding import PlainText, plain_text
from kg.sources.headings import headings
from kg.sources.lines import numbered_lines
from kg.sources.nesting import hold_depth
from kg.sources.opened import Opened, Rows, no_malformed, no_rows, open_rows
from kg.sources.own_exports import NOT_OURS, returned
from kg.sources.unpack import first_bytes

LONGEST_RECORD: Final = 64 << 20
MOST_AT_ONCE: Final = 512 << 20
"""Bytes of a file that is one JSON object: it is parsed in one piece."""
GEOMETRY: Final = {
    "geometry_type": "$.geometry.type",
    "longitude": "$.geometry.coordinates[0]",
    "latitude": "$.geometry.coordinates[1]",
}


NO_HINT: Final = Text("", "")


@dataclass(frozen=True)
class Records:
    """The records of a file: a relation with `j` (JSON text) and `_row`, and what they are in."""

    relation: str
    told: str
    geographic: bool = False
    bindings: bool = False
    """Whether they are the rows of a SPARQL result, each value an object."""
    own: bool = False
    """Whether they are the columns of a list of ours."""
    hint: Text = NO_HINT
    """Lists of objects inside, none of which was taken for the records."""


def open_records(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, file: str, reading: Reading
) -> Opened:
    """A JSON file as a relation. Raises SourceError where it is not JSON or has no records."""
    hold_depth(path, file)
    text = plain_text(db, path, reading.encoding)
    malformed = no_malformed(db, name)
    records = _records(db, text, name, file, reading)
    kept = f"SELECT j, _row FROM ({records.relation}) WHERE {_is_record()}"
    _set_aside(db, malformed, records.relation)
    cells = dict(_cells(_structure(db, kept), records))
    own = records.own or _is_own(db, kept, cells)
    if own:
        cells = {name: place for name, place in cells.items() if name not in NOT_OURS}
    if not cells:
        other = db.execute(f"SELECT 1 FROM {sql.name(malformed)} LIMIT 1").fetchone()
        raise _no_records(file, records.hint) if other or records.hint.en else no_rows(file)
    named = headings(list(cells), 0)
    # every member is extracted in one parse of the record
    paths = ", ".join(sql.text(path) for path in cells.values())
    values = [f"v[{n}]" for n in range(1, len(cells) + 1)]
    if records.geographic:
        values[-2:] = [f"CASE WHEN v[{len(cells) - 2}] = 'Point' THEN {v} END" for v in values[-2:]]
    values = returned(dict(zip(cells, values, strict=True))) if own else values
    columns = ", ".join(f"nullif({value}, '') AS c{n}" for n, value in enumerate(values))
    rows = Rows(
        f"SELECT {columns}, _row FROM (SELECT json_extract_string(j, [{paths}]) AS v, _row "
        f"FROM ({kept}))",
        named,
        file,
        f"{text.told}, {records.told}",
    )
    opened = open_rows(db, name, rows, malformed)
    hints = (records.hint,) if records.hint.fr else ()
    return replace(opened, notes=(*opened.notes, *hints))


def _is_own(db: duckdb.DuckDBPyConnection, kept: str, cells: dict[str, str]) -> bool:
    """Whether records are those of an export of ours: the first has an address of ours."""
    if "id" not in cells:
        return False
    query = f"SELECT json_extract_string(j, {sql.text(cells['id'])}) FROM ({kept}) LIMIT 1"
    row = db.execute(query).fetchone()
    return bool(row and row[0] and row[0].startswith(ID))


def _records(
    db: duckdb.DuckDBPyConnection, text: PlainText, name: str, file: str, reading: Reading
) -> Records:
    path = text.path
    start = first_bytes(path).decode("utf-8-sig", "replace").lstrip()
    if start.startswith("["):
        return _below(Records(_checked(db, _listed(path), file), "JSON"), reading)
    if not start.startswith("{"):
        raise _not_json(file, "")
    if _is_lines(path):
        return _below(Records(_lines(db, text), "JSON Lines"), reading)
    return _inside(db, path, name, file, reading.records)


def _below(records: Records, reading: Reading) -> Records:
    """The records inside each object of a list, where the source says that they are."""
    if not reading.records:
        return records
    place = envelopes.parse(reading.records)
    valid = f"SELECT CAST(j AS JSON) AS j FROM ({records.relation}) WHERE json_valid(j)"
    inside = envelopes.unfolded(valid, place)
    listed = f"SELECT CAST(j AS VARCHAR) AS j, row_number() OVER () AS _row FROM ({inside})"
    return Records(listed, f"{records.told}, {envelopes.written(place)}")


def _listed(path: Path) -> str:
    return (
        f"SELECT CAST(json AS VARCHAR) AS j, row_number() OVER () AS _row FROM read_json_objects("
        f"{sql.text(str(path))}, format='array', maximum_object_size={LONGEST_RECORD}, "
        "compression='uncompressed')"
    )


def _lines(db: duckdb.DuckDBPyConnection, text: PlainText) -> str:
    return f"SELECT line AS j, n AS _row FROM ({numbered_lines(db, text)})"


def _is_lines(path: Path) -> bool:
    """Whether the first line is a whole object and something follows it."""
    with path.open("rb") as file:
        first = file.readline(LONGEST_RECORD)
        following = file.read(1 << 16)
    try:
        return isinstance(json.loads(first), dict) and bool(following.strip())
    except ValueError:
        return False


def _inside(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, file: str, stated: str | None
) -> Records:
    """The records of a file that is one object: in one of its members, or its members."""
    if path.stat().st_size > MOST_AT_ONCE:
        raise SourceError(
            f"{file} is one JSON object of more than {MOST_AT_ONCE >> 20} MB: "
            "give its records as JSON Lines",
            f"{file} est un seul objet JSON de plus de {MOST_AT_ONCE >> 20} Mo : "
            "donnez ses fiches en JSON Lines",
        )
    whole = f"records_{name}"
    try:
        db.execute(
            f"CREATE OR REPLACE TABLE {sql.name(whole)} AS SELECT json AS j FROM "
            f"read_json_objects({sql.text(str(path))}, format='unstructured', "
            f"maximum_object_size={path.stat().st_size + 1024}, compression='uncompressed')"
        )
    except duckdb.Error as error:
        raise _not_json(file, str(error)) from error
    structure = _structure(db, f"SELECT j FROM {sql.name(whole)}")
    place = envelopes.parse(stated) if stated else envelopes.place_of(structure)
    if place is None and envelopes.is_empty(structure):
        raise no_rows(file)
    if place is None:
        told = envelopes.hint(structure)
        return replace(_members(whole, structure), hint=told)
    relation = envelopes.unfolded(f"SELECT j FROM {sql.name(whole)}", place)
    listed = f"SELECT CAST(j AS VARCHAR) AS j, row_number() OVER () AS _row FROM ({relation})"
    shown = envelopes.written(place)
    if stated and not db.execute(f"SELECT 1 FROM ({listed}) WHERE {_is_record()}").fetchone():
        raise _no_records(file, envelopes.hint(structure), shown)
    return Records(
        listed,
        f"JSON, {shown}",
        geographic=_is_geojson(db, whole, shown),
        bindings=shown == envelopes.BINDINGS,
        own=shown == envelopes.OWN,
    )


def _is_geojson(db: duckdb.DuckDBPyConnection, whole: str, chosen: str) -> bool:
    row = db.execute(f"SELECT j->>'$.type' FROM {sql.name(whole)}").fetchone()
    return chosen == "features" and bool(row) and row == ("FeatureCollection",)


def _members(whole: str, structure: dict[str, Any]) -> Records:
    """The members of an object of objects, their names in a column `key`; else one record."""
    if structure and all(isinstance(each, dict) and each for each in structure.values()):
        relation = (
            "SELECT json_merge_patch(json_object('key', key), j->('$.\"' || key || '\"')) AS j, "
            "row_number() OVER () AS _row FROM "
            f"(SELECT j, unnest(json_keys(j)) AS key FROM {sql.name(whole)})"
        )
        return Records(f"SELECT CAST(j AS VARCHAR) AS j, _row FROM ({relation})", "JSON")
    return Records(f"SELECT CAST(j AS VARCHAR) AS j, 1 AS _row FROM {sql.name(whole)}", "JSON")


def _no_records(file: str, hint: Text, stated: str = "") -> SourceError:
    where, ou = (f" under {stated}", f" sous {stated}") if stated else ("", "")
    return SourceError(
        f"{file} has no records{where}: a list of objects is expected. {hint.en}".rstrip(),
        f"{file} n’a pas de fiches{ou} : une liste d’objets est attendue. {hint.fr}".rstrip(),
    )


def _checked(db: duckdb.DuckDBPyConnection, relation: str, file: str) -> str:
    try:
        db.execute(f"SELECT count(*), max(length(j)) FROM ({relation})").fetchall()
    except duckdb.Error as error:
        raise _not_json(file, str(error)) from error
    return relation


def _is_record() -> str:
    return "j IS NOT NULL AND json_valid(j) AND json_type(j) = 'OBJECT'"


def _set_aside(db: duckdb.DuckDBPyConnection, malformed: str, relation: str) -> None:
    db.execute(
        f"INSERT INTO {sql.name(malformed)} SELECT _row, left(j, 10000), "
        f"CASE WHEN json_valid(j) THEN 'not-a-record' ELSE 'not-json' END "
        f"FROM ({relation}) WHERE trim(j) <> '' AND NOT "
        "(CASE WHEN json_valid(j) THEN json_type(j) = 'OBJECT' ELSE false END)"
    )


def _structure(db: duckdb.DuckDBPyConnection, records: str) -> dict[str, Any]:
    row = db.execute(f"SELECT json_group_structure(CAST(j AS JSON)) FROM ({records})").fetchone()
    found = json.loads(row[0]) if row and row[0] else {}
    return found if isinstance(found, dict) else {}


def _cells(structure: dict[str, Any], records: Records) -> Iterator[tuple[str, str]]:
    """Each column with the path of its value."""
    if records.bindings:
        for name, inner in structure.items():
            if isinstance(inner, dict) and "value" in inner:
                yield name, f"${_pointer(name)}.value"
        return
    if not records.geographic:
        yield from _flat(structure, "$")
        return
    if "id" in structure:
        yield "id", "$.id"
    properties = structure.get("properties")
    yield from _flat(properties if isinstance(properties, dict) else {}, "$.properties")
    yield from GEOMETRY.items()


def _flat(structure: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for key, value in structure.items():
        inside = f"{path}{_pointer(key)}"
        if isinstance(value, dict) and value:
            yield from ((f"{key}.{inner}", inside + _pointer(inner)) for inner in value)
        else:
            yield key, inside


def _pointer(key: str) -> str:
    return '."' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _not_json(file: str, detail: str) -> SourceError:
    first = detail.splitlines()[0] if detail else ""
    return SourceError(
        f"{file} is not JSON that can be read{': ' + first if first else ''}",
        f"{file} n’est pas du JSON lisible{' : ' + first if first else ''}",
    )
