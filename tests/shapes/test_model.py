"""The shapes agree with the rest of the model: identifier schemes, tables, code lists."""

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox
import pytest
import rdflib
from pyshacl.entrypoints import meta_validate

from kg.csvw_tables import load_tables
from kg.namespaces import SCHEME, SHAPES, expand
from kg.shacl.results import Severity
from kg.shacl.shapes import Shapes
from kg.shacl.validator import validate_store
from tests.shapes.conftest import ROOT, SH, triples

ESS: Final = expand("ess:")
SYSTEM: Final = SCHEME + "identifier-scheme/"


@pytest.fixture(scope="module")
def model() -> ox.Store:
    """The ontology and every code list."""
    store = ox.Store()
    for path in (ROOT / "ontology").rglob("*.ttl"):
        store.extend(ox.Quad(*t) for t in triples(path))
    return store


@pytest.fixture(scope="module")
def graph() -> rdflib.Graph:
    """The shapes as rdflib reads them."""
    graph = rdflib.Graph()
    for path in (ROOT / "shapes").glob("*.ttl"):
        graph.parse(path)
    return graph


def test_each_identifier_scheme_is_checked_by_its_own_syntax(
    model: ox.Store, graph: rdflib.Graph
) -> None:
    stated = {
        str(q.subject)[1:-1].removeprefix(SYSTEM): q.object.value  # type: ignore[union-attr]
        for q in model.quads_for_pattern(None, ox.NamedNode(ESS + "syntax"), None)
    }
    checked = {
        name: str(found)
        for name in stated
        for found in _under(graph, rdflib.URIRef(f"{SHAPES}#Identifier-{name}"), "pattern")
    }
    assert checked == stated
    assert len(stated) >= 15


def test_each_check_digit_rule_has_its_shape(model: ox.Store, graph: rdflib.Graph) -> None:
    rules = model.quads_for_pattern(None, ox.NamedNode(ESS + "checksum"), None)
    ruled = {
        str(q.subject)[1:-1].removeprefix(SYSTEM)
        for q in rules
        if q.object.value != "none"  # type: ignore[union-attr]
    }
    shaped = {
        str(s).rpartition("#Checksum-")[2].removesuffix("-10")
        for s in graph.subjects(rdflib.URIRef(SH + "sparql"))
        if "#Checksum-" in str(s)
    }
    assert shaped == ruled


def test_each_column_that_says_something_is_in_a_shape(graph: rdflib.Graph) -> None:
    paths = set(_under(graph, None, "path"))
    forgotten = [
        f"{name}.{column.name}: {column.predicate}"
        for name, table in load_tables(ROOT / "ontology" / "tables").items()
        for column in table.columns
        if column.predicate and "{" not in column.predicate
        if rdflib.URIRef(expand(column.predicate)) not in paths
    ]
    assert forgotten == []


def test_each_building_block_names_a_code_list_that_exists(
    model: ox.Store, graph: rdflib.Graph
) -> None:
    lists = set(graph.objects(None, rdflib.URIRef(SH + "hasValue")))
    named = {str(node) for node in lists if str(node).startswith(SCHEME)}
    known = {str(quad.subject)[1:-1] for quad in model}
    assert named - known == set()


def test_the_ontology_and_the_code_lists_obey_the_shapes(model: ox.Store, shapes: Shapes) -> None:
    assert validate_store(model, shapes).filter_by_severity(Severity.VIOLATION) == ()


@pytest.mark.filterwarnings("ignore")
def test_the_shapes_are_well_formed(graph: rdflib.Graph) -> None:
    normalize = rdflib.NORMALIZE_LITERALS
    try:
        conforms, _, text = meta_validate(graph, inference="none", max_validation_depth=30)
    finally:
        rdflib.NORMALIZE_LITERALS = normalize
    assert conforms, text


def _under(graph: rdflib.Graph, node: rdflib.term.Node | None, name: str) -> Iterator[object]:
    """The values of a SHACL property on a node or below it; of a path, every IRI in it."""
    if node is None:
        for found in graph.objects(None, rdflib.URIRef(SH + name)):
            yield from _leaves(graph, found)
        return
    yield from graph.objects(node, rdflib.URIRef(SH + name))
    for below in graph.objects(node):
        if isinstance(below, rdflib.BNode):
            yield from _under(graph, below, name)


def _leaves(graph: rdflib.Graph, node: rdflib.term.Node) -> Iterator[object]:
    if not isinstance(node, rdflib.BNode):
        yield node
        return
    for below in graph.objects(node):
        yield from _leaves(graph, below)
