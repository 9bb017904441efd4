"""The weight and the speed of pages, beside those of another checkout.

    python benchmarks/pages.py RELEASE [--requests N] [--beside CHECKOUT RELEASE]

For each page: the bytes that Chromium receives with nothing in its cache, the milliseconds until it
paints something and until it is loaded, and those that the server takes for its answer (medians;
every answer is made anew). A page that a checkout does not have is left out for it.
"""

import argparse
import itertools
import shutil
import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from playwright.sync_api import Browser, sync_playwright
from serve import HTML, JSON, data_folder, server

WORDS: Final = ("inno", "lille", "tiers", "univ", "saint", "coop", "hab", "num", "rech", "soc")
ADDRESSES: Final[dict[str, tuple[str, ...]]] = {
    "home": ("/",),
    "list": ("/organisation", *(f"/organisation?q={word}" for word in WORDS)),
    "list of territories": ("/territory", *(f"/territory?q={word}" for word in WORDS)),
    "map": ("/organisation?view=map", *(f"/organisation?view=map&q={word}" for word in WORDS)),
    "record": ("/organisation/clicc", "/organisation/iness", "/territory/commune-59350"),
    "search": tuple(f"/search?q={word}" for word in WORDS),
    "paths": ("/paths?from=organisation/iness&to=organisation/clicc",),
    "network": ("/graph/organisation/iness",),
    "SPARQL": ("/sparql",),
}
DATA: Final[dict[str, tuple[str, ...]]] = {
    "suggestion": tuple(f"/suggest?q={word}" for word in WORDS),
    "clusters of a map": tuple(
        f"/map/organisation?bbox={west},{south},{west + 6},{south + 5}&zoom=7"
        for west, south in itertools.product((-5, 0, 3), (42, 45, 47))
    ),
}


@dataclass(frozen=True)
class Visit:
    """What a browser had of a page: bytes, and milliseconds from the beginning."""

    received: int
    painted: float
    loaded: float


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("release", type=Path)
    parser.add_argument("--requests", type=int, default=40, help="of each page to the server")
    parser.add_argument("--beside", type=Path, nargs=2, metavar=("CHECKOUT", "RELEASE"))
    asked = parser.parse_args()
    with ExitStack() as stack:
        data = stack.enter_context(data_folder(asked.release))
        clients = {"this": stack.enter_context(server(data))[0]}
        if asked.beside:
            checkout, release = asked.beside
            other = stack.enter_context(data_folder(release))
            clients["other"] = stack.enter_context(server(other, checkout.resolve()))[0]
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        print(f"{'':22}{'':8}{'kB':>8}{'paint ms':>10}{'load ms':>10}{'server ms':>11}")
        for name, addresses in ADDRESSES.items():
            for which, client in clients.items():
                if (path := find_answered(client, addresses)) is None:
                    continue
                visits = [visit(browser, str(client.base_url).rstrip("/") + path) for _ in range(5)]
                middle = measure(client, addresses, HTML, asked.requests)
                paint = statistics.median(one.painted for one in visits)
                load = statistics.median(one.loaded for one in visits)
                print(
                    f"{name:22}{which:8}{visits[0].received / 1000:8.1f}{paint:10.0f}{load:10.0f}"
                    f"{middle:11.1f}",
                    flush=True,
                )
        for name, addresses in DATA.items():
            for which, client in clients.items():
                if find_answered(client, addresses) is not None:
                    middle = measure(client, addresses, JSON, asked.requests)
                    print(f"{name:22}{which:8}{'':28}{middle:11.1f}", flush=True)
        browser.close()


def find_answered(client: httpx.Client, addresses: Sequence[str]) -> str | None:
    """The first address, where it is answered."""
    answer = client.get(addresses[0], headers={"Accept": f"{HTML}, {JSON};q=0.9"})
    return addresses[0] if answer.is_success else None


def measure(client: httpx.Client, addresses: Sequence[str], accepted: str, times: int) -> float:
    """The median milliseconds of answers, none of which the server remembers (see serve.py)."""
    headers = {"Accept": accepted, "Cookie": "remember=no"}
    found = []
    for address in itertools.islice(itertools.cycle(addresses), times):
        answer = client.get(address, headers=headers)
        if not answer.is_success or len(answer.content) < 50:
            raise SystemExit(f"{answer.status_code} at {answer.url}: {answer.text[:300]}")
        found.append(answer.elapsed.total_seconds() * 1000)
    return statistics.median(found)


def visit(browser: Browser, address: str) -> Visit:
    """Opens a page in a window that has nothing in its cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    received: list[int] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    session.send("Network.enable")
    page.goto(address, wait_until="networkidle")
    painted, loaded = page.evaluate(
        "[performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,"
        " performance.getEntriesByType('navigation')[0].loadEventEnd]"
    )
    context.close()
    return Visit(sum(received), painted, loaded)


if __name__ == "__main__":
    main()
