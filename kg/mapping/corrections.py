"""Corrections of single rows, stored beside the sources and applied by a build after reading.

`corrections/<source>/<table>.csv` identifies each row by a digest of its rejected content, so that
a correction applies wherever the row has moved to. File and row number only distinguish rows with
equal content. Where other cells of the row have changed since, the correction applies to the row of
the same key as long as the corrected cells still have the content that they had (`_was`). One that
applies to no row is skipped and reported. Source files themselves are never edited.
"""

import csv
import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.sources import SourceRows
from kg.work_tables import CORRECTIONS, RAW_LINE_COLUMN

CORRECTION_COLUMNS: Final = ("_file", "_row", "_digest", "_on", "_by", "_was")


@dataclass(frozen=True)
class Correction:
    """Corrected cells of one row."""

    file: str
    row: int
    digest: str
    made_on: str
    made_by: str
    cells: Mapping[str, str]
    was: Mapping[str, str] = field(default_factory=dict)
    """The corrected cells as they were, empty ones as an empty text."""


def build_digest_sql(cells: Mapping[str, str]) -> str:
    """Return the SQL of the digest of a row, given the SQL of its non-empty cells."""
    parts = ", ".join(
        f"{sql.literal(name + '=')} || nullif(trim({cell}), '')"
        for name, cell in sorted(cells.items())
    )
    return f"left(sha256(concat_ws(chr(31), {parts})), 16)"


def apply_corrections(
    db: duckdb.DuckDBPyConnection, source: str, lines: SourceRows, folder: Path
) -> SourceRows:
    """Apply the corrections in `folder` to the rows of a table; log them in the work database."""
    path = folder / f"{lines.table.name}.csv"
    if not path.is_file():
        return lines
    _load_corrections(db, path, lines)
    _match_rows(db, lines)
    table, file = lines.table, sql.literal(lines.file)
    chosen = ", ".join(
        f"CASE WHEN f._row IS NULL OR (f._was IS NOT NULL AND {_build_was_sql(n)} IS NULL) "
        f"THEN v.{sql.identifier(n)} ELSE f.{sql.identifier(n)} END AS {sql.identifier(n)}"
        for n in table.names
    )
    dated = f", v.{sql.identifier(lines.dated)}" if lines.dated not in ("", *table.names) else ""
    view = f"corrected_{lines.view}"
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE {sql.identifier(view)} AS SELECT {chosen}, "
        f"coalesce(v._file, {file}) AS _file, v._row{dated} "
        f"FROM {sql.identifier(lines.view)} v LEFT JOIN "
        "(SELECT f.*, m.file, m.row, m.digest FROM fixes f JOIN matched m USING (n) "
        f"WHERE m.part = 0) f ON f.file = coalesce(v._file, {file}) AND f.row = v._row "
        f"AND f.digest = {_build_row_digest_sql(lines)}"
    )
    for part, opened in enumerate(lines.files, 1):
        _restore_malformed_rows(db, lines, view, part, opened.malformed)
    _log_corrections(db, source, lines)
    db.execute(
        f"CREATE OR REPLACE TEMP VIEW {sql.identifier('ordered_' + view)} AS "
        f"SELECT * FROM {sql.identifier(view)} ORDER BY _file, _row"
    )
    return replace(lines, view="ordered_" + view)


def _match_rows(db: duckdb.DuckDBPyConnection, lines: SourceRows) -> None:
    """Create `matched` (n, file, row, part, digest): the row that each correction applies to.

    `part` is 0 for a row that could be read, else the number of the file with the unreadable line.
    Rows of equal content are matched by position first, then in order.
    """
    own = _build_row_digest_sql(lines)
    digests_sql = "(SELECT _digest FROM fixes)"
    parts = [
        f"SELECT coalesce(v._file, {sql.literal(lines.file)}) AS file, v._row AS row, "
        f"{own} AS digest, 0 AS part FROM {sql.identifier(lines.view)} v WHERE {own} IN "
        f"{digests_sql}"
    ]
    mark = build_digest_sql({RAW_LINE_COLUMN: "m.text"})
    parts += [
        f'SELECT {sql.literal(opened.file)}, m."row", {mark}, {part} '
        f"FROM {sql.identifier(opened.malformed)} m WHERE {mark} IN {digests_sql}"
        for part, opened in enumerate(lines.files, 1)
    ]
    db.execute(
        f"""CREATE OR REPLACE TEMP TABLE candidates AS {" UNION ALL ".join(parts)};
        CREATE OR REPLACE TEMP TABLE matched AS SELECT n, file, row, part, digest FROM fixes
        JOIN candidates ON file = _file AND row = _row AND digest = _digest;
        INSERT INTO matched SELECT f.n, c.file, c.row, c.part, digest FROM (
            SELECT n, _digest AS digest,
                row_number() OVER (PARTITION BY _digest ORDER BY _file, _row, n) AS place
            FROM fixes ANTI JOIN matched USING (n)) f
        JOIN (SELECT *, row_number() OVER (PARTITION BY digest ORDER BY file, row) AS place
            FROM candidates ANTI JOIN matched USING (file, row)) c USING (digest, place)"""
    )
    if "id" in lines.table.names:
        _match_keys(db, lines)


