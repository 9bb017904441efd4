"""The check as a whole: some nodes, several graphs, blank nodes, chunks, threads, stops."""

from collections.abc import Iterable
from typing import TypeVar

import pyoxigraph as ox
import pytest

from kg.shacl.report_rdf import build_report_triples
from kg.shacl.results import Severity
from kg.shacl.shapes_graph import ShapesError
from kg.shacl.terms import format_bare
from kg.shacl.validator import UNVALIDATED_COMPONENT, validate_store
from tests.shacl.graphs import keys, same_as_alone, shapes_of, store_of

T = TypeVar("T")
SHAPES = """:S a sh:NodeShape ; sh:targetClass :C ; sh:targetSubjectsOf :q ; sh:targetObjectsOf :r ;
    sh:property :S-p . :S-p sh:path :p ; sh:minCount 1 ; sh:message "manque"@fr, "missing"@en ."""
DATA = ":a a :C . :b :q 1 . :c a :C ; :p 1 . _:d a :C . :e :r :f . :f :p 2 . :g :r :h, 'text' ."


def test_the_report_has_results_and_searches() -> None:
    report = validate_store(store_of(DATA), shapes_of(SHAPES))
    assert not report.conforms
    (search,) = report.searches
    assert search.shape == "http://e/S"
    assert [type(term) for term in search.candidates] == [ox.Literal, ox.BlankNode]
    assert [(str(node), list(map(format_bare, terms))) for node, terms in search.missing] == [
        ("<http://e/S-p>", ["http://e/a", "http://e/b", "http://e/h"])
    ]
    assert report.candidate_count == 5
    found = next(result for result in report.results if result.focus == "http://e/a")
    assert found.messages == {"en": "missing", "fr": "manque"}
    assert (found.get_message("fr"), found.get_message("de")) == ("manque", "missing")
    assert found.shape == "http://e/S-p"
    assert found.path == "http://e/p"
    assert found.value is None
    assert len(report.filter_by_severity(Severity.VIOLATION)) == 5
    assert report.filter_by_severity(Severity.INFO) == ()


def test_some_nodes_are_held_to_the_shapes_that_target_them() -> None:
    store, shapes = store_of(DATA), shapes_of(SHAPES)
    blank = next(r.focus for r in validate_store(store, shapes).results if r.focus.startswith("_:"))
    some = ["http://e/b", "http://e/c", "http://e/f", "http://e/z", '"text"', blank]
    report = validate_store(store, shapes, focus=some)
    assert {result.focus for result in report.results} == {"http://e/b", '"text"', blank}
    assert validate_store(store, shapes, focus=[]).conforms


def test_union_validates_all_graphs_of_a_store() -> None:
    store = ox.Store()
    store.load(
        b"@prefix : <http://e/> . :g1 { :a a :C } :g2 { :a :p 1 }",
        format=ox.RdfFormat.TRIG,
    )
    assert validate_store(store, shapes_of(SHAPES), union=True).conforms
    store.remove_graph(ox.NamedNode("http://e/g2"))
    assert validate_store(store, shapes_of(SHAPES)).conforms
    assert not validate_store(store, shapes_of(SHAPES), union=True).conforms


def test_neither_chunks_nor_threads_change_the_results() -> None:
    data = "".join(f":n{i} a :C ; :p {i % 3} ." if i % 4 else f":n{i} a :C ." for i in range(50))
    store, shapes = store_of(data), shapes_of(SHAPES + SHAPES.replace(":S", ":U"))
    whole = validate_store(store, shapes)
    assert len(whole.results) == 26
    assert validate_store(store, shapes, chunk=3).results == whole.results
    assert validate_store(store, shapes, workers=3).results == whole.results


def test_progress_advances_by_shape_and_by_chunk() -> None:
    stages: list[tuple[str, int | None, int]] = []

    def track(items: Iterable[T], stage: str, total: int | None = None) -> Iterable[T]:
        seen = list(items)
        stages.append((stage, total, len(seen)))
        return seen

    validate_store(store_of(DATA), shapes_of(SHAPES), chunk=2, track=track)
    assert stages == [("Searching", 1, 1), ("Validating", 1, 1)]


