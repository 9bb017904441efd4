"""Catalogue update: the file of an earlier release with the records replaced that changed.

Records that come, go or have another name take numbers between those of their neighbours
(`record_numbers`), so that the rows, texts and sets of all but a few stay as they are. Where what
changed reaches too far to be told, the catalogue is written anew.
"""

import shutil
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Final

import duckdb
import orjson

from kg import sql
from kg.catalogue.affiliation_index import update_names
from kg.catalogue.concepts import add_concept_names
from kg.catalogue.organisation_names import (
    RELATED_PROPERTIES,
    describe_organisation,
    read_affiliated,
)
from kg.catalogue.posting_update import read_members, update_kinds, update_postings
from kg.catalogue.record_numbers import (
    LISTED_NUMBERS,
    Numbering,
    SortKey,
    find_first,
    number_records,
)
from kg.catalogue.same_things import RESOLUTION_GRAPH, rewrite_pairs, stage_same_things
from kg.catalogue.territory_closure import list_edge_predicates
from kg.catalogue.text_index import IndexedText, SpellingDictionary, index_record, join_texts
from kg.catalogue.writer import (
    insert_rows,
    read_labels,
    stage_entities,
    stage_surroundings,
    write_entities,
    write_versions,
)
from kg.csvw_tables import Table
from kg.kinds import KINDS
from kg.namespaces import GRAPH, ID, SCHEME, expand
from kg.progress import ProgressCallback, report_nothing
from kg.work_tables import QUADS

RENEWED: Final = "renewed"
"""The table of the records whose rows are replaced (`iri`)."""
TOUCHED: Final = "touched"
"""The table of the statements that came and went (`s`, `p`, `o`, `g`, `came`)."""
QUAD_PATTERN: Final = r"^<([^>]*)> <([^>]*)> (.*) <([^<>]*)> \.$"
"""A line of N-Quads: subject, property, value, graph."""


@dataclass(frozen=True)
class _Record:
    """A record as the earlier catalogue has it."""

    id: int
    kind: str
    key: str
    label_fr: str | None
    label_en: str | None
    sort_fr: str
    cells: Mapping[str, Sequence[str]]

    @property
    def iri(self) -> str:
        return f"{ID}{self.kind}/{self.key}"


def update_catalogue(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    earlier: Path,
    path: Path,
    difference: tuple[str, str],
    track: ProgressCallback = report_nothing,
    *,
    meta: Mapping[str, str],
    moved: Iterable[tuple[str, str]] = (),
    gone: Iterable[tuple[str, str]] = (),
) -> bool:
    """Write the catalogue at `path` from that of an earlier release; False where that cannot be.

    `difference` names the tables of the lines that came and went since. Reads `change`
    (`kg.releases.changes`). Leaves the tables RENEWED and TOUCHED; what is staged of records holds
    the renewed ones and what they point to, and no more.
    """
    stage_same_things(connection)
    _stage_touched(connection, *difference)
    if not _is_local(connection):
        return False
    shutil.copyfile(earlier, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; BEGIN"
        )
        words = SpellingDictionary(file.execute("SELECT word, records, territories FROM word"))
        try:
            records = _stage_records(connection, file, tables)
            is_done = records is not None and _replace_records(
                connection, file, records, words, track
            )
        finally:
            connection.execute(f"DROP VIEW IF EXISTS temp.{QUADS}; DROP TABLE IF EXISTS narrowed")
        if is_done:
            _rewrite_words(connection, file, words)
            rewrite_pairs(connection, file)
            insert_rows(file, "meta", sorted(meta.items()), "INSERT OR REPLACE")
            for table, rows in (("moved", moved), ("gone", gone)):
                file.execute(f"DELETE FROM {table}")
                insert_rows(file, table, sorted(rows))
        file.execute("COMMIT")
    if not is_done:
        path.unlink()
    return is_done


def _stage_touched(connection: duckdb.DuckDBPyConnection, added: str, removed: str) -> None:
    """Make TOUCHED of what came and what went."""
    parts = f"regexp_extract(line, {sql.literal(QUAD_PATTERN)}, ['s', 'p', 'o', 'g'])"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {TOUCHED} AS SELECT unnest({parts}), came FROM ("
        f"SELECT line, true AS came FROM {added} UNION ALL SELECT line, false FROM {removed})"
    )


