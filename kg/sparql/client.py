"""SPARQL client of a release: results as terms instead of bytes."""

from collections.abc import Sequence
from functools import partial

import pyoxigraph as ox

from kg.formats import N_TRIPLES, SPARQL_JSON
from kg.offload import MAX_INLINE_BYTES, run_in_thread_if_large
from kg.sparql.backend import Question
from kg.sparql.executor import QueryExecutor

Solution = dict[str, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]


async def select(executor: QueryExecutor, text: str) -> list[Solution]:
    """The solutions of a SELECT: variable (without `?`) to term, unbound ones absent."""
    answer = await executor.run(Question(text, SPARQL_JSON))
    results = ox.parse_query_results(await answer.read(), ox.QueryResultsFormat.JSON)
    if not isinstance(results, ox.QuerySolutions):
        raise TypeError("this query is not a SELECT")
    names = [variable.value for variable in results.variables]
    return [
        {name: term for name, term in zip(names, solution, strict=True) if term is not None}
        for solution in results
    ]


def read_text(solution: Solution, name: str) -> str:
    """The IRI or the text of a variable of a solution; empty where it is unbound."""
    term = solution.get(name)
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""


async def construct(executor: QueryExecutor, text: str) -> Sequence[ox.Triple]:
    """The triples of a CONSTRUCT, each once, sorted."""
    answer = await executor.run(Question(text, N_TRIPLES))
    data = await answer.read()
    return await run_in_thread_if_large(partial(_parse_triples, data), len(data), MAX_INLINE_BYTES)


def _parse_triples(data: bytes) -> list[ox.Triple]:
    return sorted({quad.triple for quad in ox.parse(data, ox.RdfFormat.N_TRIPLES)}, key=str)
