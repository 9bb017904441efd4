"""The speed of the server on a release, alone and beside queries that never end.

    python benchmarks/serve.py [RELEASE] [--requests N] [--beside CHECKOUT RELEASE]

RELEASE is a release folder; without it, the current release of data/releases, built if need be.
`--beside` names another checkout of the project, with its environment in .venv, and a release that
it can serve: both servers run at the same time, and each request goes to one and then to the other.
"""

import argparse
import itertools
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
HTML, TURTLE, JSON = "text/html", "text/turtle", "application/json"
RESULTS = "application/sparql-results+json"
CHECKED = 10
"""Answers of each sort that are looked at before the others are timed."""
LIMIT = 5
"""Seconds a query may take on the server that is given queries without end."""
WORDS = ("innovation sociale", "inovation", "lille", "tiers-lieux", "université", "saint", "59350")
PLACED = (
    "PREFIX ess: <https://w3id.org/ess-kg/ontology#> PREFIX skos: "
    "<http://www.w3.org/2004/02/skos/core#> SELECT ?place ?label ?within {{ ?place skos:notation "
    '"{}" ; skos:prefLabel ?label . OPTIONAL {{ ?place ess:within ?within }} }}'
)
SAID = "SELECT ?p ?o {{ <{}> ?p ?o }}"
RUNAWAYS = {
    "cross join": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . FILTER(?c != ?f) }",
    "ORDER BY over everything": "SELECT * { ?s ?p ?o } ORDER BY DESC(?o) ?p ?s",
}

Ask = Callable[[], httpx.Response]


@dataclass(frozen=True)
class Ended:
    """How a query without end came to one."""

    name: str
    status: str
    seconds: float


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("release", nargs="?", type=Path, help="a release folder")
    parser.add_argument("--requests", type=int, default=200, help="requests of each sort")
    parser.add_argument(
        "--beside", nargs=2, type=Path, metavar=("CHECKOUT", "RELEASE"), help="another version"
    )
    options = parser.parse_args()
    release = options.release or current()
    print(f"release {release.name}; load of the machine, last minute: {os.getloadavg()[0]:.2f}")
    with data_folder(release) as data:
        if options.beside:
            checkout, other = options.beside
            with data_folder(other) as its_data:
                compare(data, its_data, checkout, options.requests)
            return
        with server(data) as (client, first):
            print(f"first answer after {first:.2f} s\n")
            print(f"{'':44}{'median':>10}{'p95':>10}   milliseconds of {options.requests} requests")
            for name, ask in questions(client).items():
                show(name, measured(ask, options.requests))
        with server(data, KG_QUERY_SECONDS=LIMIT) as (client, _):
            beside_runaways(client, options.requests)


def compare(data: Path, other: Path, checkout: Path, times: int) -> None:
    """The light requests on this version and on another one, by turns."""
    with server(data) as (client, _), server(other, checkout) as (its_client, _):
        print(f"{'':44}{'this':>10}{'other':>10}{'ratio':>10}   medians of {times} requests, ms")
        others = questions(its_client)
        for name, ask in questions(client).items():
            mine, theirs = measured_by_turns([ask, others[name]], times)
            one, two = statistics.median(mine), statistics.median(theirs)
            print(f"{name:44}{one:10.2f}{two:10.2f}{two / one:10.2f}", flush=True)


def measured_by_turns(asks: Sequence[Ask], times: int) -> list[list[float]]:
    """Milliseconds of some requests, each version first in every second turn."""
    for ask in asks:
        check_answers(ask)
    found: list[list[float]] = [[] for _ in asks]
    for turn in range(times):
        order = range(len(asks)) if turn % 2 else reversed(range(len(asks)))
        for number in order:
            found[number].append(timed(asks[number]))
    return found


def current() -> Path:
    """The release in service, built where there is none."""
    pointer = ROOT / "data" / "releases" / "current"
    if not pointer.is_file():
        subprocess.run([sys.executable, "-m", "kg.cli", "build"], cwd=ROOT, check=True)
    return pointer.parent / pointer.read_text("utf-8").strip()


@contextmanager
def data_folder(release: Path) -> Iterator[Path]:
    """A data folder that holds this release alone, whatever is built meanwhile."""
    with tempfile.TemporaryDirectory(prefix="ess-kg-serve-") as folder:
        releases = Path(folder) / "releases"
        releases.mkdir()
        (releases / release.name).symlink_to(release.resolve())
        (releases / "current").write_text(release.name, "utf-8")
        yield Path(folder)


