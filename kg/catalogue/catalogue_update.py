"""Catalogue update: the file of an earlier release with the records replaced that changed.

Records are numbered in the order of their labels, and sets of records are made of these numbers. As
long as the same records stand in the same order, the rows, texts and sets of all but a few stay as
they are. Where they do not, or where what changed reaches too far to be told, the catalogue is
written anew.
"""

import shutil
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

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
from kg.catalogue.posting_update import update_postings
from kg.catalogue.same_things import RESOLUTION_GRAPH, rewrite_pairs, stage_same_things
from kg.catalogue.territory_closure import list_edge_predicates
from kg.catalogue.text_index import IndexedText, SpellingDictionary, index_record, join_texts
from kg.catalogue.writer import (
    SORT_KEY_SQL,
    insert_rows,
    read_labels,
    stage_entities,
    write_entities,
    write_versions,
)
from kg.csvw_tables import OTHER_LABELS, Table, list_names
from kg.kinds import KIND_BY_NAME
from kg.namespaces import GRAPH, ID, RDF_TYPE, SCHEME, expand
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
    cells: Mapping[str, Sequence[str]]

    @property
    def iri(self) -> str:
        return f"{ID}{self.kind}/{self.key}"

    @property
    def sorted_name(self) -> str:
        """The name by which it is sorted in French."""
        others = list_names(self.cells, [OTHER_LABELS])
        return self.label_fr or self.label_en or (others[0] if others else self.key)


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
    _stage_touched(connection, *difference)
    if not _is_local(connection):
        return False
    _stage_renewed(connection, tables)
    shutil.copyfile(earlier, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; BEGIN"
        )
        words = SpellingDictionary(file.execute("SELECT word, records, territories FROM word"))
        # without a schema, the name is that of the temporary view from here on
        connection.execute(f"CREATE TEMP VIEW {QUADS} AS FROM narrowed")
        try:
            is_done = _replace_records(connection, file, tables, words, track)
        finally:
            connection.execute(f"DROP VIEW temp.{QUADS}; DROP TABLE narrowed")
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
    """Whether no record came or went, no territory changed, and no code list or link of records."""
    concept = f"starts_with(s, {sql.literal(SCHEME)}) AND contains(s[{len(SCHEME) + 1}:], '/')"
    return not sql.select_number(
        connection,
        "SELECT (SELECT count(*) FROM change WHERE change <> 'updated' OR kind = 'territory') + "
        f"(SELECT count(*) FROM {TOUCHED} WHERE {concept} "
        f"OR g = {sql.literal(GRAPH + RESOLUTION_GRAPH)})",
    )


