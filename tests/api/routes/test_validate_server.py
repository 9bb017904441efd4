"""A check on a real server: clients that leave, processes that are killed, and what stays of it."""

import http.client
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from kg.sandbox.job_folder import JOB_FOLDER_PREFIX, WORK_FOLDER
from tests.api.conftest import freeze_small
from tests.api.server.test_server import processes

ROWS = 40_000
LIGHT = {"query": "ASK { ?s ?p ?o }"}


@pytest.fixture(scope="module")
def long() -> bytes:
    """A file whose check takes some seconds."""
    rows = (f"x-{n},Organisation {n},no-such-kind\n" for n in range(ROWS))
    return ("id,label_fr,kind\n" + "".join(rows)).encode()


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that servers take for temporary files."""
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def start(
    temporary: Path, tmp_path_factory: pytest.TempPathFactory, start_server: Callable[..., str]
) -> Callable[[], str]:
    """Starts a server; what it serves is made once."""
    data = tmp_path_factory.mktemp("data")
    freeze_small(data / "releases", "release-1")
    return lambda: start_server(data, 1)


def send(address: str, body: bytes, part: int | None = None) -> socket.socket:
    """A request on its way, or a part of it; the answer is not waited for."""
    place = urlsplit(address)
    line = socket.create_connection((place.hostname, place.port), timeout=60)
    head = "POST /validate?name=organisations.csv HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
    line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:part])
    return line


def folders(temporary: Path) -> list[Path]:
    return list(temporary.glob(f"{JOB_FOLDER_PREFIX}*"))


def until(there: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def of_server(address: str) -> int:
    """The number of the process of a server."""
    return next(p[0] for p in processes() if f"--port {urlsplit(address).port}" in p[2])


def at_work(address: str, temporary: Path) -> set[int]:
    """The processes that wait for a check or do one, once a check has begun."""
    until(lambda: [path for path in folders(temporary) if (path / WORK_FOLDER).is_dir()])
    server = of_server(address)
    return {p[0] for p in processes() if p[1] == server and "kg.dry_run.check_job" in p[2]}


def test_nothing_stays_of_a_check_that_is_broken_off(
    start: Callable[[], str], temporary: Path, long: bytes
) -> None:
    address = start()
    half = send(address, long, len(long) // 2)
    until(lambda: folders(temporary))
    half.close()
    until(lambda: not folders(temporary), 5)
    line = send(address, long)
    workers = at_work(address, temporary)
    begun = time.perf_counter()
    assert httpx.get(f"{address}/sparql", params=LIGHT).status_code == 200
    assert time.perf_counter() - begun < 2
    line.close()
    until(lambda: not folders(temporary), 5)
    until(lambda: not workers & {p[0] for p in processes()} or waits(address), 5)
    _killed_worker(address, temporary, long)
    _killed_server(address, temporary, long)
    assert len(folders(temporary)) == 1
    for path in folders(temporary):
        os.utime(path, (0, 0))
    again = start()
    until(lambda: not folders(temporary), 5)
    assert httpx.get(f"{again}/health").json()["checks"]["under_way"] == 0


def waits(address: str) -> bool:
    return bool(httpx.get(f"{address}/health").json()["checks"] == {"under_way": 0, "spare": 1})


def _killed_worker(address: str, temporary: Path, body: bytes) -> None:
    answers: list[int] = []
    line = send(address, body)

    def listen() -> None:
        answer = http.client.HTTPResponse(line)
        answer.begin()
        answers.append(answer.status)
        answer.read()

    listening = threading.Thread(target=listen)
    listening.start()
    for worker in at_work(address, temporary):
        os.kill(worker, signal.SIGKILL)
    listening.join(20)
    line.close()
    assert answers == [422]
    until(lambda: not folders(temporary), 5)
    assert httpx.get(f"{address}/health").status_code == 200


def _killed_server(address: str, temporary: Path, body: bytes) -> None:
    line = send(address, body)
    workers = at_work(address, temporary)
    os.kill(of_server(address), signal.SIGKILL)
    until(lambda: not workers & {p[0] for p in processes()}, 5)
    line.close()


@pytest.mark.parametrize("form", ["html", "json", "csv", "ttl", "txt"])
def test_an_installed_server_reports_in_every_format(start: Callable[[], str], form: str) -> None:
    body = b"id,label_fr,kind\nx-1,Une organisation,no-such-kind\n"
    found = httpx.post(
        f"{start()}/validate",
        params={"name": "organisations.csv", "format": form},
        content=body,
        headers={"Content-Type": "text/csv"},
        timeout=60,
    )
    assert (found.status_code, "no-such-kind" in found.text) == (200, True)
