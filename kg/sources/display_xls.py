"""XLS cell display (Excel 97 to 2003), read with xlrd."""

import os
from pathlib import Path

import xlrd
from xlrd.biffh import XL_CELL_DATE, XL_CELL_ERROR

from kg.sources.sheet_display import (
    SheetDisplay,
    find_date_precision,
    format_cell_reference,
    format_column_letters,
)


def read_sheet_displays(path: Path) -> dict[str, SheetDisplay]:
    """Return the display of each sheet of an XLS file; empty for other files."""
    try:
        with (
            Path(os.devnull).open("w") as nowhere,  # xlrd prints its warnings
            xlrd.open_workbook(
                str(path), formatting_info=True, on_demand=True, logfile=nowhere, use_mmap=False
            ) as book,
        ):
            return {
                name: _read_sheet_display(book, book.sheet_by_name(name))
                for name in book.sheet_names()
            }
    except Exception:
        # xlrd raises IndexError, struct.error and others on files it does not expect; calamine
        # still reads the values, so that only the display is lost
        return {}


def _read_sheet_display(book: xlrd.Book, sheet: xlrd.sheet.Sheet) -> SheetDisplay:
    display = SheetDisplay(is_hidden=bool(sheet.visibility))
    forms = {
        number: precision
        for number, style in enumerate(book.xf_list)
        if (precision := find_date_precision(book.format_map[style.format_key].format_str))
    }
    for row in range(sheet.nrows):
        for column, kind in enumerate(sheet.row_types(row)):
            if kind == XL_CELL_ERROR:
                code = sheet.cell_value(row, column)
                display.errors[row, column] = xlrd.error_text_from_code.get(code, "#N/A")
            elif kind == XL_CELL_DATE and (form := forms.get(sheet.cell_xf_index(row, column))):
                display.date_precisions[row, column] = form
    display.merged = [
        f"{format_cell_reference(top, left)}:{format_cell_reference(bottom - 1, right - 1)}"
        for top, bottom, left, right in sheet.merged_cells
    ]
    display.hidden_rows = [
        row + 1 for row, info in sorted(sheet.rowinfo_map.items()) if info.hidden
    ]
    display.hidden_columns = [
        format_column_letters(column)
        for column, info in sorted(sheet.colinfo_map.items())
        if info.hidden and column < sheet.ncols
    ]
    for at, link in sheet.hyperlink_map.items():
        if link.url_or_path and isinstance(link.url_or_path, str):
            display.links[at] = link.url_or_path
    return display