def _stage_renewed(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]) -> None:
    """Make `renewed` (iri), and `narrowed` of the quads of these records, of what they point to
    and of what else was touched."""
    stage_same_things(connection)
    placing = ", ".join(map(sql.literal, sorted(list_edge_predicates(tables))))
    related = ", ".join(sql.literal(expand(name)) for name in RELATED_PROPERTIES)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE pointing AS
        SELECT s AS low, o[2:-2] AS high, p IN ({placing}) AS places FROM {QUADS}
        WHERE p IN ({placing}, {related}) AND starts_with(o, {sql.literal(f"<{ID}")});
        CREATE OR REPLACE TEMP TABLE {RENEWED} AS
        WITH RECURSIVE bound(low, high) AS (
            SELECT low, high FROM pointing WHERE places
            UNION SELECT iri, lead FROM same_thing UNION SELECT lead, iri FROM same_thing
        ), reached(iri) AS (
            SELECT {sql.literal(ID)} || kind || '/' || key FROM change
            UNION SELECT low FROM reached JOIN bound ON high = iri
        ) FROM reached;
        CREATE OR REPLACE TEMP TABLE narrowed AS
        WITH RECURSIVE around(iri) AS (
            FROM {RENEWED} UNION SELECT high FROM around JOIN pointing ON low = iri
        )
        SELECT * FROM {QUADS} WHERE split_part(s, '#', 1) IN (FROM around)
            OR s IN (SELECT s FROM {TOUCHED});
        DROP TABLE pointing
        """
    )


def _replace_records(
    connection: duckdb.DuckDBPyConnection,
    file: sqlite3.Connection,
    tables: Mapping[str, Table],
    words: SpellingDictionary,
    track: ProgressCallback,
) -> bool:
    """Replace what the file has of the renewed records, except of words; False where their order is
    another one."""
    which = f"iri IN (FROM {RENEWED})"
    before = _stage_numbers(connection, file, tables, which)
    if before is None:
        return False
    named = _read_named(file, before)
    organisations = list(read_affiliated(connection, which))
    if named.keys() != {each.id for each in organisations}:
        return False
    numbers = [record.id for record in before]
    computed = _read_computed(file, numbers)
    _remove_records(connection, file, before, words)
    write_entities(connection, file, track, words, which)
    update_postings(
        connection, file, numbers, is_computed=computed != _read_computed(file, numbers)
    )
    names = [
        describe_organisation(each.id, each.cells, *named[each.id])
        for each in before
        if each.id in named
    ]
    update_names(file, names, organisations)
    touched = connection.execute(f"SELECT DISTINCT s FROM {TOUCHED}").fetchall()
    file.executemany("DELETE FROM label WHERE iri = ?", touched)
    insert_rows(file, "label", read_labels(connection), "INSERT OR REPLACE")
    file.execute("DELETE FROM change")
    file.execute("DELETE FROM departed")
    write_versions(connection, file)
    return True


def _stage_numbers(
    connection: duckdb.DuckDBPyConnection,
    file: sqlite3.Connection,
    tables: Mapping[str, Table],
    which: str,
) -> list[_Record] | None:
    """Stage the records under the numbers that they have in the file.

    The renewed ones as they are there; None where they are others, or in another order.
    """
    renewed = {iri for (iri,) in connection.execute(f"FROM {RENEWED}").fetchall()}
    typed = {
        iri
        for (iri,) in connection.execute(
            f"SELECT DISTINCT s FROM {QUADS} WHERE p = ? AND starts_with(s, ?) "
            "AND NOT contains(s, '#')",
            [RDF_TYPE, ID],
        ).fetchall()
    }
    known = _read_records(file, sorted(renewed | typed))
    if {iri for iri in renewed & typed if _is_of_kind(iri)} != renewed & known.keys():
        return None
    starts = dict(file.execute("SELECT name, first FROM kind").fetchall())
    rows = [(r.kind, r.key, r.id, r.id - starts[r.kind], r.sorted_name) for r in known.values()]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE known_record AS SELECT unnest($1::VARCHAR[]) AS kind, "
        "unnest($2::VARCHAR[]) AS key, unnest($3::BIGINT[]) AS id, "
        "unnest($4::BIGINT[]) AS ordinal, unnest($5::VARCHAR[]) AS name",
        [list(column) for column in zip(*rows, strict=True)] or [[]] * 5,
    )
    stage_entities(connection, tables, "(SELECT kind, key, id, ordinal FROM known_record)")
    if not _keep_their_places(connection, file, which):
        return None
    return sorted((known[iri] for iri in renewed & known.keys()), key=attrgetter("id"))


def _keep_their_places(
    connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection, which: str
) -> bool:
    """Whether the staged records that have other names now are in order with those beside them."""
    renamed = connection.execute(
        f"SELECT id FROM entity JOIN known_record USING (id) WHERE {which} "
        f"AND sort_fr <> {SORT_KEY_SQL.format('name')}"
    ).fetchall()
    beside = {number + step for (number,) in renamed for step in (-1, 0, 1)}
    records = _select_records(
        file, "id IN (SELECT value FROM json_each(?))", orjson.dumps([*beside]).decode()
    )
    stood_for = {number for (number,) in file.execute("SELECT id FROM same")}
    rows = [(r.id, r.kind, r.key, r.sorted_name, r.id in stood_for) for r in records]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE beside AS SELECT unnest($1::BIGINT[]) AS id, "
        "unnest($2::VARCHAR[]) AS kind, unnest($3::VARCHAR[]) AS key, "
        "unnest($4::VARCHAR[]) AS name, unnest($5::BOOLEAN[]) AS stood_for",
        [list(column) for column in zip(*rows, strict=True)] or [[]] * 5,
    )
    return not sql.select_number(
        connection,
        f"""
        WITH placed AS (
            SELECT id, b.kind, stood_for, b.key, coalesce(sort_fr, {SORT_KEY_SQL.format("name")})
                AS sorted FROM beside b LEFT JOIN entity USING (id))
        SELECT count(*) FROM placed a JOIN placed b ON b.id = a.id + 1
        AND b.kind = a.kind AND b.stood_for = a.stood_for
        WHERE (a.sorted, a.key) > (b.sorted, b.key)
        """,
    )


def _is_of_kind(iri: str) -> bool:
    return iri.removeprefix(ID).partition("/")[0] in KIND_BY_NAME


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
        f"SELECT id, kind, key, label_fr, label_en, cells FROM entity WHERE {condition}", values
    )
    return [
        _Record(number, kind, key, label_fr, label_en, orjson.loads(cells))
        for number, kind, key, label_fr, label_en, cells in rows
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


def _read_computed(file: sqlite3.Connection, numbers: Iterable[int]) -> list[tuple[Any, ...]]:
    """What the computed sets of records are made of (`write_computed_postings`)."""
    rows = []
    for number in numbers:
        kind, *values, cells = file.execute(
            "SELECT kind, begins, ends, sequence, population, latitude, longitude, point_of, "
            "cells FROM entity WHERE id = ?",
            (number,),
        ).fetchone()
        dates = KIND_BY_NAME[kind].dates[:1]
        rows.append((*values, *(orjson.loads(cells).get(column) for column in dates)))
    return rows


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
    for table in ("entity", "spot"):
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
