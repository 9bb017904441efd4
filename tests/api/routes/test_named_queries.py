"""Named queries: each runs, has typed parameters, and an answer that can be cited and checked."""

import hashlib
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

from api.dependencies import AppConfig
from api.serving.named_queries import digest_result
from kg.errors import BadRequest
from kg.installation import InstallationPaths
from kg.kinds import KIND_BY_NAME
from kg.namespaces import SCHEME
from kg.queries.named_queries import VALUE_FORMS, load_named_queries
from kg.queries.query_catalogue import describe_query_catalogue
from kg.sparql.backend import QueryLimits
from tests.api.conftest import opened

NAMES = sorted(load_named_queries())
EVENTS = "/queries/events-of-a-territory"
LILLE = {"territory": "commune-59350"}


@pytest.fixture(scope="module")
async def real(national: InstallationPaths) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app over the project's own data."""
    releases = national.data / "releases"
    async with opened(AppConfig(releases, QueryLimits(seconds=20), query_workers=1)) as one:
        yield one


async def test_every_query_has_an_answer_for_its_examples(real: httpx.AsyncClient) -> None:
    listed = (await real.get("/queries.json")).json()["queries"]
    assert [query["name"] for query in listed] == NAMES
    for name in NAMES:
        answer = await real.get(f"/queries/{name}.csv", params=load_named_queries()[name].examples)
        assert answer.status_code == 200, answer.text
        if load_named_queries()[name].examples or not load_named_queries()[name].parameters:
            assert len(answer.text.splitlines()) > 1, name


@pytest.mark.parametrize("name", NAMES)
def test_a_query_says_what_it_asks_in_both_languages(name: str) -> None:
    query = load_named_queries()[name]
    assert query.title.fr != query.title.en
    for parameter in query.parameters:
        assert f"VALUES ?{parameter.name} {{ UNDEF }}" in query.text
        kind = parameter.type.removeprefix("scheme/")
        assert (
            kind in VALUE_FORMS
            or kind in KIND_BY_NAME
            or kind != parameter.type
            or kind == "record"
        )
        assert parameter.about.fr
        assert parameter.about.en


async def test_an_answer_has_a_permalink_with_release_values_and_hash(
    real: httpx.AsyncClient,
) -> None:
    tsv = await real.get(f"{EVENTS}.tsv", params=LILLE)
    link = next(part for part in tsv.headers["Link"].split(", ") if 'rel="cite-as"' in part)
    permalink = httpx.URL(link.partition(">")[0].removeprefix("<"))
    found = dict(permalink.params)
    names, *rows = tsv.content.splitlines(keepends=True)
    assert found["hash"] == hashlib.sha256(names + b"".join(sorted(rows))).hexdigest()
    assert found["release"] == tsv.headers["X-Release"]
    assert found["territory"] == "commune-59350"
    again = await real.get(permalink.path + ".tsv", params=found)
    assert (again.status_code, again.content) == (200, tsv.content)
    assert "must-revalidate" not in again.headers["Cache-Control"]
    wrong = found | {"hash": "0" * 64}
    changed = await real.get(f"{EVENTS}.csv", params=wrong)
    assert changed.status_code == 409
    assert found["hash"] in changed.json()["detail"]
    assert (await real.get(f"{EVENTS}.csv", params=found | {"release": "x"})).status_code == 404


async def test_it_is_cited_in_words_bibtex_and_ris(real: httpx.AsyncClient) -> None:
    told = (await real.get(f"{EVENTS}.txt", params=LILLE | {"lang": "fr"})).text
    bibtex = (await real.get(f"{EVENTS}.bib", params=LILLE)).text
    ris = (await real.get(f"{EVENTS}.ris", params=LILLE | {"lang": "en"})).text
    assert told.startswith("ess-kg, « Les événements d'un territoire")
    assert bibtex.startswith("@misc{ess-kg-events-of-a-territory-")
    assert bibtex.count("{") == bibtex.count("}")
    assert ris.startswith("TY  - DATA\r\n")
    assert ris.endswith("ER  - \r\n")
    for text in (told, bibtex, ris):
        assert "http://test/queries/events-of-a-territory?territory=" in text
        assert "&hash=" in text
        assert "creativecommons.org" in text
        assert "Sources" in text
        assert str(datetime.now(UTC).year) in text
    other = (await real.get(f"{EVENTS}.bib", params={"territory": "commune-75056"})).text
    assert other.partition(",")[0] != bibtex.partition(",")[0]


