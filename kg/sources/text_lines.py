"""Numbered lines of a text file as a DuckDB relation."""

from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.sources.decompress import READ_CHUNK_BYTES
from kg.sources.encoding import PlainText
from kg.sources.temp_files import make_temp_path

MAX_LINE_BYTES: Final = 64 << 20
ABSENT_DELIMITER: Final = "\x01\x02\x03\x04"
"""Delimiter that no text contains, so that each line is one column."""


def build_numbered_lines_sql(db: duckdb.DuckDBPyConnection, text: PlainText) -> str:
    """Return the SELECT of (line, n) of a text file; bytes that are not UTF-8 are escaped.

    Blank lines are null. A file with line ends other than line feeds is copied first.
    """
    path = text.path
    if not text.valid or not text.newlines <= {b"\n"}:
        path = make_temp_path(db, "txt")
        _normalize_file(text, path)
    return (
        "SELECT line, row_number() OVER () AS n FROM read_csv("
        f"{sql.literal(str(path))}, columns={{'line': 'VARCHAR'}}, header=false, "
        f"auto_detect=false, new_line='\\n', delim='{ABSENT_DELIMITER}', quote='', escape='', "
        f"max_line_size={MAX_LINE_BYTES}, compression='none')"
    )


def _normalize_file(text: PlainText, path: Path) -> None:
    with text.path.open("rb") as file, path.open("wb") as written:
        rest = b""
        while chunk := file.read(READ_CHUNK_BYTES):
            data = rest + chunk
            cut = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
            written.write(_normalize_chunk(data[:cut]))
            rest = data[cut:]
        written.write(_normalize_chunk(rest))


def _normalize_chunk(data: bytes) -> bytes:
    return (
        data.replace(b"\r\n", b"\n")
        .replace(b"\r", b"\n")
        .decode(errors="backslashreplace")
        .encode()
    )
