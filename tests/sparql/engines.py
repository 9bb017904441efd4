"""The engines that the conformance tests run on, each started for real and given one release."""

import gzip
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

from kg.progress import report_nothing
from kg.release_layout import Release
from kg.releases.publish_remote import publish_release
from kg.sparql.remote.config import RemoteConfig

INI = """\
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
[TempDatabase]
DatabaseFile = temp.db
TransactionFile = temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
ServerThreads = 20
CheckpointInterval = 0
NumberOfBuffers = 4000
MaxDirtyBuffers = 3000
MaxQueryMem = 100M
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 10
MaxKeepAlives = 10
KeepAliveTimeout = 10
[SPARQL]
ResultSetMaxRows = 20000
"""
WITHOUT_VIRTUOSO = (
    "Virtuoso is not installed (Debian's package virtuoso-opensource, which pip cannot install)"
)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def small_release(folder: Path, quads: str) -> Release:
    """A release folder with what a service is published from: its quads and its manifest."""
    release = Release(folder)
    release.dumps.mkdir(parents=True)
    with gzip.open(release.dumps / "ess-kg.nq.gz", "wb") as file:
        file.write(quads.encode())
    store = ox.Store(str(release.store))
    store.bulk_load(quads.encode(), ox.RdfFormat.N_QUADS, lenient=True)
    lines = [line.rpartition(" <") for line in quads.splitlines()]
    triples = "".join(sorted({f"{triple} .\n" for triple, _, _ in lines}))
    store.bulk_load(triples.encode(), ox.RdfFormat.N_TRIPLES, lenient=True)
    store.flush()
    graphs = [graph.removesuffix("> .") for _, _, graph in lines]
    manifest = {
        "id": release.id,
        "created": "2026-01-01T00:00:00+00:00",
        "graphs": {graph: graphs.count(graph) for graph in sorted(set(graphs))},
        "triples": triples.count("\n"),
        "dumps": [{"name": "ess-kg.nq.gz", "format": "N-Quads"}],
    }
    release.manifest_file.write_text(json.dumps(manifest), "utf-8")
    return release


@contextmanager
def oxigraph() -> Iterator[RemoteConfig]:
    """Oxigraph's server, in memory."""
    address = f"127.0.0.1:{free_port()}"
    program = str(Path(sys.executable).with_name("oxigraph"))
    command = [program, "serve", "--bind", address, "--timeout-s", "10"]
    with _running(command, f"http://{address}/query?query=ASK%7B%7D", None):
        yield RemoteConfig(f"http://{address}/query", f"http://{address}/store", max_concurrent=4)


@contextmanager
def virtuoso(folder: Path) -> Iterator[RemoteConfig]:
    """Virtuoso, with little memory, in a folder of its own."""
    if not shutil.which("virtuoso-t"):
        pytest.skip(WITHOUT_VIRTUOSO)
    http = free_port()
    (folder / "virtuoso.ini").write_text(INI.format(sql=free_port(), http=http), "utf-8")
    command = ["virtuoso-t", "+foreground", "+configfile", "virtuoso.ini"]
    address = f"http://127.0.0.1:{http}/sparql"
    with _running(command, f"{address}?query=ASK%7B%7D", folder):
        yield RemoteConfig(
            f"{address}-auth",  # who asks is told by Digest
            f"{address}-graph-crud-auth",
            "dba",
            "dba",
            parameters=(("timeout", "2000"),),
            max_concurrent=4,
        )


@contextmanager
def _running(command: list[str], probe: str, folder: Path | None) -> Iterator[None]:
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            if process.poll() is None and _answers(probe):
                break
            time.sleep(0.05)
        else:
            raise TimeoutError(f"{command[0]} does not answer")
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5).is_success
    except httpx.TransportError:
        return False


def given(service: RemoteConfig, release: Release) -> RemoteConfig:
    """The service once it holds the release."""
    publish_release(release, service, report_nothing, wait=lambda _: None)
    return service
