"""Lists with filters that cannot be used: what visitors and programs are answered."""

import httpx
import pytest

from tests.api.lists.test_pages import HTML, Page

FAULTY = [
    ("/event?kind=rien", "Type d'événement : « rien » n’est pas une valeur connue."),
    ("/event?kind=seminaires", "Type d'événement : Séminaire"),
    ("/event?language=français", "Langue : « français » n’est pas une valeur connue."),
    ("/organisation?country=rien", "Pays : « rien » n’est pas une valeur connue."),
    ("/event?commune=Lille", "Territoire : Lille"),
    ("/event?commune=Lille", "« commune » n’est pas un filtre connu ici."),
    ("/event?territory=Lile", "Territoire : Lille"),
    ("/event?from=2024-99", "Du : « 2024-99 » n’est pas une date."),
    ("/event?from=2024&to=2010", "Période : la fin précède le début. Vouliez-vous dire : Du 2010"),
    ("/event?sort=hasard", "Trier par : « hasard » n’est pas possible ici. Choix possibles :"),
    ("/event?q=a&q=b", "Mots-clés : une seule valeur est possible"),
    ("/event?view=globe", "Façons de voir : « globe » n’est pas possible ici."),
    ("/event?view=calendar&month=2024-13", "Mois : « 2024-13 » n’est ni une année ni un mois."),
    ("/event?view=chart&by=kind&and=rien", "et par : « rien » n’est pas possible ici."),
    ("/event?view=timeline&by=siècle", "Par décennie"),
    ("/event?limit=0", "Fiches par page : « 0 » n’est pas un nombre possible ici."),
    ("/event?after=rien", "cette adresse ne mène à aucune page de la liste."),
    ("/event?bbox=1", "Zone : « 1 » n’est pas un rectangle sur Terre"),
    ("/event?lang=de", "Langue de la page : « de » n’est pas possible ici."),
    ("/event?topics=rien&from=hier&kind=rien", "Des filtres n’ont pas été compris"),
]


@pytest.mark.parametrize(("address", "told"), FAULTY)
async def test_a_page_says_which_filter_was_not_understood(
    client: httpx.AsyncClient, address: str, told: str
) -> None:
    answer = await client.get(address, headers=HTML)
    assert answer.status_code == 400
    assert answer.headers["cache-control"] == "no-store"
    shown = Page(answer.text)
    assert told in shown.text.replace("\N{NO-BREAK SPACE}", " "), shown.text
    assert {"q", "from", "to", "sort"} <= set(shown.ids)
    path = address.partition("?")[0]
    local = [href for href in shown.hrefs if href.startswith(path)]
    assert "rien" not in "".join(href for href in local if "lang=" not in href)
    for href in dict.fromkeys(local):
        if "lang=en" not in href:
            assert (await client.get(href, headers=HTML)).status_code == 200, href


@pytest.mark.parametrize(("address", "told"), FAULTY)
async def test_programs_are_answered_a_problem(
    client: httpx.AsyncClient, address: str, told: str
) -> None:
    for accept in ("application/json", "text/turtle", "*/*"):
        answer = await client.get(address, headers={"Accept": accept})
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["title"] == "This link or form has an error"
    path, _, query = address.partition("?")
    answer = await client.get(f"{path}.csv?{query}", headers=HTML)
    assert answer.status_code == (200 if "after=" in address else 400)
    assert "Voir la liste sans ce filtre" not in answer.text


async def test_codes_that_no_record_has_are_no_fault(client: httpx.AsyncClient) -> None:
    for address in ("/organisation?country=DE", "/event?language=oc", "/person?discipline=rien"):
        answer = await client.get(address, headers=HTML)
        assert answer.status_code == 200, address
        assert "Aucun résultat pour ces filtres." in Page(answer.text).text


async def test_what_was_asked_stays_in_the_form(client: httpx.AsyncClient) -> None:
    address = "/event?q=lille&from=2024-99&kind=rien&kind=conference&view=map"
    answer = await client.get(address, headers=HTML)
    shown = Page(answer.text)
    values = {field["name"]: field.get("value") for field in shown.fields if field.get("name")}
    assert values["from"] == "2024-99"
    assert values["q"] == "lille"
    assert 'name="from" aria-invalid="true"' in answer.text
    without = "/event?q=lille&kind=conference&view=map"
    assert without in shown.hrefs
    assert (await client.get(without, headers=HTML)).status_code == 200
    assert f"{address}&lang=en" in shown.hrefs


async def test_a_near_value_leads_to_its_list(client: httpx.AsyncClient) -> None:
    shown = Page((await client.get("/event?territory=Lile&lang=en", headers=HTML)).text)
    assert "“Lile” is not a known value. Did you mean:" in shown.text
    assert "/event?territory=commune-59350&lang=en" in shown.hrefs


async def test_an_address_with_very_many_faults_is_no_list(client: httpx.AsyncClient) -> None:
    query = "&".join(f"x{number}=1" for number in range(40))
    answer = await client.get(f"/event?{query}", headers=HTML)
    assert answer.status_code == 400
    assert "Lien ou formulaire incorrect" in answer.text


@pytest.mark.parametrize(
    ("address", "told", "without"),
    [
        ("/search?q=lille&kind=rien", "« rien » n’est pas possible ici.", "/search?q=lille"),
        ("/search?q=lille&rien=1", "« rien » n’est pas un filtre connu ici.", "/search?q=lille"),
        ("/changes?kind=rien", "Types de fiches : « rien » n’est pas possible ici.", "/changes"),
        ("/releases?from=rien", "« from » n’est pas un filtre connu ici.", "/releases"),
        (
            "/relations/organisation/alpha-maison?page=rien",
            "Pages : « rien » n’est pas un nombre possible ici.",
            "/relations/organisation/alpha-maison",
        ),
        (
            "/graph/organisation/alpha-maison?on=rien",
            "« rien » n’est pas une date.",
            "/graph/organisation/alpha-maison",
        ),
    ],
)
async def test_other_pages_are_offered_without_what_is_wrong(
    client: httpx.AsyncClient, address: str, told: str, without: str
) -> None:
    answer = await client.get(address, headers=HTML)
    assert answer.status_code == 400
    shown = Page(answer.text)
    assert told in shown.text.replace("\N{NO-BREAK SPACE}", " ")
    assert without in shown.hrefs
    assert (await client.get(without, headers=HTML)).status_code == 200
