"""The SPARQL page: an answer as a table with names and links, or the query with its error."""

import json
import re

import httpx
import pytest

from api.views.answer_map import parse_wkt_point
from tests.api.lists.test_pages import Page

PREFIXES = (
    "PREFIX org: <http://www.w3.org/ns/org#>\n"
    "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
    "PREFIX schema: <https://schema.org/>\n"
    "PREFIX ess: <https://w3id.org/ess-kg/ontology#>\n"
)


async def ask(client: httpx.AsyncClient, query: str, **more: str) -> httpx.Response:
    parameters = {"query": PREFIXES + query, "format": "html", "lang": "fr", **more}
    return await client.get("/sparql", params=parameters)


async def test_records_are_named_and_linked(client: httpx.AsyncClient) -> None:
    response = await ask(client, "SELECT ?o { ?o a org:Organization }")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    page = Page(response.text)
    assert any(href.startswith("/organisation/alpha-maison") for href in page.hrefs)
    assert "Maison des sciences" in response.text
    assert "SELECT ?o { ?o a org:Organization }" in response.text


async def test_counts_have_bars(client: httpx.AsyncClient) -> None:
    query = "SELECT ?class (COUNT(*) AS ?n) { ?s a ?class } GROUP BY ?class"
    assert "<meter" in (await ask(client, query)).text


async def test_long_answers_have_pages(client: httpx.AsyncClient) -> None:
    query = "SELECT ?s ?o { ?s skos:prefLabel ?o } ORDER BY ?s ?o"
    first = await ask(client, query, **{"page-size": "3"})
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following
    second = await client.get(following[1].replace("&amp;", "&"))
    assert second.status_code == 200
    assert second.headers["content-type"].startswith("text/html")
    assert 'id="answer"' in second.text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("ASK { ?s a org:Organization }", "Oui"),
        ("ASK { ?s a schema:Nothing }", "Non"),
        ("SELECT ?s { ?s a schema:Nothing }", "Aucune ligne"),
        ("CONSTRUCT { ?s a org:Organization } WHERE { ?s a org:Organization }", "alpha-maison"),
        ("SELECT (TRIPLE(<urn:a>, <urn:b>, 1) AS ?t) {}", "&lt;urn:b&gt;"),
    ],
)
async def test_each_form_has_its_answer(client: httpx.AsyncClient, query: str, shown: str) -> None:
    response = await ask(client, query)
    assert response.status_code == 200
    assert shown in response.text


async def test_an_answer_of_the_moment_is_kept_by_nobody(client: httpx.AsyncClient) -> None:
    response = await ask(client, "SELECT (RAND() AS ?x) {}")
    assert "no-store" in response.headers["cache-control"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_long_query_shows_its_first_rows(client: httpx.AsyncClient, method: str) -> None:
    query = "SELECT ?s { ?s a ?type } ORDER BY ?s ?type #" + "x" * 2500
    form = {"query": query, "format": "html", "page-size": "3"}
    data = {"params": form} if method == "GET" else {"data": form}
    response = await client.request(method, "/sparql", headers={"Accept": "text/html"}, **data)  # type: ignore[arg-type]
    assert response.status_code == 200
    assert response.text.count("<tr>") == 4
    assert 'rel="next"' not in response.text


async def test_an_error_is_at_its_line_and_the_query_is_kept(client: httpx.AsyncClient) -> None:
    response = await ask(client, "SELECT * {\n ?s ?p\n}")
    assert response.status_code == 400
    assert re.search(r'data-line="[5-7]" data-column="\d+"', response.text)
    assert "SELECT * {\n ?s ?p\n}" in response.text
    assert "etag" not in response.headers


async def test_what_is_refused_is_told_on_the_page(client: httpx.AsyncClient) -> None:
    response = await ask(client, "SELECT * { SERVICE <https://example.org/> { ?s ?p ?o } }")
    assert response.status_code in (400, 403)
    assert "SERVICE" in response.text
    assert 'role="alert"' in response.text


async def test_markup_in_data_and_query_is_escaped(client: httpx.AsyncClient) -> None:
    response = await ask(client, 'SELECT ("<script>alert(1)</script>" AS ?x) {}')
    assert "<script>alert" not in response.text
    assert "&lt;script&gt;alert" in response.text


async def test_the_page_has_terms_examples_and_no_inline_script(client: httpx.AsyncClient) -> None:
    response = await client.get("/sparql?lang=en", headers={"Accept": "text/html"})
    page = Page(response.text)
    assert "https://w3id.org/ess-kg/ontology#" in response.text
    assert any("format=html" in href for href in page.hrefs)
    assert any(href.startswith("/queries/") for href in page.hrefs)
    assert "unsafe" not in response.headers["content-security-policy"]
    assert {field.get("id") for field in page.fields} <= page.labelled


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?place { ?place a schema:Place }",
        "SELECT ?name ?lat ?long { ?p skos:prefLabel ?name ; schema:latitude ?lat ;"
        " schema:longitude ?long }",
        'SELECT ?p ("POINT(3.06 50.64)"^^<http://www.opengis.net/ont/geosparql#wktLiteral> AS ?w)'
        " { ?p a schema:Place }",
    ],
)
async def test_an_answer_with_places_is_a_map(client: httpx.AsyncClient, query: str) -> None:
    table = await ask(client, query)
    address = next(href for href in Page(table.text).hrefs if "view=map" in href)
    shown = await client.get(address)
    assert "data-points" in shown.text
    assert "<circle" in shown.text  # without scripts
    assert '<table class="data">' in shown.text
    assert 'aria-current="page"' in shown.text


