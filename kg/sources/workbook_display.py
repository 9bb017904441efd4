"""Workbook display: the display of each sheet, whatever the file format."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from kg.sources import display_ods, display_xls, display_xlsx
from kg.sources.sheet_display import SheetDisplay


def make_sheet_display_reader(path: Path) -> Callable[[str], SheetDisplay]:
    """Return a function that reads the display of a sheet, given its name."""
    if not zipfile.is_zipfile(path):
        sheets = display_xls.read_sheet_displays(path)
    elif (book := display_xlsx.open_xlsx(path)) is not None:
        return book.read_sheet_display
    else:
        sheets = display_ods.read_sheet_displays(path)
    return lambda name: sheets.get(name, SheetDisplay())
