"""The tables of a file: one, or one for each sheet of a workbook."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kg import sql
from kg.errors import SourceError


@dataclass(frozen=True)
class Relation:
    """One table of a file: a DuckDB view with its own columns as text, `_file` and `_row`."""

    view: str
    columns: tuple[str, ...]
    file: str
    dialect: str = ""


def relations(db: duckdb.DuckDBPyConnection, path: Path, name: str) -> Iterator[Relation]:
    """The tables of a file. Raises SourceError where it has none."""
    if path.suffix.casefold() not in (".csv", ".tsv"):
        raise SourceError(f"{name}: not a table", f"{name} : ce n'est pas un tableau")
    view = f"file_{path.stem}"
    db.execute(
        f"CREATE OR REPLACE TEMP VIEW {sql.name(view)} AS SELECT *, {sql.text(name)} AS _file, "
        "row_number() OVER () + 1 AS _row "
        f"FROM read_csv({sql.text(str(path))}, all_varchar=true, header=true)"
    )
    rows = db.execute(f"DESCRIBE {sql.name(view)}").fetchall()
    yield Relation(view, tuple(row[0] for row in rows[:-2]), name)
