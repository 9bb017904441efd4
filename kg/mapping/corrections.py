"""Corrections of single lines, kept beside the sources, that a build applies after reading.

`corrections/<source>/<table>.csv` names each line by its file, its row and a digest of what the
line said when it was refused: where its publisher has changed the line since, the correction is
left out, and the report says so. The files of the sources themselves are never edited.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.sources import Lines

MARKS: Final = ("_file", "_row", "_digest", "_on", "_by")
LINE: Final = "_line"
"""The only cell of a line that could not be read: the line itself."""
SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS corrections (source VARCHAR, tbl VARCHAR, file VARCHAR, "
    '"row" BIGINT, digest VARCHAR, made_on VARCHAR, made_by VARCHAR, applied BOOLEAN)'
)


@dataclass(frozen=True)
class Correction:
    """What a line is to say instead of what it says."""

    file: str
    row: int
    digest: str
    on: str
    by: str
    cells: Mapping[str, str]


def digest_of(cells: Mapping[str, str]) -> str:
    """The SQL of the digest of a row, from the SQL of its cells; empty cells do not count."""
    parts = ", ".join(
        f"{sql.text(name + '=')} || nullif(trim({cell}), '')"
        for name, cell in sorted(cells.items())
    )
    return f"left(sha256(concat_ws(chr(31), {parts})), 16)"


def correct(db: duckdb.DuckDBPyConnection, source: str, lines: Lines, folder: Path) -> Lines:
    """The lines of a table with their corrections applied; the work database notes which.

    `folder` holds the corrections of the source.
    """
    db.execute(SCHEMA)
    path = folder / f"{lines.table.name}.csv"
    if not path.is_file():
        return lines
    _load(db, path, lines)
    table, file = lines.table, sql.text(lines.file)
    own = {name: f"v.{sql.name(name)}" for name in table.names}
    chosen = ", ".join(
        f"CASE WHEN f._row IS NULL THEN v.{sql.name(n)} ELSE f.{sql.name(n)} END AS {sql.name(n)}"
        for n in table.names
    )
    view = f"corrected_{lines.view}"
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE {sql.name(view)} AS SELECT {chosen}, "
        f"coalesce(v._file, {file}) AS _file, v._row, f._digest "
        f"FROM {sql.name(lines.view)} v LEFT JOIN fixes f ON f._file = coalesce(v._file, {file}) "
        f"AND f._row = v._row AND f._digest = {digest_of(own)}"
    )
    for opened in lines.files:
        _mend(db, lines, view, opened.file, opened.malformed)
    _note(db, source, lines, view)
    db.execute(
        f"CREATE OR REPLACE TEMP VIEW {sql.name('ordered_' + view)} AS "
        f"SELECT * EXCLUDE (_digest) FROM {sql.name(view)} ORDER BY _file, _row"
    )
    return replace(lines, view="ordered_" + view)


def _load(db: duckdb.DuckDBPyConnection, path: Path, lines: Lines) -> None:
    scan = (
        f"read_csv({sql.text(str(path))}, header=true, all_varchar=true, delim=',', quote='\"', "
        "escape='\"', auto_detect=false, columns={columns})"
    )
    with path.open(encoding="utf-8", newline="") as file:
        given = file.readline().rstrip("\r\n").split(",")
    columns = "{" + ", ".join(f"{sql.text(name)}: 'VARCHAR'" for name in given) + "}"
    cells = ", ".join(
        (f"nullif(trim({sql.name(n)}), '')" if n in given else "NULL") + f" AS {sql.name(n)}"
        for n in lines.table.names
    )
    db.execute(
        "CREATE OR REPLACE TEMP TABLE fixes AS SELECT _file, CAST(_row AS BIGINT) AS _row, "
        f"_digest, _on, _by, {cells} FROM {scan.format(columns=columns)}"
    )


def _mend(
    db: duckdb.DuckDBPyConnection, lines: Lines, view: str, file: str, malformed: str
) -> None:
    """A line that could not be read takes its place among the others once it is corrected."""
    join = (
        f'JOIN {sql.name(malformed)} m ON f._file = {sql.text(file)} AND f._row = m."row" '
        f"AND f._digest = {digest_of({LINE: 'm.text'})}"
    )
    cells = ", ".join(f"f.{sql.name(name)}" for name in lines.table.names)
    db.execute(
        f"INSERT INTO {sql.name(view)} SELECT {cells}, f._file, f._row, f._digest "
        f"FROM fixes f {join}"
    )
    db.execute(
        f'DELETE FROM {sql.name(malformed)} WHERE "row" IN (SELECT m."row" FROM fixes f {join})'
    )


def _note(db: duckdb.DuckDBPyConnection, source: str, lines: Lines, view: str) -> None:
    db.execute(
        f"INSERT INTO corrections SELECT {sql.text(source)}, {sql.text(lines.table.name)}, "
        f"f._file, f._row, f._digest, f._on, f._by, v._row IS NOT NULL FROM fixes f "
        f"LEFT JOIN {sql.name(view)} v ON v._file = f._file AND v._row = f._row "
        "AND v._digest = f._digest"
    )


def keep(corrections: Iterable[Correction], names: Sequence[str], path: Path) -> None:
    """Adds corrections to the file of a table; one of the same line replaces the former."""
    kept = {(row["_file"], int(row["_row"])): row for row in _written(path)}
    for each in corrections:
        marks = (each.file, str(each.row), each.digest, each.on, each.by)
        kept[each.file, each.row] = {**dict(zip(MARKS, marks, strict=True)), **each.cells}
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}")
    with fresh.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*MARKS, *names], restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row for _, row in sorted(kept.items()))
    fresh.replace(path)


def _written(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
