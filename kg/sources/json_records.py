"""JSON, JSON Lines and GeoJSON reader: one row per record, one column per member.

Members of nested objects become columns with dotted names (`address.city`); deeper objects, and all
lists, remain JSON text.
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
from kg.sources import json_arrays, json_envelopes
from kg.sources.decompress import read_first_bytes
from kg.sources.encoding import PlainText, open_as_utf8
from kg.sources.header_row import make_headings
from kg.sources.json_nesting import check_nesting_depth
from kg.sources.opened_table import (
    OpenedTable,
    TableRows,
    create_malformed_table,
    no_rows,
    open_rows,
)
from kg.sources.own_exports import build_canonical_cells_sql
from kg.sources.source_description import ReadOptions
from kg.sources.text_lines import build_numbered_lines_sql

MAX_RECORD_BYTES: Final = 64 << 20
MAX_JSON_OBJECT_BYTES: Final = 512 << 20
"""Size limit of a file that is one JSON object, which cannot be streamed."""
GEOMETRY_PATHS: Final = {
    "geometry_type": "$.geometry.type",
    "longitude": "$.geometry.coordinates[0]",
    "latitude": "$.geometry.coordinates[1]",
}


NO_HINT: Final = Text("", "")


@dataclass(frozen=True)
class JsonRecords:
    """Relation (j, _row) of the records of a file as JSON text, with their envelope."""

    relation: str
    format_description: str
    is_geojson: bool = False
    is_sparql_result: bool = False
    """True for the bindings of a SPARQL result, in which each value is an object."""
    is_own_export: bool = False
    """True for the columns of one of our own lists."""
    hint: Text = NO_HINT
    """Hint about nested lists of objects that were not taken for the records."""


def open_json(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, file: str, reading: ReadOptions
) -> OpenedTable:
    """Open a JSON file as a relation. Raises SourceError where it is not JSON or has no records."""
    check_nesting_depth(path, file)
    text = open_as_utf8(db, path, reading.encoding)
    malformed = create_malformed_table(db, name)
    records = _find_records(db, text, name, file, reading)
    records_sql = f"SELECT j, _row FROM ({records.relation}) WHERE {_build_is_record_sql()}"
    _reject_malformed(db, malformed, records.relation)
    cells = dict(_iter_column_paths(_infer_structure(db, records_sql), records))
    own = records.is_own_export or _is_own_export(db, records_sql, cells)
    # one call extracts all members, so that DuckDB parses each record once
    paths = ", ".join(sql.literal(path) for path in cells.values())
    values = {name: f"v[{n}]" for n, name in enumerate(cells, 1)}
    if records.is_geojson:
        is_point = f"{values['geometry_type']} = 'Point'"
        for name in ("longitude", "latitude"):
            values[name] = f"CASE WHEN {is_point} THEN {values[name]} END"
    if own:
        values = build_canonical_cells_sql(values)
    if not values:
        other = db.execute(f"SELECT 1 FROM {sql.identifier(malformed)} LIMIT 1").fetchone()
        raise (
            _make_no_records_error(file, records.hint)
            if other or records.hint.en
            else no_rows(file)
        )
    headings = make_headings(list(values), 0)
    columns = ", ".join(f"nullif({value}, '') AS c{n}" for n, value in enumerate(values.values()))
    rows = TableRows(
        f"SELECT {columns}, _row FROM (SELECT json_extract_string(j, [{paths}]) AS v, _row "
        f"FROM ({records_sql}))",
        headings,
        file,
        f"{text.encoding_name}, {records.format_description}",
    )
    opened = open_rows(db, name, rows, malformed)
    hints = (records.hint,) if records.hint.fr else ()
    return replace(opened, notes=(*opened.notes, *hints))


def _is_own_export(db: duckdb.DuckDBPyConnection, records_sql: str, cells: dict[str, str]) -> bool:
    """Detect our own exports by the address of their first record."""
    if "id" not in cells:
        return False
    query = (
        f"SELECT json_extract_string(j, {sql.literal(cells['id'])}) FROM ({records_sql}) LIMIT 1"
    )
    row = db.execute(query).fetchone()
    return bool(row and row[0] and row[0].startswith(ID))


def _find_records(
    db: duckdb.DuckDBPyConnection, text: PlainText, name: str, file: str, reading: ReadOptions
) -> JsonRecords:
    path = text.path
    start = read_first_bytes(path).decode("utf-8-sig", "replace").lstrip()
    if start.startswith("["):
        listed = _require_parsable(db, _build_array_sql(path), file)
        heading = None if reading.records else json_arrays.find_heading_row(db, listed)
        if heading:
            objects = json_arrays.build_objects_sql(db, listed, heading, first_row=2)
            return JsonRecords(_as_text(objects), "JSON")
        return _descend_to_records(JsonRecords(listed, "JSON"), reading)
    if not start.startswith("{"):
        raise _make_not_json_error(file, "")
    if _is_json_lines(path):
        return _descend_to_records(JsonRecords(_build_lines_sql(db, text), "JSON Lines"), reading)
    return _find_records_in_object(db, path, name, file, reading.records)


def _descend_to_records(records: JsonRecords, reading: ReadOptions) -> JsonRecords:
    """Follow the path to records inside each object of a list, where the source states one."""
    if not reading.records:
        return records
    place = json_envelopes.parse_path(reading.records)
    valid = f"SELECT CAST(j AS JSON) AS j FROM ({records.relation}) WHERE json_valid(j)"
    inside = json_envelopes.build_unnest_sql(valid, place)
    listed = _as_text(f"SELECT j, row_number() OVER () AS _row FROM ({inside})")
    return JsonRecords(listed, f"{records.format_description}, {json_envelopes.format_path(place)}")


def _build_array_sql(path: Path) -> str:
    return (
        f"SELECT CAST(json AS VARCHAR) AS j, row_number() OVER () AS _row FROM read_json_objects("
        f"{sql.literal(str(path))}, format='array', maximum_object_size={MAX_RECORD_BYTES}, "
        "compression='uncompressed')"
    )


def _build_lines_sql(db: duckdb.DuckDBPyConnection, text: PlainText) -> str:
    return f"SELECT line AS j, n AS _row FROM ({build_numbered_lines_sql(db, text)})"


def _is_json_lines(path: Path) -> bool:
    """Detect JSON Lines: the first line is a complete object, and more lines follow."""
    with path.open("rb") as file:
        first = file.readline(MAX_RECORD_BYTES)
        following = file.read(1 << 16)
    try:
        return isinstance(json.loads(first), dict) and bool(following.strip())
    except ValueError:
        return False


def _find_records_in_object(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, file: str, stated: str | None
) -> JsonRecords:
    """Locate the records of a file that is one object: a list in it, or its members."""
    if path.stat().st_size > MAX_JSON_OBJECT_BYTES:
        raise SourceError(
            f"{file} is one JSON object of more than {MAX_JSON_OBJECT_BYTES >> 20} MB: "
            "give its records as JSON Lines",
            f"{file} est un seul objet JSON de plus de {MAX_JSON_OBJECT_BYTES >> 20} Mo : "
            "donnez ses fiches en JSON Lines",
        )
    whole = f"records_{name}"
    try:
        db.execute(
            f"CREATE OR REPLACE TABLE {sql.identifier(whole)} AS SELECT json AS j FROM "
            f"read_json_objects({sql.literal(str(path))}, format='unstructured', "
            f"maximum_object_size={path.stat().st_size + 1024}, compression='uncompressed')"
        )
    except duckdb.Error as error:
        raise _make_not_json_error(file, str(error)) from error
    structure = _infer_structure(db, f"SELECT j FROM {sql.identifier(whole)}")
    if not stated and (named := json_arrays.find_array_rows(db, whole, structure)):
        return _read_array_rows(db, whole, *named)
    place = (
        json_envelopes.parse_path(stated) if stated else json_envelopes.find_records_path(structure)
    )
    if place is None and json_envelopes.is_empty(structure):
        raise no_rows(file)
    hint = NO_HINT
    if place is None:
        # the whole file: an object of objects, or one record
        place, hint = (), json_envelopes.describe_lists(structure)
        is_keyed = json_envelopes.is_object_of_objects(structure, place)
    else:
        is_keyed = bool(place) and json_envelopes.is_object_of_objects(structure, place)
    relation = json_envelopes.build_unnest_sql(
        f"SELECT j FROM {sql.identifier(whole)}", place, is_keyed
    )
    listed = _as_text(f"SELECT j, row_number() OVER () AS _row FROM ({relation})")
    records_path = json_envelopes.format_path(place)
    if (
        stated
        and not db.execute(f"SELECT 1 FROM ({listed}) WHERE {_build_is_record_sql()}").fetchone()
    ):
        raise _make_no_records_error(file, json_envelopes.describe_lists(structure), records_path)
    return JsonRecords(
        listed,
        f"JSON, {records_path}" if records_path else "JSON",
        is_geojson=_is_geojson(db, whole, records_path),
        is_sparql_result=records_path == json_envelopes.SPARQL_BINDINGS_PATH,
        is_own_export=records_path == json_envelopes.OWN_LIST_PATH,
        hint=hint,
    )


def _read_array_rows(
    db: duckdb.DuckDBPyConnection, whole: str, member: str, names: json_arrays.ColumnNames
) -> JsonRecords:
    """Return rows that are arrays as records, each value under its name."""
    place = ((member, False),)
    listed = json_envelopes.build_unnest_sql(f"SELECT j FROM {sql.identifier(whole)}", place)
    numbered = f"SELECT j, row_number() OVER () AS _row FROM ({listed})"
    return JsonRecords(
        _as_text(json_arrays.build_objects_sql(db, numbered, names)),
        f"JSON, {json_envelopes.format_path(place)}",
    )


def _as_text(relation: str) -> str:
    return f"SELECT CAST(j AS VARCHAR) AS j, _row FROM ({relation})"


def _is_geojson(db: duckdb.DuckDBPyConnection, whole: str, chosen: str) -> bool:
    row = db.execute(f"SELECT j->>'$.type' FROM {sql.identifier(whole)}").fetchone()
    return chosen == "features" and bool(row) and row == ("FeatureCollection",)


def _make_no_records_error(file: str, hint: Text, stated: str = "") -> SourceError:
    where, ou = (f" under {stated}", f" sous {stated}") if stated else ("", "")
    return SourceError(
        f"{file} has no records{where}: a list of objects is expected. {hint.en}".rstrip(),
        f"{file} n’a pas de fiches{ou} : une liste d’objets est attendue. {hint.fr}".rstrip(),
    )


def _require_parsable(db: duckdb.DuckDBPyConnection, relation: str, file: str) -> str:
    try:
        db.execute(f"SELECT count(*), max(length(j)) FROM ({relation})").fetchall()
    except duckdb.Error as error:
        raise _make_not_json_error(file, str(error)) from error
    return relation


def _build_is_record_sql() -> str:
    return "j IS NOT NULL AND json_valid(j) AND json_type(j) = 'OBJECT'"


def _reject_malformed(db: duckdb.DuckDBPyConnection, malformed: str, relation: str) -> None:
    db.execute(
        f"INSERT INTO {sql.identifier(malformed)} SELECT _row, left(j, 10000), "
        f"CASE WHEN json_valid(j) THEN 'not-a-record' ELSE 'not-json' END "
        f"FROM ({relation}) WHERE trim(j) <> '' AND NOT "
        "(CASE WHEN json_valid(j) THEN json_type(j) = 'OBJECT' ELSE false END)"
    )


def _infer_structure(db: duckdb.DuckDBPyConnection, records: str) -> dict[str, Any]:
    row = db.execute(f"SELECT json_group_structure(CAST(j AS JSON)) FROM ({records})").fetchone()
    structure = json.loads(row[0]) if row and row[0] else {}
    return structure if isinstance(structure, dict) else {}


def _iter_column_paths(
    structure: dict[str, Any], records: JsonRecords
) -> Iterator[tuple[str, str]]:
    """Yield each column name with the JSON path of its values."""
    if records.is_sparql_result:
        for name, inner in structure.items():
            if isinstance(inner, dict) and "value" in inner:
                yield name, f"${_quote_member(name)}.value"
        return
    if not records.is_geojson:
        yield from _flatten(structure, "$")
        return
    if "id" in structure:
        yield "id", "$.id"
    properties = structure.get("properties")
    yield from _flatten(properties if isinstance(properties, dict) else {}, "$.properties")
    yield from GEOMETRY_PATHS.items()


def _flatten(structure: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for key, value in structure.items():
        inside = f"{path}{_quote_member(key)}"
        if isinstance(value, dict) and value:
            yield from ((f"{key}.{inner}", inside + _quote_member(inner)) for inner in value)
        else:
            yield key, inside


def _quote_member(key: str) -> str:
    return '."' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _make_not_json_error(file: str, detail: str) -> SourceError:
    first = detail.splitlines()[0] if detail else ""
    return SourceError(
        f"{file} is not JSON that can be read{': ' + first if first else ''}",
        f"{file} n’est pas du JSON lisible{' : ' + first if first else ''}",
    )
