"""A thing's IRI leads to its document, in every form, and to nothing else."""

import json

import httpx
import pyoxigraph as ox
import pytest

from kg.formats import ENTITY_FORMATS, HTML, JSON_LD, Format
from kg.rdf.io import OX_FORMATS

LABO = "/id/organisation/demo-labo"
RDF = tuple(f for f in ENTITY_FORMATS if f != HTML)


async def graph(client: httpx.AsyncClient, path: str, syntax: Format) -> set[ox.Triple]:
    """The triples of a document; a JSON-LD context is put in by hand, nothing is fetched."""
    answer = await client.get(path, headers={"Accept": syntax.media_type})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == syntax.content_type
    text = answer.text
    if syntax == JSON_LD:
        context = (await client.get("/context.jsonld")).json()["@context"]
        content = answer.json()
        assert content["@context"] == "http://test/context.jsonld"
        text = json.dumps({**content, "@context": context})
    return {quad.triple for quad in ox.parse(text.encode(), OX_FORMATS[syntax])}


@pytest.mark.parametrize("syntax", ENTITY_FORMATS)
async def test_a_thing_leads_to_its_document(client: httpx.AsyncClient, syntax: Format) -> None:
    answer = await client.get(LABO, headers={"Accept": syntax.media_type})
    assert answer.status_code == 303
    ending = "" if syntax == HTML else f".{syntax.extension}"
    assert answer.headers["location"] == f"/organisation/demo-labo{ending}"
    assert answer.headers["vary"].startswith("Accept")


@pytest.mark.parametrize("name", ["organisation/demo-labo", "person/demo-camille", "source/demo"])
async def test_every_form_says_the_same(client: httpx.AsyncClient, name: str) -> None:
    first, *others = [await graph(client, f"/{name}", syntax) for syntax in RDF]
    assert len(first) > 5
    for other in others:
        assert other == first
    for syntax in RDF:
        assert await graph(client, f"/{name}.{syntax.extension}", syntax) == first


async def test_a_document_has_the_thing_and_what_hangs_on_it(client: httpx.AsyncClient) -> None:
    text = (await client.get("/organisation/demo-labo.nt")).text
    for fact in [
        '"Laboratory of places"@en',
        '"Un laboratoire\\nsur les lieux."@fr',  # from another source
        "#identifier-siren-123456782> <http://www.w3.org/2004/02/skos/core#notation> ",
        "demo-camille#membership-1> <http://www.w3.org/ns/org#role>",
        'inXSDgYear> "2009"',  # three steps away
        '"Camille Exemple"@fr',  # the name of what it points to
        "demo-journee> <https://schema.org/organizer>",  # what points to it
        "<http://purl.org/dc/terms/license> <https://creativecommons.org/publicdomain/zero/1.0/>",
        "organisation/demo-labo> <http://xmlns.com/foaf/0.1/primaryTopic>",
    ]:
        assert fact in text, fact


async def test_json_ld_is_a_tree(client: httpx.AsyncClient) -> None:
    labo = (await client.get("/organisation/demo-labo.jsonld")).json()
    assert labo["type"] == "Organization"
    assert labo["prefLabel"]["en"] == "Laboratory of places"
    assert labo["identifier"]["notation"] == "123456782"


async def test_pages(client: httpx.AsyncClient) -> None:
    page = await client.get("/event/demo-journee", headers={"Accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "&lt;2026&gt;" in page.text
    assert "<2026>" not in page.text
    assert 'rel="alternate"; type="text/turtle"' in page.headers["link"]
    assert (
        '<https://w3id.org/ess-kg/id/event/demo-journee>; rel="describes"' in page.headers["link"]
    )
    assert (await client.get("/source/demo.html")).status_code == 200


@pytest.mark.parametrize("prefix", ["/id", ""])
@pytest.mark.parametrize("suffix", ["", ".ttl"])
async def test_what_moved_and_what_is_gone(
    client: httpx.AsyncClient, prefix: str, suffix: str
) -> None:
    moved = await client.get(f"{prefix}/organisation/old-labo{suffix}")
    assert moved.status_code == 301
    assert moved.headers["location"] == LABO
    gone = await client.get(f"{prefix}/person/erased{suffix}")
    assert gone.status_code == 410
    assert "2026-01-01" in gone.json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "organisation/none",
        "nothing/x",
        "source/none",
        "organisation/a b",
        "person/<x>",
        "event/%00",
    ],
)
@pytest.mark.parametrize("prefix", ["/id/", "/"])
async def test_what_is_not_there(client: httpx.AsyncClient, prefix: str, path: str) -> None:
    answer = await client.get(prefix + path)
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/not-found")


async def test_not_found_is_a_page_for_a_browser(client: httpx.AsyncClient) -> None:
    page = await client.get("/id/person/<script>", headers={"Accept": "text/html,*/*"})
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script>" not in page.text


async def test_not_modified(client: httpx.AsyncClient) -> None:
    first = await client.get("/organisation/demo-labo.ttl")
    again = await client.get(
        "/organisation/demo-labo.ttl", headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get("/organisation/demo-labo.nt")
    assert other.headers["etag"] != first.headers["etag"]


async def test_only_what_is_offered(client: httpx.AsyncClient) -> None:
    answer = await client.get(LABO, headers={"Accept": "application/pdf"})
    assert answer.status_code == 406
