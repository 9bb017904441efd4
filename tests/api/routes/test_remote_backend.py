"""The whole API over an engine elsewhere: Oxigraph's server, given releases while it is asked."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from typer.testing import CliRunner

from api.app import create_app
from api.dependencies import AppConfig
from api.serving import served_releases
from kg.cli.main import app as command
from kg.errors import PublishError
from kg.progress import report_nothing
from kg.release_layout import Release
from kg.releases import publish_remote as publishing
from kg.releases.atomic_publish import set_current
from kg.releases.publish_remote import publish_release, write_bulk_load_file
from kg.sparql.backend import QueryLimits
from kg.sparql.remote import backend
from kg.sparql.remote.config import RELEASE_MARK_GRAPH, UNION_GRAPH, RemoteConfig
from tests.sparql import engines

SECOND = {"query": "ASK { <urn:x:second> ?p ?o }"}
ORGANISATION = "/organisation/demo-labo"


@pytest.fixture(scope="module")
def service() -> Iterator[RemoteConfig]:
    with engines.oxigraph() as one:
        yield one


@pytest.fixture(autouse=True)
def no_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else asks these engines, what they hold is looked at each time, and a release
    that could not be opened is tried again only where a test says so."""
    monkeypatch.setattr(publishing, "MARK_NOTICE_SECONDS", 0.0)
    monkeypatch.setattr(backend, "RELEASE_CHECK_SECONDS", 0.0)
    monkeypatch.setattr(served_releases, "RETRY_SECONDS", 3600.0)


def config(data: Path, service: RemoteConfig) -> AppConfig:
    return AppConfig(data / "releases", QueryLimits(seconds=5), remote_service=service)


def served(data: Path, name: str) -> Release:
    release = Release(data / "releases" / name)
    set_current(data / "releases", release)
    return release


async def test_a_release_is_served_once_the_engine_has_it(
    data: Path, service: RemoteConfig
) -> None:
    app = create_app(config(data, service))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get("/health")).status_code == 503

            first = served(data, "release-1")
            assert not publish_release(first, service, report_nothing).was_present
            assert publish_release(first, service, report_nothing).was_present
            app.state.current._retry_at = 0.0  # the time of the next attempt
            await app.state.current.reload_if_changed()
            state = (await client.get("/health")).json()
            assert (state["status"], state["release"]) == ("ok", "release-1")
            assert state["queries"] == {"under_way": 0, "waiting": 0, "engine": "ok"}
            found = await client.get("/sparql", params=SECOND)
            assert (found.json()["boolean"], found.headers["X-Release"]) == (False, "release-1")
            answer = await client.get(ORGANISATION, headers={"Accept": "application/n-triples"})
            assert answer.status_code == 200
            assert f"<https://w3id.org/ess-kg/id{ORGANISATION}>" in answer.text
            bad = await client.get("/sparql", params={"query": "SELECT * {"})
            assert (bad.status_code, bad.headers["Content-Type"]) == (
                400,
                "application/problem+json",
            )
            assert "line 1, column" in bad.json()["detail"]

            second = served(data, "release-2")
            await app.state.current.reload_if_changed()  # the engine does not have it
            assert (await client.get("/health")).json()["release"] == "release-1"
            publish_release(second, service, report_nothing)
            state = (await client.get("/health")).json()
            assert (state["status"], state["release"]) == ("degraded", "release-1")
            replaced = await client.post("/sparql", data=SECOND)
            assert replaced.status_code == 503
            assert "does not hold release release-1" in replaced.json()["detail"]
            app.state.current._retry_at = 0.0
            await app.state.current.reload_if_changed()
            found = await client.get("/sparql", params=SECOND)
            assert (found.json()["boolean"], found.headers["X-Release"]) == (True, "release-2")


async def test_an_engine_that_is_gone(data: Path) -> None:
    with engines.oxigraph() as one:
        publish_release(served(data, "release-1"), one, report_nothing)
        app = create_app(config(data, one))
        context = app.router.lifespan_context(app)
        await context.__aenter__()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/sparql", params=SECOND)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (
            503,
            "engine-unavailable",
        )
        assert answer.headers["Retry-After"] == "10"
        assert (await client.get("/health")).json()["status"] == "degraded"
        assert (await client.get("/organisation")).status_code == 200
    await context.__aexit__(None, None, None)


