"""Who asks what is being asked already waits for that answer; nobody waits for nothing."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from kg.errors import QueryTimeout
from kg.formats import CSV, SPARQL_JSON
from kg.store.embedded import EmbeddedEndpoint
from kg.store.endpoint import Answer, Question

Open = Callable[..., AbstractAsyncContextManager[EmbeddedEndpoint]]

SLOW = "SELECT (COUNT(DISTINCT CONCAT(?c, STR(?a))) AS ?n) { ?a ?b ?c }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }"
LONG = "SELECT * { ?a ?b ?c . ?d ?e ?f }"


async def asked(endpoint: EmbeddedEndpoint, *questions: Question) -> tuple[list[Answer], int]:
    """The answers to questions put together, and how many processes were at work for them."""
    tasks = [asyncio.ensure_future(endpoint.ask(question)) for question in questions]
    await asyncio.sleep(0.1)
    counts = endpoint.pool.counts()
    answers = await asyncio.gather(*tasks)
    return answers, counts["quick"] + counts["long"] + counts["waiting"]


async def test_the_same_question_runs_once(open_endpoint: Open) -> None:
    async with open_endpoint(workers=2, queue=0) as endpoint:
        answers, running = await asked(endpoint, *[Question(SLOW, CSV)] * 6)
        assert {answer.held for answer in answers} == {b"n\r\n100000\r\n"}
        assert running == 1
        assert sorted(answer.shared for answer in answers) == [False] + [True] * 5


async def test_other_questions_run_by_themselves(open_endpoint: Open) -> None:
    async with open_endpoint(workers=3) as endpoint:
        in_graph = Question(SLOW, CSV, default_graphs=("urn:g:1",))
        answers, _ = await asked(
            endpoint, Question(SLOW, CSV), Question(SLOW, SPARQL_JSON), in_graph
        )
        assert not any(answer.shared for answer in answers)
        assert len({answer.held for answer in answers}) == 3


async def test_runs_that_differ_are_several(open_endpoint: Open) -> None:
    async with open_endpoint(workers=2) as endpoint:
        text = "SELECT (RAND() AS ?r) (MAX(STRLEN(STR(?c))) AS ?n) { ?a ?b ?c }"
        answers, _ = await asked(endpoint, *[Question(text, CSV)] * 2)
        assert len({answer.held for answer in answers}) == 2


async def test_an_error_is_everybodys(open_endpoint: Open) -> None:
    async with open_endpoint(workers=1, seconds=0.6) as endpoint:
        asking = (endpoint.ask(Question(ENDLESS)) for _ in range(3))
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(error) for error in found] == [QueryTimeout] * 3


async def test_a_client_that_leaves_takes_nothing_from_the_others(open_endpoint: Open) -> None:
    async with open_endpoint(workers=1) as endpoint:
        tasks = [asyncio.ensure_future(endpoint.ask(Question(SLOW, CSV))) for _ in range(3)]
        await asyncio.sleep(0.05)
        tasks[1].cancel()
        await asyncio.sleep(0.02)
        tasks[0].cancel()  # who asked first
        assert (await tasks[2]).held == b"n\r\n100000\r\n"
        for task in tasks[:2]:
            with pytest.raises(asyncio.CancelledError):
                await task


async def test_a_long_answer_is_each_ones_own(open_endpoint: Open) -> None:
    async with open_endpoint(workers=2) as endpoint:
        answers, _ = await asked(endpoint, *[Question(LONG, CSV)] * 2)
        assert not any(answer.whole or answer.shared for answer in answers)
        for answer in answers:
            answer.close()
