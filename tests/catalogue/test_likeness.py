"""How like two names are, and what an identifier is."""

import pytest

from kg.catalogue.identifiers import code_of
from kg.catalogue.likeness import (
    HEADED,
    NEARLY,
    ONE_FORM,
    OTHER_FORM,
    SAME,
    SPELT_NEARLY,
    alike,
    plain,
)


@pytest.mark.parametrize(
    ("one", "other", "points"),
    [
        ("Énergie partagée", "energie  PARTAGEE", 100.0),
        ("partagée Énergie", "Énergie partagée", NEARLY),
        ("L'Énergie partagée", "Énergie partagée", NEARLY),
        ("L HAY LES ROSES", "L’Haÿ-les-Roses", NEARLY),
        ("LHAY LES ROSES", "L’Haÿ-les-Roses", NEARLY),
        ("ST ETIENNE", "Saint-Étienne", NEARLY),
        ("Ste. Maure", "Sainte-Maure", NEARLY),
        ("VILLE S/S BOIS", "Ville-sous-Bois", NEARLY),
        ("VILLE-S/S-BOIS", "Ville-sous-Bois", NEARLY),
        ("VILLE S/ SAONE", "Ville-sur-Saône", NEARLY),
        ("VILLE S/SAONE", "Ville-sur-Saône", NEARLY),
        ("VILLE S/ BOIS", "Ville-sous-Bois", SPELT_NEARLY),
        ("Stes Maries de la Mer", "Saintes-Maries-de-la-Mer", NEARLY),
        ("C.I.G.A.L.E.S.", "cigales", 100.0),
        ("Université Lille 1", "Lille 1", HEADED),
        ("Régie de l'Aude", "Régie de l'Aube", SPELT_NEARLY),
        ("École 2", "École 3", OTHER_FORM),
    ],
)
def test_what_people_write_otherwise_costs_little(one: str, other: str, points: float) -> None:
    found = alike(plain(one), plain(other))
    most = points in (SPELT_NEARLY, OTHER_FORM)
    assert found <= points if most else found == points


@pytest.mark.parametrize(
    ("one", "other", "points"),
    [
        ("Énergie partagée SCIC", "Énergie partagée", ONE_FORM),
        ("Énergie partagée S.C.I.C.", "Énergie partagée", ONE_FORM),
        ("Société coopérative d'intérêt collectif Énergie partagée", "SCIC Énergie partagée",
         NEARLY),
        ("Association Énergie partagée", "SCIC Énergie partagée", OTHER_FORM),
        ("Société Énergie partagée", "Énergie partagée", OTHER_FORM),
        ("SARL Martin", "Martin", SPELT_NEARLY),
        ("Association", "Association", 100.0),
    ],
)  # fmt: skip
def test_legal_forms_are_left_out_of_names_of_organisations(
    one: str, other: str, points: float
) -> None:
    assert alike(plain(one), plain(other), "organisation") == points


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("territory", "STE MARIE", "Marie"),
        ("organisation", "STE MARIE", "Marie"),
        ("person", "Sasu Tuomas", "Tuomas"),
        ("organisation", "Maison des associations", "La Maison"),
        ("territory", "La Croix", "Croix"),
        ("place", "SCOP du Nord", "Le Nord"),
    ],
)
def test_words_that_say_something_are_kept(kind: str, one: str, other: str) -> None:
    assert alike(plain(one), plain(other), kind) < SAME


@pytest.mark.parametrize(
    ("one", "other", "points"),
    [
        ("CHATEAU NEUF SUR LOIRE", "CC de Château-Neuf-sur-Loire", OTHER_FORM),
        ("Communauté urbaine de Château-Neuf-sur-Loire", "Château-Neuf-sur-Loire", OTHER_FORM),
        ("Communauté de communes du Haut Val", "CC DU HAUT VAL", NEARLY),
    ],
)
def test_a_commune_is_not_the_grouping_that_is_called_after_it(
    one: str, other: str, points: float
) -> None:
    found = alike(plain(one), plain(other), "territory")
    assert found <= points if points == OTHER_FORM else found == points


def test_other_names_are_far() -> None:
    assert alike(plain("Énergie partagée"), plain("Jardin commun")) < 50
    assert alike(plain("Association"), plain("Association Énergie partagée"), "organisation") < 80


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
