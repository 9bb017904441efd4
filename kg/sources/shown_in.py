"""What the sheets of a workbook of any format show."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from kg.sources import shown_ods, shown_xls, shown_xlsx
from kg.sources.shown import Shown


def shown_in(path: Path) -> Callable[[str], Shown]:
    """What a sheet of a file shows, by its name."""
    if not zipfile.is_zipfile(path):
        sheets = shown_xls.sheets_of(path)
    elif (book := shown_xlsx.open_book(path)) is not None:
        return book.shown
    else:
        sheets = shown_ods.sheets_of(path)
    return lambda name: sheets.get(name, Shown())
