"""Doors ahead of the framework: the same answers as through it."""

from typing import Any
from urllib.parse import parse_qsl, quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.fast_request import parse_query_pairs

QUERY = "SELECT ?s { ?s ?p ?o } ORDER BY ?s LIMIT 3"


@given(
    st.lists(
        st.sampled_from(
            [
                b"a",
                b"=",
                b"&",
                b"+",
                b"%",
                b"%C3%A9",
                b"%zz",
                b"%FF",
                b"%00",
                b";",
                b"%26",
                b"%3D",
                b"\xc3\xa9",
                b"query",
                b"%E2%82",
                b"?",
            ]
        )
    )
)
def test_a_query_string_is_read_as_the_framework_reads_it(parts: list[bytes]) -> None:
    text = b"".join(parts)
    expected = parse_qsl(text.decode("latin-1"), keep_blank_values=True)
    assert parse_query_pairs(text) == expected


@given(st.text())
def test_any_text_comes_through(text: str) -> None:
    escaped = quote(text.encode("utf-8", "replace"), safe="").encode()
    assert parse_query_pairs(b"query=" + escaped) == [
        ("query", text.encode("utf-8", "replace").decode())
    ]


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("GET", {"params": {"query": QUERY}}),
        ("GET", {"params": {"query": QUERY, "format": "csv"}}),
        ("GET", {"params": {"query": "SELEKT"}}),
        ("GET", {"params": {"query": QUERY, "format": "doc"}}),
        ("GET", {"params": {"query": QUERY, "release": "none"}}),
        ("GET", {}),
        ("HEAD", {"params": {"query": QUERY}}),
        ("POST", {"data": {"query": QUERY}}),
        ("POST", {"content": QUERY, "headers": {"Content-Type": "application/sparql-query"}}),
        ("POST", {"content": QUERY}),
        ("OPTIONS", {}),
        ("PUT", {}),
    ],
)
async def test_an_answer_is_the_same_through_the_framework(
    client: httpx.AsyncClient, method: str, request_: dict[str, Any]
) -> None:
    app: Any = client.app  # type: ignore[attr-defined]
    request_ = {
        **request_,
        "headers": {"Origin": "https://x.example", **request_.get("headers", {})},
    }
    ahead = await client.request(method, "/sparql", **request_)
    front, app.outer_layer = app.outer_layer, app.call_framework
    try:
        behind = await client.request(method, "/sparql", **request_)
    finally:
        app.outer_layer = front
    if method == "HEAD":  # turned into GET at the front
        assert (ahead.status_code, behind.status_code) == (200, 405)
        return
    assert (ahead.status_code, ahead.content) == (behind.status_code, behind.content)
    differ = {k for k in {*ahead.headers, *behind.headers} if _told(ahead, k) != _told(behind, k)}
    assert differ <= {"content-encoding", "content-length", "vary", "etag"}  # packed at the front
    assert ahead.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "path",
    ["/organisation/demo-labo", "/organisation/demo-labo.ttl", "/organisation/nobody",
     "/organisation/old-labo", "/person/erased", "/organisation/", "/organisation/a/b",
     "/organisation/%C3%A9", "/organisation/demo-labo?format=doc", "/nothing/demo-labo",
     "/organisation/demo-labo?profile=schema"],
)  # fmt: skip
async def test_a_record_is_the_same_through_the_framework(
    client: httpx.AsyncClient, path: str
) -> None:
    app: Any = client.app  # type: ignore[attr-defined]
    ahead = await client.get(path, headers={"Accept-Encoding": ""})
    front, app.outer_layer = app.outer_layer, app.call_framework
    try:
        behind = await client.get(path, headers={"Accept-Encoding": ""})
    finally:
        app.outer_layer = front
    assert (ahead.status_code, ahead.content) == (behind.status_code, behind.content)
    assert ahead.headers.get("location") == behind.headers.get("location")
    assert ahead.headers.get("link") == behind.headers.get("link")


def _told(answer: httpx.Response, header: str) -> str | None:
    return answer.headers.get(header)
