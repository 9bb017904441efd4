"""Zeros that a workbook shows and does not hold: the postcode 01000 is kept as 1000 and shown so.

They are looked for in the XML of XLSX files, since the reader gives the numbers only.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final

CHUNK: Final = 4 << 20
SHEET: Final = re.compile(rb'<sheet\s[^>]*?name="([^"]*)"[^>]*?r:id="([^"]*)"')
RELATION: Final = re.compile(rb"<Relationship\s[^>]*>")
FORMAT: Final = re.compile(rb'<numFmt\s[^>]*?numFmtId="(\d+)"[^>]*?formatCode="(0{2,20})"')
STYLES: Final = re.compile(rb"<cellXfs\b.*?</cellXfs>", re.DOTALL)
STYLE: Final = re.compile(rb'<xf\s[^>]*?numFmtId="(\d+)"')
Padding = Mapping[int, Mapping[int, int]]
"""Row and column (from 0) to the number of digits shown."""


def paddings(path: Path, sheet: str) -> Padding:
    """The cells of a sheet whose number is shown with zeros before it."""
    try:
        with zipfile.ZipFile(path) as archive:
            widths = _widths(archive)
            part = _part(archive, sheet) if widths else None
            if part is None:
                return {}
            with archive.open(part) as file:
                return _cells(file, widths)
    except (zipfile.BadZipFile, KeyError):
        return {}


def _widths(archive: zipfile.ZipFile) -> dict[bytes, int]:
    """The styles that only show digits, with how many."""
    styles = archive.read("xl/styles.xml")
    digits = {number: len(code) for number, code in FORMAT.findall(styles)}
    section = STYLES.search(styles)
    used = STYLE.findall(section[0]) if digits and section else []
    return {b"%d" % n: digits[number] for n, number in enumerate(used) if number in digits}


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    escaped = sheet.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()
    named = dict(SHEET.findall(archive.read("xl/workbook.xml")))
    wanted = named.get(escaped)
    for relation in RELATION.findall(archive.read("xl/_rels/workbook.xml.rels")):
        target = re.search(rb'Target="([^"]*)"', relation)
        if wanted and b'Id="' + wanted + b'"' in relation and target:
            name = target[1].decode()
            return name.removeprefix("/") if name.startswith("/") else f"xl/{name}"
    return None


def _cells(file: IO[bytes], widths: Mapping[bytes, int]) -> Padding:
    styles = b"|".join(widths)
    cell = re.compile(rb'<c(?=[^>]*?\ss="(' + styles + rb')")[^>]*?\sr="([A-Z]+)(\d+)"')
    found: dict[int, dict[int, int]] = {}
    for style, column, row in _matches(file, cell):
        found.setdefault(int(row) - 1, {})[_number(column)] = widths[style]
    return found


def _matches(file: IO[bytes], cell: re.Pattern[bytes]) -> Iterator[tuple[bytes, bytes, bytes]]:
    rest = b""
    while chunk := file.read(CHUNK):
        data = rest + chunk
        cut = data.rfind(b"<")
        yield from cell.findall(data[:cut])
        rest = data[cut:]


def _number(column: bytes) -> int:
    """The position of a column by its letters: A is 0."""
    number = 0
    for letter in column:
        number = 26 * number + letter - 64
    return number - 1
