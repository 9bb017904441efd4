"""Direct reads: results equal those of the queries they replace."""

from collections import defaultdict
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg import queries
from kg.documents import assemble as documents
from kg.documents import direct_read
from kg.documents.direct_read import DirectReader
from kg.namespaces import ID, expand
from kg.release_layout import find_current_release
from kg.sparql.subject_index import MAX_PART_BYTES, SubjectIndex
from tests.conftest import InstallationPaths
from tests.sparql.gathered import gather

THINGS = f'SELECT DISTINCT ?s {{ ?s ?p ?o FILTER(STRSTARTS(STR(?s), "{ID}")) }}'
MAX_OF_KIND = 300
"""Entities of one kind that are read, and nodes."""


@pytest.fixture(scope="module")
def store(national: InstallationPaths) -> ox.Store:
    """Open the store of the project's own data."""
    return ox.Store.read_only(str(find_current_release(national.data / "releases").store))


@pytest.fixture(scope="module")
def by_steps(national: InstallationPaths, store: ox.Store) -> DirectReader:
    """Open a direct reader of the same release."""
    return DirectReader(
        store, SubjectIndex(find_current_release(national.data / "releases").subject_index)
    )


@pytest.fixture(scope="module")
def things(store: ox.Store) -> list[ox.NamedNode]:
    """Return entities and their nodes, of each kind some hundreds spread over all of them."""
    found = store.query(THINGS)
    assert isinstance(found, ox.QuerySolutions)
    every = sorted((row["s"] for row in found if isinstance(row["s"], ox.NamedNode)), key=str)
    by_kind = defaultdict[tuple[str, bool], list[ox.NamedNode]](list)
    for thing in every:
        kind = thing.value.removeprefix(ID).partition("/")[0]
        by_kind[kind, "#" in thing.value].append(thing)
    return [thing for same in by_kind.values() for thing in same[:: 1 + len(same) // MAX_OF_KIND]]


def asked(store: ox.Store, query: str, **slots: object) -> set[ox.Triple]:
    """Return the result of a query."""
    found = store.query(queries.fill(query, **slots))  # type: ignore[arg-type]
    assert isinstance(found, ox.QueryTriples)
    return set(found)


def test_every_document_equals_the_query_results(
    store: ox.Store, by_steps: DirectReader, things: list[ox.NamedNode]
) -> None:
    records = [thing for thing in things if "#" not in thing.value]
    known = 0
    for thing in records:
        found = asked(store, "entity", thing=thing, topic=thing)
        entity = by_steps.read_entity(thing)
        assert entity in (found, None), thing
        told, nodes, _ = documents._select_statements(thing, found)
        more = asked(store, "nodes", node=nodes) if nodes else set()
        assert by_steps.read_nodes(nodes) in (more, None), thing
        unnamed = documents._find_unlabelled(told | more)
        assert by_steps.read_labels(unnamed) in (asked(store, "labels", thing=unnamed), None), thing
        known += entity is not None
    assert known > 0.9 * len(records) > 100


def test_every_node_equals_the_query_result(
    store: ox.Store, by_steps: DirectReader, things: list[ox.NamedNode]
) -> None:
    nodes = [thing for thing in things if "#" in thing.value]
    assert len(nodes) > 100
    for node in nodes:
        assert by_steps.read_nodes([node]) == asked(store, "nodes", node=[node])


def test_unknown_entities_have_no_triples(by_steps: DirectReader) -> None:
    nothing = ox.NamedNode(ID + "organisation/nothing")
    assert by_steps.read_entity(nothing) == set()
    assert by_steps.read_nodes([nothing]) == set()
    assert by_steps.read_labels([nothing]) == set()


def crowd(path: Path, count: int) -> tuple[DirectReader, ox.NamedNode]:
    """Return an entity with many references, each with many labels."""
    store = ox.Store()
    thing, label = ox.NamedNode(ID + "topic/all"), ox.NamedNode(expand("skos:prefLabel"))
    for number in range(count):
        one = ox.NamedNode(f"{ID}organisation/{number}")
        store.add(ox.Quad(one, ox.NamedNode(expand("dct:subject")), thing))
        store.add(ox.Quad(thing, label, ox.Literal(f"name {number}")))
    return DirectReader(store, gather(store, path)), thing


def test_many_references_are_left_to_a_worker(tmp_path: Path) -> None:
    by_steps, thing = crowd(tmp_path / "some", direct_read.MAX_STATEMENTS)
    assert len(by_steps.read_entity(thing) or ()) == 2 * direct_read.MAX_STATEMENTS
    by_steps, thing = crowd(tmp_path / "more", direct_read.MAX_STATEMENTS + 1)
    assert by_steps.read_entity(thing) is None
    assert by_steps.read_nodes([thing]) is None
    assert by_steps.read_labels([thing]) is None
    many = [
        ox.NamedNode(f"{ID}organisation/{number}") for number in range(direct_read.MAX_STATEMENTS)
    ]
    assert by_steps.read_nodes(many[: direct_read.MAX_NODES]) is not None
    assert by_steps.read_nodes(many[: direct_read.MAX_NODES + 1]) is None
    assert by_steps.read_labels(many[: direct_read.MAX_LABELLED]) == set()
    assert by_steps.read_labels(many[: direct_read.MAX_LABELLED + 1]) is None


def test_many_statements_are_left_to_a_worker(tmp_path: Path) -> None:
    store = ox.Store()
    thing, label = ox.NamedNode(ID + "topic/long"), ox.NamedNode(expand("skos:prefLabel"))
    store.add(ox.Quad(thing, label, ox.Literal("x" * MAX_PART_BYTES)))
    by_steps = DirectReader(store, gather(store, tmp_path / "file"))
    assert (by_steps.read_entity(thing), by_steps.read_nodes([thing])) == (None, None)
    assert by_steps.read_labels([thing]) is None


def test_labels_are_read_once(
    national: InstallationPaths, store: ox.Store, things: list[ox.NamedNode]
) -> None:
    by_steps = DirectReader(
        store, SubjectIndex(find_current_release(national.data / "releases").subject_index)
    )
    first = by_steps.read_labels(things[:20])
    assert first
    assert by_steps.read_labels(things[:20]) == first
    assert by_steps._read_labels.cache_info().hits == 20
