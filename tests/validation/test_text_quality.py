"""Texts that are hardly meant are warned of, with what they were meant to be."""

import re

import duckdb
import pytest

from kg.validation.text_quality import PERSON_TITLE, repair_text
from tests.dry_run.conftest import Check, check, model

__all__ = ["check", "model"]
HEAD = "id,label_fr,kind,description_fr,founded_on,legal_form\n"


@pytest.mark.parametrize(
    ("damaged", "meant"),
    [
        ("L&#039;Atelier d&eacute;mocratique", "L'Atelier démocratique"),
        ("CafÃ© solidaire", "Café solidaire"),
        ("<b>Gras</b> & Compagnie", "Gras & Compagnie"),
        ("Lâ€™Ã‰cole", "L’École"),
        ("Zéro\u200blargeur", "Zérolargeur"),
        ("elive.\u202eexe", "elive.exe"),
        ("Sar\u00adthe", "Sarthe"),
    ],
)
def test_a_damaged_text_is_repaired(damaged: str, meant: str) -> None:
    assert repair_text(damaged) == meant


@pytest.mark.parametrize(
    "text",
    [
        "L'Atelier démocratique",
        "São Paulo",
        "R&D et Cie",
        "Quand 3 < 4 et 5 > 2",
        "ملتقى\u200fالاقتصاد",
        "می\u200cخواهم",
        "Âge d’or",
        "Familles 👩\u200d👧",
        "ÉCOLE DES ARTS",
    ],
)
def test_a_valid_text_stays_as_it_is(text: str) -> None:
    assert repair_text(text) == text


def told(checked: object) -> list[tuple[int | None, str, str]]:
    found = checked.inspection.findings  # type: ignore[attr-defined]
    problems = ("text-", "date-", "person-")
    return [(f.row, f.column, f.component) for f in found if f.component.startswith(problems)]


def test_each_kind_of_damage_is_a_warning_with_its_cell(check: Check) -> None:
    rows = (
        "x-a,L&#039;Atelier,association,,,\n"
        "x-b,Un,association,Le cafÃ© solidaire,,\n"
        "x-c,<b>Gras</b>,association,,,\n"
        "x-d,Caf\ufffd,association,,,\n"
        "x-e,Zéro\u200blargeur,association,,,\n"
        "x-f,[ND],association,n/a,1900-01-01,\n"
        "x-g,=HYPERLINK(1),association,,,\n"
        "x-h,Une maison,association,Une description sans défaut,2011,9220\n"
    )
    with check(("organisations.csv", HEAD + rows)) as checked:
        assert told(checked) == [
            (2, "label_fr", "text-entity"),
            (3, "description_fr", "text-encoding"),
            (4, "label_fr", "text-tag"),
            (5, "label_fr", "text-lost"),
            (6, "label_fr", "text-hidden"),
            (7, "description_fr", "text-placeholder"),
            (7, "founded_on", "date-placeholder"),
            (7, "label_fr", "text-placeholder"),
            (8, "label_fr", "text-formula"),
        ]
        assert checked.exit_code == 0
        [advice] = [f.advice.fr for f in checked.inspection.findings if f.row == 2 and f.advice.fr]
        assert advice == "Écrivez « L'Atelier »."


def test_rdf_is_looked_at_too(check: Check) -> None:
    text = (
        "<https://w3id.org/ess-kg/id/topic/x> a <http://www.w3.org/2004/02/skos/core#Concept> ;\n"
        ' <http://www.w3.org/2004/02/skos/core#prefLabel> "CafÃ©"@fr ;\n'
        " <http://www.w3.org/2004/02/skos/core#inScheme> <https://w3id.org/ess-kg/scheme/topic> .\n"
    )
    with check(("x.ttl", text)) as checked:
        found = [f.component for f in checked.inspection.findings if f.component[:5] == "text-"]
        assert found == ["text-encoding"] or checked.files[0].counts.refused


@pytest.mark.parametrize(
    ("name", "is_person"),
    [
        ("Mme DUPONT Jeanne", True),
        ("M DUPONT", True),
        ("M. D. Dupont", True),
        ("MM Dupont", True),
        ("M W S Credit Union", False),
        ("M R C", False),
        ("MR2 Association", False),
        ("Maison Dupont", False),
    ],
)
def test_a_title_before_a_name_is_no_initial(name: str, is_person: bool) -> None:
    assert bool(re.match(PERSON_TITLE, name)) == is_person
    with duckdb.connect() as db:
        found = db.execute("SELECT regexp_matches($1, $2)", [name, f"^{PERSON_TITLE}"]).fetchone()
    assert found == (is_person,)


def test_undisclosed_people_are_rejected_and_sole_traders_warned(check: Check) -> None:
    head = "siren,label_fr,kind,legal_form,statutDiffusionUniteLegale\n"
    rows = (
        "552100554,Montrée,association,9220,O\n"
        "732829320,Personne,enterprise,1000,N\n"
        "443061841,Autre,enterprise,1000,P\n"
        "542065479,Légale,association,9220,P\n"
        "552032534,Mme DUPONT Jeanne,association,1000,O\n"
    )
    with check(("organisations.csv", head + rows)) as checked:
        refused = [
            f.row for f in checked.inspection.findings if f.component == "person-undisclosed"
        ]
        assert refused == [3, 4]
        assert (6, "label_fr", "person-name") in told(checked)
        assert (6, "legal_form", "person-sole-trader") in told(checked)
