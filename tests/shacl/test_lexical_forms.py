"""The check finds what pyshacl finds on literals as the data writes them, not as a store would."""

from contextlib import closing
from itertools import combinations, product

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.shacl.lexical_forms import (
    PROTECTED_PREFIX,
    protect_all,
    unprotect,
)
from kg.shacl.pyshacl_adapter import validate_all
from kg.shacl.results import ValidationResult
from kg.shacl.terms import XSD, iter_statements
from kg.validation.batch_run import BatchOptions, validate_quads
from tests.shacl import generated
from tests.shacl.graphs import STOPPED, Keys, alone, keys, quads_of, shapes_of, work_of
from tests.shacl.test_equal_to_pyshacl import LONG, SEARCH

FORMS = {
    "integer": ["5", "05", "+5", "-0", "-05", "99999999999999999999", "x", "1.0", "1_0", " 5"],
    "decimal": ["1.5", "1.50", ".5", "5.", "48.850000", "5", "1e0", "0.1234567890123456789"],
    "double": ["1", "1.0", "1e0", "1E0", "INF", "1e400", "0.10", "inf"],
    "float": ["1.0", "0.1", "16777217"],
    "boolean": ["true", "1", "0", "True"],
    "int": ["5", "05", "-5", "99999999999"],
    "nonNegativeInteger": ["5", "-5", "+5"],
    "positiveInteger": ["0", "01"],
    "byte": ["5", "200"],
    "date": ["2020-01-01", "2020-01-01Z", "2020-01-01+00:00", "2020-02-30"],
    "dateTime": [
        "2020-01-01T00:00:00", "2020-01-01T00:00:00.0", "2020-01-01T24:00:00",
        "2020-01-01T00:00:00Z", "2020-01-01T00:00:00+00:00", "2020-01-01T10:00:00.250+02:00",
        "2020-01-01T10:00", "2020-02-30T00:00:00.0",
    ],
    "dateTimeStamp": ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00.0Z", "x"],
    "time": ["10:00:00", "10:00:00.0", "24:00:00"],
    "duration": ["P18M", "P1Y6M", "PT36H", "P1D"],
    "yearMonthDuration": ["P18M"],
    "dayTimeDuration": ["PT24H"],
    "gYear": ["2020", "2020+00:00"],
    "gYearMonth": ["2020-05", "2020-05+00:00"],
    "token": ["a  b"],
    "string": ["5", "1.50", "05"],
}  # fmt: skip
LITERALS = [f'"{form}"^^xsd:{name}' for name, forms in FORMS.items() for form in forms]
LITERALS += [
    '"5"@FR',
    f'"5"^^<{PROTECTED_PREFIX}{XSD}integer>',
    '"\\u0035"^^xsd:integer',
    '"5"^^:own',
]
"""Literals that a store changes, beside those it leaves alone and those that are wrong."""

