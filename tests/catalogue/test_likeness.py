"""How like two names are, and what an identifier is."""

import pytest

from kg.catalogue.identifiers import code_of
from kg.catalogue.likeness import NEARLY, ONE_FORM, OTHER_FORM, alike, plain


@pytest.mark.parametrize(
    ("one", "other", "points"),
    [
        ("Énergie partagée", "energie  PARTAGEE", 100.0),
        ("partagée Énergie", "Énergie partagée", NEARLY),
        ("L'Énergie partagée", "Énergie partagée", NEARLY),
        ("Énergie partagée SCIC", "Énergie partagée", ONE_FORM),
        ("Énergie partagée S.C.I.C.", "Énergie partagée", ONE_FORM),
        ("Association Énergie partagée", "SCIC Énergie partagée", OTHER_FORM),
        ("Association", "Association", 100.0),
    ],
)
def test_what_people_write_otherwise_costs_little(one: str, other: str, points: float) -> None:
    assert alike(plain(one), plain(other)) == points


def test_other_names_are_far() -> None:
    assert alike(plain("Énergie partagée"), plain("Jardin commun")) < 50
    assert alike(plain("Association"), plain("Association Énergie partagée")) < 80


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("775 671 184", "775671184"),
        ("https://ror.org/01xtthb56", "01xtthb56"),
        ("https://orcid.org/0000-0002-1825-009X", "000000021825009x"),
        ("W751000001", "w751000001"),
        ("2A004", "2a004"),
        ("59", ""),
        ("3 place du Marché", ""),
        ("abcdef12", ""),
        ("", ""),
        ("1" * 41, ""),
        ('12345" OR "', ""),
        ('12345"*', "12345"),
    ],
)
def test_an_identifier_is_told_from_a_name(text: str, code: str) -> None:
    assert code_of(text) == code


def test_a_short_code_counts_where_codes_are_expected() -> None:
    assert code_of("59", short=True) == "59"
    assert code_of("Nord", short=True) == ""
