"""Withdrawn records (`gone.csv`) and replaced keys (`moved.csv`), read and validated.

An invalid row stops the build, with its row number: a misspelt withdrawal would leave the record
public.
"""

import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.catalogue.schema import open_read_only
from kg.errors import BuildError
from kg.kinds import KIND_BY_NAME
from kg.namespaces import ID
from kg.release_layout import Release
from kg.sources import open_tables
from kg.work_tables import DEPENDENCIES, QUADS, RECORDS, REFUSED, RENAMED, UNUSABLE

WITHDRAWN_FILE: Final = "gone.csv"
MOVED_FILE: Final = "moved.csv"
KEY_PATTERN: Final = re.compile(
    r'(?P<kind>[a-z]+)/[^\x00-\x20<>"{}|\\^`#]+(?:#[^\x00-\x20<>"{}|\\^`#]+)?'
)
DAY_PATTERN: Final = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?(T\S+)?")
OBJECT_RECORD_SQL: Final = "split_part(split_part({}[2:], '>', 1), '#', 1)"
"""SQL of the IRI of the record that an object refers to."""


@dataclass(frozen=True)
class WithdrawnRecord:
    """Record that must no longer be published."""

    row: int
    iri: str
    since: str


@dataclass(frozen=True)
class KeyMove:
    """Key and the key that replaces it."""

    row: int
    old: str
    new: str


@dataclass(frozen=True)
class KeyChanges:
    """Withdrawn records and replaced keys of an installation."""

    withdrawn: Sequence[WithdrawnRecord]
    moves: Sequence[KeyMove]


def read_key_changes(folder: Path) -> KeyChanges:
    """Read `gone.csv` and `moved.csv` in a folder. Raises BuildError with the row."""
    withdrawn = read_withdrawn_records(folder / WITHDRAWN_FILE)
    return KeyChanges(withdrawn, read_key_moves(folder / MOVED_FILE, withdrawn))


def apply_key_changes(
    db: duckdb.DuckDBPyConnection,
    changes: KeyChanges,
    find_known: Callable[[Iterable[str]], Iterable[str]],
    accept_loss: Collection[str],
) -> list[str]:
    """Check the changes, replace keys and remove records; return notes, one sentence each.

    `find_known` filters IRIs to those that the previous release has or had. Raises BuildError for
    the withdrawal of an unknown record, unless `accept_loss` names `gone.csv`.
    """
    withdrawn, moves = changes.withdrawn, changes.moves
    known_iris = find_known([each.iri for each in withdrawn] + [move.old for move in moves])
    accept = WITHDRAWN_FILE in accept_loss
    notes = check_moves_and_withdrawals(db, withdrawn, moves, known_iris, accept=accept)
    # keys first: `gone.csv` names records by their new keys
    apply_key_moves(db, moves)
    remove_withdrawn_records(db, withdrawn)
    return notes


def read_withdrawn_records(path: Path) -> list[WithdrawnRecord]:
    """Read `gone.csv`; empty where it is absent. Raises BuildError with the row."""
    records = []
    for row, cells in _read_rows(path, ("record", "since")):
        if not DAY_PATTERN.fullmatch(cells["since"]):
            raise _make_row_error(path, row, f"since = {cells['since']!r} is no day (2026-11-29)")
        records.append(WithdrawnRecord(row, _parse_key(path, row, cells["record"]), cells["since"]))
    return records


def read_key_moves(path: Path, gone: Iterable[WithdrawnRecord]) -> list[KeyMove]:
    """Read `moved.csv`, with each chain of moves resolved to its last key.

    Raises BuildError with the row of a cycle, of a key moved twice, and of a move from or to a
    withdrawn record.
    """
    withdrawn = {each.iri: each for each in gone}
    moves: dict[str, KeyMove] = {}
    for row, cells in _read_rows(path, ("old", "new")):
        move = KeyMove(
            row, _parse_key(path, row, cells["old"]), _parse_key(path, row, cells["new"])
        )
        before = moves.setdefault(move.old, move)
        if before.new != move.new:
            raise _make_row_error(
                path, row, f"{_shorten_key(move.old)} is moved in row {before.row} already"
            )
        for iri in (move.old, move.new):
            if iri in withdrawn:
                at = f"row {withdrawn[iri].row} of {WITHDRAWN_FILE}"
                raise _make_row_error(path, row, f"{_shorten_key(iri)} is withdrawn ({at})")
    return [
        KeyMove(move.row, move.old, _follow_chain(path, move, moves)) for move in moves.values()
    ]


