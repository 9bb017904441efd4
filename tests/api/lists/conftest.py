"""A release of tests/catalogue/graph.trig and a client of the app over it."""

import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.dependencies import AppConfig
from kg.csvw_tables import load_tables
from kg.kinds import Text
from kg.mapping.provenance import describe_sources
from kg.mapping.rdf_mapping import load_rdf_files
from kg.mapping.work_database import open_work_database
from kg.progress import report_nothing
from kg.releases.freeze import ReleaseContents, freeze_release
from kg.releases.release_id import ReleaseIdentity
from kg.sources import Source, SourceText
from kg.sources.source_description import TextSection
from kg.sparql.backend import QueryLimits
from tests.catalogue.graphs import GONE, HERE, MOVED, ROOT, add_graph

ATTACK = "Autre <em>source</em>"
TEXT = SourceText(
    "alpha.txt", 600, "0" * 64, (TextSection(100, "Le cycle <b>"), TextSection(170, "Les lieux"))
)
"""The text of the source alpha; what stands before its first heading is in no section."""


def _source(name: str, title: str) -> Source:
    return Source(
        name, ROOT / "tests", Text(title, title), Text("Pour les tests.", "For the tests."),
        Text("ess-kg", "ess-kg"), "document", "fr", "https://example.org/licence", Text("", ""),
        "2026-01-15",
    )  # fmt: skip


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one release of tests/catalogue/graph.trig."""
    graph = (HERE / "graph.trig").read_bytes()
    return freeze_graph(tmp_path_factory.mktemp("shown") / "releases", graph)


def freeze_graph(folder: Path, graph: bytes) -> Path:
    """A folder with one release of a graph in TriG, made by freezing it as a build does."""
    folder.mkdir()
    sources = [
        replace(_source("alpha", "Le document alpha"), text=TEXT),
        _source("beta", ATTACK),
    ]
    sources.append(_source("terres", "Des terres"))
    db = open_work_database()
    load_rdf_files(db, "schemes", sorted((ROOT / "ontology" / "schemes").glob("*.ttl")))
    load_rdf_files(db, "ontology", sorted((ROOT / "ontology").glob("*.ttl")))
    describe_sources(db, sources, {})
    add_graph(db, graph)
    summary = [{"source": s.name, "read": 4, "accepted": 3, "refused": 1} for s in sources]
    contents = ReleaseContents(
        identity=ReleaseIdentity("release-1", {}, {}),
        sources=sources,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        tables=load_tables(ROOT / "ontology" / "tables"),
        model=ROOT,
        licence="https://creativecommons.org/licenses/by/4.0/",
        summary=summary,
        reports={f"index.{language}.html": b"<main>" for language in ("fr", "en")},
        moved=MOVED,
        withdrawn=GONE,
    )
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        freeze_release(db, contents, folder, report_nothing)
    return folder


@pytest.fixture(scope="module")
async def client(releases: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app over that release, without a network between them."""
    async with client_of(releases) as one:
        yield one


@asynccontextmanager
async def client_of(releases: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app over a folder of releases."""
    app = create_app(AppConfig(releases, QueryLimits(seconds=5), query_workers=1))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as one:
            yield one
