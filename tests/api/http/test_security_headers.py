"""What the threat model promises of the web side, and that each of its lines has its test."""

import re
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
PAGES = ("/", "/event", "/sparql", "/queries", "/changes", "/dumps", "/reconcile.html", "/validate",
         "/event/nothing", "/search?q=a", "/reports/", "/resolution", "/docs")  # fmt: skip
HTML = {"Accept": "text/html"}


def test_every_line_of_the_threat_model_has_a_test_that_is_there() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    rows = [row for row in text.splitlines() if row.startswith("| ")]
    rows = [row for row in rows if not row.startswith(("| threat", "| where |"))]
    assert len(rows) > 15
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", row)
        assert named, row
        for path, name in named:
            assert (ROOT / path).is_file(), path
            assert not name or f"def {name}(" in (ROOT / path).read_text("utf-8"), name


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_has_a_strict_policy(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=HTML, follow_redirects=True)
    assert answer.headers["content-type"].startswith("text/html"), answer.text[:200]
    rules = dict(
        rule.strip().split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split(";")
    )
    assert rules["default-src"] == "'none'"
    for name, value in rules.items():
        assert "unsafe" not in value, name
        assert "http" not in value, name
        assert "*" not in value, name
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/dumps/release-1/../../current",
        "/dumps/..%2f..%2fcurrent/x",
        "/dumps/release-2/..%2fmanifest.json",
        "/dumps/release-2/%2fetc%2fpasswd",
        "/dumps/.staging-x/x",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/reports/..%2f..%2fmanifest.json",
        "/event.json?release=..%2frelease-1",
        "/ldes/..%2frelease-1/all/1",
        "/tables/..%2fschemes",
        "/scheme/..%2f..%2fontology",
    ],
)
async def test_no_address_leaves_its_folder(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code in (400, 404, 410), answer.text[:200]
    assert "root:" not in answer.text
    assert "import " not in answer.text


@pytest.mark.parametrize("name", ["lang", "format", "q", "release", "profile"])
async def test_no_value_becomes_a_header(client: httpx.AsyncClient, name: str) -> None:
    for path in ("/event", "/event/alpha", "/search", "/changes", "/sparql", "/queries/timeline"):
        answer = await client.get(path, params={name: "x\r\nX-Injected: yes"})
        assert "x-injected" not in answer.headers
        assert answer.status_code in (200, 303, 400, 404, 406), (path, answer.text[:200])


@pytest.mark.parametrize("path", ["/search", "/event", "/queries/timeline", "/changes", "/nothing"])
async def test_what_is_sent_is_shown_escaped(client: httpx.AsyncClient, path: str) -> None:
    attack = "\"'><script>alert(1)</script>"
    answer = await client.get(path, params={"q": attack, "from": attack}, headers=HTML)
    assert "<script>alert" not in answer.text
