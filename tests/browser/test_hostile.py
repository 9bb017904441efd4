"""Hostile data in a browser: markup, long and right-to-left names, thousands of links.

What a source writes is text: it never runs, never tears a page, never hides what is beside it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.lists.conftest import freeze_graph
from tests.browser.conftest import PHONE, Visitor, Windows, visit
from tests.conftest import Start

ATTACK = "<script>window.hit=1</script><img src=x onerror=window.hit=1>"
LONG = "Fédération" * 30
ARABIC = "جمعية ليل للتضامن"
MEMBERS, TOPICS = 2_000, 500
PAGES = (
    "/organisation/attack", "/organisation/long", "/organisation/arabic", "/organisation/bare",
    "/organisation/many", "/organisation", "/organisation?view=table", "/organisation?view=map",
    "/organisation?view=chart", "/event", "/event?view=calendar&month=2026-12",
    "/event?view=timeline", "/graph/organisation/many", "/graph/organisation/attack",
    "/paths?from=organisation/attack&to=organisation/many", "/search?q=script", "/topic",
    "/compare?one=organisation/attack&other=organisation/long", "/embed/list/organisation",
    "/embed/map/organisation", "/feedback?record=organisation/attack",
)  # fmt: skip


def write_graph() -> bytes:
    """A graph in TriG with an organisation for each way of being hostile."""
    names = {"attack": ATTACK, "long": LONG, "arabic": ARABIC, "bare": "Nue", "many": "Beaucoup"}
    lines = [
        "PREFIX ess: <https://w3id.org/ess-kg/ontology#>",
        "PREFIX org: <http://www.w3.org/ns/org#>",
        "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>",
        "PREFIX dct: <http://purl.org/dc/terms/>",
        "PREFIX foaf: <http://xmlns.com/foaf/0.1/>",
        "PREFIX schema: <https://schema.org/>",
        "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>",
        "PREFIX o: <https://w3id.org/ess-kg/id/organisation/>",
        "PREFIX p: <https://w3id.org/ess-kg/id/person/>",
        "PREFIX t: <https://w3id.org/ess-kg/id/topic/>",
        "PREFIX e: <https://w3id.org/ess-kg/id/event/>",
        "<https://w3id.org/ess-kg/graph/alpha> {",
    ]
    lines += [
        f'o:{key} a org:Organization ; skos:prefLabel "{name}"@fr .' for key, name in names.items()
    ]
    lines += [
        f'o:attack dct:description "{ATTACK}"@fr ; skos:altLabel "{ATTACK}"@en ;'
        f' skos:editorialNote "{ATTACK}"@fr ; foaf:homepage <https://example.org/"> .'.replace(
            '/">', "/%22>"
        ),
        f'e:attack a schema:Event ; skos:prefLabel "{ATTACK}"@fr ;'
        f' schema:startDate "2026-12-05"^^xsd:date ; schema:organizer o:attack .',
        f'e:arabic a schema:Event ; skos:prefLabel "{ARABIC}"@ar, "{ARABIC}"@fr ;'
        f' schema:startDate "2026-12-05"^^xsd:date .',
    ]
    lines += [
        f'p:p{n} a foaf:Person ; foaf:name "Membre {n}" ; org:memberOf o:many .'
        for n in range(MEMBERS)
    ]
    lines += [
        f't:t{n} a skos:Concept ; skos:prefLabel "thème {n}"@fr . o:many dct:subject t:t{n} .'
        for n in range(TOPICS)
    ]
    return "\n".join([*lines, "}"]).encode()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, start_server: Start) -> str:
    """The address of a server over that graph."""
    data: Path = tmp_path_factory.mktemp("hostile")
    freeze_graph(data / "releases", write_graph())
    return start_server(data)


@pytest.fixture
def victim(windows: Windows, hostile: str) -> Iterator[Visitor]:
    """A visitor of that server, to whom nothing may happen."""
    with visit(windows, hostile) as one:
        yield one


@pytest.mark.parametrize("path", PAGES)
def test_nothing_runs_and_nothing_is_torn(victim: Visitor, path: str) -> None:
    page = victim.open(path, PHONE)
    assert page.evaluate("window.hit") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollHeight") < 20_000


def test_a_name_written_from_right_to_left_keeps_its_order_to_itself(victim: Visitor) -> None:
    page = victim.open("/organisation/arabic", PHONE)
    assert page.locator("h1 bdi").inner_text() == ARABIC


def test_what_only_has_a_name_says_so(victim: Visitor) -> None:
    page = victim.open("/organisation/bare?lang=fr")
    assert "Rien d’autre n’est connu." in page.inner_text("main")