def test_publishing_that_breaks_off_leaves_no_mark_and_is_mended(
    data: Path, service: RemoteConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = Release(data / "releases" / "release-1")
    publish_release(release, service, report_nothing)
    broken = replace(service, graph_store_address=service.query_address)
    with pytest.raises(PublishError, match="run `ess-kg publish` again"):
        publish_release(release, broken, report_nothing, force=True)
    with monkeypatch.context() as patched:
        patched.setattr(publishing, "_iter_chunks", lambda _: iter(()))
        with pytest.raises(PublishError, match="does not hold what was sent"):
            publish_release(release, service, report_nothing, force=True)
    assert f"<{UNION_GRAPH}> <http://purl.org/dc/terms/identifier>" not in _graph(
        service, RELEASE_MARK_GRAPH
    )
    assert not publish_release(release, service, report_nothing).was_present
    assert '"release-1"' in _graph(service, RELEASE_MARK_GRAPH)


def _graph(service: RemoteConfig, graph: str) -> str:
    headers = {"Accept": "application/n-triples"}
    return httpx.get(service.graph_store_address, params={"graph": graph}, headers=headers).text


def test_the_command(data: Path, service: RemoteConfig, tmp_path: Path) -> None:
    environment = {"KG_DATA": str(data)}
    file = tmp_path / "all.nq.gz"
    ran = CliRunner().invoke(command, ["publish", "--to-file", str(file)], env=environment)
    assert ran.exit_code == 0, ran.output
    missing = CliRunner().invoke(command, ["publish"], env=environment)
    assert "KG_SPARQL_ENDPOINT is not set" in str(missing.exception)
    environment |= {
        "KG_SPARQL_ENDPOINT": service.query_address,
        "KG_SPARQL_GRAPH_STORE": service.graph_store_address,
    }
    ran = CliRunner().invoke(command, ["publish", "--force"], env=environment)
    assert ran.exit_code == 0, ran.output
    ran = CliRunner().invoke(command, ["publish"], env=environment)
    assert "holds release release-1 already" in " ".join(ran.output.split())


def test_the_file_holds_what_publishing_sends(
    data: Path, service: RemoteConfig, tmp_path: Path
) -> None:
    release = Release(data / "releases" / "release-1")
    publish_release(release, service, report_nothing, force=True)
    write_bulk_load_file(release, tmp_path / "all.nq")
    loaded, sent = ox.Store(), ox.Store()
    loaded.bulk_load(path=str(tmp_path / "all.nq"), format=ox.RdfFormat.N_QUADS)
    everything = httpx.get(
        service.graph_store_address, headers={"Accept": "application/n-quads"}
    ).text
    sent.load(everything, ox.RdfFormat.N_QUADS)
    assert json.dumps(sorted(map(str, loaded))) == json.dumps(sorted(map(str, sent)))


def test_a_server_told_so_by_its_settings(
    data: Path, service: RemoteConfig, start_server: Callable[..., str]
) -> None:
    publish_release(served(data, "release-2"), service, report_nothing, force=True)
    address = start_server(data, sparql_endpoint=service.query_address, sparql_at_once=2)
    assert httpx.get(f"{address}/health").json()["queries"]["engine"] == "ok"
    assert httpx.get(f"{address}/sparql", params=SECOND).json()["boolean"] is True
    searched = "SELECT ?x { FILTER(<https://w3id.org/ess-kg/ontology#matches>(?x, 'labo')) }"
    found = httpx.get(f"{address}/sparql", params={"query": searched, "format": "csv"})
    assert f"https://w3id.org/ess-kg/id{ORGANISATION}" in found.text
    escaped = {"query": "SELECT * { \\u0053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"}
    assert httpx.get(f"{address}/sparql", params=escaped).status_code == 403
