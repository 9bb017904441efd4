"""Records of one thing are listed, found and counted once."""

from contextlib import closing
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.filters import Filters
from kg.catalogue.reconcile import ReconciliationQuery
from kg.catalogue.same_things import read_pairs
from kg.catalogue.schema import open_read_only
from kg.namespaces import ID, PREFIXES
from tests.catalogue.graphs import write

GRAPH = b"""
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX ess: <https://w3id.org/ess-kg/ontology#>
PREFIX event: <https://w3id.org/ess-kg/id/event/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX graph: <https://w3id.org/ess-kg/graph/>
PREFIX m8g: <http://data.europa.eu/m8g/>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX organisation: <https://w3id.org/ess-kg/id/organisation/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX person: <https://w3id.org/ess-kg/id/person/>
PREFIX schema: <https://schema.org/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX topic: <https://w3id.org/ess-kg/id/topic/>
PREFIX territory: <https://w3id.org/ess-kg/id/territory/>

graph:members {
  territory:commune-59350 a ess:Territory ; skos:prefLabel "Lille"@fr ; skos:notation "59350" ;
    ess:territoryKind <https://w3id.org/ess-kg/scheme/territory-kind/commune> .
  organisation:members-atelier a org:Organization ; skos:prefLabel "Atelier partag\xc3\xa9"@fr ;
    ess:headquarteredIn territory:commune-59350 ; dct:subject topic:members-communs .
  organisation:members-autre a org:Organization ; skos:prefLabel "Autre maison"@fr .
  topic:members-communs a skos:Concept ; skos:prefLabel "Communs"@fr .
  person:anne a foaf:Person ; skos:prefLabel "Anne"@fr .
  person:bob a foaf:Person ; skos:prefLabel "Bob"@fr .
  [] a org:Membership ; org:member person:anne ; org:organization organisation:members-atelier .
  [] a org:Membership ; org:member person:anne ; org:organization organisation:siren-552100554 .
  [] a org:Membership ; org:member person:bob ; org:organization organisation:siren-552100554 .
  event:fete a schema:Event ; skos:prefLabel "F\xc3\xaate"@fr ;
    m8g:hasParticipation [ a m8g:Participation ; ess:participant organisation:register-tilleuls ] .
}
graph:register {
  organisation:siren-552100554 a org:Organization ; skos:prefLabel "SCIC LES TILLEULS"@fr ;
    skos:notation "552100554" .
  organisation:register-tilleuls a org:Organization ; skos:prefLabel "Les Tilleuls (atelier)"@fr ;
    dct:subject topic:register-communs .
  topic:register-communs a skos:Concept ; skos:prefLabel "Biens communs"@fr .
}
graph:resolution {
  organisation:members-atelier owl:sameAs organisation:siren-552100554 .
  organisation:siren-552100554 owl:sameAs organisation:members-atelier .
  organisation:register-tilleuls owl:sameAs organisation:members-atelier .
  organisation:members-atelier owl:sameAs organisation:register-tilleuls .
  topic:members-communs owl:sameAs topic:register-communs .
  topic:register-communs owl:sameAs topic:members-communs .
}
"""
LEAD = "siren-552100554"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return Catalogue(write(tmp_path_factory.mktemp("same") / "catalogue.sqlite", GRAPH))


def keys(catalogue: Catalogue, kind: str = "organisation", **values: str) -> list[str]:
    filters = Filters({name: (value,) for name, value in values.items()})
    page = catalogue.read_page(kind, filters)
    assert page.total == len(page.items) == catalogue.count_list(kind, filters)
    return [item.key for item in page.items]


def test_a_list_has_the_record_with_a_registered_number_for_all(catalogue: Catalogue) -> None:
    assert keys(catalogue) == ["members-autre", LEAD]
    assert catalogue.count_by_kind()["organisation"] == 2
    assert [item.key for item in catalogue.iterate_list("organisation", sort="label")] == [
        "members-autre",
        LEAD,
    ]


