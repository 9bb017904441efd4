"""A server that is killed takes its processes along, and one that cannot serve says why."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT, wait_for

LINE = re.compile(
    r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ERROR api\.serving\.served_releases \[\d+\] "
    r"a release was not taken into service reason=\".*release-1 is damaged: store/.*\"$",
    re.MULTILINE,
)


@contextmanager
def serving(data: Path, log: Path, workers: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: text for name, text in os.environ.items() if name[:3] != "KG_"}
    environment |= {"KG_DATA": str(data), "KG_QUERY_WORKERS": "1", "TMPDIR": str(log.parent)}
    command = [sys.executable, "-m", "kg.cli", "serve", "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--workers", str(workers)],
            cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=file,
        )  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{port}")
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *children(child)]
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="what Linux promises")
def test_processes_end_with_the_one_that_started_them(data: Path, tmp_path: Path) -> None:
    with serving(data, tmp_path / "log", 2) as (process, address):
        assert httpx.get(f"{address}/health", timeout=30).status_code == 200
        started = children(process.pid)
        assert len(started) >= 2
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        deadline = time.monotonic() + 60
        while any(map(alive, started)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not [pid for pid in started if alive(pid)]
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{address}/health", timeout=5)


def test_why_nothing_is_served_is_in_the_answer_and_in_the_log(data: Path, tmp_path: Path) -> None:
    store = data / "releases" / "release-1" / "store"
    largest = max(store.iterdir(), key=lambda file: file.stat().st_size)
    os.truncate(largest, 10)
    with serving(data, tmp_path / "log", 1) as (_, address):
        answer = httpx.get(f"{address}/health", timeout=30)
        assert answer.status_code == 503
        assert "release-1 is damaged" in answer.json()["detail"]
    assert LINE.search((tmp_path / "log").read_text())
