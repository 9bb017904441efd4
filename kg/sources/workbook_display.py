"""The display of the sheets of a workbook of any format."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from kg.sources import display_ods, display_xls, display_xlsx
from kg.sources.sheet_display import Shown


def shown_in(path: Path) -> Callable[[str], Shown]:
    """What a sheet of a file shows, by its name."""
    if not zipfile.is_zipfile(path):
        sheets = display_xls.sheets_of(path)
    elif (book := display_xlsx.open_book(path)) is not None:
        return book.shown
    else:
        sheets = display_ods.sheets_of(path)
    return lambda name: sheets.get(name, Shown())
