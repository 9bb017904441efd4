"""The longest wait of a light query beside each hostile request, and beside nothing.

    python benchmarks/latency.py [RELEASE] [--seconds S]

One server process answers, so that whatever stops it stops the light query. RELEASE is a release
folder; without it, the current release of data/releases, built if need be.
"""

import argparse
import http.client
import socket
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from serve import current, data_folder, server

ALONE = {"KG_WORKERS": 1, "KG_CLIENT_SECONDS": 100_000, "KG_CLIENT_QUERIES": 1000}
"""Settings of the server: one process, and no rate limit in the way."""
ESS = "PREFIX ess: <https://w3id.org/ess-kg/ontology#> "
QUERY, FORM = "application/sparql-query", "application/x-www-form-urlencoded"
WORDS = "innovatoin soicale solidiare ecnoomie entrpeirse assoication copoeratvie mutaulle"
Request = tuple[str, str, bytes, str]
"""Method, address, body and its type."""


def searches(count: int) -> str:
    """A query of so many text searches, all of whose results go together."""
    body = " ".join(f'FILTER(ess:matches(?a{n}, "{WORDS} {n}"))' for n in range(count))
    return f"{ESS}SELECT * {{ {body} }} LIMIT 1000"


def star(patterns: int, syntax: str) -> Request:
    """A query of so many properties of one subject."""
    prefixes = "PREFIX a:<https://schema.org/>PREFIX t:<https://w3id.org/ess-kg/id/territory/>"
    values = ";".join(f"a:url ?a{n}" for n in range(patterns))
    text = f"{prefixes}SELECT*{{t:commune-59350 {values}}}"
    return "GET", f"/sparql?{urlencode({'query': text, 'format': syntax})}", b"", ""


def put(text: str) -> Request:
    """A query sent as the body of a request."""
    return "POST", "/sparql", text.encode(), QUERY


HOSTILE: dict[str, Request] = {
    "signs": put("-" * 300_000),
    "names": put(".a" * 150_000),
    "a word": put("service" * 100_000),
    "a clause": put("ASK { <urn:a#b> FILTER(" + "service:" * 40_000),
    "open quotes": put('\\"' * 150_000),
    "long strings": put("'''" + "\n\\'''" * 60_000),
    "lines": put("'\"\n" * 100_000),
    "pages": ("POST", "/sparql?page-size=5", b"SELECT * {" + b"(" * 300_000, QUERY),
    "an address": ("GET", f"/sparql?query={quote('.a' * 5000)}", b"", ""),
    "searches": put(searches(10)),
    "many searches": put(searches(3000)),
    "a star": star(16, "csv"),
    "a large star": star(100, "csv"),
    "RDF of a list": ("GET", "/territory.rdf?limit=500", b"", ""),
    "a page of a list": ("GET", "/territory.html?limit=500", b"", ""),
    "words of a list": ("GET", f"/organisation?q={quote(WORDS)}", b"", ""),
    "a search": ("GET", f"/search?q={quote(WORDS)}", b"", ""),
    "a form": ("POST", "/reconcile", b"queries=" + b"%7B" * 300_000, FORM),
    "an escaped query": ("POST", "/sparql", b"query=" + b"%2D" * 300_000, FORM),
    "fields": ("POST", "/sparql", b"a=b&" * 250_000, FORM),
}


class LightQueries:
    """A probe that asks without end, and the longest that it waited."""

    def __init__(self, address: str) -> None:
        place = urlsplit(address)
        self._line = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        self._number = 0
        self.longest = 0.0
        self._stop = threading.Event()

    def __enter__(self) -> "LightQueries":
        self.ask()  # connected before anything is measured
        self.longest = 0.0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._line.close()

    def ask(self) -> None:
        """Asks once; keeps the time if it is the longest."""
        self._number += 1
        began = time.perf_counter()
        text = f"SELECT ?o {{ <urn:x:{self._number}> ?p ?o }}"
        self._line.request("GET", f"/sparql?{urlencode({'query': text})}")
        answer = self._line.getresponse()
        answer.read()
        assert answer.status == 200
        self.longest = max(self.longest, time.perf_counter() - began)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.ask()
            time.sleep(0.001)


def send(address: str, request: Request) -> int:
    """Sends one request, reads the whole answer, gives its status."""
    method, path, body, kind = request
    place = urlsplit(address)
    with closing(http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)) as line:
        line.request(method, path, body or None, {"Content-Type": kind} if kind else {})
        answer = line.getresponse()
        answer.read()
        return answer.status


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("release", nargs="?", type=Path, help="a release folder")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of each measure")
    options = parser.parse_args()
    with data_folder(options.release or current()) as data, server(data, **ALONE) as (client, _):
        address = str(client.base_url)
        idle = longest_beside_nothing(address, options.seconds)
        print(f"{'beside':20}{'longest wait, ms':>18}{'ratio':>8}")
        show("nothing", idle, idle)
        for name, request in HOSTILE.items():
            show(name, longest_beside(address, request, options.seconds), idle)
        show("endless headers", longest_beside_endless_headers(address, options.seconds), idle)


def longest_beside_nothing(address: str, seconds: float) -> float:
    """Seconds that the light query waited at most, on an idle server."""
    with LightQueries(address) as probe:
        time.sleep(seconds)
    return probe.longest


def longest_beside(address: str, request: Request, seconds: float) -> float:
    """Seconds that the light query waited at most while a request was sent again and again."""
    send(address, request)  # a cached answer need not be computed again
    with LightQueries(address) as probe:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            if (status := send(address, request)) >= 500:
                raise RuntimeError(f"a hostile request is answered {status}")
    return probe.longest


def longest_beside_endless_headers(address: str, seconds: float) -> float:
    """Seconds that the light query waited at most beside a request whose headers never end."""
    place = urlsplit(address)
    with LightQueries(address) as probe:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            with closing(socket.socket()) as line:
                line.connect((place.hostname, place.port))
                try:
                    line.sendall(b"GET / HTTP/1.1\r\n")
                    for _ in range(200):
                        line.sendall(b"X-A: " + b"a" * 1000 + b"\r\n")
                except OSError:  # refused, as it should be
                    pass
    return probe.longest


def show(name: str, longest: float, idle: float) -> None:
    """Prints one row."""
    print(f"{name:20}{longest * 1000:>18.1f}{longest / idle:>8.1f}")


if __name__ == "__main__":
    main()
