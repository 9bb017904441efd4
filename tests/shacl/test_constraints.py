"""Every core constraint on data chosen for it: what is found, as pyshacl alone finds it."""

import pyoxigraph as ox
import pytest

from tests.shacl.graphs import same_as_alone, store_of

DATA = """
:ok a :C ; :p 5 ; :q 7 ; :label "Bonjour"@fr, "Hello"@en ; :to :other ; :code "AB12" ;
    :on "2020-01-01"^^xsd:date ; :at "2020-01-01T10:00:00Z"^^xsd:dateTime .
:other a :D ; :label "Autre"@fr .
:D rdfs:subClassOf :E .
"""
CASES = {
    "minCount": ("sh:path :p ; sh:minCount 1", ":x a :C .", {":x"}),
    "minCount of two": ("sh:path :p ; sh:minCount 2", ":x a :C ; :p 1, 2 .", {":ok"}),
    "minCount of many": ("sh:path :p ; sh:minCount 9", ":x a :C ; :p 1,2,3,4,5,6,7,8,9 .", {":ok"}),
    "maxCount": ("sh:path :p ; sh:maxCount 1", ":x a :C ; :p 1, 2 .", {":x"}),
    "maxCount of many": (
        "sh:path :p ; sh:maxCount 9",
        ":x a :C ; :p 1,2,3,4,5,6,7,8,9,10 . :y a :C ; :p 1,2,3,4,5,6,7,8,9 .",
        {":x"},
    ),
    "class": ("sh:path :to ; sh:class :E", ':x a :C ; :to :ok . :y a :C ; :to "D" .', {":x", ":y"}),
    "datatype": ("sh:path :p ; sh:datatype xsd:integer", ':x a :C ; :p "5" .', {":x"}),
    "ill-typed": (
        "sh:path :p ; sh:datatype xsd:integer",
        ':x a :C ; :p "a"^^xsd:integer .',
        {":x"},
    ),
    "date that is not": (
        "sh:path :on ; sh:datatype xsd:date",
        ':x a :C ; :on "2021-02-30"^^xsd:date . :y a :C ; :on "2021-12-31"^^xsd:date .',
        {":x"},
    ),
    "unknown datatype": ("sh:path :p ; sh:datatype :own", ':x a :C ; :p "?"^^:own .', {":ok"}),
    "nodeKind": ("sh:path :to ; sh:nodeKind sh:IRI", ':x a :C ; :to [], "a" .', {":x"}),
    "minInclusive": ("sh:path :p ; sh:minInclusive 5", ":x a :C ; :p 4.99 .", {":x"}),
    "minExclusive": ("sh:path :p ; sh:minExclusive 5", ":x a :C ; :p 5.01 .", {":ok"}),
    "maxInclusive": (
        "sh:path :p ; sh:maxInclusive 5",
        ":x a :C ; :p 5.0 . :y a :C ; :p 6 .",
        {":y"},
    ),
    "maxExclusive": ("sh:path :p ; sh:maxExclusive 5", ":x a :C ; :p 4e0 .", {":ok"}),
    "a text compared with a number": (
        "sh:path :p ; sh:minInclusive 1",
        ':x a :C ; :p "5" . :y a :C ; :p :z .',
        {":x", ":y"},
    ),
    "a double beside a decimal": (
        "sh:path :p ; sh:maxInclusive 0.1",
        ":ok2 a :C ; :p 0.1 . :x a :C ; :p 0.1e0 .",
        {":x", ":ok"},
    ),
    "a date compared with a moment": (
        'sh:path :on ; sh:minInclusive "2019-01-01T00:00:00"^^xsd:dateTime',
        "",
        {":ok"},
    ),
    "a moment without zone": (
        'sh:path :at ; sh:minInclusive "2019-01-01T00:00:00Z"^^xsd:dateTime',
        ':x a :C ; :at "2020-01-01T00:00:00"^^xsd:dateTime .',
        {":x"},
    ),
    "minLength": ("sh:path :code ; sh:minLength 4", ':x a :C ; :code "éé", [] .', {":x"}),
    "minLength of an address": ("sh:path :to ; sh:minLength 15", "", {":ok"}),
    "maxLength": ("sh:path :code ; sh:maxLength 4", ':x a :C ; :code "ABCDE" .', {":x"}),
    "pattern": ('sh:path :code ; sh:pattern "^[A-Z]+[0-9]+$"', ':x a :C ; :code "12" .', {":x"}),
    "pattern with a flag": (
        'sh:path :code ; sh:pattern "^ab" ; sh:flags "i"',
        ':x a :C ; :code "b" .',
        {":x"},
    ),
    "pattern of Python only": ('sh:path :code ; sh:pattern "^(?!AB)"', "", {":ok"}),
    "a line feed at the end": (
        'sh:not [ sh:path :code ; sh:minCount 1 ; sh:pattern "12$" ]',
        ':x a :C ; :code "12\\n" .',
        {":ok", ":x"},
    ),
    "languageIn": (
        'sh:path :label ; sh:languageIn ( "fr" "en" )',
        ':x a :C ; :label "x"@FR, "y"@en-GB . :y a :C ; :label "z"@de, "t" .',
        {":y"},
    ),
    "uniqueLang": (
        "sh:path :label ; sh:uniqueLang true",
        ':x a :C ; :label "x"@fr, "y"@FR .',
        {":x"},
    ),
    "in": ('sh:path :code ; sh:in ( "AB12" :other )', ':x a :C ; :code "ab12"@fr .', {":x"}),
    "in, forms told apart": ("sh:path :p ; sh:in ( 5.0 )", ":x a :C ; :p 5.0 .", {":ok", ":x"}),
    "hasValue": ("sh:path :to ; sh:hasValue :other", ":x a :C ; :to :ok .", {":x"}),
    "hasValue, a literal": ("sh:path :p ; sh:hasValue 5", ':x a :C ; :p "5" .', {":x"}),
    "equals": ("sh:path :p ; sh:equals :q", ":x a :C ; :p 1 ; :q 1 .", {":ok"}),
    "disjoint": ("sh:path :p ; sh:disjoint :q", ":x a :C ; :p 1 ; :q 1 .", {":x"}),
    "lessThan": ("sh:path :p ; sh:lessThan :q", ":x a :C ; :p 7 ; :q 7 .", {":x"}),
    "lessThanOrEquals": (
        "sh:path :p ; sh:lessThanOrEquals :q",
        ':x a :C ; :p 7 ; :q 7 . :y a :C ; :p 7 ; :q "8" .',
        {":y"},
    ),
    "not": ("sh:not [ sh:path :p ; sh:hasValue 5 ]", ":x a :C ; :p 6 .", {":ok"}),
    "and": ("sh:and ( [ sh:class :C ] [ sh:path :p ; sh:minCount 1 ] )", ":x a :C .", {":x"}),
    "or": ("sh:or ( [ sh:class :D ] [ sh:path :p ; sh:minCount 1 ] )", ":x a :C, :D .", set()),
    "or on values": (
        "sh:path :p ; sh:or ( [ sh:datatype xsd:string ] [ sh:datatype xsd:integer ] )",
        ":x a :C ; :p 1.5 .",
        {":x"},
    ),
    "xone": (
        "sh:xone ( [ sh:path :p ; sh:minCount 1 ] [ sh:path :q ; sh:minCount 1 ] )",
        ":x a :C ; :p 1 . :y a :C .",
        {":ok", ":y"},
    ),
    "node": (
        "sh:path :to ; sh:node [ sh:property [ sh:path :label ; sh:minCount 1 ] ]",
        ":x a :C ; :to :y .",
        {":x"},
    ),
    "property of values": (
        "sh:path :to ; sh:property [ sh:path :label ; sh:minCount 1 ]",
        ":x a :C ; :to :y .",
        {":y"},
    ),
    "qualifiedMinCount": (
        "sh:path :label ; sh:qualifiedMinCount 1 ; "
        'sh:qualifiedValueShape [ sh:languageIn ( "fr" ) ]',
        ':x a :C ; :label "x"@en .',
        {":x"},
    ),
    "qualifiedMaxCount": (
        "sh:path :label ; sh:qualifiedMaxCount 1 ; "
        'sh:qualifiedValueShape [ sh:languageIn ( "fr" ) ]',
        ':x a :C ; :label "x"@fr, "y"@fr .',
        {":x"},
    ),
    "qualified and disjoint": (
        "sh:property [ sh:path :to ; sh:qualifiedMinCount 1 ; "
        "sh:qualifiedValueShape [ sh:class :D ] ; sh:qualifiedValueShapesDisjoint true ] , "
        "[ sh:path :to ; sh:qualifiedMaxCount 5 ; "
        "sh:qualifiedValueShape [ sh:class :F ] ]",
        ":x a :C ; :to :y . :y a :D, :F .",
        {":x"},
    ),
    "closed": (
        "sh:closed true ; sh:ignoredProperties ( rdf:type :q :label :to :code :on :at ) ; "
        "sh:property [ sh:path :p ]",
        ":x a :C ; :r 1 .",
        {":x"},
    ),
    "deactivated": ("sh:path :p ; sh:minCount 1 ; sh:deactivated true", ":x a :C .", set()),
    "a part deactivated": (
        "sh:property [ sh:path :p ; sh:minCount 9 ; sh:deactivated true ]",
        "",
        set(),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_component(name: str) -> None:
    constraint, data, expected = CASES[name]
    results = same_as_alone(f":S sh:targetClass :C ; {constraint} .", DATA + data)
    assert {result.focus.replace("http://e/", ":") for result in results} == expected


NO_SUCH_PROPERTY = {
    "sh:path :no ; sh:minCount 1": 1,
    "sh:path :no ; sh:minCount 2": 1,
    "sh:path :no ; sh:maxCount 0": 0,
    "sh:path :no ; sh:pattern '^a' ; sh:nodeKind sh:IRI ; sh:class :D": 0,
    "sh:path :no ; sh:hasValue 1": 1,
    "sh:path :no ; sh:uniqueLang true": 0,
    "sh:path :no ; sh:equals :p": 1,
    "sh:path :p ; sh:equals :no": 1,
    "sh:path :no ; sh:disjoint :p": 0,
    "sh:path :p ; sh:lessThan :no": 0,
    "sh:path :no ; sh:lessThan :p": 0,
    "sh:path :no ; sh:qualifiedValueShape [ sh:class :D ] ; sh:qualifiedMinCount 1": 1,
    "sh:not [ sh:path :no ; sh:maxCount 0 ]": 1,
    "sh:path [ sh:zeroOrOnePath :no ] ; sh:class :D": 1,
    "sh:path [ sh:zeroOrMorePath :no ] ; sh:equals :p": 2,
    "sh:path ( [ sh:zeroOrOnePath :no ] :p ) ; sh:maxCount 0": 1,
    "sh:path [ sh:inversePath :no ] ; sh:minCount 1": 1,
    "sh:path [ sh:alternativePath ( :no :p ) ] ; sh:minCount 2": 1,
}
"""Constraints along a property that no triple has, with the number of results on the data."""


@pytest.mark.parametrize("constraint", NO_SUCH_PROPERTY)
def test_property_that_the_data_has_not(constraint: str) -> None:
    results = same_as_alone(f":S sh:targetClass :C ; {constraint} .", DATA)
    assert len(results) == NO_SUCH_PROPERTY[constraint]


@pytest.mark.parametrize("target", ["sh:targetSubjectsOf :no", "sh:targetObjectsOf :no"])
def test_target_of_a_property_that_the_data_has_not(target: str) -> None:
    assert same_as_alone(f":S {target} ; sh:hasValue :nothing .", DATA) == ()


PATHS = {
    "[ sh:inversePath :to ]": {":ok", ":x", ":z"},
    "( :to :label )": {":y", ":z"},
    "[ sh:alternativePath ( :p :r ) ]": {":y"},
    "[ sh:zeroOrMorePath :to ]": set(),
    "[ sh:oneOrMorePath :to ]": {":y", ":z"},
    "[ sh:zeroOrOnePath :p ]": set(),
    "( [ sh:zeroOrMorePath :to ] :label )": {":z"},
    "( [ sh:inversePath :to ] :p )": {":ok", ":x", ":z"},
}


@pytest.mark.parametrize("path", PATHS)
def test_path(path: str) -> None:
    data = ":x a :C ; :p 1 ; :to :y . :y a :C ; :label 'y' . :z a :C ; :p 2 ."
    results = same_as_alone(f":S sh:targetClass :C ; sh:path {path} ; sh:minCount 1 .", DATA + data)
    assert {result.focus.replace("http://e/", ":") for result in results} == PATHS[path]


INVERTED = {
    # the child of somebody who works there, and what is written with the inversion at each step
    "[ sh:inversePath ( :parent :employer ) ]": "^(:parent/:employer)",
    "[ sh:inversePath ( :parent [ sh:inversePath :employs ] ) ]": "^(:parent/^:employs)",
    "[ sh:inversePath [ sh:oneOrMorePath ( :parent :employer ) ] ]": "^((:parent/:employer)+)",
    "[ sh:inversePath [ sh:zeroOrOnePath ( :parent :employer ) ] ]": "^((:parent/:employer)?)",
    "[ sh:inversePath [ sh:alternativePath ( ( :parent :employer ) :owner ) ] ]": (
        "^((:parent/:employer)|:owner)"
    ),
    "( [ sh:inversePath ( :parent :employer ) ] :label )": "(^(:parent/:employer))/:label",
    "[ sh:inversePath [ sh:inversePath ( :owner :label ) ] ]": ":owner/:label",
}
"""Paths with an inverted sequence, which pySHACL 0.40.1 follows in the order of the sequence
(`findings/pyshacl-inverse-of-a-sequence.sh`), with the path of SPARQL."""


@pytest.mark.parametrize("path", INVERTED)
def test_the_inverse_of_a_sequence_is_that_of_sparql(path: str) -> None:
    data = """
        :child :parent :mother . :mother :employer :firm . :firm :employs :mother .
        :child :label 'child' . :firm :owner :child . :owned :owner :firm .
    """
    query = f"PREFIX : <http://e/> SELECT DISTINCT ?v {{ :firm {INVERTED[path]} ?v }}"
    solutions = store_of(data).query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    expected = sorted(str(row["v"]) for row in solutions)
    shape = f":S sh:targetNode :firm ; sh:property [ sh:path {path} ; sh:in () ] ."
    results = same_as_alone(shape, data)
    assert sorted(result.value or "" for result in results) == expected
    assert expected


TARGETS = {
    "sh:targetNode :a, :absent, 5, 'text'": 4,
    "sh:targetClass :E": 2,
    "sh:targetSubjectsOf :to": 2,
    "sh:targetObjectsOf :p": 3,
    "a rdfs:Class, sh:NodeShape": 1,
    "a owl:Class, sh:NodeShape": 1,
}


@pytest.mark.parametrize("target", TARGETS)
def test_target(target: str) -> None:
    data = (
        ":a a :E ; :p 1 ; :to [ a :D ; :p 'x' ] . :D rdfs:subClassOf :E . "
        ":s a :S . :b :to :a ; :p 2 ."
    )
    results = same_as_alone(f":S {target} ; sh:hasValue :nothing .", data)
    assert len(results) == TARGETS[target]