@pytest.mark.parametrize(
    ("query", "relation"),
    [
        ("SELECT ?place ?territory { ?place a schema:Place ; ess:territory ?territory }", None),
        ("SELECT * { ?s ?p ?o . ?s a schema:Place . FILTER isIRI(?o) }", "territory"),
        ("CONSTRUCT WHERE { ?s ess:territory ?o }", "territory"),
    ],
)
async def test_an_answer_with_links_is_a_network(
    client: httpx.AsyncClient, query: str, relation: str | None
) -> None:
    shown = await ask(client, query, view="network")
    data = re.search(
        r'<figure class="network".*?<script type="application/json">(.*?)</script>',
        shown.text,
        re.DOTALL,
    )
    assert data
    network = json.loads(data[1])
    assert {"place/alpha-tiers", "territory/commune-75056"} <= {n["id"] for n in network["nodes"]}
    properties = {edge["property"].rpartition("#")[2] for edge in network["edges"]}
    assert (relation or "territory") in properties
    assert '<table class="data">' in shown.text


async def test_next_pages_keep_the_view_and_the_language(client: httpx.AsyncClient) -> None:
    query = "SELECT ?s ?o { ?s ess:territory ?o } ORDER BY ?s ?o"
    first = await ask(client, query, view="network", **{"page-size": "1"})
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following
    assert {"view=network", "lang=fr"} <= set(following[1].split("&amp;"))


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("POINT(3.06 50.64)", (50.64, 3.06)),
        ("<http://www.opengis.net/def/crs/OGC/1.3/CRS84> Point (3.06 50.64)", (50.64, 3.06)),
        ("<http://www.opengis.net/def/crs/EPSG/0/4326> POINT(50.64 3.06)", (50.64, 3.06)),
        ("<http://www.opengis.net/def/crs/EPSG/0/2154> POINT(650000 6860000)", None),
        ("POINT(3.06 99)", None),
        ("POINT(e e)", None),
        ("LINESTRING(0 0, 1 1)", None),
    ],
)
def test_points_as_text(text: str, point: tuple[float, float] | None) -> None:
    found = parse_wkt_point(text)
    assert (found and (found.latitude, found.longitude)) == point


async def test_a_post_gives_the_page_too(client: httpx.AsyncClient) -> None:
    form = {"query": "ASK {}", "format": "html"}
    response = await client.post("/sparql", data=form)
    assert response.status_code == 200
    assert 'id="answer"' in response.text


@pytest.mark.parametrize(
    "selection",
    ["/organisation", "/event?topics=topic/ess&view=calendar", "/event?kind=-", "/topic?q=communs"],
)
async def test_a_selection_leads_to_the_query_that_gives_the_same(
    client: httpx.AsyncClient, selection: str
) -> None:
    language = "&lang=fr" if "?" in selection else "?lang=fr"
    response = await client.get(selection + language, headers={"Accept": "text/html"})
    total = re.search(r'<span class="count">(\d+)', response.text)
    (href,) = (href for href in Page(response.text).hrefs if href.startswith("/sparql?query="))
    assert "lang=fr" in href
    answer = (await client.get(href)).text
    rows = re.search(r'<span class="count">(\d+)', answer.partition('id="answer"')[2])
    assert total
    assert (rows[1] if rows else "0") == total[1]


async def test_a_box_leads_to_no_query(client: httpx.AsyncClient) -> None:
    page = await client.get("/organisation?bbox=2,48,4,52", headers={"Accept": "text/html"})
    assert not any(href.startswith("/sparql?query=") for href in Page(page.text).hrefs)
