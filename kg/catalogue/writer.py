"""Catalogue writer: the SQLite file of a release, from the work database of its build."""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

import duckdb
import orjson

from kg import sql
from kg.catalogue import bitmap, concepts, extent_index, schema, territory_closure
from kg.catalogue.edtf import compute_extent, compute_sort_key
from kg.catalogue.organisation_names import write_organisation_names
from kg.catalogue.pivot import define_macros, gather_rows
from kg.catalogue.record_numbers import KIND_NUMBERS, LISTED_NUMBERS, SPACING, find_first
from kg.catalogue.record_sets import LISTED
from kg.catalogue.same_things import (
    build_lead_value_sql,
    build_value_iri_sql,
    stage_same_things,
    write_same_things,
)
from kg.catalogue.text_index import IndexedText, SpellingDictionary, index_record, join_texts
from kg.csvw_tables import Table
from kg.kinds import KIND_BY_NAME, KINDS, Kind, RelationFilter
from kg.namespaces import ID, INTERNAL_GRAPHS, expand
from kg.progress import ProgressCallback, report_nothing
from kg.rdf.labels import build_label_filter_sql, build_label_rank_sql
from kg.time_zones import find_zone
from kg.work_tables import QUADS, RECORDS

BATCH_ROWS: Final = 5000
SORT_KEY_SQL: Final = "natural_order(sortable({}))"
"""The text by which records are put in order, of the name that is shown of them."""
TIME_OF_DAY: Final = r'"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}'
"""Pattern of a time of day among the cells of a record."""
DAY_GLOB: Final = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]*"
VALUE_CONDITIONS: Final = {
    LISTED: "true",
    "sort_en": "sort_en IS NOT NULL",
    "sequence": "sequence IS NOT NULL",
    "population": "population IS NOT NULL",
    "latitude": "latitude IS NOT NULL AND longitude IS NOT NULL",
    extent_index.AT_TERRITORY: extent_index.AT_TERRITORY_CONDITION,
}
"""Columns for sorting and feeds, with the condition under which a record has a value."""


def write_catalogue(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    path: Path,
    track: ProgressCallback = report_nothing,
    *,
    meta: Mapping[str, str] | None = None,
    moved: Iterable[tuple[str, str]] = (),
    gone: Iterable[tuple[str, str]] = (),
) -> None:
    """Write the catalogue at `path` from the `quads` of a work database.

    `meta` holds metadata of the file; its `release` binds page cursors. `moved` yields (old IRI,
    new IRI), `gone` (IRI, date of withdrawal).
    """
    stage_same_things(connection)
    stage_entities(connection, tables, _build_numbered_sql())
    stage_surroundings(connection, tables)
    file = schema.create_catalogue(path)
    _write_meta(file, {"schema": schema.SCHEMA_VERSION, **(meta or {})})
    _write_fields(file, tables)
    write_kinds(connection, file)
    vocabulary = SpellingDictionary()
    write_entities(connection, file, track, vocabulary)
    concepts.write_concepts(connection, file, vocabulary)
    insert_rows(file, "word", vocabulary.iterate_rows())
    _write_postings(connection, file, track)
    _write_computed_postings(file)
    insert_rows(file, "label", read_labels(connection))
    write_organisation_names(connection, file)
    write_same_things(connection, file)
    insert_rows(file, "part", connection.execute("SELECT * FROM part").fetchall())
    territory_closure.create_population_sums(connection)
    sums = connection.execute("FROM population_sum").fetchall()
    insert_rows(file, "population_sum", sums)
    insert_rows(file, "former", territory_closure.read_former_codes(connection))
    insert_rows(file, "moved", sorted(moved))
    insert_rows(file, "gone", sorted(gone))
    write_versions(connection, file)
    schema.finish_catalogue(file)


