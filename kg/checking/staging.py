"""A file as lines of a canonical table: its headings renamed, its keys read, its gaps noted.

Cells are those of the file. A row without any key gets one that only lasts for the check, so that
its other cells are judged too; so does a required text of which the file has no column.
"""

from dataclasses import dataclass
from typing import Final

import duckdb

from kg import sql
from kg.checking.disclosure import refuse_undisclosed
from kg.checking.readings import Reading
from kg.checking.recognise import Recognised
from kg.mapping import map_lines
from kg.mapping.malformed import note_lines
from kg.namespaces import SCHEME, expand
from kg.sources import Lines, Opened, Source
from kg.tables import Column, slots

STAND_INS: Final = {("territories", "kind"): "natural-area"}
"""Codes that stand in for an absent column, where the example of the column implies too much."""


@dataclass(frozen=True)
class Staged:
    """The lines of a file in the work database."""

    first: int
    """The record before its first."""
    read: int
    keyless: int
    """Rows to which nothing gives a key."""
    counts: tuple[tuple[Reading, str, int], ...]
    """Readings of registers with their heading and the number of cells they read."""


def stage(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    recognised: Recognised,
    opened: Opened,
    number: int,
) -> Staged:
    """Maps the rows of a file to quads, each row being one record of the work database."""
    first = _last(db)
    _note_headings(db, source, recognised, opened)
    lines = _lines(db, recognised, opened, number)
    counts = _counted(db, recognised, lines.view)
    if set(_key_columns(recognised)) & set(recognised.missing):
        _note_only(db, source, lines, first)
    else:
        map_lines(db, source, lines)
        _identify(db, source, recognised, lines, first)
    refuse_undisclosed(db, recognised, opened, first)
    _note_originals(db, recognised, opened, first)
    keyless = _note_keyless(db, recognised, number, first)
    note_lines(db, source.name, recognised.table.name, opened)
    db.execute(f"DROP TABLE {sql.name(lines.view)}")
    return Staged(first, _last(db) - first, keyless, counts)


def temporary(number: int) -> str:
    """How the keys begin that rows without a key have for the length of the check."""
    return f"sans-cle-{number}-ligne-"


def _key_columns(recognised: Recognised) -> tuple[str, ...]:
    """The columns besides `id` without which a row of the table has no address."""
    return tuple(name for name in slots(recognised.table.about) if name != "id")


def _note_headings(
    db: duckdb.DuckDBPyConnection, source: Source, recognised: Recognised, opened: Opened
) -> None:
    given = dict(recognised.matched.columns)
    for reading, heading in recognised.readings:
        given.setdefault(reading.column, heading)
        if reading.copies:
            given.setdefault(reading.copies, heading)
        if reading.scheme:
            given.setdefault(_fragment(reading), heading)
    places = dict(zip(opened.columns, opened.positions or range(len(opened.columns)), strict=True))
    rows = [
        [source.name, opened.file, recognised.table.name, column, heading, places[heading]]
        for column, heading in given.items()
    ]
    if rows:
        db.executemany("INSERT INTO headings VALUES (?, ?, ?, ?, ?, ?)", rows)


def _lines(
    db: duckdb.DuckDBPyConnection, recognised: Recognised, opened: Opened, number: int
) -> Lines:
    """The rows in canonical columns, with what each reading gave (`_read_0`, `_number_0`…)."""
    name = f"lines_check_{number}"
    cells = [
        f"{_cell(recognised, column, number)} AS {sql.name(column.name)}"
        for column in recognised.table.real
    ]
    for n, (_, heading) in enumerate(recognised.readings):
        cells.append(f"{_used(recognised, n)} AS _read_{n}")
        cells.append(f"{_text(heading)} AS _number_{n}")
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE {sql.name(name)} AS "
        f"SELECT {', '.join(cells)}, {sql.text(opened.file)} AS _file, _row "
        f"FROM {sql.name(opened.view)}"
    )
    return Lines(recognised.table, name, opened.file)


