"""Questions that would never end: each ends within its limit, and light ones are still answered."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from kg.errors import QueryError, QueryOverload, QueryTimeout, QueryTooLarge, ReleaseDamaged
from kg.formats import CSV, N_TRIPLES, SPARQL_JSON
from kg.sparql.backend import MEGABYTE, Answer, QueryLimits, Question
from kg.sparql.executor import QueryExecutor
from kg.sparql.local.worker_process import LOW_PRIORITY_NICENESS, NORMAL_NICENESS, WorkerProcess
from tests.sparql.executors import local_executor

Open = Callable[..., AbstractAsyncContextManager[QueryExecutor]]

CROSS_JOIN = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }"
ORDER_ALL = "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f"
BOMB = "SELECT (GROUP_CONCAT(CONCAT(?c, ?f)) AS ?x) { ?a ?b ?c . ?d ?e ?f }"
EVERYTHING = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
SLOW = "SELECT (COUNT(DISTINCT CONCAT(?c, STR(?a))) AS ?n) { ?a ?b ?c }"
LIGHT = "SELECT * { { <urn:s:5> ?p ?o } }"
"""Asked of a process: braces within braces are no lookup."""
SLACK = 0.5
SECONDS = 1.5


def different(text: str, count: int) -> list[Question]:
    """Questions that do the same, each of which runs by itself."""
    return [Question(f"{text} # {number}") for number in range(count)]


async def failure(endpoint: QueryExecutor, question: Question) -> tuple[QueryError, float]:
    """How a question fails, and after how many seconds."""
    start = time.perf_counter()
    with pytest.raises(QueryError) as caught:
        await (await endpoint.run(question)).read()
    return caught.value, time.perf_counter() - start


async def light(endpoint: QueryExecutor) -> Answer:
    answer = await endpoint.run(Question(LIGHT, CSV))
    assert b"value 5" in await answer.read()
    return answer


async def drain(answer: Answer, sizes: list[int]) -> None:
    async for chunk in answer.iterate_chunks():
        sizes.append(len(chunk))


async def settled(endpoint: QueryExecutor) -> dict[str, int]:
    """The counts of the pool once the processes that were ended are replaced."""
    for _ in range(200):
        if endpoint.backend.pool.count_workers() == {
            "idle": 2,
            "quick": 0,
            "long": 0,
            "waiting": 0,
        }:
            break
        await asyncio.sleep(0.02)
    return endpoint.backend.pool.count_workers()


@pytest.mark.parametrize("text", [CROSS_JOIN, ORDER_ALL])
async def test_time(open_endpoint: Open, text: str) -> None:
    async with open_endpoint(seconds=SECONDS, memory=4096 * MEGABYTE) as endpoint:
        error, seconds = await failure(endpoint, Question(text))
        assert isinstance(error, QueryTimeout)
        assert "within 1.5 seconds" in str(error)
        assert SECONDS <= seconds < SECONDS + SLACK
        await light(endpoint)
        assert await settled(endpoint) == {"idle": 2, "quick": 0, "long": 0, "waiting": 0}


async def test_memory(open_endpoint: Open) -> None:
    async with open_endpoint(seconds=20, memory=64 * MEGABYTE) as endpoint:
        error, _ = await failure(endpoint, Question(BOMB))
        assert isinstance(error, QueryTooLarge)
        assert "64 MB of memory" in str(error)
        await light(endpoint)


async def test_a_query_nested_too_deeply_ends_its_process_only(open_endpoint: Open) -> None:
    async with open_endpoint() as endpoint:
        text = f"SELECT * {'{' * 20_000}{'}' * 20_000}"
        error, _ = await failure(endpoint, Question(text))
        assert isinstance(error, QueryTooLarge)
        assert "nested too deeply" in str(error)
        await light(endpoint)


async def test_rows(open_endpoint: Open) -> None:
    async with open_endpoint(rows=5000) as endpoint:
        for syntax in (CSV, SPARQL_JSON):
            error, _ = await failure(endpoint, Question(EVERYTHING, syntax))
            assert isinstance(error, QueryTooLarge)
            assert "more than 5,000 rows" in str(error)
        construct = "CONSTRUCT { ?a ?b ?c } { ?a ?b ?c }"
        error, _ = await failure(endpoint, Question(construct, N_TRIPLES))
        assert "more than 5,000 triples" in str(error)
        exactly = await endpoint.run(Question("SELECT * { ?a ?b ?c } LIMIT 5000", SPARQL_JSON))
        assert exactly.rows == 5000


async def test_bytes(open_endpoint: Open) -> None:
    async with open_endpoint(bytes=300_000) as endpoint:
        error, _ = await failure(endpoint, Question(EVERYTHING, CSV))
        assert isinstance(error, QueryTooLarge)
        assert "larger than 300,000 bytes" in str(error)


async def test_an_answer_that_fails_early_is_never_begun(open_endpoint: Open) -> None:
    """Below `held` bytes nothing is handed over before the fate of the answer is known."""
    async with open_endpoint(bytes=300_000) as endpoint:
        with pytest.raises(QueryTooLarge):
            await endpoint.run(Question(EVERYTHING, CSV))


async def test_an_answer_that_fails_late_says_so(open_endpoint: Open) -> None:
    async with open_endpoint(seconds=SECONDS, buffer_bytes=100_000) as endpoint:
        start = time.perf_counter()
        answer = await endpoint.run(Question(EVERYTHING, CSV))
        assert not answer.whole
        sizes: list[int] = []
        with pytest.raises(QueryTimeout):
            await drain(answer, sizes)
        assert sum(sizes) > 100_000
        assert time.perf_counter() - start < SECONDS + SLACK


async def test_an_answer_nobody_reads_lets_its_process_go(open_endpoint: Open) -> None:
    async with open_endpoint(seconds=SECONDS, buffer_bytes=100_000) as endpoint:
        for closed in (True, False):
            answer = await endpoint.run(Question(EVERYTHING, CSV))
            assert (
                sum(endpoint.backend.pool.count_workers()[lane] for lane in ("quick", "long")) == 1
            )
            if closed:
                answer.close()
            else:
                await asyncio.sleep(SECONDS)
            assert (await settled(endpoint))["idle"] == 2


async def test_giving_up_ends_the_work(open_endpoint: Open) -> None:
    async with open_endpoint(seconds=20) as endpoint:
        task = asyncio.create_task(endpoint.run(Question(CROSS_JOIN)))
        await asyncio.sleep(0.2)
        worker = next(iter(endpoint.backend.pool._quick))
        start = time.perf_counter()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while Path(f"/proc/{worker.pid}").exists():
            await asyncio.sleep(0.01)
        assert time.perf_counter() - start < SLACK
        assert (await settled(endpoint))["idle"] == 2


async def test_light_questions_are_answered_beside_any_number_of_heavy_ones(
    open_endpoint: Open,
) -> None:
    async with open_endpoint(seconds=3, long_after=0.2, memory=4096 * MEGABYTE) as endpoint:
        heavy = [asyncio.create_task(failure(endpoint, one)) for one in different(CROSS_JOIN, 4)]
        await asyncio.sleep(0)
        answered = 0
        while not all(task.done() for task in heavy):
            await light(endpoint)
            answered += 1
            await asyncio.sleep(0.01)
        errors = [task.result() for task in heavy]
        assert answered > 10
        kinds = sorted(type(error).__name__ for error, _ in errors)
        assert kinds == ["QueryOverload", "QueryOverload", "QueryTimeout", "QueryTimeout"]
        assert all(seconds < 3 + SLACK for _, seconds in errors)


async def test_the_queue_is_bounded(open_endpoint: Open) -> None:
    async with open_endpoint(seconds=1, long_after=5, queue=2) as endpoint:
        busy = [asyncio.create_task(failure(endpoint, one)) for one in different(CROSS_JOIN, 3)]
        await asyncio.sleep(0.1)
        start = time.perf_counter()
        with pytest.raises(QueryOverload, match="try again later"):
            await endpoint.run(Question(LIGHT))
        assert time.perf_counter() - start < SLACK
        ended = await asyncio.gather(*busy)
        assert {type(error) for error, _ in ended} <= {QueryTimeout, QueryOverload}
        await light(endpoint)


async def test_whoever_leaves_the_queue_takes_nothing_along(open_endpoint: Open) -> None:
    async with open_endpoint(seconds=1, long_after=5) as endpoint:
        busy = asyncio.create_task(failure(endpoint, Question(CROSS_JOIN)))
        await asyncio.sleep(0.05)
        waiting = asyncio.create_task(endpoint.run(Question(LIGHT)))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.gather(waiting, busy, return_exceptions=True)
        await light(endpoint)
        assert (await settled(endpoint))["idle"] == 2


async def test_a_process_that_died_while_idle_is_not_lent(open_endpoint: Open) -> None:
    async with open_endpoint() as endpoint:
        for worker in list(endpoint.backend.pool._idle):
            os.kill(worker.pid, signal.SIGKILL)
            while worker.alive:
                await asyncio.sleep(0.01)
        await light(endpoint)
        assert (await settled(endpoint))["idle"] == 2


async def test_closing_ends_every_process(open_endpoint: Open) -> None:
    async with open_endpoint(workers=2) as endpoint:
        task = asyncio.create_task(endpoint.run(Question(CROSS_JOIN)))
        while len(workers := [*endpoint.backend.pool._idle, *endpoint.backend.pool._quick]) < 3:
            await asyncio.sleep(0.02)
    with pytest.raises(QueryError):
        await task
    assert not any(Path(f"/proc/{worker.pid}").exists() for worker in workers)


async def test_a_store_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    endpoint = local_executor(tmp_path / "nothing", 1, QueryLimits())
    with pytest.raises(ReleaseDamaged, match="cannot be opened"):
        await endpoint.open()


def turn_of(worker: WorkerProcess) -> tuple[int, int]:
    """How a process is scheduled: its niceness, and on how many cores."""
    return os.getpriority(os.PRIO_PROCESS, worker.pid), len(os.sched_getaffinity(worker.pid))


async def test_a_slow_question_lets_the_others_go_first(open_endpoint: Open) -> None:
    async with open_endpoint(workers=1, slow_after=0.01, seconds=20) as endpoint:
        asking = asyncio.create_task(endpoint.run(Question(SLOW)))
        seen = set()
        while not asking.done():
            seen |= {turn_of(worker) for worker in endpoint.backend.pool._quick}
            await asyncio.sleep(0.005)
        assert (await asking).whole
        cores = len(os.sched_getaffinity(0))
        assert (LOW_PRIORITY_NICENESS, max(1, cores - 1)) in seen
        # it has its turn back, or another has taken its place
        while not endpoint.backend.pool.count_workers()["idle"]:
            await asyncio.sleep(0.01)
        assert {turn_of(worker) for worker in endpoint.backend.pool._idle} == {
            (NORMAL_NICENESS, cores)
        }
        assert (await endpoint.run(Question("ASK { ?s ?p ?o }"))).whole


async def test_a_process_that_cannot_have_its_turn_back_is_retired(
    open_endpoint: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_endpoint(workers=1, slow_after=0.01, seconds=20) as endpoint:
        first = endpoint.backend.pool._idle[0].pid
        monkeypatch.setattr(WorkerProcess, "raise_priority", lambda self: not self.is_low_priority)
        for _ in range(5):  # a question may end before its process has lost its turn
            await endpoint.run(Question(SLOW))
            while endpoint.backend.pool.count_workers()["idle"] < 2:
                await asyncio.sleep(0.01)
            idle = {worker.pid for worker in endpoint.backend.pool._idle}
            if first not in idle:
                break
        assert first not in idle