def stage_entities(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], numbered: str
) -> None:
    """Create `entity`, one row per record.

    `numbered` is the SELECT that adds the `id` and the `ordinal` of each row of `sorted`.
    """
    define_macros(connection)
    parts = " UNION ALL ".join(
        _build_entity_query(connection, kind, tables[kind.table]) for kind in KINDS
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE entity AS
        WITH entity AS ({parts}), sorted AS (
            SELECT *, {SORT_KEY_SQL.format("coalesce(label_fr, label_en, other, key)")} AS sort_fr,
                {SORT_KEY_SQL.format("coalesce(label_en, label_fr, other, key)")} AS sort_en
            FROM entity LEFT JOIN same_thing USING (iri)
        )
        {numbered}
        """
    )


def _build_numbered_sql() -> str:
    """SQL of the rows of `sorted` with numbers that no earlier catalogue has given them."""
    return f"""
        SELECT *, place::BIGINT * {KIND_NUMBERS} + {find_first(0)} + ordinal AS id FROM (
            SELECT *, CASE WHEN lead IS NULL THEN 0 ELSE {LISTED_NUMBERS} END
                + {SPACING} * (row_number() OVER (
                    PARTITION BY kind, lead IS NULL ORDER BY sort_fr, key) - 1) AS ordinal
            FROM sorted)
        """


def stage_surroundings(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]) -> None:
    """Create `entity_source`, and what places the records of `entity`."""
    own = ", ".join(map(sql.literal, INTERNAL_GRAPHS))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE entity_source AS
        WITH stated AS (
            SELECT DISTINCT id, lead, source FROM {QUADS} JOIN entity ON iri = s
            WHERE source NOT IN ({own}))
        SELECT id, source FROM stated
        UNION SELECT l.id, source FROM stated JOIN entity l ON l.iri = stated.lead
        """
    )
    territory_closure.create_closure_tables(connection, tables)
    territory_closure.create_venue_table(connection)


def _build_entity_query(connection: duckdb.DuckDBPyConnection, kind: Kind, table: Table) -> str:
    relation = gather_rows(connection, table)
    cells = ", ".join(
        f"{sql.identifier(c)}: CASE WHEN len({sql.identifier(c)}) > 0 THEN {sql.identifier(c)} END"
        for c in table.names
    )
    return (
        f"SELECT {KINDS.index(kind)} AS place, {sql.literal(kind.name)} AS kind, id[1] AS key, "
        f"{sql.literal(f'{ID}{kind.name}/')} || id[1] AS iri, label_fr[1] AS label_fr, "
        f"label_en[1] AS label_en, regexp_replace(labels[1], '@[^@]*$', '') AS other, "
        f"json_merge_patch('{{}}', to_json({{{cells}}})) AS cells "
        f"FROM {relation}"
    )


def _write_meta(file: sqlite3.Connection, meta: Mapping[str, str]) -> None:
    insert_rows(file, "meta", sorted(meta.items()))


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
    insert_rows(file, "field", rows)


def write_kinds(connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection) -> None:
    """Write the numbers of each kind and how many records are listed."""
    counted = {
        kind: (size, records)
        for kind, size, records in connection.execute(
            "SELECT kind, max(ordinal) + 1, count(*) FROM entity WHERE lead IS NULL GROUP BY kind"
        ).fetchall()
    }
    for place, kind in enumerate(KINDS):
        size, records = counted.get(kind.name, (0, 0))
        if size > LISTED_NUMBERS:
            raise OverflowError(f"{records} records of {kind.name} are more than have numbers")
        insert_rows(file, "kind", [(kind.name, find_first(place), size, records)])


