"""The release in service is replaced while it is used, and only by one that can be served."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from api.current import Current
from api.deps import AppConfig
from kg.errors import ReleaseError
from kg.namespaces import ID
from kg.release import Release
from kg.releases.seal import point
from kg.store.endpoint import Limits, Question


@pytest.fixture
async def current(data: Path) -> AsyncIterator[Current]:
    releases = data / "releases"
    config = AppConfig(releases, Limits(seconds=5), query_workers=1)
    one = Current(releases, config.open_endpoint)
    await one.look()
    yield one
    await one.stop()


async def test_the_old_release_serves_those_who_began_with_it(current: Current, data: Path) -> None:
    async with current.lease() as old:
        assert old.release.id == "release-1"
        point(data / "releases", Release(data / "releases" / "release-2"))
        await current.look()
        async with current.lease() as new:
            assert new.release.id == "release-2"
        answer = await old.endpoint.ask(Question("ASK { <urn:x:second> ?p ?o }"))
        assert b"false" in await answer.read()
        assert old.endpoint.pool.counts()["idle"] > 0
    assert old.endpoint.pool.counts()["idle"] == 0


async def test_looking_again_changes_nothing(current: Current) -> None:
    async with current.lease() as first:
        await current.look()
        async with current.lease() as second:
            assert second is first


async def test_a_release_put_in_place_again_is_opened_again(current: Current, data: Path) -> None:
    async with current.lease() as first:
        folder = data / "releases" / "release-1"
        shutil.copytree(folder, folder.with_name("copy"))
        shutil.rmtree(folder)
        folder.with_name("copy").rename(folder)
        await current.look()
        async with current.lease() as second:
            assert second is not first
            assert second.release == first.release


@pytest.mark.parametrize(
    "part", ["store", "catalogue.sqlite", "subjects.sqlite", "manifest.json", "model"]
)
async def test_a_release_that_cannot_be_served_is_left_aside(
    current: Current, data: Path, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken = data / "releases" / "release-2" / part
    if broken.is_dir():
        shutil.rmtree(broken)
    else:
        broken.write_text("{}" if part == "manifest.json" else "not a catalogue")
    point(data / "releases", Release(broken.parent))
    await current.look()
    assert "not taken into service" in caplog.text
    caplog.clear()
    await current.look()  # not tried again at once
    assert not caplog.records
    async with current.lease() as served:
        assert served.release.id == "release-1"
        assert served.retired is False


async def test_a_release_of_before_there_were_subjects_is_served(
    data: Path, open_client: Callable[..., Any]
) -> None:
    asked = [
        ("/sparql", {"query": f"SELECT ?o {{ <{ID}organisation/demo-labo> ?p ?o }} ORDER BY ?o"}),
        ("/sparql", {"query": f"ASK {{ <{ID}organisation/demo-labo> ?p ?o }}"}),
        ("/organisation/demo-labo.ttl", {}),
        ("/person/demo-camille.nt", {}),
    ]
    config = AppConfig(data / "releases", Limits(seconds=5), query_workers=1)
    answers = []
    for _ in range(2):
        async with open_client(config) as client:
            answers.append([await client.get(path, params=more) for path, more in asked])
        (data / "releases" / "release-1" / "subjects.sqlite").unlink(missing_ok=True)
    assert [(a.status_code, a.content) for a in answers[0]] == [
        (a.status_code, a.content) for a in answers[1]
    ]
    assert answers[0][0].status_code == answers[0][2].status_code == 200


async def test_without_a_release_nothing_is_served(tmp_path: Path) -> None:
    config = AppConfig(tmp_path)
    nothing = Current(tmp_path, config.open_endpoint)
    await nothing.look()
    with pytest.raises(ReleaseError, match="ess-kg build"):
        async with nothing.lease():
            pass


def age(release: Path) -> None:
    """Makes the catalogue of a release say that another version wrote it."""
    with sqlite3.connect(release / "catalogue.sqlite") as file:
        file.execute("UPDATE meta SET value = '0' WHERE name = 'schema'")
    file.close()


async def test_a_release_of_another_version_is_refused(
    data: Path, open_client: Callable[..., Any]
) -> None:
    releases = data / "releases"
    age(releases / "release-1")
    config = AppConfig(releases, Limits(seconds=5), query_workers=1)
    async with open_client(config) as client:
        for path in ("/health", "/", "/organisation/demo-labo"):
            answer = await client.get(path)
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert "release-1 was built with an older version" in answer.json()["detail"]
            assert "ess-kg build" in answer.json()["detail"]


async def test_a_release_of_another_version_does_not_replace_the_one_served(
    current: Current, data: Path
) -> None:
    age(data / "releases" / "release-2")
    point(data / "releases", Release(data / "releases" / "release-2"))
    await current.look()
    async with current.lease() as served:
        assert served.release.id == "release-1"
