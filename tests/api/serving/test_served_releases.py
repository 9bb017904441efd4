"""The release in service is replaced while it is used, and only by one that can be served."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from api.dependencies import AppConfig
from api.serving.served_releases import ServedReleases
from kg.errors import ReleaseDamaged, ReleaseError
from kg.namespaces import ID
from kg.release_layout import Release
from kg.releases.atomic_publish import set_current
from kg.sparql.backend import QueryLimits, Question
from kg.sparql.local.worker_pool import WorkerPool
from tests.sparql.executors import local_executor


@pytest.fixture
async def current(data: Path) -> AsyncIterator[ServedReleases]:
    releases = data / "releases"
    config = AppConfig(releases, QueryLimits(seconds=5), query_workers=1)
    one = ServedReleases(releases, config.open_executor)
    await one.reload_if_changed()
    yield one
    await one.stop()


async def test_the_old_release_serves_those_who_began_with_it(
    current: ServedReleases, data: Path
) -> None:
    async with current.acquire() as old:
        assert old.release.id == "release-1"
        set_current(data / "releases", Release(data / "releases" / "release-2"))
        await current.reload_if_changed()
        async with current.acquire() as new:
            assert new.release.id == "release-2"
        answer = await old.executor.run(Question("ASK { <urn:x:second> ?p ?o }"))
        assert b"false" in await answer.read()
        assert old.executor.backend.pool.count_workers()["idle"] > 0
    assert old.executor.backend.pool.count_workers()["idle"] == 0


async def test_looking_again_changes_nothing(current: ServedReleases) -> None:
    async with current.acquire() as first:
        await current.reload_if_changed()
        async with current.acquire() as second:
            assert second is first


async def test_a_release_put_in_place_again_is_opened_again(
    current: ServedReleases, data: Path
) -> None:
    async with current.acquire() as first:
        folder = data / "releases" / "release-1"
        shutil.copytree(folder, folder.with_name("copy"))
        shutil.rmtree(folder)
        folder.with_name("copy").rename(folder)
        await current.reload_if_changed()
        async with current.acquire() as second:
            assert second is not first
            assert second.release == first.release


@pytest.mark.parametrize(
    "part", ["store", "catalogue.sqlite", "subjects.sqlite", "manifest.json", "model"]
)
async def test_a_release_that_cannot_be_served_is_left_aside(
    current: ServedReleases, data: Path, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken = data / "releases" / "release-2" / part
    if broken.is_dir():
        shutil.rmtree(broken)
    else:
        broken.write_text("{}" if part == "manifest.json" else "not a catalogue")
    set_current(data / "releases", Release(broken.parent))
    await current.reload_if_changed()
    assert "not taken into service" in caplog.text
    caplog.clear()
    await current.reload_if_changed()  # not tried again at once
    assert not caplog.records
    async with current.acquire() as served:
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
    config = AppConfig(data / "releases", QueryLimits(seconds=5), query_workers=1)
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
    nothing = ServedReleases(tmp_path, config.open_executor)
    await nothing.reload_if_changed()
    with pytest.raises(ReleaseError, match="ess-kg build"):
        async with nothing.acquire():
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
    config = AppConfig(releases, QueryLimits(seconds=5), query_workers=1)
    async with open_client(config) as client:
        for path in ("/health", "/", "/organisation/demo-labo"):
            answer = await client.get(path)
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert "release-1 was built with an older version" in answer.json()["detail"]
            assert "ess-kg build" in answer.json()["detail"]


async def test_a_release_of_another_version_does_not_replace_the_one_served(
    current: ServedReleases, data: Path
) -> None:
    age(data / "releases" / "release-2")
    set_current(data / "releases", Release(data / "releases" / "release-2"))
    await current.reload_if_changed()
    async with current.acquire() as served:
        assert served.release.id == "release-1"


def cut(path: Path) -> None:
    """Ends a file in its middle, as a copy that was broken off."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("part", ["store", "catalogue.sqlite", "subjects.sqlite"])
async def test_a_release_with_a_file_cut_short_is_not_served_and_it_is_said(
    data: Path, open_client: Callable[..., Any], part: str
) -> None:
    path = data / "releases" / "release-1" / part
    cut(path if path.is_file() else max(path.iterdir(), key=lambda file: file.stat().st_size))
    async with open_client(AppConfig(data / "releases", query_workers=1)) as client:
        for language, told in (("en", "is damaged"), ("fr", "est abîmée")):
            answer = await client.get("/health", headers={"Accept-Language": language})
            assert answer.status_code == 503
            assert told in answer.json()["detail"]
            assert part in answer.json()["detail"]


async def test_a_store_that_lost_its_index_is_not_served_as_empty(data: Path) -> None:
    release = Release(data / "releases" / "release-1")
    graphs = release.read_manifest()["graphs"]
    whole = local_executor(release.store, 1, QueryLimits(seconds=5), graphs=graphs)
    await whole.open()
    await whole.close()
    empty = data / "empty"
    ox.Store(str(empty)).flush()
    lost = local_executor(empty, 1, QueryLimits(seconds=5), graphs=graphs)
    with pytest.raises(ReleaseDamaged, match="the store none of them"):
        await lost.open()
    assert lost.backend.pool.count_workers()["idle"] == 0


async def test_a_kept_release_that_is_removed_is_kept_no_more_for_whoever_reads_it(
    data: Path, open_client: Callable[..., Any]
) -> None:
    folder = data / "releases" / "release-2"
    async with open_client(AppConfig(data / "releases", query_workers=1)) as client:
        current: ServedReleases = client.app.state.current
        asked = {"release": "release-2"}
        assert (await client.get("/organisation.json", params=asked)).status_code == 200
        async with current.acquire("release-2") as read:
            (folder / "manifest.json").unlink()
            shutil.rmtree(folder)
            for path in ("/organisation.json", "/organisation.csv", "/sparql?query=ASK{?s ?p ?o}"):
                gone = await client.get(path, params=asked if "?" not in path else None)
                gone = gone if "?" not in path else await client.get(f"{path}&release=release-2")
                assert gone.status_code == 404, path
                assert "release-1" in gone.json()["detail"]
            # who has begun goes on, in another thread too
            assert await asyncio.to_thread(read.catalogue.find_entity, "organisation", "demo-labo")
            await current.reload_if_changed()
            assert read.retired
        assert read.executor.backend.pool.count_workers()["idle"] == 0


async def test_a_store_that_cannot_be_opened_any_more_is_tried_less_and_less(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = data / "releases" / "release-1" / "store"
    pool = WorkerPool(store, 1, QueryLimits(seconds=5))
    await pool.open()
    try:
        async with asyncio.timeout(60):
            while pool.count_workers()["idle"] < 2:
                await asyncio.sleep(0.02)
            shutil.rmtree(store)
            until = asyncio.get_running_loop().time() + 30
            pool.release(await pool.acquire(until), reusable=False)
            while len(pauses := told_pauses(caplog)) < 3:
                await asyncio.sleep(0.02)
    finally:
        await pool.close()
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[2]


def told_pauses(caplog: pytest.LogCaptureFixture) -> list[float]:
    return [
        vars(record)["retry_seconds"]
        for record in caplog.records
        if "retry_seconds" in vars(record)
    ]
