"""XLSX cell display: partial dates, errors, links and hidden rows, read from the XML."""

import html
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final

from kg.sources.sheet_display import (
    MOMENT,
    MONTH,
    SheetDisplay,
    find_date_precision,
    format_column_letters,
    parse_column_letters,
)

READ_CHUNK_BYTES: Final = 4 << 20
SHEET_TAG: Final = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
RELATIONSHIP_TAG: Final = re.compile(rb"<Relationship\s[^>]*>")
NUMBER_FORMAT_TAG: Final = re.compile(rb"<(?:\w+:)?numFmt\s[^>]*>")
CELL_STYLES_SECTION: Final = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
CELL_STYLE_TAG: Final = re.compile(rb'<(?:\w+:)?xf\s[^>]*?numFmtId="(\d+)"')
ZERO_PADDED_FORMAT: Final = re.compile(r"0{2,20}")
BUILT_IN_DATE_FORMATS: Final = {b"17": MONTH, b"22": MOMENT}
"""Built-in number formats that show part of a date (ECMA-376 part 1, 18.8.30)."""
ERROR_CELL: Final = re.compile(
    rb'<(?:\w+:)?c(?=[^>]*?\st="e")[^>]*?\sr="([A-Z]+)(\d+)"[^>]*>'
    rb"(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)",
    re.DOTALL,
)
HYPERLINK_FORMULA: Final = re.compile(
    rb'<(?:\w+:)?c(?=\s)[^>]*?\sr="([A-Z]+)(\d+)"[^>]*>\s*<(?:\w+:)?f>\s*'
    rb"HYPERLINK\(\s*(?:&quot;|\")((?:(?!&quot;)[^\"<])*)(?:&quot;|\")"
)
ROW_TAG: Final = re.compile(rb'<(?:\w+:)?row\s[^>]*?r="(\d+)"')
USED_CELL: Final = re.compile(rb'<(?:\w+:)?c\s[^>]*?r="([A-Z]+)\d')
HIDDEN_ROW: Final = re.compile(rb'<(?:\w+:)?row(?=[^>]*?\shidden="(?:1|true)")[^>]*?\sr="(\d+)"')
HIDDEN_COLUMN: Final = re.compile(
    rb'<(?:\w+:)?col(?=\s)(?=[^>]*?\shidden="(?:1|true)")(?=[^>]*?\smin="(\d+)")[^>]*?\smax="(\d+)"'
)
MERGED_CELLS: Final = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z0-9:]+)"')
HYPERLINK_TAG: Final = re.compile(rb"<(?:\w+:)?hyperlink\s[^>]*>")
CELL_REFERENCE: Final = re.compile(r"([A-Z]+)(\d+)")