def test_it_has_the_values_and_the_sources_of_each(catalogue: Catalogue) -> None:
    assert keys(catalogue, territory="commune-59350") == [LEAD]
    assert keys(catalogue, source="members") == ["members-autre", LEAD]
    assert keys(catalogue, source="register") == [LEAD]
    page = catalogue.read_page("organisation")
    counts = {
        (facet.field, each.value): each.records for facet in page.facets for each in facet.counts
    }
    assert counts["source", "members"] == 2
    assert counts["source", "register"] == 1
    assert page.items[1].sources == ("members", "register")


@pytest.mark.parametrize(
    ("kind", "link"),
    [
        ("person", "^org:member/org:organization"),
        ("event", "m8g:hasParticipation/ess:participant"),
    ],
)
@pytest.mark.parametrize("key", [LEAD, "members-atelier", "register-tilleuls"])
def test_what_is_linked_with_either_is_filtered_by_each(
    catalogue: Catalogue, key: str, kind: str, link: str
) -> None:
    store = ox.Store()
    store.load(GRAPH, ox.RdfFormat.TRIG)
    rows = store.query(
        f"SELECT DISTINCT ?one {{ ?one {link}/(owl:sameAs|^owl:sameAs)* organisation:{key} }}",
        use_default_graph_as_union=True,
        prefixes={**PREFIXES, "organisation": f"{ID}organisation/"},
    )
    assert isinstance(rows, ox.QuerySolutions)
    found = sorted(row["one"].value.removeprefix(f"{ID}{kind}/") for row in rows)
    assert found
    assert keys(catalogue, kind, organisation=key) == found
    (facet,) = (
        facet for facet in catalogue.read_page(kind).facets if facet.field == "organisation"
    )
    assert [(each.value, each.records) for each in facet.counts] == [(LEAD, len(found))]


def test_topics_that_are_one_are_one_value(catalogue: Catalogue) -> None:
    for topic in ("topic/members-communs", "topic/register-communs"):
        assert keys(catalogue, topics=topic) == [LEAD]
    filters = Filters({"topics": ("topic/register-communs", "topic/members-communs")})
    facets = {facet.field: facet for facet in catalogue.read_page("organisation", filters).facets}
    (value,) = facets["topics"].counts
    assert (value.value, value.records, value.chosen) == ("topic/members-communs", 1, True)


def test_a_change_of_each_is_one_of_what_the_thing_is_filtered_by(catalogue: Catalogue) -> None:
    filters = Filters({"territory": ("commune-59350",)})
    some = [LEAD, "register-tilleuls", "members-autre"]
    assert catalogue.select_keys("organisation", filters, some) == {LEAD, "register-tilleuls"}


@pytest.mark.parametrize("text", ["atelier", "tilleuls", "atelier partagé", "552100554"])
def test_it_is_found_once_by_every_name(catalogue: Catalogue, text: str) -> None:
    found = catalogue.search(text, ("organisation",))
    assert [item.key for item in found.items] == [LEAD]
    assert found.totals["organisation"] == 1


@pytest.mark.parametrize("text", ["Atelier partagé", "Les Tilleuls", "members-atelier"])
def test_it_is_the_candidate_for_each_name(catalogue: Catalogue, text: str) -> None:
    candidates = catalogue.reconcile(ReconciliationQuery(text, ("organisation",)))
    assert candidates[0].item.key == LEAD
    assert len(candidates) == 1


def test_the_others_keep_their_records(catalogue: Catalogue) -> None:
    other = catalogue.find_entity("organisation", "members-atelier")
    assert other is not None
    assert other.label.fr == "Atelier partagé"
    assert other.sources == ("members",)


def test_the_address_of_each_record_is_that_of_the_thing(catalogue: Catalogue) -> None:
    for key in (LEAD, "members-atelier", "register-tilleuls"):
        query = ReconciliationQuery(f"{ID}organisation/{key}", ("organisation",))
        (first, *_) = catalogue.reconcile(query)
        assert (first.item.key, first.score) == (LEAD, 100.0)


def test_the_pairs_of_a_record_are_found_by_an_index(tmp_path: Path) -> None:
    statements: list[str] = []
    with closing(open_read_only(write(tmp_path / "catalogue.sqlite", GRAPH))) as file:
        file.set_trace_callback(statements.append)
        assert read_pairs(file, "organisation/x") == []
        plan = file.execute(f"EXPLAIN QUERY PLAN {statements[0]}").fetchall()
    assert not any("SCAN" in row[3] for row in plan), plan
