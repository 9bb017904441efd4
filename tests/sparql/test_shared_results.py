"""What one process of a server found is found for the others; nobody waits for one that is gone."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kg.errors import QueryRefused, QueryTooLarge, ReleaseDamaged
from kg.formats import CSV, SPARQL_JSON
from kg.sparql import result_cache
from kg.sparql.backend import Answer, QueryLimits, Question
from kg.sparql.result_cache import SharedResults
from tests.sparql.executors import local_executor

Process = subprocess.Popen[str]

SLOW = "SELECT (COUNT(DISTINCT CONCAT(?c, STR(?a))) AS ?n) { ?a ?b ?c }"
AT_WORK = """\
import asyncio, os, sys
from pathlib import Path
from kg.errors import QueryTimeout
from kg.formats import CSV
from kg.sparql.backend import Answer, QueryLimits, Question
from kg.sparql.result_cache import SharedResults

folder, outcome, seconds = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])

async def put(question):
    with (folder.parent / "runs").open("a") as runs:
        runs.write(f"{os.getpid()}\\n")
    print("at work", flush=True)
    await asyncio.sleep(seconds)
    if outcome == "timeout":
        raise QueryTimeout("too long", "trop long")
    return Answer("solutions", CSV, outcome.encode(), rows=1)

async def main():
    try:
        shared = SharedResults(folder, "r", QueryLimits())
        shared.open()
        answer = await shared.get_or_run(Question("asked by all", CSV), put)
        print(answer.body.decode(), answer.rows, flush=True)
    except QueryTimeout as error:
        print(error, error.french, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where answers are shared."""
    made = tmp_path / "answers"
    made.mkdir()
    return made


@pytest.fixture
def one(folder: Path) -> Iterator[SharedResults]:
    """What is shared, as one process has it."""
    with closing(SharedResults(folder, "r", QueryLimits())) as opened:
        opened.open()
        yield opened


@contextmanager
def processes(folder: Path, outcome: str, seconds: float, count: int) -> Iterator[list[Process]]:
    """Processes that ask the same: each would work for so many seconds."""
    command = [sys.executable, "-c", AT_WORK, str(folder), outcome, str(seconds)]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def runs(folder: Path) -> int:
    """How many processes were at work."""
    return len((folder.parent / "runs").read_text("utf-8").splitlines())


@pytest.mark.parametrize(("outcome", "said"), [("42", "42 1"), ("timeout", "too long trop long")])
def test_several_processes_find_it_once(folder: Path, outcome: str, said: str) -> None:
    with processes(folder, outcome, 2.0, 3) as started:
        for process in started:
            out, err = process.communicate(timeout=30)
            assert out.splitlines()[-1:] == [said], err
    assert runs(folder) == 1


async def test_who_waits_for_a_process_that_is_gone_asks_itself(folder: Path) -> None:
    with processes(folder, "never", 60.0, 1) as (process,):
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        with processes(folder, "42", 0.0, 1) as (other,):
            time.sleep(1)
            assert runs(folder) == 1
            process.kill()
            out, err = other.communicate(timeout=30)
            assert out == "at work\n42 1\n", err


async def test_a_failure_is_not_for_those_who_ask_later(one: SharedResults) -> None:
    async def fail(_: Question) -> Answer:
        time.sleep(0.05)
        raise QueryTooLarge("too large", "trop grand")

    async def answer(_: Question) -> Answer:
        return Answer("boolean", SPARQL_JSON, b"{}")

    with pytest.raises(QueryTooLarge):
        await one.get_or_run(Question("x"), fail)
    time.sleep(0.05)
    assert not (await one.get_or_run(Question("x"), answer)).shared


async def ask(store: Path, folder: Path, *questions: Question) -> list[Answer]:
    """The answers of an endpoint of its own."""
    endpoint = local_executor(store, 1, QueryLimits(), folder)
    await endpoint.open()
    try:
        return [await endpoint.run(question) for question in questions]
    finally:
        await endpoint.close()


async def test_a_costly_answer_is_there_for_another_endpoint(store: Path, folder: Path) -> None:
    (first,) = await ask(store, folder, Question(SLOW, CSV))
    (second,) = await ask(store, folder, Question(SLOW, CSV))
    assert (first.shared, second.shared) == (False, True)
    assert second.body == first.body == b"n\r\n100000\r\n"
    assert (second.kind, second.format, second.rows) == (first.kind, first.format, first.rows)


async def test_only_the_same_question_is_the_same(store: Path, folder: Path) -> None:
    asked = Question(SLOW, CSV)
    others = [
        Question(SLOW, SPARQL_JSON),
        Question(SLOW + " ", CSV),
        Question(SLOW, CSV, default_graphs=("urn:g:1",)),
        Question(SLOW, CSV, named_graphs=("urn:g:1",)),
        Question(SLOW, CSV, base="urn:base:"),
    ]
    assert not any(answer.shared for answer in await ask(store, folder, asked, *others))


async def test_what_differs_each_time_is_not_kept(store: Path, folder: Path) -> None:
    differs = "SELECT (RAND() AS ?r) (MAX(STRLEN(STR(?c))) AS ?n) { ?a ?b ?c }"
    answers = await ask(store, folder, *[Question(differs, CSV)] * 2)
    assert not any(answer.shared for answer in answers)
    assert all(file.suffix == ".lock" for file in folder.iterdir())


async def test_what_is_quick_is_not_kept(
    one: SharedResults, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_cache, "COSTLY_SECONDS", 5.0)
    await one.get_or_run(Question("x", CSV), slowly)
    assert all(file.suffix == ".lock" for file in folder.iterdir())


async def test_another_store_in_its_place_is_another(store: Path, folder: Path) -> None:
    (first,) = await ask(store, folder, Question(SLOW, CSV))
    stat = store.stat()
    store.touch()
    (second,) = await ask(store, folder, Question(SLOW, CSV))
    assert store.stat().st_mtime_ns != stat.st_mtime_ns
    assert not first.shared
    assert not second.shared


async def test_what_is_not_allowed_is_not_found_either(store: Path, folder: Path) -> None:
    with pytest.raises(QueryRefused):
        await ask(store, folder, Question("SELECT * { SERVICE <http://a.example/> { ?a ?b ?c } }"))


async def slowly(_: Question) -> Answer:
    """An answer that was long in coming."""
    time.sleep(0.05)
    return Answer("solutions", CSV, b"n\r\n1\r\n", rows=1)


def spoil(file: Path) -> None:
    """Leaves half of it."""
    file.write_bytes(file.read_bytes()[:20])


def unknown_format(file: Path) -> None:
    """As if another version had written it."""
    file.write_bytes(b'{"kind":"solutions","format":"text/none","rows":1}\nn')


@pytest.mark.parametrize("harm", [spoil, unknown_format, Path.unlink])
async def test_what_cannot_be_read_is_found_again(
    one: SharedResults, folder: Path, harm: Callable[[Path], None]
) -> None:
    await one.get_or_run(Question("x", CSV), slowly)
    (kept,) = [file for file in folder.iterdir() if not file.suffix]
    harm(kept)
    again = await one.get_or_run(Question("x", CSV), slowly)
    assert not again.shared
    assert again.body == b"n\r\n1\r\n"
    assert (await one.get_or_run(Question("x", CSV), slowly)).shared


async def test_a_folder_that_is_gone_stops_nobody(one: SharedResults, folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert (await one.get_or_run(Question("x", CSV), slowly)).body == b"n\r\n1\r\n"


async def test_a_folder_that_cannot_be_is_told_and_leaves_nothing(
    store: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    endpoint = local_executor(store, 1, QueryLimits(), tmp_path / "file" / "answers")
    with pytest.raises(ReleaseDamaged, match="answers"):
        await endpoint.open()
    assert endpoint.backend.pool.count_workers()["idle"] == 0


async def test_a_long_answer_is_not_kept(one: SharedResults) -> None:
    async def long(_: Question) -> Answer:
        time.sleep(2 * result_cache.COSTLY_SECONDS)
        return Answer("solutions", CSV, b"x" * (result_cache.MAX_RESULT_BYTES + 1))

    assert not (await one.get_or_run(Question("x", CSV), long)).shared
    assert not (await one.get_or_run(Question("x", CSV), long)).shared


async def test_the_oldest_make_room(
    one: SharedResults, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_cache, "MAX_RESULTS", 16)
    monkeypatch.setattr(result_cache, "CLEANUP_SHARE", 4)
    monkeypatch.setattr(result_cache, "COSTLY_SECONDS", 0.0)

    async def at_once(_: Question) -> Answer:
        return Answer("solutions", CSV, b"", rows=0)

    for number in range(40):
        await one.get_or_run(Question(str(number), CSV), at_once)
        time.sleep(0.005)
    assert sum(not file.suffix for file in folder.iterdir()) <= 16 + 16 // 4
    assert (await one.get_or_run(Question("39", CSV), at_once)).shared
    assert not (await one.get_or_run(Question("0", CSV), at_once)).shared