class XlsxBook:
    """Styles and sheets of an XLSX file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as archive:
            self.zero_padded_styles, self.date_styles = _read_styles(archive)
            self.sheet_parts, self.hidden_sheets = _read_sheet_parts(archive)

    def read_sheet_display(self, sheet: str) -> SheetDisplay:
        """Return the display of a sheet; empty where the file has no such sheet."""
        display = SheetDisplay(is_hidden=sheet in self.hidden_sheets)
        part = self.sheet_parts.get(sheet)
        with zipfile.ZipFile(self.path) as archive:
            if part is None or part not in archive.namelist():
                return display
            with archive.open(part) as file:
                for text in _iter_row_chunks(file):
                    self._collect(display, text)
            _resolve_links(display, archive, part)
        return display

    def _collect(self, display: SheetDisplay, text: bytes) -> None:
        self._collect_styled_cells(display, text)
        _collect_extent(display, text)
        for column, row, value in ERROR_CELL.findall(text):
            display.errors[int(row) - 1, parse_column_letters(column)] = html.unescape(
                value.decode()
            )
        for column, row, address in HYPERLINK_FORMULA.findall(text):
            display.links[int(row) - 1, parse_column_letters(column)] = html.unescape(
                address.decode()
            )
        display.hidden_rows += [int(row) for row in HIDDEN_ROW.findall(text)]
        for first, last in HIDDEN_COLUMN.findall(text):
            # spreadsheets may hide all columns to the right of a table, up to the last one
            if int(last) < 2_000:
                display.hidden_columns += map(
                    format_column_letters, range(int(first) - 1, int(last))
                )
        display.merged += [ref.decode() for ref in MERGED_CELLS.findall(text)]
        for link in HYPERLINK_TAG.findall(text):
            ref, target = _parse_attribute(link, "ref"), _parse_attribute(link, "id")
            if (cell_of := CELL_REFERENCE.match(ref)) and target:
                display.links[int(cell_of[2]) - 1, parse_column_letters(cell_of[1])] = f"#{target}"

    def _collect_styled_cells(self, display: SheetDisplay, text: bytes) -> None:
        styled = {**self.zero_padded_styles, **self.date_styles}
        if styled:
            cell = re.compile(
                rb'<(?:\w+:)?c(?=[^>]*?\ss="(' + b"|".join(styled) + rb')")'
                rb'[^>]*?\sr="([A-Z]+)(\d+)"'
            )
            for style, column, row in cell.findall(text):
                at = (int(row) - 1, parse_column_letters(column))
                if style in self.zero_padded_styles:
                    display.padded_widths[at] = self.zero_padded_styles[style]
                else:
                    display.date_precisions[at] = self.date_styles[style]


def _collect_extent(display: SheetDisplay, text: bytes) -> None:
    if rows := ROW_TAG.findall(text):
        display.last_row = max(display.last_row, int(rows[-1]))
    used = {parse_column_letters(each) + 1 for each in set(USED_CELL.findall(text))}
    display.last_column = max(display.last_column, *used, 0)


def open_xlsx(path: Path) -> XlsxBook | None:
    """Open an XLSX file; None for other formats."""
    try:
        return XlsxBook(path)
    except (OSError, zipfile.BadZipFile, KeyError):
        return None


def _read_styles(archive: zipfile.ZipFile) -> tuple[dict[bytes, int], dict[bytes, str]]:
    """Return the cell styles that pad numbers with zeros, and those that show part of a date."""
    if "xl/styles.xml" not in archive.namelist():
        return {}, {}
    styles = archive.read("xl/styles.xml")
    digits: dict[bytes, int] = {}
    dates = dict(BUILT_IN_DATE_FORMATS)
    for entry in NUMBER_FORMAT_TAG.findall(styles):
        code, name = (
            _parse_attribute(entry, "formatCode"),
            _parse_attribute(entry, "numFmtId").encode(),
        )
        if ZERO_PADDED_FORMAT.fullmatch(code):
            digits[name] = len(code)
        elif form := find_date_precision(code):
            dates[name] = form
    section = CELL_STYLES_SECTION.search(styles)
    used = CELL_STYLE_TAG.findall(section[0]) if section else []
    return (
        {b"%d" % n: digits[name] for n, name in enumerate(used) if name in digits},
        {b"%d" % n: dates[name] for n, name in enumerate(used) if name in dates},
    )


def _read_sheet_parts(archive: zipfile.ZipFile) -> tuple[dict[str, str], set[str]]:
    """Return the archive member of each sheet, and the names of the hidden sheets."""
    targets = _read_relationship_targets(archive, "xl/_rels/workbook.xml.rels")
    parts, hidden = {}, set()
    for entry in SHEET_TAG.findall(archive.read("xl/workbook.xml")):
        target = targets.get(_parse_attribute(entry, "id"))
        if _parse_attribute(entry, "state").lower() in ("hidden", "veryhidden"):
            hidden.add(_parse_attribute(entry, "name"))
        if target:
            parts[_parse_attribute(entry, "name")] = (
                target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            )
    return parts, hidden


def _read_relationship_targets(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    if part not in archive.namelist():
        return {}
    entries = RELATIONSHIP_TAG.findall(archive.read(part))
    return {_parse_attribute(entry, "Id"): _parse_attribute(entry, "Target") for entry in entries}


def _resolve_links(display: SheetDisplay, archive: zipfile.ZipFile, part: str) -> None:
    """Replace the relationship ids of links with the addresses they stand for."""
    folder, _, name = part.rpartition("/")
    targets: Mapping[str, str] = _read_relationship_targets(archive, f"{folder}/_rels/{name}.rels")
    for at, address in list(display.links.items()):
        if address.startswith("#"):
            if target := targets.get(address[1:]):
                display.links[at] = target
            else:
                del display.links[at]


def _parse_attribute(tag: bytes, name: str) -> str:
    match = re.search(rb"[\s:]" + name.encode() + rb'="([^"]*)"', tag)
    return html.unescape(match[1].decode("utf-8", "replace")) if match else ""


def _iter_row_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the XML of a sheet in chunks that end with a row; the last one is the remainder."""
    rest = b""
    while chunk := file.read(READ_CHUNK_BYTES):
        data = rest + chunk
        cut = data.rfind(b"</row>") + 6
        if cut < 6:
            cut = data.rfind(b"<") if len(data) > 4 * READ_CHUNK_BYTES else 0
        if cut:
            yield data[:cut]
        rest = data[cut:]
    yield rest
