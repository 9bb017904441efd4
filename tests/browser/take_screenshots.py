"""Screenshots of every kind of page, at the widths of a desktop and of a phone.

    python tests/browser/take_screenshots.py ADDRESS FOLDER [--dark]

ADDRESS is that of a running server. Each page is taken in French at the one width and in English at
the other; what went wrong on it is printed, and the status is 1.
"""

import argparse
import re
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    WEBGL_OPTIONS,
    Visitor,
    Windows,
    find_chromium,
)
from tests.browser.pages import MISSING, PAGES, in_language


def main() -> int:
    """Takes them all; 1 where a page logged an error or asked another server."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("address")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dark", action="store_true")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    failed = False
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=list(WEBGL_OPTIONS)
        )
        windows = Windows(browser)
        for path in PAGES:
            visitor = Visitor(windows, asked.address.rstrip("/"))
            for name, size, language in (("desktop", DESKTOP, "fr"), ("phone", PHONE, "en")):
                page = visitor.open(in_language(path, language), size, dark=asked.dark)
                page.wait_for_timeout(500)  # what scripts draw
                file = f"{re.sub(r'[^a-z0-9]+', '-', path).strip('-') or 'home'}-{name}.png"
                page.screenshot(path=asked.folder / file, full_page=True, timeout=120_000)
            visitor.leave(failed=False)
            for fault in visitor.faults if path not in MISSING else ():
                failed = True
                print(f"{path}: {fault}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
