"""Quarantine: rejected rows as they came, with reason, file and row, in one CSV a table.

So are the rows of which only some cells were left out: `_cells` names these columns.

Every build that ends writes it anew, so that it always holds the rows that the current release left
out. An entity of an RDF file has no cells: its statements are in `rdf.ttl`, after a comment. Rows
that belong to no table are in `lines.csv`.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.atomic_replace import replace_folder
from kg.mapping.corrections import build_digest_sql
from kg.validation.findings import format_json_pointer
from kg.work_tables import CORRECTIONS, OMITTED, ORIGINALS, REASONS, RECORDS, REFUSED, WITHHELD

ENTITIES_FILE: Final = "rdf.ttl"
LINES_FILE_STEM: Final = "lines"
"""The file of the lines that belong to no table."""
QUARANTINE_COLUMNS: Final = ("_file", "_row", "_since", "_digest", "_cells", "_raison", "_reason")
ENTITY_COMMENT: Final = "# refusé, refused: "
CREATE_FORMER_SQL: Final = (
    "CREATE OR REPLACE TEMP TABLE former (file VARCHAR, digest VARCHAR, since VARCHAR)"
)
WAITING_SQL: Final = f"""(
SELECT record, CAST(NULL AS VARCHAR) AS omitted_columns FROM {REFUSED} UNION ALL
SELECT record, string_agg(DISTINCT col, '|' ORDER BY col) FROM {OMITTED}
WHERE record NOT IN (SELECT record FROM {REFUSED}) GROUP BY record) waiting"""
"""The records that are rejected, and those of which cells are left out, with their columns."""
READ_CSV_OPTIONS: Final = (
    "header=true, all_varchar=true, delim=',', quote='\"', escape='\"', strict_mode=false"
)


@dataclass(frozen=True)
class QuarantineFile:
    """Summary of one file of the quarantine."""

    source: str
    table: str
    path: Path
    count: int
    oldest: str
    """The day the first of them was rejected; empty where it is unknown."""
    reasons: tuple[tuple[str, str, int], ...]
    """The most frequent reasons, in French and English, with how many lines have them."""


def write_quarantine(db: duckdb.DuckDBPyConnection, folder: Path, today: str | None = None) -> int:
    """Writes the rejected rows of every source and table; returns how many."""
    db.execute(CREATE_FORMER_SQL)
    fresh = folder.with_name(f".{folder.name}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    places = db.execute(
        f"SELECT source, tbl, count({ORIGINALS}.record), count(*) FROM {RECORDS} "
        f"JOIN {WAITING_SQL} USING (record) LEFT JOIN {ORIGINALS} USING (record) "
        "GROUP BY source, tbl ORDER BY source, tbl"
    ).fetchall()
    day = today or date.today().isoformat()
    for source, table, rows, _ in places:
        (fresh / source).mkdir(exist_ok=True)
        name = f"{table or LINES_FILE_STEM}.csv"
        if rows:
            _write_table(db, source, table, folder / source / name, fresh / source / name, day)
    for source in dict.fromkeys(source for source, _, rows, all_ in places if all_ > rows):
        _write_entities(db, source, fresh / source / ENTITIES_FILE)
    replace_folder(fresh, folder)
    return sum(count for *_, count in places)


def _write_table(
    db: duckdb.DuckDBPyConnection, source: str, table: str, former: Path, path: Path, today: str
) -> None:
    _load_former(db, former)
    where = f"{RECORDS}.source = {sql.literal(source)} AND {RECORDS}.tbl = {sql.literal(table)}"
    of_cells = (
        f"FROM {ORIGINALS} JOIN {RECORDS} USING (record) JOIN {WAITING_SQL} USING (record) "
        f"WHERE {where}"
    )
    rows = db.execute(f"SELECT DISTINCT json_keys(cells) {of_cells}").fetchall()
    # the column of malformed rows comes last: all others have the columns of the table
    keys = list(dict.fromkeys(key for (keys,) in sorted(rows, key=_get_sort_key) for key in keys))
    cells = {
        key: f"json_extract_string(cells, {sql.literal(format_json_pointer(key))})" for key in keys
    }
    cell_columns = "".join(f", {cell} AS {sql.identifier(key)}" for key, cell in cells.items())
    # a corrected row that is rejected again keeps the digest of what its publisher wrote
    digest = f"coalesce(any_value(c.digest), {build_digest_sql(cells)})"
    staged = (
        f'SELECT record, {RECORDS}.file AS _file, {RECORDS}."row" AS _row, {digest} AS _digest, '
        f"any_value(omitted_columns) AS _cells, any_value(reason_fr) AS _raison, "
        f"any_value(reason_en) AS _reason, cells "
        f"FROM {RECORDS} JOIN {WAITING_SQL} USING (record) JOIN {ORIGINALS} USING (record) "
        f"LEFT JOIN {REASONS} USING (record) LEFT JOIN {CORRECTIONS} c ON c.applied "
        f"AND c.source = {RECORDS}.source AND c.tbl = {RECORDS}.tbl AND c.file = {RECORDS}.file "
        f'AND c."row" = {RECORDS}."row" WHERE {where} GROUP BY record, _file, _row, cells'
    )
    db.execute(
        f"COPY (SELECT _file, _row, coalesce(since, {sql.literal(today)}) AS _since, _digest, "
        f"_cells, _raison, _reason{cell_columns} FROM ({staged}) "
        "LEFT JOIN former ON former.file = _file AND former.digest = _digest ORDER BY record) "
        f"TO {sql.literal(str(path))} (FORMAT csv, HEADER true)"
    )


def _get_sort_key(row: tuple[Sequence[str]]) -> tuple[int, Sequence[str]]:
    return -len(row[0]), row[0]


def _load_former(db: duckdb.DuckDBPyConnection, former: Path) -> None:
    """Loads the day since which each row of a file has been rejected, from the former
    quarantine."""
    db.execute("DELETE FROM former")
    if former.is_file():
        scan = f"read_csv({sql.literal(str(former))}, {READ_CSV_OPTIONS})"
        names = {row[0] for row in db.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()}
        if names >= {"_file", "_digest", "_since"}:
            db.execute(
                f"INSERT INTO former SELECT _file, _digest, min(_since) FROM {scan} GROUP BY ALL"
            )


def _write_entities(db: duckdb.DuckDBPyConnection, source: str, path: Path) -> None:
    """Writes the statements of rejected entities as N-Triples, after a comment for each entity."""
    rows = db.execute(
        f'SELECT record, {RECORDS}.file, {RECORDS}."row", subject, reason_fr, reason_en, w.s, w.p,'
        " w.o "
        f"FROM {RECORDS} JOIN {REFUSED} USING (record) LEFT JOIN {REASONS} USING (record) "
        f"LEFT JOIN {ORIGINALS} USING (record) LEFT JOIN {WITHHELD} w USING (record) "
        f"WHERE source = ? AND {ORIGINALS}.record IS NULL ORDER BY record, w.s, w.p, w.o",
        [source],
    )
    last = None
    with path.open("w", encoding="utf-8") as file:
        while chunk := rows.fetchmany(10_000):
            for record, name, row, subject, french, english, s, p, o in chunk:
                if record != last:
                    last = record
                    file.write(
                        f"\n{ENTITY_COMMENT}{_to_single_line(subject)}\n# "
                        f"{_to_single_line(name)}:{row or ''}\n"
                    )
                    file.write(f"# {_to_single_line(french)}\n# {_to_single_line(english)}\n")
                if s is not None:
                    subject_term = s if s.startswith("_:") else f"<{s}>"
                    file.write(f"{subject_term} <{p}> {o} .\n")


def _to_single_line(text: str | None) -> str:
    return " ".join((text or "").split())


def list_quarantine(folder: Path, source: str | None = None) -> list[QuarantineFile]:
    """The files of the quarantine, by source and table."""
    files = sorted(folder.glob("*/*.csv")) + sorted(folder.glob(f"*/{ENTITIES_FILE}"))
    wanted = [path for path in files if source in (None, path.parent.name)]
    with duckdb.connect() as db:
        db.execute("SET enable_progress_bar = false")
        return sorted(
            (_summarise_file(db, path) for path in wanted), key=lambda w: (w.source, w.table)
        )


def _summarise_file(db: duckdb.DuckDBPyConnection, path: Path) -> QuarantineFile:
    if path.name == ENTITIES_FILE:
        stated = list(_iter_entity_reasons(path))
        return QuarantineFile(path.parent.name, "", path, len(stated), "", _count_reasons(stated))
    scan = f"read_csv({sql.literal(str(path))}, {READ_CSV_OPTIONS})"
    count, oldest = db.execute(f"SELECT count(*), min(_since) FROM {scan}").fetchone() or (0, "")
    rows = db.execute(
        f"SELECT {_build_general_reason_sql('_raison')} AS fr, "
        f"{_build_general_reason_sql('_reason')} AS en, count(*) AS n "
        f"FROM {scan} GROUP BY fr, en ORDER BY n DESC, fr LIMIT 3"
    ).fetchall()
    reasons = tuple((fr or "", en or "", n) for fr, en, n in rows)
    return QuarantineFile(path.parent.name, path.stem, path, count, oldest or "", reasons)


def _build_general_reason_sql(reason: str) -> str:
    """A reason without the record it names: the same for many lines."""
    return f"regexp_replace({reason}, ' \\([a-z_]+/[^ ]*\\)', '', 'g')"


def _iter_entity_reasons(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.startswith(ENTITY_COMMENT):
                _, french, english = (next(file)[2:].strip() for _ in range(3))
                yield french, english


def _count_reasons(reasons: Sequence[tuple[str, str]]) -> tuple[tuple[str, str, int], ...]:
    counts = {reason: reasons.count(reason) for reason in dict.fromkeys(reasons)}
    first = sorted(counts.items(), key=lambda item: -item[1])[:3]
    return tuple((french, english, count) for (french, english), count in first)
