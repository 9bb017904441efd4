"""Each kind of page in a browser: accessible, as wide as the screen, in both languages."""

import pytest

from tests.browser.conftest import DESKTOP, PHONE, Visitor, find_violations
from tests.browser.pages import MISSING, PAGES, in_language

SIZES = {"desktop": DESKTOP, "phone": PHONE}


@pytest.mark.parametrize("path", PAGES)
def test_it_is_accessible_and_as_wide_as_the_screen(visitor: Visitor, path: str) -> None:
    """One language and scheme at each size, so that each is looked at once."""
    for name, language, dark in (("desktop", "fr", False), ("phone", "en", True)):
        page = visitor.open(in_language(path, language), SIZES[name], dark=dark)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert find_violations(page) == [], (name, language)
    if path in MISSING:  # the browser logs the status of the page itself
        told = "the server responded with a status of 4"
        visitor.faults = [fault for fault in visitor.faults if told not in fault]


@pytest.mark.parametrize("path", ["/", "/organisation", "/search?q=commun", "/organisation/clicc"])
def test_it_is_complete_without_scripts(visitor: Visitor, path: str) -> None:
    """The words of a page are those that it has with scripts, but for what they add to look."""
    plain, enhanced = (
        visitor.open(path, scripts=scripts).inner_text("main").split() for scripts in (False, True)
    )
    assert plain == enhanced
