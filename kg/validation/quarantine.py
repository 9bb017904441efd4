"""The quarantine: refused lines as they came, with the reason, the file and the row, one CSV each.

It is written again by every build that ends, so that it always says what the current release
left out.
"""

import shutil
from pathlib import Path

import duckdb

from kg import sql


def write_quarantine(db: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """Writes the refused lines of every source and table; how many.

    Needs the tables `refused`, `records`, `originals` and `reasons(record, reason_fr, reason_en)`.
    """
    fresh = folder.with_name(f".{folder.name}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    places = db.execute(
        "SELECT source, tbl, count(*) FROM records JOIN refused USING (record) "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for source, table, _ in places:
        _write_table(db, source, table, fresh / source / f"{table}.csv")
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return sum(count for _, _, count in places)


def _write_table(db: duckdb.DuckDBPyConnection, source: str, table: str, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    where = f"source = {sql.text(source)} AND tbl = {sql.text(table)}"
    keys = db.execute(
        f"SELECT json_keys(cells) FROM originals JOIN records USING (record) WHERE {where} LIMIT 1"
    ).fetchone()
    cells = ", ".join(
        f"json_extract_string(cells, {_pointer(key)}) AS {sql.name(key)}"
        for key in (keys[0] if keys else [])
    )
    db.execute(
        f"COPY (SELECT file AS _file, row AS _row, reason_fr AS _raison, reason_en AS _reason, "
        f"{cells} FROM records JOIN refused USING (record) JOIN originals USING (record) "
        f"LEFT JOIN reasons USING (record) WHERE {where} ORDER BY record) "
        f"TO {sql.text(str(path))} (FORMAT csv, HEADER true)"
    )


def _pointer(key: str) -> str:
    return sql.text(f'$."{key}"')
