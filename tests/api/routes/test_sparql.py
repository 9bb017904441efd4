"""The SPARQL endpoint as its protocol says: requests, formats, errors, caching."""

import json
from urllib.parse import urlencode

import httpx
import pyoxigraph as ox
import pytest

from kg.formats import GRAPH_FORMATS, SOLUTION_FORMATS, Format
from kg.queries.named_queries import load_named_queries

LABO = "https://w3id.org/ess-kg/id/organisation/demo-labo"
SELECT = (
    f"SELECT ?label WHERE {{ <{LABO}> <http://www.w3.org/2004/02/skos/core#prefLabel> ?label }}"
)
CONSTRUCT = "CONSTRUCT { ?s a ?class } WHERE { ?s a ?class }"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DIRECT = {"Content-Type": "application/sparql-query"}


def bindings(response: httpx.Response) -> list[dict[str, str]]:
    assert response.status_code == 200, response.text
    found = json.loads(response.content)["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in found]


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
async def test_the_three_ways_to_ask(client: httpx.AsyncClient, path: str) -> None:
    answers = [
        await client.get(path, params={"query": SELECT}),
        await client.post(path, content=urlencode({"query": SELECT}), headers=FORM),
        await client.post(path, content=SELECT, headers=DIRECT),
    ]
    for answer in answers:
        labels = {row["label"] for row in bindings(answer)}
        assert labels == {"Laboratoire des lieux", "Laboratory of places"}


@pytest.mark.parametrize("syntax", SOLUTION_FORMATS)
async def test_formats_of_solutions(client: httpx.AsyncClient, syntax: Format) -> None:
    by_header = await client.get(
        "/sparql", params={"query": SELECT}, headers={"Accept": syntax.media_type}
    )
    by_name = await client.get("/sparql", params={"query": SELECT, "format": syntax.extension})
    assert by_header.headers["content-type"] == syntax.content_type
    assert by_header.content == by_name.content
    assert b"Laboratory of places" in by_header.content


@pytest.mark.parametrize("syntax", GRAPH_FORMATS)
async def test_formats_of_graphs(client: httpx.AsyncClient, syntax: Format) -> None:
    answer = await client.get(
        "/sparql", params={"query": CONSTRUCT}, headers={"Accept": syntax.media_type}
    )
    assert answer.headers["content-type"] == syntax.content_type
    assert len(list(ox.parse(answer.content, ox.RdfFormat.from_media_type(syntax.media_type)))) > 5


async def test_the_union_is_the_default_graph_and_each_source_a_named_one(
    client: httpx.AsyncClient,
) -> None:
    text = f"SELECT ?g {{ <{LABO}> a ?c . GRAPH ?g {{ <{LABO}> ?p ?o }} }} GROUP BY ?g"
    graphs = {row["g"].rpartition("/")[2] for row in bindings(await ask(client, text))}
    assert graphs == {"demo", "other"}
    named = "https://w3id.org/ess-kg/graph/other"
    count = f"SELECT (COUNT(*) AS ?n) {{ <{LABO}> ?p ?o }}"
    assert int(bindings(await ask(client, count))[0]["n"]) > 1
    only = await ask(client, count, **{"default-graph-uri": named})
    assert bindings(only) == [{"n": "1"}]
    unknown = await ask(client, count, **{"named-graph-uri": "http://127.0.0.1:9/nowhere"})
    assert bindings(unknown) == [{"n": "0"}]


async def ask(client: httpx.AsyncClient, text: str, **parameters: str) -> httpx.Response:
    return await client.get("/sparql", params={"query": text, **parameters})


@pytest.mark.parametrize(
    ("method", "parameters", "headers", "body", "status", "kind"),
    [
        ("GET", {"query": "SELEC *"}, {}, "", 400, "query-syntax"),
        ("GET", {"query": ["ASK {}", "ASK {}"]}, {}, "", 400, "bad-request"),
        ("GET", {"query": "ASK {}", "format": "pdf"}, {}, "", 400, "bad-request"),
        ("GET", {"query": "ASK {}"}, {"Accept": "image/png"}, "", 406, "not-acceptable"),
        ("GET", {"query": "INSERT DATA {}"}, {}, "", 403, "query-refused"),
        ("GET", {"update": "CLEAR ALL"}, {}, "", 403, "query-refused"),
        ("GET", {"query": "ASK { SERVICE <urn:x> {} }"}, {}, "", 403, "query-refused"),
        ("GET", {"query": ""}, {}, "", 400, "query-syntax"),
        ("PUT", {"query": "ASK {}"}, {}, "", 405, "method-not-allowed"),
        ("POST", {}, {}, "query=ASK%20%7B%7D", 415, "unsupported-media-type"),
        ("POST", {}, {"Content-Type": "text/plain"}, "ASK {}", 415, "unsupported-media-type"),
        (
            "POST", {}, {"Content-Type": "application/sparql-query; charset=UTF-16"}, "ASK {}",
            415, "unsupported-media-type",
        ),
        ("POST", {}, {"Content-Type": "application/sparql-update"}, "CLEAR ALL", 415,
         "unsupported-media-type"),
        ("POST", {}, DIRECT, b"ASK { <urn:\xff> ?p ?o }", 400, "bad-request"),
        ("POST", {}, FORM, "x=1", 400, "bad-request"),
        ("POST", {}, FORM, "query=ASK%20%7B%7D&query=ASK%20%7B%7D", 400, "bad-request"),
        ("POST", {"query": "ASK {}"}, DIRECT, "ASK {}", 400, "bad-request"),
        ("POST", {}, FORM, "update=CLEAR%20ALL", 403, "query-refused"),
        ("POST", {}, FORM, "&".join(f"a{n}=" for n in range(300)), 400, "bad-request"),
    ],
)  # fmt: skip
async def test_what_cannot_be_answered_is_told_why(
    client: httpx.AsyncClient,
    method: str,
    parameters: dict[str, str],
    headers: dict[str, str],
    body: str | bytes,
    status: int,
    kind: str,
) -> None:
    answer = await client.request(
        method, "/sparql", params=parameters, headers=headers, content=body
    )
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"].endswith(f"/problem/{kind}")
    assert problem["detail"]


async def test_a_syntax_error_has_line_and_column(client: httpx.AsyncClient) -> None:
    problem = (await ask(client, "SELECT *\nWHERE { ?s no:p ?o }")).json()
    assert (problem["line"], problem["column"]) == (2, 16)  # where the name ends
    assert "the prefix no: is not declared" in problem["detail"]


async def test_a_body_that_is_too_large(client: httpx.AsyncClient) -> None:
    answer = await client.post("/sparql", content=b" " * 1_100_000, headers=DIRECT)
    assert answer.status_code == 413

    async def parts() -> object:
        for _ in range(20):
            yield b" " * 100_000

    answer = await client.post("/sparql", content=parts(), headers=DIRECT)
    assert answer.status_code == 413


async def test_caching(client: httpx.AsyncClient) -> None:
    first = await ask(client, SELECT)
    tag = first.headers["etag"]
    again = await client.get(
        "/sparql", params={"query": SELECT}, headers={"If-None-Match": f'"other", W/{tag}'}
    )
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert "Accept" in first.headers["vary"]
    others = [
        await ask(client, SELECT + " "),
        await ask(client, SELECT, format="csv"),
        await ask(client, SELECT, **{"default-graph-uri": "urn:x"}),
    ]
    assert len({tag, *(answer.headers["etag"] for answer in others)}) == 4


async def test_what_differs_each_time_is_not_cached(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "SELECT (RAND() AS ?x) {}")
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_head_and_options(client: httpx.AsyncClient) -> None:
    got = await ask(client, SELECT)
    head = await client.head("/sparql", params={"query": SELECT})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(got.content))
    options = await client.options("/sparql")
    assert options.status_code == 204
    assert "POST" in options.headers["allow"]


