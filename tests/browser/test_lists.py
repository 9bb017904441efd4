"""Lists in a browser: filters as a sheet on a phone, values of a facet found, back to what was."""

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Visitor


def test_a_phone_opens_filters_and_comes_back_without_scripts(visitor: Visitor) -> None:
    page = visitor.open("/organisation?lang=fr", PHONE, scripts=False)
    sheet = page.get_by_role("complementary", name="Filtrer")
    expect(sheet).to_be_hidden()
    page.get_by_role("link", name="Filtrer").click()
    expect(sheet).to_be_visible()
    page.get_by_role("link", name="Voir les fiches").click()
    expect(sheet).to_be_hidden()


def test_a_value_is_found_in_a_facet_and_back_undoes_its_choice(visitor: Visitor) -> None:
    page = visitor.open("/organisation?lang=fr")
    before = page.locator("h1 .count").inner_text()
    box = page.get_by_role("searchbox", name="Chercher dans cette liste (Nature)", exact=True)
    facet = page.locator("details.facet").first
    values = facet.locator("li:visible")
    told = facet.get_by_role("status")
    box.fill("xyz")
    expect(told).to_have_text("Aucune valeur")
    expect(values).to_have_count(0)
    box.fill("")
    expect(told).to_be_empty()
    box.fill("unité")
    expect(told).to_have_text("Une valeur")
    expect(values).to_have_count(1)
    values.get_by_role("link").click()
    expect(page.locator("h1 .count")).not_to_have_text(before)
    expect(page.locator(".used")).to_contain_text("Unité de recherche")
    page.go_back()
    expect(page.locator("h1 .count")).to_have_text(before)


def test_names_keep_their_width_on_a_phone(visitor: Visitor) -> None:
    page = visitor.open("/scheme?lang=fr", PHONE)
    narrow = page.locator(".entries .name").evaluate_all(
        "links => links.filter(link => link.getClientRects().length > 3).map(l => l.textContent)"
    )
    assert not narrow


def test_what_two_columns_say_alike_is_told_once(visitor: Visitor) -> None:
    page = visitor.open("/place?q=cowopy&lang=fr")
    expect(page.locator(".entries .meta").first).to_have_text("Tiers-lieu")


def test_paper_is_light_and_without_controls(visitor: Visitor) -> None:
    page = visitor.open("/event/iness-2020-03-11?lang=fr", dark=True)
    paper = "getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()"
    on_screen = page.evaluate(paper)
    page.emulate_media(media="print")
    try:
        assert page.evaluate(paper) != on_screen
        expect(page.locator(".actions").first).to_be_hidden()
        expect(page.get_by_role("heading", name="Faits")).to_be_visible()
    finally:
        page.emulate_media(media="screen")


def test_an_embedded_name_has_a_date_where_something_takes_place(visitor: Visitor) -> None:
    page = visitor.open("/embed/list/organisation?lang=fr")
    expect(page.locator("li").first).to_be_visible()
    expect(page.locator("li .count")).to_have_count(0)
    page = visitor.open("/embed/list/event?lang=fr")
    expect(page.locator("li .count").first).to_be_visible()


def test_back_shows_in_the_menus_what_the_page_shows(visitor: Visitor) -> None:
    page = visitor.open("/organisation?view=chart&by=kind&lang=fr")
    menu = page.get_by_label("Compter par")
    menu.select_option("legal_form")
    page.get_by_role("button", name="Afficher").click()
    expect(menu).to_have_value("legal_form")
    page.go_back()
    expect(page.locator("thead th").first).to_have_text("Nature")
    expect(menu).to_have_value("kind")
