"""Workbook reader (XLSX, XLS, ODS): each sheet with a header row as a DuckDB relation."""

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
from kg.sources.csv_dialect import Dialect
from kg.sources.csv_files import MAX_LINE_BYTES, CsvScan
from kg.sources.header_row import HEADER_SEARCH_ROWS, find_header_row, fold_heading, make_headings
from kg.sources.opened_table import OpenedTable, TableRows, create_malformed_table, open_rows
from kg.sources.sheet_display import (
    CellPosition,
    SheetDisplay,
    format_cell_reference,
    format_column_letters,
    format_partial_date,
    write_display_notes,
)
from kg.sources.source_description import ReadOptions
from kg.sources.temp_files import make_temp_path
from kg.sources.workbook_display import make_sheet_display_reader

MAX_DECOMPRESSED_BYTES: Final = 512 << 20
"""Limit on the decompressed size of a workbook, whose cells are all held in memory."""
MAX_COLUMNS: Final = 2000
MAX_CELLS: Final = 30_000_000
"""Limit on the cells of a sheet, empty ones included: calamine holds all of them in memory."""
HALF_SECOND: Final = timedelta(microseconds=500_000)
"""Rounding of times: workbooks store fractions of a day, so that 19:30 may read 19:29:59.999."""
WEB_ADDRESS: Final = re.compile(r"(?i)https?://")
ADDRESS_HEADINGS: Final = (
    *("url", "urls", "site", "siteweb", "siteinternet", "web", "website", "homepage", "lien"),
    *("liens", "lienweb", "link", "links", "adresseweb", "pageweb", "page", "sameas"),
)
"""Folded headings of columns that expect a web address."""
Cell = str | float | bool | datetime | date | time | timedelta


def open_workbook(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, file: str, reading: ReadOptions
) -> list[OpenedTable]:
    """Open the sheets of a workbook that have a heading row. Raises SourceError.

    The first view is called `name`, the others `name_sheet`; `reading.sheet` selects one sheet.
    Where there are several, each is reported as a file: `workbook.xlsx/sheet`.
    """
    _check_size(path, file)
    book = _open_book(path, file)
    try:
        sheet_names = _select_sheets(book, file, reading.sheet)
        opened: list[OpenedTable] = []
        read_display = make_sheet_display_reader(path)
        for sheet in sheet_names:
            view = f"{name}_{sheet}" if opened else name
            table_file = f"{file}/{sheet}" if len(sheet_names) > 1 else file
            display = read_display(sheet)
            _check_extent(display, sheet, file)
            cells = _read_sheet(book, sheet, file)
            wide = _count_columns(cells, sheet, file)
            notes = write_display_notes(display, sheet)
            table = _open_sheet(
                db, _iter_text_rows(cells, display), wide, sheet, view, table_file, notes
            )
            opened += [table] if table else []
    finally:
        book.close()
    if not opened:
        raise SourceError(
            f"{file} has no table: no sheet has a heading row",
            f"{file} n’a aucune table : aucune feuille n’a de ligne d’en-tête",
        )
    return opened


def _check_extent(display: SheetDisplay, sheet: str, file: str) -> None:
    """Refuse a sheet whose last cell is far beyond its table: it is mostly empty cells."""
    if display.last_row * display.last_column > MAX_CELLS:
        last = format_cell_reference(display.last_row - 1, display.last_column - 1)
        raise SourceError(
            f"{file}: the sheet {sheet!r} reaches to the cell {last}, far beyond its table: delete "
            "the rows below the table and the columns beside it (Ctrl+End shows where a sheet "
            "ends), and save it again",
            f"{file} : la feuille « {sheet} » va jusqu’à la cellule {last}, bien au-delà de son "
            "tableau : supprimez les lignes sous le tableau et les colonnes à côté (Ctrl+Fin "
            "montre où finit une feuille), puis enregistrez de nouveau",
        )


def _count_columns(cells: calamine.CalamineSheet, sheet: str, file: str) -> int:
    """Return the number of columns of a sheet, including those without a heading."""
    wide = cells.end[1] + 1 if cells.end else 0
    if wide > MAX_COLUMNS:
        last = format_column_letters(wide - 1)
        raise SourceError(
            f"{file}: the sheet {sheet!r} has a value in the column {last}, beyond the "
            f"{MAX_COLUMNS} "
            "columns that are read: empty it, or save the table alone",
            f"{file} : la feuille « {sheet} » a une valeur dans la colonne {last}, au-delà des "
            f"{MAX_COLUMNS} colonnes lues : videz-la, ou enregistrez le tableau seul",
        )
    return wide


def _check_size(path: Path, file: str) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > MAX_DECOMPRESSED_BYTES:
        raise SourceError(
            f"{file} unpacks to {size >> 20} MB, more than the {MAX_DECOMPRESSED_BYTES >> 20} MB "
            "that are "
            "read of a workbook: save each sheet as CSV",
            f"{file} se décompresse en {size >> 20} Mo, plus que les "
            f"{MAX_DECOMPRESSED_BYTES >> 20} Mo lus "
            "d’un classeur : enregistrez chaque feuille en CSV",
        )


def _open_book(path: Path, file: str) -> calamine.CalamineWorkbook:
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


