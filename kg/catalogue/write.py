"""Writing the catalogue of a release from the work database of its build."""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final

import duckdb
import orjson

from kg import sql
from kg.catalogue import bitmap, concepts, extents, geography, schema
from kg.catalogue.dates import extent, sequence
from kg.catalogue.pivot import gather
from kg.catalogue.vocabulary import Vocabulary, indexed
from kg.catalogue.zones import zone_of
from kg.kinds import BY_NAME, KINDS, Kind
from kg.namespaces import ID, expand
from kg.progress import Track, silent
from kg.tables import Table

OWN: Final = ("derived", "schemes", "ontology", "shapes", "sources", "queries")
"""Graphs that no source gave."""
BATCH: Final = 5000
TIMED: Final = r'"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}'
"""A time of day among the cells of a record."""
DAYS: Final = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]*"
VALUED: Final = {
    "sort_en": "sort_en IS NOT NULL",
    "sequence": "sequence IS NOT NULL",
    "population": "population IS NOT NULL",
    "latitude": "latitude IS NOT NULL AND longitude IS NOT NULL",
}
"""What lists are sorted by and feeds need, and when a record has it."""
LABELS: Final = ("skos:prefLabel", "rdfs:label", "dct:title", "foaf:name")


def write_catalogue(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    path: Path,
    track: Track = silent,
    *,
    meta: Mapping[str, str] | None = None,
    moved: Iterable[tuple[str, str]] = (),
    gone: Iterable[tuple[str, str]] = (),
) -> None:
    """Writes `path` from the `quads` of a work database.

    `meta` holds what the file says of itself (`release`: its id, to which pages are bound).
    `moved` gives (old IRI, new IRI), `gone` (IRI, since when).
    """
    stage_entities(connection, tables)
    geography.locate(connection, tables)
    geography.place(connection)
    file = schema.create(path)
    _write_meta(file, {"schema": schema.VERSION, **(meta or {})})
    _write_fields(file, tables)
    sizes = _write_kinds(connection, file)
    vocabulary = Vocabulary()
    _write_entities(connection, file, track, sum(sizes.values()), vocabulary)
    concepts.write(connection, file, vocabulary)
    _insert(file, "word", vocabulary.rows())
    _write_postings(connection, file, track)
    _write_valued(file, sizes)
    _write_extents(file, sizes)
    _write_labels(connection, file)
    _insert(file, "part", connection.execute("SELECT * FROM part").fetchall())
    _insert(file, "former", geography.former(connection))
    _insert(file, "moved", sorted(moved))
    _insert(file, "gone", sorted(gone))
    _write_versions(connection, file)
    schema.finish(file)


def stage_entities(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]) -> None:
    """Makes `entity`, one row a record of any kind, numbered by kind then label."""
    parts = " UNION ALL ".join(_entities(connection, kind, tables[kind.table]) for kind in KINDS)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE entity AS
        WITH entity AS ({parts}), sorted AS (
            SELECT *, natural_order(sortable(coalesce(label_fr, label_en, key))) AS sort_fr,
                natural_order(sortable(coalesce(label_en, label_fr, key))) AS sort_en FROM entity
        )
        SELECT *, row_number() OVER (ORDER BY place, sort_fr, key) AS id,
            row_number() OVER (PARTITION BY kind ORDER BY sort_fr, key) - 1 AS ordinal
        FROM sorted
        """
    )
    own = ", ".join(map(sql.text, OWN))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE entity_source AS
        SELECT DISTINCT id, source FROM quads JOIN entity ON iri = s WHERE source NOT IN ({own})
        """
    )


def _entities(connection: duckdb.DuckDBPyConnection, kind: Kind, table: Table) -> str:
    told = gather(connection, table)
    cells = ", ".join(
        f"{sql.name(c)}: CASE WHEN len({sql.name(c)}) > 0 THEN {sql.name(c)} END"
        for c in table.names
    )
    return (
        f"SELECT {KINDS.index(kind)} AS place, {sql.text(kind.name)} AS kind, id[1] AS key, "
        f"{sql.text(f'{ID}{kind.name}/')} || id[1] AS iri, label_fr[1] AS label_fr, "
        f"label_en[1] AS label_en, json_merge_patch('{{}}', to_json({{{cells}}})) AS cells "
        f"FROM {told}"
    )


def _write_meta(file: sqlite3.Connection, meta: Mapping[str, str]) -> None:
    _insert(file, "meta", sorted(meta.items()))


def _write_fields(file: sqlite3.Connection, tables: Mapping[str, Table]) -> None:
    rows = [
        (
            kind.name, position, column.name, column.title.fr, column.title.en,
            expand(column.predicate) if column.predicate else None, column.value,
            (column.about or table.about).removeprefix(table.about), column.lang,
            column.datatype, column.temporal is not None, column.scheme, column.is_reference,
            column.separator is not None,
        )
        for kind in KINDS
        for table in [tables[kind.table]]
        for position, column in enumerate(table.real)
    ]  # fmt: skip
    _insert(file, "field", rows)


