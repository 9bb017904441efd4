"""Files sent to be checked: what comes back, what is refused on the way, and that nothing stays."""

import asyncio
import io
import re
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest

from api.dependencies import AppConfig
from api.http import request_body
from api.http.problems import UnsupportedMediaType
from api.http.uploads import EXTENSIONS, sanitize_name
from kg.sandbox.limits import MEGABYTE
from kg.sandbox.limits import JobLimits as CheckLimits
from kg.sources.file_opener import RDF_EXTENSIONS, TABLE_EXTENSIONS
from tests.api.conftest import opened
from tests.api.hostile import hostile

OpenClient = Callable[[AppConfig], Any]
Configured = Callable[..., AppConfig]

ORGANISATIONS = """id,label_fr,kind,homepage
x-une,Une association,association,https://example.org/
x-deux,=cmd|' /C calc'!A0,no-such-kind,
,Sans clé,association,
"""
FILES = {"file": ("organisations.csv", ORGANISATIONS, "text/csv")}


@pytest.fixture(autouse=True)
def nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test does, no file that was sent is there after it."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield
    assert list(place.iterdir()) == []


@pytest.fixture(scope="module")
async def client(listed: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(AppConfig(listed, query_workers=1)) as one:
        yield one


@pytest.fixture
def configured(listed: Path) -> Configured:
    def make(check_bytes: int = 20 * MEGABYTE, **limits: Any) -> AppConfig:
        return AppConfig(
            listed,
            query_workers=1,
            check_limits=CheckLimits(**limits),
            check_bytes=check_bytes,
        )

    return make


async def test_the_report_says_what_would_be_refused_and_why(client: httpx.AsyncClient) -> None:
    answer = await client.post("/validate", files=FILES)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-release"] == "release-2"
    told = answer.json()
    counts = told["counts"]
    assert told["conforms"] is False
    assert counts["read"] == 3
    assert counts["accepted"] + counts["refused"] == 3
    refusals = {p["column"]: p for p in told["problems"] if p["refused"]}
    assert refusals["id"]["examples"][0]["file"] == "organisations.csv"
    assert refusals["id"]["examples"][0]["row"] == 4
    assert refusals["kind"]["examples"][0]["row"] == 3


async def test_a_form_without_scripts_gets_a_page(client: httpx.AsyncClient) -> None:
    accept = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    fields = {"table": "organisations", "format": "html", "lang": "en"}
    answer = await client.post("/validate", files=FILES, data=fields, headers=accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-language"] == "en"
    assert "style-src 'sha256-" in answer.headers["content-security-policy"]
    assert "organisations.csv" in answer.text
    assert "<script" not in answer.text


async def test_one_file_can_be_the_body(client: httpx.AsyncClient) -> None:
    """And the spreadsheet that comes back holds no formula."""
    headers = {"Content-Type": "text/csv; charset=utf-8", "Accept": "text/csv"}
    headers["Content-Disposition"] = (
        "attachment; filename=\"x.csv\"; filename*=utf-8''%C3%A9t%C3%A9.csv"
    )
    address = "/validate?table=organisations"
    answer = await client.post(address, content=ORGANISATIONS, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "rapport.csv" in answer.headers["content-disposition"]
    text = answer.content.decode("utf-8-sig")
    assert "été.csv" in text
    assert "'=cmd" in text
    assert not re.search(r"(^|[;\n\"])=cmd", text)


async def test_rdf_gets_a_shacl_report(client: httpx.AsyncClient) -> None:
    graph = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        <https://w3id.org/ess-kg/id/organisation/x-une> a <http://www.w3.org/ns/org#Organization> ;
            skos:prefLabel "" ."""
    headers = {"Content-Type": "text/turtle", "Accept": "text/turtle"}
    answer = await client.post("/validate", content=graph, headers=headers)
    assert answer.status_code == 200
    triples = list(ox.parse(answer.content, ox.RdfFormat.TURTLE))
    said = {(t.predicate.value.partition("#")[2], str(t.object)) for t in triples}
    assert ("conforms", '"false"^^<http://www.w3.org/2001/XMLSchema#boolean>') in said
    assert any(name == "focusNode" and "organisation/x-une" in node for name, node in said)


async def test_hostile_files_reach_nothing(client: httpx.AsyncClient) -> None:
    calls = []

    async def called(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(1)
        writer.close()

    server = await asyncio.start_server(called, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    files = [("file", (name, content)) for name, content in hostile(port).items()]
    answer = await client.post("/validate?lang=en", files=files)
    server.close()
    await server.wait_closed()
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/unreadable-file")
    for name in ("bomb.xlsx", "laughs.rdf"):
        assert name in answer.json()["detail"]
    assert "root:" not in answer.text
    assert tempfile.gettempdir() not in answer.text
    assert calls == []


@pytest.mark.parametrize(
    ("limits", "statuses", "words"),
    [
        ({"seconds": 0.2}, {503, 504}, "0.2 seconds"),  # 503: a busy machine gave it no processor
        (
            {"memory": 150 * MEGABYTE},
            {422},
            "more than 150 MB of memory; send fewer rows or columns",
        ),
    ],
)
async def test_a_check_that_costs_too_much_is_ended(
    configured: Configured,
    open_client: OpenClient,
    limits: dict[str, Any],
    statuses: set[int],
    words: str,
) -> None:
    async with open_client(configured(**limits)) as client:
        answer = await client.post("/validate", files=FILES)
    assert answer.status_code in statuses
    assert words in answer.json()["detail"]


async def test_too_many_bytes_are_refused_before_they_have_all_come(
    configured: Configured, open_client: OpenClient
) -> None:
    sent = 0

    async def endless(head: bytes) -> AsyncIterator[bytes]:
        nonlocal sent
        yield head
        for _ in range(1000):
            sent += 100_000
            yield b"x" * 100_000

    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    types = {"text/csv": b"", "multipart/form-data; boundary=b": form}
    async with open_client(configured(check_bytes=1_000_000)) as client:
        for media_type, head in types.items():
            sent = 0
            headers = {"Content-Type": media_type}
            answer = await client.post("/validate", content=endless(head), headers=headers)
            assert answer.status_code == 413
            assert "0.954 MB" in answer.json()["detail"]
            assert sent <= 1_500_000
        stated = {"Content-Type": "text/csv", "Content-Length": "5000000"}
        sent = 0
        refused = await client.post("/validate", content=endless(b""), headers=stated)
        assert (refused.status_code, sent) == (413, 0)


async def test_a_sender_that_is_too_slow_is_told_to_stop(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_body, "BODY_GRACE_SECONDS", 0.1)

    async def slow() -> AsyncIterator[bytes]:
        yield b"id,"
        await asyncio.sleep(5)
        yield b"label_fr\n"

    headers = {"Content-Type": "text/csv"}
    answer = await client.post("/validate", content=slow(), headers=headers)
    assert answer.status_code == 408


@pytest.mark.parametrize("path", ["/sparql", "/reconcile", "/validate"])
async def test_no_body_may_come_more_slowly(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Neither with a pause, nor byte by byte for ever."""
    monkeypatch.setattr(request_body, "BODY_GRACE_SECONDS", 0.2)

    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(100):
            await asyncio.sleep(0.05)
            yield b"query="

    kind = "text/csv" if path == "/validate" else "application/x-www-form-urlencoded"
    answer = await client.post(path, content=trickle(), headers={"Content-Type": kind})
    assert answer.status_code == 408


async def test_one_client_takes_no_more_than_its_places(client: httpx.AsyncClient) -> None:
    desk = client.app.state.checks  # type: ignore[attr-defined]
    with desk.admit("127.0.0.1"), desk.admit("127.0.0.1"):
        assert (await client.post("/validate", files=FILES)).status_code == 503
        with desk.admit("192.0.2.1"):
            pass
    assert (await client.post("/validate", files=FILES)).status_code == 200


async def test_a_boundary_that_is_too_long_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": f"multipart/form-data; boundary={'x' * 300}"}
    answer = await client.post("/validate", content=b"--x", headers=headers)
    assert answer.status_code == 400
    assert "boundary" in answer.json()["detail"]


async def test_too_many_files_at_once_are_told_to_come_back(client: httpx.AsyncClient) -> None:
    desk = client.app.state.checks  # type: ignore[attr-defined]
    places = [desk.admit() for _ in range(desk.limits.max_concurrent + desk.limits.queue)]
    for place in places:
        place.__enter__()
    answer = await client.post("/validate", files=FILES)
    for place in places:
        place.__exit__(None, None, None)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


PART = 'Content-Disposition: form-data; name="file"; filename="a.csv"'
FORM = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("media_type", "body", "status", "words"),
    [
        (FORM, f"--b\r\n{PART}\r\n\r\nid\r\n", 400, "its end is missing"),
        (FORM, "nothing of the sort", 400, "cannot be read"),
        (FORM, f"--b\r\n{PART}\r\nX: {'y' * 100_000}\r\n\r\nid\r\n--b--", 400, "cannot be read"),
        (FORM, f"--b\r\n{PART}\r\n\r\nid\r\n" * 50 + "--b--", 400, "20 files"),
        (FORM, f"--b\r\n{PART.replace('a.csv', '')}\r\n\r\n\r\n--b--", 400, "no file was sent"),
        (FORM, '--b\r\nContent-Disposition: form-data; name="colour"\r\n\r\nred\r\n--b--',
         400, "unknown field colour"),
        (FORM, f'--b\r\nContent-Disposition: form-data; name="table"\r\n\r\n{"x" * 5000}\r\n--b--',
         400, "too long"),
        (FORM, f"--b\r\n{PART.replace('.csv', '.pdf')}\r\n\r\n%PDF\r\n--b--", 415, ".pdf files"),
        ("multipart/form-data", "", 400, "no boundary"),
        ("application/x-www-form-urlencoded", "id,label_fr", 415, "Content-Type (text/csv)"),
        ("application/octet-stream", "id,label_fr", 415, "Content-Type (text/csv)"),
        ("image/png", "", 415, "image/png files"),
    ],
)  # fmt: skip
async def test_what_cannot_be_taken_in_is_told(
    client: httpx.AsyncClient, media_type: str, body: str, status: int, words: str
) -> None:
    headers = {"Content-Type": media_type}
    answer = await client.post("/validate", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("table=nothing", {}, 400),
        ("lang=de", {}, 400),
        ("format=pdf", {}, 400),
        ("", {"Accept": "image/png"}, 406),
    ],
)
async def test_what_is_asked_wrongly_is_refused_before_the_file_comes(
    client: httpx.AsyncClient, query: str, headers: dict[str, str], status: int
) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = await client.post(
        f"/validate?{query}", content=never(), headers={"Content-Type": "text/csv", **headers}
    )
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("name", "media_type", "cleaned"),
    [
        ("organisations.csv", "", "organisations.csv"),
        ("../../etc/passwd.csv", "", "passwd.csv"),
        ("..\\..\\boot.CSV", "", "boot.csv"),
        ("/absolute/file.ttl", "", "file.ttl"),
        ("...csv", "", "file.csv"),
        ("a\x00b\nc*?[1].csv", "", "a_b_c_1_.csv"),
        ("Été 2026 (v2).xlsx", "", "Été 2026 (v2).xlsx"),
        ("x" * 500 + ".csv", "", "x" * 120 + ".csv"),
        ("é" * 500 + ".csv", "", "é" * 60 + ".csv"),
        ("", "text/csv", "file.csv"),
        ("graph", "application/ld+json", "graph.jsonld"),
        ("rows", "TEXT/CSV", "rows.csv"),
    ],
)
def test_a_name_is_cleaned_of_what_a_path_could_be_made_of(
    name: str, media_type: str, cleaned: str
) -> None:
    assert sanitize_name(name, media_type) == cleaned