def _counted(
    db: duckdb.DuckDBPyConnection, recognised: Recognised, view: str
) -> tuple[tuple[Reading, str, int], ...]:
    counts = [f"count(_read_{n})" for n in range(len(recognised.readings))]
    if not counts:
        return ()
    found = db.execute(f"SELECT {', '.join(counts)} FROM {sql.name(view)}").fetchone() or ()
    pairs = zip(recognised.readings, found, strict=True)
    return tuple((reading, heading, count) for (reading, heading), count in pairs if count)


def _cell(recognised: Recognised, column: Column, number: int) -> str:
    """The SQL of a canonical cell: the file's own, what a register's number gives, a stand-in."""
    heading = recognised.matched.columns.get(column.name)
    own = [_text(heading)] if heading else []
    read = [_reading(recognised, r, h) for r, h in recognised.readings if r.column == column.name]
    if column.name == "id":
        last = f"{sql.text(temporary(number))} || _row"
        return f"coalesce({', '.join([*_keys(recognised), last])})"
    copied = [_text(h) for r, h in recognised.readings if r.copies == column.name]
    as_is = [_text(h) for r, h in recognised.readings if r.column == column.name]
    constant = [
        sql.text(value)
        for r, _ in recognised.readings
        for name, value in r.constants
        if name == column.name
    ]
    found = [*read, *own, *copied, *as_is] or constant or _stand_in(recognised, column)
    return f"coalesce({', '.join(found)})" if found else "CAST(NULL AS VARCHAR)"


def _keys(recognised: Recognised) -> list[str]:
    """What gives a row its key, the first that has something winning.

    A column called `id` wins; the numbers of registers win over what else is called a key.
    """
    heading = recognised.matched.columns.get("id")
    own = [_text(heading)] if heading else []
    of_key = [(r, h) for r, h in recognised.readings if r.column == "id"]
    same = [_reading(recognised, r, h) for r, h in of_key if h == heading]
    others = [_reading(recognised, r, h) for r, h in of_key if h != heading]
    return [*same, *own, *others] if recognised.has_id else [*same, *others, *own]


def _used(recognised: Recognised, n: int) -> str:
    """What a reading gave, null where the cell got its value from something before it."""
    reading, heading = recognised.readings[n]
    value = _reading(recognised, reading, heading)
    if reading.column != "id":
        return value
    keys = _keys(recognised)
    before = keys[: keys.index(value)]
    return f"CASE WHEN coalesce({', '.join(before)}) IS NULL THEN {value} END" if before else value


def _stand_in(recognised: Recognised, column: Column) -> list[str]:
    if column.name not in recognised.missing:
        return []
    if column.scheme:
        code = STAND_INS.get((recognised.table.name, column.name), column.example)
        return [sql.text(code)]
    return ["'(' || _row || ')'"] if column.lang else []


def _text(heading: str) -> str:
    return f"nullif(trim(CAST({sql.name(heading)} AS VARCHAR)), '')"


def _reading(recognised: Recognised, reading: Reading, heading: str) -> str:
    """The value a cell gives; null where it does not have the form of its register."""
    cell, pattern = _text(heading), sql.text(f"^{reading.pattern}$")
    if reading.codes:
        return _coded(reading, cell)
    before, after = (sql.text(part) for part in reading.template.split("{}"))
    kinds = [_coded(r, _text(h)) for r, h in recognised.readings if r.codes]
    if kinds and reading.constants:
        before = f"{kinds[0]} || '-'"
    return (
        f"CASE WHEN regexp_matches({cell}, {pattern}) AND NOT {_nothing(cell)} THEN {before} || "
        f"regexp_extract({cell}, {pattern}, 1) || {after} END"
    )


def _nothing(cell: str) -> str:
    """Whether a number is all zeros: what stands in registers where there is none."""
    return f"regexp_full_match({cell}, '0+')"


def _coded(reading: Reading, cell: str) -> str:
    cases = " ".join(f"WHEN {sql.text(a)} THEN {sql.text(b)}" for a, b in reading.codes)
    return f"CASE {cell} {cases} END"


