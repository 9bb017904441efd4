"""SPARQL over HTTP: our server beside others, on the same triples, in one run.

    python benchmarks/rivals.py [RELEASE ...] [--organisations N ...] [--seconds S]
                                [--beside CHECKOUT RELEASE]

Each RELEASE is a release folder; `--organisations` builds made-up countries of these sizes.
`--beside` adds another version of ours: a checkout with its environment in .venv, and a release of
the same triples that it can serve.
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
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx
import pyoxigraph as ox
from engines.servers import SERVERS, ess_kg, missing
from generate import generate
from measure import ROOT, run
from serve import current

LUA: Final = """\
local requests, turn, threads = {}, 0, 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function init()
  local headers = {["Accept"] = "application/sparql-results+json"}
  for line in io.lines(os.getenv("ADDRESSES")) do
    requests[#requests + 1] = wrk.format("GET", line, headers)
  end
  turn = math.floor(number * #requests / 2)
end
function request()
  turn = turn + 1
  return requests[turn % #requests + 1]
end
"""
"""Each thread of wrk begins at another place of the file: `setup` runs in wrk's own state, the
other functions in that of their thread, to which `set` hands a value over."""
RESULTS: Final = "application/sparql-results+json"
MILLISECONDS: Final = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}
BYTES: Final = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
SAMPLE: Final = 40
"""Queries of each mixture whose rows are compared with those of the store."""
SMALLEST: Final = 150
"""Bytes that an answer has at least with its head; less is no answer to a query."""
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
    parser.add_argument("--beside", nargs=2, type=Path, metavar=("CHECKOUT", "RELEASE"))
    asked = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing: install Debian's package wrk")
    print(f"load of the machine, last minute: {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    for release in asked.releases or ([] if asked.organisations else [current()]):
        compare(release, asked.servers, asked.seconds, asked.beside)
    for size in asked.organisations:
        with country(size) as release:
            compare(release, asked.servers, asked.seconds, asked.beside)


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


def compare(
    release: Path, names: Sequence[str], seconds: int, beside: Sequence[Path] | None = None
) -> None:
    """One table: requests a second of each server, and what ours is of each."""
    servers = {name: partial(SERVERS[name], release) for name in names}
    if beside:
        checkout, other = beside
        servers["ess-kg, other"] = partial(ess_kg, other, checkout)
    with tempfile.TemporaryDirectory(prefix="ess-kg-rivals-") as folder:
        files, expected = questions(release, Path(folder))
        for part in (release / "store", release):
            read_files(part)
        script = Path(folder) / "ask.lua"
        script.write_text(LUA, "utf-8")
        print(f"\nrelease {release.name}; requests a second (p99 in ms, bytes each), 8 connections")
        print(f"{'':18}" + "".join(f"{name:>30}" for name in files))
        rates: dict[str, dict[str, float]] = {}
        for name, server in servers.items():
            if lacking := missing(name):
                print(f"{name:18}left out: install {lacking}")
                continue
            with server() as address:
                check_answers(address, expected)
                loads = {q: measure_load(address, f, script, seconds) for q, f in files.items()}
            rates[name] = {q: load.rate for q, load in loads.items()}
            print(f"{name:18}" + "".join(f"{load!s:>30}" for load in loads.values()), flush=True)
        ours = rates.get("ess-kg", {})
        for name in rates:
            if name != "ess-kg" and ours:
                ratios = (f"{ours[q] / rates[name][q]:.2f}" for q in files)
                print(f"{'ours / ' + name:18}" + "".join(f"{ratio:>30}" for ratio in ratios))


def read_files(folder: Path) -> None:
    """Reads every file once: otherwise the first server would read from disk for those after it."""
    for path in sorted(filter(Path.is_file, folder.iterdir())):
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def questions(release: Path, folder: Path) -> tuple[dict[str, Path], dict[str, int]]:
    """Files of addresses by name (light queries, one again and again, light and middling), and the
    number of rows of each query of a sample of them, as the store itself gives it.
    """
    store = ox.Store.read_only(str(release / "store"))
    things, places = _iris(store, THINGS), _iris(store, PLACES)
    for iris in (things, places):
        random.Random(1).shuffle(iris)
    light = [text % iri for text in LIGHT for iri in things][:MOST]
    middling = itertools.cycle(text % iri for iri in places for text in MIDDLING)
    mixed = [next(middling) if turn % 5 == 4 else text for turn, text in enumerate(light)]
    every = {"light": light, "the same again": light[:1], "light and middling": mixed}
    files = {}
    for name, texts in every.items():
        files[name] = folder / f"{name.replace(' ', '-')}.txt"
        with files[name].open("w", encoding="utf-8") as file:
            file.writelines(f"?query={quote(PREFIXES + text, safe='')}\n" for text in texts)
    sample = {
        text
        for texts in every.values()
        for text in random.Random(2).sample(texts, min(len(texts), SAMPLE))
    }
    return files, {text: len(_rows(store, text)) for text in sample}


def _rows(store: ox.Store, query: str) -> list[ox.QuerySolution]:
    solutions = store.query(PREFIXES + query)
    assert isinstance(solutions, ox.QuerySolutions)
    return list(solutions)


def _iris(store: ox.Store, query: str) -> list[str]:
    return [solution["x"].value for solution in _rows(store, query)]


def check_answers(address: str, expected: dict[str, int]) -> None:
    """Ends the program where a server does not give the rows that the store has."""
    with httpx.Client(headers={"Accept": RESULTS}, timeout=120) as client:
        for query, rows in expected.items():
            answer = client.get(address, params={"query": PREFIXES + query})
            if not answer.is_success:
                raise SystemExit(f"{answer.status_code} at {address}: {answer.text[:300]}")
            given = len(answer.json()["results"]["bindings"])
            if given != rows:
                raise SystemExit(f"{address} gives {given} rows instead of {rows} to {query}")


@dataclass(frozen=True)
class Load:
    """What a server answered under load."""

    rate: float
    """Requests a second."""
    p99: float
    """Milliseconds."""
    size: float
    """Bytes of an answer with its head, on average."""
    errors: int

    def __str__(self) -> str:
        bad = f", {self.errors} bad" if self.errors else ""
        return f"{self.rate:,.0f} ({self.p99:.1f}, {self.size:,.0f} B{bad})"


def measure_load(address: str, file: Path, script: Path, seconds: int) -> Load:
    """What wrk measures of the addresses of a file. Ends the program where it was not answered."""
    path = httpx.URL(address).path
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as paths:
        with file.open(encoding="utf-8") as lines:
            paths.writelines(path + line for line in lines)
        paths.flush()
        output = subprocess.run(
            ["wrk", "-t2", "-c8", f"-d{seconds}s", "--timeout", "60s", "--latency",
             "-s", str(script), address],
            env=os.environ | {"ADDRESSES": paths.name}, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", output))
    slowest, unit = _quantity(r"99%\s+([\d.]+)(us|ms|s|m)\b", output)
    transfer, scale = _quantity(r"Transfer/sec:\s+([\d.]+)(B|KB|MB|GB)\b", output)
    errors = int(_found(r"Non-2xx or 3xx responses: (\d+)", output))
    size = transfer * BYTES[scale] / rate if rate else 0.0
    if errors or size < SMALLEST:
        raise SystemExit(f"{address} did not answer under load:\n{output}")
    return Load(rate, slowest * MILLISECONDS[unit], size, errors)


def _quantity(pattern: str, text: str) -> tuple[float, str]:
    match = re.search(pattern, text)
    if match is None:
        raise SystemExit(f"wrk said nothing that matches {pattern}:\n{text}")
    return float(match[1]), match[2]


def _found(pattern: str, text: str, otherwise: str = "0") -> str:
    match = re.search(pattern, text)
    return match.group(1) if match else otherwise


if __name__ == "__main__":
    main()
