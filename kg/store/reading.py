"""Answers taken apart into terms, for those who ask on behalf of a page."""

from collections.abc import Sequence

import pyoxigraph as ox

from kg.formats import N_TRIPLES, SPARQL_JSON
from kg.store.endpoint import Endpoint, Question

Solution = dict[str, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]


async def select(endpoint: Endpoint, text: str) -> list[Solution]:
    """The solutions of a SELECT: variable (without `?`) to term, unbound ones absent."""
    answer = await endpoint.ask(Question(text, SPARQL_JSON))
    results = ox.parse_query_results(await answer.read(), ox.QueryResultsFormat.JSON)
    if not isinstance(results, ox.QuerySolutions):
        raise TypeError("this query is not a SELECT")
    names = [variable.value for variable in results.variables]
    return [
        {name: term for name, term in zip(names, solution, strict=True) if term is not None}
        for solution in results
    ]


async def construct(endpoint: Endpoint, text: str) -> Sequence[ox.Triple]:
    """The triples of a CONSTRUCT, each once, sorted."""
    answer = await endpoint.ask(Question(text, N_TRIPLES))
    quads = ox.parse(await answer.read(), ox.RdfFormat.N_TRIPLES)
    return sorted({quad.triple for quad in quads}, key=str)
