"""Maps in a browser: closer by mouse and keyboard, a record and back, what is shown as a list."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Visitor


def _open(visitor: Visitor, path: str) -> tuple[Page, Locator]:
    page = visitor.open(path)
    marks = page.locator(".map .mark")
    expect(marks.first).to_be_visible()
    return page, marks


def _count(marks: Locator) -> int:
    """How many records the markers stand for."""
    titles = [mark.get_attribute("title") or "" for mark in marks.all()]
    numbers = [re.match(r"[0-9\u202f ]+(?= fiches)", title) for title in titles]
    return sum(int(re.sub(r"\D", "", n[0])) if n else 1 for n in numbers)


def test_markers_count_what_the_list_has_in_the_frame(visitor: Visitor) -> None:
    page, marks = _open(visitor, "/place?view=map&territory=region-53&lang=fr")
    listed = page.locator("[data-here]")
    expect(listed).to_be_visible()
    shown = _count(marks)
    listed.click()
    expect(page.locator("h1 .count")).to_have_text(re.compile(rf"^{shown} fiches$"))


def test_a_cluster_is_entered_by_keyboard_and_the_position_stays_in_the_address(
    visitor: Visitor,
) -> None:
    page, marks = _open(visitor, "/place?view=map&territory=region-53&lang=fr")
    cluster = page.locator(".map .mark[title*=fiches]").first
    cluster.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"#[\d.]+/"))
    address = page.url
    page.goto("about:blank")
    page.go_back()
    expect(marks.first).to_be_visible()
    assert page.url == address


def test_a_record_is_opened_from_its_marker_and_back_leads_to_the_map(visitor: Visitor) -> None:
    page, marks = _open(visitor, "/place?view=map&q=mairie+mobile+paris&lang=fr")
    expect(marks).to_have_count(1)
    marks.first.click()
    page.locator(".leaflet-popup a").first.click()
    expect(page).to_have_url(re.compile("/place/anct-fs-2257"))
    page.go_back()
    expect(marks.first).to_be_visible()


def test_the_list_of_a_marker_is_read_and_closed_by_keyboard(visitor: Visitor) -> None:
    page, marks = _open(visitor, "/place?view=map&q=mairie+mobile+paris&lang=fr")
    name = marks.first.get_attribute("title")
    assert name
    marker = page.get_by_role("button", name=name, exact=True)
    marker.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup li a")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Fermer", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    expect(marker).to_be_focused()


@pytest.mark.parametrize("size", [(1280, 900), PHONE])
def test_without_scripts_the_drawn_map_leads_closer(
    visitor: Visitor, size: tuple[int, int]
) -> None:
    page = visitor.open("/place?view=map&territory=region-53&lang=fr", size, scripts=False)
    links = page.locator(".map svg a")
    expect(links.first).to_be_visible()
    page.goto(f"{visitor.origin}{links.first.get_attribute('href')}")
    expect(page.locator(".map svg a").first).to_be_visible()
    assert "bbox=" in page.url
