"""The door to pyshacl: what it changes for everybody is put back, whatever happens."""

import logging

import pytest
import rdflib
from pyshacl import shape
from pyshacl.rdfutil.stringify import stringify_blank_node
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.processor import SPARQLProcessor
from rdflib.term import _toPythonMapping

from kg.shacl import pyshacl_adapter
from kg.shacl.pyshacl_adapter import format_rdflib_term, to_rdflib_term, validate_all
from kg.shacl.shapes_graph import PyshaclError
from kg.shacl.terms import iter_statements, parse_term
from kg.shacl.validator import validate_store
from tests.shacl.graphs import shapes_of, store_of

BOOLEAN = rdflib.URIRef("http://www.w3.org/2001/XMLSchema#boolean")


def state() -> tuple[object, ...]:
    return (
        rdflib.NORMALIZE_LITERALS,
        _toPythonMapping[BOOLEAN],
        SPARQLProcessor.query,
        getattr(shape, "CONSTRAINT_PARAMS", (None, None)),
        logging.getLogger("rdflib.term").disabled,
        dict(stringify_blank_node.dict_cache),
    )


@pytest.mark.parametrize("normalize", [True, False])
def test_globals_that_pyshacl_changes_are_restored(
    normalize: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", normalize)
    before = state()
    shapes = shapes_of(":S sh:targetClass :C ; sh:property [ sh:path :p ; sh:in ( 1 2 ) ] .")
    assert len(validate_store(store_of(":a a :C ; :p [ :q 1 ] ."), shapes).results) == 1
    assert state() == before


def test_it_is_put_back_where_pyshacl_stops() -> None:
    before = state()
    shapes = shapes_of(":S a sh:NodeShape ; sh:targetClass :C ; sh:minCount 1 .")
    with pytest.raises(PyshaclError, match="PropertyShape"):
        validate_all(shapes, iter_statements(store_of(":a a :C .")))
    assert state() == before


@pytest.mark.parametrize(
    "text",
    ["http://e/a", "_:b", '"x"', '"x"@fr', '"007"^^<http://e/own>', '"0x1"^^<http://e/é>',
     '"2011"^^<http://www.w3.org/2001/XMLSchema#gYear>', '"a\\n\\"b"'],
)  # fmt: skip
def test_a_term_comes_back_as_it_went(text: str) -> None:
    assert format_rdflib_term(to_rdflib_term(parse_term(text))) == (
        text if text[0] in '_"<' else f"<{text}>"
    )


def test_an_ill_typed_literal_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    shapes = shapes_of(":S sh:targetClass :C ; sh:path :p ; sh:datatype xsd:date .")
    assert len(validate_store(store_of(":a a :C ; :p 'x'^^xsd:date ."), shapes).results) == 1
    assert caplog.records == []


def test_a_constraint_is_parsed_once_for_footprint_and_validation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def parse_query(query: str) -> object:
        asked.append(query)
        return parseQuery(query)

    monkeypatch.setattr(pyshacl_adapter, "parseQuery", parse_query)
    # dct: rdflib knows another name for it, and keeps one only
    shapes = shapes_of(
        ":ns a owl:Ontology ; sh:declare [ sh:prefix 'dct' ; "
        "sh:namespace 'http://purl.org/dc/terms/'^^xsd:anyURI ] . "
        ":S sh:targetClass :C ; sh:sparql [ sh:prefixes :ns ; sh:message 'once' ; "
        "sh:select 'SELECT $this ?value WHERE { $this dct:title ?value }' ] ."
    )
    data = ":a a :C ; <http://purl.org/dc/terms/title> 't' . :b a :C ."
    assert [result.value for result in validate_store(store_of(data), shapes).results] == ['"t"']
    assert len(asked) == 1
