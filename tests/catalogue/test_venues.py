"""Points of records that say none themselves: those of their place, of their commune, or none."""

import pytest

from kg.catalogue.catalogue import Catalogue
from tests.catalogue.graphs import write

GRAPH = b"""
PREFIX cluster: <https://w3id.org/ess-kg/id/cluster/>
PREFIX ess: <https://w3id.org/ess-kg/ontology#>
PREFIX event: <https://w3id.org/ess-kg/id/event/>
PREFIX graph: <https://w3id.org/ess-kg/graph/>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX organisation: <https://w3id.org/ess-kg/id/organisation/>
PREFIX place: <https://w3id.org/ess-kg/id/place/>
PREFIX schema: <https://schema.org/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX territory: <https://w3id.org/ess-kg/id/territory/>

graph:alpha {
  territory:region-32 a ess:Territory ; skos:prefLabel "Hauts-de-France"@fr ;
    schema:latitude 49.97 ; schema:longitude 2.77 .
  territory:commune-59350 a ess:Territory ; skos:prefLabel "Lille"@fr ;
    ess:within territory:region-32 ; schema:latitude 50.63 ; schema:longitude 3.04 .
  territory:commune-59512 a ess:Territory ; skos:prefLabel "Roubaix"@fr ;
    ess:within territory:region-32 ; schema:latitude 50.69 ; schema:longitude 3.18 .
  organisation:own a org:Organization ; skos:prefLabel "own"@fr ;
    ess:headquarteredIn territory:commune-59350 ; schema:latitude 50.6 ; schema:longitude 3.0 .
  organisation:commune a org:Organization ; skos:prefLabel "commune"@fr ;
    ess:headquarteredIn territory:commune-59350 .
  organisation:region a org:Organization ; skos:prefLabel "region"@fr ;
    ess:headquarteredIn territory:region-32 .
  organisation:two a org:Organization ; skos:prefLabel "two"@fr ;
    ess:headquarteredIn territory:commune-59350, territory:commune-59512 .
  place:exact a schema:Place ; skos:prefLabel "exact"@fr ;
    ess:territory territory:commune-59350 ; schema:latitude 50.61 ; schema:longitude 3.01 .
  place:vague a schema:Place ; skos:prefLabel "vague"@fr ; ess:territory territory:commune-59512 .
  event:exact a schema:Event ; skos:prefLabel "exact"@fr ; schema:location place:exact ;
    ess:territory territory:commune-59350 .
  territory:epci-1 a ess:Territory ; skos:prefLabel "Flandre"@fr ;
    schema:latitude 50.8 ; schema:longitude 2.6 .
  cluster:one a ess:Cluster ; skos:prefLabel "one"@fr ; ess:coversTerritory territory:epci-1 .
  cluster:several a ess:Cluster ; skos:prefLabel "several"@fr ;
    ess:coversTerritory territory:epci-1, territory:commune-59350 .
  cluster:region a ess:Cluster ; skos:prefLabel "region"@fr ;
    ess:coversTerritory territory:region-32 .
  cluster:seat a ess:Cluster ; skos:prefLabel "seat"@fr ; ess:coversTerritory territory:epci-1 ;
    ess:headquarteredIn territory:commune-59512 .
  organisation:epci a org:Organization ; skos:prefLabel "epci"@fr ;
    ess:headquarteredIn territory:epci-1 .
  event:vague a schema:Event ; skos:prefLabel "vague"@fr ; schema:location place:vague .
}
"""


@pytest.fixture(scope="module")
def located(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return Catalogue(write(tmp_path_factory.mktemp("venues") / "catalogue.sqlite", GRAPH))


@pytest.mark.parametrize(
    ("kind", "key", "point", "point_of"),
    [
        ("organisation", "own", (50.6, 3.0), None),
        ("organisation", "commune", (50.63, 3.04), "territory/commune-59350"),
        ("organisation", "region", (None, None), None),  # too large to stand for a seat
        ("organisation", "two", (None, None), None),
        ("organisation", "epci", (None, None), None),
        ("cluster", "one", (50.8, 2.6), "territory/epci-1"),
        ("cluster", "several", (None, None), None),  # in the middle of both is neither
        ("cluster", "region", (None, None), None),
        ("cluster", "seat", (50.69, 3.18), "territory/commune-59512"),
        ("place", "vague", (50.69, 3.18), "territory/commune-59512"),
        ("event", "exact", (50.61, 3.01), "place/exact"),
        ("event", "vague", (50.69, 3.18), "territory/commune-59512"),
        ("territory", "commune-59350", (50.63, 3.04), None),
    ],
)
def test_a_record_is_at_the_nearest_point_that_is_known(
    located: Catalogue,
    kind: str,
    key: str,
    point: tuple[float | None, float | None],
    point_of: str | None,
) -> None:
    item = located.find_entity(kind, key)
    assert item is not None
    assert ((item.latitude, item.longitude), item.point_of) == (point, point_of)
    assert item.is_at_territory == (point_of or "").startswith("territory/")
