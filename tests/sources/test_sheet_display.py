"""Sheet display: partial dates, errors and links are read, merged and hidden cells reported."""

import zipfile
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
import xlwt  # type: ignore[import-untyped]
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from kg.errors import SourceError
from kg.sources import OpenedTable, open_tables
from kg.sources.sheet_display import find_date_precision
from tests.sources.test_workbook import MANIFEST

MAY = date(2026, 5, 1)
SEEN = ["2026-05", "2026", "2026-05-01", "2026-05-01T00:00:00"]


def cells(path: Path) -> tuple[list[tuple[str | None, ...]], list[OpenedTable]]:
    with duckdb.connect() as db:
        opened = open_tables(db, path, "t")
        named = ", ".join(f'"{name}"' for name in opened[0].columns)
        return db.execute(f'SELECT {named} FROM "{opened[0].view}"').fetchall(), opened


def notes(opened: list[OpenedTable], language: str = "fr") -> str:
    return "\n".join(note[language] for each in opened for note in each.notes)


@pytest.mark.parametrize(
    ("code", "form"),
    [
        ("mmmm yyyy", "month"),
        ("mmm-yy", "month"),
        ("[$-40C]mmmm yyyy;@", "month"),
        ('yyyy" (annee)"', "year"),
        ("mmmm", "month-only"),
        ("dd/mm/yyyy", ""),
        ("[$-F800]dddd, mmmm dd, yyyy", ""),
        ("dd/mm/yyyy hh:mm", "moment"),
        ("hh:mm", ""),
        ("[h]:mm:ss", ""),
        ("0.00", ""),
        ("General", ""),
        ("#,##0 [$€-40C]", ""),
    ],
)
def test_date_precision_of_number_formats(code: str, form: str) -> None:
    assert find_date_precision(code) == form


def write_xlsx(path: Path) -> None:
    with Workbook(path) as book:
        sheet = book.add_worksheet("A")
        sheet.write_row(0, 0, ["id", "mois", "année", "jour", "heure", "calcul", "site", "nom"])
        codes = ("mmmm yyyy", "yyyy", "dd/mm/yyyy", "dd/mm/yyyy hh:mm")
        for column, code in enumerate(codes, 1):
            sheet.write_datetime(
                1, column, datetime(2026, 5, 1), book.add_format({"num_format": code})
            )
        sheet.write(1, 0, "x")
        sheet.write_formula(1, 5, "=NA()", None, "#N/A")
        sheet.write_url(1, 6, "https://example.org/a?b=1&c=2", string="Voir le site")
        sheet.write_url(1, 7, "https://example.org/n", string="Mon association")
        sheet.write(2, 0, "y")
        sheet.write_formula(2, 5, "=1/0", None, "#DIV/0!")
        sheet.merge_range("B3:B4", "fusion")
        sheet.set_row(3, None, None, {"hidden": True})
        sheet.write(3, 0, "z")
        sheet.set_column("D:D", None, None, {"hidden": True})
        hidden = book.add_worksheet("B")
        hidden.write_row(0, 0, ["id", "label_fr"])
        hidden.write_row(1, 0, ["p", "q"])
        hidden.hide()


def test_xlsx_cells_are_read_as_displayed(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "t.xlsx")
    [first, second, _], opened = cells(tmp_path / "t.xlsx")
    assert list(first[1:5]) == SEEN
    assert (first[5], second[5]) == ("#N/A", "#DIV/0!")
    assert first[6:] == ("https://example.org/a?b=1&c=2", "Mon association")
    told = notes(opened)
    assert "F2 #N/A, F3 #DIV/0!" in told
    assert "B3:B4" in told
    assert "Lignes masquées, lues tout de même : 4." in told
    assert "Colonnes masquées, lues tout de même : D." in told
    assert "« B » est masquée" in told
    assert "is hidden" in notes(opened, "en")


