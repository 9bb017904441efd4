"""Errors: their language, their addresses, the methods and formats there are instead."""

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from markupsafe import escape

from api.dependencies import AppConfig
from api.http.problems import list_problem_types
from api.http.ranges import ByteRanges
from api.i18n.punctuation import set_message
from kg.errors import EssKgError
from kg.sparql.backend import QueryLimits

HTML = {"Accept": "text/html"}


WRONG = [
    ("GET", "/nowhere", {}, 404, "il n'y a rien à", "there is nothing at"),
    ("GET", "/person/nobody", {}, 404, "aucune fiche n'a la clé", "no record has the key"),
    ("GET", "/person/erased", {}, 410, "a été retiré", "was withdrawn"),
    ("GET", "/event?colour=red", {}, 400, "paramètre inconnu", "unknown parameter"),
    ("GET", "/event?from=soon", {}, 400, "n'est pas une date", "is not a date"),
    ("GET", "/event?kind=unheard-of", {}, 400, "n'est pas connu", "is not known"),
    ("GET", "/event?territory=utopia", {}, 400, "pas un territoire", "not a territory"),
    ("GET", "/event?sort=colour", {}, 400, "cette liste se trie", "this list is sorted"),
    ("GET", "/event?limit=0", {}, 400, "une page compte", "a page has"),
    ("GET", "/event?limit=many", {}, 400, "n'est pas un nombre", "is not a whole number"),
    ("GET", "/event?bbox=1,2", {}, 400, "en degrés", "in degrees"),
    ("GET", "/event?after=xyz", {}, 400, "suivez les liens", "follow the links"),
    ("GET", "/event?q=a&q=b", {}, 400, "est donné 2 fois", "is given 2 times"),
    ("GET", "/search?q=a&limit=0", {}, 400, "une réponse compte", "an answer has"),
    ("GET", "/search?q=a&kind=colour", {}, 400, "n'est pas un type de fiche", "is not a kind"),
    ("GET", "/event?lang=de", {}, 400, "n'existe pas", "is not available"),
    ("GET", "/event?format=pdf", {}, 400, "n'existe pas ici", "is not available here"),
    ("GET", "/scheme/none", {}, 404, "pas de liste de codes", "no code list"),
    ("GET", "/sparql?query=SELECT ?x { ?x a", {}, 400, "ligne 1, colonne", "line 1, column"),
    ("GET", "/sparql?query=INSERT", {}, 403, "est une mise à jour", "is an update"),
    ("GET", "/sparql?query=ASK{SERVICE<urn:x>{}}", {}, 403, "pas disponible ici", "not available"),
    ("POST", "/sparql", {}, 415, "une requête s'envoie en", "a query is sent as"),
    ("PUT", "/person/x", {}, 405, "n'accepte pas PUT", "does not accept PUT"),
    ("GET", "/event.pdf", {}, 406, "les suffixes sont .html", "the suffixes are .html"),
]


@pytest.mark.parametrize(("method", "path", "headers", "status", "french", "english"), WRONG)
async def test_what_is_wrong_is_told_in_the_language_of_the_reader(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
    french: str,
    english: str,
) -> None:
    async def told(**more: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        answer = await client.request(method, path, headers=headers | named)
        assert answer.status_code == status
        return answer

    program = await told()
    assert english in program.json()["detail"]
    assert program.headers["content-language"] == "en"
    assert french in (await told(accept_language="fr-FR")).json()["detail"]
    if status == 400 and path.startswith("/event?") and "format=" not in path:
        french, english = "n'a pas été compris", "was not understood"  # in words of the list
    page = (await told(accept="text/html,*/*;q=0.1")).text
    assert set_message(french) in page.replace("&#39;", "'")
    page = await told(accept="text/html,*/*;q=0.1", accept_language="en")
    assert english in page.text.replace("&#39;", "'")


@pytest.mark.parametrize("path", ["/changes?limit=zz", "/changes?after=zz", "/resolution?limit=zz"])
@pytest.mark.parametrize("kind", ["application/json", "text/html"])
async def test_what_is_no_whole_number_is_told_in_the_language_of_the_reader(
    client: httpx.AsyncClient, path: str, kind: str
) -> None:
    told = {"fr": "il faut un nombre entier, pas « zz »", "en": "a whole number, not 'zz'"}
    for language, sentence in told.items():
        answer = await client.get(f"{path}&lang={language}", headers={"Accept": kind})
        assert answer.status_code == 400
        text = html.unescape(answer.text).replace("\N{NO-BREAK SPACE}", " ")
        assert sentence in text.replace("\N{NARROW NO-BREAK SPACE}", " ")
        assert "valid integer" not in text


async def test_a_program_chooses_its_language_in_the_address(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere?lang=fr")
    assert answer.json()["title"] == "Introuvable"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/sparql", "GET, HEAD, POST, OPTIONS"),
        ("/event", "GET, HEAD, OPTIONS"),
        ("/event.json", "GET, HEAD, OPTIONS"),
        ("/person/x", "GET, HEAD, OPTIONS"),
        ("/health", "GET, HEAD, OPTIONS"),
    ],
)
async def test_methods(client: httpx.AsyncClient, path: str, allowed: str) -> None:
    options = await client.options(path)
    assert (options.status_code, options.headers["allow"]) == (204, allowed)
    refused = await client.delete(path)
    assert (refused.status_code, refused.headers["allow"]) == (405, allowed)


