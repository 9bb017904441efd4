"""Spreadsheets (XLSX, XLS, ODS): every sheet with a heading row as a relation."""

import csv
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Final

import duckdb
import python_calamine as calamine

from kg.errors import SourceError
from kg.kinds import Text
from kg.sources.describe import Reading
from kg.sources.dialect import Dialect
from kg.sources.headings import LOOKED_AT, fold, heading_row, headings
from kg.sources.opened import Opened, Rows, no_malformed, open_rows
from kg.sources.scratch import scratch_file
from kg.sources.separated import LONGEST, Scan
from kg.sources.sheet_display import Place, Shown, date_shown, letters, notes_of, place
from kg.sources.workbook_display import shown_in

MOST_UNPACKED: Final = 512 << 20
"""Bytes a workbook may unpack to: its cells, some eleven million, are held in memory."""
MOST_WIDE: Final = 2000
MOST_CELLS: Final = 30_000_000
"""Cells of a sheet, empty ones included: the reader holds all of them at once."""
HALF: Final = timedelta(microseconds=500_000)
"""A workbook counts days: 19:30 may come as 19:29:59.999, and is told to the nearest second."""
WEB: Final = re.compile(r"(?i)https?://")
ADDRESSES: Final = (
    *("url", "urls", "site", "siteweb", "siteinternet", "web", "website", "homepage", "lien"),
    *("liens", "lienweb", "link", "links", "adresseweb", "pageweb", "page", "sameas"),
)
"""Headings that ask for an address, folded."""
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
        look = shown_in(path)
        for sheet in wanted:
            view = f"{name}_{sheet}" if opened else name
            shown = f"{file}/{sheet}" if len(wanted) > 1 else file
            seen = look(sheet)
            _hold_extent(seen, sheet, file)
            cells = _sheet(book, sheet, file)
            wide = _wide(cells, sheet, file)
            notes = notes_of(seen, sheet)
            table = _open_sheet(db, _texts(cells, seen), wide, sheet, view, shown, notes)
            opened += [table] if table else []
    finally:
        book.close()
    if not opened:
        raise SourceError(
            f"{file} has no table: no sheet has a heading row",
            f"{file} n’a aucune table : aucune feuille n’a de ligne d’en-tête",
        )
    return opened


def _hold_extent(shown: Shown, sheet: str, file: str) -> None:
    """Refuses a sheet that reaches far beyond its table: nearly all of it is empty cells."""
    if shown.rows * shown.columns > MOST_CELLS:
        last = place(shown.rows - 1, shown.columns - 1)
        raise SourceError(
            f"{file}: the sheet {sheet!r} reaches to the cell {last}, far beyond its table: delete "
            "the rows below the table and the columns beside it (Ctrl+End shows where a sheet "
            "ends), and save it again",
            f"{file} : la feuille « {sheet} » va jusqu’à la cellule {last}, bien au-delà de son "
            "tableau : supprimez les lignes sous le tableau et les colonnes à côté (Ctrl+Fin "
            "montre où finit une feuille), puis enregistrez de nouveau",
        )


def _wide(cells: calamine.CalamineSheet, sheet: str, file: str) -> int:
    """How many columns a sheet has, those without a heading included."""
    wide = cells.end[1] + 1 if cells.end else 0
    if wide > MOST_WIDE:
        last = letters(wide - 1)
        raise SourceError(
            f"{file}: the sheet {sheet!r} has a value in the column {last}, beyond the {MOST_WIDE} "
            "columns that are read: empty it, or save the table alone",
            f"{file} : la feuille « {sheet} » a une valeur dans la colonne {last}, au-delà des "
            f"{MOST_WIDE} colonnes lues : videz-la, ou enregistrez le tableau seul",
        )
    return wide


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


def _sheet(book: calamine.CalamineWorkbook, sheet: str, file: str) -> calamine.CalamineSheet:
    try:
        return book.get_sheet_by_name(sheet)
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise SourceError(
            f"{file}: the sheet {sheet!r} cannot be read ({error}): save the workbook again",
            f"{file} : la feuille « {sheet} » ne se lit pas ({error}) : enregistrez de nouveau le "
            "classeur",
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
    wide: int,
    sheet: str,
    view: str,
    file: str,
    notes: tuple[Text, ...],
) -> Opened | None:
    above = list(takewhile_empty(rows))
    first = above + list(islice(rows, LOOKED_AT))
    found = heading_row(first[max(len(above) - 1, 0) :])
    if found is None:
        return None
    found += max(len(above) - 1, 0)
    named = headings(_trimmed(first[found]), found + 1)
    width = max(len(named.names), wide)
    if width > len(named.names):
        named = headings([*_trimmed(first[found]), *[""] * (width - len(named.names))], found + 1)
    path = scratch_file(db, "csv")
    _write(path, chain(first, rows), width)
    scan = Scan(path, Dialect(",", '"', named), width, uniform=True, longest=LONGEST)
    told = Rows(scan.relation(), named, file, f"{_kind(file)}, {sheet}", sheet)
    opened = open_rows(db, view, told, no_malformed(db, view))
    return replace(opened, notes=(*opened.notes, *notes))


def takewhile_empty(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The empty rows at the top, and the first that is not: a table may begin far below."""
    for row in rows:
        yield row
        if any(cell.strip() for cell in row):
            return


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


def _texts(sheet: calamine.CalamineSheet, shown: Shown) -> Iterator[list[str]]:
    """The rows of a sheet as texts, from its first row and its first column."""
    left: list[Cell] = [""] * (sheet.start[1] if sheet.start else 0)
    special = {row for each in (shown.digits, shown.dates, shown.errors) for row, _ in each}
    linked = _Links(shown)
    for number, cells in enumerate(sheet.iter_rows()):
        row = left + cells
        texts = [cell if isinstance(cell, str) else _text(cell) for cell in row]
        if number in special:
            for column, cell in enumerate(row):
                texts[column] = _as_shown(cell, texts[column], (number, column), shown)
        yield linked.followed(number, texts)


def _as_shown(cell: Cell, text: str, at: Place, shown: Shown) -> str:
    if at in shown.errors and not text:
        return shown.errors[at]
    if isinstance(cell, float) and at in shown.digits:
        return text.zfill(shown.digits[at])
    if isinstance(cell, date | datetime) and at in shown.dates:
        near = (cell + HALF).replace(microsecond=0) if isinstance(cell, datetime) else cell
        return date_shown(near, shown.dates[at])
    return text


class _Links:
    """Links whose text is no address: under a heading that asks for one, the address is taken."""

    def __init__(self, shown: Shown) -> None:
        self._links: dict[int, dict[int, str]] = {}
        for (row, column), address in shown.links.items():
            self._links.setdefault(row, {})[column] = address
        self._asked: set[int] = set()

    def followed(self, number: int, texts: list[str]) -> list[str]:
        """A row with the addresses of its links in the columns that ask for one."""
        # the heading is the last row before it that names such a column
        asked = {n for n, text in enumerate(texts) if fold(text) in ADDRESSES}
        self._asked = asked or self._asked
        for column, address in self._links.get(number, {}).items():
            told = texts[column].strip() if column < len(texts) else ""
            asked_here = column in self._asked and bool(WEB.match(address))
            if asked_here and told and not WEB.match(told):
                texts[column] = address
        return texts


def _text(cell: Cell) -> str:
    """A cell as people see it: 9220 and not 9220.0, a day without its midnight."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        moment = (cell + HALF).replace(microsecond=0)
        return moment.date().isoformat() if moment.time() == time(0) else moment.isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
