"""What the recipes of registers make of small files, written in the format of each register."""

import pytest

from kg.errors import SourceError
from tests.recipes.conftest import CheckRecipe, RecipeGraph


def test_sirene_legal_units(recipe_graph: RecipeGraph) -> None:
    source = "sirene-legal-units"
    assert recipe_graph.list_keys(source, "organisation") == [
        "siren-010000016",  # the zero of the number was lost
        "siren-900000019",
        "siren-900000027",
        "siren-900000035",
    ]
    association = recipe_graph.describe(source, "organisation/siren-900000019")
    assert association["skos:prefLabel"] == ["Association des Tiers-Lieux du Nord"]
    assert association["legal:legalName"] == ["ASSOCIATION DES TIERS-LIEUX DU NORD"]
    assert association["skos:altLabel"] == ["La Grange"]
    assert association["ess:foundedOn"] == ["2015-03-01"]
    assert association["org:classification"] == ["organisation-kind/association"]
    assert association["legal:companyType"] == ["cj/9220"]
    assert association["legal:companyActivity"] == ["nafr2/94.99Z"]
    assert "ess:dissolvedOn" not in association
    assert recipe_graph.list_identifiers(source, "organisation/siren-900000019") == {
        "siren": "900000019",
        "rna": "W591000019",
    }
    closed = recipe_graph.describe(source, "organisation/siren-900000027")
    assert closed["ess:dissolvedOn"] == ["2020-12-31"]
    assert "ess:foundedOn" not in closed  # 1900-01-01 is not known
    assert "legal:companyActivity" not in closed  # a code of an older nomenclature
    assert "ess:essForm" not in closed  # marked as ESS, of no form that its category tells
    scop = recipe_graph.describe(source, "organisation/siren-900000035")
    assert scop["org:classification"] == ["organisation-kind/cooperative"]
    assert scop["ess:essForm"] == ["ess-form/scop"]
    mutual = recipe_graph.describe(source, "organisation/siren-010000016")
    assert mutual["ess:essForm"] == ["ess-form/mutual"]


def test_sirene_legal_units_of_insee(check_recipe: CheckRecipe) -> None:
    # three sole traders, and a company of no form of the ESS
    file = "ess/sirene-format/StockUniteLegale.anonymised.csv"
    with (
        pytest.raises(SourceError, match="no records"),
        check_recipe("sirene-legal-units", file),
    ):
        pass
