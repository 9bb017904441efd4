"""What is long is worked at aside, so that a server goes on answering."""

import asyncio
import threading
import time

import pyoxigraph as ox

from kg.store.endpoint import Endpoint, Question
from kg.store.reading import MOST, MOST_BYTES, aside, construct


async def test_what_is_long_is_done_in_a_thread() -> None:
    here = threading.get_ident()
    assert await aside(threading.get_ident, MOST) == here
    assert await aside(threading.get_ident, MOST + 1) != here


async def test_others_go_on_meanwhile() -> None:
    slept = asyncio.ensure_future(aside(lambda: time.sleep(0.5), MOST + 1))
    await asyncio.sleep(0.05)
    assert not slept.done()
    await slept


async def test_a_long_graph_is_read_as_a_short_one_is(endpoint: Endpoint) -> None:
    text = "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }} LIMIT {}"
    for count in (10, 3000):
        found = await construct(endpoint, text.format(count))
        answer = await endpoint.ask(Question(text.format(count)))
        data = await answer.read()
        assert (len(data) > MOST_BYTES) == (count == 3000)
        every = {quad.triple for quad in ox.parse(data, ox.RdfFormat.N_TRIPLES)}
        assert found == sorted(every, key=str)
        assert len(found) == count
