"""Pages of the model: words with counts and examples, codes with their records, rules in words."""

import httpx
import pyoxigraph as ox
import pytest

from api.views.void_counts import count_terms
from tests.api.lists.test_pages import Page

HTML = {"Accept": "text/html"}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    "path",
    ["/ontology", "/ontology/org:Organization", "/ontology/headquarteredIn", "/shapes", "/scheme",
     "/scheme/organisation-kind", "/scheme/organisation-kind/laboratory", "/scheme/event-kind"],
)  # fmt: skip
async def test_pages_are_well_formed(client: httpx.AsyncClient, path: str, language: str) -> None:
    response = await client.get(f"{path}?lang={language}", headers=HTML)
    assert response.status_code == 200
    page = Page(response.text)
    assert page.lang == language
    assert len(page.ids) == len(set(page.ids))
    anchors = {href[1:] for href in page.hrefs if href.startswith("#")}
    assert anchors <= set(page.ids)


async def test_a_term_has_its_sentence_its_use_and_an_example(client: httpx.AsyncClient) -> None:
    """In the index where its address leads to, and on a page of its own."""
    index = (await client.get("/ontology?lang=en", headers=HTML)).text
    entry = index.partition('id="headquarteredIn"')[2].partition("</dd>")[0]
    assert 'href="/ontology/headquarteredIn?lang=en"' in entry
    text = (await client.get("/ontology/headquarteredIn?lang=en", headers=HTML)).text
    sentence = text.partition('class="lead">')[2].partition("<")[0]
    assert sentence
    assert sentence in entry
    assert "statements" in text
    assert "Maison des sciences" in text
    assert "Lille" in text
    assert "format=html" in text
    assert 'id="term-org-Organization"' in index
    organisation = (await client.get("/ontology/org:Organization?lang=en", headers=HTML)).text
    assert 'href="/organisation?lang=en"' in organisation
    assert "Described by" in organisation
    assert "schema:Organization" in organisation
    assert 'href="/shapes?lang=en#' in organisation


async def test_a_class_counts_its_list_and_says_what_else_is_of_it(
    client: httpx.AsyncClient,
) -> None:
    counts = (await client.get("/?format=json")).json()["counts"]
    page = Page((await client.get("/ontology/org:Organization?lang=en", headers=HTML)).text)
    both = counts["organisation"] + counts["cluster"]
    assert counts["cluster"]
    assert f"In this release {counts['organisation']} records" in page.text
    assert (
        f"The graph has {both} instances of this class: these records, and also "
        f"{counts['cluster']} cluster."
    ) in page.text
    page = Page((await client.get("/ontology/skos:Concept?lang=en", headers=HTML)).text)
    assert f"In this release {counts['topic']} records" in page.text
    assert "codes of the code lists." in page.text
    page = Page((await client.get("/ontology/schema:Event?lang=en", headers=HTML)).text)
    assert f"In this release {counts['event']} records" in page.text
    assert "instances of this class" not in page.text


async def test_every_term_of_the_index_has_its_page_and_statements(
    client: httpx.AsyncClient,
) -> None:
    index = Page((await client.get("/ontology", headers=HTML)).text)
    terms = sorted({href for href in index.hrefs if href.startswith("/ontology/")})
    assert len(terms) > 200
    for term in terms:
        page = Page((await client.get(term, headers=HTML)).text)
        assert page.headings.count(1) == 1, term
        for href in page.hrefs:
            bare = href.partition("?")[0].partition(".")[0]
            assert not href.startswith("/ontology/") or bare in terms, href
    turtle = await client.get("/ontology/Accreditation.ttl")
    triples = [q.triple for q in ox.parse(turtle.content, ox.RdfFormat.TURTLE)]
    assert {str(t.subject) for t in triples} == {"<https://w3id.org/ess-kg/ontology#Accreditation>"}
    assert (await client.get("/ontology/nothing", headers=HTML)).status_code == 404
    assert (await client.get("/ontology/org:nothing")).status_code == 404


async def test_anchors_of_the_index_are_the_fragments_of_our_terms(
    client: httpx.AsyncClient,
) -> None:
    whole = await client.get("/ontology.ttl")
    own = "https://w3id.org/ess-kg/ontology#"
    subjects = {str(q.triple.subject)[1:-1] for q in ox.parse(whole.content, ox.RdfFormat.TURTLE)}
    names = {iri.removeprefix(own) for iri in subjects if iri.startswith(own)}
    assert len(names) > 150
    assert names <= set(Page((await client.get("/ontology", headers=HTML)).text).ids)


async def test_the_diagram_is_also_told_in_words(client: httpx.AsyncClient) -> None:
    text = (await client.get("/ontology", headers=HTML)).text
    assert "<svg" in text
    assert "Cluster est porté par organisation" in text


async def test_a_code_leads_to_its_records(client: httpx.AsyncClient) -> None:
    for path in ("/scheme/organisation-kind", "/scheme/organisation-kind/laboratory"):
        response = await client.get(path, headers=HTML)
        assert "Voir 1 organisation" in response.text
        assert "/organisation?kind=laboratory" in Page(response.text).hrefs


async def test_rules_are_sentences_by_kind(client: httpx.AsyncClient) -> None:
    text = (await client.get("/shapes?lang=en", headers=HTML)).text
    assert 'id="rules-organisation"' in text
    assert "refused" in text
    assert "sh:PropertyShape" not in text


async def test_void_counts_properties_inside_classes(client: httpx.AsyncClient) -> None:
    turtle = await client.get("/.well-known/void.ttl")
    triples = tuple(q.triple for q in ox.parse(turtle.content, ox.RdfFormat.TURTLE))
    counts = count_terms(triples)
    person = "http://xmlns.com/foaf/0.1/Person"
    assert counts.classes[person] == 1
    assert "http://xmlns.com/foaf/0.1/givenName" in counts.properties_of[person]
    label = "http://www.w3.org/2004/02/skos/core#prefLabel"
    assert counts.properties[label] > 5