ON_A_VALUE = [
    *(f"sh:datatype xsd:{name}" for name in FORMS if "ur" not in name and name[0] != "g"),
    f"sh:datatype <{PROTECTED_PREFIX}{XSD}integer>", f"sh:hasValue {LITERALS[1]}",
    'sh:hasValue "5"^^xsd:int', 'sh:hasValue "5"^^xsd:byte', f"sh:hasValue {LITERALS[-3]}",
    f"sh:in ( {' '.join(LITERALS[::3])} )", "sh:minLength 2", "sh:maxLength 3",
    'sh:pattern "^[+]?0"', 'sh:pattern "0$"', 'sh:pattern "^[0-9.]+$"', "sh:minInclusive 1",
    "sh:maxExclusive 5", "sh:minExclusive 1.50", "sh:maxInclusive 1e0",
    'sh:minInclusive "2020-01-01T00:00:00Z"^^xsd:dateTime', "sh:nodeKind sh:IRI",
    'sh:maxExclusive "2020-01-02"^^xsd:date', 'sh:languageIn ( "fr" )',
    'sh:minInclusive "05"^^xsd:int',
]  # fmt: skip
ON_TWO = [
    "sh:equals :q", "sh:disjoint :q", "sh:minCount 2",
    "sh:maxCount 1", "sh:qualifiedValueShape [ sh:datatype xsd:integer ] ; sh:qualifiedMinCount 2",
    "sh:qualifiedValueShape [ sh:maxLength 1 ] ; sh:qualifiedMaxCount 1",
]  # fmt: skip
ASKED = [
    "$this <http://e/p> ?value FILTER (?value > 1)",
    "$this <http://e/p> ?value FILTER (STR(?value) = '05')",
    "$this <http://e/p> ?value FILTER (DATATYPE(?value) = xsd:dateTime)",
    "$this <http://e/p> ?value FILTER (DATATYPE(?value) != xsd:integer)",
    "$this <http://e/p> ?value FILTER (isNumeric(?value))",
    "$this <http://e/p> ?value ; <http://e/q> ?b FILTER (?value = ?b)",
    "$this <http://e/p> ?value ; <http://e/q> ?b FILTER (sameTerm(?value, ?b))",
    "$this <http://e/p> ?value FILTER NOT EXISTS { $this <http://e/q> ?value }",
    "$this <http://e/p> ?value BIND (?value + 1 AS ?b) FILTER (BOUND(?b))",
    "$this <http://e/p> ?value BIND (?value + 0 AS ?b) FILTER NOT EXISTS { $this <http://e/q> ?b }",
    "$this <http://e/p> ?value FILTER (COALESCE(?value > 1, false))",
    "?value <http://e/p> 5 ; <http://e/q> ?b . $this <http://e/p> ?b",
    "$this <http://e/p> 1.50",
    "$this <http://e/p> '05'^^xsd:integer",
    "$this <http://e/p> ?value FILTER (?value IN (5, 1.5))",
]
PREFIXES = """:ns a owl:Ontology ; sh:declare [ sh:prefix "xsd" ;
    sh:namespace "http://www.w3.org/2001/XMLSchema#"^^xsd:anyURI ] .
"""
ONE_EACH = "\n".join(f":n{n} a :C ; :p {literal} ." for n, literal in enumerate(LITERALS))
ALIKE = [
    *combinations(LITERALS[:6], 2), *combinations(LITERALS[10:16], 2),
    *combinations([t for t in LITERALS if "T00" in t or "T24" in t], 2),
    *combinations([t for t in LITERALS if "P1" in t or "PT" in t], 2),
    *(('"5"^^xsd:integer', f'"5"^^xsd:{name}') for name in FORMS), ('"1"^^xsd:boolean', "true"),
]  # fmt: skip
PAIRS = "\n".join(
    f":m{n} a :C ; :p {first}, {second} ; :q {second}, :x ."
    for n, (first, second) in enumerate(ALIKE)
)
NUMBERS = [
    '"5"^^xsd:integer', '"05"^^xsd:integer', '"+5"^^xsd:integer', '"-0"^^xsd:integer',
    '"99999999999999999999"^^xsd:integer', '"1.5"^^xsd:decimal', '"1.50"^^xsd:decimal',
    '".5"^^xsd:decimal', '"5."^^xsd:decimal', '"0.1234567890123456789"^^xsd:decimal',
    '"1"^^xsd:double', '"1e0"^^xsd:double', '"0.10"^^xsd:double', '"16777217"^^xsd:float',
    '"5"^^xsd:int', '"05"^^xsd:int', '"5"^^xsd:nonNegativeInteger',
]  # fmt: skip
"""Numbers that rdflib reads too: pyshacl stops where it compares the others."""
TIMES = [
    f'"2020-01-01T{clock}{zone}"^^xsd:dateTime'
    for clock in ("00:00:00", "00:00:00.0", "10:00:00.250")
    for zone in ("Z", "+00:00", "+02:00")
]
COMPARED = "\n".join(
    f":l{n} a :C ; :p {first} ; :q {second} ."
    for n, (first, second) in enumerate([*product(NUMBERS[::2], NUMBERS), *product(TIMES, TIMES)])
)
SOME = "\n".join(
    f":n{n} a :C ; :p {text}, 'z' ; :q {text}, 6 ." for n, text in enumerate([*NUMBERS, *TIMES])
)


