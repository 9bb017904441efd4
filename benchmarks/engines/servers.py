"""The SPARQL servers that are put beside ours, each over the triples of one release.

Those built on Oxigraph open the store of the release as it is; Virtuoso loads its triples.
"""

import gzip
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from serve import data_folder

ROOT: Final = Path(__file__).resolve().parents[2]
GRAPH: Final = "https://w3id.org/ess-kg/graph/all"
PATIENCE: Final = 3600.0
SETTLING: Final = 2.0
"""Seconds after the first good answer of a server in which its other processes start as well."""
VIRTUOSO: Final = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/temp.db
TransactionFile = {folder}/temp.trx
[Parameters]
ServerPort = {sql}
DisableUnixSocket = 1
ServerThreads = 40
CheckpointInterval = 0
DirsAllowed = {folder}
NumberOfBuffers = 340000
MaxDirtyBuffers = 250000
[HTTPServer]
ServerPort = {http}
ServerRoot = {folder}
ServerThreads = 16
MaxKeepAlives = 100
KeepAliveTimeout = 30
[SPARQL]
ResultSetMaxRows = 2000000
DefaultGraph = {graph}
"""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(
    command: list[str], probe: str, environment: dict[str, str] | None = None, folder: Path = ROOT
) -> Iterator[None]:
    """A server, from its first good answer to `probe` until it is no longer needed."""
    process = subprocess.Popen(
        command, cwd=folder, start_new_session=True,
        env={n: v for n, v in os.environ.items() if n[:3] != "KG_"} | (environment or {}),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        start = time.perf_counter()
        while not _answers(probe):
            if process.poll() is not None or time.perf_counter() - start > PATIENCE:
                raise SystemExit(f"{command[0]} does not answer")
            time.sleep(0.1)
        time.sleep(SETTLING)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5).is_success
    except httpx.TransportError:
        return False


@contextmanager
def ess_kg(release: Path, checkout: Path = ROOT) -> Iterator[str]:
    """Ours as `ess-kg serve` starts it, every limit in force; or that of another checkout."""
    python = sys.executable if checkout == ROOT else str((checkout / ".venv/bin/python").absolute())
    with data_folder(release) as folder:
        port = free_port()
        command = [python, "-m", "kg.cli", "serve", "--port", str(port)]
        address = f"http://127.0.0.1:{port}"
        environment = {"KG_DATA": str(folder)}
        with running(command, f"{address}/health", environment, checkout):
            yield f"{address}/sparql"


@contextmanager
def oxigraph(release: Path) -> Iterator[str]:
    """Oxigraph's own server, in Rust, without a limit."""
    port = free_port()
    program = str(Path(sys.executable).with_name("oxigraph"))
    command = [program, "serve-read-only", "-l", str(release / "store"), "-b", f"127.0.0.1:{port}"]
    address = f"http://127.0.0.1:{port}/query"
    with running(command, f"{address}?query=ASK%7B%7D"):
        yield address


@contextmanager
def rdflib_endpoint(release: Path) -> Iterator[str]:
    """rdflib-endpoint over oxrdflib, with as many processes as there are cores."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.engines.with_rdflib_endpoint:app"]
    command += ["--port", str(port), "--workers", str(os.cpu_count()), "--log-level", "error"]
    address = f"http://127.0.0.1:{port}/"
    probe = f"{address}?query=ASK%7B%7D"
    with running(command, probe, {"STORE": str(release / "store")}):
        yield address


@contextmanager
def virtuoso(release: Path) -> Iterator[str]:
    """Virtuoso from Debian, the triples in one graph."""
    with tempfile.TemporaryDirectory(prefix="ess-kg-virtuoso-") as name:
        folder, sql, http = Path(name), free_port(), free_port()
        _triples(release, folder / "graph.nt")
        settings = VIRTUOSO.format(folder=folder, sql=sql, http=http, graph=GRAPH)
        (folder / "virtuoso.ini").write_text(settings, "utf-8")
        command = ["virtuoso-t", "+foreground", "+configfile", str(folder / "virtuoso.ini")]
        address = f"http://127.0.0.1:{http}/sparql"
        with running(command, f"{address}?query=ASK%7B%7D"):
            _isql(sql, f"ld_dir('{folder}', 'graph.nt', '{GRAPH}');")
            loaders = [_loader(sql) for _ in range(os.cpu_count() or 1)]
            for loader in loaders:
                loader.wait()
            _isql(sql, "checkpoint;")
            (folder / "graph.nt").unlink()
            yield address


def _triples(release: Path, path: Path) -> None:
    """The triples of a release, written line by line from its quads."""
    with gzip.open(release / "dumps" / "ess-kg.nq.gz") as quads, path.open("wb") as triples:
        for line in quads:
            triples.write(line.rpartition(b" <")[0] + b" .\n")


def _isql(port: int, command: str) -> None:
    subprocess.run(
        ["isql-vt", str(port), "dba", "dba", f"exec={command}"], check=True, capture_output=True
    )


def _loader(port: int) -> "subprocess.Popen[bytes]":
    command = ["isql-vt", str(port), "dba", "dba", "exec=rdf_loader_run();"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


SERVERS: Final = {
    "ess-kg": ess_kg,
    "rdflib-endpoint": rdflib_endpoint,
    "Oxigraph": oxigraph,
    "Virtuoso": virtuoso,
}


def missing(name: str) -> str:
    """What is to be installed before a server can be started; empty where nothing is."""
    if name == "Virtuoso" and not (shutil.which("virtuoso-t") and shutil.which("isql-vt")):
        return "Debian's package virtuoso-opensource"
    if name == "Oxigraph" and not Path(sys.executable).with_name("oxigraph").is_file():
        return "the optional dependencies `bench`"
    if name == "rdflib-endpoint":
        from importlib.util import find_spec

        return "" if find_spec("rdflib_endpoint") else "the optional dependencies `bench`"
    return ""