async def test_other_sites_may_ask(client: httpx.AsyncClient) -> None:
    asked = {"Origin": "https://partner.example", "Access-Control-Request-Method": "POST"}
    preflight = await client.options("/sparql", headers=asked)
    assert preflight.headers["access-control-allow-origin"] == "*"
    failed = await client.get(
        "/sparql", params={"query": "nonsense"}, headers={"Origin": "https://partner.example"}
    )
    assert failed.headers["access-control-allow-origin"] == "*"


async def test_the_service_describes_itself(client: httpx.AsyncClient) -> None:
    answer = await client.get("/sparql", headers={"Accept": "text/turtle"})
    store = ox.Store()
    store.load(answer.content, ox.RdfFormat.TURTLE)
    asked = """PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
        ASK { ?service a sd:Service ; sd:endpoint <http://test/sparql> ;
          sd:supportedLanguage sd:SPARQL11Query ;
          sd:defaultDataset/sd:namedGraph/sd:name <https://w3id.org/ess-kg/graph/demo> }"""
    assert bool(store.query(asked))
    odd = await client.get("/sparql", headers={"Accept": "text/turtle", "Host": "a b<>"})
    assert odd.status_code in (200, 400)


async def test_a_browser_gets_a_form(client: httpx.AsyncClient) -> None:
    page = await client.get("/sparql", headers={"Accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<textarea" in page.text
    english = await client.get("/sparql?lang=en", headers={"Accept": "text/html"})
    assert "Examples" in english.text


async def test_every_example_of_the_form_runs(client: httpx.AsyncClient) -> None:
    for query in load_named_queries().values():
        text = query.fill(query.examples)
        assert (await ask(client, text)).status_code == 200, query.name


@pytest.mark.parametrize("syntax", ["ttl", "trig", "rdf"])
async def test_only_the_prefixes_in_use_are_declared(
    client: httpx.AsyncClient, syntax: str
) -> None:
    text = f"CONSTRUCT WHERE {{ <{LABO}> <http://www.w3.org/2004/02/skos/core#prefLabel> ?label }}"
    written = (await ask(client, text, format=syntax)).text
    assert "skos" in written
    assert "foaf" not in written
    assert "xsd" not in written
