"""Parts of a release made to order: complete, described, resumable, and never in anyone's way."""

import asyncio
import csv
import gzip
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
import zstandard

from api.dependencies import AppConfig
from api.serving import extracts
from kg.namespaces import ID
from kg.sandbox.limits import JobLimits
from tests.api.conftest import opened

EXTRACT = "/dumps/release-2/extract"


@pytest.fixture
async def client(frozen: Path, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(AppConfig(frozen / "releases", extract_folder=tmp_path / "extracts")) as one:
        yield one


def unpacked(answer: httpx.Response) -> bytes:
    if answer.headers["content-type"] == "application/gzip":
        return gzip.decompress(answer.content)
    if answer.headers["content-type"] == "application/zstd":
        return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(answer.content)).read()
    return answer.content


@pytest.mark.parametrize(
    ("asked", "syntax"),
    [
        ("", ox.RdfFormat.TURTLE),
        ("format=trig&packed=zstd", ox.RdfFormat.TRIG),
        ("format=jsonld&packed=none", ox.RdfFormat.JSON_LD),
        ("format=nquads&packed=gzip", ox.RdfFormat.N_QUADS),
    ],
)
async def test_a_part_is_had_in_every_format_and_packed_or_not(
    client: httpx.AsyncClient, asked: str, syntax: ox.RdfFormat
) -> None:
    answer = await client.get(f"{EXTRACT}?kind=event&{asked}")
    assert answer.status_code == 200
    triples = {quad.triple for quad in ox.parse(unpacked(answer), syntax)}
    whole = await client.get("/dumps/release-2/ess-kg.nq.gz")
    quads = ox.parse(gzip.decompress(whole.content), ox.RdfFormat.N_QUADS)
    assert triples == {q.triple for q in quads if str(q.subject).startswith(f"<{ID}event/")}
    assert triples


async def test_a_table_of_one_kind(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{EXTRACT}?kind=organisation&format=csv&packed=none")
    whole = await client.get("/dumps/release-2/organisations.csv")
    rows, expected = (list(csv.DictReader(io.StringIO(a.text))) for a in (answer, whole))
    assert sorted(row["id"] for row in rows) == sorted(row["id"] for row in expected)
    refused = await client.get(f"{EXTRACT}?format=csv")
    assert refused.status_code == 400
    assert "organisation" in refused.json()["detail"]


async def test_a_table_of_relations(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{EXTRACT}?table=memberships&format=csv&packed=none")
    whole = await client.get("/dumps/release-2/memberships.csv")
    assert answer.text == whole.text
    assert "person/demo-camille" in answer.text
    page = (await client.get("/dumps")).text
    assert '<option value="memberships">' in page


async def test_it_says_what_it_holds_and_proves_it(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{EXTRACT}?kind=event")
    assert 'filename="ess-kg-event-release-2.ttl.gz"' in answer.headers["content-disposition"]
    described = answer.headers["link"].partition("<")[2].partition(">")[0]
    told = (await client.get(described)).json()
    assert told["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert (told["release"], told["chosen"]) == ("release-2", {"kind": "event"})
    assert all(source["licence"] for source in told["sources"])
    assert answer.headers["etag"] == f'"{told["sha256"]}"'


async def test_it_can_be_taken_up_again_and_is_written_once(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    whole = await client.get(f"{EXTRACT}?kind=event")
    kept = [path for path in (tmp_path / "extracts").rglob("*") if path.is_file()]
    part = await client.get(f"{EXTRACT}?kind=event", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    same = await client.get(
        f"{EXTRACT}?kind=event", headers={"If-None-Match": whole.headers["etag"]}
    )
    assert same.status_code == 304
    outside = await client.get(f"{EXTRACT}?kind=event", headers={"Range": "bytes=99999999-"})
    assert outside.status_code == 416
    assert [path for path in (tmp_path / "extracts").rglob("*") if path.is_file()] == kept


async def test_latest_leads_to_the_release_in_service(client: httpx.AsyncClient) -> None:
    answer = await client.get("/dumps/latest/extract?kind=event&format=trig")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{EXTRACT}?kind=event&format=trig"


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ("kind=nothing", 400, "organisation"),
        ("source=nobody", 400, "demo"),
        ("licence=https://example.org/", 400, "licences"),
        ("region=region-999", 400, "region-53"),
        ("region=../../../etc/passwd", 400, "region-53"),
        ("format=doc", 400, "turtle"),
        ("packed=rar", 400, "zstd"),
        ("of=everything", 400, "of"),
    ],
)
async def test_what_is_not_there_is_said(
    client: httpx.AsyncClient, tmp_path: Path, asked: str, status: int, told: str
) -> None:
    answer = await client.get(f"{EXTRACT}?{asked}")
    assert answer.status_code == status
    assert told in answer.json()["detail"]
    assert not [path for path in (tmp_path / "extracts").rglob("*") if path.is_file()]


async def test_no_other_release_is_opened(client: httpx.AsyncClient) -> None:
    for name in ("release-9", "..%2Frelease-2", ".."):
        assert (await client.get(f"/dumps/{name}/extract")).status_code == 404


async def test_what_takes_long_is_asked_for_again(
    frozen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extracts, "WAIT_SECONDS", 0.001)
    async with opened(
        AppConfig(frozen / "releases", extract_folder=tmp_path / "extracts")
    ) as client:
        answer = await client.get(f"{EXTRACT}?kind=event")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "10"
        for _ in range(600):
            if answer.status_code == 200:
                break
            await asyncio.sleep(0.05)
            answer = await client.get(f"{EXTRACT}?kind=event")
        assert answer.status_code == 200


async def test_what_is_too_large_is_sent_home(frozen: Path, tmp_path: Path) -> None:
    config = AppConfig(
        frozen / "releases",
        extract_folder=tmp_path / "extracts",
        extract_limits=JobLimits(disk=1000),
    )
    async with opened(config) as client:
        answer = await client.get(f"{EXTRACT}?format=nquads&packed=none")
        assert answer.status_code == 422
        assert "ess-kg dump" in answer.json()["detail"]


async def test_what_nobody_asks_for_makes_room(frozen: Path, tmp_path: Path) -> None:
    config = AppConfig(
        frozen / "releases",
        extract_folder=tmp_path / "extracts",
        extract_limits=JobLimits(disk=200_000),
    )
    async with opened(config) as client:
        for number, kind in enumerate(("organisation", "event", "person", "organisation")):
            answer = await client.get(f"{EXTRACT}?kind={kind}&format=nquads&packed=none")
            assert answer.status_code == 200, number
        kept = [p for p in (tmp_path / "extracts").rglob("*") if p.is_file() and not p.suffix]
        assert sum(path.stat().st_size for path in kept) <= 200_000


async def test_nothing_is_left_of_what_was_under_way_when_the_server_stops(
    frozen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extracts, "WAIT_SECONDS", 0.001)
    async with opened(
        AppConfig(frozen / "releases", extract_folder=tmp_path / "extracts")
    ) as client:
        assert (await client.get(EXTRACT)).status_code == 503
    assert not list((tmp_path / "extracts").rglob("*"))
