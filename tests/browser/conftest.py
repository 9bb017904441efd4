"""A real browser on the pages: Debian's Chromium, driven by Playwright.

Whatever a page does, it asks nobody but this server, logs no error and is no wider than the screen.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
DESKTOP, PHONE = (1280, 900), (390, 844)
# confined by the container that tests run in; as root Chromium refuses its own sandbox
CHROMIUM_OPTIONS: Final = ("--no-sandbox", "--disable-gpu")
WEBGL_OPTIONS: Final = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""WebGL is drawn by the processor: machines that run tests have no other."""
AXE_TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
BLANK: Final = "about:blank"

WindowOptions = tuple[tuple[int, int], bool, bool]
"""Size, whether it is dark, whether scripts run."""


@dataclass
class Windows:
    """The windows of one browser, each kept for the next test that wants one like it.

    A process for each page would take most of the time of a test; the site keeps nothing in a
    browser by which one test could tell that another was there.
    """

    browser: Browser
    _pages: dict[WindowOptions, Page] = field(default_factory=dict)

    def get(self, options: WindowOptions) -> Page:
        """A window with nothing in it."""
        if options not in self._pages:
            (width, height), dark, scripts = options
            context = self.browser.new_context(
                viewport={"width": width, "height": height},
                has_touch=(width, height) == PHONE,
                is_mobile=(width, height) == PHONE,
                color_scheme="dark" if dark else "light",
                java_script_enabled=scripts,
                locale="fr-FR",
            )
            self._pages[options] = context.new_page()
            self._pages[options].set_default_timeout(15_000)
        return self._pages[options]

    def discard(self, options: WindowOptions) -> None:
        """Closes a window in which something went wrong."""
        if (page := self._pages.pop(options, None)) is not None:
            page.context.close()


@dataclass
class Visitor:
    """Somebody with a browser: pages as one sees them, and what went wrong on them."""

    windows: Windows
    origin: str
    faults: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    _opened: dict[WindowOptions, Page] = field(default_factory=dict)

    def open(
        self,
        path: str,
        size: tuple[int, int] = DESKTOP,
        *,
        dark: bool = False,
        scripts: bool = True,
    ) -> Page:
        """Opens a path of the server in the window of that size and scheme."""
        options = size, dark, scripts
        if options not in self._opened:
            page = self._opened[options] = self.windows.get(options)
            page.on("console", self._note_message)
            page.on("pageerror", self._note_error)
            page.on("request", self._note_request)
        page = self._opened[options]
        page.goto(self.origin + path, wait_until="load")
        return page

    def leave(self, failed: bool) -> None:
        """Empties the windows; those of a visit that failed are closed."""
        for options, page in self._opened.items():
            if failed or self.faults:
                self.windows.discard(options)
                continue
            page.goto(BLANK)
            page.remove_listener("console", self._note_message)
            page.remove_listener("pageerror", self._note_error)
            page.remove_listener("request", self._note_request)

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def _note_error(self, error: Exception) -> None:
        self.faults.append(str(error))

    def _note_request(self, request: Request) -> None:
        self.requests.append(request)
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.faults.append(f"asked {request.url}")


def find_chromium() -> str | None:
    """The path of an installed Chromium, None without one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def open_windows(options: tuple[str, ...]) -> Iterator[Windows]:
    """The windows of a Chromium that nobody sees; skips the test where there is none."""
    path = find_chromium()
    if path is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(options))
        yield Windows(browser)
        browser.close()


@pytest.fixture(scope="module")
def windows() -> Iterator[Windows]:
    """Windows for the tests of one file.

    No longer: Playwright runs an event loop for as long as it is there, beside which no
    asynchronous test of the same process can run.
    """
    with open_windows(CHROMIUM_OPTIONS) as opened:
        yield opened


@pytest.fixture
def visitor(windows: Windows, national_server: str) -> Iterator[Visitor]:
    """A visitor of the project's own data."""
    with visit(windows, national_server) as one:
        yield one


@contextmanager
def visit(windows: Windows, origin: str) -> Iterator[Visitor]:
    """A visitor of a server; no page that it saw may have done anything wrong."""
    one = Visitor(windows, origin)
    try:
        yield one
    except BaseException:
        one.leave(failed=True)
        raise
    one.leave(failed=False)
    assert not one.faults


def wait_until(page: Page, expression: str, seconds: float = 15) -> None:
    """Waits until an expression is true in a page. Raises TimeoutError.

    Playwright's own way evaluates a text inside of the page, which its policy forbids.
    """
    waiting = """new Promise(resolve => {
      const end = performance.now() + %f;
      const look = () => (%s) ? resolve(true)
        : performance.now() > end ? resolve(false) : setTimeout(look, 20);
      look();
    })"""
    if not page.evaluate(waiting % (seconds * 1000, expression)):
        raise TimeoutError(expression)


def find_violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA and good practice: rule and first element.

    What passes stays in the page: to hand over all that axe looked at takes longer than to look.
    """
    options = {
        "runOnly": {"type": "tag", "values": AXE_TAGS},
        "resultTypes": ["violations"],
    }
    page.evaluate(Axe().axe_script)
    found = page.evaluate(
        f"""axe.run({json.dumps(options)}).then(({{ violations }}) =>
          violations.map(({{ id, nodes }}) => `${{id}}: ${{nodes[0].html.slice(0, 200)}}`))"""
    )
    return [str(one) for one in found]
