"""The SPARQL page in a browser: an editor that completes, an answer as a table, a kept error."""

from playwright.sync_api import expect

from tests.browser.conftest import Visitor


def test_a_class_is_completed_and_its_prefix_added(visitor: Visitor) -> None:
    page = visitor.open("/sparql?lang=fr")
    page.locator(".CodeMirror").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("SELECT * WHERE { ?s a org:Organi")
    page.keyboard.press("Control+Space")
    expect(page.get_by_role("option", name="org:Organization", exact=True)).to_be_visible()
    page.keyboard.press("Enter")
    written = page.locator("textarea[name=query]").input_value()
    assert "PREFIX org: <http://www.w3.org/ns/org#>" in written
    assert "?s a org:Organization" in written


def test_an_example_runs_in_one_click(visitor: Visitor) -> None:
    page = visitor.open("/sparql?lang=fr")
    page.get_by_role("link", name="Les publications d'une personne", exact=False).first.click()
    expect(page.get_by_role("heading", name="Réponse")).to_be_visible()


def test_without_scripts_a_text_box_gives_a_table(visitor: Visitor) -> None:
    page = visitor.open("/sparql?lang=fr", scripts=False)
    page.get_by_role("button", name="Exécuter").click()
    expect(page.get_by_role("table")).to_be_visible()
    assert page.get_by_role("table").get_by_role("link").count() > 0