def _note_only(db: duckdb.DuckDBPyConnection, source: Source, lines: Lines, first: int) -> None:
    """Rows that cannot have an address: they are records, and nothing more."""
    db.execute(
        f"INSERT INTO records SELECT {first} + row_number() OVER (), {sql.text(source.name)}, "
        f"{sql.text(lines.table.name)}, _file, _row, NULL, '' FROM {sql.name(lines.view)}"
    )


def _identify(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    recognised: Recognised,
    lines: Lines,
    first: int,
) -> None:
    """The numbers of registers are identifiers of their records, whatever their form."""
    concept = f"<{SCHEME}identifier-scheme/"
    for n, (reading, _) in enumerate(recognised.readings):
        if not reading.scheme:
            continue
        number = f"subject || '#{_fragment(reading)}'"
        said = (
            ("subject", "adms:identifier", f"'<' || {number} || '>'"),
            (number, "rdf:type", sql.text(f"<{expand('adms:Identifier')}>")),
            (number, "dct:conformsTo", sql.text(f"{concept}{reading.scheme}>")),
            (number, "skos:notation", f"text(_number_{n})"),
        )
        told = " UNION ALL ".join(
            f"SELECT record, {s} AS s, {sql.text(expand(p))} AS p, {o} AS o FROM numbered"
            for s, p, o in said
        )
        db.execute(
            f"INSERT INTO quads WITH numbered AS (SELECT r.record, r.subject, v._number_{n} "
            f'FROM records AS r JOIN {sql.name(lines.view)} AS v ON v._row = r."row" '
            f"WHERE r.record > {first} AND v._number_{n} IS NOT NULL "
            f"AND NOT {_nothing(f'v._number_{n}')} "
            f"AND r.record NOT IN (SELECT record FROM unusable)) "
            f"SELECT {sql.text(source.name)}, * FROM ({told})"
        )


def _fragment(reading: Reading) -> str:
    """How the identifier of a reading is called beside its record: in addresses and headings."""
    return f"identifier-{reading.scheme}"


def _note_originals(
    db: duckdb.DuckDBPyConnection, recognised: Recognised, opened: Opened, first: int
) -> None:
    """The rows as the file has them, where its columns are not just the canonical ones."""
    if set(opened.columns) <= set(recognised.table.names):
        return
    # every name says whose it is: a file may call its columns as these tables do
    cells = ", ".join(f"{sql.text(name)}: v.{sql.name(name)}" for name in opened.columns)
    db.execute(f"DELETE FROM originals WHERE record > {first}")
    db.execute(
        f"INSERT INTO originals SELECT r.record, to_json({{{cells}}}) FROM records AS r "
        f'JOIN {sql.name(opened.view)} AS v ON v._row = r."row" WHERE r.record > {first}'
    )


def _note_keyless(
    db: duckdb.DuckDBPyConnection, recognised: Recognised, number: int, first: int
) -> int:
    """Refuses the rows whose key is only temporary; how many."""
    problem = "key-number-missing" if _by_number(recognised) else "key-missing"
    where = f"record > {first} AND contains(subject, {sql.text(temporary(number))})"
    if recognised.gives_key:
        db.execute(
            f"INSERT INTO unusable SELECT record, {sql.text(problem)}, 'id', '' FROM records "
            f"WHERE {where} AND record NOT IN (SELECT record FROM unusable)"
        )
    return _one(db, f"SELECT count(*) FROM records WHERE {where}")


def _by_number(recognised: Recognised) -> bool:
    """Whether it is the numbers of registers that give the rows their keys."""
    return not recognised.has_id and any(r.column == "id" for r, _ in recognised.readings)


def _last(db: duckdb.DuckDBPyConnection) -> int:
    return _one(db, "SELECT coalesce(max(record), 0) FROM records")


def _one(db: duckdb.DuckDBPyConnection, query: str) -> int:
    row = db.execute(query).fetchone()
    return int(row[0]) if row else 0