def test_xls_cells_are_read_as_displayed(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("A")
    for column, heading in enumerate(("id", "mois", "année", "jour", "heure", "calcul")):
        sheet.write(0, column, heading)
    codes = ("mmmm yyyy", "yyyy", "dd/mm/yyyy", "dd/mm/yyyy hh:mm")
    for column, code in enumerate(codes, 1):
        sheet.write(1, column, MAY, xlwt.easyxf(num_format_str=code))
    sheet.write(1, 0, "x")
    sheet.row(1).set_cell_error(5, 42)
    sheet.write_merge(2, 3, 0, 0, "y")
    sheet.write(2, 1, "a")
    sheet.row(3).hidden = True
    sheet.row(3).write(1, "b")
    other = book.add_sheet("B")
    other.visibility = 1
    other.write(0, 0, "id")
    book.save(str(tmp_path / "t.xls"))
    [first, *_], opened = cells(tmp_path / "t.xls")
    assert list(first[1:5]) == SEEN
    assert first[5] == "#N/A"
    told = notes(opened)
    assert "F2 #N/A" in told
    assert "A3:A4" in told
    assert "Lignes masquées, lues tout de même : 4." in told


CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content office:version="1.3"
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">
<office:automatic-styles>
<number:date-style style:name="N1"><number:month number:textual="true"/><number:year/>
</number:date-style>
<number:date-style style:name="N2"><number:year/></number:date-style>
<number:date-style style:name="N4"><number:day/><number:month/><number:year/><number:hours/>
</number:date-style>
<style:style style:name="c1" style:family="table-cell" style:data-style-name="N1"/>
<style:style style:name="c2" style:family="table-cell" style:data-style-name="N2"/>
<style:style style:name="c4" style:family="table-cell" style:data-style-name="N4"/>
</office:automatic-styles>
<office:body><office:spreadsheet><table:table table:name="A"><table:table-column/>
<table:table-column table:default-cell-style-name="c1"/>
<table:table-row>HEADINGS</table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>x</text:p>
</table:table-cell>DATES<table:table-cell table:formula="of:=NA()" office:value-type="string"
 office:string-value="" calcext:value-type="error"><text:p>#N/D</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>
<text:a xlink:href="https://example.org/a">Voir le site</text:a></text:p></table:table-cell>
</table:table-row>
<table:table-row table:visibility="collapse"><table:table-cell office:value-type="string"
 table:number-rows-spanned="2" table:number-columns-spanned="1"><text:p>y</text:p>
</table:table-cell><table:table-cell office:value-type="string"><text:p>-</text:p>
</table:table-cell></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>
"""


def test_ods_cells_are_read_as_displayed(tmp_path: Path) -> None:
    headings = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>'
        for name in ("id", "mois", "année", "jour", "heure", "calcul", "site")
    )
    dates = "".join(
        f'<table:table-cell {style} office:value-type="date" office:date-value="{value}">'
        "<text:p>.</text:p></table:table-cell>"
        for style, value in (
            ("", "2026-05-01"),
            ('table:style-name="c2"', "2026-05-01"),
            ('table:style-name="c3"', "2026-05-01"),
            ('table:style-name="c4"', "2026-05-01T00:00:00"),
        )
    )
    content = CONTENT.replace("\n", "").replace("HEADINGS", headings).replace("DATES", dates)
    with zipfile.ZipFile(tmp_path / "t.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", content)
    [first, *_], opened = cells(tmp_path / "t.ods")
    assert list(first[1:5]) == SEEN
    assert first[5:] == ("#N/D", "https://example.org/a")
    told = notes(opened)
    assert "F2 #N/D" in told
    assert "A3:A4" in told
    assert "Lignes masquées, lues tout de même : 3." in told


def test_a_cell_far_beyond_the_table_is_reported(tmp_path: Path) -> None:
    with Workbook(tmp_path / "t.xlsx") as book:
        sheet = book.add_worksheet("A")
        sheet.write_row(0, 0, ["id", "label_fr"])
        sheet.write(1_048_575, 16_383, " ")
    with duckdb.connect() as db, pytest.raises(SourceError, match="XFD1048576") as told:
        open_tables(db, tmp_path / "t.xlsx", "t")
    assert "Ctrl+Fin" in told.value.french


def test_a_table_far_below_the_top_and_a_value_far_to_the_right_are_read(tmp_path: Path) -> None:
    with Workbook(tmp_path / "t.xlsx") as book:
        sheet = book.add_worksheet("A")
        sheet.write_row(49, 0, ["id", "label_fr"])
        for row in range(50, 150):
            sheet.write_row(row, 0, [f"x{row}", "Un"])
        sheet.write(140, 9, "seule")
    rows, [opened] = cells(tmp_path / "t.xlsx")
    assert (opened.rows, opened.columns) == (100, ("id", "label_fr", "column_10"))
    assert opened.unnamed_columns == ("column_10",)
    assert [row[2] for row in rows if row[2]] == ["seule"]