def shape(constraint: str, number: int = 0) -> str:
    return f":S{number} sh:targetClass :C ; sh:property [ sh:path :p ; {constraint} ] ."


def query(body: str) -> str:
    return PREFIXES + (
        ":S sh:targetClass :C ; sh:sparql [ sh:prefixes :ns ; "
        f'sh:select "SELECT $this ?value WHERE {{ {body} }}" ] .'
    )


def expected(shapes_text: str, data: list[ox.Quad]) -> Keys:
    return keys(validate_all(shapes_of(shapes_text), iter_statements(data)))


def checked(
    shapes_text: str, data: list[ox.Quad], batch: int = 5000
) -> tuple[ValidationResult, ...]:
    with closing(work_of(data)) as db:
        shapes = shapes_of(shapes_text)
        return validate_quads(db, shapes, work=BatchOptions(processes=1, batch_size=batch)).results


def test_constraints_on_one_value() -> None:
    texts = [*ON_A_VALUE, *(f"sh:not [ {text} ]" for text in ON_A_VALUE[::5])]
    shapes = "\n".join(shape(text, n) for n, text in enumerate(texts))
    data = quads_of(ONE_EACH)
    assert keys(checked(shapes, data)) == expected(shapes, data)


def test_constraints_on_several_values() -> None:
    shapes = "\n".join(shape(text, n) for n, text in enumerate(ON_TWO))
    data = quads_of(PAIRS)
    assert keys(checked(shapes, data, 300)) == expected(shapes, data)


def test_literals_in_order() -> None:
    shapes = shape("sh:lessThan :q", 0) + shape("sh:lessThanOrEquals :q", 1)
    data = quads_of(COMPARED)
    assert keys(checked(shapes, data)) == expected(shapes, data)


@pytest.mark.parametrize("body", ASKED)
def test_constraints_in_sparql(body: str) -> None:
    data = quads_of(SOME)
    assert keys(checked(query(body), data)) == expected(query(body), data)


def test_a_literal_as_focus_node() -> None:
    shapes = ':S sh:targetNode "05"^^xsd:byte ; sh:targetObjectsOf :p ; sh:datatype xsd:integer .'
    data = quads_of(ONE_EACH)
    found = keys(checked(shapes, data, 10))
    assert found == expected(shapes, data)
    assert f'"05"^^<{XSD}byte>' in {key[0] for key in found}


@given(generated.shapes_graph(), generated.data(), st.integers(1, 7))
@settings(SEARCH, max_examples=int(LONG or 10))
def test_results_on_lexical_forms_equal_those_of_pyshacl(
    shapes_text: str, data_text: str, entities: int
) -> None:
    data = quads_of(data_text)
    found = alone(data, shapes_of(shapes_text))
    assert found == STOPPED or keys(checked(shapes_text, data, entities)) == found


def test_a_valid_literal_is_no_candidate_in_any_lexical_form() -> None:
    """Coordinates with zeros at their end are many: they are searched like the others."""
    shapes = shapes_of(shape(
        "sh:datatype xsd:decimal ; sh:minInclusive -90 ; sh:maxInclusive 90 ; sh:maxCount 1 ; "
        'sh:pattern "^-?[0-9]+([.][0-9]+)?$" ; sh:lessThan :q'
    ))  # fmt: skip
    data = quads_of(':a a :C ; :p 48.850000 ; :q "49.0"^^xsd:decimal . :b a :C ; :p 48.85 .')
    with closing(work_of(data)) as db:
        assert validate_quads(db, shapes, work=BatchOptions(processes=1)).candidate_count == 0


def test_stands_in_the_store_as_it_is_given() -> None:
    terms = [quad.object for quad in quads_of(ONE_EACH)]
    store = ox.Store()
    store.bulk_extend(
        ox.Quad(ox.NamedNode(f"urn:{n}"), ox.NamedNode("urn:p"), term)
        for n, term in enumerate(protect_all(terms))
    )
    found = {s.value: o for s, _, o in iter_statements(store)}
    assert [unprotect(found[f"urn:{n}"]) for n in range(len(terms))] == terms
