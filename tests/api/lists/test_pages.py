"""Pages: what they show, in both languages, without other scripts, and where their links lead."""

import re
from html import unescape
from html.parser import HTMLParser

import httpx
import pyoxigraph as ox
import pytest

from api.views.citation import end_sentence
from api.views.entity_page import _list_other_names
from api.views.labels import LabelResolver
from api.views.page_context import PageContext
from api.views.relations import group_outgoing
from kg.documents.assemble import EntityDocument
from kg.namespaces import BASE, expand
from tests.api.lists.conftest import ATTACK

PAGES = (
    "/", "/event", "/event?territory=country-FR&q=lille", "/territory?kind=commune",
    "/search?q=lille", "/docs", "/about", "/legal", "/privacy", "/accessibility", "/status",
    "/source", "/source/alpha", "/event/alpha-2010",
    "/person/alpha-camille", "/topic/ess",
    "/organisation/alpha-maison", "/territory/commune-59350", "/nothing/here", "/event/nothing",
)  # fmt: skip
HTML = {"Accept": "text/html"}


class Page(HTMLParser):
    """The addresses, ids and shape of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.headings: list[int] = []
        self.words: list[str] = []
        self.lang = ""
        self.data = False
        """Whether what comes next is for machines."""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        machine_types = ("application/ld+json", "application/json")
        self.data = tag == "script" and found.get("type") in machine_types
        ours = tag == "script" and (found.get("src") or "").startswith("/static/")
        assert self.data or ours or tag not in ("script", "style"), tag
        assert not [name for name in found if name.startswith("on") or name == "style"]
        if tag == "html":
            self.lang = found["lang"] or ""
        if tag in ("a", "link") and found.get("href"):
            self.hrefs.append(found["href"] or "")
        if found.get("id"):
            self.ids.append(found["id"] or "")
        if tag == "label":
            self.labelled.add(found.get("for") or "")
        if tag in ("input", "select") and found.get("type") != "hidden":
            self.fields.append(found)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        self.data = False

    def handle_data(self, data: str) -> None:
        if not self.data:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


async def page(client: httpx.AsyncClient, address: str) -> Page:
    return Page((await client.get(address, headers=HTML)).text)


@pytest.mark.parametrize("address", PAGES)
async def test_pages_are_sound(client: httpx.AsyncClient, address: str) -> None:
    shown = await page(client, address)
    assert shown.lang == "fr"
    assert len(shown.ids) == len(set(shown.ids))
    assert shown.headings.count(1) == 1
    for before, after in zip(shown.headings, shown.headings[1:], strict=False):
        assert after <= before + 1
    for field in shown.fields:
        assert field.get("id") in shown.labelled


@pytest.mark.parametrize("address", PAGES[:18])
async def test_pages_allow_scripts_of_ours_alone_and_nothing_from_elsewhere(
    client: httpx.AsyncClient, address: str
) -> None:
    answer = await client.get(address, headers=HTML)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("address", PAGES[:18])
async def test_every_local_link_leads_somewhere(client: httpx.AsyncClient, address: str) -> None:
    shown = await page(client, address)
    local = sorted({href.partition("#")[0] for href in shown.hrefs if href.startswith("/")})
    assert len(local) > 15
    for href in local:
        answer = await client.get(href, headers=HTML)
        assert answer.status_code in (200, 303, 308), (href, answer.status_code)


@pytest.mark.parametrize("address", PAGES)
async def test_the_other_language_is_one_link_away_and_stays(
    client: httpx.AsyncClient, address: str
) -> None:
    french = await page(client, address)
    if "nothing" not in address:
        english = await page(client, address + ("&" if "?" in address else "?") + "lang=en")
        assert english.lang == "en"
        local = [href for href in french.hrefs if href.startswith("/")]
        assert next(h for h in local if h.endswith("lang=en")).startswith(address[:5])
        assert any(href == "/event?lang=en" for href in english.hrefs)
    preferred = {**HTML, "Accept-Language": "en-GB,en;q=0.9,fr;q=0.5"}
    assert Page((await client.get(address, headers=preferred)).text).lang == "en"


async def test_home_counts_and_leads_in(client: httpx.AsyncClient) -> None:
    shown = await page(client, "/")
    assert "6 Événements" in shown.text
    assert "9 Territoires" in shown.text
    assert {"/event", "/sparql", "/dumps", "/source/alpha"} <= set(shown.hrefs)
    counts = (await client.get("/?format=json")).json()["counts"]
    assert counts["event"] == 6


async def test_pages_of_an_unnamed_operator_are_sentences(client: httpx.AsyncClient) -> None:
    shown = await page(client, "/accessibility")
    assert "L’exploitant de cette installation s’engage à" in shown.text
    assert "Écrivez à l’exploitant de cette installation (adresse non renseignée) :" in shown.text
    shown = await page(client, "/privacy?lang=en")
    assert "Write to the operator of this installation (address not stated), or" in shown.text
    shown = await page(client, "/legal")
    assert "Contact non renseigné par l’exploitant de cette installation" in shown.text


async def test_the_ontology_counts_records_as_the_home_page_does(
    client: httpx.AsyncClient,
) -> None:
    counts = (await client.get("/?format=json")).json()["counts"]
    ontology = await page(client, "/ontology")
    for plural, kind in (("Organisations", "organisation"), ("Thèmes", "topic")):
        assert f" {plural} {counts[kind]} " in ontology.text


async def test_the_code_list_of_topics_leads_to_the_topics(client: httpx.AsyncClient) -> None:
    counts = (await client.get("/?format=json")).json()["counts"]
    shown = await page(client, "/scheme")
    assert f"Thèmes {counts['topic']} " in shown.text
    assert "/scheme/topic" not in shown.hrefs
    shown = await page(client, "/scheme/topic")
    assert f"Voir {counts['topic']} thèmes" in shown.text
    assert "/topic" in shown.hrefs


async def test_limits_and_formats_are_told_in_words(client: httpx.AsyncClient) -> None:
    assert re.search(r"\b\d{1,3} \d{3} lignes", (await page(client, "/sparql")).text)
    shown = await page(client, "/queries/events-of-a-territory?territory=territory/region-32")
    assert "requête SPARQL" in shown.text
    assert "texte · BibTeX" in shown.text


async def test_a_list_shows_records_facets_and_choices(client: httpx.AsyncClient) -> None:
    shown = await page(client, "/event?territory=region-32&topics=topic/ess")
    assert "Événements 2 fiches" in shown.text
    assert (
        "Séance de séminaire · 4 novembre 2010, 16 h 30 – 18 h 30 · Marché des Halles" in shown.text
    )
    assert "Territoire\xa0: Hauts-de-France" in " ".join(shown.words)
    assert "/event?topics=topic%2Fess" in shown.hrefs
    assert "/event.ics?territory=region-32&topics=topic%2Fess" in shown.hrefs


async def test_a_list_escapes_what_it_shows(client: httpx.AsyncClient) -> None:
    text = (await client.get("/event", headers=HTML)).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; compagnie" in text


async def test_an_event_shows_facts_roles_notes_and_where_they_were_read(
    client: httpx.AsyncClient,
) -> None:
    shown = await page(client, "/event/alpha-2010")
    for told in (
        "Début 4 novembre 2010, 16 h 30",
        "Jour indiqué jeudi",
        "Cycle « Créativité » déduit [ Le document alpha , car. 300–320 ]",
        "] annoncé sur la page du cycle",
        "intervenant",
        "Camille Exemple · rattachement ce jour-là : Maison des sciences "
        "[ Le document alpha , car. 150–180 ]",
        "Deux jours pour une date.",
        "Coopérer dure plus longtemps.",
        "Le document alpha , car. 100–140 , 200–210",
    ):
        assert told in shown.text, (told, shown.text)
    assert "/person/alpha-camille" in shown.hrefs
    assert "/event/alpha-2010.ttl" in shown.hrefs


@pytest.mark.parametrize(
    "address",
    [
        *PAGES,
        "/organisation?source=alpha", "/organisation?view=chart&by=source", "/event?source=alpha",
        "/event?view=calendar&source=alpha", "/event?view=table", "/dumps", "/changes",
        "/changes?source=alpha", "/releases", "/resolution", "/history/event/alpha-2010",
        "/source/alpha/passage?char=10,31", "/embed?of=event&source=alpha",
        "/graph/organisation/alpha-maison", "/relations/organisation/alpha-maison",
        "/paths?from=person/alpha-camille&to=event/alpha-2010", "/queries",
        "/compare?one=event/alpha-2010&other=event/alpha-cycle",
        "/feedback?record=event/alpha-2010",
    ],
)  # fmt: skip
async def test_sources_are_named_by_their_titles(client: httpx.AsyncClient, address: str) -> None:
    """Its key stands in addresses, and keys of records begin with it."""
    shown = await page(client, address)
    text = shown.text.replace("Le document alpha", "")
    assert not re.findall(r".{20}(?<![\w/=-])(?:alpha|beta)(?![\w-]).{20}", text)


async def test_a_record_leads_to_the_questions_about_it(client: httpx.AsyncClient) -> None:
    shown = await page(client, "/organisation/alpha-maison")
    assert "/queries/members-of-an-organisation?organisation=alpha-maison" in shown.hrefs
    assert not any("ess-in-one-list" in href for href in shown.hrefs)  # which asks for two
    answer = await client.get("/queries/members-of-an-organisation?organisation=alpha-maison")
    assert answer.status_code == 200


async def test_an_error_in_french_keeps_its_punctuation(client: httpx.AsyncClient) -> None:
    shown = (await client.get("/event/nothing?lang=fr", headers=HTML)).text
    assert "«\u00a0nothing\u00a0»" in shown
    told = (await client.get("/event/nothing?lang=fr")).json()["detail"]
    assert "« nothing »" in told


async def test_a_shortcut_is_not_shown_beside_the_role_it_stands_for(
    client: httpx.AsyncClient,
) -> None:
    shown = await page(client, "/event/alpha-2010")
    assert shown.hrefs.count("/person/alpha-camille") == 1
    cycle = await page(client, "/event/alpha-cycle")
    assert cycle.hrefs.count("/event/alpha-2010") == 1


async def test_a_person_has_dated_memberships_and_participations(client: httpx.AsyncClient) -> None:
    shown = await page(client, "/person/alpha-camille")
    assert "Maison des sciences · 2009 – 2010 · ATER" in shown.text
    assert "La mutualisation dans l'économie sociale · 4 novembre 2010" in shown.text


async def test_an_organisation_tells_both_its_sources(client: httpx.AsyncClient) -> None:
    shown = await page(client, "/organisation/alpha-maison")
    assert "Le document alpha , car. 10–31" in shown.text
    assert "Autre <em>source</em> , car. 1–9 , lieux.csv, ligne 7" in shown.text
    assert "PTCE des Flandres" in shown.text


async def test_a_topic_shows_its_definitions_with_who_says_them(client: httpx.AsyncClient) -> None:
    shown = await page(client, "/topic/ess")
    assert "Entreprendre autrement, à plusieurs." in shown.text
    assert "selon Maison des sciences" in shown.text
    assert "biens communs" in shown.text


async def test_what_is_inferred_has_a_badge(client: httpx.AsyncClient) -> None:
    assert (
        "Coopérative d'autrefois déduit" in (await page(client, "/organisation/alpha-vieille")).text
    )
    assert "Maison des sciences déduit" not in (await page(client, "/organisation")).text


async def test_a_territory_counts_what_is_inside(client: httpx.AsyncClient) -> None:
    shown = await page(client, "/territory/departement-59")
    assert "Événements 3" in shown.text
    assert "/event?territory=departement-59" in shown.hrefs


async def test_territories_of_one_name_are_told_apart(client: httpx.AsyncClient) -> None:
    shown = await page(client, "/territory/commune-59350")
    assert "Lille (arrondissement)" in shown.text


async def test_a_source_shows_what_it_is_what_it_gave_and_its_anomalies(
    client: httpx.AsyncClient,
) -> None:
    shown = await page(client, "/source/alpha")
    for told in ("Le document alpha", "example.org/licence", "Événements 6", "15 janvier 2026",
                 "Deux jours pour une date.", "refusées 1"):  # fmt: skip
        assert told in shown.text, (told, shown.text)
    text = (await client.get("/source", headers=HTML)).text
    assert ATTACK not in text
    assert "Autre &lt;em&gt;source&lt;/em&gt;" in text


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("/event/rien", 404, "Introuvable"),
        ("/person/parti", 410, "Retiré"),
        ("/event?kind=rien", 400, "Un filtre n’a pas été compris"),
        ("/static/../app.py", 404, "Introuvable"),
        ("/static/nothing.css", 404, "Introuvable"),
    ],
)
async def test_errors_are_pages_for_people(
    client: httpx.AsyncClient, address: str, status: int, told: str
) -> None:
    answer = await client.get(address, headers=HTML)
    assert answer.status_code == status
    assert told in Page(answer.text).text


async def test_the_style_sheet_may_be_kept_for_ever(client: httpx.AsyncClient) -> None:
    shown = await page(client, "/")
    sheet = next(href for href in shown.hrefs if "style.css" in href)
    answer = await client.get(sheet)
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]


def test_no_link_is_without_a_name() -> None:
    names = LabelResolver(PageContext("fr"), {})
    for iri in (BASE, f"{BASE}dumps/", "http://www.w3.org/ns/org#Organization"):
        assert names.resolve_label(iri)


def test_a_name_in_two_languages_is_told_once() -> None:
    iri, label = "https://w3id.org/ess-kg/id/topic/ess", ox.NamedNode(expand("skos:altLabel"))
    triples = [
        ox.Triple(ox.NamedNode(iri), label, ox.Literal(text, language=language))
        for text, language in (("ESS", "en"), ("ESS", "fr"), ("SSE", "en"), ("ESS title", "en"))
    ]
    for language in ("en", "de"):
        names = LabelResolver(PageContext(language), {})
        told = _list_other_names(EntityDocument(iri, triples), names, {"ESS title"})
        assert [thing.text for thing in told] == ["ESS", "SSE"]


async def test_a_definition_says_what_it_defines_on_the_page_of_who_gives_it(
    client: httpx.AsyncClient,
) -> None:
    giver = (await client.get("/organisation/alpha-maison", headers=HTML)).text
    assert ">Définitions données</h2>" in giver
    assert (
        '<strong><a href="/topic/ess">économie sociale et solidaire</a></strong>\u00a0: '
        "Entreprendre autrement" in giver
    )
    defined = (await client.get("/topic/ess", headers=HTML)).text
    assert ">Définitions</h2>" in defined
    assert "<p>Entreprendre autrement" in defined


async def test_a_query_that_cannot_be_read_is_kept_and_nothing_forbidden_is_proposed(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get(
        "/sparql", params={"query": "SELECT * { ?s ?p }", "format": "json"}, headers=HTML
    )
    assert answer.status_code == 400
    assert ">SELECT * { ?s ?p }</textarea>" in answer.text
    assert '<input type="hidden" name="format" value="json">' in answer.text
    assert "SERVICE" not in answer.text


async def test_links_keep_the_language_that_was_chosen(client: httpx.AsyncClient) -> None:
    for path in ("/sparql?lang=en", "/embed/list/event?lang=en", "/event/alpha-2010?lang=en"):
        found = (await client.get(path, headers=HTML)).text
        for href in re.findall(r'href="(/(?:dumps|docs|event|organisation)[^".]*)"', found):
            if "lang=fr" not in href:  # the switch to the other language
                assert "lang=en" in href, (path, href)


async def test_a_publication_is_a_citation(client: httpx.AsyncClient) -> None:
    page = await client.get("/publication/beta-livre?lang=fr", headers={"Accept": "text/html"})
    assert '<cite lang="en">Governing the commons</cite>' in page.text
    assert "data-copy=" in page.text
    for suffix, told in (("bib", "@book{beta-livre,"), ("ris", "TY  - BOOK"), ("csl", '"1990"')):
        answer = await client.get(f"/publication/beta-livre.{suffix}")
        assert answer.status_code == 200, suffix
        assert told.strip('"') in answer.text
        assert f"/publication/beta-livre.{suffix}" in page.text
    assert (await client.get("/person/alpha-camille.bib")).status_code == 406


@pytest.mark.parametrize(
    ("title", "sentence"),
    [("Un titre", "Un titre."), ("Pourquoi ?", "Pourquoi ?"), ("Et al.", "Et al.")],
)
def test_a_sentence_of_a_citation_ends_once(title: str, sentence: str) -> None:
    assert end_sentence(title) == sentence


async def test_a_person_has_a_timeline_with_its_table(client: httpx.AsyncClient) -> None:
    page = await client.get("/person/alpha-camille?lang=fr", headers={"Accept": "text/html"})
    drawing = page.text.partition('<svg class="spans"')[2].partition("</svg>")[0]
    assert drawing.count('<rect class="measure"') == 1  # a role that lasted
    assert drawing.count("<circle") == 1  # a talk
    table = page.text.partition("Les mêmes dates en tableau")[2].partition("</table>")[0]
    assert table.count('<th scope="row">') == 2
    assert "/event/alpha-2010" in table


async def test_people_are_listed_by_organisation(client: httpx.AsyncClient) -> None:
    page = await client.get("/organisation/alpha-maison?lang=fr", headers={"Accept": "text/html"})
    assert "/person?organisation=alpha-maison" in page.text
    listed = (await client.get("/person.json?organisation=alpha-maison")).json()
    assert [item["key"] for item in listed["items"]] == ["alpha-camille"]
    assert listed["facets"]["organisation"]["values"][0]["value"] == "alpha-maison"
    same = (await client.get("/person.json?organisation=organisation/alpha-maison")).json()
    assert same["total"] == listed["total"] == 1
    shown = await client.get(
        "/person?organisation=alpha-maison&lang=en", headers={"Accept": "text/html"}
    )
    assert "Member (now or before) of: Maison des sciences" in shown.text
    counted = (await client.get("/counts/person.json?by=organisation")).json()
    assert "Maison des sciences" in str(counted)
    assert (await client.get("/person?organisation=nobody")).status_code == 400
    without = (await client.get("/person.json?organisation=-")).json()
    assert without["total"] == (await client.get("/person.json")).json()["total"] - 1


async def test_figures_of_a_territory_have_their_denominator(client: httpx.AsyncClient) -> None:
    page = await client.get("/territory/commune-59350?lang=en", headers={"Accept": "text/html"})
    inside = page.text.partition('id="inside"')[2].partition("</section>")[0]
    assert "for each 10,000 inhabitants" in inside
    assert "inhabitants, according to" in inside
    page = await client.get("/territory/region-11?lang=en", headers={"Accept": "text/html"})
    assert "2,103,778 inhabitants, those of its only commune, according to" in page.text


async def test_the_page_of_a_territory_has_a_map_of_what_is_there(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/territory/region-32?lang=en", headers=HTML)
    inside = page.text.partition('id="inside"')[2].partition("</section>")[0]
    assert '<path class="outline"' in inside  # of the région
    caption = inside.partition("<figcaption>")[2]
    address = re.search(r'href="([^"]+)">(\w+) on the map</a> <span class="n">(\d+)', caption)
    assert address is not None
    assert 'class="small-map"' not in page.text  # one map is enough
    map_page = await client.get(unescape(address[1]), headers=HTML)
    assert map_page.status_code == 200
    placed = (await client.get(f"/map/{address[2].lower()[:-1]}?territory=region-32")).json()
    assert placed["placed"] == int(address[3]) > 0
    on_day = await client.get("/territory/region-32?lang=en&on=2010", headers=HTML)
    assert " on the map</a>" not in on_day.text  # it shows what there is at all times
    empty = await client.get("/territory/region-94?lang=en", headers=HTML)
    assert " on the map</a>" not in empty.text


def test_an_end_and_a_date_as_written_that_say_what_the_beginning_says_are_left_out() -> None:
    event = f"{BASE}id/event/x"
    labels = LabelResolver(PageContext("en"), {})

    def list_dates(end: str, text: str) -> list[str]:
        day = ox.NamedNode(expand("xsd:date"))
        values = (
            ("schema:startDate", ox.Literal("2010-11-04", datatype=day)),
            ("schema:endDate", ox.Literal(end, datatype=day)),
            ("ess:dateText", ox.Literal(text, language="fr")),
        )
        triples = [ox.Triple(ox.NamedNode(event), ox.NamedNode(expand(p)), o) for p, o in values]
        groups = group_outgoing(EntityDocument(event, triples), labels, PageContext("en"), {})
        return [value.linked_text.text for group in groups for value in group.values]

    assert len(list_dates("2010-11-04", "2010-11-04")) == 1
    assert len(list_dates("2010-11-05", "2010-11-04")) == 2
    assert len(list_dates("2010-11-05", "4 et 5 novembre 2010")) == 3


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/organisation/alpha-maison",
        "/source/alpha",
        "/dumps",
        "/queries",
        "/sparql",
        "/changes",
        "/event?kind=-",
    ],
)
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_head_of_a_page_says_what_it_is(
    client: httpx.AsyncClient, address: str, language: str
) -> None:
    separator = "&" if "?" in address else "?"
    text = (await client.get(f"{address}{separator}lang={language}", headers=HTML)).text
    told = dict(re.findall(r'<meta (?:property|name)="(?:og:)?(\w+)" content="([^"]*)"', text))
    title = re.search("<title>(.*) – ess-kg</title>", text)
    assert title
    assert told["title"] == title[1].replace("'", "&#39;")
    assert "[" not in told["description"]
    assert told["url"].startswith("http")
    spoken = dict(re.findall(r'<link rel="alternate" hreflang="([\w-]+)" href="([^"]+)"', text))
    assert set(spoken) == {"fr", "en", "x-default"}
    assert spoken[language].endswith(f"lang={language}")


@pytest.mark.parametrize(
    "path",
    ["/", "/event", "/event?kind=seminar-session", "/event/alpha-2010", "/catalogue", "/docs"],
)
async def test_a_page_in_each_language_is_canonical_where_it_is_listed(
    client: httpx.AsyncClient, path: str
) -> None:
    """A search engine passes over a language whose page names that of another one, or a host."""
    plain = await client.get(path, headers=HTML)
    spoken = dict(
        re.findall(r'<link rel="alternate" hreflang="([\w-]+)" href="([^"]+)"', plain.text)
    )
    assert set(spoken) == {"fr", "en", "x-default"}
    for address in spoken.values():
        page = await client.get(address.replace("&amp;", "&"), headers=HTML)
        assert page.links["canonical"]["url"] == address.replace("&amp;", "&")


async def test_a_view_of_a_list_leads_search_engines_to_the_list(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/event?view=timeline&lang=en", headers=HTML)
    assert page.links["canonical"]["url"] == "http://test/event?lang=en"


async def test_data_is_canonical_at_a_name_without_host(client: httpx.AsyncClient) -> None:
    for path in ("/event/alpha-2010.ttl?lang=en", "/event/alpha-2010.jsonld"):
        found = (await client.get(path)).links["canonical"]["url"]
        assert found == "https://w3id.org/ess-kg/event/alpha-2010"


async def test_a_territory_tells_its_most_frequent_topics(client: httpx.AsyncClient) -> None:
    text = (await client.get("/territory/region-32?lang=en", headers=HTML)).text
    section = text.partition('id="top-topics"')[2].partition("</section>")[0]
    found = re.findall(r'href="(/\w+\?territory=[^"]+)">\w+ <span class="n">(\d+)', section)
    assert found
    counts = [int(count) for _, count in found]
    assert counts == sorted(counts, reverse=True)
    for address, count in found:
        path, _, query = address.replace("&amp;", "&").partition("?")
        assert (await client.get(f"{path}.json?{query}")).json()["total"] == int(count)
    assert "/topic/ess?lang=en" in section
