"""What a job may not do, tried by one that tries; and what is left of it, which is nothing."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kg.errors import JobError, JobOverload, JobTimeout, JobTooLarge, SourceError
from kg.sandbox import job_folder
from kg.sandbox.job_process import Job
from kg.sandbox.job_queue import JobQueue
from kg.sandbox.limits import MEGABYTE, JobLimits

LIMITS = JobLimits(seconds=20, memory=512 * MEGABYTE, disk=20 * MEGABYTE, files=40)


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "programs"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
async def desk() -> AsyncIterator[JobQueue]:
    async with opened(LIMITS) as one:
        yield one


class opened:  # noqa: N801
    def __init__(self, limits: JobLimits) -> None:
        self.desk = JobQueue("trespasser", limits)

    async def __aenter__(self) -> JobQueue:
        await self.desk.open()
        return self.desk

    async def __aexit__(self, *_: object) -> None:
        await self.desk.close()


async def done(desk: JobQueue, read: tuple[Path, ...] = (), **content: Any) -> Any:
    with desk.admit() as own:
        return await desk.run(Job(content, own, read))


def left(tmp_path: Path) -> list[str]:
    return [path.name for path in tmp_path.glob("ess-kg-*")]


def of_jobs() -> set[int]:
    """The processes of jobs that run under this one."""
    told = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    lines = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in told}
    return {pid for pid, line in lines.items() if b"trespasser" in line}


@pytest.mark.skipif(sys.platform != "linux", reason="Linux keeps these promises")
async def test_a_job_reaches_nothing_but_its_own_folder(
    desk: JobQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "told to nobody")
    outside, granted = tmp_path / "outside", tmp_path / "granted"
    outside.write_text("of somebody else")
    granted.write_text("of the release")
    with socket.create_server(("127.0.0.1", 0)) as server:
        told = await done(
            desk, (granted,), do="trespass", port=server.getsockname()[1],
            outside=str(outside), granted=str(granted),
        )  # fmt: skip
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()
    for what in ("connect", "connect in a thread", "run", "fork", "fork in a thread"):
        assert told[what] == "PermissionError", what
    for what in ("read", "write", "write what is granted"):
        assert told[what] == "PermissionError", what
    assert told["read what is granted"] == "did: of the release"
    assert told["write at home"] == "did: 4"
    assert told["environment"] == ""
    assert told["niceness"] == str(LIMITS.niceness)
    assert told["home"].startswith(str(tmp_path))
    assert not (tmp_path / "new").exists()
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("job", "error", "words"),
    [
        ({"do": "memory", "megabytes": 2000}, JobTooLarge, "more than 512 MB"),
        ({"do": "engine"}, JobTooLarge, "more than 512 MB"),
        ({"do": "die"}, JobTooLarge, "more than 512 MB"),
        ({"do": "write", "files": 3, "megabytes": 10}, JobTooLarge, "writes more than 20 MB"),
        ({"do": "write", "files": 60, "megabytes": 0}, JobTooLarge, "writes more than 20 MB"),
        ({"do": "one file", "megabytes": 30}, JobTooLarge, "writes more than 20 MB"),
        ({"do": "refuse"}, SourceError, "no table"),
        ({"do": "fail"}, JobError, "ZeroDivisionError"),
    ],
)
async def test_a_job_that_goes_wrong_says_how(
    desk: JobQueue, job: dict[str, Any], error: type[Exception], words: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=words):
        await done(desk, **job)
    assert left(tmp_path) == []


async def test_a_job_ends_in_time_with_its_process() -> None:
    async with opened(JobLimits(seconds=1)) as desk:
        desk.prestart()
        await asyncio.sleep(0.5)
        start = time.perf_counter()
        with pytest.raises(JobTimeout, match="within 1 seconds"):
            await done(desk, do="sleep", seconds=60)
        assert time.perf_counter() - start < 3
    assert of_jobs() == set()


@pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(), reason="this system does not count waiting"
)
async def test_a_job_that_gets_no_processor_is_not_at_fault() -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    hog = [sys.executable, "-c", "while True: pass"]
    hogs = [subprocess.Popen(hog) for _ in range(3)]
    try:
        async with opened(JobLimits(seconds=4)) as desk:
            with pytest.raises(JobOverload, match="the file is not the cause"):
                await done(desk, do="spin", seconds=60)
    finally:
        os.sched_setaffinity(0, before)
        for process in hogs:
            process.kill()
            process.wait()


async def test_a_job_that_nobody_waits_for_is_ended(desk: JobQueue, tmp_path: Path) -> None:
    running = asyncio.create_task(done(desk, do="sleep", seconds=60))
    while not (found := of_jobs()):
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not found & of_jobs()
    assert left(tmp_path) == []


async def test_too_many_jobs_are_told_to_come_back(tmp_path: Path) -> None:
    async with opened(JobLimits(seconds=20, max_concurrent=1, queue=1)) as desk:
        with desk.admit(), desk.admit():
            assert desk.count_jobs()["under_way"] == 2
            with pytest.raises(JobOverload), desk.admit():
                pass
        with desk.admit():
            pass
    assert left(tmp_path) == []


async def test_jobs_take_turns() -> None:
    async with opened(JobLimits(seconds=20, max_concurrent=1, queue=3)) as desk:
        start = time.perf_counter()
        await asyncio.gather(*(done(desk, do="sleep", seconds=0.3) for _ in range(3)))
        assert time.perf_counter() - start > 0.9


@pytest.mark.parametrize("prefix", [job_folder.JOB_FOLDER_PREFIX, job_folder.CACHE_FOLDER_PREFIX])
def test_what_a_killed_owner_leaves_is_swept(tmp_path: Path, prefix: str) -> None:
    program = (
        "import os, sys, tempfile; tempfile.tempdir = sys.argv[1]\n"
        "from kg.sandbox.job_folder import create_private_folder\n"
        "with create_private_folder(sys.argv[2]) as own: (own / 'file').write_text('x'); "
        "os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path), prefix], timeout=30)
    assert ended.returncode == -9
    (name,) = left(tmp_path)
    assert job_folder.remove_abandoned_folders() == 0  # young: its owner may not have locked it yet
    with job_folder.create_private_folder() as living:
        for path in (tmp_path / name, living):
            os.utime(path, (0, 0))
        assert job_folder.remove_abandoned_folders() == 1
        assert left(tmp_path) == [living.name]
    shutil.rmtree(tmp_path / name, ignore_errors=True)
    assert left(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="Linux keeps these promises")
async def test_a_package_is_read_wherever_it_is_installed_from(
    desk: JobQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that is installed to be edited: on no path, found by a finder of its installer."""
    project = Path(__file__).parents[2]
    monkeypatch.chdir(tmp_path)
    paths = [path for path in sys.path if path and Path(path).resolve() != project]
    monkeypatch.setattr(sys, "path", paths)
    told = await done(desk, do="read its own files")
    assert {Path(name).suffix for name in told["files"]} >= {".py", ".rq", ".html"}
    assert set(told["files"].values()) == {"did: True"}
