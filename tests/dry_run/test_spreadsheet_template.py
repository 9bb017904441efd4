"""Every template is a valid file: what it explains is not taken for data, its example passes."""

from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from kg import csvw_tables, spreadsheet_template
from kg.dry_run import Model
from kg.spreadsheet_template import TemplateFormat
from tests.dry_run.conftest import Check


@pytest.mark.parametrize(("form", "language"), [("csv", "fr"), ("xlsx", "en")])
def test_every_template_passes_its_own_check(
    check: Check, model: Model, tmp_path: Path, form: TemplateFormat, language: str
) -> None:
    known = csvw_tables.load_tables(model.tables)
    for name, table in known.items():
        with (tmp_path / f"{name}.{form}").open("wb") as file:
            spreadsheet_template.write_template(table, model.schemes, file, form, language)
    with check(*sorted(tmp_path.glob(f"*.{form}"))) as checked:
        told = [(f.file, f.column, f.message.fr) for f in checked.inspection.findings]
        assert told == []
        assert checked.exit_code == 0
        assert [file.table for file in checked.files] == sorted(known)
        assert {file.counts.read for file in checked.files} == {1}
        sheets = [note.en for file in checked.files for note in file.notes if "sheet" in note.en]
        assert bool(sheets) is (form == "xlsx")


def test_a_workbook_explains_columns_and_lists_the_precise_codes(
    model: Model, tmp_path: Path
) -> None:
    table = csvw_tables.load_tables(model.tables)["organisations"]
    path = tmp_path / "organisations.xlsx"
    with path.open("wb") as file:
        spreadsheet_template.write_template(table, model.schemes, file, "xlsx", "fr")
    book = CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["organisations", "Notice", "Codes"]
    rows = book.get_sheet_by_name("organisations").to_python()
    assert tuple(rows[0]) == table.names
    assert len(rows) == 2
    guide = book.get_sheet_by_name("Notice").to_python()
    assert [row[0] for row in guide[1 : len(table.names) + 1]] == list(table.names)
    assert [row[2] for row in guide[1:3]] == ["oui", "oui"]
    codes = book.get_sheet_by_name("Codes").to_python()
    listed = {(row[0], row[1]) for row in codes[1:]}
    assert {("cj", "9220"), ("nafr2", "94.99Z"), ("organisation-kind", "association")} <= listed
    assert ("cj", "92") not in listed
    book.close()


def test_the_same_model_gives_the_same_file(model: Model, tmp_path: Path) -> None:
    table = csvw_tables.load_tables(model.tables)["topics"]
    for name in ("a", "b"):
        with (tmp_path / name).open("wb") as file:
            spreadsheet_template.write_template(table, model.schemes, file, "xlsx", "fr")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
