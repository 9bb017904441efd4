"""Headings are matched as people write them, and unknown ones are compared with the known."""

from pathlib import Path

import pytest

from kg import csvw_tables
from kg.csvw_tables import Table
from kg.dry_run.column_matching import fold_heading, match_columns, suggest_column


@pytest.fixture(scope="module")
def organisations(root: Path) -> Table:
    return csvw_tables.load_tables(root / "ontology" / "tables")["organisations"]


@pytest.mark.parametrize(
    ("heading", "folded"),
    [
        ("Numéro SIREN", "numerosiren"),
        ("  code_postal ", "codepostal"),
        ("codePostalÉtablissement", "codepostaletablissement"),
        ("Région(s)", "regions"),
        ("???", ""),
    ],
)
def test_case_accents_and_signs_do_not_count(heading: str, folded: str) -> None:
    assert fold_heading(heading) == folded


def test_the_name_wins_over_titles_and_the_second_is_a_repetition(organisations: Table) -> None:
    found = match_columns(["Nom", "label_fr", "Dénomination"], organisations)
    assert found.columns["label_fr"] == "label_fr"
    assert found.repeated == {"Nom": "label_fr", "Dénomination": "label_fr"}
    assert found.unknown == ()


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("denominationUniteLegale", "label_fr"),
        ("categorie_juridique", "legal_form"),
        ("Statut juridique", "legal_form"),
        ("LEGAL FORM", "legal_form"),
        ("activitePrincipaleUniteLegale", "activity"),
        ("dateCreationUniteLegale", "founded_on"),
        ("Site internet", "homepage"),
        ("CODPOST", "post_code"),
    ],
)
def test_common_formats_are_detected(organisations: Table, heading: str, column: str) -> None:
    assert match_columns([heading], organisations).columns == {column: heading}


def test_a_heading_that_nearly_is_one_is_suggested(organisations: Table) -> None:
    assert suggest_column("legal_fom", organisations) == "legal_form"
    assert suggest_column("Téléphone", organisations) == ""


def test_every_title_of_a_table_leads_to_one_column(root: Path) -> None:
    for table in csvw_tables.load_tables(root / "ontology" / "tables").values():
        for column in table.real:
            assert match_columns([column.name], table).columns == {column.name: column.name}
            for title in (column.title.fr, column.title.en):
                assert list(match_columns([title], table).columns) == [column.name], (
                    table.name,
                    title,
                )