def write_entities(
    connection: duckdb.DuckDBPyConnection,
    file: sqlite3.Connection,
    track: ProgressCallback,
    vocabulary: SpellingDictionary,
    which: str = "true",
) -> None:
    """Write the records that fulfil the condition `which`, and their texts."""
    zones = _find_zones(connection)
    total = sql.select_number(connection, f"SELECT count(*) FROM entity WHERE {which}")
    others = _index_others(connection)
    cursor = connection.execute(
        f"""
        SELECT id, kind, key, label_fr, label_en, sort_fr, sort_en, cells, lead IS NULL,
            coalesce((SELECT list(source ORDER BY source) FROM entity_source x
                      WHERE x.id = entity.id), []) AS sources,
            coalesce(notations, []) AS notations, latitude, longitude, point_of
        FROM entity LEFT JOIN venue USING (id) LEFT JOIN (
            SELECT subject_of(s) AS iri, list(DISTINCT lexical(o)) AS notations
            FROM {QUADS} WHERE p = ? AND starts_with(s, ?) GROUP BY 1) USING (iri)
        WHERE {which} ORDER BY id
        """,
        [expand("skos:notation"), ID],
    )
    batch: list[tuple[Any, ...]] = []
    for row in track(_iterate_rows(cursor), "Catalogue", total):
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            _write_batch(file, batch, vocabulary, zones, others)
            batch.clear()
    _write_batch(file, batch, vocabulary, zones, others)


def _index_others(connection: duckdb.DuckDBPyConnection) -> dict[int, list[IndexedText]]:
    """The texts of the records that another one stands for, by the number of that one."""
    if not connection.execute("SELECT 1 FROM same_thing LIMIT 1").fetchall():
        return {}
    rows = connection.execute(
        f"""
        SELECT l.id, e.label_fr, e.label_en, e.key, e.cells, (
            SELECT list(DISTINCT lexical(o)) FROM {QUADS}
            WHERE p = ? AND subject_of(s) = e.iri)
        FROM entity e JOIN entity l ON l.iri = e.lead ORDER BY e.id
        """,
        [expand("skos:notation")],
    ).fetchall()
    texts: dict[int, list[IndexedText]] = {}
    for lead, fr, en, key, cells, notations in rows:
        text = index_record(fr, en, key, orjson.loads(cells), notations or ())
        texts.setdefault(lead, []).append(text)
    return texts


