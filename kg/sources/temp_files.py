"""Temporary files beside the work database, or in a folder deleted when the process ends."""

import atexit
import shutil
import tempfile
import uuid
from functools import cache
from pathlib import Path

import duckdb


def make_temp_path(db: duckdb.DuckDBPyConnection, extension: str) -> Path:
    """Return a new path in a folder that is deleted with the work database or the process."""
    return _get_temp_folder(db) / f"{uuid.uuid4().hex}.{extension}"


def _get_temp_folder(db: duckdb.DuckDBPyConnection) -> Path:
    row = db.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchone()
    if not row or not row[0]:
        return _get_process_temp_folder()
    folder = Path(row[0]).with_suffix(".unpacked")
    folder.mkdir(exist_ok=True)
    return folder


@cache
def _get_process_temp_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ess-kg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
