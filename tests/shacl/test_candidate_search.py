"""Candidate search: the values of a property are read once, or target by target, with one result.

Which way a condition takes depends on how often the store has the property beside the targets.
"""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.shacl import candidate_search
from kg.shacl.candidate_search import count_triples, read_class_hierarchy, search_candidates
from kg.shacl.compiler import Compiler
from kg.shacl.terms import ALL_TERMS, TermRange
from tests.shacl.graphs import same_as_alone, shapes_of, store_of
from tests.shacl.test_equal_to_pyshacl import SEARCH

TARGETS = (
    ":a a :C ; :p 1 ; :q 50 . :b a :C ; :p 20 ; :q 5 . :c a :C ; :p 2, 3 . "
    "_:d a :C ; :p 40 ; :q 60 ."
)
OTHERS = " ".join(f":other{n} :p {n}, {n + 50} ; :q {n}, {n + 9} ." for n in range(30))
SHAPES = {
    "a value": (":S sh:targetClass :C ; sh:property [ sh:path :p ; sh:maxInclusive 9 ] .", "bd"),
    "two values": (":S sh:targetClass :C ; sh:property [ sh:path :p ; sh:maxCount 1 ] .", "c"),
    "two values of which one counts": (
        ":S sh:targetClass :C ; sh:property [ sh:path :p ; sh:qualifiedMaxCount 0 ; "
        "sh:qualifiedValueShape [ sh:minInclusive 9 ] ] .",
        "bd",
    ),
    "both of two conditions": (
        ":S sh:targetClass :C ; sh:or ( [ sh:path :p ; sh:maxInclusive 9 ] "
        "[ sh:path :p ; sh:maxInclusive 30 ] ) .",
        "d",
    ),
    "both of two conditions on two properties": (
        ":S sh:targetClass :C ; sh:or ( [ sh:path :p ; sh:maxInclusive 9 ] "
        "[ sh:path :q ; sh:maxInclusive 9 ] ) .",
        "d",
    ),
    "one condition and not another": (
        ":S sh:targetClass :C ; sh:or ( [ sh:path :p ; sh:maxInclusive 9 ] "
        "[ sh:not [ sh:path :q ; sh:maxInclusive 9 ] ] ) .",
        "b",
    ),
    "a value that must not be": (
        ":S sh:targetClass :C ; sh:not [ sh:path :p ; sh:hasValue 2 ] .",
        "c",
    ),
    "a query": (
        ":ns a owl:Ontology ; sh:declare [ sh:prefix 'e' ; sh:namespace "
        "'http://e/'^^<http://www.w3.org/2001/XMLSchema#anyURI> ] . "
        ":S sh:targetClass :C ; sh:sparql [ sh:prefixes :ns ; "
        "sh:select 'SELECT $this { $this e:p ?v . FILTER (2 * ?v > 30) }' ] .",
        "bd",
    ),
}

PROPERTY_SHAPES = st.builds(
    "[ sh:path :{} ; sh:{} ]".format,
    st.sampled_from("pqr"),
    st.sampled_from(
        ("minCount 1", "maxCount 1", "maxCount 0", "hasValue 2", "maxInclusive 9", "in ( 1 2 )")
    ),
)
NODES = st.builds(
    "".join,
    st.lists(st.builds("; :{} {} ".format, st.sampled_from("pqr"), st.sampled_from((1, 2, 20)))),
).map("{}.".format)


def combine(shapes: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Shapes made of others by a logical constraint."""
    several = st.lists(shapes, min_size=2, max_size=3).map(" ".join)
    some = st.builds("[ sh:{} ( {} ) ]".format, st.sampled_from(("and", "or", "xone")), several)
    return some | shapes.map("[ sh:not {} ]".format)


def scans_of(shapes: str, data: str) -> list[str]:
    """The queries that read all values of properties, of the shapes in a store."""
    store, parsed = store_of(data), shapes_of(shapes)
    counts, hierarchy = count_triples(store, union=False), read_class_hierarchy(store, union=False)
    compiler = Compiler(parsed, hierarchy.list_named_subclasses)
    return [
        compiler.compile(shape).build_queries(
            ALL_TERMS, counts.list_scanned(shape.targets, hierarchy)
        )[1]
        for shape in parsed.targeted
    ]


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("others", ["", OTHERS], ids=["of targets", "of others mostly"])
def test_each_way_finds_the_same(name: str, others: str) -> None:
    shapes, expected = SHAPES[name]
    results = same_as_alone(shapes, TARGETS + others)
    found = {result.focus.rpartition("/")[2] for result in results}
    assert {"d" if focus.startswith("_:") else focus for focus in found} == set(expected)
    assert [bool(query) for query in scans_of(shapes, TARGETS + others)] == [not others]


def test_nodes_that_are_no_targets_are_no_candidates() -> None:
    shapes, _ = SHAPES["a value"]
    data = TARGETS + ":other :p 100 . :none :p 200 ."
    (search,) = search_candidates(store_of(data), shapes_of(shapes))
    assert scans_of(shapes, data) != [""]
    assert len(search.candidates) == 2


def test_only_candidates_of_the_range_are_given() -> None:
    shapes, _ = SHAPES["a value"]
    for own, count in ((TermRange("http://e/b", "http://e/c"), 1), (ALL_TERMS, 2)):
        (search,) = search_candidates(store_of(TARGETS), shapes_of(shapes), own=own)
        assert len(search.candidates) == count


def test_one_query_joins_a_path_and_leaves_an_expression() -> None:
    """An asterisk is a path between nodes, and a product within a filter."""
    select = SHAPES["a query"][0]
    path = select.replace("$this e:p ?v .", "$this e:p* ?v .")
    assert scans_of(select, TARGETS) != [""]
    assert scans_of(path, TARGETS) == [""]
    same_as_alone(path, TARGETS)


@given(st.recursive(PROPERTY_SHAPES, combine, max_leaves=4), st.lists(NODES, min_size=4))
@settings(SEARCH, max_examples=SEARCH.max_examples * 2)
def test_candidates_are_the_same_whichever_values_are_read(shape: str, nodes: list[str]) -> None:
    data = " ".join(f":n{number} a :C {node}" for number, node in enumerate(nodes))
    shapes, store = shapes_of(f":S sh:targetClass :C ; sh:not {shape} ."), store_of(data)
    ways = []
    for uses in (0, 1000):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(candidate_search, "USES_FOR_EACH_TARGET", uses)
            searches = search_candidates(store, shapes)
            ways.append([replace(search, seconds=0.0) for search in searches])
    assert ways[0] == ways[1]