async def test_options_of_nothing(client: httpx.AsyncClient) -> None:
    assert (await client.options("/a/b/c/d")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/event.pdf",
        "/search.pdf",
        "/source.pdf",
        "/dumps.pdf",
        "/ontology.pdf",
        "/scheme.pdf",
        "/scheme/weekday.pdf",
        "/scheme/weekday/monday.pdf",
        "/tables/events.pdf",
        "/organisation/demo-labo.pdf",
        "/id/organisation/demo-labo.pdf",
        "/source/demo.pdf",
    ],
)
async def test_an_unknown_suffix_is_not_acceptable(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 406
    assert "the suffixes are ." in answer.json()["detail"]


async def test_a_suffix_is_not_a_parameter(client: httpx.AsyncClient) -> None:
    answer = await client.get("/ontology?suffix=html", headers={"Accept": "text/turtle"})
    assert answer.headers["content-type"].startswith("text/turtle")


async def test_a_range_outside_of_a_dump(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/dumps.json")).json()["releases"][0]["files"][0]
    address, size = listed["address"], listed["bytes"]
    answer = await client.get(address, headers={"Range": f"bytes={size}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{size}"
    assert answer.headers["content-type"] == "application/problem+json"
    for unreadable in ("lines=1-2", "bytes=x-y", "bytes=5-2"):
        whole = await client.get(address, headers={"Range": unreadable})
        assert (whole.status_code, len(whole.content)) == (200, size)
    stale = {"Range": f"bytes={size}-", "If-Range": '"another"'}
    assert (await client.get(address, headers=stale)).status_code == 200
    part = await client.get(address, headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)


@pytest.mark.parametrize(
    ("header", "usable", "outside"),
    [
        ("bytes=0-1", True, False),
        ("bytes=-5", True, False),
        ("bytes=99-", True, False),
        ("bytes=100-", True, True),
        ("bytes=0-1, 200-300", True, True),
        ("bytes=-", False, False),
        ("", False, False),
    ],
)
def test_ranges(header: str, usable: bool, outside: bool) -> None:
    ranges = ByteRanges(header, 100)
    assert (ranges.usable, ranges.unsatisfiable) == (usable, outside)


@pytest.mark.parametrize("problem", list(list_problem_types()), ids=lambda p: p.slug)
async def test_every_type_of_problem_has_a_page(client: httpx.AsyncClient, problem: Any) -> None:
    path = "/" + problem.type.removeprefix("https://w3id.org/ess-kg/")
    french = await client.get(path, headers=HTML)
    assert french.status_code == 200
    assert str(escape(problem.title.fr)) in french.text
    english = await client.get(path, headers={**HTML, "Accept-Language": "en"})
    assert str(escape(problem.title.en)) in english.text


async def test_the_description_tells_the_errors_there_are(client: httpx.AsyncClient) -> None:
    answer = await client.get("/openapi.json")
    again = {"If-None-Match": answer.headers["etag"]}
    assert "max-age" in answer.headers["cache-control"]
    assert (await client.get("/openapi.json", headers=again)).status_code == 304
    described = answer.json()
    for path, operations in described["paths"].items():
        for operation in operations.values():
            names = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"]
            assert "suffix" not in names, path
            problems = {s: r for s, r in operation["responses"].items() if s >= "400"}
            assert {"405", "503"} <= set(problems)
            for told in problems.values():
                assert list(told["content"]) == ["application/problem+json"]
    assert "422" not in described["paths"]["/event"]["get"]["responses"]
    assert "HTTPValidationError" not in described["components"]["schemas"]
    posted = set(described["paths"]["/sparql"]["post"]["responses"])
    assert {"200", "400", "403", "406", "413", "415", "422", "500", "503", "504"} <= posted


async def test_robots_and_the_icon(client: httpx.AsyncClient) -> None:
    robots = (await client.get("/robots.txt")).text
    assert "Disallow: /sparql\n" in robots
    assert "Disallow: /\n" not in robots
    icon = await client.get("/favicon.ico")
    assert icon.status_code == 301
    assert (await client.get(icon.headers["location"])).status_code == 200


async def test_after_an_unforeseen_error_the_connection_is_closed(
    frozen: Path, open_client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = AppConfig(frozen / "releases", QueryLimits(seconds=5), query_workers=1)
    async with open_client(config) as client:
        monkeypatch.setattr("api.views.site_pages.render_home_page", _fail)
        answer = await client.get("/", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert answer.headers["connection"] == "close"


def _fail(*_: object) -> str:
    raise RuntimeError("unforeseen")


def test_an_error_without_french_is_told_in_english() -> None:
    assert EssKgError("only this").message_in("fr") == "only this"
    assert EssKgError("this", "ceci").message_in("fr") == "ceci"
