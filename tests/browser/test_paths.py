"""How two records are linked, and their network, in a browser: chosen while typing, drawn, kept."""

import json

from playwright.sync_api import expect

from tests.browser.conftest import Visitor, wait_until

PATH = "/paths?from=organisation/iness&to=organisation/clicc&lang=fr"


def test_two_records_are_chosen_while_typing_and_told_in_words(visitor: Visitor) -> None:
    page = visitor.open("/paths?lang=fr")
    for label, typed in (("De", "iness"), ("À", "clicc")):
        box = page.get_by_role("combobox", name=label, exact=True)
        box.press_sequentially(typed)
        page.get_by_role("option").filter(has_text=typed.upper()).first.wait_for()
        box.press("ArrowDown")
        box.press("Enter")
    page.get_by_role("button", name="Chercher les liens").click()
    expect(page.locator(".sentence").first).to_contain_text("INESS")
    expect(page.locator(".sentence").first).to_contain_text("CLICC")


def test_the_paths_are_drawn_and_leave_as_svg(visitor: Visitor) -> None:
    page = visitor.open(PATH)
    data = json.loads(page.locator("figure script").text_content() or "")
    wait_until(page, "document.querySelector('figure.network').graph")
    drawn = page.evaluate("document.querySelector('figure.network').graph.nodes().length")
    assert drawn == len(data["nodes"])
    with page.expect_download() as download:
        page.get_by_role("button", name="SVG").click()
    assert "<svg" in download.value.path().read_text("utf-8")


def test_the_words_are_there_without_scripts(visitor: Visitor) -> None:
    page = visitor.open(PATH, scripts=False)
    expect(page.locator(".sentence").first).to_contain_text("CLICC")
    expect(page.locator("figure.network")).to_be_hidden()


def test_a_record_of_a_network_shows_its_own_links_at_a_touch(visitor: Visitor) -> None:
    page = visitor.open("/graph/organisation/iness?lang=fr")
    wait_until(page, "document.querySelector('figure.network').graph")
    count = "document.querySelector('figure.network').graph.nodes().length"
    before = page.evaluate(count)
    topic = "document.querySelector('figure.network').graph.getElementById('topic/ess')"
    page.evaluate(f"void {topic}.emit('tap')")  # what it gives is the whole graph
    wait_until(page, f"{count} > {before}")
    expect(page.locator("[data-told]")).to_contain_text("économie sociale et solidaire")


def test_lines_of_a_large_network_are_seen(visitor: Visitor) -> None:
    page = visitor.open("/graph/organisation/ror-02feahw73?lang=fr")
    wait_until(page, "document.querySelector('figure.network').graph")
    graph = "document.querySelector('figure.network').graph"
    assert page.evaluate(f"{graph}.zoom()") < 0.6
    assert (
        page.evaluate(f"{graph}.edges().min((e) => e.numericStyle('width')).value * {graph}.zoom()")
        > 0.9
    )
