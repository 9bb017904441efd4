"""A delimited file whose malformed lines are set aside, so that the rest can be read.

The file is written again with an empty row in the place of every malformed or blank line: the rows
keep their numbers. Runs of well-formed rows are found by one expression, a megabyte at a time;
only the lines that stop it are looked at one by one.
"""

import csv
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Final

from kg.sources.dialect import Dialect

READ: Final = 32 << 20
LONGEST: Final = 16 << 20
"""Bytes within which a row has its end."""
TOLD: Final = 10_000
"""Characters of a malformed line that are kept."""
BOM: Final = b"\xef\xbb\xbf"
NEWLINE: Final = rb"(?:\r\n|\n|\r)"


@dataclass(frozen=True)
class Grammar:
    """The rows of a dialect, as expressions over bytes."""

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
        # blanks around the quotes are no text, as DuckDB has it; after two of them or more it does
        # not find the end of a cell on a later line
        inside = rb"(?>[^" + mark + rb"%s]+|" + mark * 2 + rb")*+" + mark + rb" *+"
        quoted = rb"(?> ?+" + mark + inside % b"" + rb"| {2,}+" + mark + inside % rb"\r\n" + rb")"
        return rb"(?>" + quoted + rb"|(?! *" + mark + rb")" + plain + rb"*+)"

    def _cells(self, times: bytes) -> bytes:
        delimiter = re.escape(self.dialect.delimiter.encode())
        return self.cell + rb"(?:" + delimiter + self.cell + rb")" + times

    @cached_property
    def row(self) -> re.Pattern[bytes]:
        """A row with the right number of cells; one empty cell more does no harm."""
        delimiter = re.escape(self.dialect.delimiter.encode())
        body = self._cells(b"{%d}" % (self.width - 1)) + rb"(?:" + delimiter + rb")?"
        return re.compile(rb"(?>(?P<body>" + body + rb")" + NEWLINE + rb")")

    @cached_property
    def run(self) -> re.Pattern[bytes]:
        """As many such rows as follow each other."""
        return re.compile(rb"(?:" + self.row.pattern.replace(b"?P<body>", b"?:") + rb")*+")

    @cached_property
    def any_row(self) -> re.Pattern[bytes]:
        """A row with any number of cells."""
        return re.compile(rb"(?>" + self._cells(b"*+") + NEWLINE + rb")")

    @cached_property
    def delimited(self) -> re.Pattern[bytes]:
        """A cell that another one follows."""
        return re.compile(self.cell + re.escape(self.dialect.delimiter.encode()))


LINE: Final = re.compile(rb"[^\r\n]*+" + NEWLINE)


@dataclass
class Mending:
    """One pass over a file: what is read, what is written, where it is."""

    grammar: Grammar
    written: IO[bytes]
    aside: Any
    """A csv writer of row, text, problem."""
    empty: bytes = field(init=False)
    row: int = 0
    malformed: int = 0

    def __post_init__(self) -> None:
        self.empty = self.grammar.dialect.delimiter.encode() * (self.grammar.width - 1) + b"\n"

    def take(self, data: bytes, *, last: bool) -> int:
        """Reads as many whole rows as there are; where the rest begins."""
        at = 0
        while True:
            end = self._run(data, at)
            if end >= len(data) or (not last and len(data) - end < LONGEST):
                return end
            at = self._single(data, end)

    def _run(self, data: bytes, start: int) -> int:
        match = self.grammar.run.match(data, start)
        end = match.end() if match else start
        if end > start:
            self._write(data[start:end])
        return end

    def _write(self, run: bytes) -> None:
        try:
            run.decode()
        except UnicodeDecodeError:
            for match in self.grammar.row.finditer(run):
                self._write_row(match[0])
            return
        if b"\r" in run:
            run = self.grammar.row.sub(rb"\g<body>\n", run)
        self.row += self._count(run)
        self.written.write(run)

    def _count(self, run: bytes) -> int:
        mark = self.grammar.dialect.quote.encode()
        if not mark or mark not in run:
            return run.count(b"\n")
        return sum(1 for _ in self.grammar.row.finditer(run))

    def _write_row(self, row: bytes) -> None:
        try:
            row.decode()
        except UnicodeDecodeError:
            self._set_aside(row, "invalid-bytes")
        else:
            self.row += 1
            self.written.write(self.grammar.row.sub(rb"\g<body>\n", row))

    def _single(self, data: bytes, start: int) -> int:
        """A line that is no row of the table; where the next one begins."""
        match = LINE.match(data, start)
        line = match[0] if match else data[start:]
        whole = self.grammar.any_row.match(data, start)
        following = self.grammar.row.match(data, start + len(line))
        if whole and (whole.end() == start + len(line) or not following):
            line = whole[0]
            self._odd_row(line)
        else:
            self._set_aside(line, "stray-quote" if _closed(line) else "open-quote")
        return start + len(line)

    def _odd_row(self, row: bytes) -> None:
        cells = _count_cells(self.grammar, row.rstrip(b"\r\n"))
        if not row.strip():
            self.row += 1
            self.written.write(self.empty)
        else:
            kind = "too-few-cells" if cells < self.grammar.width else "too-many-cells"
            self._set_aside(row, f"{kind} {cells}/{self.grammar.width}")

    def _set_aside(self, line: bytes, problem: str) -> None:
        self.row += 1
        self.malformed += 1
        self.written.write(self.empty)
        text = line[: 4 * TOLD].decode(errors="backslashreplace").rstrip("\r\n")
        self.aside.writerow((self.row, text[:TOLD], problem))


def mend(path: Path, dialect: Dialect, width: int, mended: Path, aside: Path) -> int:
    """Writes the well-formed rows to one file, the others to a CSV (row, text, problem).

    Returns how many are malformed. Memory is bounded by the longest row that is read.
    """
    with (
        path.open("rb") as file,
        mended.open("wb") as written,
        aside.open("w", encoding="utf-8", newline="") as lines,
    ):
        mending = Mending(
            Grammar(dialect, width),
            written,
            csv.writer(lines, lineterminator="\n", quoting=csv.QUOTE_ALL),
        )
        rest = file.read(len(BOM)).removeprefix(BOM)
        while chunk := file.read(READ):
            data = rest + chunk + (file.read(1) if chunk.endswith(b"\r") else b"")
            rest = data[mending.take(data, last=False) :]
        if rest:
            mending.take(rest if rest.endswith((b"\n", b"\r")) else rest + b"\n", last=True)
    return mending.malformed


def _closed(line: bytes) -> bool:
    return line.count(b'"') % 2 == 0


def _count_cells(grammar: Grammar, row: bytes) -> int:
    return 1 + sum(1 for _ in grammar.delimited.finditer(row))
