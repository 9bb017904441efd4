"""SPARQL CONSTRUCT over a service elsewhere, page by page, as sorted N-Triples."""

from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError

import pyoxigraph as ox
from SPARQLWrapper import CONSTRUCT, POST, TURTLE, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from kg.errors import FetchError
from kg.fetching.http_download import too_large
from kg.fetching.http_requests import USER_AGENT, Connection
from kg.formats import N_TRIPLES
from kg.sources.fetch_plan import FileOrigin
from kg.sparql.lexer import tokenize

REQUEST_TIMEOUT: Final = 600
ACCEPTED: Final = "application/n-triples, text/turtle;q=0.9, application/rdf+xml;q=0.5"
TRUNCATED_HEADERS: Final = ("X-SPARQL-MaxRows",)
"""Headers of a service that has left out what is beyond its own limit."""
DEFAULT_MEDIA_TYPE: Final = N_TRIPLES.media_type


def construct_graph(connection: Connection, origin: FileOrigin, query: str, path: Path) -> None:
    """Writes what a query constructs, each triple once, in order. Raises FetchError."""
    _require_construct(origin, query)
    pages = origin.pages
    if pages:
        _require_ordered(query)
    graph = ox.Dataset()
    size = number = 0
    while True:
        text = f"{query}\nLIMIT {pages.size} OFFSET {number * pages.size}" if pages else query
        triples, length = _ask(connection, origin, text)
        size += length
        if size > origin.max_bytes:
            raise too_large(origin.endpoint, origin.max_bytes)
        for triple in triples:
            graph.add(_name_apart(triple, number))
        number += 1
        if not pages or not triples:
            break
        if number >= pages.max:
            raise FetchError(
                f"{origin.endpoint} has more than {pages.max} pages: if that is meant, write max "
                "in pages",
                f"{origin.endpoint} a plus de {pages.max} pages : si c'est voulu, écrivez max dans "
                "pages",
            )
    if not len(graph):
        raise FetchError(
            f"{origin.endpoint} constructs nothing for this query",
            f"{origin.endpoint} ne construit rien pour cette requête",
        )
    # blank nodes have other names each time; in the canonical form they do not
    graph.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    lines = sorted(f"{ox.Triple(q.subject, q.predicate, q.object)} .\n" for q in graph)
    path.write_text("".join(lines), "utf-8")


def _ask(connection: Connection, origin: FileOrigin, text: str) -> tuple[list[ox.Triple], int]:
    wrapper = SPARQLWrapper(origin.endpoint, returnFormat=TURTLE, agent=USER_AGENT)
    wrapper.setMethod(POST)
    wrapper.setTimeout(REQUEST_TIMEOUT)
    wrapper.addCustomHttpHeader("Accept", ACCEPTED)
    for name, value in connection.own_headers.items():
        wrapper.addCustomHttpHeader(name, value)
    wrapper.setQuery(text)
    attempt = 0
    while True:
        attempt += 1
        try:
            answer = wrapper.query()
            with answer.response as response:
                return _read_triples(origin, response)
        except (SPARQLWrapperException, URLError, HTTPException, OSError) as error:
            refused = isinstance(error, SPARQLWrapperException) or (
                isinstance(error, HTTPError) and error.code < 500
            )
            if not refused and connection.try_again(attempt, repr(error)):
                continue
            reason = " ".join(str(error).split())[:500] or type(error).__name__
            raise FetchError(
                f"{origin.endpoint} cannot be asked: {reason}",
                f"{origin.endpoint} ne répond pas : {reason}",
            ) from error


def _read_triples(origin: FileOrigin, response: Any) -> tuple[list[ox.Triple], int]:
    if not response.geturl().startswith(("http://", "https://")):
        raise FetchError(
            f"{origin.endpoint} is redirected to {response.geturl()}, which is no address of the "
            "web",
            f"{origin.endpoint} est redirigé vers {response.geturl()}, qui n'est pas une adresse du"
            " web",
        )
    headers = response.info()
    if any(name in headers for name in TRUNCATED_HEADERS):
        raise FetchError(
            f"{origin.endpoint} gives a part of the answer only: write smaller pages in [fetch]",
            f"{origin.endpoint} ne donne qu'une partie de la réponse : écrivez des pages plus "
            "petites dans [fetch]",
        )
    body = response.read()
    media_type = headers.get("content-type", DEFAULT_MEDIA_TYPE).partition(";")[0].strip()
    syntax = ox.RdfFormat.from_media_type(media_type)
    if syntax is None:
        raise FetchError(
            f"{origin.endpoint} answers in {media_type}, which is no RDF",
            f"{origin.endpoint} répond en {media_type}, qui n'est pas du RDF",
        )
    try:
        quads = list(ox.parse(body, syntax, base_iri=origin.endpoint))
    except (SyntaxError, ValueError) as error:
        raise FetchError(
            f"{origin.endpoint} answers with RDF that cannot be read: {error}",
            f"{origin.endpoint} répond par du RDF illisible : {error}",
        ) from error
    return [ox.Triple(q.subject, q.predicate, q.object) for q in quads], len(body)


def _name_apart(triple: ox.Triple, page: int) -> ox.Quad:
    """The triple with the blank nodes of its page: another page may call others so."""

    def name(term: Any) -> Any:
        return ox.BlankNode(f"p{page}x{term.value}") if isinstance(term, ox.BlankNode) else term

    return ox.Quad(name(triple.subject), triple.predicate, name(triple.object))


def _require_construct(origin: FileOrigin, query: str) -> None:
    wrapper = SPARQLWrapper(origin.endpoint)
    wrapper.setQuery(query)
    if wrapper.queryType != CONSTRUCT:
        raise FetchError(
            "the query of [fetch] is no CONSTRUCT: the answer of a service is kept as RDF",
            "la requête de [fetch] n'est pas un CONSTRUCT : la réponse d'un service est gardée en "
            "RDF",
        )


def _require_ordered(query: str) -> None:
    words = {token.group().upper() for token in tokenize(query) if token.lastgroup == "word"}
    if "ORDER" not in words:
        raise FetchError(
            "the query of [fetch] has no ORDER BY: without it, a service may give the same "
            "solutions on two pages and leave out others",
            "la requête de [fetch] n'a pas d'ORDER BY : sans lui, un service peut donner deux fois "
            "les mêmes solutions et en omettre d'autres",
        )
    if words & {"LIMIT", "OFFSET"}:
        raise FetchError(
            "the query of [fetch] has a LIMIT or OFFSET of its own beside pages: remove it",
            "la requête de [fetch] a son propre LIMIT ou OFFSET en plus de pages : ôtez-le",
        )
