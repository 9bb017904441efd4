"""What the queries of constraints read: the same with their expressions as without."""

import pytest

from kg.shacl.query_footprint import parse_query_patterns, shorten_expressions
from kg.shacl.shapes_graph import ShapesError

PREFIXES = {"": "http://e/"}
SHORTENED = {
    "SELECT $this { $this :p ?v FILTER (?v > 1 + 2 && (true)) ?v :q ?w }": (
        "SELECT $this { $this :p ?v FILTER(true) ?v :q ?w }"
    ),
    "SELECT $this { $this :p ?v . BIND(STRLEN(CONCAT(STR(?v), ')')) AS ?n) ?v :q ?n }": (
        "SELECT $this { $this :p ?v . BIND(true AS ?n) ?v :q ?n }"
    ),
    "SELECT $this { $this :p ?v # FILTER (?v = 1\n filter (?v < 2) }": (
        "SELECT $this { $this :p ?v \n\n filter(true) }"
    ),
    "SELECT $this { $this :p '''FILTER (1''', ?v FILTER(?v IN (1, 2)) }": (
        "SELECT $this { $this :p '''FILTER (1''', ?v FILTER(true) }"
    ),
}
KEPT = [
    "SELECT $this { $this :p ?v FILTER (?v = 1 || EXISTS { ?v :q ?w }) }",
    "SELECT $this { $this :p ?v BIND (NOT EXISTS { ?v :q ?w } AS ?x) }",
    "SELECT $this { $this :p ?v FILTER NOT EXISTS { ?v :r 1 } }",
    "SELECT $this { $this :p ?v FILTER regex(?v, 'a') }",
]


@pytest.mark.parametrize("query", SHORTENED)
def test_expressions_that_read_nothing_are_constants(query: str) -> None:
    shortened = shorten_expressions(query, PREFIXES)
    assert shortened == SHORTENED[query]
    assert parse_query_patterns(query, PREFIXES) == parse_query_patterns(shortened, PREFIXES)


@pytest.mark.parametrize("query", KEPT)
def test_what_reads_is_kept(query: str) -> None:
    assert shorten_expressions(query, PREFIXES) == query


@pytest.mark.parametrize("query", ["SELECT $this { $this :p ?v FILTER (?v >) }", "SELECT", "{"])
def test_a_query_that_does_not_parse_is_told(query: str) -> None:
    assert shorten_expressions(query, PREFIXES) == query
    with pytest.raises(ShapesError, match="does not parse"):
        parse_query_patterns(query, PREFIXES)