def _follow_chain(path: Path, move: KeyMove, moves: Mapping[str, KeyMove]) -> str:
    seen, last = {move.old}, move.new
    while last in moves and last not in seen:
        seen.add(last)
        last = moves[last].new
    if last in seen:
        raise _make_row_error(
            path, move.row, f"{_shorten_key(move.old)} leads back to {_shorten_key(last)}: a loop"
        )
    return last


def read_release_moves(release: Path) -> list[KeyMove]:
    """Read the moves of a release folder: checked files may use its former keys."""
    try:
        file = open_read_only(Release(release).catalogue)
        try:
            rows = file.execute("SELECT old, new FROM moved ORDER BY old").fetchall()
        finally:
            file.close()
    except sqlite3.Error:  # a damaged catalogue: files are checked without moves
        return []
    return [KeyMove(0, old, new) for old, new in rows]


def check_moves_and_withdrawals(
    db: duckdb.DuckDBPyConnection,
    gone: Sequence[WithdrawnRecord],
    moves: Sequence[KeyMove],
    known_before: Iterable[str],
    *,
    accept: bool = False,
) -> list[str]:
    """Check the rows against the sources; return notes, one sentence each.

    `known_before` are those of their IRIs that the previous release knew. Raises BuildError for a
    move to an unknown key and, unless `accept`, for the withdrawal of an unknown record.
    """
    mentioned_iris = _find_mentioned_records(
        db, [*(each.iri for each in gone), *(m.old for m in moves)]
    )
    known_iris = mentioned_iris | set(known_before)
    for each in gone:
        if each.iri not in known_iris and not accept:
            raise _make_row_error(
                Path(WITHDRAWN_FILE), each.row,
                f"{_shorten_key(each.iri)} is no record of the sources or of the release before: "
                "correct "
                "the key, or, if it has left them since, build with --accept-loss "
                f"{WITHDRAWN_FILE}",
            )  # fmt: skip
    ends = _find_records(db, [move.new for move in moves])
    notes = []
    for move in moves:
        if move.new not in ends:
            raise _make_row_error(
                Path(MOVED_FILE), move.row,
                f"{_shorten_key(move.old)} leads to {_shorten_key(move.new)}, which is no record "
                "of the sources",
            )  # fmt: skip
        if move.old not in known_iris:
            notes.append(
                f"{MOVED_FILE}, row {move.row}: nothing is said of {_shorten_key(move.old)}, in "
                "the sources or "
                "in the release before; is its key written so?"
            )
    return notes


def remove_withdrawn_records(
    db: duckdb.DuckDBPyConnection, gone: Sequence[WithdrawnRecord]
) -> None:
    """Remove withdrawn records, with all statements about them or linking to them."""
    if not gone:
        return
    db.execute("CREATE OR REPLACE TEMP TABLE withdrawn AS SELECT unnest(?::VARCHAR[]) AS iri",
        [[each.iri for each in gone]])  # fmt: skip
    withdrawn_sql = "(SELECT iri FROM withdrawn)"
    db.execute(
        f"DELETE FROM {QUADS} WHERE s IN {withdrawn_sql} OR split_part(s, '#', 1) IN "
        f"{withdrawn_sql} OR (o[1] = '<' AND (o[2:-2] IN {withdrawn_sql} "
        f"OR {OBJECT_RECORD_SQL.format('o')} IN {withdrawn_sql})) "
        f"OR record IN (SELECT record FROM {DEPENDENCIES} WHERE needs IN {withdrawn_sql})"
    )


def apply_key_moves(db: duckdb.DuckDBPyConnection, moves: Sequence[KeyMove]) -> None:
    """Replace former keys in all statements; log the changed rows in `renamed`.

    A row with the former key is rejected if its source also has a row with the new key.
    """
    if not moves:
        return
    columns = [[move.old for move in moves], [move.new for move in moves]]
    root = OBJECT_RECORD_SQL.format("o")
    db.execute(
        "CREATE OR REPLACE TEMP TABLE moves AS SELECT unnest(?::VARCHAR[]) AS old, "
        "unnest(?::VARCHAR[]) AS new", columns)  # fmt: skip
    old = "(SELECT old FROM moves)"
    db.execute(
        f"""CREATE OR REPLACE TEMP TABLE taken AS SELECT record, old FROM (
            SELECT record, old, row_number() OVER (PARTITION BY source, tbl, coalesce(new, subject)
                ORDER BY old IS NOT NULL, record) AS place
            FROM {RECORDS} LEFT JOIN moves ON subject = old
            WHERE subject IN (SELECT new FROM moves UNION SELECT old FROM moves)
            AND record NOT IN (SELECT record FROM {UNUSABLE}) AND subject IN (SELECT s FROM {QUADS})
        ) WHERE place > 1 AND old IS NOT NULL;
        INSERT INTO {UNUSABLE} SELECT record, 'key-duplicate', 'id', split_part(old, '/', -1)
        FROM taken;
        DELETE FROM {QUADS} WHERE record IN (SELECT record FROM taken);
        INSERT INTO {RENAMED} SELECT DISTINCT source, record FROM {QUADS} WHERE record IS NOT NULL
        AND (split_part(s, '#', 1) IN {old} OR (o[1] = '<' AND {root} IN {old}));
        UPDATE {QUADS} SET s = new || s[len(old) + 1:] FROM moves WHERE split_part(s, '#', 1) = old;
        UPDATE {QUADS} SET o = '<' || new || o[len(old) + 2:] FROM moves
        WHERE o[1] = '<' AND {root} = old;
        UPDATE {DEPENDENCIES} SET needs = new || needs[len(old) + 1:] FROM moves
        WHERE split_part(needs, '#', 1) = old;
        UPDATE {RECORDS} SET subject = new || subject[len(old) + 1:] FROM moves
        WHERE split_part(subject, '#', 1) = old"""
    )


