"""The display of the sheets of an ODS file, found in its XML."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.parsers import expat

from kg.sources.sheet_display import MOMENT, MONTH, MONTH_ONLY, YEAR, Shown, letters, place

TABLE: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
OFFICE: Final = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
STYLE: Final = "urn:oasis:names:tc:opendocument:xmlns:style:1.0 "
NUMBER: Final = "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0 "
TEXT: Final = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
LINK: Final = "http://www.w3.org/1999/xlink href"
VALUE_TYPE: Final = (
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
)
MOST: Final = 4096
"""Rows or columns that one element may stand for and be noted one by one."""
HIDDEN: Final = ("collapse", "filter")


@dataclass
class _Reader:
    """One pass over the content of an ODS file."""

    sheets: dict[str, Shown] = field(default_factory=dict)
    shown: Shown = field(default_factory=Shown)
    row: int = 0
    rows: int = 0
    column: int = 0
    columns: int = 0
    cell: Mapping[str, str] = field(default_factory=dict)
    text: list[str] | None = None
    parts: dict[str, set[str]] = field(default_factory=dict)
    """What each date style shows: year, month, day, hours."""
    data_style: str = ""
    styles: dict[str, str] = field(default_factory=dict)
    """The date style of each style of a cell."""
    hidden_tables: set[str] = field(default_factory=set)
    family: str = ""
    defaults: list[str] = field(default_factory=list)
    """The style of the cells of each column."""

    def start(self, name: str, given: Mapping[str, str]) -> None:
        if name.startswith((NUMBER, STYLE)):
            self._start_style(name, given)
        elif name == TABLE + "table":
            self.shown = Shown(hidden=given.get(TABLE + "style-name", "") in self.hidden_tables)
            self.sheets[given.get(TABLE + "name", "")] = self.shown
            self.row = self.columns = 0
            self.defaults = []
        elif name == TABLE + "table-column":
            self._start_column(given)
        elif name == TABLE + "table-row":
            self.rows = int(given.get(TABLE + "number-rows-repeated", "1"))
            self.column = 0
            if given.get(TABLE + "visibility") in HIDDEN and self.rows < MOST:
                self.shown.hidden_rows += range(self.row + 1, self.row + self.rows + 1)
        elif name in (TABLE + "table-cell", TABLE + "covered-table-cell"):
            self.cell, self.text = given, []
        elif name == TEXT + "a" and self.text is not None and (target := given.get(LINK)):
            self.shown.links[self.row, self.column] = target

    def end(self, name: str) -> None:
        if name == TABLE + "table-row":
            self.row += self.rows
        elif name in (TABLE + "table-cell", TABLE + "covered-table-cell"):
            self._end_cell()
        elif name.startswith(NUMBER) and name.endswith("date-style"):
            self.data_style = ""

    def data(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def _start_style(self, name: str, given: Mapping[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if name == STYLE + "style":
            self.family = given.get(STYLE + "name", "")
            if data := given.get(STYLE + "data-style-name"):
                self.styles[self.family] = data
        elif name == STYLE + "table-properties" and given.get(TABLE + "display") == "false":
            self.hidden_tables.add(self.family)
        elif local == "date-style":
            self.data_style = given.get(STYLE + "name", "")
            self.parts[self.data_style] = set()
        elif self.data_style:
            self.parts[self.data_style].add(local)

    def _start_column(self, given: Mapping[str, str]) -> None:
        count = int(given.get(TABLE + "number-columns-repeated", "1"))
        if count < MOST:
            self.defaults += [given.get(TABLE + "default-cell-style-name", "")] * count
            if given.get(TABLE + "visibility") in HIDDEN:
                self.shown.hidden_columns += map(letters, range(self.columns, self.columns + count))
        self.columns += count

    def _end_cell(self) -> None:
        given, at = self.cell, (self.row, self.column)
        count = int(given.get(TABLE + "number-columns-repeated", "1"))
        if given.get(VALUE_TYPE) == "error":
            self.shown.errors[at] = "".join(self.text or [])
        elif given.get(OFFICE + "value-type") == "date":
            form = self._form(given)
            if form and count < MOST and self.rows < MOST:
                for row in range(self.row, self.row + self.rows):
                    for column in range(self.column, self.column + count):
                        self.shown.dates[row, column] = form
        if given.get(OFFICE + "value-type"):
            self.shown.rows = max(self.shown.rows, self.row + self.rows)
            self.shown.columns = max(self.shown.columns, self.column + count)
        spans = [
            int(given.get(TABLE + f"number-{each}-spanned", "1")) for each in ("rows", "columns")
        ]
        if max(spans) > 1:
            last = place(self.row + spans[0] - 1, self.column + spans[1] - 1)
            self.shown.merged.append(f"{place(*at)}:{last}")
        self.column += count
        self.text = None

    def _form(self, given: Mapping[str, str]) -> str:
        style = given.get(TABLE + "style-name") or (
            self.defaults[self.column] if self.column < len(self.defaults) else ""
        )
        has = self.parts.get(self.styles.get(style, ""), set())
        if "hours" in has:
            return MOMENT
        if not has or "day" in has:
            return ""
        if "year" in has:
            return MONTH if "month" in has else YEAR
        return MONTH_ONLY if "month" in has else ""


def sheets_of(path: Path) -> dict[str, Shown]:
    """What each sheet of an ODS file shows; nothing where it is no such file."""
    reader = _Reader()
    try:
        with zipfile.ZipFile(path) as archive:
            for part in ("styles.xml", "content.xml"):
                if part in archive.namelist():
                    with archive.open(part) as file:
                        _parser(reader).ParseFile(file)
    except (OSError, zipfile.BadZipFile, expat.ExpatError, ValueError):
        return {}
    return reader.sheets


def _parser(reader: _Reader) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.buffer_text = True
    return parser