ENGLISH = {"Accept-Language": "en"}


async def test_names_are_in_the_language_of_the_answer(real: httpx.AsyncClient) -> None:
    """Where there is one in it; the permalink says which."""
    french = await real.get(f"{EVENTS}.csv", params=LILLE)
    english = await real.get(f"{EVENTS}.csv", params=LILLE | {"lang": "en"})
    assert french.text != english.text
    assert len(french.text.splitlines()) == len(english.text.splitlines())
    for answer, language in ((french, "fr"), (english, "en")):
        link = next(p for p in answer.headers["Link"].split(", ") if 'rel="cite-as"' in p)
        assert f"lang={language}" in link
        permalink = httpx.URL(link.partition(">")[0].removeprefix("<"))
        again = await real.get(
            permalink.path + ".csv",
            params=dict(permalink.params),
            headers={"Accept-Language": "en"},
        )
        assert (again.status_code, again.text) == (200, answer.text)
    page = await real.get(
        EVENTS, params=LILLE, headers={"Accept": "text/html", "Accept-Language": "en"}
    )
    assert "lang=en" in page.text


JOINED = {
    "around-an-event": "ror-00qe7f485",
    "communes-with-research-and-third-places": "commune-59350,Lille,238246",
    "communes-without-a-kind-of-place": "commune-59367,Lys-lez-Lannoy",
    "ess-in-one-list-and-not-another": "siren-942368499,A11y France,9220,62.02A",
    "inhabitants-for-each-place": "departement-90,Territoire de Belfort",
    "organisations-of-a-naf-2025-activity": "siren-503062408,Access42,62.01Z",
    "parts-of-an-organisation": "ror-04f5rw142",
    "people-of-a-territory": "inocrea-hamdouch,Abdel-Ilah Hamdouch",
    "same-name-in-other-sources": "ror-0175hh227,Conservatoire National des Arts et Métiers,CNAM",
    "what-a-cluster-covers": "anct-fs-467,France services Amiens - Etouvie,france-services",
}
"""Queries that several sources answer together, with a part of one row."""


async def test_what_no_source_tells_alone_is_asked_of_all(real: httpx.AsyncClient) -> None:
    for name, row in JOINED.items():
        examples = load_named_queries()[name].examples | {"lang": "fr"}
        answer = await real.get(f"/queries/{name}.csv", params=examples)
        assert f"/{row}" in answer.text, name


async def test_a_topic_has_everything_about_it_once(real: httpx.AsyncClient) -> None:
    rows = (await real.get("/queries/about-a-topic.csv?topic=biens-communs")).text.splitlines()[1:]
    things = [row.split(",")[1] for row in rows]
    assert len(things) == len(set(things)) > 2
    living = (await real.get("/queries/about-a-topic.csv?topic=living-lab")).text
    for part in ("ontology#Claim", "#definition", "Place"):
        assert part in living


async def test_a_period_is_told_by_years_or_months(real: httpx.AsyncClient) -> None:
    every = (await real.get("/queries/timeline.csv")).text.splitlines()
    years = (await real.get("/queries/timeline.csv?from=2010&to=2010")).text.splitlines()
    days = (await real.get("/queries/timeline.csv?from=2010-01-01&to=2010-12-31")).text.splitlines()
    assert years == days
    assert 1 < len(years) < len(every)


@pytest.mark.parametrize(
    "address",
    ["events-of-a-territory.csv?territory=Lille", "publications-of-a-person.bib?person=nobody",
     "about-a-topic.csv?topic=none", "passages-of-a-record.csv?record=event/none",
     "organisations-of-a-territory.csv?territory=commune-59350&kind=none"],
)  # fmt: skip
async def test_what_names_nothing_is_no_answer(real: httpx.AsyncClient, address: str) -> None:
    found = await real.get(f"/queries/{address}")
    assert found.status_code == 400
    assert "cite-as" not in found.headers.get("Link", "")


