"""What a check is told as: a SHACL report that reads back, problems with their count, rows."""

import pyoxigraph as ox

from kg.validation.check import check
from kg.validation.report import problems, rows, validation_report
from kg.validation.results import SHACL
from tests.validation.graphs import shapes_of, store_of

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
    report = check(store_of(DATA), shapes)
    text = ox.serialize(validation_report(report, shapes), format=ox.RdfFormat.TURTLE)
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


def test_a_check_that_finds_nothing_conforms() -> None:
    shapes = shapes_of(SHAPES)
    triples = list(validation_report(check(store_of(""), shapes), shapes))
    assert [str(triple.object)[:6] for triple in triples] == ["<http:", '"true"']


def test_the_same_problem_is_told_once_with_its_count() -> None:
    found = problems(check(store_of(DATA), shapes_of(SHAPES)).results)
    assert [(p.severity.value, p.count) for p in found] == [
        ("Violation", 1), ("Warning", 2), ("Warning", 2),
    ]  # fmt: skip
    assert found[0].sentence.fr.startswith("La valeur ne désigne pas une fiche")
    assert found[0].advice.en == "Correct the key, or add the record it names."
    assert found[1].sentence.fr == "Donnez un nombre."
    assert found[1].advice.fr == ""
    assert [example.focus for example in found[1].examples] == ["http://e/a", "http://e/b"]


def test_rows_are_flat_and_read_as_a_person_writes() -> None:
    listed = list(rows(check(store_of(DATA), shapes_of(SHAPES)).results))
    row = next(row for row in listed if row["focus"] == "http://e/a")
    assert row["value"] == "x"
    assert row["problem_en"] == "Give a number."
    assert {type(value) for row in listed for value in row.values()} == {str}
