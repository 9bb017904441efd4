"""Every code list is complete: described, sourced, labelled in both languages and well ordered."""

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import SKOS, Graph

from kg.iris import build_concept_iri
from kg.namespaces import SCHEME, expand

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "ontology" / "schemes").glob("*.ttl"))
BOTH = ["en", "fr"]
OFFICIAL = {"cj", "naf2025", "nafr2"}
"""Lists of INSEE: their labels are official, so an English one may be absent, and there are no
definitions of ours."""
FROM_SOURCES = {"topic"}
"""Lists whose concepts come from the sources."""


def node(name: str) -> ox.NamedNode:
    return ox.NamedNode(expand(name))


def concepts(schemes, name: str) -> list[ox.NamedNode]:
    return schemes.subjects("skos:inScheme", SCHEME + name)


def test_every_list_the_tables_name_is_there(tables):
    named = {column.scheme for table in tables.values() for column in table.columns}
    assert named - {None} - set(NAMES) == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_list_says_what_it_is_and_where_it_comes_from(schemes, name):
    scheme = ox.NamedNode(SCHEME + name)
    assert scheme in schemes.subjects("rdf:type", "skos:ConceptScheme")
    for predicate in ("dct:title", "dct:description"):
        assert schemes.languages(scheme, node(predicate)) == BOTH
    assert schemes.objects(scheme, node("dct:source"))
    assert len(schemes.objects(scheme, node("dct:license"))) == 1


@pytest.mark.parametrize("name", sorted(set(NAMES) - FROM_SOURCES))
def test_a_concept_has_a_code_that_makes_its_iri(schemes, name):
    found = concepts(schemes, name)
    assert found
    for item in found:
        (code,) = schemes.objects(item, node("skos:notation"))
        assert item.value == build_concept_iri(name, code.value)
        assert schemes.objects(item, node("skos:inScheme")) == [ox.NamedNode(SCHEME + name)]


@pytest.mark.parametrize("name", NAMES)
def test_a_concept_has_one_label_in_each_language(schemes, name):
    allowed = ([*BOTH], ["fr"]) if name in OFFICIAL else ([*BOTH],)
    labels = {
        c.value: schemes.languages(c, node("skos:prefLabel")) for c in concepts(schemes, name)
    }
    assert {iri: found for iri, found in labels.items() if found not in allowed} == {}


@pytest.mark.parametrize("name", sorted(set(NAMES) - OFFICIAL))
def test_a_concept_of_ours_is_defined_in_both_languages(schemes, name):
    found = {
        c.value: schemes.languages(c, node("skos:definition")) for c in concepts(schemes, name)
    }
    assert {iri: languages for iri, languages in found.items() if languages != BOTH} == {}


@pytest.mark.parametrize("name", sorted(set(NAMES) - FROM_SOURCES))
def test_labels_tell_the_concepts_of_a_list_apart(schemes, name):
    if name in OFFICIAL:
        pytest.skip("a level of an official list may repeat the label of the one above")
    labels = [
        (text.language, text.value)
        for item in concepts(schemes, name)
        for text in schemes.objects(item, node("skos:prefLabel"))
    ]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("name", sorted(set(NAMES) - FROM_SOURCES))
def test_a_concept_is_on_top_or_below_another_of_its_list(schemes, name):
    for item in concepts(schemes, name):
        above = schemes.objects(item, node("skos:broader"))
        on_top = schemes.objects(item, node("skos:topConceptOf"))
        assert bool(above) != bool(on_top), item.value
        assert all(target.value.startswith(f"{SCHEME}{name}/") for target in above)


def test_nothing_is_broader_than_itself(schemes):
    above: dict[str, set[str]] = {}
    for narrow, broad in schemes.pairs("skos:broader"):
        above.setdefault(narrow.value, set()).add(broad.value)
    assert above
    assert [iri for iri in above if iri in set(_climb(iri, above))] == []


def _climb(start: str, above: dict[str, set[str]]) -> Iterator[str]:
    seen: set[str] = set()
    front = set(above.get(start, ()))
    while front:
        yield from front
        seen |= front
        front = {up for iri in front for up in above.get(iri, ())} - seen


def test_every_concept_that_is_pointed_to_exists(schemes):
    known = {item.value for item in schemes.subjects("rdf:type", "skos:Concept")}
    matches = ("broader", "related", "exactMatch", "closeMatch", "relatedMatch")
    pointed = {o.value for m in matches for _, o in schemes.pairs(f"skos:{m}")}
    assert {iri for iri in pointed if iri.startswith(SCHEME)} - known == set()


def test_the_top_of_a_scheme_is_told_both_ways() -> None:
    for path in sorted((ROOT / "ontology" / "schemes").glob("*.ttl")):
        graph = Graph().parse(path)
        down = set(graph.subject_objects(SKOS.hasTopConcept))
        up = {(scheme, top) for top, scheme in graph.subject_objects(SKOS.topConceptOf)}
        assert down == up, path.name