async def test_a_page_offers_a_choice_for_a_name_that_is_not_clear(
    real: httpx.AsyncClient,
) -> None:
    page = await real.get("/queries/about-a-topic?topic=communs&lang=fr")
    assert page.status_code == 200
    assert "cite-as" not in page.headers.get("Link", "")
    assert 'href="/queries/about-a-topic?topic=biens-communs' in page.text


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        (f"{EVENTS}.csv", 400, "territory is missing"),
        (f"{EVENTS}.csv?territory=a%20b", 400, "territory='a b' cannot be used"),
        (f"{EVENTS}.csv?territory=x&year=twenty", 400, "year='twenty' cannot be used"),
        (f"{EVENTS}.csv?territory=x&colour=red", 400, "unknown parameter colour"),
        (f"{EVENTS}.csv?territory=x&territory=y", 400, "given twice"),
        ("/queries/passages-of-a-record.csv?record=nothing/x", 400, "cannot be used"),
        ("/queries/nothing", 404, "/queries lists them"),
        (f"{EVENTS}.png?territory=x", 406, ".csv"),
    ],
)
async def test_what_cannot_be_used_is_told(
    client: httpx.AsyncClient, address: str, status: int, told: str
) -> None:
    answer = await client.get(address)
    assert answer.status_code == status, answer.text
    assert told in answer.json()["detail"]


@pytest.mark.parametrize(
    "value", ["x> } DELETE { ?s ?p ?o", 'x" . ?a ?b ?c', "x\\u003E", "x}", "../../ontology"]
)
async def test_no_value_gets_out_of_its_slot(client: httpx.AsyncClient, value: str) -> None:
    answer = await client.get(f"{EVENTS}.csv", params={"territory": value})
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert len(answer.text.splitlines()) == 1


def test_values_are_terms() -> None:
    query = load_named_queries()["organisations-of-a-territory"]
    filled = query.fill({"territory": "commune-75056", "kind": "association"})
    assert "<https://w3id.org/ess-kg/id/territory/commune-75056>" in filled
    assert f"<{SCHEME}organisation-kind/association>" in filled
    with pytest.raises(BadRequest):
        query.complete_values({"territory": ""})


async def test_pages_speak_both_languages(real: httpx.AsyncClient) -> None:
    for language, title, cite in (("fr", "Requêtes nommées", "Citer"), ("en", "Named", "Cite")):
        headers = {"Accept": "text/html"}
        assert title in (await real.get(f"/queries?lang={language}", headers=headers)).text
        form = await real.get(f"{EVENTS}?lang={language}", headers=headers)
        assert "<form" in form.text
        assert cite not in form.text
        shown = await real.get(f"{EVENTS}?lang={language}", params=LILLE, headers=headers)
        assert cite in shown.text
        assert "event/inocrea" in shown.text


async def test_what_was_given_is_shown_escaped(client: httpx.AsyncClient) -> None:
    value = "<script>alert(1)</script>"
    headers = {"Accept": "text/html"}
    page = await client.get("/queries/timeline", params={"from": value}, headers=headers)
    assert page.status_code == 400
    assert "<script>alert" not in page.text


