"""Inhabitants of territories: as they are stated, or the sum of those of their communes."""

import pytest

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.records import Inhabitants
from tests.catalogue.graphs import write

GRAPH = b"""
PREFIX ess: <https://w3id.org/ess-kg/ontology#>
PREFIX graph: <https://w3id.org/ess-kg/graph/>
PREFIX kind: <https://w3id.org/ess-kg/scheme/territory-kind/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX territory: <https://w3id.org/ess-kg/id/territory/>

graph:alpha {
  territory:region-1 a ess:Territory ; ess:territoryKind kind:region .
  territory:departement-1 a ess:Territory ; ess:territoryKind kind:departement ;
    ess:within territory:region-1 .
  territory:epci-1 a ess:Territory ; ess:territoryKind kind:epci ; ess:population 400 ;
    ess:within territory:departement-1 .
  territory:commune-1 a ess:Territory ; ess:territoryKind kind:commune ;
    ess:within territory:departement-1, territory:epci-1 .
  territory:commune-2 a ess:Territory ; ess:territoryKind kind:commune ; ess:population 20 ;
    ess:within territory:departement-1 .
  territory:commune-deleguee-1 a ess:Territory ; ess:territoryKind kind:commune-deleguee ;
    ess:within territory:commune-1 .
  territory:arrondissement-municipal-1 a ess:Territory ;
    ess:territoryKind kind:arrondissement-municipal ; ess:population 60 ;
    ess:within territory:commune-1 .
  territory:departement-2 a ess:Territory ; ess:territoryKind kind:departement .
  territory:commune-3 a ess:Territory ; ess:territoryKind kind:commune ; ess:population 7 ;
    ess:within territory:departement-2 .
  territory:commune-4 a ess:Territory ; ess:territoryKind kind:commune ;
    ess:within territory:departement-2 .
  territory:area-europe a ess:Territory ; ess:territoryKind kind:supranational-area .
  territory:region-1 ess:within territory:area-europe .
  territory:departement-3 a ess:Territory ; ess:territoryKind kind:departement .
}
graph:beta { territory:commune-1 ess:population 100 . }
"""


@pytest.fixture(scope="module")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return Catalogue(write(tmp_path_factory.mktemp("inhabitants") / "catalogue.sqlite", GRAPH))


@pytest.mark.parametrize(
    ("key", "inhabitants"),
    [
        ("commune-2", Inhabitants(20, ("alpha",))),
        ("epci-1", Inhabitants(400, ("alpha",))),  # as it states it
        ("departement-1", Inhabitants(120, ("alpha", "beta"), 2, 2)),  # each commune once
        ("region-1", Inhabitants(120, ("alpha", "beta"), 2, 2)),
        ("departement-2", None),  # half of its communes would pass for all
        ("departement-3", None),
        ("area-europe", None),  # of which the communes of one region are known
        ("commune-4", None),
        ("commune-deleguee-1", None),
    ],
)
def test_a_territory_that_states_none_has_those_of_its_communes(
    populated: Catalogue, key: str, inhabitants: Inhabitants | None
) -> None:
    item = populated.find_entity("territory", key)
    assert item is not None
    assert populated.find_inhabitants(item) == inhabitants


def test_a_few_communes_may_state_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    communes = "".join(
        f"territory:commune-{n} a ess:Territory ; ess:territoryKind kind:commune ; "
        f"ess:within territory:country-FR{' ; ess:population 10' if n else ''} .\n"
        for n in range(100)
    )
    head = GRAPH.decode().partition("graph:alpha")[0]
    country = "territory:country-FR a ess:Territory ; ess:territoryKind kind:country ."
    text = f"{head} graph:alpha {{ {country} {communes} }}"
    path = tmp_path_factory.mktemp("country") / "catalogue.sqlite"
    catalogue = Catalogue(write(path, text.encode()))
    item = catalogue.find_entity("territory", "country-FR")
    assert item is not None
    assert catalogue.find_inhabitants(item) == Inhabitants(990, ("alpha",), 99, 100)
