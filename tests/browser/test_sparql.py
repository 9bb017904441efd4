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
    expect(page.get_by_role("table").first).to_be_visible()
    assert page.get_by_role("table").get_by_role("link").count() > 0


def test_an_answer_is_looked_at_as_a_map_and_as_a_network(visitor: Visitor) -> None:
    page = visitor.open("/queries/organisations-of-a-territory?territory=departement-59&lang=fr")
    page.get_by_role("link", name="Carte", exact=True).click()
    marker = page.locator(".map .mark").first
    marker.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup-content li a").first).to_be_visible()
    page = visitor.open("/queries/about-a-topic?topic=biens-communs&lang=fr")
    page.get_by_role("link", name="Réseau", exact=True).click()
    expect(page.locator("figure[data-network] canvas").first).to_be_visible()
    expect(page.get_by_role("table").first).to_be_visible()
