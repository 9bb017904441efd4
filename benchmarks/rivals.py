"""SPARQL over HTTP: our server beside others, on the same triples, in one run.

    python benchmarks/rivals.py [RELEASE ...] [--organisations N ...] [--seconds S]

Each RELEASE is a release folder; `--organisations` builds made-up countries of these sizes.
"""

import argparse
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx
import pyoxigraph as ox
from engines.servers import SERVERS, missing
from generate import generate
from measure import ROOT, run
from serve import current

LUA: Final = """\
local requests, turn, first = {}, 0, 0
function setup(thread) first = first + 1; thread:set("first", first) end
function init()
  local headers = {["Accept"] = "application/sparql-results+json"}
  for line in io.lines(os.getenv("ADDRESSES")) do
    requests[#requests + 1] = wrk.format("GET", line, headers)
  end
  turn = math.floor((first - 1) * #requests / 2)
end
function request() turn = turn + 1; return requests[turn % #requests + 1] end
"""
RESULTS: Final = "application/sparql-results+json"
MILLISECONDS: Final = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}
MOST: Final = 200_000
"""Addresses of a file, more than are asked in one measure."""
PREFIXES: Final = """\
PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX org: <http://www.w3.org/ns/org#>
PREFIX ess: <https://w3id.org/ess-kg/ontology#> PREFIX dct: <http://purl.org/dc/terms/>
"""
LIGHT: Final = (
    "SELECT ?p ?o { <%s> ?p ?o }",
    "SELECT ?label ?place { <%s> skos:prefLabel ?label ; ess:headquarteredIn ?place }",
    "SELECT ?one ?p { ?one ?p <%s> } LIMIT 20",
)
MIDDLING: Final = (
    "SELECT ?one ?label ?topic { ?one ess:headquarteredIn <%s> ; skos:prefLabel ?label ;"
    " dct:subject/skos:prefLabel ?topic } ORDER BY ?label LIMIT 100",
    "SELECT ?kind (COUNT(*) AS ?n) { ?one ess:headquarteredIn <%s> ; org:classification ?kind }"
    " GROUP BY ?kind ORDER BY DESC(?n)",
)
THINGS: Final = "SELECT DISTINCT ?x { ?x ess:headquarteredIn ?place } ORDER BY ?x"
PLACES: Final = "SELECT ?x { ?one ess:headquarteredIn ?x } ORDER BY ?x"
"""As often as there are organisations: large communes are asked about more."""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("releases", nargs="*", type=Path, metavar="RELEASE")
    parser.add_argument("--organisations", type=int, nargs="+", default=(), metavar="N")
    parser.add_argument("--seconds", type=int, default=10, help="of each measure")
    parser.add_argument("--servers", nargs="+", choices=sorted(SERVERS), default=list(SERVERS))
    asked = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing: install Debian's package wrk")
    print(f"load of the machine, last minute: {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    for release in asked.releases or ([] if asked.organisations else [current()]):
        compare(release, asked.servers, asked.seconds)
    for size in asked.organisations:
        with country(size) as release:
            compare(release, asked.servers, asked.seconds)


@contextmanager
def country(size: int) -> Iterator[Path]:
    """The release of a made-up country, in a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="ess-kg-rivals-") as folder:
        data = Path(folder) / "data"
        generate(data, size, 0.01, territories="used")
        environment = {"KG_DATA": str(data), "KG_MODEL": str(ROOT)}
        built = run([sys.executable, "-m", "kg.cli", "build", "--force"], environment=environment)
        if built.status:
            raise SystemExit(f"the build failed:\n{built.errors}")
        releases = data / "releases"
        yield releases / (releases / "current").read_text("utf-8").strip()


def compare(release: Path, names: Sequence[str], seconds: int) -> None:
    """One table: requests a second of each server, and what ours is of each."""
    with tempfile.TemporaryDirectory(prefix="ess-kg-rivals-") as folder:
        files = questions(release, Path(folder))
        for folder in (release / "store", release):
            read(folder)
        (Path(folder) / "ask.lua").write_text(LUA, "utf-8")
        print(f"\nrelease {release.name}; requests a second (p99 in ms), 8 connections")
        print(f"{'':18}" + "".join(f"{name:>22}" for name in files))
        rates: dict[str, dict[str, float]] = {}
        for name in names:
            if lacking := missing(name):
                print(f"{name:18}left out: install {lacking}")
                continue
            with SERVERS[name](release) as address:
                found = {q: blast(address, file, seconds) for q, file in files.items()}
            rates[name] = {q: rate for q, (rate, _, _) in found.items()}
            cells = (f"{rate:,.0f} ({p99:.1f}){bad}" for rate, p99, bad in found.values())
            print(f"{name:18}" + "".join(f"{cell:>22}" for cell in cells), flush=True)
        ours = rates.get("ess-kg", {})
        for name in rates:
            if name != "ess-kg" and ours:
                ratios = (f"{ours[q] / rates[name][q]:.2f}" for q in files)
                print(f"{'ours / ' + name:22}" + "".join(f"{ratio:>22}" for ratio in ratios))


def read(folder: Path) -> None:
    """Reads every file once: otherwise the first server would read from disk for those after it."""
    for path in sorted(filter(Path.is_file, folder.iterdir())):
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def questions(release: Path, folder: Path) -> dict[str, Path]:
    """Files of addresses by name: light queries, one again and again, light and middling."""
    store = ox.Store.read_only(str(release / "store"))
    things, places = _iris(store, THINGS), _iris(store, PLACES)
    for iris in (things, places):
        random.Random(1).shuffle(iris)
    light = [text % iri for text in LIGHT for iri in things][:MOST]
    middling = itertools.cycle(text % iri for iri in places for text in MIDDLING)
    mixed = [next(middling) if turn % 5 == 4 else text for turn, text in enumerate(light)]
    every = {"light": light, "the same again": light[:1], "light and middling": mixed}
    found = {}
    for name, texts in every.items():
        found[name] = folder / f"{name.replace(' ', '-')}.txt"
        with found[name].open("w", encoding="utf-8") as file:
            file.writelines(f"?query={quote(PREFIXES + text, safe='')}\n" for text in texts)
    return found


def _iris(store: ox.Store, query: str) -> list[str]:
    solutions = store.query(PREFIXES + query)
    assert isinstance(solutions, ox.QuerySolutions)
    return [solution["x"].value for solution in solutions]


def blast(address: str, file: Path, seconds: int) -> tuple[float, float, str]:
    """Requests a second, the 99th percentile in ms, and what went wrong if anything did."""
    first = file.read_text("utf-8").split("\n", 1)[0]
    answer = httpx.get(address + first, headers={"Accept": RESULTS}, timeout=120)
    if not answer.is_success or "bindings" not in answer.text:
        raise SystemExit(f"{answer.status_code} at {address}: {answer.text[:300]}")
    path = httpx.URL(address).path
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as paths:
        with file.open(encoding="utf-8") as lines:
            paths.writelines(path + line for line in lines)
        paths.flush()
        told = subprocess.run(
            ["wrk", "-t2", "-c8", f"-d{seconds}s", "--timeout", "60s", "--latency",
             "-s", str(file.parent / "ask.lua"), address],
            env=os.environ | {"ADDRESSES": paths.name}, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", told))
    slowest = _found(r"99%\s+([\d.]+(?:us|ms|s|m))\b", told)
    value, unit = re.fullmatch(r"([\d.]+)(\w*)", slowest).groups()  # type: ignore[union-attr]
    bad = _found(r"Non-2xx or 3xx responses: (\d+)", told, "")
    return rate, float(value) * MILLISECONDS.get(unit, 1), f" {bad} bad" if bad else ""


def _found(pattern: str, text: str, otherwise: str = "0") -> str:
    match = re.search(pattern, text)
    return match.group(1) if match else otherwise


if __name__ == "__main__":
    main()