def _is_local(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether no territory changed, no code list, and not which records are of one thing."""
    concept = f"starts_with(s, {sql.literal(SCHEME)}) AND contains(s[{len(SCHEME) + 1}:], '/')"
    joined = "(SELECT iri FROM same_thing UNION SELECT lead FROM same_thing)"
    return not sql.select_number(
        connection,
        "SELECT (SELECT count(*) FROM change WHERE kind = 'territory' OR (change <> 'updated' "
        f"AND {sql.literal(ID)} || kind || '/' || key IN {joined})) + "
        f"(SELECT count(*) FROM {TOUCHED} WHERE {concept} "
        f"OR (g = {sql.literal(GRAPH + RESOLUTION_GRAPH)} "
        f"AND p = {sql.literal(expand('owl:sameAs'))}))",
    )


@dataclass(frozen=True)
class _Records:
    """The renewed records: as the file has them, and where the staged ones come."""

    before: Sequence[_Record]
    numbers: Mapping[str, int]
    """The new numbers by IRI; without the records that are gone."""
    kinds: Mapping[str, str]

    @property
    def moved(self) -> Mapping[int, int | None]:
        """Former numbers to the new ones where these are others, or None for what is gone."""
        pairs = ((record.id, self.numbers.get(record.iri)) for record in self.before)
        return {former: number for former, number in pairs if number != former}

    @property
    def former_by_kind(self) -> Mapping[str, Sequence[int]]:
        return _group_by_kind((record.kind, record.id) for record in self.before)

    @property
    def numbers_by_kind(self) -> Mapping[str, Sequence[int]]:
        return _group_by_kind((self.kinds[iri], n) for iri, n in self.numbers.items())


def _stage_records(
    connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection, tables: Mapping[str, Table]
) -> _Records | None:
    """Stage the renewed records and what they point to, under their numbers.

    None where others than these would have to be staged.
    """
    _stage_renewed(connection, tables)
    known = _stage_unnumbered(connection, file, tables)
    numbering = _number_records(connection, file, known)
    if numbering is None:
        return None
    if numbering.moved:
        asked = orjson.dumps([*numbering.moved]).decode()
        beside = _select_records(file, "id IN (SELECT value FROM json_each(?))", asked)
        _stage_renewed(connection, tables, [record.iri for record in beside])
        known = _stage_unnumbered(connection, file, tables)
    renewed = {iri for (iri,) in connection.execute(f"FROM {RENEWED}").fetchall()}
    staged = dict(connection.execute("SELECT iri, kind FROM entity").fetchall())
    if not renewed.issuperset(staged.keys() - known.keys()):
        return None
    numbers = {
        iri: numbering.numbers.get(iri) or numbering.moved.get(known[iri].id, known[iri].id)
        for iri in staged
    }
    _assign_numbers(connection, numbers)
    stage_surroundings(connection, tables)
    return _Records(
        sorted((known[iri] for iri in renewed & known.keys()), key=attrgetter("id")),
        {iri: numbers[iri] for iri in sorted(renewed & numbers.keys())},
        staged,
    )


def _group_by_kind(numbered: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for kind, number in numbered:
        groups.setdefault(kind, []).append(number)
    return groups


def _stage_renewed(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], also: Sequence[str] = ()
) -> None:
    """Make RENEWED (iri) of the records that changed, of those `also` to be written, and of what
    follows from both; from here on `quads` are those of these records, of what they point to and
    of what else was touched."""
    placing = ", ".join(map(sql.literal, sorted(list_edge_predicates(tables))))
    related = ", ".join(sql.literal(expand(name)) for name in RELATED_PROPERTIES)
    connection.execute(f"DROP VIEW IF EXISTS temp.{QUADS}")
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE pointing AS
        SELECT s AS low, o[2:-2] AS high, p IN ({placing}) AS places FROM {QUADS}
        WHERE p IN ({placing}, {related}) AND starts_with(o, {sql.literal(f"<{ID}")})
        """
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {RENEWED} AS
        WITH RECURSIVE changed AS (
            SELECT {sql.literal(ID)} || kind || '/' || key AS iri, change FROM change
        ), bound(low, high) AS (
            SELECT low, high FROM pointing WHERE places
            UNION SELECT iri, lead FROM same_thing UNION SELECT lead, iri FROM same_thing
        ), reached(iri) AS (
            SELECT iri FROM changed UNION SELECT unnest($also::VARCHAR[])
            UNION SELECT low FROM pointing JOIN changed ON iri = high WHERE change <> 'updated'
            UNION SELECT low FROM reached JOIN bound ON high = iri
        ) FROM reached
        """,
        {"also": also},
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE narrowed AS
        WITH RECURSIVE around(iri) AS (
            FROM {RENEWED} UNION SELECT high FROM around JOIN pointing ON low = iri
        )
        SELECT * FROM {QUADS} WHERE split_part(s, '#', 1) IN (FROM around)
            OR s IN (SELECT s FROM {TOUCHED});
        DROP TABLE pointing
        """
    )
    # without a schema, the name is that of the temporary view from here on
    connection.execute(f"CREATE TEMP VIEW {QUADS} AS FROM narrowed")


