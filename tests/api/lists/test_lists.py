"""Lists over HTTP: formats, links, pages, what is refused, what is described."""

import csv
import io
import json
import re
from pathlib import Path

import duckdb
import httpx
import pyoxigraph as ox
import pytest

from api.routes.lists import list_formats
from kg.csvw_tables import load_tables
from kg.kinds import KIND_BY_NAME, KINDS
from kg.namespaces import expand
from tests.catalogue.graphs import ROOT

MEMBER = ox.NamedNode("https://w3id.org/tree#member")


def links(answer: httpx.Response) -> dict[str, list[str]]:
    """Relation to targets, from the Link headers."""
    found: dict[str, list[str]] = {}
    for target, relation in re.findall(r'<([^>]*)>; rel="([^"]*)"', answer.headers["link"]):
        found.setdefault(relation, []).append(target)
    return found


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_every_list_comes_in_every_format_by_suffix_and_by_accept(
    client: httpx.AsyncClient, kind: object
) -> None:
    declared = KIND_BY_NAME[kind.name]  # type: ignore[attr-defined]
    for each in list_formats(declared):
        by_suffix = await client.get(f"{declared.path}.{each.extension}")
        by_accept = await client.get(declared.path, headers={"Accept": each.media_type})
        for answer in (by_suffix, by_accept):
            assert answer.status_code == 200, (each.name, answer.text)
            assert answer.headers["content-type"] == each.content_type
            assert answer.headers["x-release"] == "release-1"
            assert "Accept" in answer.headers["vary"]
        again = {"If-None-Match": by_suffix.headers["etag"]}
        assert (await client.get(by_suffix.url.path, headers=again)).status_code == 304


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_a_plural_leads_to_the_list_with_its_filters(
    client: httpx.AsyncClient, kind: object
) -> None:
    declared = KIND_BY_NAME[kind.name]  # type: ignore[attr-defined]
    answer = await client.get(f"/{declared.table}?q=l%C3%A0&limit=2")
    assert answer.status_code == 308
    assert answer.headers["location"] == f"{declared.path}?q=l%C3%A0&limit=2"