@contextmanager
def server(
    data: Path, checkout: Path = ROOT, **settings: int
) -> Iterator[tuple[httpx.Client, float]]:
    """A real server, as `ess-kg serve` starts it, and the seconds until its first answer."""
    own = checkout / ".venv" / "bin" / "python"
    python = sys.executable if checkout == ROOT else str(own.absolute())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name[:3] != "KG_"}
    environment |= {name: str(value) for name, value in settings.items()}
    start = time.perf_counter()
    process = subprocess.Popen(
        [python, "-m", "kg.cli", "serve", "--port", str(port)],
        cwd=checkout, env=environment | {"KG_DATA": str(data)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            yield client, first_answer(client, process, start)
    finally:
        process.terminate()
        process.wait(30)


def first_answer(client: httpx.Client, process: subprocess.Popen[bytes], start: float) -> float:
    """Seconds from the start of a server to its first good answer."""
    while process.poll() is None and time.perf_counter() - start < 60:
        try:
            if client.get("/health").is_success:
                return time.perf_counter() - start
        except httpx.TransportError:
            time.sleep(0.01)
    raise SystemExit("the server does not answer")


def questions(client: httpx.Client) -> dict[str, Ask]:
    """Every light request by name; those that vary go round addresses, words or codes."""
    home = client.get("/", headers={"Accept": JSON}).json()
    kinds = [f"/{kind}" for kind, count in home["counts"].items() if count]
    pages = [item["url"] for kind in kinds for item in listed(client, f"{kind}?limit=10")]
    places = [f"/organisation?territory={item['key']}" for item in territories(client)]
    boxes = [
        "3.0,50.5,3.2,50.7",
        "2.2,48.8,2.5,48.9",
        "4.7,45.7,4.9,45.8",
        "-2,47,0,48",
        "0,43,7,49",
    ]
    codes = [item["key"].split("-", 1)[1] for item in listed(client, "/territory?limit=500")]
    things = [f"https://w3id.org/ess-kg/id{page}" for page in pages]
    known = {
        "Accept": TURTLE,
        "If-None-Match": client.get(pages[0], headers={"Accept": TURTLE}).headers["ETag"],
    }
    return {
        "entity page, HTML": getting(client, pages, HTML),
        "entity, Turtle": getting(client, pages, TURTLE),
        "entity, not modified (304)": lambda: client.get(pages[0], headers=known),
        "list of each kind with facets, HTML": getting(client, kinds, HTML),
        "list of each kind with facets, JSON": getting(client, kinds, JSON),
        "organisations of a territory, facets, HTML": getting(client, places, HTML),
        "organisations of a territory, facets, JSON": getting(client, places, JSON),
        "organisations, filtered twice, JSON": getting(client, narrowed(client), JSON),
        "organisations in a box, JSON": getting(
            client, [f"/organisation?bbox={box}" for box in boxes], JSON
        ),
        "organisations by words, JSON": getting(
            client, [f"/organisation?q={word}" for word in WORDS], JSON
        ),
        "search, JSON": getting(client, [f"/search?q={word}" for word in WORDS], JSON),
        "SPARQL, what is said of one thing": asking(client, things, SAID),
        "SPARQL, selective, the same again": asking(client, codes[:1]),
        "SPARQL, selective, another literal each time": asking(client, codes),
    }


def territories(client: httpx.Client) -> list[dict[str, Any]]:
    """Départements, or communes where the release has no other territory."""
    return listed(client, "/territory?kind=departement&limit=100") or listed(
        client, "/territory?sort=-population&limit=100"
    )


def narrowed(client: httpx.Client) -> list[str]:
    """Lists with two of the filters that hold the most, of different facets."""
    facets = client.get("/organisation", headers={"Accept": JSON}).json()["facets"]
    most = [
        [f"{name}={value['value']}" for value in told["values"][:4]]
        for name, told in facets.items()
    ]
    pairs = [(a, b) for one, other in itertools.combinations(most, 2) for a in one for b in other]
    return [f"/organisation?{a}&{b}" for a, b in pairs]


def listed(client: httpx.Client, address: str) -> list[dict[str, Any]]:
    """The records of a page of a list."""
    answer = client.get(address, headers={"Accept": JSON})
    if answer.is_error:
        raise SystemExit(f"{answer.status_code} at {answer.url}: {answer.text[:300]}")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def getting(client: httpx.Client, addresses: Sequence[str], accepted: str) -> Ask:
    """Asks for one address after another, round and round.

    With a cookie, which the server takes for a reason to remember nothing: every answer is made.
    """
    turn = itertools.cycle(addresses)
    return lambda: client.get(next(turn), headers={"Accept": accepted, "Cookie": "remember=no"})


def asking(client: httpx.Client, values: Sequence[str], text: str = PLACED) -> Ask:
    """Asks a query about one value after another."""
    turn = itertools.cycle(values)
    return lambda: client.post(
        "/sparql", data={"query": text.format(next(turn))}, headers={"Accept": RESULTS}
    )


def measured(ask: Ask, times: int) -> list[float]:
    """Milliseconds of each of some requests, after a few whose answers are looked at."""
    check_answers(ask)
    return [timed(ask) for _ in range(times)]


def check_answers(ask: Ask) -> None:
    """Ends the program where a few requests are not answered with anything."""
    answers = [ask() for _ in range(CHECKED)]
    if all(answer.status_code == 304 for answer in answers):
        return
    if not any(count_rows(answer) for answer in answers):
        raise SystemExit(f"nothing is in the answers: {answers[0].url}: {answers[0].text[:300]}")


def count_rows(answer: httpx.Response) -> int:
    """The rows of an answer: records, solutions, or lines where it is a document."""
    if "json" not in answer.headers.get("content-type", ""):
        return answer.text.count("\n")
    content = answer.json()
    rows = content["results"]["bindings"] if "results" in content else content["items"]
    return len(rows)


def timed(ask: Ask) -> float:
    """Milliseconds of one request, which must succeed."""
    start = time.perf_counter()
    answer = ask()
    if answer.status_code not in (200, 304):
        raise SystemExit(f"{answer.status_code} at {answer.url}: {answer.text[:300]}")
    return (time.perf_counter() - start) * 1000


def show(name: str, times: Sequence[float]) -> None:
    """One line of the table."""
    p95 = statistics.quantiles(times, n=20)[-1]
    print(f"{name:44}{statistics.median(times):10.2f}{p95:10.2f}")


def beside_runaways(client: httpx.Client, times: int) -> None:
    """The light requests alone, beside as many busy processes, beside two queries without end."""
    everything = questions(client)
    names = ("entity page, HTML", "list of each kind with facets, JSON",
             "SPARQL, what is said of one thing",
             "SPARQL, selective, another literal each time")  # fmt: skip
    light = {name: everything[name] for name in names}
    alone = by_turns(light, range(times))
    with busy_processes(len(RUNAWAYS)):
        busy = by_turns(light, range(times))
    beside, ends = while_running(str(client.base_url), light)
    print(f"\n{len(RUNAWAYS)} queries without end, limit {LIMIT} s; milliseconds")
    print(f"{'':44}{'':8}{'alone':>10}{'busy':>10}{'beside':>10}{'/ alone':>10}{'/ busy':>10}")
    for name in names:
        for told, of in (("median", statistics.median), ("p99", p99)):
            a, b, c = (of(found[name]) for found in (alone, busy, beside))
            print(f"{name:44}{told:8}{a:10.2f}{b:10.2f}{c:10.2f}{c / a:10.2f}{c / b:10.2f}")
    for end in ends:
        print(f"{end.name}: {end.status}, {end.seconds - LIMIT:+.2f} s from its limit")


def by_turns(light: dict[str, Ask], turns: Iterable[object]) -> dict[str, list[float]]:
    """Milliseconds of the light requests, one of each in each turn: what stands beside others has
    to be held to the same order alone, since what runs before leaves the caches as they are."""
    times: dict[str, list[float]] = {name: [] for name in light}
    for _ in turns:
        for name, ask in light.items():
            times[name].append(timed(ask))
    return times


def p99(times: Sequence[float]) -> float:
    """The time that one request in a hundred exceeds."""
    return statistics.quantiles(times, n=100)[-1]


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Some processes that do nothing but keep a core busy: what sharing the machine costs."""
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def while_running(
    address: str, light: dict[str, Ask]
) -> tuple[dict[str, list[float]], list[Ended]]:
    """The light requests in turn for as long as a query without end still runs."""
    ends: list[Ended] = []
    threads = [
        threading.Thread(target=lambda n=name, q=query: ends.append(run_away(address, n, q)))
        for name, query in RUNAWAYS.items()
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    both_run = iter(lambda: all(thread.is_alive() for thread in threads), False)
    times = by_turns(light, both_run)
    for thread in threads:
        thread.join()
    return times, ends


def run_away(address: str, name: str, query: str) -> Ended:
    """Sends a query without end and waits for what becomes of it."""
    start = time.perf_counter()
    try:
        answer = httpx.post(f"{address}/sparql", data={"query": query}, timeout=120)
        status = (
            f"{answer.status_code} {answer.json().get('detail', '') if answer.is_error else ''}"
        )
    except httpx.TransportError as error:
        status = f"broken off ({error})"
    return Ended(name, status.strip(), time.perf_counter() - start)


if __name__ == "__main__":
    main()