def _match_keys(db: duckdb.DuckDBPyConnection, lines: SourceRows) -> None:
    """Add to `matched` the rows of which other cells than the corrected ones have changed."""
    same = " AND ".join(
        f"({_build_was_sql(name)} IS NULL OR {_build_was_sql(name)} = "
        f"coalesce(v.{sql.identifier(name)}, ''))"
        for name in lines.table.names
    )
    db.execute(
        "INSERT INTO matched SELECT f.n, "
        f"coalesce(v._file, {sql.literal(lines.file)}), v._row, 0, {_build_row_digest_sql(lines)} "
        f"FROM (FROM fixes ANTI JOIN matched USING (n) WHERE _was IS NOT NULL) f "
        f"JOIN {sql.identifier(lines.view)} v ON v.id = coalesce({_build_was_sql('id')}, f.id) "
        f"WHERE {same} QUALIFY row_number() OVER (PARTITION BY f.n ORDER BY v._file, v._row) = 1"
    )


def _build_row_digest_sql(lines: SourceRows) -> str:
    return build_digest_sql({name: f"v.{sql.identifier(name)}" for name in lines.table.names})


def _build_was_sql(name: str) -> str:
    """The SQL of a corrected cell as it was; NULL where it is none of those that were corrected."""
    return f"json_extract_string(f._was, {sql.literal('/' + name)})"


def _load_corrections(db: duckdb.DuckDBPyConnection, path: Path, lines: SourceRows) -> None:
    scan = (
        f"read_csv({sql.literal(str(path))}, header=true, all_varchar=true, delim=',', quote='\"', "
        "escape='\"', auto_detect=false, columns={columns})"
    )
    with path.open(encoding="utf-8", newline="") as file:
        header_names = file.readline().rstrip("\r\n").split(",")
    columns = "{" + ", ".join(f"{sql.literal(name)}: 'VARCHAR'" for name in header_names) + "}"
    cells = ", ".join(
        (f"nullif(trim({sql.identifier(n)}), '')" if n in header_names else "NULL")
        + f" AS {sql.identifier(n)}"
        for n in lines.table.names
    )
    was = "nullif(_was, '')" if "_was" in header_names else "CAST(NULL AS VARCHAR)"
    db.execute(
        "CREATE OR REPLACE TEMP TABLE fixes AS SELECT row_number() OVER () AS n, _file, "
        f"CAST(_row AS BIGINT) AS _row, _digest, _on, _by, {was} AS _was, {cells} "
        f"FROM {scan.format(columns=columns)}"
    )


def _restore_malformed_rows(
    db: duckdb.DuckDBPyConnection, lines: SourceRows, view: str, part: int, malformed: str
) -> None:
    """Insert corrected lines that were unreadable, and remove them from the malformed ones."""
    cells = ", ".join(f"f.{sql.identifier(name)}" for name in lines.table.names)
    db.execute(
        f"INSERT INTO {sql.identifier(view)} BY NAME SELECT {cells}, m.file AS _file, m.row AS "
        "_row "
        f"FROM fixes f JOIN matched m USING (n) WHERE m.part = {part}"
    )
    db.execute(
        f'DELETE FROM {sql.identifier(malformed)} WHERE "row" IN '
        f"(SELECT row FROM matched WHERE part = {part})"
    )


def _log_corrections(db: duckdb.DuckDBPyConnection, source: str, lines: SourceRows) -> None:
    """Log each correction: applied, with its current position, or superseded by a changed row."""
    same_key = (
        f"f.id IN (SELECT id FROM {sql.identifier(lines.view)} WHERE id IS NOT NULL)"
        if "id" in lines.table.names
        else "false"
    )
    db.execute(
        f"INSERT INTO {CORRECTIONS} SELECT {sql.literal(source)}, {sql.literal(lines.table.name)}, "
        "coalesce(m.file, f._file), coalesce(m.row, f._row), f._digest, f._on, f._by, "
        f"m.n IS NOT NULL, m.n IS NULL AND coalesce({same_key}, false) "
        "FROM fixes f LEFT JOIN matched m USING (n)"
    )


def find_correction(path: Path, file: str, digest: str, key: str) -> Correction | None:
    """Find the correction that `save_corrections` would replace by one of this row."""
    return next(
        (
            each
            for each in read_corrections(path)
            if (each.file, each.digest) == (file, digest) or (key and each.cells.get("id") == key)
        ),
        None,
    )


def read_corrections(path: Path) -> Iterator[Correction]:
    """The corrections that the file of a table has; none where there is no file."""
    for row in _read_rows(path):
        cells = {n: text for n, text in row.items() if n not in CORRECTION_COLUMNS and text}
        was = json.loads(row["_was"]) if row.get("_was") else {}
        marks = (row["_file"], int(row["_row"]), row["_digest"], row["_on"], row["_by"])
        yield Correction(*marks, cells, was)


def save_corrections(corrections: Iterable[Correction], names: Sequence[str], path: Path) -> None:
    """Add corrections to the file of a table, replacing earlier ones of the same row.

    Rows are the same if their content or their key is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _lock_folder(path.parent):
        made = list(corrections)
        lines = {(each.file, each.digest) for each in made}
        keys = {key for each in made if (key := each.cells.get("id"))}
        rows = [
            row
            for row in _read_rows(path)
            if (row["_file"], row["_digest"]) not in lines and row.get("id") not in keys
        ]
        for each in made:
            was = json.dumps(dict(each.was), ensure_ascii=False) if each.was else ""
            marks = (each.file, str(each.row), each.digest, each.made_on, each.made_by, was)
            rows.append({**dict(zip(CORRECTION_COLUMNS, marks, strict=True)), **each.cells})
        fresh = path.with_name(f".{path.name}")
        with fresh.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(
                file, [*CORRECTION_COLUMNS, *names], restval="", extrasaction="ignore"
            )
            writer.writeheader()
            writer.writerows(sorted(rows, key=lambda row: (row["_file"], int(row["_row"]))))
        fresh.replace(path)


@contextmanager
def _lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder against other processes, waiting for the lock."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _read_rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
