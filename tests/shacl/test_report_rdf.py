"""A check as a SHACL report: it reads back."""

import pyoxigraph as ox

from kg.shacl.report_rdf import build_report_triples
from kg.shacl.results import SHACL
from kg.shacl.validator import validate_store
from tests.shacl.graphs import shapes_of, store_of

SHAPES = """
:S sh:targetClass :C ; sh:property :S-p , [ sh:path ( :q [ sh:inversePath :r ] ) ; sh:class :D ] .
:S-p sh:path :p ; sh:datatype xsd:integer ; sh:minCount 1 ; sh:severity sh:Warning ;
    sh:message "Donnez un nombre."@fr , "Give a number."@en .
"""
DATA = """
:a a :C ; :p "x" . :b a :C ; :p "y" . :c a :C . :d a :C ; :p 1 ; :q :z . :y :r :z . _:e a :C .
"""


def test_the_report_is_a_shacl_report() -> None:
    shapes = shapes_of(SHAPES)
    report = validate_store(store_of(DATA), shapes)
    text = ox.serialize(build_report_triples(report, shapes), format=ox.RdfFormat.TURTLE)
    store = ox.Store()
    store.load(text, format=ox.RdfFormat.TURTLE)
    query = f"""PREFIX sh: <{SHACL}> SELECT ?focus ?value ?path ?severity WHERE {{
        ?report a sh:ValidationReport ; sh:conforms false ; sh:result ?result .
        ?result a sh:ValidationResult ; sh:focusNode ?focus ; sh:resultSeverity ?severity ;
            sh:sourceShape ?shape ; sh:sourceConstraintComponent ?component ; sh:resultPath ?path ;
            sh:resultMessage ?message .
        OPTIONAL {{ ?result sh:value ?value }}
    }}"""
    found = {(str(r["focus"]), str(r["value"])) for r in store.query(query)}
    assert ("<http://e/a>", '"x"') in found
    assert ("<http://e/d>", "<http://e/y>") in found
    assert len({str(r["focus"]) for r in store.query(query)}) == 5
    steps = (
        f"ASK {{ ?r <{SHACL}resultPath>/<http://www.w3.org/1999/02/22-rdf-syntax-ns#first> ?q }}"
    )
    assert store.query(steps)


def test_a_report_without_results_conforms() -> None:
    shapes = shapes_of(SHAPES)
    triples = list(build_report_triples(validate_store(store_of(""), shapes), shapes))
    assert [str(triple.object)[:6] for triple in triples] == ["<http:", '"true"']
