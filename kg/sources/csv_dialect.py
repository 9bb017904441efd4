"""Dialect detection: the delimiter and quotes of a text file, from its first megabyte."""

import csv
import io
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final

from kg.errors import SourceError
from kg.sources.encoding import PlainText
from kg.sources.header_row import Headings, find_header_row, make_headings

CANDIDATE_DELIMITERS: Final = (",", ";", "\t", "|", "£", ":", "^", "~", "§", "¦")
NO_DELIMITER: Final = "\x1f"
"""Delimiter for files of one column: a character that texts do not contain."""
SAMPLE_BYTES: Final = 1 << 20
SAMPLE_ROWS: Final = 1000
MARKUP_STARTS: Final = ("<!doctype", "<html", "<?xml", "%pdf")
DELIMITER_NAMES: Final = {"\t": "tab", NO_DELIMITER: "one column"}


@dataclass(frozen=True)
class Dialect:
    """Delimiter, quote character and columns of a delimited file."""

    delimiter: str
    quote: str
    headings: Headings

    @property
    def delimiter_name(self) -> str:
        """Delimiter as people write it."""
        return DELIMITER_NAMES.get(self.delimiter, self.delimiter)


def find_dialect(
    text: PlainText, file: str, delimiter: str | None = None, quote: str | None = None
) -> Dialect:
    """Return the dialect of a file; stated values are not detected. Raises SourceError."""
    sample = _read_sample(text)
    if sample.lstrip().lower().startswith(MARKUP_STARTS):
        raise SourceError(
            f"{file} is a web page or a document, not a table: save the table as CSV or XLSX",
            f"{file} est une page web ou un document, pas une table : "
            "enregistrez la table en CSV ou en XLSX",
        )
    stated = delimiter or _find_stated_delimiter(sample)
    chosen_delimiter = stated or max(
        CANDIDATE_DELIMITERS, key=lambda one: _rate_delimiter(_parse_rows(sample, one, '"'))
    )
    if not stated and _rate_delimiter(_parse_rows(sample, chosen_delimiter, '"')) == (0, 0):
        chosen_delimiter = NO_DELIMITER
    marks = '"' if quote is None else quote
    rows = _parse_rows(sample, chosen_delimiter, marks)
    if quote is None and chosen_delimiter == "\t" and not _is_well_quoted(sample):
        marks, rows = "", _parse_rows(sample, chosen_delimiter, "")
    return Dialect(
        chosen_delimiter,
        marks,
        _find_headings(rows, file, skip=_find_stated_delimiter(sample) is not None),
    )


def _read_sample(text: PlainText) -> str:
    with text.path.open("rb") as file:
        data = file.read(SAMPLE_BYTES)
        if file.read(1):
            data = data[: max(data.rfind(b"\n"), data.rfind(b"\r")) + 1] or data
    return data.decode("utf-8-sig", errors="replace")


def _find_stated_delimiter(sample: str) -> str | None:
    """Return the delimiter that a first line `sep=;` declares, as spreadsheets write it."""
    first = sample.splitlines()[0] if sample else ""
    return first[4:5] if first[:4].lower() == "sep=" and len(first) == 5 else None


def _parse_rows(sample: str, delimiter: str, quote: str) -> list[list[str]]:
    lines = io.StringIO(sample, newline="")
    if quote:
        reader = csv.reader(lines, delimiter=delimiter, quotechar=quote)
    else:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    rows: list[list[str]] = []
    with suppress(csv.Error):  # the csv module refuses very long cells: the rows before suffice
        rows.extend(islice(reader, SAMPLE_ROWS))
    return rows


def _is_well_quoted(sample: str) -> bool:
    """Tell whether quotes enclose cells: in tab-separated files from databases, they do not."""
    try:
        for _ in csv.reader(io.StringIO(sample, newline=""), delimiter="\t", strict=True):
            pass
    except csv.Error:
        return _rate_delimiter(_parse_rows(sample, "\t", ""))[0] < 1
    return True


def _rate_delimiter(rows: list[list[str]]) -> tuple[float, int]:
    """Return the share of rows as wide as the heading, and that width."""
    heading = find_header_row(rows)
    width = len(rows[heading]) if heading is not None else 0
    filled = [row for row in rows if any(row)]
    # a trailing delimiter gives one more empty cell, which is harmless
    fitting = [row for row in filled if len(row) - (not row[-1] and len(row) > width) == width]
    return (round(len(fitting) / len(filled), 2), width) if width > 1 else (0, 0)


def _find_headings(rows: list[list[str]], file: str, *, skip: bool) -> Headings:
    candidate_rows = [[] if skip and n == 0 else row for n, row in enumerate(rows)]
    header_index = find_header_row(candidate_rows)
    if header_index is None:
        raise SourceError(
            f"{file} has no heading row: the first row of a table names its columns",
            f"{file} n’a pas d’en-tête : la première ligne d’une table nomme ses colonnes",
        )
    return make_headings(candidate_rows[header_index], header_index + 1)
