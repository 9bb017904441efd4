"""Which commune a code named on a day, asked of the graph by a named query."""

import pyoxigraph as ox
import pytest

from kg.queries.named_queries import load_named_queries

GRAPH = """
PREFIX ess: <https://w3id.org/ess-kg/ontology#>
PREFIX kind: <https://w3id.org/ess-kg/scheme/territory-kind/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX t: <https://w3id.org/ess-kg/id/territory/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
t:commune-69114 ess:territoryKind kind:commune ; skos:notation "69114" ;
    skos:prefLabel "Porte des Pierres Dorées"@fr .
t:deleguee-69114 ess:territoryKind kind:commune-deleguee ; skos:notation "69114" ;
    skos:prefLabel "Liergues"@fr ; ess:formerly t:f1 .
t:f1 skos:notation "69114" ; skos:prefLabel "Liergues"@fr ; ess:until "2018-01-01"^^xsd:date .
t:commune-63255 ess:territoryKind kind:commune ; skos:notation "63255" ;
    skos:prefLabel "Nonette-Orsonnette"@fr ; ess:formerly t:f2, t:f3 .
t:f2 skos:notation "63266" ; skos:prefLabel "Orsonnette"@fr ; ess:until "2016-01-01"^^xsd:date .
t:f3 skos:notation "63255" ; skos:prefLabel "Nonette"@fr ; ess:until "2016-01-01"^^xsd:date .
"""


@pytest.fixture(scope="module")
def store() -> ox.Store:
    store = ox.Store()
    store.load(GRAPH.encode(), ox.RdfFormat.TURTLE)
    return store


@pytest.mark.parametrize(
    ("code", "day", "name", "today"),
    [
        ("69114", "2015-01-01", "Liergues", "Liergues"),
        ("69114", "2018-01-01", "Porte des Pierres Dorées", "Porte des Pierres Dorées"),
        ("63255", "2015", "Nonette", "Nonette-Orsonnette"),
        ("63255", "2016-01", "Nonette-Orsonnette", "Nonette-Orsonnette"),
        ("63266", "1999-12-31", "Orsonnette", "Nonette-Orsonnette"),
    ],
)
def test_a_code_is_what_it_was_on_that_day(
    store: ox.Store, code: str, day: str, name: str, today: str
) -> None:
    query = load_named_queries()["commune-code-on-a-day"].fill({"code": code, "day": day})
    solutions = store.query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    found = [(solution["name"].value, solution["today"].value) for solution in solutions]
    assert found == [(name, today)]


def test_a_code_that_ended_names_nothing_after(store: ox.Store) -> None:
    query = load_named_queries()["commune-code-on-a-day"].fill({"code": "63266", "day": "2016"})
    solutions = store.query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    assert list(solutions) == []
