"""What the tests of serving stand on: small real releases, the app over them, a real server."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.dependencies import AppConfig
from kg.csvw_tables import load_tables
from kg.mapping.provenance import describe_sources
from kg.mapping.rdf_mapping import load_rdf_files
from kg.mapping.work_database import open_work_database
from kg.namespaces import ID
from kg.progress import report_nothing
from kg.release_layout import Release
from kg.releases.atomic_publish import set_current
from kg.releases.freeze import ReleaseContents, freeze_release
from kg.releases.release_id import ReleaseIdentity
from kg.sources import discover_sources
from kg.sparql.backend import QueryLimits
from tests.catalogue.graphs import add_graph

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MOVED = (f"{ID}organisation/old-labo", f"{ID}organisation/demo-labo")
GONE = (f"{ID}person/erased", "2026-01-01")

PAGE = "<!doctype html><html><head><style>main {{ color: #111 }}</style></head><main>{}</main>"
REPORTS = {
    "index.fr.html": PAGE.format("Rapports des sources").encode(),
    "index.en.html": PAGE.format("Reports on the sources").encode(),
    "summary.json": b'{"sources": [{"name": "demo"}]}',
    "demo/index.fr.html": PAGE.format("Rapport de contrôle").encode(),
    "demo/index.en.html": PAGE.format("Report").encode(),
    "demo/findings.csv": b"source;file;row\ndemo;people.csv;3\n",
    "demo/problems.json": b'{"problems": []}',
    "demo/report.ttl": b"[] a <http://www.w3.org/ns/shacl#ValidationReport> .\n",
}

Opened = Callable[..., "asynccontextmanager[httpx.AsyncClient]"]


def freeze_small(releases: Path, name: str, more: str = "", *, lists: bool = False) -> Release:
    """A release of graph.trig, of more TriG where given, of the code lists; it becomes current."""
    demo = discover_sources(ROOT / "tests" / "installation" / "sources")
    db = open_work_database()
    describe_sources(db, demo, {})
    text = (HERE / "graph.trig").read_bytes() + more.encode()
    add_graph(db, text)
    if lists:
        load_rdf_files(db, "schemes", sorted((ROOT / "ontology" / "schemes").glob("*.ttl")))
    contents = ReleaseContents(
        identity=ReleaseIdentity(name, {}, {}),
        sources=demo,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        tables=load_tables(ROOT / "ontology" / "tables"),
        model=ROOT,
        licence="https://creativecommons.org/licenses/by/4.0/",
        summary=[],
        reports=REPORTS,
        moved=[MOVED],
        withdrawn=[GONE],
    )
    releases.mkdir(parents=True, exist_ok=True)
    release = freeze_release(db, contents, releases, report_nothing)
    db.close()
    return release


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
    set_current(
        tmp_path / "data" / "releases", Release(tmp_path / "data" / "releases" / "release-1")
    )
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


@pytest.fixture(scope="module")
async def client(frozen: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app over the small release."""
    async with opened(
        AppConfig(frozen / "releases", QueryLimits(seconds=5), query_workers=1)
    ) as one:
        yield one


@pytest.fixture
def open_client() -> Callable[[AppConfig], object]:
    """Opens a client of an app with a configuration of one's own."""
    return opened


@pytest.fixture
def serve(data: Path, start_server: Callable[..., str]) -> Callable[..., str]:
    """Starts a real server over a data folder; gives its address once it answers."""

    def start(workers: int = 1, folder: Path = data, **settings: object) -> str:
        return start_server(folder, workers, **settings)

    return start


@pytest.fixture(scope="session")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of releases whose current one has the code lists, as every real one."""
    releases = tmp_path_factory.mktemp("listed") / "releases"
    freeze_small(releases, "release-2", lists=True)
    return releases
