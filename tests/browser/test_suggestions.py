"""The search box while somebody types: by arrows, by a click, without scripts."""

from playwright.sync_api import expect

from tests.browser.conftest import Visitor, find_violations


def test_arrows_and_enter_lead_to_a_record(visitor: Visitor) -> None:
    page = visitor.open("/organisation?lang=fr")
    box = page.get_by_role("combobox", name="Rechercher dans tout le graphe")
    box.press_sequentially("clicc")
    expect(page.get_by_role("listbox").get_by_role("option").first).to_contain_text("CLICC")
    assert find_violations(page) == []
    box.press("ArrowDown")
    expect(page.get_by_role("listbox").get_by_role("option").first).to_have_attribute(
        "aria-selected", "true"
    )
    box.press("Enter")
    page.wait_for_url("**/organisation/clicc?lang=fr")


def test_escape_closes_and_enter_alone_searches(visitor: Visitor) -> None:
    page = visitor.open("/organisation?lang=fr")
    box = page.get_by_role("combobox", name="Rechercher dans tout le graphe")
    box.press_sequentially("bien commun")
    expect(page.get_by_role("listbox").get_by_role("option").first).to_be_visible()
    box.press("Escape")
    expect(page.get_by_role("listbox").get_by_role("option").first).to_be_hidden()
    box.press("Enter")
    page.wait_for_url("**/search?q=bien+commun**")


def test_the_box_is_a_form_without_scripts(visitor: Visitor) -> None:
    page = visitor.open("/", scripts=False)
    page.get_by_role("searchbox").fill("clicc")
    page.get_by_role("button", name="Rechercher").click()
    expect(page.get_by_role("link", name="CLICC", exact=True)).to_be_visible()


def test_communes_of_one_name_are_told_apart(visitor: Visitor) -> None:
    page = visitor.open("/?lang=fr")
    page.get_by_role("combobox", name="Rechercher dans tout le graphe").press_sequentially(
        "saint-aignan"
    )
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options.filter(has_text="Loir-et-Cher")).to_have_count(1)
    expect(options.filter(has_text="Morbihan")).to_have_count(1)
    page = visitor.open("/search?q=saint-aignan&lang=fr")
    expect(page.locator(".entries")).to_contain_text("Commune · Morbihan · 56203")
