"""Answers taken apart into terms, for those who ask on behalf of a page."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

import pyoxigraph as ox

from kg.formats import N_TRIPLES, SPARQL_JSON
from kg.store.endpoint import Endpoint, Question

T = TypeVar("T")

MOST: Final = 500
"""Statements that are dealt with at once, while everybody waits: some milliseconds."""
MOST_BYTES: Final = 64 * 1024

Solution = dict[str, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]


async def aside(work: Callable[[], T], size: int, most: int = MOST) -> T:
    """What some work gives, from a thread where it is long, so that nobody waits for it."""
    return await asyncio.to_thread(work) if size > most else work()


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
    data = await answer.read()
    return await aside(partial(_triples, data), len(data), MOST_BYTES)


def _triples(data: bytes) -> list[ox.Triple]:
    return sorted({quad.triple for quad in ox.parse(data, ox.RdfFormat.N_TRIPLES)}, key=str)
