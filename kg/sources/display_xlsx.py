"""The display of the sheets of an XLSX file, found in its XML."""

import html
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final

from kg.sources.sheet_display import MOMENT, MONTH, Shown, form_of, letters, number

CHUNK: Final = 4 << 20
SHEET: Final = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
RELATION: Final = re.compile(rb"<Relationship\s[^>]*>")
FORMAT: Final = re.compile(rb"<(?:\w+:)?numFmt\s[^>]*>")
STYLES: Final = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
STYLE: Final = re.compile(rb'<(?:\w+:)?xf\s[^>]*?numFmtId="(\d+)"')
DIGITS: Final = re.compile(r"0{2,20}")
BUILT_IN: Final = {b"17": MONTH, b"22": MOMENT}
"""Formats that have a number and no code, ECMA-376 part 1, 18.8.30; the others show a whole day."""
ERROR: Final = re.compile(
    rb'<(?:\w+:)?c(?=[^>]*?\st="e")[^>]*?\sr="([A-Z]+)(\d+)"[^>]*>'
    rb"(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)",
    re.DOTALL,
)
FORMULA: Final = re.compile(
    rb'<(?:\w+:)?c(?=\s)[^>]*?\sr="([A-Z]+)(\d+)"[^>]*>\s*<(?:\w+:)?f>\s*'
    rb"HYPERLINK\(\s*(?:&quot;|\")((?:(?!&quot;)[^\"<])*)(?:&quot;|\")"
)
ROW: Final = re.compile(rb'<(?:\w+:)?row\s[^>]*?r="(\d+)"')
USED: Final = re.compile(rb'<(?:\w+:)?c\s[^>]*?r="([A-Z]+)\d')
HIDDEN: Final = re.compile(rb'<(?:\w+:)?row(?=[^>]*?\shidden="(?:1|true)")[^>]*?\sr="(\d+)"')
COLUMN: Final = re.compile(
    rb'<(?:\w+:)?col(?=\s)(?=[^>]*?\shidden="(?:1|true)")(?=[^>]*?\smin="(\d+)")[^>]*?\smax="(\d+)"'
)
MERGED: Final = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z0-9:]+)"')
LINK: Final = re.compile(rb"<(?:\w+:)?hyperlink\s[^>]*>")
CELL: Final = re.compile(r"([A-Z]+)(\d+)")


