"""Cells that nothing could put right are left out, with the column and what to do."""

from pathlib import Path

import pytest
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from tests.dry_run.conftest import Check

HEAD = "id,label_fr,kind,description_fr\n"


@pytest.mark.parametrize("value", ["#N/D", "#REF!", "#NOM?", "Err:502"])
def test_the_error_of_a_formula_in_a_csv_is_a_problem(check: Check, value: str) -> None:
    with check(("organisations.csv", f"{HEAD}x-a,Une,association,{value}\n")) as checked:
        [told] = [f for f in checked.inspection.findings if f.omitted]
        assert (checked.exit_code, checked.files[0].counts.accepted) == (1, 1)
        assert (told.component, told.column, told.value) == ("cell-failed", "description_fr", value)


def test_a_text_that_speaks_of_one_is_none(check: Check) -> None:
    row = "x-a,Une,association,La cellule donne #N/A partout\n"
    with check(("organisations.csv", HEAD + row)) as checked:
        assert checked.exit_code == 0


def test_control_characters_cost_their_cell_or_a_required_one_the_row(check: Check) -> None:
    rows = "x-a,Une\x01,association,\nx-b,Deux,association,ligne\x0b\n"
    with check(("organisations.csv", HEAD + rows)) as checked:
        findings = checked.inspection.findings
        assert [(f.row, f.column) for f in findings if f.refused] == [(2, "label_fr")]
        assert [(f.row, f.column) for f in findings if f.omitted] == [(3, "description_fr")]


TURTLE = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix id: <https://w3id.org/ess-kg/id/organisation/> .
id:x-a a org:Organization ; skos:prefLabel "Une"@fr .
id:x-b a org:Organization ; skos:prefLabel "De\\u0001ux"@fr .
"""


def test_control_characters_in_rdf_refuse_their_entity(check: Check) -> None:
    with check(("x.ttl", TURTLE)) as checked:
        told = [(f.row, f.component) for f in checked.inspection.findings if f.refused]
        assert (5, "cell-control") in told
        assert (4, "cell-control") not in told


def test_a_failed_formula_costs_its_cell(check: Check, tmp_path: Path) -> None:
    path = tmp_path / "organisations.xlsx"
    with Workbook(path) as book:
        sheet = book.add_worksheet("organisations")
        sheet.write_row(0, 0, ["id", "label_fr", "kind", "founded_on", "description_fr"])
        sheet.write_row(1, 0, ["x-a", "Une", "association"])
        sheet.write_row(2, 0, ["x-b", "Deux", "association"])
        sheet.write_formula(1, 3, "=NA()", None, "#N/A")
        sheet.write_formula(2, 4, "=1/0", None, "#DIV/0!")
    with check(path) as checked:
        told = [
            (f.row, f.column, f.letter, f.value) for f in checked.inspection.findings if f.omitted
        ]
        assert told == [(2, "founded_on", "D", "#N/A"), (3, "description_fr", "E", "#DIV/0!")]
        assert checked.files[0].counts.refused == 0
