"""View model of the SPARQL page: the query, its answer or its error, terms to complete."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import pyoxigraph as ox

from api.http.links import build_url
from api.serving.representation import Representation
from api.views.answer_network import MAX_DRAWN_LINKS, AnswerLink
from api.views.answer_views import AnswerViews, build_answer_views
from api.views.jinja import render_page
from api.views.labels import LabelResolver, LinkedText
from api.views.page_context import PageContext, build_page_context
from api.views.query_terms import parse_term
from api.views.void_counts import count_terms
from kg.errors import EssKgError, QuerySyntaxError
from kg.formats import GRAPH_FORMATS, SOLUTION_FORMATS
from kg.kinds import Text
from kg.namespaces import PREFIXES, expand

DEFAULT_QUERY: Final = """\
PREFIX ess: <https://w3id.org/ess-kg/ontology#>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT ?organisation ?name WHERE {
  ?organisation a org:Organization ;
    skos:prefLabel ?name .
}
LIMIT 20
"""
NUMBER_TYPES: Final = tuple(
    expand(f"xsd:{name}") for name in ("integer", "decimal", "double", "float", "long", "int")
)


@dataclass(frozen=True)
class QueryAnswer:
    """What a query gave."""

    names: Sequence[str] = ()
    bindings: Sequence[Mapping[str, Mapping[str, str]]] = ()
    boolean: bool | None = None
    graph: str | None = None
    """The beginning of a graph, in Turtle."""
    links: Sequence[AnswerLink] = ()
    """The links of that beginning."""
    cut: bool = False
    """Whether there is more than is shown, without a next page."""
    next: str = ""
    """The address of the next page."""


@dataclass(frozen=True)
class Cell:
    """One cell of an answer."""

    linked_text: LinkedText
    number: float | None = None


def parse_solutions(body: bytes) -> QueryAnswer:
    """An answer in SPARQL results JSON."""
    content = orjson.loads(body)
    if "boolean" in content:
        return QueryAnswer(boolean=bool(content["boolean"]))
    return QueryAnswer(content["head"]["vars"], content["results"]["bindings"])


def list_answer_iris(answer: QueryAnswer) -> list[str]:
    """The IRIs of an answer, whose names are to be shown."""
    return [
        iri
        for link in answer.links[:MAX_DRAWN_LINKS]
        for iri in (link.subject, link.relation, link.object)
    ] + [
        term["value"]
        for binding in answer.bindings
        for term in binding.values()
        if term["type"] == "uri"
    ]


def build_rows(
    names: Sequence[str],
    bindings: Sequence[Mapping[str, Mapping[str, str]]],
    labels: Mapping[str, Text],
    site: PageContext,
) -> list[list[Cell | None]]:
    """The rows of an answer, with names and links in place of IRIs."""
    resolver = LabelResolver(site, labels)
    return [
        [_build_cell(binding[name], resolver) if name in binding else None for name in names]
        for binding in bindings
    ]


def find_largest(rows: Sequence[Sequence[Cell | None]], column: int) -> float:
    """The largest number of a column that has several numbers and nothing else; else 0."""
    cells = [row[column] for row in rows]
    numbers = [cell.number for cell in cells if cell is not None and cell.number is not None]
    if len(numbers) < 2 or len(numbers) < len(cells) or min(numbers) < 0:
        return 0
    return max(numbers)


def _build_cell(term: Mapping[str, str], resolver: LabelResolver) -> Cell:
    value = parse_term(term)
    number = None
    if isinstance(value, ox.Literal) and value.datatype.value in NUMBER_TYPES:
        try:
            number = float(value.value)
        except ValueError:
            number = None
    return Cell(resolver.resolve(value), number)


def render_sparql_page(
    variant: Representation,
    query: str,
    answer: QueryAnswer | None,
    error: EssKgError | None,
    labels: Mapping[str, Text],
    void: Iterable[ox.Triple],
    ready: Sequence[tuple[str, Text, str]],
    limits: Any,
    budgets: Any,
) -> str:
    """The page: the form, the answer of a query or what is wrong with it, and ready queries.

    `ready` has the name, the title and the text of each named query.
    """
    site = build_page_context(variant)
    rows = build_rows(answer.names, answer.bindings, labels, site) if answer else []
    views = AnswerViews()
    if answer:
        views = build_answer_views(
            answer.names,
            answer.bindings,
            answer.links,
            LabelResolver(site, labels),
            variant.served.catalogue.locate_records,
            site,
            has_address=variant.request.method == "GET",
        )
    syntax = error if isinstance(error, QuerySyntaxError) else None
    counts = count_terms(tuple(void))
    formats = GRAPH_FORMATS if answer and answer.graph is not None else SOLUTION_FORMATS
    return render_page(
        "sparql.html",
        site.language,
        site=site,
        title="SPARQL",
        query=query or DEFAULT_QUERY,
        answer=answer,
        rows=rows,
        views=views,
        largest=[find_largest(rows, column) for column in range(len(answer.names))]
        if answer
        else [],
        error=error.message_in(site.language) if error else "",
        line=syntax.line if syntax else None,
        column=syntax.column if syntax else None,
        downloads=[
            (f.name, build_url("/sparql", [("query", query), ("format", f.extension)]))
            for f in formats
        ],
        ready=[
            (
                site.localize(title),
                site.href("/sparql", [("query", text), ("format", "html")]),
                site.href(f"/queries/{name}"),
            )
            for name, title, text in ready
        ],
        terms={
            "classes": list(counts.classes),
            "properties": list(counts.properties),
            "prefixes": dict(PREFIXES),
        },
        limits=limits,
        budgets=budgets,
    )
