"""What is long is worked at aside, so that a server goes on answering."""

import asyncio
import threading
import time

import pyoxigraph as ox

from kg.offload import MAX_INLINE_BYTES, MAX_INLINE_STATEMENTS, run_in_thread_if_large
from kg.sparql.backend import Question
from kg.sparql.client import construct
from kg.sparql.executor import QueryExecutor


async def test_what_is_long_is_done_in_a_thread() -> None:
    here = threading.get_ident()
    assert await run_in_thread_if_large(threading.get_ident, MAX_INLINE_STATEMENTS) == here
    assert await run_in_thread_if_large(threading.get_ident, MAX_INLINE_STATEMENTS + 1) != here


async def test_others_go_on_meanwhile() -> None:
    slept = asyncio.ensure_future(
        run_in_thread_if_large(lambda: time.sleep(0.5), MAX_INLINE_STATEMENTS + 1)
    )
    await asyncio.sleep(0.05)
    assert not slept.done()
    await slept


async def test_a_long_graph_is_read_as_a_short_one_is(endpoint: QueryExecutor) -> None:
    text = "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }} LIMIT {}"
    for count in (10, 3000):
        found = await construct(endpoint, text.format(count))
        answer = await endpoint.run(Question(text.format(count)))
        data = await answer.read()
        assert (len(data) > MAX_INLINE_BYTES) == (count == 3000)
        every = {quad.triple for quad in ox.parse(data, ox.RdfFormat.N_TRIPLES)}
        assert found == sorted(every, key=str)
        assert len(found) == count