class Book:
    """The parts of an XLSX file that say what its sheets show."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as archive:
            self.digits, self.dates = _styles(archive)
            self.parts, self.hidden = _parts(archive)

    def shown(self, sheet: str) -> Shown:
        """What a sheet shows; nothing where the file has no such part."""
        found = Shown(hidden=sheet in self.hidden)
        part = self.parts.get(sheet)
        with zipfile.ZipFile(self.path) as archive:
            if part is None or part not in archive.namelist():
                return found
            with archive.open(part) as file:
                for text in _rows(file):
                    self._note(found, text)
            _note_links(found, archive, part)
        return found

    def _note(self, found: Shown, text: bytes) -> None:
        self._note_styled(found, text)
        _note_extent(found, text)
        for column, row, value in ERROR.findall(text):
            found.errors[int(row) - 1, number(column)] = html.unescape(value.decode())
        for column, row, address in FORMULA.findall(text):
            found.links[int(row) - 1, number(column)] = html.unescape(address.decode())
        found.hidden_rows += [int(row) for row in HIDDEN.findall(text)]
        for first, last in COLUMN.findall(text):
            # a sheet may hide all that is beyond its table
            if int(last) < 2_000:
                found.hidden_columns += map(letters, range(int(first) - 1, int(last)))
        found.merged += [ref.decode() for ref in MERGED.findall(text)]
        for link in LINK.findall(text):
            ref, target = _attribute(link, "ref"), _attribute(link, "id")
            if (cell_of := CELL.match(ref)) and target:
                found.links[int(cell_of[2]) - 1, number(cell_of[1])] = f"#{target}"

    def _note_styled(self, found: Shown, text: bytes) -> None:
        styled = {**self.digits, **self.dates}
        if styled:
            cell = re.compile(
                rb'<(?:\w+:)?c(?=[^>]*?\ss="(' + b"|".join(styled) + rb')")'
                rb'[^>]*?\sr="([A-Z]+)(\d+)"'
            )
            for style, column, row in cell.findall(text):
                at = (int(row) - 1, number(column))
                if style in self.digits:
                    found.digits[at] = self.digits[style]
                else:
                    found.dates[at] = self.dates[style]


def _note_extent(found: Shown, text: bytes) -> None:
    if rows := ROW.findall(text):
        found.rows = max(found.rows, int(rows[-1]))
    used = {number(each) + 1 for each in set(USED.findall(text))}
    found.columns = max(found.columns, *used, 0)


def open_book(path: Path) -> Book | None:
    """The book of a file; None where it is no XLSX file."""
    try:
        return Book(path)
    except (OSError, zipfile.BadZipFile, KeyError):
        return None


def _styles(archive: zipfile.ZipFile) -> tuple[dict[bytes, int], dict[bytes, str]]:
    """The styles that show zeros before a number, and those that show part of a date."""
    if "xl/styles.xml" not in archive.namelist():
        return {}, {}
    styles = archive.read("xl/styles.xml")
    digits: dict[bytes, int] = {}
    dates = dict(BUILT_IN)
    for entry in FORMAT.findall(styles):
        code, name = _attribute(entry, "formatCode"), _attribute(entry, "numFmtId").encode()
        if DIGITS.fullmatch(code):
            digits[name] = len(code)
        elif form := form_of(code):
            dates[name] = form
    section = STYLES.search(styles)
    used = STYLE.findall(section[0]) if section else []
    return (
        {b"%d" % n: digits[name] for n, name in enumerate(used) if name in digits},
        {b"%d" % n: dates[name] for n, name in enumerate(used) if name in dates},
    )


def _parts(archive: zipfile.ZipFile) -> tuple[dict[str, str], set[str]]:
    """The part of each sheet by its name, and the names of those that are hidden."""
    targets = _targets(archive, "xl/_rels/workbook.xml.rels")
    found, hidden = {}, set()
    for entry in SHEET.findall(archive.read("xl/workbook.xml")):
        target = targets.get(_attribute(entry, "id"))
        if _attribute(entry, "state").lower() in ("hidden", "veryhidden"):
            hidden.add(_attribute(entry, "name"))
        if target:
            found[_attribute(entry, "name")] = (
                target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            )
    return found, hidden


def _targets(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    if part not in archive.namelist():
        return {}
    entries = RELATION.findall(archive.read(part))
    return {_attribute(entry, "Id"): _attribute(entry, "Target") for entry in entries}


def _note_links(found: Shown, archive: zipfile.ZipFile, part: str) -> None:
    """Writes the address of each link in the place of the name that the sheet has for it."""
    folder, _, name = part.rpartition("/")
    targets: Mapping[str, str] = _targets(archive, f"{folder}/_rels/{name}.rels")
    for at, address in list(found.links.items()):
        if address.startswith("#"):
            if target := targets.get(address[1:]):
                found.links[at] = target
            else:
                del found.links[at]


def _attribute(tag: bytes, name: str) -> str:
    match = re.search(rb"[\s:]" + name.encode() + rb'="([^"]*)"', tag)
    return html.unescape(match[1].decode("utf-8", "replace")) if match else ""


def _rows(file: IO[bytes]) -> Iterator[bytes]:
    """The text of a sheet in pieces that end with a row; what is below the rows comes last."""
    rest = b""
    while chunk := file.read(CHUNK):
        data = rest + chunk
        cut = data.rfind(b"</row>") + 6
        if cut < 6:
            cut = data.rfind(b"<") if len(data) > 4 * CHUNK else 0
        if cut:
            yield data[:cut]
        rest = data[cut:]
    yield rest
