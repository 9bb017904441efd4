"""Positions of accepted rows in their files, stored beside the graph."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.work_tables import RECORDS, REFUSED

LINE_POSITIONS_FILE: Final = "lines.parquet"


def write_line_positions(
    db: duckdb.DuckDBPyConnection, folder: Path, gone: Sequence[str] = ()
) -> None:
    """Writes the source, table, file, row and subject of each accepted line.

    Those of what was withdrawn (`gone`, by address) are left out.
    """
    db.execute(f"CREATE TABLE IF NOT EXISTS {REFUSED} (record BIGINT)")
    left = ", ".join(map(sql.literal, ["", *gone]))
    db.execute(
        f'COPY (SELECT source, tbl AS "table", file, "row", subject FROM {RECORDS} '
        f"ANTI JOIN {REFUSED} USING (record) WHERE NOT (subject IN ({left}) "
        f"OR split_part(subject, '#', 1) IN ({left})) ORDER BY record) "
        f"TO {sql.literal(str(folder / LINE_POSITIONS_FILE))} (FORMAT parquet, COMPRESSION zstd)"
    )