def test_a_node_on_which_pyshacl_stops_gets_a_violation_and_the_others_are_validated() -> None:
    shapes = shapes_of(":S sh:targetClass :C ; sh:path :p ; sh:lessThan :q .")
    store = store_of(":a a :C ; :p 2 ; :q 1 . :b a :C ; :p [] ; :q 1 . :c a :C ; :p 5 ; :q 0 .")
    results = validate_store(store, shapes).results
    assert [(r.focus, r.component == UNVALIDATED_COMPONENT) for r in results] == [
        ("http://e/a", False), ("http://e/b", True), ("http://e/c", False),
    ]  # fmt: skip


def test_shapes_on_which_pyshacl_always_stops_are_an_error() -> None:
    shapes = shapes_of(
        ":S a sh:NodeShape ; sh:targetClass :C ; sh:node [ sh:path :p ; sh:minCount 1 ] ."
    )
    store = store_of("".join(f":n{i} a :C ." for i in range(60)))
    with pytest.raises(ShapesError, match="NodeShape"):
        validate_store(store, shapes)


def test_results_on_blank_nodes_have_all_their_triples() -> None:
    shapes = ":S sh:targetClass :C ; sh:property [ sh:path :p ; sh:class :D ] ."
    data = ":a a :C ; :p [ :q [ :r 'x' ; :s ( 1 2 ) ] ] . :b a :C ; :p _:seen . :c :t _:seen ."
    results = same_as_alone(shapes, data)
    assert len(results) == 2


def test_shapes_that_name_themselves_are_followed_to_the_end() -> None:
    shapes = shapes_of(
        ":S a sh:NodeShape ; sh:targetClass :C ; "
        "sh:closed true ; sh:ignoredProperties ( rdf:type ) ; "
        "sh:property [ sh:path :next ; sh:node :S ; sh:maxCount 1 ] ."
    )
    store = store_of(":a a :C ; :next :b . :b :next :c . :c :next :d ; :odd 1 . :k a :C .")
    assert {result.focus for result in validate_store(store, shapes).results} == {"http://e/a"}


SEVERITIES = ("sh:Info", "sh:Violation", "sh:Warning", ":Own")


def test_severities_are_those_of_the_shapes() -> None:
    shapes = "".join(
        f":S{name} sh:targetClass :C ; sh:path :p ; sh:minCount 1 ; sh:severity {severity} ."
        for name, severity in (
            ("i", "sh:Info"),
            ("v", "sh:Violation"),
            ("w", "sh:Warning"),
            ("x", ":Own"),
        )
    )
    results = same_as_alone(shapes, ":a a :C .")
    assert [r.severity.value for r in results] == ["Info", "Violation", "Warning", "Violation"]


def test_an_empty_store_conforms() -> None:
    report = validate_store(ox.Store(), shapes_of(SHAPES))
    assert report.conforms
    assert keys(report.results) == set()


def test_illegal_iris_are_validated_like_any_other() -> None:
    store = ox.Store()
    lines = b"""<http://e/a b> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://e/C> .
<www.e.org> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://e/C> .
<http://e/c> <http://e/q> <not an address> .
"""
    store.bulk_load(input=lines, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    shapes = shapes_of(SHAPES + ":T sh:targetClass :C, :D ; sh:targetSubjectsOf :q ; sh:path :q ; "
                       "sh:pattern '^http' .")  # fmt: skip
    report = validate_store(store, shapes)
    found = {(result.focus, result.value) for result in report.results}
    assert ("http://e/a b", None) in found
    assert ("www.e.org", None) in found
    assert ("http://e/c", "<not an address>") in found
    assert validate_store(store, shapes, focus=["www.e.org", "http://e/a b"]).candidate_count == 4
    assert ox.serialize(build_report_triples(report, shapes), format=ox.RdfFormat.N_TRIPLES)