def _write_kinds(connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection) -> dict[str, int]:
    counted = dict(connection.execute("SELECT kind, count(*) FROM entity GROUP BY kind").fetchall())
    first, rows = 1, []
    for kind in KINDS:
        records = counted.get(kind.name, 0)
        rows.append((kind.name, first, records))
        first += records
    _insert(file, "kind", rows)
    return {name: records for name, _, records in rows}


def _write_entities(
    connection: duckdb.DuckDBPyConnection,
    file: sqlite3.Connection,
    track: Track,
    total: int,
    vocabulary: Vocabulary,
) -> None:
    zones = _zones(connection)
    cursor = connection.execute(
        """
        SELECT id, kind, key, label_fr, label_en, sort_en, cells,
            coalesce((SELECT list(source ORDER BY source) FROM entity_source x
                      WHERE x.id = entity.id), []) AS sources,
            coalesce(notations, []) AS notations, latitude, longitude
        FROM entity LEFT JOIN venue USING (id) LEFT JOIN (
            SELECT subject_of(s) AS iri, list(DISTINCT lexical(o)) AS notations
            FROM quads WHERE p = ? AND starts_with(s, ?) GROUP BY 1) USING (iri)
        ORDER BY id
        """,
        [expand("skos:notation"), ID],
    )
    batch: list[tuple[Any, ...]] = []
    for row in track(_rows(cursor), "Catalogue", total):
        batch.append(row)
        if len(batch) == BATCH:
            _write_batch(file, batch, vocabulary, zones)
            batch.clear()
    _write_batch(file, batch, vocabulary, zones)


