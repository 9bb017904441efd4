"""SPARQL constraints: searched as the queries they are, or left to the judge, never missed."""

import pytest

from kg.shacl.shapes_graph import ShapesError
from kg.shacl.validator import explain_searches, validate_store
from tests.shacl.graphs import same_as_alone, shapes_of, store_of

PREFIXES = """
:ns a owl:Ontology ; sh:declare
    [ sh:prefix "e" ; sh:namespace "http://e/"^^xsd:anyURI ] ,
    [ sh:prefix "xsd" ; sh:namespace "http://www.w3.org/2001/XMLSchema#"^^xsd:anyURI ] .
"""
DATA = """
:a a :C ; :start 1 ; :end 2 ; :code "x" ; :in :b ; :tag "t" .
:b a :C ; :start 5 ; :end 2 ; :code "x" ; :in :c ; :tag "t", "u" .
:c a :C ; :start 3 ; :end 3 ; :code "z" ; :in :b .
:d a :C ; :start "later" ; :end 3 ; :note "n"@fr .
:far :points :a . :b2 :about :b .
"""
QUERIES = {
    "compared": ("$this e:start ?s ; e:end ?e . FILTER (?s > ?e)", {"b", "d"}),
    "value and path": ("$this ?path ?value . FILTER (?value = 5)", {"b"}),
    "another node": ("$this e:code ?c . ?other e:code ?c . FILTER (?other != $this)", {"a", "b"}),
    "around a loop": ("$this e:in+ $this", {"b", "c"}),
    "not exists": ("FILTER NOT EXISTS { $this e:code ?code }", {"d"}),
    "not exists that errs": (
        "$this e:end ?e FILTER NOT EXISTS { $this e:start ?s FILTER (?s + 0 <= ?e) }",
        {"b", "d"},
    ),
    "optional": ("$this e:end ?e OPTIONAL { $this e:code ?c } FILTER (!BOUND(?c))", {"d"}),
    "union": ("{ $this e:start 3 } UNION { ?x e:points $this }", {"a", "c"}),
    "filter in a union": (
        "$this a e:C . { FILTER (?this = e:a) } UNION { $this e:end 2 }",
        {"a", "b"},
    ),
    "inverse path": ("$this ^e:about ?x", {"b"}),
    "bind": ('$this e:code ?c BIND (CONCAT(?c, "y") AS ?d) FILTER (?d = "zy")', {"c"}),
    "a function": ("$this e:tag ?t . FILTER regex(?t, 'u')", {"b"}),
    "apart from the node": ("?x e:points ?y . $this e:start ?n . FILTER (?n = 3)", {"c"}),
    "any property": ("$this ?p ?v . FILTER (?v = 'z')", {"c"}),
    "a comment": ("# not { this\n $this e:start 3 .", {"c"}),
    "a text with braces": ('$this e:start 3 . FILTER ("{" != "}#")', {"c"}),
}
GROUPED = """SELECT $this WHERE { $this e:tag ?t } GROUP BY $this HAVING (COUNT(?t) > 1)"""
WITHIN = """SELECT $this WHERE {
  { SELECT $this (COUNT(?t) AS ?n) WHERE { $this e:tag ?t } GROUP BY $this } FILTER (?n > 1)
}"""


def shape(select: str, path: str = "") -> str:
    return (
        PREFIXES
        + f":S sh:targetClass :C ; {path} sh:sparql [ sh:prefixes :ns ; "
        + (f'sh:message "faux {{$this}} {{?value}}"@fr ; sh:select """{select}""" ] .')
    )


@pytest.mark.parametrize("name", QUERIES)
def test_is_searched_as_it_is(name: str) -> None:
    body, expected = QUERIES[name]
    text = shape(f"SELECT $this ?value ?path WHERE {{ {body} }}")
    results = same_as_alone(text, DATA)
    assert {result.focus.rpartition("/")[2] for result in results} == expected
    assert explain_searches(shapes_of(text))[0].undecided == ()


@pytest.mark.parametrize("select", [GROUPED, WITHIN])
def test_a_query_that_counts_is_not_compiled(select: str) -> None:
    text = shape(select)
    assert {result.focus for result in same_as_alone(text, DATA)} == {"http://e/b"}
    assert explain_searches(shapes_of(text))[0].undecided != ()
    assert validate_store(store_of(DATA), shapes_of(text)).candidate_count == 4


def test_the_path_of_the_shape_is_written_into_the_query() -> None:
    select = "SELECT $this ?value WHERE { $this $PATH ?value FILTER (?value = 'z') }"
    results = same_as_alone(shape(select, "sh:path ( :in :code ) ;"), DATA)
    assert [(r.focus, r.path) for r in results] == [
        ("http://e/b", "(<http://e/in>/<http://e/code>)")
    ]


def test_the_message_tells_the_values() -> None:
    results = same_as_alone(shape("SELECT $this ?value WHERE { $this e:start ?value . "
                                  "FILTER (?value = 5) }"), DATA)  # fmt: skip
    assert results[0].messages == {"": "faux http://e/b 5"}
    assert results[0].value == '"5"^^<http://www.w3.org/2001/XMLSchema#integer>'


def test_a_deactivated_constraint_has_no_results() -> None:
    text = shape("SELECT $this WHERE { $this a e:C }").replace(
        "sh:prefixes", "sh:deactivated true ; sh:prefixes"
    )
    assert same_as_alone(text, DATA) == ()


def test_a_nested_constraint_is_searched_from_the_value() -> None:
    inner = 'sh:sparql [ sh:select "SELECT $this WHERE { $this <http://e/start> 5 }" ]'
    text = f":S sh:targetClass :C ; sh:property [ sh:path :in ; sh:node [ {inner} ] ] ."
    assert {result.focus for result in same_as_alone(text, DATA)} == {"http://e/a", "http://e/c"}


def test_a_component_of_the_shapes_graph_itself() -> None:
    component = (
        PREFIXES
        + """
    :Least a sh:ConstraintComponent ; sh:parameter [ sh:path :least ] ;
        sh:validator [ a sh:SPARQLAskValidator ; sh:prefixes :ns ; sh:message "trop petit"@fr ;
            sh:ask "ASK { FILTER ($value >= $least) }" ] .
    """
    )
    text = component + ":S sh:targetClass :C ; sh:property [ sh:path :end ; :least 3 ] ."
    assert {result.focus for result in same_as_alone(text, DATA)} == {"http://e/a", "http://e/b"}


def test_a_query_that_names_graphs_is_refused() -> None:
    text = shape("SELECT $this FROM <file:///etc/passwd> WHERE { $this a e:C }")
    with pytest.raises(ShapesError, match="FROM"):
        validate_store(store_of(DATA), shapes_of(text))
