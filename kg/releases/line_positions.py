"""Positions of the accepted lines in their files, kept beside the graph and not in it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from kg import sql

LINES: Final = "lines.parquet"


def write_lines(db: duckdb.DuckDBPyConnection, folder: Path, gone: Sequence[str] = ()) -> None:
    """Writes the source, table, file, row and subject of each accepted line.

    Those of what was withdrawn (`gone`, by address) are left out.
    """
    db.execute("CREATE TABLE IF NOT EXISTS refused (record BIGINT)")
    left = ", ".join(map(sql.text, ["", *gone]))
    db.execute(
        'COPY (SELECT source, tbl AS "table", file, "row", subject FROM records '
        f"ANTI JOIN refused USING (record) WHERE NOT (subject IN ({left}) "
        f"OR split_part(subject, '#', 1) IN ({left})) ORDER BY record) "
        f"TO {sql.text(str(folder / LINES))} (FORMAT parquet, COMPRESSION zstd)"
    )
