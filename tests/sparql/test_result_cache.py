"""Who asks what is being asked already waits for that answer; nobody waits for nothing."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from kg import usage_metering
from kg.errors import QueryOverload, QueryTimeout, QueryTooLarge
from kg.formats import CSV, SPARQL_JSON
from kg.sparql.backend import Answer, Question
from kg.sparql.executor import QueryExecutor

Open = Callable[..., AbstractAsyncContextManager[QueryExecutor]]

SLOW = "SELECT (COUNT(DISTINCT CONCAT(?c, STR(?a))) AS ?n) { ?a ?b ?c }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }"
LONG = "SELECT * { ?a ?b ?c . ?d ?e ?f }"


async def asked(endpoint: QueryExecutor, *questions: Question) -> tuple[list[Answer], int]:
    """The answers to questions put together, and how many processes were at work for them."""
    tasks = [asyncio.ensure_future(endpoint.run(question)) for question in questions]
    await asyncio.sleep(0.1)
    counts = endpoint.backend.pool.count_workers()
    answers = await asyncio.gather(*tasks)
    return answers, counts["quick"] + counts["long"] + counts["waiting"]


async def test_the_same_question_runs_once(open_endpoint: Open) -> None:
    async with open_endpoint(workers=2, queue=5) as endpoint:
        answers, running = await asked(endpoint, *[Question(SLOW, CSV)] * 6)
        assert {answer.body for answer in answers} == {b"n\r\n100000\r\n"}
        assert running == 1
        assert sorted(answer.shared for answer in answers) == [False] + [True] * 5


async def test_other_questions_run_by_themselves(open_endpoint: Open) -> None:
    async with open_endpoint(workers=3) as endpoint:
        in_graph = Question(SLOW, CSV, default_graphs=("urn:g:1",))
        answers, _ = await asked(
            endpoint, Question(SLOW, CSV), Question(SLOW, SPARQL_JSON), in_graph
        )
        assert not any(answer.shared for answer in answers)
        assert len({answer.body for answer in answers}) == 3


async def test_runs_that_differ_are_several(open_endpoint: Open) -> None:
    async with open_endpoint(workers=2) as endpoint:
        text = "SELECT (RAND() AS ?r) (MAX(STRLEN(STR(?c))) AS ?n) { ?a ?b ?c }"
        answers, _ = await asked(endpoint, *[Question(text, CSV)] * 2)
        assert len({answer.body for answer in answers}) == 2


async def test_an_error_is_everybodys(open_endpoint: Open) -> None:
    async with open_endpoint(workers=1, seconds=0.6) as endpoint:
        asking = (endpoint.run(Question(ENDLESS)) for _ in range(3))
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(error) for error in found] == [QueryTimeout] * 3


async def test_a_client_that_leaves_takes_nothing_from_the_others(open_endpoint: Open) -> None:
    async with open_endpoint(workers=1) as endpoint:
        tasks = [asyncio.ensure_future(endpoint.run(Question(SLOW, CSV))) for _ in range(3)]
        await asyncio.sleep(0.05)
        tasks[1].cancel()
        await asyncio.sleep(0.02)
        tasks[0].cancel()  # who asked first
        assert (await tasks[2]).body == b"n\r\n100000\r\n"
        for task in tasks[:2]:
            with pytest.raises(asyncio.CancelledError):
                await task


async def test_a_long_answer_is_each_ones_own(open_endpoint: Open) -> None:
    async with open_endpoint(workers=2) as endpoint:
        answers, _ = await asked(endpoint, *[Question(LONG, CSV)] * 2)
        assert not any(answer.whole or answer.shared for answer in answers)
        for answer in answers:
            answer.close()


async def ended(endpoint: QueryExecutor, question: Question) -> tuple[str, float]:
    """How a question ends, and after how many seconds."""
    began = time.perf_counter()
    try:
        answer = await endpoint.run(question)
        answer.close()
    except (QueryTimeout, QueryOverload, QueryTooLarge) as error:
        return type(error).__name__, time.perf_counter() - began
    return "answered", time.perf_counter() - began


async def test_who_waits_for_others_waits_no_longer_than_its_own_limit(open_endpoint: Open) -> None:
    """Whoever asked first leaves again and again: the others are not put off for ever."""
    async with open_endpoint(workers=1, seconds=1.0) as endpoint:
        tasks = [asyncio.ensure_future(ended(endpoint, Question(ENDLESS))) for _ in range(4)]
        for leaver in tasks[:3]:
            await asyncio.sleep(0.25)
            leaver.cancel()
        outcome, seconds = await tasks[3]
        assert outcome != "answered"  # it ran out of time, or no process was free for it in time
        assert seconds < 1.5


async def test_what_cannot_be_shared_runs_beside_each_other(open_endpoint: Open) -> None:
    """Twelve who ask what is too long to be shared are all told something within the limit."""
    async with open_endpoint(workers=2, seconds=3.0) as endpoint:
        asked = [ended(endpoint, Question(f"{LONG} ORDER BY ?a", CSV)) for _ in range(12)]
        found = await asyncio.gather(*asked)
        assert max(seconds for _, seconds in found) < 3.5


async def test_so_many_wait_for_others(open_endpoint: Open) -> None:
    async with open_endpoint(workers=1, seconds=1.0, queue=2) as endpoint:
        found = await asyncio.gather(*[ended(endpoint, Question(ENDLESS)) for _ in range(5)])
        assert (
            sorted(outcome for outcome, _ in found) == ["QueryOverload"] * 2 + ["QueryTimeout"] * 3
        )


async def test_waiting_is_counted_and_is_not_work(open_endpoint: Open) -> None:
    async with open_endpoint(workers=1, seconds=1.0) as endpoint:
        spent = [list[float](), list[float]()]

        async def ask(account: list[float]) -> None:
            usage_metering.open_account(account.append, "somebody")
            await ended(endpoint, Question(ENDLESS))

        tasks = [asyncio.ensure_future(ask(account)) for account in spent]
        await asyncio.sleep(0.1)
        assert (await endpoint.state())["waiting"] == 1
        await asyncio.gather(*tasks)
        assert sum(spent[0]) > 0.9
        assert sum(spent[1]) < 0.1
