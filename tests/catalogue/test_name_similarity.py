"""Name similarity scores, and identifiers."""

import pytest

from kg.catalogue.identifiers import normalize_identifier
from kg.catalogue.name_similarity import (
    MAX_CONFLICT_SCORE,
    MAX_SPELLING_SCORE,
    MIN_SAME_WORDS_SCORE,
    MISSING_FIRST_WORD_SCORE,
    MISSING_LEGAL_FORM_SCORE,
    SAME_WORDS_SCORE,
    compute_similarity,
    normalize_name,
)


@pytest.mark.parametrize(
    ("one", "other", "points"),
    [
        ("Énergie partagée", "energie  PARTAGEE", 100.0),
        ("partagée Énergie", "Énergie partagée", SAME_WORDS_SCORE),
        ("L'Énergie partagée", "Énergie partagée", SAME_WORDS_SCORE),
        ("L HAY LES ROSES", "L’Haÿ-les-Roses", SAME_WORDS_SCORE),
        ("LHAY LES ROSES", "L’Haÿ-les-Roses", SAME_WORDS_SCORE),
        ("ST ETIENNE", "Saint-Étienne", SAME_WORDS_SCORE),
        ("Ste. Maure", "Sainte-Maure", SAME_WORDS_SCORE),
        ("VILLE S/S BOIS", "Ville-sous-Bois", SAME_WORDS_SCORE),
        ("VILLE-S/S-BOIS", "Ville-sous-Bois", SAME_WORDS_SCORE),
        ("VILLE S/ SAONE", "Ville-sur-Saône", SAME_WORDS_SCORE),
        ("VILLE S/SAONE", "Ville-sur-Saône", SAME_WORDS_SCORE),
        ("VILLE S/ BOIS", "Ville-sous-Bois", MAX_SPELLING_SCORE),
        ("Stes Maries de la Mer", "Saintes-Maries-de-la-Mer", SAME_WORDS_SCORE),
        ("C.I.G.A.L.E.S.", "cigales", 100.0),
        ("Université Lille 1", "Lille 1", MISSING_FIRST_WORD_SCORE),
        ("Régie de l'Aude", "Régie de l'Aube", MAX_SPELLING_SCORE),
        ("École 2", "École 3", MAX_CONFLICT_SCORE),
    ],
)
def test_spelling_variants_score_high(one: str, other: str, points: float) -> None:
    found = compute_similarity(normalize_name(one), normalize_name(other))
    most = points in (MAX_SPELLING_SCORE, MAX_CONFLICT_SCORE)
    assert found <= points if most else found == points


@pytest.mark.parametrize(
    ("one", "other", "points"),
    [
        ("Énergie partagée SCIC", "Énergie partagée", MISSING_LEGAL_FORM_SCORE),
        ("Énergie partagée S.C.I.C.", "Énergie partagée", MISSING_LEGAL_FORM_SCORE),
        ("Société coopérative d'intérêt collectif Énergie partagée", "SCIC Énergie partagée",
         SAME_WORDS_SCORE),
        ("Association Énergie partagée", "SCIC Énergie partagée", MAX_CONFLICT_SCORE),
        ("Société Énergie partagée", "Énergie partagée", MAX_CONFLICT_SCORE),
        ("SARL Martin", "Martin", MAX_SPELLING_SCORE),
        ("Association", "Association", 100.0),
    ],
)  # fmt: skip
def test_legal_forms_of_organisations_are_ignored(one: str, other: str, points: float) -> None:
    assert compute_similarity(normalize_name(one), normalize_name(other), "organisation") == points


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
def test_significant_words_are_not_ignored(kind: str, one: str, other: str) -> None:
    assert (
        compute_similarity(normalize_name(one), normalize_name(other), kind) < MIN_SAME_WORDS_SCORE
    )


@pytest.mark.parametrize(
    ("one", "other", "points"),
    [
        ("CHATEAU NEUF SUR LOIRE", "CC de Château-Neuf-sur-Loire", MAX_CONFLICT_SCORE),
        (
            "Communauté urbaine de Château-Neuf-sur-Loire",
            "Château-Neuf-sur-Loire",
            MAX_CONFLICT_SCORE,
        ),
        ("Communauté de communes du Haut Val", "CC DU HAUT VAL", SAME_WORDS_SCORE),
    ],
)
def test_a_commune_is_not_the_grouping_named_after_it(one: str, other: str, points: float) -> None:
    found = compute_similarity(normalize_name(one), normalize_name(other), "territory")
    assert found <= points if points == MAX_CONFLICT_SCORE else found == points


def test_different_names_score_low() -> None:
    assert (
        compute_similarity(normalize_name("Énergie partagée"), normalize_name("Jardin commun")) < 50
    )
    assert (
        compute_similarity(
            normalize_name("Association"),
            normalize_name("Association Énergie partagée"),
            "organisation",
        )
        < 80
    )


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
def test_identifiers_are_distinguished_from_names(text: str, code: str) -> None:
    assert normalize_identifier(text) == code


def test_short_codes_are_accepted_on_request() -> None:
    assert normalize_identifier("59", short=True) == "59"
    assert normalize_identifier("Nord", short=True) == ""
