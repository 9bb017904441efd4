"""The lines of a text file as a relation, with their numbers."""

from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.sources.encoding import PlainText
from kg.sources.scratch import scratch_file
from kg.sources.unpack import CHUNK

LONGEST: Final = 64 << 20
NOWHERE: Final = "\x01\x02\x03\x04"
"""A delimiter that no text has: the line is the only column."""


def numbered_lines(db: duckdb.DuckDBPyConnection, text: PlainText) -> str:
    """The SELECT of (line, n) over a text file; bytes that are not UTF-8 are written as \\xNN.

    Blank lines are null. A file whose line ends are not line feeds is read from a copy.
    """
    path = text.path
    if not text.valid or not text.newlines <= {b"\n"}:
        path = scratch_file(db, "txt")
        _rewrite(text, path)
    return (
        "SELECT line, row_number() OVER () AS n FROM read_csv("
        f"{sql.text(str(path))}, columns={{'line': 'VARCHAR'}}, header=false, "
        f"auto_detect=false, new_line='\\n', delim='{NOWHERE}', quote='', escape='', "
        f"max_line_size={LONGEST}, compression='none')"
    )


def _rewrite(text: PlainText, path: Path) -> None:
    with text.path.open("rb") as file, path.open("wb") as written:
        rest = b""
        while chunk := file.read(CHUNK):
            data = rest + chunk
            cut = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
            written.write(_plain(data[:cut]))
            rest = data[cut:]
        written.write(_plain(rest))


def _plain(data: bytes) -> bytes:
    return (
        data.replace(b"\r\n", b"\n")
        .replace(b"\r", b"\n")
        .decode(errors="backslashreplace")
        .encode()
    )