def _read_sheet(book: calamine.CalamineWorkbook, sheet: str, file: str) -> calamine.CalamineSheet:
    try:
        return book.get_sheet_by_name(sheet)
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise SourceError(
            f"{file}: the sheet {sheet!r} cannot be read ({error}): save the workbook again",
            f"{file} : la feuille « {sheet} » ne se lit pas ({error}) : enregistrez de nouveau le "
            "classeur",
        ) from error


def _select_sheets(book: calamine.CalamineWorkbook, file: str, sheet: str | None) -> list[str]:
    if sheet is None:
        return list(book.sheet_names)
    if sheet not in book.sheet_names:
        names = ", ".join(book.sheet_names)
        raise SourceError(
            f"{file} has no sheet {sheet!r}; it has {names}",
            f"{file} n’a pas de feuille {sheet!r} ; elle a {names}",
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
) -> OpenedTable | None:
    above = list(take_leading_empty_rows(rows))
    first = above + list(islice(rows, HEADER_SEARCH_ROWS))
    header_index = find_header_row(first[max(len(above) - 1, 0) :])
    if header_index is None:
        return None
    header_index += max(len(above) - 1, 0)
    headings = make_headings(_trim_row(first[header_index]), header_index + 1)
    width = max(len(headings.names), wide)
    if width > len(headings.names):
        headings = make_headings(
            [*_trim_row(first[header_index]), *[""] * (width - len(headings.names))],
            header_index + 1,
        )
    path = make_temp_path(db, "csv")
    _write_csv(path, chain(first, rows), width)
    scan = CsvScan(
        path,
        Dialect(",", '"', headings),
        width,
        has_line_feeds_only=True,
        max_line_bytes=MAX_LINE_BYTES,
    )
    table_rows = TableRows(
        scan.build_sql(), headings, file, f"{_get_format_name(file)}, {sheet}", sheet
    )
    opened = open_rows(db, view, table_rows, create_malformed_table(db, view))
    return replace(opened, notes=(*opened.notes, *notes))


def take_leading_empty_rows(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield rows up to the first that is not empty: a table may begin far below the top."""
    for row in rows:
        yield row
        if any(cell.strip() for cell in row):
            return


def _get_format_name(file: str) -> str:
    return file.partition("/")[0].rpartition(".")[2].upper()


def _trim_row(row: list[str]) -> list[str]:
    """Strip empty cells from the end of a row."""
    filled = [n for n, cell in enumerate(row[:MAX_COLUMNS], 1) if cell.strip()]
    return row[: filled[-1]] if filled else []


def _write_csv(path: Path, rows: Iterator[list[str]], width: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerows((row + [""] * width)[:width] for row in rows)


def _iter_text_rows(sheet: calamine.CalamineSheet, display: SheetDisplay) -> Iterator[list[str]]:
    """Yield the rows of a sheet as texts, padded so that they start at the first column."""
    left: list[Cell] = [""] * (sheet.start[1] if sheet.start else 0)
    special = {
        row
        for each in (display.padded_widths, display.date_precisions, display.errors)
        for row, _ in each
    }
    linked = _LinkColumns(display)
    for number, cells in enumerate(sheet.iter_rows()):
        row = left + cells
        texts = [cell if isinstance(cell, str) else _format_cell(cell) for cell in row]
        if number in special:
            for column, cell in enumerate(row):
                texts[column] = _format_as_displayed(cell, texts[column], (number, column), display)
        yield linked.replace_link_texts(number, texts)


def _format_as_displayed(cell: Cell, text: str, at: CellPosition, display: SheetDisplay) -> str:
    if at in display.errors and not text:
        return display.errors[at]
    if isinstance(cell, float) and at in display.padded_widths:
        return text.zfill(display.padded_widths[at])
    if isinstance(cell, date | datetime) and at in display.date_precisions:
        near = (cell + HALF_SECOND).replace(microsecond=0) if isinstance(cell, datetime) else cell
        return format_partial_date(near, display.date_precisions[at])
    return text


class _LinkColumns:
    """Hyperlinks, whose target replaces the cell text under headings that expect an address."""

    def __init__(self, display: SheetDisplay) -> None:
        self._addresses: dict[int, dict[int, str]] = {}
        for (row, column), address in display.links.items():
            self._addresses.setdefault(row, {})[column] = address
        self._address_columns: set[int] = set()

    def replace_link_texts(self, number: int, texts: list[str]) -> list[str]:
        """Replace the texts of hyperlinks in the address columns of a row."""
        # the nearest heading row above applies
        address_columns = {
            n for n, text in enumerate(texts) if fold_heading(text) in ADDRESS_HEADINGS
        }
        self._address_columns = address_columns or self._address_columns
        for column, address in self._addresses.get(number, {}).items():
            cell_text = texts[column].strip() if column < len(texts) else ""
            wants_address = column in self._address_columns and bool(WEB_ADDRESS.match(address))
            if wants_address and cell_text and not WEB_ADDRESS.match(cell_text):
                texts[column] = address
        return texts


def _format_cell(cell: Cell) -> str:
    """Format a cell as displayed: 9220 rather than 9220.0, a day without midnight."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        moment = (cell + HALF_SECOND).replace(microsecond=0)
        return moment.date().isoformat() if moment.time() == time(0) else moment.isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
