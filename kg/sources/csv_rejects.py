"""CSV reject handling: separates malformed rows of a delimited file before DuckDB reads it.

The copy of the file has an empty row in the place of each malformed or blank line, so that the
other rows keep their numbers. One regular expression matches runs of well-formed rows, a megabyte
at a time; only the lines between the runs are examined one by one.
"""

import csv
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Final

from kg.sources.csv_dialect import Dialect

READ_CHUNK_BYTES: Final = 32 << 20
MAX_ROW_BYTES: Final = 16 << 20
"""Longest row, in bytes: without a line end within it, a row is malformed."""
MAX_REJECT_TEXT_LENGTH: Final = 10_000
"""Characters of a malformed line that are reported."""
UTF8_BOM: Final = b"\xef\xbb\xbf"
NEWLINE: Final = rb"(?:\r\n|\n|\r)"


@dataclass(frozen=True)
class CsvGrammar:
    """Regular expressions, over bytes, for the cells and rows of a dialect."""

    dialect: Dialect
    width: int

    @cached_property
    def cell(self) -> bytes:
        delimiter = self.dialect.delimiter.encode()
        plain = rb"[^" + re.escape(delimiter[:1]) + rb"\r\n]"
        if len(delimiter) > 1:
            first, rest = re.escape(delimiter[:1]), re.escape(delimiter[1:])
            plain = rb"(?:" + plain + rb"|" + first + rb"(?!" + rest + rb"))"
        if not self.dialect.quote:
            return plain + rb"*+"
        mark = re.escape(self.dialect.quote.encode())
        # as in DuckDB, blanks around the quotes are not part of the value; after two blanks or
        # more, DuckDB no longer accepts a quoted cell that spans lines
        inside = rb"(?>[^" + mark + rb"%s]+|" + mark * 2 + rb")*+" + mark + rb" *+"
        quoted = rb"(?> ?+" + mark + inside % b"" + rb"| {2,}+" + mark + inside % rb"\r\n" + rb")"
        return rb"(?>" + quoted + rb"|(?! *" + mark + rb")" + plain + rb"*+)"

    def _cells(self, times: bytes) -> bytes:
        delimiter = re.escape(self.dialect.delimiter.encode())
        return self.cell + rb"(?:" + delimiter + self.cell + rb")" + times

    @cached_property
    def row(self) -> re.Pattern[bytes]:
        """A row with the right number of cells, or with one more that is empty."""
        delimiter = re.escape(self.dialect.delimiter.encode())
        body = self._cells(b"{%d}" % (self.width - 1)) + rb"(?:" + delimiter + rb")?"
        return re.compile(rb"(?>(?P<body>" + body + rb")" + NEWLINE + rb")")

    @cached_property
    def consecutive_rows(self) -> re.Pattern[bytes]:
        """The longest run of such rows."""
        return re.compile(rb"(?:" + self.row.pattern.replace(b"?P<body>", b"?:") + rb")*+")

    @cached_property
    def any_row(self) -> re.Pattern[bytes]:
        """A row with any number of cells."""
        return re.compile(rb"(?>" + self._cells(b"*+") + NEWLINE + rb")")

    @cached_property
    def cell_and_delimiter(self) -> re.Pattern[bytes]:
        """A cell and the delimiter after it."""
        return re.compile(self.cell + re.escape(self.dialect.delimiter.encode()))


LINE_PATTERN: Final = re.compile(rb"[^\r\n]*+" + NEWLINE)


