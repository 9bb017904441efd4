"""The query of a page asks for the columns of the query, and for nothing that is around it."""

import pyoxigraph as ox
import pytest

from kg.errors import BadRequest
from kg.sparql.cursor import ResultsPage, parse_page
from kg.sparql.query_inspection import inspect


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("SELECT ?e (EXISTS { ?e ?p ?o } AS ?k) { ?e ?p ?o }", ["e", "k"]),
        (
            "SELECT (EXISTS { SELECT ?z WHERE { ?z ?p (1) } } AS ?k) ?e WHERE { ?e ?p ?o }",
            ["k", "e"],
        ),
        ("SELECT (IF(EXISTS { ?e ?p ?o BIND(1 AS ?n) }, 1, 2)AS ?k) ?p { ?e ?p ?o }", ["k", "p"]),
        ("SELECT(1AS ?x)(COUNT(*) AS ?n){ ?s ?p ?o }", ["x", "n"]),
        ("SELECT * { ?s ?p ?o }", ["o", "p", "s"]),
    ],
)
def test_columns(text: str, columns: list[str]) -> None:
    found = ox.Store().query(ResultsPage(5).apply_to(text, inspect(text)))
    assert isinstance(found, ox.QuerySolutions)
    names = [variable.value for variable in found.variables]
    assert (sorted(names) if "*" in text[:9] else names) == columns


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("SELECT * { ?s ?p ?o} } UNION { SELECT * {?s ?p ?o}", "braces"),
        ("SELECT * { { ?s ?p ?o }", "braces"),
        ("SELECT ?s (RAND() AS ?r) { ?s ?p ?o }", "differs each time"),
        ("SELECT ?s { ?s ?p ?o } ORDER BY RAND()", "differs each time"),
        ("SELECT ?s FROM <urn:g> { ?s ?p ?o }", "FROM"),
        ("ASK { ?s ?p ?o }", "only a SELECT"),
    ],
)
def test_what_has_no_pages(text: str, why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        ResultsPage(5).apply_to(text, inspect(text))


def test_no_page_is_asked_for() -> None:
    assert parse_page("SELECT * {}", None, None, "r") is None
