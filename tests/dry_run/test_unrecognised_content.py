"""What no table takes is named and counted, and a check with it does not end well."""

from pathlib import Path

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from kg import reports
from kg.kinds import Text
from tests.dry_run.conftest import Check


def write(path: Path, **sheets: list[list[str]]) -> Path:
    with Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for n, row in enumerate(rows):
                sheet.write_row(n, 0, row)
    return path


def test_the_rows_of_a_sheet_that_is_no_table_are_counted_and_refused(
    check: Check, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "annuaire.xlsx",
        A=[["siren", "denomination"], ["552100554", "Une"]],
        B=[["INFOS_RELI", "ACTIV"], ["x", "1"], ["y", "2"]],
        Notes=[["Ce classeur a été relu."], ["Deux fois."]],
    )
    with check(path) as checked:
        assert checked.exit_code == 1
        counts = {file.name: (file.counts.read, file.counts.refused) for file in checked.files}
        assert counts == {"annuaire.xlsx [A]": (1, 0), "annuaire.xlsx [B]": (2, 2)}
        [told] = [f for f in checked.inspection.findings if f.component == "sheet-unknown"]
        assert "2 lignes" in told.message.fr
        assert "2 rows" in told.message.en
        assert any("Notes" in note.fr for file in checked.files for note in file.notes)
        reported = reports.build_report(checked.db, checked.inspection, Text("x", "x"))
        assert (reported.counts.read, reported.counts.refused) == (3, 2)


def test_values_under_a_column_without_a_heading_are_reported_with_their_rows(check: Check) -> None:
    text = "id,label_fr,kind,\nx-a,Une,association,\nx-b,Deux,association,oubliée\n"
    with check(("organisations.csv", text)) as checked:
        assert checked.exit_code == 1
        assert checked.files[0].counts.refused == 0
        [told] = [f for f in checked.inspection.findings if f.component == "column-nameless"]
        assert "ligne 3" in told.message.fr
        assert "column D" in told.advice.en
        assert not [f for f in checked.inspection.findings if f.component == "column-unknown"]


def test_an_empty_column_without_a_heading_has_no_finding(check: Check) -> None:
    with check(("organisations.csv", "id,label_fr,kind,\nx-a,Une,association,\n")) as checked:
        assert checked.exit_code == 0


def test_an_unsupported_format_is_named_with_advice(check: Check) -> None:
    calendar = "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n"
    with check(("a.pdf", "%PDF-1.7"), ("agenda.ics", calendar), ("fil.atom", "<feed/>")) as checked:
        assert checked.exit_code == 2
        told = [file.error.message_in("fr") for file in checked.files if file.error]
    assert "PDF" in told[0]
    assert "CSV" in told[0]
    assert "aucune fiche" in told[1]
    assert "aucune fiche" in told[2]
