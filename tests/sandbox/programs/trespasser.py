"""A job that does what it is told, however forbidden."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb

import kg
from kg.errors import SourceError
from kg.sandbox.job_runner import serve_one_job

KINDS = (".py", ".rq", ".html")


def attempt(action: Callable[[], object]) -> str:
    try:
        return f"did: {action()}"
    except OSError as error:
        return type(error).__name__


def forked() -> int:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)[1]


def in_thread(action: Callable[[], object]) -> str:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(attempt(action)))
    thread.start()
    thread.join()
    return found[0]


def connect(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


def trespass(job: Mapping[str, Any]) -> dict[str, str]:
    port, outside = job["port"], Path(job["outside"])
    db = duckdb.connect()  # its threads exist from here on
    db.execute("SELECT count(*) FROM range(1000000)").fetchall()
    db.close()
    return {
        "connect": attempt(lambda: connect(port)),
        "connect in a thread": in_thread(lambda: connect(port)),
        "run": attempt(lambda: subprocess.run([sys.executable, "-V"], check=True)),
        "fork": attempt(forked),
        "fork in a thread": in_thread(forked),
        "read": attempt(outside.read_text),
        "write": attempt(lambda: outside.with_name("new").write_text("here")),
        "read what is granted": attempt(Path(job["granted"]).read_text),
        "write what is granted": attempt(lambda: Path(job["granted"]).write_text("changed")),
        "write at home": attempt(lambda: Path("mine").write_text("here")),
        "environment": ",".join(sorted(name for name in os.environ if name.startswith("SECRET"))),
        "niceness": str(os.nice(0)),
        "home": str(Path.cwd()),
    }


def fill(megabytes: int) -> dict[str, int]:
    held = [bytearray(1024 * 1024) for _ in range(megabytes)]
    return {"held": len(held)}


def fill_engine() -> dict[str, int]:
    with duckdb.connect() as db:
        db.execute("SET memory_limit = '64GB'")
        db.execute(
            "CREATE TABLE t AS SELECT repeat('x', 1000) || i AS s FROM range(100000000) r(i)"
        )
    return {}


def write(files: int, megabytes: int) -> dict[str, int]:
    for number in range(files):
        with Path(f"f{number}").open("wb") as file:
            for _ in range(megabytes):
                file.write(os.urandom(1024 * 1024))
    time.sleep(30)
    return {}


def spin(seconds: float) -> dict[str, Any]:
    """Works for some seconds of processor, however long that takes."""
    while time.process_time() < seconds:
        pass
    return {}


def refuse() -> dict[str, int]:
    raise SourceError("this is no table", "ceci n'est pas un tableau")


def read_its_own_files() -> dict[str, dict[str, str]]:
    """What this project consists of, file by file."""
    files = [path for path in Path(kg.__path__[0]).rglob("*") if path.suffix in KINDS]
    return {"files": {str(path): attempt(lambda p=path: bool(p.read_bytes())) for path in files}}


def work(job: Mapping[str, Any]) -> Mapping[str, Any]:
    actions: dict[str, Callable[[], Mapping[str, Any]]] = {
        "trespass": lambda: trespass(job),
        "memory": lambda: fill(job["megabytes"]),
        "engine": fill_engine,
        "write": lambda: write(job["files"], job["megabytes"]),
        "one file": lambda: write(1, job["megabytes"]),
        "spin": lambda: spin(job["seconds"]),
        "sleep": lambda: {"slept": time.sleep(job["seconds"])},
        "refuse": refuse,
        "read its own files": read_its_own_files,
        "fail": lambda: {"never": 1 // 0},
        "die": lambda: os.abort(),
    }
    return actions[job["do"]]()


if __name__ == "__main__":
    serve_one_job(work)
