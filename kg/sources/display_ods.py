"""ODS cell display: partial dates, errors, links and hidden rows, read from the XML."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.parsers import expat

from kg.sources.sheet_display import (
    MOMENT,
    MONTH,
    MONTH_ONLY,
    YEAR,
    SheetDisplay,
    format_cell_reference,
    format_column_letters,
)

TABLE_NS: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
OFFICE_NS: Final = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
STYLE_NS: Final = "urn:oasis:names:tc:opendocument:xmlns:style:1.0 "
NUMBER_NS: Final = "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0 "
TEXT_NS: Final = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
XLINK_HREF: Final = "http://www.w3.org/1999/xlink href"
CALCEXT_VALUE_TYPE: Final = (
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
)
MAX_REPEATED_CELLS: Final = 4096
"""Largest repetition of one row or column element that is expanded."""
HIDDEN_VISIBILITIES: Final = ("collapse", "filter")


@dataclass
class _ContentHandler:
    """Handler of the XML events of an ODS content file."""

    sheets: dict[str, SheetDisplay] = field(default_factory=dict)
    sheet: SheetDisplay = field(default_factory=SheetDisplay)
    row: int = 0
    repeated_rows: int = 0
    column: int = 0
    column_count: int = 0
    cell_attributes: Mapping[str, str] = field(default_factory=dict)
    text: list[str] | None = None
    date_style_parts: dict[str, set[str]] = field(default_factory=dict)
    """Parts of a date (year, month, day, hours) that each date style shows."""
    current_date_style: str = ""
    date_style_by_cell_style: dict[str, str] = field(default_factory=dict)
    """Date style of each cell style."""
    hidden_tables: set[str] = field(default_factory=set)
    current_style: str = ""
    default_cell_styles: list[str] = field(default_factory=list)
    """Default cell style of each column."""

    def start_element(self, name: str, given: Mapping[str, str]) -> None:
        if name.startswith((NUMBER_NS, STYLE_NS)):
            self._start_style(name, given)
        elif name == TABLE_NS + "table":
            self.sheet = SheetDisplay(
                is_hidden=given.get(TABLE_NS + "style-name", "") in self.hidden_tables
            )
            self.sheets[given.get(TABLE_NS + "name", "")] = self.sheet
            self.row = self.column_count = 0
            self.default_cell_styles = []
        elif name == TABLE_NS + "table-column":
            self._start_column(given)
        elif name == TABLE_NS + "table-row":
            self.repeated_rows = int(given.get(TABLE_NS + "number-rows-repeated", "1"))
            self.column = 0
            if (
                given.get(TABLE_NS + "visibility") in HIDDEN_VISIBILITIES
                and self.repeated_rows < MAX_REPEATED_CELLS
            ):
                self.sheet.hidden_rows += range(self.row + 1, self.row + self.repeated_rows + 1)
        elif name in (TABLE_NS + "table-cell", TABLE_NS + "covered-table-cell"):
            self.cell_attributes, self.text = given, []
        elif name == TEXT_NS + "a" and self.text is not None and (target := given.get(XLINK_HREF)):
            self.sheet.links[self.row, self.column] = target

    def end_element(self, name: str) -> None:
        if name == TABLE_NS + "table-row":
            self.row += self.repeated_rows
        elif name in (TABLE_NS + "table-cell", TABLE_NS + "covered-table-cell"):
            self._end_cell()
        elif name.startswith(NUMBER_NS) and name.endswith("date-style"):
            self.current_date_style = ""

    def add_text(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def _start_style(self, name: str, attributes: Mapping[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if name == STYLE_NS + "style":
            self.current_style = attributes.get(STYLE_NS + "name", "")
            if data := attributes.get(STYLE_NS + "data-style-name"):
                self.date_style_by_cell_style[self.current_style] = data
        elif (
            name == STYLE_NS + "table-properties"
            and attributes.get(TABLE_NS + "display") == "false"
        ):
            self.hidden_tables.add(self.current_style)
        elif local == "date-style":
            self.current_date_style = attributes.get(STYLE_NS + "name", "")
            self.date_style_parts[self.current_date_style] = set()
        elif self.current_date_style:
            self.date_style_parts[self.current_date_style].add(local)

    def _start_column(self, attributes: Mapping[str, str]) -> None:
        count = int(attributes.get(TABLE_NS + "number-columns-repeated", "1"))
        if count < MAX_REPEATED_CELLS:
            self.default_cell_styles += [
                attributes.get(TABLE_NS + "default-cell-style-name", "")
            ] * count
            if attributes.get(TABLE_NS + "visibility") in HIDDEN_VISIBILITIES:
                self.sheet.hidden_columns += map(
                    format_column_letters, range(self.column_count, self.column_count + count)
                )
        self.column_count += count

    def _end_cell(self) -> None:
        attributes, at = self.cell_attributes, (self.row, self.column)
        count = int(attributes.get(TABLE_NS + "number-columns-repeated", "1"))
        if attributes.get(CALCEXT_VALUE_TYPE) == "error":
            self.sheet.errors[at] = "".join(self.text or [])
        elif attributes.get(OFFICE_NS + "value-type") == "date":
            form = self._find_date_precision(attributes)
            if form and count < MAX_REPEATED_CELLS and self.repeated_rows < MAX_REPEATED_CELLS:
                for row in range(self.row, self.row + self.repeated_rows):
                    for column in range(self.column, self.column + count):
                        self.sheet.date_precisions[row, column] = form
        if attributes.get(OFFICE_NS + "value-type"):
            self.sheet.last_row = max(self.sheet.last_row, self.row + self.repeated_rows)
            self.sheet.last_column = max(self.sheet.last_column, self.column + count)
        spans = [
            int(attributes.get(TABLE_NS + f"number-{each}-spanned", "1"))
            for each in ("rows", "columns")
        ]
        if max(spans) > 1:
            last = format_cell_reference(self.row + spans[0] - 1, self.column + spans[1] - 1)
            self.sheet.merged.append(f"{format_cell_reference(*at)}:{last}")
        self.column += count
        self.text = None

    def _find_date_precision(self, attributes: Mapping[str, str]) -> str:
        style = attributes.get(TABLE_NS + "style-name") or (
            self.default_cell_styles[self.column]
            if self.column < len(self.default_cell_styles)
            else ""
        )
        has = self.date_style_parts.get(self.date_style_by_cell_style.get(style, ""), set())
        if "hours" in has:
            return MOMENT
        if not has or "day" in has:
            return ""
        if "year" in has:
            return MONTH if "month" in has else YEAR
        return MONTH_ONLY if "month" in has else ""


def read_sheet_displays(path: Path) -> dict[str, SheetDisplay]:
    """Return the display of each sheet of an ODS file; empty for other files."""
    reader = _ContentHandler()
    try:
        with zipfile.ZipFile(path) as archive:
            for part in ("styles.xml", "content.xml"):
                if part in archive.namelist():
                    with archive.open(part) as file:
                        _make_parser(reader).ParseFile(file)
    except (OSError, zipfile.BadZipFile, expat.ExpatError, ValueError):
        return {}
    return reader.sheets


def _make_parser(reader: _ContentHandler) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start_element
    parser.EndElementHandler = reader.end_element
    parser.CharacterDataHandler = reader.add_text
    parser.buffer_text = True
    return parser