def _stage_unnumbered(
    connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection, tables: Mapping[str, Table]
) -> dict[str, _Record]:
    """Stage records without numbers; those that the file has, of them and of the renewed ones."""
    stage_entities(
        connection, tables, "SELECT *, NULL::BIGINT AS ordinal, NULL::BIGINT AS id FROM sorted"
    )
    rows = connection.execute(f"FROM {RENEWED} UNION SELECT iri FROM entity").fetchall()
    return _read_records(file, sorted(iri for (iri,) in rows))


def _number_records(
    connection: duckdb.DuckDBPyConnection,
    file: sqlite3.Connection,
    known: Mapping[str, _Record],
) -> Numbering[str] | None:
    """Number the staged records that are new or have other names; None where what is listed is
    another thing.
    """
    staged = connection.execute(
        "SELECT kind, lead IS NULL, iri, sort_fr, key FROM entity"
    ).fetchall()
    starts = dict(file.execute("SELECT name, first FROM kind").fetchall())
    present = {iri for _, _, iri, *_ in staged}
    leaving = {record.id for iri, record in known.items() if iri not in present}
    coming: dict[tuple[str, bool], list[tuple[SortKey, str]]] = {}
    for kind, is_listed, iri, sort_fr, key in staged:
        record = known.get(iri)
        if record is not None:
            if is_listed != (record.id < starts[kind] + LISTED_NUMBERS):
                return None
            if record.sort_fr == sort_fr:
                continue
            leaving.add(record.id)
        coming.setdefault((kind, is_listed), []).append(((sort_fr, key), iri))

    def read_sort_key(number: int) -> SortKey:
        query = "SELECT sort_fr, key FROM entity WHERE id = ?"
        sort_fr, key = file.execute(query, (number,)).fetchone()
        return sort_fr, key

    numbering: Numbering[str] = Numbering()
    for (kind, is_listed), records in coming.items():
        begin = starts[kind] + (0 if is_listed else LISTED_NUMBERS)
        span = range(begin, begin + LISTED_NUMBERS)
        rows = file.execute(
            "SELECT id FROM entity WHERE id >= ? AND id < ? ORDER BY id", (span.start, span.stop)
        )
        taken = [number for (number,) in rows if number not in leaving]
        found = number_records(taken, span, records, read_sort_key)
        numbering.numbers |= found.numbers
        numbering.moved |= found.moved
    return numbering


def _assign_numbers(connection: duckdb.DuckDBPyConnection, numbers: Mapping[str, int]) -> None:
    """Give the staged records their numbers."""
    starts = {kind.name: find_first(place) for place, kind in enumerate(KINDS)}
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE numbered AS SELECT unnest($1::VARCHAR[]) AS iri, "
        "unnest($2::BIGINT[]) AS id",
        [[*numbers], [*numbers.values()]],
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE starting AS SELECT unnest($1::VARCHAR[]) AS kind, "
        "unnest($2::BIGINT[]) AS first",
        [[*starts], [*starts.values()]],
    )
    connection.execute(
        "UPDATE entity SET id = n.id, ordinal = n.id - first FROM numbered n, starting k "
        "WHERE n.iri = entity.iri AND k.kind = entity.kind"
    )


def _replace_records(
    connection: duckdb.DuckDBPyConnection,
    file: sqlite3.Connection,
    records: _Records,
    words: SpellingDictionary,
    track: ProgressCallback,
) -> bool:
    """Replace what the file has of the renewed records, except of words; False where others are
    named in affiliations than before."""
    which = f"iri IN (FROM {RENEWED})"
    named = _read_named(file, records.before)
    organisations = list(read_affiliated(connection, which))
    affiliated = {each.id for each in organisations}
    if any(
        (each.id in named) != (records.numbers[each.iri] in affiliated)
        for each in records.before
        if each.iri in records.numbers
    ):
        return False
    former = records.former_by_kind
    before = former, read_members(file, former)
    _remove_records(connection, file, records.before, words)
    write_entities(connection, file, track, words, which)
    update_postings(connection, file, before, records.numbers_by_kind)
    update_kinds(file)
    names = [
        describe_organisation(each.id, each.cells, *named[each.id])
        for each in records.before
        if each.id in named
    ]
    update_names(file, names, organisations, records.moved)
    _move_same_things(file, records.moved)
    touched = connection.execute(f"SELECT DISTINCT s FROM {TOUCHED}").fetchall()
    file.executemany("DELETE FROM label WHERE iri = ?", touched)
    insert_rows(file, "label", read_labels(connection), "INSERT OR REPLACE")
    file.execute("DELETE FROM change")
    file.execute("DELETE FROM departed")
    write_versions(connection, file)
    return True