def _find_zones(connection: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """Return the time zones of records with times of day, by number."""
    kinds = ", ".join(sql.literal(kind.name) for kind in KINDS if kind.dates)
    rows = connection.execute(
        "SELECT i.id, list(t.key) FROM inside i JOIN entity t ON t.id = i.territory WHERE i.id IN "
        f"(SELECT id FROM entity WHERE kind IN ({kinds}) AND regexp_matches(cells::VARCHAR, ?)) "
        "GROUP BY i.id",
        [TIME_OF_DAY],
    ).fetchall()
    return {number: zone for number, keys in rows if (zone := find_zone(keys))}


def _write_batch(
    file: sqlite3.Connection,
    batch: list[tuple[Any, ...]],
    vocabulary: SpellingDictionary,
    zones: Mapping[int, str],
    others: Mapping[int, Sequence[IndexedText]],
) -> None:
    entities, spots, texts = [], [], []
    for row in batch:
        cells = orjson.loads(row[7])
        listed = row[8]
        entity = _build_entity_row((*row[:8], *row[9:]), cells, zones.get(row[0]))
        entities.append(entity)
        if not listed:
            continue
        text = index_record(row[3], row[4], row[2], cells, row[10])
        if row[0] in others:
            text = join_texts([text, *others[row[0]]])
        vocabulary.add_record(text, row[1])
        texts.append((row[0], text.name, text.stem, text.body, text.code))
        latitude, longitude = entity[12], entity[13]
        if latitude is not None and longitude is not None:
            spots.append((row[0], longitude, longitude, latitude, latitude))
    insert_rows(file, "entity", entities)
    insert_rows(file, "spot", spots)
    insert_rows(file, "text (rowid, name, stem, body, code)", texts)


def _build_entity_row(
    row: tuple[Any, ...], cells: Mapping[str, list[str]], zone: str | None
) -> tuple[Any, ...]:
    number, kind, key, label_fr, label_en, sort_fr, sort_en, cells_json, sources, _, *venue = row
    columns = [*KIND_BY_NAME[kind].dates, "", ""][:2]
    starts = cells.get(columns[0], ())
    begins, ends = compute_extent(kind, starts, cells.get(columns[1], ()), zone)
    ordered = compute_sort_key(starts[0] if starts else None, begins, zone)
    own = [_parse_number(cells, "latitude"), _parse_number(cells, "longitude")]
    latitude, longitude, point_of = venue if None in own else [*own, None]
    return (
        number, kind, key, label_fr, label_en, sort_fr, sort_en, begins, ends,
        ordered, zone, _parse_number(cells, "population"), latitude, longitude, point_of,
        orjson.dumps(sources).decode(), cells_json,
    )  # fmt: skip


def stage_postings(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `member(id, ordinal, entity)`, the facet values of each record, and `posting`."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE led AS
        SELECT e.id AS other, l.id, l.ordinal
        FROM entity e JOIN entity l ON l.iri = e.lead;
        CREATE OR REPLACE TEMP TABLE told AS
        SELECT DISTINCT kind, field,
            {build_lead_value_sql("told.field", "told.value", "same_thing.lead")} AS value,
            coalesce(l.ordinal, told.ordinal) AS ordinal, coalesce(l.id, told.id) AS entity
        FROM ({" UNION ALL ".join(_build_member_queries())}) told
        LEFT JOIN led l ON l.other = told.id
        LEFT JOIN same_thing ON iri = {build_value_iri_sql("told.field", "told.value")};
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
    track: ProgressCallback,
) -> None:
    stage_postings(connection)
    cursor = connection.execute(
        """
        SELECT id, any_value(kind), any_value(field), any_value(value),
            list(ordinal ORDER BY ordinal)
        FROM posting JOIN member USING (id) GROUP BY id ORDER BY id
        """
    )
    insert_rows(
        file,
        "posting",
        (
            (number, kind, field, value, len(members), bitmap.encode(members))
            for number, kind, field, value, members in track(_iterate_rows(cursor), "Facets")
        ),
    )
    cursor = connection.execute(
        "SELECT entity, list(id ORDER BY id) FROM member GROUP BY entity ORDER BY entity"
    )
    while batch := cursor.fetchmany(BATCH_ROWS):
        rows = [(number, array("I", postings).tobytes()) for number, postings in batch]
        insert_rows(file, "carried", rows)


def _write_computed_postings(file: sqlite3.Connection) -> None:
    """Write the sets that follow from the rows of `entity`; their fields begin with `#`."""
    for kind, first, size in file.execute("SELECT name, first, size FROM kind").fetchall():
        values = compute_values(file, kind, f"id >= {first} AND id < {first + size}")
        rows = (
            (None, kind, field, value, len(members), bitmap.encode(members))
            for field, value, members in extent_index.build_postings(values, first)
        )
        insert_rows(file, "posting", rows)


def compute_values(
    file: sqlite3.Connection, kind: str, which: str, *values: Any
) -> Iterator[tuple[int, str, str]]:
    """Yield (id, field, value) of the sets that the rows of `entity` of a kind are in.

    `which` is a condition on them, with `values`; those that others stand for must not be asked
    for.
    """
    for name, condition in _list_value_conditions(kind):
        rows = file.execute(f"SELECT id FROM entity WHERE {which} AND {condition}", values)
        yield from ((number, extent_index.VALUED_FIELD, name) for (number,) in rows)
    yield from extent_index.iterate_values(file, which, *values)


def _list_value_conditions(kind: str) -> Iterator[tuple[str, str]]:
    """Yield the optional values of a kind with their conditions; `day` is a known first day."""
    yield from VALUE_CONDITIONS.items()
    for column in KIND_BY_NAME[kind].dates[:1]:
        yield "day", f"cells ->> '$.{column}[0]' GLOB '{DAY_GLOB}'"


def _build_member_queries() -> Iterator[str]:
    """Yield the SELECTs of (kind, field, value, ordinal, id): facets, then common filters."""
    for kind in KINDS:
        for field in (*kind.facets, "assertion"):
            yield (
                f"SELECT {sql.literal(kind.name)} AS kind, {sql.literal(field)} AS field, "
                f"unnest(t.{sql.identifier(field)}) AS value, e.ordinal, e.id FROM "
                f"told_{kind.table} t "
                f"JOIN entity e ON e.key = t.id[1] AND e.kind = {sql.literal(kind.name)}"
            )
        yield from (_build_relation_query(kind, relation) for relation in kind.relations)
    yield "SELECT kind, 'source', source, ordinal, id FROM entity_source JOIN entity USING (id)"
    yield (
        "SELECT e.kind, 'territory', t.key, e.ordinal, e.id FROM inside i "
        "JOIN entity e ON e.id = i.id JOIN entity t ON t.id = i.territory"
    )


def _build_relation_query(kind: Kind, relation: RelationFilter) -> str:
    """Build the SELECT of the records that those of a kind are linked with through nodes."""
    is_inverse = relation.own.startswith("^")
    own = sql.literal(expand(relation.own.removeprefix("^")))
    record, node = ("a.s", "a.o[2:-2]") if is_inverse else ("a.o[2:-2]", "a.s")
    prefix = f"<{ID}{relation.kind}/"
    return (
        f"SELECT {sql.literal(kind.name)}, {sql.literal(relation.name)}, "
        f"b.o[{len(prefix) + 1}:-2], e.ordinal, e.id FROM {QUADS} a "
        f"JOIN {QUADS} b ON b.s = {node} JOIN entity e ON e.iri = {record} "
        f"WHERE a.p = {own} AND b.p = {sql.literal(expand(relation.other))} "
        f"AND e.kind = {sql.literal(kind.name)} AND starts_with(b.o, {sql.literal(prefix)})"
    )


def read_labels(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """Read (iri, fr, en) of the labels of what is no record."""
    rank = build_label_rank_sql("p")
    return connection.execute(
        f"""
        SELECT s, arg_min(lexical(o), ({rank}, lexical(o)))
                FILTER (language(o) IN ('fr', '')),
            arg_min(lexical(o), ({rank}, lexical(o))) FILTER (language(o) = 'en')
        FROM {QUADS} WHERE {build_label_filter_sql("p")} AND s NOT IN (SELECT iri FROM entity)
        GROUP BY s ORDER BY s
        """
    ).fetchall()


def write_versions(connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection) -> None:
    """Write the recorded versions and changes of records (`kg.releases.changes`)."""
    noted = {
        name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    }
    if not {"version", "change", "departed"} <= noted:
        return
    versions = connection.execute(
        "SELECT id, digest, changed FROM entity JOIN version USING (kind, key) ORDER BY id"
    )
    insert_rows(file, "version", _iterate_rows(versions), "INSERT OR REPLACE")
    changes = connection.execute(
        "SELECT row_number() OVER (ORDER BY kind, key), kind, key, change, digest FROM change "
        "ORDER BY 1"
    )
    insert_rows(file, "change", _iterate_rows(changes))
    # a quarantined record has not left its source
    left = connection.execute(
        f"SELECT {sql.literal(ID)} || kind || '/' || key AS iri, since FROM departed "
        f"WHERE iri NOT IN (SELECT subject FROM {RECORDS} WHERE subject IS NOT NULL) ORDER BY iri"
    )
    insert_rows(file, "departed", _iterate_rows(left))


def _iterate_rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while batch := cursor.fetchmany(BATCH_ROWS):
        yield from batch


def insert_rows(
    file: sqlite3.Connection,
    table: str,
    rows: Iterable[tuple[Any, ...]],
    verb: str = "INSERT",
) -> None:
    """Insert rows into a table of the catalogue."""
    walking = iter(rows)
    for first in walking:
        statement = f"{verb} INTO {table} VALUES ({_format_placeholders(len(first))})"
        file.executemany(statement, chain([first], walking))


def _format_placeholders(count: int) -> str:
    return ", ".join("?" * count)


def _parse_number(cells: Mapping[str, list[str]], name: str) -> float | None:
    try:
        return float(cells[name][0])
    except (KeyError, ValueError):
        return None
