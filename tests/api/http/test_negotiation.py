"""Which representation and language a request gets."""

import pytest
from starlette.requests import Request

from api.http import negotiation
from api.http.problems import NotAcceptable
from kg.errors import BadRequest
from kg.formats import (
    CSV,
    ENTITY_FORMATS,
    GRAPH_FORMATS,
    HTML,
    JSON_LD,
    N_QUADS,
    N_TRIPLES,
    RDF_XML,
    SOLUTION_FORMATS,
    SPARQL_JSON,
    SPARQL_XML,
    TURTLE,
    Format,
)

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def request(query: str = "", **headers: str) -> Request:
    named = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return Request({"type": "http", "query_string": query.encode(), "headers": named})


@pytest.mark.parametrize(
    ("accept", "offered", "expected"),
    [
        ("", ENTITY_FORMATS, HTML),
        ("*/*", SOLUTION_FORMATS, SPARQL_JSON),
        (BROWSER, ENTITY_FORMATS, HTML),
        ("text/turtle", ENTITY_FORMATS, TURTLE),
        ("text/turtle;q=0.5, application/ld+json;q=0.6", ENTITY_FORMATS, JSON_LD),
        ("Text/Turtle; charset=utf-8", ENTITY_FORMATS, TURTLE),
        ("application/json", SOLUTION_FORMATS, SPARQL_JSON),
        ("application/json", ENTITY_FORMATS, JSON_LD),
        ("application/xml", SOLUTION_FORMATS, SPARQL_XML),
        ("application/xml", GRAPH_FORMATS, RDF_XML),
        ("text/plain", GRAPH_FORMATS, N_TRIPLES),
        ("text/*", SOLUTION_FORMATS, CSV),
        ("text/*;q=0.3, */*;q=0.1, application/n-triples;q=0.2", GRAPH_FORMATS, TURTLE),
        # the most specific range decides, whatever its place
        ("*/*, application/sparql-results+json;q=0", SOLUTION_FORMATS, SPARQL_XML),
        ("text/csv;q=0, text/*", SOLUTION_FORMATS, SOLUTION_FORMATS[3]),
        # SPARQLWrapper and rdflib
        (
            "application/sparql-results+json,application/json,text/javascript",
            SOLUTION_FORMATS,
            SPARQL_JSON,
        ),
        ("application/sparql-results+xml, application/rdf+xml", GRAPH_FORMATS, RDF_XML),
    ],
)
def test_accept(accept: str, offered: tuple[Format, ...], expected: Format) -> None:
    assert negotiation.choose_by_accept(accept, offered) == expected


@pytest.mark.parametrize("accept", ["image/png", "text/turtle;q=0", "*/*;q=0", "text/turtle;q=x"])
def test_what_is_excluded_is_not_sent(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="text/csv"):
        negotiation.choose_by_accept(accept, SOLUTION_FORMATS)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("csv", CSV), ("json", SPARQL_JSON), ("xml", SPARQL_XML), ("text/csv", CSV), (None, CSV)],
)
def test_a_format_asked_for_by_name(asked: str | None, expected: Format) -> None:
    query = f"format={asked}" if asked else ""
    found = negotiation.choose_format(request(query, accept="text/csv"), SOLUTION_FORMATS)
    assert found == expected


@pytest.mark.parametrize(
    ("asked", "offered", "expected"),
    [
        ("format=turtle", GRAPH_FORMATS, TURTLE),
        ("format=n3", GRAPH_FORMATS, TURTLE),
        ("format=json-ld&format=application/ld%2Bjson,application/x-json%2Bld", GRAPH_FORMATS,
         JSON_LD),
        ("format=JSON-LD", ENTITY_FORMATS, JSON_LD),
        ("format=rdf%2Bxml&format=application/rdf%2Bxml", GRAPH_FORMATS, RDF_XML),
        ("format=n-triples", ENTITY_FORMATS, N_TRIPLES),
        ("format=nquads", GRAPH_FORMATS, N_QUADS),
        ("format=application/sparql-results+json", SOLUTION_FORMATS, SPARQL_JSON),
        ("format=text/csv;charset=utf-8", SOLUTION_FORMATS, CSV),
        ("format=", SOLUTION_FORMATS, SPARQL_JSON),
    ],
)  # fmt: skip
def test_names_that_clients_send(asked: str, offered: tuple[Format, ...], expected: Format) -> None:
    assert negotiation.choose_format(request(asked), offered) == expected


def test_an_unknown_name_leaves_it_to_what_a_program_accepts() -> None:
    accept = "text/turtle, application/ld+json;q=0.9, */*;q=0.1"
    assert (
        negotiation.choose_format(request("format=of-others", accept=accept), GRAPH_FORMATS)
        == TURTLE
    )
    for no_answer in ("", "*/*", "text/*", "application/pdf", BROWSER):
        with pytest.raises(BadRequest):
            negotiation.choose_format(request("format=of-others", accept=no_answer), ENTITY_FORMATS)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(BadRequest, match="srj, srx, csv, tsv"):
        negotiation.choose_format(request("format=pdf"), SOLUTION_FORMATS)
    with pytest.raises(NotAcceptable, match=r"\.srj, \.srx, \.csv, \.tsv"):
        negotiation.choose_format(request(), SOLUTION_FORMATS, "pdf")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x.ttl", ("x", "ttl")),
        ("01.11", ("01.11", None)),
        ("01.11.jsonld", ("01.11", "jsonld")),
        ("x.csv", ("x.csv", None)),
        (".ttl", ("", "ttl")),
    ],
)
def test_suffix(name: str, expected: tuple[str, str | None]) -> None:
    assert negotiation.split_suffix(name, ENTITY_FORMATS) == expected


@pytest.mark.parametrize(
    ("query", "header", "expected"),
    [
        ("", "", "fr"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "de, en;q=0.5, fr;q=0.4", "en"),
        ("", "en;q=0.2, fr-CA", "fr"),
        ("", "de", "fr"),
        ("lang=en", "fr", "en"),
        ("lang=fr", "en", "fr"),
    ],
)
def test_language(query: str, header: str, expected: str) -> None:
    assert negotiation.choose_language(request(query, accept_language=header)) == expected


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(BadRequest, match="fr, en"):
        negotiation.choose_language(request("lang=de"))
