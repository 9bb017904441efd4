"""A search of words in a query becomes the things it finds; nothing else of the query changes."""

import pyoxigraph as ox
import pytest

from kg.errors import QueryRefused, QuerySyntaxError
from kg.sparql.text_search import (
    MATCHES_FUNCTION,
    MAX_SEARCH_LENGTH,
    MAX_SEARCHES,
    rewrite_searches,
)

ESS = "PREFIX ess: <https://w3id.org/ess-kg/ontology#>\n"
FOUND = [("https://example.org/a", 2.5), ("https://example.org/b", 1.0)]


class Words:
    """A search that keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str) -> list[tuple[str, float]]:
        self.asked.append(text)
        return FOUND


@pytest.mark.parametrize(
    ("query", "words", "expected"),
    [
        (
            ESS + 'SELECT * { ?x ?p ?o FILTER(ess:matches(?x, "a b")) }',
            "a b",
            "VALUES ?x { <https://example.org/a> <https://example.org/b> }",
        ),
        (
            ESS + "SELECT * { filter ( ess:matches ( $x , 'l\\'eau\\u00e9' , ?s ) ) ?x ?p ?o }",
            "l'eaué",
            "VALUES ($x ?s) { (<https://example.org/a> 2.500) (<https://example.org/b> 1.000) }",
        ),
        (
            f'SELECT * {{ FILTER(<{MATCHES_FUNCTION}>(?x, """long\n"text""")) # why\n ?x ?p ?o }}',
            'long\n"text',
            "VALUES ?x {",
        ),
        (
            "PREFIX e: <https://w3id.org/ess-kg/ontology#> "
            'ASK { FILTER(e:matches(?x, "} DELETE {")) ?x ?p ?o }',
            "} DELETE {",
            "VALUES ?x {",
        ),
    ],
)
def test_a_filter_becomes_values(query: str, words: str, expected: str) -> None:
    search = Words()
    told = rewrite_searches(query, search)
    assert search.asked == [words]
    assert expected in told
    assert "matches" not in told.replace("ontology#matches", "")
    assert "DELETE" not in told
    ox.Store().query(told)


@pytest.mark.parametrize(
    "query",
    [
        'SELECT * { ?s ?p "ess:matches(?x, 1)" }',
        "SELECT * { ?s ?p ?o } # FILTER(ess:matches(?x, 'a'))",
        'SELECT * { ?s ?p ?o FILTER(REGEX(?o, "matches")) }',
        "PREFIX ess: <http://example.org/> SELECT * { ?s ess:matches ?o }",
        f"SELECT * {{ <{MATCHES_FUNCTION}> ?p ?o }}",
        f"{ESS}DESCRIBE ess:matches",
        f"{ESS}SELECT * {{ ?s ?p ess:matches FILTER(?s != ess:matches) }}",
        "SELECT * { ?s ?p ?o }",
    ],
)
def test_other_texts_stay_as_they_are(query: str) -> None:
    search = Words()
    assert rewrite_searches(query, search) == query
    assert search.asked == []


@pytest.mark.parametrize(
    "body",
    [
        'FILTER(!ess:matches(?x, "a"))',
        'FILTER(ess:matches(?x, "a") || ?y)',
        "FILTER(ess:matches(?x, ?y))",
        'FILTER(ess:matches("a", ?x))',
        'BIND(ess:matches(?x, "a") AS ?y)',
        'FILTER(ess:matches(?x, "a", 1))',
        '( ess:matches(?x, "a")',
        'FILTER ess:matches(?x, "a")',
        'FILTER(ess:matches(?x, "a"',
    ],
)
def test_anywhere_else_it_is_said_where_and_how(body: str) -> None:
    with pytest.raises(QuerySyntaxError, match="in a filter of its own") as error:
        rewrite_searches(ESS + "SELECT * { " + body + " }", Words())
    assert error.value.line == 2


def test_several_searches_are_done_in_their_order() -> None:
    search = Words()
    body = " ".join(f"FILTER(ess:matches(?x{n}, 'word {n}'))" for n in range(MAX_SEARCHES))
    told = rewrite_searches(f"{ESS}SELECT * {{ {body} }}", search)
    assert search.asked == [f"word {n}" for n in range(MAX_SEARCHES)]
    assert told.count("VALUES ?x") == MAX_SEARCHES


def test_searches_are_bounded() -> None:
    search = Words()
    body = " ".join(f"FILTER(ess:matches(?x, 'word {n}'))" for n in range(MAX_SEARCHES + 1))
    with pytest.raises(QueryRefused, match=f"may have {MAX_SEARCHES} searches"):
        rewrite_searches(f"{ESS}SELECT * {{ {body} }}", search)
    with pytest.raises(QueryRefused, match=f"{MAX_SEARCH_LENGTH} characters"):
        rewrite_searches(
            f"{ESS}SELECT * {{ FILTER(ess:matches(?x, '{'a' * (MAX_SEARCH_LENGTH + 1)}')) }}",
            search,
        )
