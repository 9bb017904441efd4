"""What the tests of serving stand on: small real releases, the app over them, a real server."""

import os
import shutil
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

from api.app import create_app
from api.deps import AppConfig
from kg.mapping.provenance import describe_sources
from kg.mapping.rdf import add_triples
from kg.mapping.work import open_work
from kg.namespaces import GRAPH, ID
from kg.progress import silent
from kg.release import Release
from kg.releases.freeze import Contents, freeze
from kg.releases.identity import Identity
from kg.releases.seal import point
from kg.sources import discover
from kg.store.endpoint import Limits
from kg.tables import load

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MOVED = (f"{ID}organisation/old-labo", f"{ID}organisation/demo-labo")
GONE = (f"{ID}person/erased", "2026-01-01")

Opened = Callable[..., "asynccontextmanager[httpx.AsyncClient]"]


def freeze_small(releases: Path, name: str, more: str = "") -> Release:
    """A release of graph.trig, and of more TriG where given, which becomes current."""
    demo = discover(ROOT / "tests" / "installation" / "sources")
    db = open_work()
    describe_sources(db, demo, {})
    text = (HERE / "graph.trig").read_bytes() + more.encode()
    for quad in ox.parse(text, ox.RdfFormat.TRIG):
        graph = quad.graph_name
        assert isinstance(graph, ox.NamedNode)
        add_triples(db, graph.value.removeprefix(GRAPH), [quad.triple])
    contents = Contents(
        identity=Identity(name, {}, {}),
        sources=demo,
        tables=load(ROOT / "ontology" / "tables"),
        model=ROOT,
        licence="https://creativecommons.org/licenses/by/4.0/",
        summary=[],
        reports={},
        moved=[MOVED],
        gone=[GONE],
    )
    releases.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        return freeze(db, contents, releases, silent)


@pytest.fixture(scope="session")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two releases, the second current. Not to be changed."""
    data = tmp_path_factory.mktemp("frozen")
    second = "GRAPH <https://w3id.org/ess-kg/graph/other> { <urn:x:second> <urn:x:is> 'here' }"
    freeze_small(data / "releases", "release-1")
    freeze_small(data / "releases", "release-2", second)
    return data


@pytest.fixture
def data(frozen: Path, tmp_path: Path) -> Path:
    """A copy of that folder, with the first release current."""
    shutil.copytree(frozen, tmp_path / "data")
    point(tmp_path / "data" / "releases", Release(tmp_path / "data" / "releases" / "release-1"))
    return tmp_path / "data"


@asynccontextmanager
async def opened(config: AppConfig) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app that has started, without a network between them."""
    app = create_app(config)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            client.app = app  # type: ignore[attr-defined]
            yield client


@pytest.fixture
async def client(frozen: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app over the small release."""
    async with opened(AppConfig(frozen / "releases", Limits(seconds=5), query_workers=1)) as one:
        yield one


@pytest.fixture
def open_client() -> Callable[[AppConfig], object]:
    """Opens a client of an app with a configuration of one's own."""
    return opened


@pytest.fixture
def serve(data: Path) -> Iterator[Callable[..., str]]:
    """Starts a real server over a data folder; gives its address once it answers."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(workers: int = 1, folder: Path = data, **settings: object) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {name: text for name, text in os.environ.items() if name[:3] != "KG_"}
        environment |= {f"KG_{name.upper()}": str(value) for name, value in settings.items()}
        command = [sys.executable, "-m", "uvicorn", "api.asgi:app", "--log-level", "warning"]
        command += ["--port", str(port), "--workers", str(workers)]
        processes.append(
            subprocess.Popen(command, cwd=ROOT, env=environment | {"KG_DATA": str(folder)})
        )
        address = f"http://127.0.0.1:{port}"
        _wait_for(address)
        return address

    yield start
    for process in processes:
        process.terminate()
        process.wait(30)


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            httpx.get(f"{address}/health")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"no answer from {address}")
