"""Long groups of relations: the first on the page of the record, all of them as a list."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pyoxigraph as ox
import pytest

from api.views import relation_list
from kg.documents import relation_groups
from tests.api.lists.conftest import client_of, freeze_graph
from tests.api.lists.test_pages import HTML, Page

ID = "https://w3id.org/ess-kg/id/"
MEMBERS, EVENTS, TOOLS, FORMER = 1_200, 80, 30, 30
"""More memberships than a document in RDF has, and fewer tools than a list of their own needs."""
MANY = "/organisation/many"
LIST = f"/relations{MANY}"
PREFIXES = """
PREFIX adms: <http://www.w3.org/ns/adms#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX ess: <https://w3id.org/ess-kg/ontology#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX schema: <https://schema.org/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX time: <http://www.w3.org/2006/time#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX role: <https://w3id.org/ess-kg/scheme/membership-role/>
PREFIX assertion: <https://w3id.org/ess-kg/scheme/assertion/>
"""


def write_member(n: int) -> str:
    """A membership: the first ones are over, the next have begun, the others have no date."""
    person, node = f"<{ID}person/p{n:04}>", f"{ID}person/p{n:04}#membership-1"
    lines = [
        f'{person} a foaf:Person ; skos:prefLabel "Membre {n:04}"@fr .',
        f"<{node}> a org:Membership ; org:member {person} ; org:organization <{ID}{MANY[1:]}> ;"
        f" org:role role:member ; ess:assertion assertion:stated ;"
        f" prov:wasDerivedFrom <{ID}source/alpha#key=person/p{n:04}> .",
    ]
    side, year = ("End", 1990 + n) if n < FORMER else ("Beginning", 1990 + n - FORMER)
    if n < 2 * FORMER:
        lines.append(
            f"<{node}> org:memberDuring <{node}-interval> . <{node}-interval> time:has{side}"
            f' <{node}-instant> . <{node}-instant> time:inXSDgYear "{year}"^^xsd:gYear .'
        )
    if n >= FORMER:
        lines.append(f"{person} org:memberOf <{ID}{MANY[1:]}> .")
    return "\n".join(lines)


def write_event(n: int) -> str:
    event = f"<{ID}event/e{n:02}>"
    return (
        f'{event} a schema:Event ; skos:prefLabel "Journée {n:02}"@fr ;'
        f' schema:startDate "{2001 + n % 20}-03-01"^^xsd:date ; dct:subject <{ID}{MANY[1:]}> .'
        f" {event[:-1]}#fact-1> a ess:Fact ; rdf:subject {event} ; rdf:predicate dct:subject ;"
        f" rdf:object <{ID}{MANY[1:]}> ; ess:assertion assertion:inferred ;"
        f" prov:wasDerivedFrom <{ID}source/alpha#char=10,{20 + n}> ."
    )


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = "\n".join(
        [
            PREFIXES,
            "<https://w3id.org/ess-kg/graph/alpha> {",
            f'<{ID}{MANY[1:]}> a org:Organization ; skos:prefLabel "Beaucoup"@fr .',
            *map(write_member, range(MEMBERS)),
            *map(write_event, range(EVENTS)),
            *(
                f'<{ID}tool/t{n:02}> a ess:Tool ; skos:prefLabel "Outil {n:02}"@fr ;'
                f" ess:stewardedBy <{ID}{MANY[1:]}> ."
                for n in range(TOOLS)
            ),
            "}",
        ]
    )
    return freeze_graph(tmp_path_factory.mktemp("relations") / "releases", graph.encode())


@pytest.fixture(scope="module")
async def client(many: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(many) as one:
        yield one


@pytest.mark.parametrize(
    ("group", "every", "column"),
    [("memberships", MEMBERS, "relation"), ("dct:subject/event", EVENTS, "record")],
)
async def test_a_list_that_ends_early_leads_to_all_members(
    many: Path, monkeypatch: pytest.MonkeyPatch, group: str, every: int, column: str
) -> None:
    monkeypatch.setattr(relation_groups, "MAX_MEMBERS", 100)
    monkeypatch.setattr(relation_list, "MAX_MEMBERS", 100)
    async with client_of(many) as client:
        page = Page((await client.get(f"{LIST}?group={group}", headers=HTML)).text)
        assert "plus de relations que les 100 qui sont lues ici" in page.text
        (href,) = [href for href in page.hrefs if href.startswith("/sparql?") and "csv" in href]
        rows = list(csv.DictReader(io.StringIO((await client.get(href)).text)))
        assert len({row[column] for row in rows}) == every
        assert all(row["name"] for row in rows)
    monkeypatch.undo()
    async with client_of(many) as client:
        page = Page((await client.get(LIST, headers=HTML)).text)
        assert "qui sont lues ici" not in page.text


async def test_what_all_rows_of_a_list_share_is_told_once(client: httpx.AsyncClient) -> None:
    members = (await client.get(f"{LIST}?group=memberships", headers=HTML)).text
    rows = members.partition('<ul class="roles">')[2].partition("</ul>")[0]
    assert members.count('<p class="role">') == 1
    assert 'class="role"' not in rows
    assert members.count('href="/source/alpha"') == 1
    assert rows.count("/source/alpha/passage?key=") == rows.count("<li>") > 20
    events = (await client.get(f"{LIST}?group=dct:subject/event", headers=HTML)).text
    assert events.count('href="/source/alpha"') == 1
    assert events.count("/source/alpha/passage?char=10%2C") == events.count("/event/e")


async def read_all(client: httpx.AsyncClient, address: str) -> list[dict[str, Any]]:
    """The members of a group, page after page."""
    found: list[dict[str, Any]] = []
    following: str | None = address
    while following:
        answer = (await client.get(following, headers={"Accept": "application/json"})).json()
        found += answer["items"]
        following = answer["links"].get("next")
    return found


async def test_a_page_shows_the_first_of_a_long_group_and_leads_to_all(
    client: httpx.AsyncClient,
) -> None:
    text = (await client.get(f"{MANY}?lang=fr", headers=HTML)).text
    page = Page(text)
    people = [href for href in page.hrefs if href.startswith("/person/")]
    latest = 2 * FORMER - 1
    assert people == [f"/person/p{n:04}?lang=fr" for n in range(latest, latest - 20, -1)]
    events = [href for href in page.hrefs if href.startswith("/event/e")]
    assert len(events) == 20
    assert "mars 2020" in text
    assert [href for href in page.hrefs if href.startswith("/tool/t")] == [
        f"/tool/t{n:02}?lang=fr" for n in range(TOOLS)
    ]
    leading = {unquote(href) for href in page.hrefs}
    assert f"{LIST}?group=memberships&lang=fr" in leading
    assert f"{LIST}?group=dct:subject/event&lang=fr" in leading
    assert "En parlent – événements" in text
    assert "1\u202f200" in text
    assert len(text) < 60_000


async def test_pages_of_the_list_have_every_member_once_in_its_order(
    client: httpx.AsyncClient,
) -> None:
    found = await read_all(client, f"{LIST}?group=memberships&limit=500")
    names = [int(each["records"][0]["label"][-4:]) for each in found]
    current = list(range(2 * FORMER - 1, FORMER - 1, -1))
    undated = list(range(2 * FORMER, MEMBERS))
    over = list(range(FORMER - 1, -1, -1))
    assert names == [*current, *undated, *over]
    assert [each["ends"] for each in found[-2:]] == ["1991", "1990"]
    assert all(each["derived_from"] and each["assertion"] == "stated" for each in found)


async def test_pages_follow_each_other_without_scripts(client: httpx.AsyncClient) -> None:
    following, seen, pages = f"{LIST}?group=memberships&lang=en&limit=400", list[str](), 0
    while following:
        response = await client.get(following, headers=HTML)
        assert response.headers["x-total-count"] == str(MEMBERS)
        page = Page(response.text)
        assert len(page.ids) == len(set(page.ids))
        seen += [href for href in page.hrefs if href.startswith("/person/")]
        following = response.links.get("next", {}).get("url", "")
        assert following == "" or any(href.startswith(following) for href in page.hrefs)
        pages += 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == MEMBERS


async def test_records_that_point_here_stand_by_date_with_where_that_was_read(
    client: httpx.AsyncClient,
) -> None:
    found = await read_all(client, f"{LIST}?group=dct:subject/event")
    assert len(found) == EVENTS
    assert {each["assertion"] for each in found} == {"inferred"}
    assert all(each["derived_from"][0].startswith(f"{ID}source/alpha#char=10,") for each in found)
    years = [2001 + int(each["records"][0]["label"][-2:]) % 20 for each in found]
    assert years == sorted(years, reverse=True)


async def test_shortcuts_of_relations_are_no_group_of_their_own(client: httpx.AsyncClient) -> None:
    answer = (await client.get(f"{LIST}.json")).json()
    counts = {each["group"]: each["count"] for each in answer["groups"]}
    assert counts == {
        "memberships": MEMBERS,
        "dct:subject/event": EVENTS,
        "ess:stewardedBy/tool": TOOLS,
    }
    assert answer["group"] == "memberships"
    assert answer["complete"] is True


async def test_the_whole_group_is_a_file_and_each_page_is_rdf(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{LIST}.csv?group=memberships")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert len(rows) == MEMBERS
    assert rows[0]["record"] == f"{ID}person/p{2 * FORMER - 1:04}"
    assert (rows[0]["begins"], rows[0]["role_label"]) == ("2019", "membre")
    turtle = await client.get(f"{LIST}.ttl?group=memberships&page=2")
    triples = list(ox.parse(turtle.content, ox.RdfFormat.TURTLE))
    members = {t.object for t in triples if t.predicate.value.endswith("#member")}
    assert len(members) == 50
    tree = (await client.get(f"{LIST}.jsonld?group=dct:subject/event")).json()
    listed = {each["id"] for each in tree["@included"]}
    assert len(listed & {f"{ID}event/e{n:02}" for n in range(EVENTS)}) == 50


async def test_words_find_members_by_the_name_of_the_other(client: httpx.AsyncClient) -> None:
    found = await read_all(client, f"{LIST}?group=memberships&q=MEMBRE%200042")
    assert [each["records"][0]["label"] for each in found] == ["Membre 0042"]
    nothing = await client.get(f"{LIST}?q=personne&lang=fr", headers=HTML)
    assert nothing.status_code == 200
    assert "p0042" not in nothing.text


async def test_a_record_with_few_relations_has_them_on_its_page(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/person/p0001?lang=fr", headers=HTML)).text)
    assert not any(href.startswith("/relations/") for href in page.hrefs)
    listed = await client.get("/relations/person/p0001?lang=fr", headers=HTML)
    assert "Beaucoup" in listed.text


async def test_what_is_not_there_and_what_means_nothing(client: httpx.AsyncClient) -> None:
    for address, status in (
        ("/relations/organisation/nothing", 404),
        ("/relations/nothing/many", 404),
        (f"{LIST}?group=nothing", 400),
        (f"{LIST}?group=memberships&page=25", 400),
        (f"{LIST}?page=0", 400),
        (f"{LIST}?page=x", 400),
        (f"{LIST}?limit=0", 400),
        (f"{LIST}?sort=name", 400),
    ):
        assert (await client.get(address)).status_code == status, address


async def test_a_document_in_rdf_is_what_it_was(client: httpx.AsyncClient) -> None:
    """It has a thousand nodes and says that there are more."""
    response = await client.get(f"{MANY}.nt")
    triples = list(ox.parse(response.content, ox.RdfFormat.N_TRIPLES))
    members = {t.subject for t in triples if t.predicate.value.endswith("#organization")}
    assert len(members) + EVENTS == 1_000  # with the facts of the events
    assert "More points to this" in response.text


async def test_on_a_day_the_page_and_the_list_agree_on_how_many_there_are(
    client: httpx.AsyncClient,
) -> None:
    """Of 2005: members that left since, that had come, or without a date; events of that year."""
    left_since, had_come, undated = FORMER - 15, 16, MEMBERS - 2 * FORMER
    then = left_since + had_come + undated
    page = (await client.get(f"{MANY}?on=2005&lang=en", headers=HTML)).text
    events = sum(n % 20 == 4 for n in range(EVENTS))
    assert f'Memberships <span class="count">{then:,}</span>' in page
    assert f"{MEMBERS - then + EVENTS - events} facts with other dates are not shown" in page
    (href,) = [
        href for href in Page(page).hrefs if href.startswith("/relations/") and "on=" in href
    ]
    listed = await client.get(href.replace("/relations/organisation/many", f"{LIST}.json"))
    assert listed.json()["total"] == then
    rows = list(csv.DictReader(io.StringIO((await client.get(f"{LIST}.csv?on=2005")).text)))
    assert len(rows) == then