@dataclass
class RejectSplitter:
    """State of one pass over a file: row number, output files, count of rejected rows."""

    grammar: CsvGrammar
    accepted_file: IO[bytes]
    reject_writer: Any
    """A `csv.writer` of (row, text, problem)."""
    empty_row: bytes = field(init=False)
    row: int = 0
    reject_count: int = 0

    def __post_init__(self) -> None:
        self.empty_row = self.grammar.dialect.delimiter.encode() * (self.grammar.width - 1) + b"\n"

    def split_chunk(self, data: bytes, *, last: bool) -> int:
        """Process the complete rows of a chunk; return the offset of the unprocessed rest."""
        at = 0
        while True:
            end = self._copy_well_formed_rows(data, at)
            if end >= len(data) or (not last and len(data) - end < MAX_ROW_BYTES):
                return end
            at = self._split_irregular_line(data, end)

    def _copy_well_formed_rows(self, data: bytes, start: int) -> int:
        match = self.grammar.consecutive_rows.match(data, start)
        end = match.end() if match else start
        if end > start:
            self._write_rows(data[start:end])
        return end

    def _write_rows(self, run: bytes) -> None:
        try:
            run.decode()
        except UnicodeDecodeError:
            for match in self.grammar.row.finditer(run):
                self._write_row(match[0])
            return
        if b"\r" in run:
            run = self.grammar.row.sub(rb"\g<body>\n", run)
        self.row += self._count_rows(run)
        self.accepted_file.write(run)

    def _count_rows(self, run: bytes) -> int:
        mark = self.grammar.dialect.quote.encode()
        if not mark or mark not in run:
            return run.count(b"\n")
        return sum(1 for _ in self.grammar.row.finditer(run))

    def _write_row(self, row: bytes) -> None:
        try:
            row.decode()
        except UnicodeDecodeError:
            self._reject(row, "invalid-bytes")
        else:
            self.row += 1
            self.accepted_file.write(self.grammar.row.sub(rb"\g<body>\n", row))

    def _split_irregular_line(self, data: bytes, start: int) -> int:
        """Reject a line that does not match, or skip it if blank; return the next line's offset."""
        match = LINE_PATTERN.match(data, start)
        line = match[0] if match else data[start:]
        whole = self.grammar.any_row.match(data, start)
        following = self.grammar.row.match(data, start + len(line))
        if whole and (whole.end() == start + len(line) or not following):
            line = whole[0]
            self._split_irregular_row(line)
        else:
            self._reject(line, "stray-quote" if _has_balanced_quotes(line) else "open-quote")
        return start + len(line)

    def _split_irregular_row(self, row: bytes) -> None:
        cells = _count_cells(self.grammar, row.rstrip(b"\r\n"))
        if not row.strip():
            self.row += 1
            self.accepted_file.write(self.empty_row)
        else:
            kind = "too-few-cells" if cells < self.grammar.width else "too-many-cells"
            self._reject(row, f"{kind} {cells}/{self.grammar.width}")

    def _reject(self, line: bytes, problem: str) -> None:
        self.row += 1
        self.reject_count += 1
        self.accepted_file.write(self.empty_row)
        text = line[: 4 * MAX_REJECT_TEXT_LENGTH].decode(errors="backslashreplace").rstrip("\r\n")
        self.reject_writer.writerow((self.row, text[:MAX_REJECT_TEXT_LENGTH], problem))


def split_rejects(path: Path, dialect: Dialect, width: int, mended: Path, aside: Path) -> int:
    """Write the well-formed rows to `mended` and the others to `aside`; return their count.

    `aside` is a CSV of (row, text, problem). Memory is bounded by the longest row.
    """
    with (
        path.open("rb") as file,
        mended.open("wb") as written,
        aside.open("w", encoding="utf-8", newline="") as lines,
    ):
        mending = RejectSplitter(
            CsvGrammar(dialect, width),
            written,
            csv.writer(lines, lineterminator="\n", quoting=csv.QUOTE_ALL),
        )
        rest = file.read(len(UTF8_BOM)).removeprefix(UTF8_BOM)
        while chunk := file.read(READ_CHUNK_BYTES):
            data = rest + chunk + (file.read(1) if chunk.endswith(b"\r") else b"")
            rest = data[mending.split_chunk(data, last=False) :]
        if rest:
            mending.split_chunk(rest if rest.endswith((b"\n", b"\r")) else rest + b"\n", last=True)
    return mending.reject_count


def _has_balanced_quotes(line: bytes) -> bool:
    return line.count(b'"') % 2 == 0


def _count_cells(grammar: CsvGrammar, row: bytes) -> int:
    return 1 + sum(1 for _ in grammar.cell_and_delimiter.finditer(row))
