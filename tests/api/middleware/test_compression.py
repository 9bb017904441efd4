"""Answers are packed for those who can unpack them, and stay what they were."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import zstandard

from api.middleware.compression import CODINGS, negotiate_coding

LIST = "/event.json"


@pytest.fixture
async def raw(client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A client that says nothing of its own accord."""
    client.headers = httpx.Headers()
    return client


async def bytes_of(client: httpx.AsyncClient, path: str, **headers: str) -> tuple[Any, bytes]:
    async with client.stream("GET", path, headers=headers) as answer:
        return answer, b"".join([part async for part in answer.aiter_raw()])


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1, zstd;q=0.5", "gzip"),
        ("identity", None),
        ("", None),
        ("gzip;q=0", None),
        ("*", "zstd"),
        ("*;q=0, gzip", "gzip"),
        ("gzip;q=many", None),
    ],
)
def test_the_coding_a_client_prefers(accepted: str, coding: str | None) -> None:
    assert negotiate_coding(accepted) == coding


@pytest.mark.parametrize("path", [LIST, "/openapi.json", "/event.csv", "/ontology.ttl"])
async def test_the_same_bytes_come_out(raw: httpx.AsyncClient, path: str) -> None:
    plain, body = await bytes_of(raw, path, **{"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    unpack = {"gzip": gzip.decompress, "zstd": lambda b: zstandard.decompress(b, 10_000_000)}
    for coding in CODINGS:
        answer, packed = await bytes_of(raw, path, **{"Accept-Encoding": coding})
        if len(body) < 600:
            continue
        assert answer.headers["Content-Encoding"] == coding
        assert "Accept-Encoding" in answer.headers["Vary"]
        reader = zstandard.ZstdDecompressor().decompressobj()
        found = reader.decompress(packed) if coding == "zstd" else unpack[coding](packed)
        assert found == body
        assert len(packed) < len(body)


async def test_each_coding_has_its_etag_and_is_revalidated_without_work(
    raw: httpx.AsyncClient,
) -> None:
    etags = {}
    for coding in (*CODINGS, "identity"):
        answer, _ = await bytes_of(raw, "/ontology.ttl", **{"Accept-Encoding": coding})
        etags[coding] = answer.headers["ETag"]
    assert len(set(etags.values())) == len(etags)
    for coding, etag in etags.items():
        known = {"Accept-Encoding": coding, "If-None-Match": etag}
        answer, body = await bytes_of(raw, "/ontology.ttl", **known)
        assert (answer.status_code, body) == (304, b"")
        assert answer.headers["ETag"] == etag


async def test_what_is_short_packed_or_resumable_goes_as_it_is(raw: httpx.AsyncClient) -> None:
    for path in ("/health", "/dumps/latest/ess-kg.nq.gz", "/dumps/latest/events.csv"):
        async with raw.stream(
            "GET", path, headers={"Accept-Encoding": "gzip"}, follow_redirects=True
        ) as answer:
            assert "content-encoding" not in answer.headers, path
    part, body = await bytes_of(raw, LIST, **{"Accept-Encoding": "gzip", "Range": "bytes=0-1"})
    assert "content-encoding" not in part.headers
    assert body


async def test_a_sitemap_leads_to_every_record(client: httpx.AsyncClient) -> None:
    robots = (await client.get("/robots.txt")).text
    assert "Sitemap: http://test/sitemap.xml" in robots
    index = await client.get("/sitemap.xml")
    assert index.headers["content-type"].startswith("application/xml")
    parts = [line.split("<loc>")[1].split("</loc>")[0] for line in index.text.splitlines()[2:-1]]
    found = [
        line.split("<loc>")[1].split("</loc>")[0]
        for part in parts
        for line in (await client.get(part)).text.splitlines()[2:-1]
    ]
    counts = (await client.get("/", headers={"Accept": "application/json"})).json()["counts"]
    assert len(found) == len(set(found)) == sum(counts.values())
    for address in found:
        assert (await client.get(address)).status_code == 200
    known = {"If-None-Match": index.headers["ETag"]}
    assert (await client.get("/sitemap.xml", headers=known)).status_code == 304
    for name in ("event-2", "event-0", "colour-1", "event-x"):
        assert (await client.get(f"/sitemap/{name}.xml")).status_code == 404


async def test_every_list_is_a_feed(client: httpx.AsyncClient) -> None:
    counts = (await client.get("/", headers={"Accept": "application/json"})).json()["counts"]
    for kind, count in counts.items():
        feed = await client.get(f"/{kind}.atom")
        assert feed.status_code == 200, kind
        assert feed.text.count("<entry>") == min(count, 50)
