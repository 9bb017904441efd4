"""A real browser on the pages: Debian's Chromium, driven by Playwright.

Whatever a page does, it asks nobody but this server, logs no error and is no wider than the screen.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
DESKTOP, PHONE = (1280, 900), (390, 844)
# confined by the container that tests run in; as root Chromium refuses its own sandbox
CHROMIUM_OPTIONS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
"""WebGL is drawn by the processor: machines that run tests have no other."""


@dataclass
class Visitor:
    """Somebody with a browser: pages as one sees them, and what went wrong on them."""

    browser: Browser
    origin: str
    faults: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def open(
        self,
        path: str,
        size: tuple[int, int] = DESKTOP,
        *,
        dark: bool = False,
        scripts: bool = True,
    ) -> Page:
        """Opens an address, or a path of the server, in a window of its own."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            locale="fr-FR",
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self._note_request)
        self.pages.append(page)
        page.goto(self.origin + path, wait_until="load")
        return page

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def _note_request(self, request: Request) -> None:
        self.requests.append(request)
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.faults.append(f"asked {request.url}")


def find_chromium() -> str | None:
    """The path of an installed Chromium, None without one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window, for the tests of one file.

    No longer: Playwright runs an event loop for as long as it is there, beside which no
    asynchronous test of the same process can run.
    """
    path = find_chromium()
    if path is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield running
        running.close()


@pytest.fixture
def visitor(browser: Browser, national_server: str) -> Iterator[Visitor]:
    """A visitor of the project's own data."""
    with visit(browser, national_server) as one:
        yield one


@contextmanager
def visit(browser: Browser, origin: str) -> Iterator[Visitor]:
    """A visitor of a server; no page that it saw may have done anything wrong."""
    one = Visitor(browser, origin)
    yield one
    for page in one.pages:
        page.context.close()
    assert not one.faults


def wait_until(page: Page, expression: str, seconds: float = 15) -> None:
    """Waits until an expression is true in a page. Raises TimeoutError.

    Playwright's own way evaluates a text inside of the page, which its policy forbids.
    """
    for _ in range(round(seconds * 20)):
        if page.evaluate(f"Boolean({expression})"):
            return
        page.wait_for_timeout(50)
    raise TimeoutError(expression)


def find_violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA and good practice: rule and first element."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found.response["violations"]]