async def test_each_is_an_operation_of_the_description(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    for name, query in load_named_queries().items():
        operation = paths[f"/queries/{name}"]["get"]
        told = {p["name"] for p in operation["parameters"]}
        assert {p.name for p in query.parameters} | {"release", "hash"} <= told


async def test_editors_find_prefixes_and_examples_at_the_endpoint(real: httpx.AsyncClient) -> None:
    prefixes = (
        "PREFIX sh: <http://www.w3.org/ns/shacl#> SELECT DISTINCT ?prefix ?namespace "
        "WHERE { [] sh:namespace ?namespace ; sh:prefix ?prefix }"
    )
    examples = (
        "PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX rdfs: "
        "<http://www.w3.org/2000/01/rdf-schema#> SELECT DISTINCT ?sq ?comment ?query WHERE { "
        "?sq a sh:SPARQLExecutable ; rdfs:comment ?comment ; sh:select|sh:ask|sh:construct ?query }"
    )
    found = (await real.get("/sparql", params={"query": prefixes})).json()["results"]["bindings"]
    assert {row["prefix"]["value"] for row in found} >= {"ess", "skos", "org"}
    rows = (await real.get("/sparql", params={"query": examples})).json()["results"]["bindings"]
    assert len(rows) == 2 * len(NAMES)
    assert set(describe_query_catalogue()) == {
        triple
        for triple in ox.parse((await real.get("/queries.ttl")).content, ox.RdfFormat.TURTLE)
        for triple in [triple.triple]
    }


def test_the_hash_does_not_depend_on_the_order_of_rows() -> None:
    assert (
        digest_result(b"?a\n1\n2\n") == digest_result(b"?a\n2\n1\n") != digest_result(b"?a\n1\n3\n")
    )
    assert digest_result(b"?a\n") == hashlib.sha256(b"?a\n").hexdigest()


async def test_a_kept_release_is_asked_by_its_name(client: httpx.AsyncClient) -> None:
    ask = {"query": "ASK { <urn:x:second> ?p ?o }"}
    for name, expected in (("release-1", False), ("release-2", True)):
        answer = await client.get("/sparql", params=ask | {"release": name})
        assert answer.headers["X-Release"] == name
        assert json.loads(answer.text)["boolean"] is expected
        page = await client.get("/event.json", params={"release": name})
        assert page.json()["release"] == name
    unknown = await client.get("/sparql", params=ask | {"release": "../release-1"})
    assert unknown.status_code == 404
    assert "release-1, release-2" in unknown.json()["detail"]


async def test_few_kept_releases_are_open_at_once(frozen: Path) -> None:
    async with opened(AppConfig(frozen / "releases", query_workers=1)) as client:
        current = client.app.state.current  # type: ignore[attr-defined]
        async with current.acquire("release-1") as one:
            async with current.acquire("release-1") as two:
                assert one is two
            assert not one.retired
        assert one.users == 0


async def test_words_are_searched_from_a_query(real: httpx.AsyncClient) -> None:
    text = """PREFIX ess: <https://w3id.org/ess-kg/ontology#>
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        SELECT ?thing ?label ?score {
          FILTER(ess:matches(?thing, "mutualisation des resources", ?score))
          ?thing a <https://schema.org/Event> ; skos:prefLabel ?label . FILTER(LANG(?label) = "fr")
        } ORDER BY DESC(?score)"""
    rows = (await real.get("/sparql", params={"query": text})).json()["results"]["bindings"]
    assert rows[0]["thing"]["value"].endswith("/event/inocrea-2010-11-04")
    assert float(rows[0]["score"]["value"]) > 0
    wrong = "SELECT * { ?x ?p ?o FILTER(!<https://w3id.org/ess-kg/ontology#matches>(?x, 'a')) }"
    answer = await real.post("/sparql", data={"query": wrong})
    assert answer.status_code == 400
    assert answer.json()["column"] > 1


async def test_every_function_of_the_service_description_is_there(
    real: httpx.AsyncClient,
) -> None:
    answer = await real.get("/sparql", headers={"Accept": "application/n-triples"})
    named = re.findall(r"extensionFunction> <([^>]+geosparql/[^>]+)>", answer.text)
    assert len(named) > 5
    point = '"POINT(3 50)"^^<http://www.opengis.net/ont/geosparql#wktLiteral>'
    unit = ", <http://www.opengis.net/def/uom/OGC/1.0/metre>"
    for name in named:
        call = f"<{name}>({point}, {point}{unit if name.endswith('distance') else ''})"
        told = await real.get("/sparql", params={"query": f"SELECT ({call} AS ?x) {{}}"})
        assert told.json()["results"]["bindings"][0]["x"]["value"] in ("true", "false", "0", "0.0")
