"""Columns of SELECT *, in the order of the text."""

import pyoxigraph as ox
import pytest

from kg.sparql.projection import write_out_star

STORE = ox.Store()
STORE.add(ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal("o")))


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("SELECT * { ?s ?p ?o }", "s p o"),
        ("SELECT*{?s ?p ?o}", "s p o"),
        ("select distinct*{?s ?p ?o}", "s p o"),
        ("PREFIX : <urn:> SELECT REDUCED # ?z first\n * WHERE { ?z :p ?a } ORDER BY ?a", "z a"),
        ("SELECT * { $b ?a ?c }", "b a c"),
        ('SELECT * { ?s ?p "?first" . ?s ?b ?o }', "s p b o"),
        # variables that are read and bound by nothing are no columns
        ("SELECT * { FILTER(?y > 1) ?s ?p ?o MINUS { ?s ?p ?away } }", "s p o"),
        ("SELECT * { ?s ?p ?o BIND(1 AS ?n) OPTIONAL { ?s ?p ?b } }", "s p o n b"),
        ("SELECT * { VALUES (?x ?a) { (1 2) } }", "x a"),
        ("SELECT * { { SELECT ?p ?s { ?s ?p ?o } } }", "p s"),
        ("SELECT * { { SELECT * { ?s ?p ?o } } ?z ?y ?s }", "s p o z y"),
        ("BASE <urn:x/> SELECT * { ?s ?p ?o . FILTER(?o != <y>) }", "s p o"),
        ("SELECT ?p ?s { ?s ?p ?o }", "p s"),
        ("SELECT (2 * 3 AS ?six) { }", "six"),
        ("SELECT * { }", ""),
    ],
)
def test_columns_are_in_the_order_of_the_text(text: str, columns: str) -> None:
    before, after = STORE.query(text), STORE.query(write_out_star(text))
    assert isinstance(before, ox.QuerySolutions)
    assert isinstance(after, ox.QuerySolutions)
    names = [variable.value for variable in after.variables]
    assert names == columns.split()
    assert sorted(names) == sorted(variable.value for variable in before.variables)
    assert [[row[name] for name in names] for row in before] == [
        [row[name] for name in names] for row in after
    ]


@pytest.mark.parametrize("text", ["ASK { ?s ?p ?o }", "CONSTRUCT { ?s ?p 1 } { ?s ?p* ?o }", "*"])
def test_other_queries_stay_as_they_are(text: str) -> None:
    assert write_out_star(text) == text


def test_what_cannot_be_read_is_refused_as_it_was_written() -> None:
    with pytest.raises(SyntaxError):
        write_out_star("SELECT * { ?s ?p }")
