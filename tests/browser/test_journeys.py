"""Five visitors and what each came for, by the fewest clicks that the pages offer."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visitor


def search(page: Page, words: str, option: str) -> None:
    """Types into the search box and takes a suggestion."""
    page.get_by_role("combobox", name="Rechercher dans tout le graphe").press_sequentially(words)
    chosen = page.get_by_role("listbox").get_by_role("option").filter(has_text=re.compile(option))
    chosen.first.click()


def test_a_citizen_finds_organisations_of_a_town_and_what_they_do(visitor: Visitor) -> None:
    page = visitor.open("/?lang=fr", PHONE)
    search(page, "lille", "^Lille.*Territoire")
    page.get_by_role("region", name="Sur ce territoire").get_by_role(
        "link", name="Organisations", exact=True
    ).click()
    expect(page.locator(".entries > li").first.locator(".meta")).to_be_visible()
    page.get_by_role("link", name="Carte", exact=True).click()
    expect(page.locator(".placed")).to_contain_text("fiches placées")


def test_a_journalist_finds_who_writes_of_the_commons_and_when(visitor: Visitor) -> None:
    page = visitor.open("/?lang=fr")
    search(page, "biens communs", "^biens communs")
    neighbours = page.get_by_role("region", name="Thèmes voisins")
    expect(neighbours.get_by_role("link").first).to_be_visible()
    page.get_by_role("region", name="Sur ce thème").get_by_role(
        "link", name=re.compile("^Publications")
    ).click()
    expect(page.locator(".entries")).to_contain_text("2011")


def test_a_curator_learns_in_one_report_which_row_is_wrong(
    visitor: Visitor, tmp_path: Path
) -> None:
    file = tmp_path / "lieux.csv"
    file.write_text("id,label_fr,kind\nx-a,Un lieu,third-place\nx-b,,nowhere\n", "utf-8")
    page = visitor.open("/?lang=fr")
    page.get_by_label("Fichier à vérifier").set_input_files(file)
    expect(page.get_by_role("heading", level=1)).to_contain_text("lieux.csv", timeout=60_000)
    page.get_by_role("link", name="Vérifier un autre fichier").click()
    for label in ("Un lieu", "Un lieu corrigé"):  # also once more, saved under the same name
        file.write_text(file.read_text("utf-8").replace("Un lieu", label), "utf-8")
        page.get_by_label("Fichier à vérifier").set_input_files(file)
        expect(page.locator("#report")).to_contain_text("lieux.csv", timeout=60_000)


def test_a_partner_copies_a_frame_of_events(visitor: Visitor) -> None:
    page = visitor.open("/event?lang=fr")
    page.get_by_role("link", name="Intégrer").first.click()
    expect(page.get_by_text("<iframe src=")).to_be_visible()
    expect(page.frame_locator("iframe").get_by_role("link").first).to_be_visible()


def test_a_role_leads_to_the_form_that_names_it(visitor: Visitor) -> None:
    page = visitor.open("/person/inocrea-liefooghe?lang=fr", scripts=False)
    role = page.locator(".roles li", has_text="TVES")
    role.get_by_role("link", name=re.compile("^Signaler une erreur : rattaché TVES")).click()
    expect(page.locator("main")).to_contain_text("Appartenances : Christine Liefooghe · TVES")
    page.get_by_label("Ce qui ne va pas").select_option("role")
    expect(page.get_by_label("Ce qui ne va pas")).to_have_value("role")


def test_a_researcher_learns_how_two_records_are_linked(visitor: Visitor) -> None:
    page = visitor.open("/organisation/iness?lang=fr")
    page.get_by_role("link", name="Quel lien avec une autre fiche ?").click()
    page.get_by_role("combobox", name="À").press_sequentially("clicc")
    page.get_by_role("listbox").get_by_role("option").first.click()
    page.get_by_role("button", name="Chercher les liens").click()
    expect(page.locator(".paths .sentence").first).to_contain_text("INESS")
    expect(page.locator(".paths .sentence").first).to_contain_text("CLICC")


def test_a_search_leads_on_to_the_rest_of_its_results(visitor: Visitor) -> None:
    page = visitor.open("/search?q=laboratoire&lang=fr")
    expect(page.locator("main")).to_contain_text("Les 20 premiers résultats sur")
    page.get_by_role("navigation", name="Tous dans").get_by_role(
        "link", name="Organisations"
    ).click()
    expect(page.locator("h1")).to_contain_text("Organisations")
    expect(page.get_by_role("link", name="Page suivante")).to_be_visible()


def test_the_network_of_a_hub_does_not_pass_for_whole(visitor: Visitor) -> None:
    page = visitor.open("/graph/organisation/ror-02feahw73?lang=fr")
    expect(page.locator(".neighbours h2 .count").first).to_have_text(re.compile(r"^\d+\+ · "))
    page = visitor.open("/graph/organisation/iness?lang=fr")
    expect(page.locator(".neighbours h2 .count").first).to_have_text(re.compile(r"^\d+ · "))


def test_a_pointer_or_the_keyboard_shows_where_to_report_a_fact(visitor: Visitor) -> None:
    page = visitor.open("/organisation/clicc?lang=fr")
    fact = (
        page.get_by_role("region", name="Participations", exact=True).get_by_role("listitem").first
    )
    report = fact.get_by_role("link", name=re.compile("^Signaler une erreur"))
    expect(report).to_have_css("opacity", "0")
    fact.hover()
    expect(report).to_have_css("opacity", "1")
    page.mouse.move(0, 0)
    expect(report).to_have_css("opacity", "0")
    page.keyboard.press("Tab")  # from here on it is the keyboard that leads
    report.focus()
    expect(report).to_have_css("opacity", "1")


def test_a_finger_sees_where_to_report_a_fact(visitor: Visitor) -> None:
    page = visitor.open("/organisation/clicc?lang=fr", PHONE)
    expect(page.locator(".report-link").first).to_have_css("opacity", "1")