def filter_effective_moves(
    db: duckdb.DuckDBPyConnection, moves: Sequence[KeyMove]
) -> list[tuple[str, str]]:
    """Return (old, new) of the moves whose new key was accepted."""
    rows = db.execute(
        f"SELECT DISTINCT subject FROM {RECORDS} JOIN {REFUSED} USING (record) WHERE subject IN "
        f"(SELECT unnest(?::VARCHAR[])) AND subject NOT IN (SELECT s FROM {QUADS})",
        [[move.new for move in moves]],
    ).fetchall()
    refused = {iri for (iri,) in rows}
    return [(move.old, move.new) for move in moves if move.new not in refused]


def _read_rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, str]]]:
    if not path.is_file() or not path.stat().st_size:
        return
    with duckdb.connect() as db:
        db.execute("SET enable_progress_bar = false")
        (opened,) = open_tables(db, path, "rows")[:1]
        names = {column.strip().lower(): column for column in opened.columns}
        if missing := [name for name in needed if name not in names]:
            raise BuildError(f"{path.name}: no column {', '.join(missing)}")
        for row, text in db.execute(
            f'SELECT "row", text FROM {sql.identifier(opened.malformed)} ORDER BY 1'
        ).fetchall():
            raise _make_row_error(path, row, f"the line cannot be read: {text!r}")
        cells = ", ".join(f"trim({sql.identifier(names[name])})" for name in needed)
        for row, *cell_values in db.execute(
            f"SELECT _row, {cells} FROM {sql.identifier(opened.view)} ORDER BY _row"
        ).fetchall():
            values = dict(zip(needed, (value or "" for value in cell_values), strict=True))
            if empty := [name for name, value in values.items() if not value]:
                raise _make_row_error(path, row, f"no {' and no '.join(empty)}")
            yield row, values


def _parse_key(path: Path, row: int, key: str) -> str:
    key = key.removeprefix(ID)
    match = KEY_PATTERN.fullmatch(key)
    if match is None or match["kind"] not in KIND_BY_NAME:
        kinds = ", ".join(KIND_BY_NAME)
        raise _make_row_error(path, row, f"{key!r} is no kind/key (kinds: {kinds})")
    return ID + key


def _find_mentioned_records(db: duckdb.DuckDBPyConnection, iris: Sequence[str]) -> set[str]:
    """Return those of some IRIs that a row describes or refers to."""
    if not iris:
        return set()
    rows = db.execute(
        "WITH candidate AS (SELECT unnest($1::VARCHAR[]) AS iri) "
        f"SELECT subject FROM {RECORDS} WHERE subject IN (FROM candidate) "
        f"UNION SELECT o[2:-2] FROM {QUADS} WHERE o IN (SELECT '<' || iri || '>' FROM candidate)",
        [list(iris)],
    ).fetchall()
    return {iri for (iri,) in rows}


def _find_records(db: duckdb.DuckDBPyConnection, iris: Sequence[str]) -> set[str]:
    rows = db.execute(
        f"SELECT DISTINCT subject FROM {RECORDS} WHERE subject IN (SELECT unnest(?::VARCHAR[]))",
        [list(iris)],
    ).fetchall()
    return {iri for (iri,) in rows}


def _shorten_key(iri: str) -> str:
    return iri.removeprefix(ID)


def _make_row_error(path: Path, row: int, what: str) -> BuildError:
    return BuildError(f"{path.name}, row {row}: {what}; what was served has not changed")
