"""Workbooks: XLS and ODS files open like XLSX files."""

import zipfile
from datetime import date
from pathlib import Path

import duckdb
import pytest
import xlwt  # type: ignore[import-untyped]

from kg.sources import open_file

DAY = date(2024, 5, 2)
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" m:version="1.3">
<m:file-entry m:full-path="/" m:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>
"""
CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content office:version="1.3"
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="Feuille1">
<table:table-row><table:table-cell office:value-type="string"><text:p>code</text:p>
</table:table-cell><table:table-cell office:value-type="string"><text:p>jour</text:p>
</table:table-cell><table:table-cell office:value-type="string"><text:p>forme</text:p>
</table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell
 table:number-columns-repeated="3"/></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>01</text:p>
</table:table-cell><table:table-cell office:value-type="date" office:date-value="2024-05-02">
<text:p>02/05/24</text:p></table:table-cell><table:table-cell office:value-type="float"
 office:value="9220"><text:p>9 220</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="1048570"><table:table-cell
 table:number-columns-repeated="16384"/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>
"""


def write_ods(path: Path) -> None:
    """Write an ODS file like LibreOffice, with repeated rows written once, to the last row."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", CONTENT.replace("\n", ""))


def write_xls(path: Path) -> None:
    """Write an XLS file like Excel 97, in which a date is a formatted number."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Feuille1")
    for column, heading in enumerate(("code", "jour", "forme")):
        sheet.write(0, column, heading)
    sheet.write(3, 0, "01")
    sheet.write(3, 1, DAY, xlwt.easyxf(num_format_str="DD/MM/YY"))
    sheet.write(3, 2, 9220)
    book.save(str(path))


@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_texts_days_numbers_and_row_numbers_are_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t.{suffix}"
    {"xls": write_xls, "ods": write_ods}[suffix](path)
    with duckdb.connect() as db:
        found = open_file(db, path, "t")
        assert found.columns == ("code", "jour", "forme")
        rows = db.execute(f'SELECT code, jour, forme, _row FROM "{found.view}"').fetchall()
    assert rows == [("01", DAY.isoformat(), "9220", 4)]
