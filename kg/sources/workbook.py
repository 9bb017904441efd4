"""Spreadsheets (XLSX, XLS, ODS): every sheet with a heading row as a relation."""

import csv
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Final

import duckdb
import python_calamine as calamine

from kg.errors import SourceError
from kg.sources.describe import Reading
from kg.sources.dialect import Dialect
from kg.sources.headings import LOOKED_AT, heading_row, headings
from kg.sources.opened import Opened, Rows, no_malformed, open_rows
from kg.sources.padding import Padding, paddings
from kg.sources.scratch import scratch_file
from kg.sources.separated import LONGEST, Scan

MOST_UNPACKED: Final = 512 << 20
"""Bytes a workbook may unpack to: its cells, some eleven million, are held in memory."""
MOST_WIDE: Final = 2000
Cell = str | float | bool | datetime | date | time | timedelta


def open_workbook(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, file: str, reading: Reading
) -> list[Opened]:
    """The sheets of a workbook that have a heading row. Raises SourceError.

    The first is called `name`, the others `name_sheet`; `reading.sheet` chooses one of them. Where
    the workbook has several sheets, each is a file of its own: `workbook.xlsx/sheet`.
    """
    _hold_size(path, file)
    book = _book(path, file)
    try:
        wanted = _wanted(book, file, reading.sheet)
        opened: list[Opened] = []
        for sheet in wanted:
            view = f"{name}_{sheet}" if opened else name
            shown = f"{file}/{sheet}" if len(wanted) > 1 else file
            rows = _texts(book.get_sheet_by_name(sheet), paddings(path, sheet))
            table = _open_sheet(db, rows, sheet, view, shown)
            opened += [table] if table else []
    finally:
        book.close()
    if not opened:
        raise SourceError(
            f"{file} has no table: no sheet has a heading row",
            f"{file} n’a aucune table : aucune feuille n’a de ligne d’en-tête",
        )
    return opened


def _hold_size(path: Path, file: str) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > MOST_UNPACKED:
        raise SourceError(
            f"{file} unpacks to {size >> 20} MB, more than the {MOST_UNPACKED >> 20} MB that are "
            "read of a workbook: save each sheet as CSV",
            f"{file} se décompresse en {size >> 20} Mo, plus que les {MOST_UNPACKED >> 20} Mo lus "
            "d’un classeur : enregistrez chaque feuille en CSV",
        )


def _book(path: Path, file: str) -> calamine.CalamineWorkbook:
    try:
        return calamine.CalamineWorkbook.from_path(str(path))
    except calamine.PasswordError as error:
        raise SourceError(
            f"{file} is protected by a password: save it without one",
            f"{file} est protégé par un mot de passe : enregistrez-le sans mot de passe",
        ) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise SourceError(
            f"{file} is no workbook that can be read (XLSX, XLS or ODS): {error}",
            f"{file} n’est pas un classeur lisible (XLSX, XLS ou ODS) : {error}",
        ) from error


def _wanted(book: calamine.CalamineWorkbook, file: str, sheet: str | None) -> list[str]:
    if sheet is None:
        return list(book.sheet_names)
    if sheet not in book.sheet_names:
        told = ", ".join(book.sheet_names)
        raise SourceError(
            f"{file} has no sheet {sheet!r}; it has {told}",
            f"{file} n’a pas de feuille {sheet!r} ; elle a {told}",
        )
    return [sheet]


def _open_sheet(
    db: duckdb.DuckDBPyConnection,
    rows: Iterator[list[str]],
    sheet: str,
    view: str,
    file: str,
) -> Opened | None:
    first = list(islice(rows, LOOKED_AT))
    found = heading_row(first)
    if found is None:
        return None
    named = headings(_trimmed(first[found]), found + 1)
    width = max([len(named.names), *(len(_trimmed(row)) for row in first[found:])])
    if width > len(named.names):
        named = headings([*_trimmed(first[found]), *[""] * (width - len(named.names))], found + 1)
    path = scratch_file(db, "csv")
    _write(path, chain(first, rows), width)
    scan = Scan(path, Dialect(",", '"', named), width, uniform=True, longest=LONGEST)
    told = Rows(scan.relation(), named, file, f"{_kind(file)}, {sheet}", sheet)
    return open_rows(db, view, told, no_malformed(db, view))


def _kind(file: str) -> str:
    return file.partition("/")[0].rpartition(".")[2].upper()


def _trimmed(row: list[str]) -> list[str]:
    """A row without the empty cells at its end."""
    filled = [n for n, cell in enumerate(row[:MOST_WIDE], 1) if cell.strip()]
    return row[: filled[-1]] if filled else []


def _write(path: Path, rows: Iterator[list[str]], width: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerows((row + [""] * width)[:width] for row in rows)


def _texts(sheet: calamine.CalamineSheet, padding: Padding) -> Iterator[list[str]]:
    """The rows of a sheet as texts, from its first row and its first column."""
    left: list[Cell] = [""] * (sheet.start[1] if sheet.start else 0)
    for number, cells in enumerate(sheet.iter_rows()):
        row = left + cells
        texts = [cell if isinstance(cell, str) else _text(cell) for cell in row]
        for column, width in padding.get(number, {}).items():
            if column < len(row) and isinstance(row[column], float):
                texts[column] = texts[column].zfill(width)
        yield texts


def _text(cell: Cell) -> str:
    """A cell as people see it: 9220 and not 9220.0, a day without its midnight."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        day = cell.time() == time(0)
        return cell.date().isoformat() if day else cell.isoformat(timespec="seconds")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
