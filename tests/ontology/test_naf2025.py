"""NAF 2025: its subclasses, and their correspondence with NAF rev. 2 both ways."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.queries.named_queries import load_named_queries

SCHEMES = Path(__file__).parents[2] / "ontology" / "schemes"
SKOS = "http://www.w3.org/2004/02/skos/core#"
MATCHES = ("exactMatch", "narrowMatch", "broadMatch", "relatedMatch")


@pytest.fixture(scope="module")
def store() -> ox.Store:
    store = ox.Store()
    for name in ("nafr2", "naf2025"):
        store.bulk_load(path=SCHEMES / f"{name}.ttl", format=ox.RdfFormat.TURTLE)
    return store


def pairs(store: ox.Store) -> set[tuple[str, str]]:
    """(code of 2025, code of rev. 2) of the correspondence."""
    return {
        (str(quad.subject).rpartition("/")[2][:-1], str(quad.object).rpartition("/")[2][:-1])
        for name in MATCHES
        for quad in store.quads_for_pattern(None, ox.NamedNode(SKOS + name), None)
        if "/scheme/nafr2/" in str(quad.object)
    }


def test_every_subclass_is_there_with_its_label(store: ox.Store) -> None:
    scheme = ox.NamedNode("https://w3id.org/ess-kg/scheme/naf2025")
    concepts = [
        q.subject for q in store.quads_for_pattern(None, ox.NamedNode(SKOS + "inScheme"), scheme)
    ]
    assert len(concepts) == 747
    for concept in concepts:
        labels = list(store.quads_for_pattern(concept, ox.NamedNode(SKOS + "prefLabel"), None))
        assert len(labels) == 1


def test_the_correspondence_is_that_of_the_table_of_insee(store: ox.Store) -> None:
    # 1,223 rows, 732 codes of rev. 2, 746 codes of 2025: 46.89Y comes from nowhere
    found = pairs(store)
    assert len(found) == 1223
    assert len({old for _, old in found}) == 732
    assert len({new for new, _ in found}) == 746
    assert "46.89Y" not in {new for new, _ in found}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("94.99Z", [("exactMatch", "94.99Y")]),
        ("41.10D", [("narrowMatch", "68.32G")]),
        ("35.13Z", [("exactMatch", "35.14Y")]),
        ("28.13Z", [("broadMatch", "28.13G"), ("broadMatch", "28.13H")]),
        (
            "63.11Z",
            [("relatedMatch", "60.20H"), ("relatedMatch", "60.39Y"), ("relatedMatch", "63.10Y")],
        ),
    ],
)
def test_what_a_code_becomes(store: ox.Store, code: str, expected: list[tuple[str, str]]) -> None:
    query = load_named_queries()["naf-2025-of-an-activity"].fill({"activity": code})
    solutions = store.query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    found = [(row["link"].value.removeprefix(SKOS), row["code"].value) for row in solutions]
    assert found == expected