def _move_same_things(file: sqlite3.Connection, moved: Mapping[int, int | None]) -> None:
    """Name records that have other numbers by these among those that are one thing; of these
    none is gone."""
    rows = file.execute("SELECT id, lead FROM same").fetchall()
    others = [(moved.get(number, number), moved.get(lead, lead)) for number, lead in rows]
    if others != rows:
        file.execute("DELETE FROM same")
        insert_rows(file, "same", sorted(others))


def _read_records(file: sqlite3.Connection, iris: Iterable[str]) -> dict[str, _Record]:
    """The records of some addresses that the file has."""
    paths = (iri.removeprefix(ID).partition("/") for iri in iris)
    records = (
        record
        for kind, _, key in paths
        for record in _select_records(file, "kind = ? AND key = ?", kind, key)
    )
    return {record.iri: record for record in records}


def _select_records(file: sqlite3.Connection, condition: str, *values: str) -> list[_Record]:
    rows = file.execute(
        f"SELECT id, kind, key, label_fr, label_en, sort_fr, cells FROM entity WHERE {condition}",
        values,
    )
    return [
        _Record(number, kind, key, label_fr, label_en, sort_fr, orjson.loads(cells))
        for number, kind, key, label_fr, label_en, sort_fr, cells in rows
    ]


def _read_named(
    file: sqlite3.Connection, records: Iterable[_Record]
) -> dict[int, tuple[list[str], list[int]]]:
    """Of the records that affiliations are looked for by, their places, and the numbers of what
    they are part of.
    """
    named = {}
    for record in records:
        row = file.execute("SELECT places, wholes FROM named WHERE id = ?", (record.id,)).fetchone()
        if row:
            named[record.id] = (orjson.loads(row[0]), orjson.loads(row[1]))
    return named


def _remove_records(
    connection: duckdb.DuckDBPyConnection,
    file: sqlite3.Connection,
    before: Sequence[_Record],
    words: SpellingDictionary,
) -> None:
    """Delete the rows of records, and take their texts and words back."""
    notations = _find_notations(connection)
    leads = dict(file.execute("SELECT id, lead FROM same").fetchall())
    texts: dict[int, list[IndexedText]] = {}
    kinds = {}
    # the lead is told first, then those it stands for, as they were written
    for record in sorted(before, key=lambda each: (each.id in leads, each.id)):
        text = index_record(
            record.label_fr, record.label_en, record.key, record.cells,
            notations.get(record.iri, ()),
        )  # fmt: skip
        texts.setdefault(leads.get(record.id, record.id), []).append(text)
        kinds[record.id] = record.kind
    for number, several in texts.items():
        text = join_texts(several) if len(several) > 1 else several[0]
        words.remove_record(text, kinds[number])
        # an index that keeps no texts is told what to forget
        file.execute(
            "INSERT INTO text (text, rowid, name, stem, body, code) "
            "VALUES ('delete', ?, ?, ?, ?, ?)",
            (number, text.name, text.stem, text.body, text.code),
        )
    numbers = [(record.id,) for record in before]
    for table in ("entity", "spot", "version"):
        file.executemany(f"DELETE FROM {table} WHERE id = ?", numbers)


def _find_notations(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The notations that the renewed records had."""
    rows = connection.execute(
        f"""
        WITH had AS (
            SELECT s, p, o, source FROM {QUADS} WHERE p = $notation
            EXCEPT SELECT s, p, o, g[$start:] FROM {TOUCHED} WHERE came
            UNION SELECT s, p, o, g[$start:] FROM {TOUCHED} WHERE NOT came AND p = $notation
        )
        SELECT subject_of(s) AS iri, list(DISTINCT lexical(o)) FROM had
        WHERE iri IN (FROM {RENEWED}) GROUP BY iri
        """,
        {"notation": expand("skos:notation"), "start": len(GRAPH) + 1},
    ).fetchall()
    return dict(rows)


def _rewrite_words(
    connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection, words: SpellingDictionary
) -> None:
    """Write the words again, and their index where there are others than before."""
    unused = words.list_unused_words()
    before = {word for (word,) in file.execute("SELECT word FROM word WHERE records > 0")}
    if unused & before:
        words.drop_words(unused)
        add_concept_names(connection, words)
    rows = list(words.iterate_rows())
    is_same = file.execute("SELECT id, word FROM word ORDER BY id").fetchall() == [
        row[:2] for row in rows
    ]
    if is_same:
        file.executemany(
            "UPDATE word SET records = ?3, territories = ?4 "
            "WHERE id = ?1 AND (records <> ?3 OR territories <> ?4)",
            [(number, None, *counts) for number, _, *counts in rows],
        )
        return
    file.execute("DELETE FROM word")
    insert_rows(file, "word", rows)
    file.execute("INSERT INTO near (near) VALUES ('rebuild')")