@pytest.mark.parametrize(("name", "media_type"), [("a.exe", "text/csv"), ("a", "image/png")])
def test_a_file_of_no_known_kind_is_not_taken(name: str, media_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        sanitize_name(name, media_type)


def test_whatever_can_be_read_can_be_sent() -> None:
    assert {*TABLE_EXTENSIONS, *RDF_EXTENSIONS} <= EXTENSIONS


async def test_the_page_to_check_a_file_from(client: httpx.AsyncClient) -> None:
    html = {"Accept": "text/html"}
    french = await client.get("/validate", headers=html)
    assert french.status_code == 200
    assert "Vérifier un fichier" in french.text
    assert 'action="/validate" method="post" enctype="multipart/form-data"' in french.text
    assert "script-src 'self'" in french.headers["content-security-policy"]
    assert "unsafe" not in french.headers["content-security-policy"]
    (script,) = re.findall(r'<script src="([^"]+)" defer></script>', french.text)
    source = await client.get(script)
    assert source.headers["content-type"] == "text/javascript; charset=utf-8"
    english = await client.get("/validate?lang=en", headers=html)
    assert "Check a file" in english.text
    unchanged = html | {"If-None-Match": french.headers["etag"]}
    assert (await client.get("/validate", headers=unchanged)).status_code == 304
    home = await client.get("/", headers=html)
    assert 'href="/validate"' in home.text


async def test_empty_spreadsheets_can_be_taken(client: httpx.AsyncClient) -> None:
    book = await client.get("/templates/organisations.xlsx")
    assert "organisations.xlsx" in book.headers["content-disposition"]
    assert zipfile.ZipFile(io.BytesIO(book.content)).testzip() is None
    table = await client.get("/templates/organisations.csv?lang=fr")
    assert "id" in table.text.partition("\n")[0]
    assert (await client.get("/templates/nothing.xlsx")).status_code == 404
    assert (await client.get("/templates/organisations.pdf")).status_code == 406


async def test_how_it_can_be_asked(client: httpx.AsyncClient) -> None:
    told = await client.options("/validate")
    assert told.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert "multipart/form-data" in told.headers["accept-post"]
    assert "text/turtle" in told.headers["accept-post"]
    cors = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    preflight = await client.options("/validate", headers=cors)
    assert preflight.headers["access-control-allow-origin"] == "*"
    described = (await client.get("/openapi.json")).json()["paths"]["/validate"]["post"]
    statuses = {"200", "400", "406", "408", "413", "415", "422", "500", "503", "504"}
    assert statuses <= set(described["responses"])
    assert {"multipart/form-data", "text/csv"} <= set(described["requestBody"]["content"])
