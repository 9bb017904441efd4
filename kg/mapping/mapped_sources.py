"""What mapping made of each source, kept for the next build until the source changes.

A folder for each source, with a Parquet file for each work table that has rows of it, and what they
were made from. Rows of another make, or altered ones, are not used: the source is mapped again.
"""

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import duckdb

from kg import sql
from kg.file_hash import hash_file
from kg.work_tables import (
    CODE_DATES,
    CORRECTIONS,
    DEPENDENCIES,
    HEADINGS,
    OMITTED,
    ORIGINALS,
    QUADS,
    RECORDS,
    TABLE_COLUMNS,
    UNMAPPED,
    UNUSABLE,
    find_last_record,
)

KEPT_TABLES: Final = (
    RECORDS, QUADS, ORIGINALS, HEADINGS, DEPENDENCIES, UNUSABLE, OMITTED, UNMAPPED, CODE_DATES,
    CORRECTIONS,
)  # fmt: skip
"""The tables that the mapping of a source writes."""
DESCRIPTION_FILE: Final = "mapped.json"


class MappedSources:
    """The rows of sources that an earlier build mapped, and those that this one does.

    `digests` has a digest of all that the rows of each source follow from. What this build maps
    waits in `draft` until `keep` is called: before, nobody knows whether the files changed while
    they were read. With `reuse` false, every source is mapped again.
    """

    def __init__(
        self, folder: Path, draft: Path, digests: Mapping[str, str], *, reuse: bool = True
    ) -> None:
        self._folder, self._draft = folder, draft
        self._digests, self._reuse = digests, reuse

    def is_there(self, source: str) -> bool:
        """Whether the rows of a source are there as they would be mapped now."""
        folder = self._folder / source
        return self._reuse and _read_description(folder) == self._describe(folder, source)

    def load(self, db: duckdb.DuckDBPyConnection, source: str) -> None:
        """Adds the rows of a source that is there to the work database."""
        folder = self._folder / source
        first = find_last_record(db)
        for table in KEPT_TABLES:
            path = _get_file(folder, table)
            if path.is_file():
                record = f" REPLACE (record + {first} AS record)" if _has_records(table) else ""
                db.execute(
                    f"INSERT INTO {table} SELECT *{record} "
                    f"FROM read_parquet({sql.literal(str(path))})"
                )

    def save(self, db: duckdb.DuckDBPyConnection, source: str, last: int) -> None:
        """Writes the rows of a source that was mapped; `last` is the last record before it."""
        folder = self._draft / source
        folder.mkdir(parents=True)
        for table in KEPT_TABLES:
            own = f"source = {sql.literal(source)}"
            where = own if "source VARCHAR" in TABLE_COLUMNS[table] else f"record > {last}"
            record = f" REPLACE (record - {last} AS record)" if _has_records(table) else ""
            path = _get_file(folder, table)
            # to write a file takes longer than to see that there is nothing to write
            if db.execute(f"SELECT 1 FROM {table} WHERE {where} LIMIT 1").fetchone():
                db.execute(
                    f"COPY (SELECT *{record} FROM {table} WHERE {where}) "
                    f"TO {sql.literal(str(path))} (FORMAT parquet)"
                )

    def keep(self) -> None:
        """Keeps what was saved, and forgets sources that are there no longer."""
        if self._folder.is_dir():
            for folder in self._folder.iterdir():
                if folder.name not in self._digests:
                    shutil.rmtree(folder)
        for folder in self._draft.iterdir() if self._draft.is_dir() else ():
            description = self._describe(folder, folder.name)
            (folder / DESCRIPTION_FILE).write_text(json.dumps(description), "utf-8")
            target = self._folder / folder.name
            shutil.rmtree(target, ignore_errors=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(target)

    def _describe(self, folder: Path, source: str) -> dict[str, Any]:
        files = {path.name: hash_file(path) for path in sorted(folder.glob("*.parquet"))}
        return {"digest": self._digests[source], "files": files}


def _get_file(folder: Path, table: str) -> Path:
    return folder / f"{table}.parquet"


def _has_records(table: str) -> bool:
    return "record BIGINT" in TABLE_COLUMNS[table]


def _read_description(folder: Path) -> Any:
    with suppress(OSError, ValueError):
        return json.loads((folder / DESCRIPTION_FILE).read_bytes())
    return None
