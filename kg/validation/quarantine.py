"""The quarantine: refused lines as they came, with the reason, the file and the row, one CSV each.

It is written again by every build that ends, so that it always says what the current release
left out. An entity of an RDF file has no cells: what it says waits in `rdf.ttl`, a comment before
it. Lines that belong to no table wait in `lines.csv`.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.folders import put_in_place
from kg.mapping.corrections import SCHEMA, digest_of
from kg.validation.findings import pointer

ENTITIES: Final = "rdf.ttl"
LOOSE: Final = "lines"
"""The file of the lines that belong to no table."""
MARKS: Final = ("_file", "_row", "_since", "_digest", "_raison", "_reason")
ENTITY: Final = "# refusé, refused: "
NONE: Final = (
    "CREATE OR REPLACE TEMP TABLE former (file VARCHAR, digest VARCHAR, since VARCHAR)",
    "CREATE TABLE IF NOT EXISTS withheld (record BIGINT, s VARCHAR, p VARCHAR, o VARCHAR)",
    SCHEMA,
)
READ: Final = "header=true, all_varchar=true, delim=',', quote='\"', escape='\"', strict_mode=false"


@dataclass(frozen=True)
class Waiting:
    """What waits in one file of the quarantine."""

    source: str
    table: str
    path: Path
    count: int
    oldest: str
    """The day the first of them was refused; empty where it is not known."""
    reasons: tuple[tuple[str, str, int], ...]
    """The most frequent reasons, in French and English, with how many lines have them."""


def write_quarantine(db: duckdb.DuckDBPyConnection, folder: Path, today: str | None = None) -> int:
    """Writes the refused lines of every source and table; how many.

    Needs the tables `refused`, `records`, `originals` and `reasons(record, reason_fr, reason_en)`.
    """
    for statement in NONE:
        db.execute(statement)
    fresh = folder.with_name(f".{folder.name}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    places = db.execute(
        "SELECT source, tbl, count(originals.record), count(*) FROM records "
        "JOIN refused USING (record) LEFT JOIN originals USING (record) "
        "GROUP BY source, tbl ORDER BY source, tbl"
    ).fetchall()
    day = today or date.today().isoformat()
    for source, table, rows, _ in places:
        (fresh / source).mkdir(exist_ok=True)
        name = f"{table or LOOSE}.csv"
        if rows:
            _write_table(db, source, table, folder / source / name, fresh / source / name, day)
    for source in dict.fromkeys(source for source, _, rows, all_ in places if all_ > rows):
        _write_entities(db, source, fresh / source / ENTITIES)
    put_in_place(fresh, folder)
    return sum(count for *_, count in places)


def _write_table(
    db: duckdb.DuckDBPyConnection, source: str, table: str, former: Path, path: Path, today: str
) -> None:
    _remember(db, former)
    where = f"records.source = {sql.text(source)} AND records.tbl = {sql.text(table)}"
    of_cells = (
        f"FROM originals JOIN records USING (record) JOIN refused USING (record) WHERE {where}"
    )
    rows = db.execute(f"SELECT DISTINCT json_keys(cells) {of_cells}").fetchall()
    # the line of a malformed line comes last: the others have the columns of the table
    keys = list(dict.fromkeys(key for (keys,) in sorted(rows, key=_width) for key in keys))
    cells = {key: f"json_extract_string(cells, {sql.text(pointer(key))})" for key in keys}
    told = "".join(f", {cell} AS {sql.name(key)}" for key, cell in cells.items())
    # a corrected line that is refused again keeps the digest of what its publisher wrote
    digest = f"coalesce(any_value(c.digest), {digest_of(cells)})"
    staged = (
        f'SELECT record, records.file AS _file, records."row" AS _row, {digest} AS _digest, '
        f"any_value(reason_fr) AS _raison, any_value(reason_en) AS _reason, cells "
        "FROM records JOIN refused USING (record) JOIN originals USING (record) "
        "LEFT JOIN reasons USING (record) LEFT JOIN corrections c ON c.applied "
        "AND c.source = records.source AND c.tbl = records.tbl AND c.file = records.file "
        f'AND c."row" = records."row" WHERE {where} GROUP BY record, _file, _row, cells'
    )
    db.execute(
        f"COPY (SELECT _file, _row, coalesce(since, {sql.text(today)}) AS _since, _digest, "
        f"_raison, _reason{told} FROM ({staged}) "
        "LEFT JOIN former ON former.file = _file AND former.digest = _digest ORDER BY record) "
        f"TO {sql.text(str(path))} (FORMAT csv, HEADER true)"
    )


def _width(row: tuple[Sequence[str]]) -> tuple[int, Sequence[str]]:
    return -len(row[0]), row[0]


def _remember(db: duckdb.DuckDBPyConnection, former: Path) -> None:
    """Since when each line of a file has been refused, as the quarantine before says."""
    db.execute("DELETE FROM former")
    if former.is_file():
        scan = f"read_csv({sql.text(str(former))}, {READ})"
        names = {row[0] for row in db.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()}
        if names >= {"_file", "_digest", "_since"}:
            db.execute(
                f"INSERT INTO former SELECT _file, _digest, min(_since) FROM {scan} GROUP BY ALL"
            )


def _write_entities(db: duckdb.DuckDBPyConnection, source: str, path: Path) -> None:
    """What refused entities say, as N-Triples (which are Turtle), a comment before each."""
    rows = db.execute(
        'SELECT record, records.file, records."row", subject, reason_fr, reason_en, w.s, w.p, w.o '
        "FROM records JOIN refused USING (record) LEFT JOIN reasons USING (record) "
        "LEFT JOIN originals USING (record) LEFT JOIN withheld w USING (record) "
        "WHERE source = ? AND originals.record IS NULL ORDER BY record, w.s, w.p, w.o",
        [source],
    )
    last = None
    with path.open("w", encoding="utf-8") as file:
        while chunk := rows.fetchmany(10_000):
            for record, name, row, subject, french, english, s, p, o in chunk:
                if record != last:
                    last = record
                    file.write(f"\n{ENTITY}{_line(subject)}\n# {_line(name)}:{row or ''}\n")
                    file.write(f"# {_line(french)}\n# {_line(english)}\n")
                if s is not None:
                    subject_term = s if s.startswith("_:") else f"<{s}>"
                    file.write(f"{subject_term} <{p}> {o} .\n")


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def waiting(folder: Path, source: str | None = None) -> list[Waiting]:
    """What waits in the quarantine, by source and table."""
    found = sorted(folder.glob("*/*.csv")) + sorted(folder.glob(f"*/{ENTITIES}"))
    wanted = [path for path in found if source in (None, path.parent.name)]
    with duckdb.connect() as db:
        db.execute("SET enable_progress_bar = false")
        return sorted((_waiting(db, path) for path in wanted), key=lambda w: (w.source, w.table))


def _waiting(db: duckdb.DuckDBPyConnection, path: Path) -> Waiting:
    if path.name == ENTITIES:
        told = list(_entity_reasons(path))
        return Waiting(path.parent.name, "", path, len(told), "", _counted(told))
    scan = f"read_csv({sql.text(str(path))}, {READ})"
    count, oldest = db.execute(f"SELECT count(*), min(_since) FROM {scan}").fetchone() or (0, "")
    rows = db.execute(
        f"SELECT {_general('_raison')} AS fr, {_general('_reason')} AS en, count(*) AS n "
        f"FROM {scan} GROUP BY fr, en ORDER BY n DESC, fr LIMIT 3"
    ).fetchall()
    reasons = tuple((fr or "", en or "", n) for fr, en, n in rows)
    return Waiting(path.parent.name, path.stem, path, count, oldest or "", reasons)


def _general(reason: str) -> str:
    """A reason without the record it names: the same for many lines."""
    return f"regexp_replace({reason}, ' \\([a-z_]+/[^ ]*\\)', '', 'g')"


def _entity_reasons(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.startswith(ENTITY):
                _, french, english = (next(file)[2:].strip() for _ in range(3))
                yield french, english


def _counted(reasons: Sequence[tuple[str, str]]) -> tuple[tuple[str, str, int], ...]:
    counts = {reason: reasons.count(reason) for reason in dict.fromkeys(reasons)}
    first = sorted(counts.items(), key=lambda item: -item[1])[:3]
    return tuple((french, english, count) for (french, english), count in first)