async def test_json_has_records_facets_labels_and_links(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/event.json?territory=region-32&topics=topic/ess")).json()
    assert answer["total"] == 2
    assert [item["key"] for item in answer["items"]] == ["alpha-cycle", "alpha-2010"]
    session = answer["items"][1]
    assert session["id"] == "https://w3id.org/ess-kg/id/event/alpha-2010"
    assert session["label"]["en"] == "Pooling in the social economy"
    assert session["begins"] == "2010-11-04T16:30:00+01:00"
    assert (session["earliest"], session["timezone"]) == ("2010-11-04T16:30", "Europe/Paris")
    assert session["columns"]["place"] == ["place/alpha-halles"]
    assert session["columns"]["super_event"] == "event/alpha-cycle"
    assert session["sources"] == ["alpha"]
    kinds = {v["value"]: v["count"] for v in answer["facets"]["kind"]["values"]}
    assert kinds == {"seminar-series": 1, "seminar-session": 1}
    assert answer["facets"]["topics"]["values"][0]["chosen"]
    assert answer["labels"]["scheme/event-kind/seminar-session"]["en"] == "Seminar session"
    assert answer["labels"]["id/topic/ess"]["fr"] == "économie sociale et solidaire"


async def test_pages_follow_each_other_by_their_links(client: httpx.AsyncClient) -> None:
    address, seen, steps = "/territory.json?limit=4&kind=commune&kind=region", [], 0
    while address:
        answer = await client.get(address)
        seen += [item["key"] for item in answer.json()["items"]]
        following = links(answer).get("next", [""])[0]
        assert answer.json()["links"].get("next", "") == following
        address, steps = following, steps + 1
    assert steps == 2
    assert sorted(seen) == sorted(
        ["region-32", "region-11", "commune-59350", "commune-59512", "commune-75056"]
    )


async def test_links_name_the_other_formats_with_the_same_filters(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/event.json?kind=summit&lang=en&limit=1")
    found = links(answer)
    assert found["canonical"] == ["https://w3id.org/ess-kg/event?kind=summit&limit=1"]
    assert "/event.ics?kind=summit&limit=1" in found["alternate"]
    for address in found["alternate"]:
        assert (await client.get(address)).status_code == 200


async def test_csv_has_the_canonical_columns(client: httpx.AsyncClient) -> None:
    answer = await client.get("/organisation.csv?sort=date")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert tuple(rows[0]) == load_tables(ROOT / "ontology" / "tables")["organisations"].names
    assert [row["id"] for row in rows] == ["alpha-vieille", "alpha-maison"]
    assert rows[1]["description_fr"] == 'Accueille des séminaires ; "citée" deux fois.'
    assert rows[1]["read_at"] == "1,9|10,31"
    assert answer.headers["x-total-count"] == "2"


async def test_duckdb_sees_that_a_csv_has_quotes(client: httpx.AsyncClient, tmp_path: Path) -> None:
    """It looks at the first 20,480 lines: of these none may have a comma in a value."""
    file = tmp_path / "topics.csv"
    answer = await client.get("/topic.csv")
    heading, first = answer.content.split(b"\r\n")[:2]
    lines = [b"topic-%d" % n + first[first.index(b",") :] for n in range(20_500)]
    assert b'"' not in lines[0]
    late = b"topic-late," + b'"one, and two"' + b"," * (heading.count(b",") - 1)
    file.write_bytes(b"\r\n".join([heading, *lines, late, b""]))
    found = duckdb.execute(f"SELECT label_fr FROM '{file}' WHERE id = 'topic-late'").fetchall()
    assert found == [("one, and two",)]


async def test_rdf_says_what_the_columns_say(client: httpx.AsyncClient) -> None:
    expected = None
    for extension, syntax in (
        ("ttl", ox.RdfFormat.TURTLE), ("nt", ox.RdfFormat.N_TRIPLES),
        ("rdf", ox.RdfFormat.RDF_XML),
    ):  # fmt: skip
        answer = await client.get(f"/event.{extension}?kind=study-day")
        graph = {quad.triple for quad in ox.parse(answer.content, syntax)}
        subjects = {str(triple.object) for triple in graph if triple.predicate == MEMBER}
        assert subjects == {"<https://w3id.org/ess-kg/id/event/alpha-jour>"}
        event = ox.NamedNode("https://w3id.org/ess-kg/id/event/alpha-jour")
        day = ox.Literal("2019-04-19", datatype=ox.NamedNode(expand("xsd:date")))
        assert ox.Triple(event, ox.NamedNode(expand("schema:startDate")), day) in graph
        own = {triple for triple in graph if triple.subject == event}
        assert expected in (None, own)
        expected = own


async def test_json_ld_uses_the_context_and_keeps_every_member(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/event.jsonld")).json()
    assert answer["@context"] == "http://test/context.jsonld"
    included = answer.get("@included") or answer.get("included")
    assert len([node for node in included if "/id/event/" in str(node)]) >= 6


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/event?colour=red", "unknown parameter 'colour'"),
        ("/event?kind=nothing", "kind='nothing' is not known"),
        ("/event.ics?limit=0", "limit=0: a page has 1 to 500 records"),
        ("/event.csv?limit=many", "limit='many' is not a whole number"),
        ("/event?territory=lile", "did you mean commune-59350"),
        ("/event?limit=9999", "a page has 1 to 500 records"),
        ("/event?limit=many", "not a whole number"),
        ("/event?sort=colour", "sorted by label, date, -date"),
        ("/event?after=nonsense", "not an address of a page"),
        ("/event?from=2011-02-30", "is not a date"),
        ("/event?bbox=1,2", "west,south,east,north"),
        ("/event?lang=xx", "available: fr, en"),
        ("/search?colour=red", "unknown parameter 'colour'"),
        ("/search?q=a&kind=colour", "is not a kind"),
        ("/search?q=a&limit=0", "1 to 100"),
        ("/search?q=" + "a" * 201, "at most 200"),
    ],
)
async def test_what_cannot_be_used_is_a_problem_that_says_why(
    client: httpx.AsyncClient, address: str, told: str
) -> None:
    answer = await client.get(address, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in answer.json()["detail"]


async def test_the_description_has_one_operation_per_kind_whose_examples_work(
    client: httpx.AsyncClient,
) -> None:
    description = (await client.get("/openapi.json")).json()
    for kind in KINDS:
        operation = description["paths"][kind.path]["get"]
        assert operation["operationId"] == f"list_{kind.name}"
        assert "ListDocument" in str(operation["responses"]["200"])
        names = {p["name"] for p in operation["parameters"]}
        assert {"q", "source", "assertion", "bbox", "sort", "after", "limit", *kind.facets} <= names
        assert ("from" in names) == bool(kind.dates)
    events = description["paths"]["/event"]["get"]["parameters"]
    examples = {p["name"]: p["example"] for p in events if "example" in p}
    for name in ("q", "kind", "from", "to", "bbox", "sort", "territory", "topics"):
        value = examples[name][0] if isinstance(examples[name], list) else examples[name]
        answer = await client.get("/event.json", params={name: value})
        assert answer.status_code == 200, answer.text


async def test_the_answers_fit_their_description(client: httpx.AsyncClient) -> None:
    from api.openapi.lists import ListDocument, SearchDocument

    totals = {}
    for kind in KINDS:
        answer = await client.get(f"{kind.path}.json")
        assert answer.status_code == 200
        told = ListDocument.model_validate_json(answer.content)
        totals[kind.name] = told.total
        # nothing of an answer is left out of its description
        assert json.loads(told.model_dump_json(by_alias=True)).keys() == answer.json().keys()
    assert sum(totals.values()) > len(KINDS)
    found = SearchDocument.model_validate_json((await client.get("/search.json?q=lille")).content)
    assert found.items


async def test_head_is_answered_without_a_body(client: httpx.AsyncClient) -> None:
    answer = await client.head("/event.csv")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_source_that_says_nothing_of_a_kind_gives_an_empty_list(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/event.json?source=terres")
    assert answer.status_code == 200
    assert answer.json()["items"] == []
    assert (await client.get("/event.json?source=nowhere")).status_code == 400


async def test_a_topic_is_named_by_its_key_alone(client: httpx.AsyncClient) -> None:
    short = (await client.get("/event.json?topics=ess")).json()
    whole = (await client.get("/event.json?topics=topic/ess")).json()
    assert short["total"] == whole["total"] > 0
    assert short["links"]["first"] == whole["links"]["first"]


async def test_a_collection_is_the_same_whatever_the_size_of_its_pages(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/event.ttl?limit=1")
    assert "<https://w3id.org/ess-kg/event>" in answer.text


async def test_a_search_takes_one_text(client: httpx.AsyncClient) -> None:
    assert (await client.get("/search?q=a&q=b")).status_code == 400
    assert (await client.get("/search?q=a&kind=event&kind=person")).status_code == 200


async def test_the_dumps_are_told_in_french(client: httpx.AsyncClient) -> None:
    page = (await client.get("/dumps.html?lang=fr")).text
    assert "tout le graphe" in page
    assert "whole" not in page


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_a_table_has_texts_once_and_says_their_language(
    client: httpx.AsyncClient, language: str
) -> None:
    page = (await client.get(f"/event?view=table&lang={language}")).text
    headings = re.findall(r'<th scope="col">([^<]*)</th>', page)
    assert headings.count("Description") == 1
    assert sum("escription" in heading for heading in headings) == 1
    marked = '<span lang="fr">Exposé; avec, des signes'
    assert (marked in page) == (language == "en")
    assert "Exposé; avec, des signes" in page


async def test_filters_in_use_are_told_in_words(client: httpx.AsyncClient) -> None:
    asked = "/event?from=2010&to=2020-03-11&bbox=2,48,4,52&begun=201X&lang=fr"
    page = (await client.get(asked)).text
    used = page.partition('class="used"')[2].partition("</div>")[0]
    told = re.findall(r">([^<>]+) <span class=.hidden.>", used)
    assert [text.replace("\u00a0", " ") for text in told] == [
        "Du : 2010",
        "Au : 11 mars 2020",
        "Zone : un cadre de la carte",
        "Début : années 2010",
    ]
    typed = (await client.get("/event?from=31/12/2018&lang=fr")).text
    assert "31/12/2018 <span" in typed