def _zones(connection: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """The time zones of the records that have a time of day: number to IANA name."""
    kinds = ", ".join(sql.text(kind.name) for kind in KINDS if kind.dates)
    rows = connection.execute(
        "SELECT i.id, list(t.key) FROM inside i JOIN entity t ON t.id = i.territory WHERE i.id IN "
        f"(SELECT id FROM entity WHERE kind IN ({kinds}) AND regexp_matches(cells::VARCHAR, ?)) "
        "GROUP BY i.id",
        [TIMED],
    ).fetchall()
    return {number: zone for number, keys in rows if (zone := zone_of(keys))}


def _write_batch(
    file: sqlite3.Connection,
    batch: list[tuple[Any, ...]],
    vocabulary: Vocabulary,
    zones: Mapping[int, str],
) -> None:
    entities, spots, texts = [], [], []
    for row in batch:
        cells = orjson.loads(row[6])
        entity = _entity(row, cells, zones.get(row[0]))
        text = indexed(row[3], row[4], row[2], cells, row[8])
        vocabulary.add(text, row[1])
        entities.append(entity)
        texts.append((row[0], text.name, text.stem, text.body, text.code))
        latitude, longitude = entity[11], entity[12]
        if latitude is not None and longitude is not None:
            spots.append((row[0], longitude, longitude, latitude, latitude))
    _insert(file, "entity", entities)
    _insert(file, "spot", spots)
    _insert(file, "text (rowid, name, stem, body, code)", texts)


def _entity(
    row: tuple[Any, ...], cells: Mapping[str, list[str]], zone: str | None
) -> tuple[Any, ...]:
    number, kind, key, label_fr, label_en, sort_en, told, sources, _, *venue = row
    columns = [*BY_NAME[kind].dates, "", ""][:2]
    starts = cells.get(columns[0], ())
    begins, ends = extent(kind, starts, cells.get(columns[1], ()), zone)
    ordered = sequence(starts[0] if starts else None, begins, zone)
    own = [_number(cells, "latitude"), _number(cells, "longitude")]
    latitude, longitude = venue if None in own else own
    return (
        number, kind, key, label_fr, label_en, sort_en, begins, ends,
        ordered, zone, _number(cells, "population"), latitude, longitude,
        orjson.dumps(sources).decode(), told,
    )  # fmt: skip


def _stage_postings(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes `member(id, ordinal, entity)`, what each record is counted under, and `posting`."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE told AS
        SELECT DISTINCT kind, field, value, ordinal, id AS entity
        FROM ({" UNION ALL ".join(_members())});
        CREATE OR REPLACE TEMP TABLE posting AS
        SELECT row_number() OVER (ORDER BY kind, field, value) AS id, kind, field, value
        FROM (SELECT DISTINCT kind, field, value FROM told);
        CREATE OR REPLACE TEMP TABLE member AS
        SELECT posting.id, ordinal, entity FROM told JOIN posting USING (kind, field, value)
        """
    )


def _write_postings(
    connection: duckdb.DuckDBPyConnection,
    file: sqlite3.Connection,
    track: Track,
) -> None:
    _stage_postings(connection)
    cursor = connection.execute(
        """
        SELECT id, any_value(kind), any_value(field), any_value(value),
            list(ordinal ORDER BY ordinal)
        FROM posting JOIN member USING (id) GROUP BY id ORDER BY id
        """
    )
    _insert(
        file,
        "posting",
        (
            (number, kind, field, value, len(members), bitmap.encode(members))
            for number, kind, field, value, members in track(_rows(cursor), "Facets")
        ),
    )
    cursor = connection.execute(
        "SELECT entity, list(id ORDER BY id) FROM member GROUP BY entity ORDER BY entity"
    )
    while batch := cursor.fetchmany(BATCH):
        rows = [(number, array("I", postings).tobytes()) for number, postings in batch]
        _insert(file, "carried", rows)


def _write_valued(file: sqlite3.Connection, sizes: Mapping[str, int]) -> None:
    """Which records have each of VALUED."""
    for kind, first in file.execute("SELECT name, first FROM kind").fetchall():
        for name, condition in _valued(kind):
            rows = file.execute(
                f"SELECT id - ? FROM entity WHERE id >= ? AND id < ? AND {condition} ORDER BY id",
                (first, first, first + sizes[kind]),
            )
            members = [position for (position,) in rows]
            packed = bitmap.encode(members)
            _insert(file, "posting", [(None, kind, "#valued", name, len(members), packed)])


def _write_extents(file: sqlite3.Connection, sizes: Mapping[str, int]) -> None:
    """Which records are where, and when."""
    for kind, first in file.execute("SELECT name, first FROM kind").fetchall():
        found = extents.postings(file, first, sizes[kind])
        rows = ((None, kind, field, value, len(s), bitmap.encode(s)) for field, value, s in found)
        _insert(file, "posting", rows)


def _valued(kind: str) -> Iterator[tuple[str, str]]:
    """What a record of a kind may have, and when it has; `day`: a beginning known to the day."""
    yield from VALUED.items()
    for column in BY_NAME[kind].dates[:1]:
        yield "day", f"cells ->> '$.{column}[0]' GLOB '{DAYS}'"


def _members() -> Iterator[str]:
    """SELECTs of (kind, field, value, ordinal, id): facets, then what every kind is filtered by."""
    for kind in KINDS:
        for field in (*kind.facets, "assertion"):
            yield (
                f"SELECT {sql.text(kind.name)} AS kind, {sql.text(field)} AS field, "
                f"unnest(t.{sql.name(field)}) AS value, e.ordinal, e.id FROM told_{kind.table} t "
                f"JOIN entity e ON e.key = t.id[1] AND e.kind = {sql.text(kind.name)}"
            )
    yield "SELECT kind, 'source', source, ordinal, id FROM entity_source JOIN entity USING (id)"
    yield (
        "SELECT e.kind, 'territory', t.key, e.ordinal, e.id FROM inside i "
        "JOIN entity e ON e.id = i.id JOIN entity t ON t.id = i.territory"
    )


def _write_labels(connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection) -> None:
    ranks = " ".join(f"WHEN {sql.text(expand(p))} THEN {n}" for n, p in enumerate(LABELS))
    predicates = ", ".join(sql.text(expand(p)) for p in LABELS)
    rows = connection.execute(
        f"""
        SELECT s, arg_min(lexical(o), (CASE p {ranks} END, lexical(o)))
                FILTER (language(o) IN ('fr', '')),
            arg_min(lexical(o), (CASE p {ranks} END, lexical(o))) FILTER (language(o) = 'en')
        FROM quads WHERE p IN ({predicates}) AND s NOT IN (SELECT iri FROM entity)
        GROUP BY s ORDER BY s
        """
    ).fetchall()
    _insert(file, "label", rows)


def _write_versions(connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection) -> None:
    """What was noted of versions and changes, where it was (`kg.releases.changes`)."""
    noted = {
        name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    }
    if not {"version", "change", "departed"} <= noted:
        return
    versions = connection.execute(
        "SELECT id, digest, changed FROM entity JOIN version USING (kind, key) ORDER BY id"
    )
    _insert(file, "version", _rows(versions))
    changes = connection.execute(
        "SELECT row_number() OVER (ORDER BY kind, key), kind, key, change, digest FROM change "
        "ORDER BY 1"
    )
    _insert(file, "change", _rows(changes))
    # one that waits in the quarantine has not left its source
    left = connection.execute(
        f"SELECT {sql.text(ID)} || kind || '/' || key AS iri, since FROM departed "
        "WHERE iri NOT IN (SELECT subject FROM records WHERE subject IS NOT NULL) ORDER BY iri"
    )
    _insert(file, "departed", _rows(left))


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while batch := cursor.fetchmany(BATCH):
        yield from batch


def _insert(file: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    walking = iter(rows)
    for first in walking:
        statement = f"INSERT INTO {table} VALUES ({_slots(len(first))})"
        file.executemany(statement, chain([first], walking))


def _slots(count: int) -> str:
    return ", ".join("?" * count)


def _number(cells: Mapping[str, list[str]], name: str) -> float | None:
    try:
        return float(cells[name][0])
    except (KeyError, ValueError):
        return None
