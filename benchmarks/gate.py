"""The gate beside pyshacl and Jena SHACL: the same graph, the same shapes, one after another.

python benchmarks/gate.py [--organisations N ...] [--engines E ...] [--limit SECONDS]
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import graph
import measure
from engines import jena
from reports import Results, read_report

ENGINES: Final = Path(__file__).with_name("engines")
SIZES: Final = (1_000, 10_000, 100_000)
ALL: Final = ("gate", "pyshacl", "judge", "jena")
LIMIT: Final = 900
SHOWN: Final = 3
WIDTH: Final = 200


@dataclass(frozen=True)
class Run:
    """How an engine did with a graph and a set of shapes."""

    engine: str
    cost: measure.Cost
    results: Results | None
    """Nothing where it was stopped or failed."""

    @property
    def seconds(self) -> Mapping[str, float]:
        """The seconds it gives itself: to parse, and to validate."""
        told: dict[str, float] = json.loads(self.cost.output) if self.results else {}
        return told


def main() -> None:
    """Makes the graphs, runs the engines, prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--organisations", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--engines", nargs="+", default=ALL, metavar="E")
    parser.add_argument("--shapes", nargs="+", default=("all", "core"), metavar="S")
    parser.add_argument("--errors", type=float, default=0.01, help="planted for an organisation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for one engine")
    asked = parser.parse_args()
    show_versions()
    with commands(asked.engines) as programs:
        last: dict[tuple[str, str], tuple[int, float]] = {}
        for size in sorted(asked.organisations):
            with tempfile.TemporaryDirectory(prefix="ess-kg-gate-") as folder:
                made = graph.make(Path(folder) / "country", size, asked.errors, asked.seed)
                for shapes in asked.shapes:
                    show_graph(size, made, shapes)
                    compare(programs, made, shapes, asked.limit, last)


def show_versions() -> None:
    """What runs on what."""
    names = ("pyoxigraph", "duckdb", "pyshacl", "rdflib")
    told = [f"python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)]
    if jena.available():
        java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
        told += [f"Jena {jena.version()}", java.stderr.split("\n", 1)[0]]
    print("; ".join(told))
    print(f"{os.cpu_count()} cores, load of the machine, last minute: {os.getloadavg()[0]:.2f}")


@contextmanager
def commands(engines: Sequence[str]) -> Iterator[dict[str, list[str]]]:
    """The command that runs each engine, without its arguments."""
    with tempfile.TemporaryDirectory(prefix="ess-kg-engines-") as folder:
        found: dict[str, list[str]] = {}
        for name in engines:
            if name != "jena":
                found[name] = [sys.executable, str(ENGINES / f"with_{name}.py")]
            elif jena.available():
                found[name] = jena.prepare(Path(folder))
            else:
                print(f"Jena is not there: it goes without. To have it: {jena.INSTALL}")
        yield found


def show_graph(size: int, made: graph.Graph, shapes: str) -> None:
    """What is compared, and the heading of the table."""
    which = "all shapes" if shapes == "all" else "the shapes without sh:sparql"
    print(
        f"\n{size:,} organisations: {made.own:,} triples, {made.triples:,} with the lists, the "
        f"communes and the ontology; {which}"
    )
    names = ("parse s", "validate s", "wall s", "processor s", "peak MB", "results")
    print(f"{'':10}" + "".join(f"{name:>12}" for name in names) + f"{'equal':>18}")


def compare(
    programs: Mapping[str, Sequence[str]],
    made: graph.Graph,
    shapes: str,
    limit: float,
    last: dict[tuple[str, str], tuple[int, float]],
) -> None:
    """Runs each engine and prints a line for it; then the ratios to the gate, and differences."""
    runs: list[Run] = []
    for engine, command in programs.items():
        guess = guessed(last.get((engine, shapes)), made.triples)
        if guess > limit:
            times = f", {guess / runs[0].cost.wall:.0f} times the {runs[0].engine}" if runs else ""
            print(f"{engine:10}  left out: about {guess:,.0f} s by the size before{times}")
            continue
        ran = run(engine, command, made, shapes, limit)
        last[engine, shapes] = (made.triples, ran.cost.wall)
        runs.append(ran)
        show(ran, runs[0])
    for ran in runs[1:]:
        show_ratio(ran, runs[0])
    for ran in runs[1:]:
        show_differences(ran, runs[0])


def guessed(before: tuple[int, float] | None, triples: int) -> float:
    """The seconds an engine would take, in proportion to a run with fewer triples."""
    return before[1] * triples / before[0] if before else 0


def run(engine: str, command: Sequence[str], made: graph.Graph, shapes: str, limit: float) -> Run:
    """One engine on one graph."""
    report = made.data.with_name(f"{engine}-{shapes}.nt")
    cost = measure.run([*command, made.shapes[shapes], made.data, report], limit)
    return Run(engine, cost, None if cost.status else read_report(report))


def show(ran: Run, first: Run) -> None:
    """One line of the table."""
    cost = ran.cost
    if ran.results is None:
        why = "stopped" if cost.status < 0 else f"failed: {cost.errors.strip()[-WIDTH:]}"
        print(f"{ran.engine:10}  {why} after {cost.wall:,.0f} s")
        return
    figures = (ran.seconds["parse"], ran.seconds["validate"], cost.wall, cost.processor)
    print(
        f"{ran.engine:10}" + "".join(f"{figure:12,.1f}" for figure in figures)
        + f"{cost.peak / 1e6:12,.0f}{ran.results.count:12,}{equal(ran, first):>18}"
    )  # fmt: skip


def equal(ran: Run, first: Run) -> str:
    """Whether two engines found the same."""
    if ran is first or ran.results is None or first.results is None:
        return ""
    if ran.results.told == first.results.told:
        return "exactly"
    return "yes, not texts" if ran.results.keys == first.results.keys else "NO"


def show_ratio(ran: Run, first: Run) -> None:
    """How much longer an engine took than the first."""
    if ran.results and first.results:
        wall, processor = (
            getattr(ran.cost, name) / getattr(first.cost, name) for name in ("wall", "processor")
        )
        print(
            f"{ran.engine} / {first.engine}: {wall:.1f} in wall time, {processor:.1f} in processor "
            f"time, {ran.cost.peak / first.cost.peak:.1f} in memory"
        )


def show_differences(ran: Run, first: Run) -> None:
    """The first results that only one of two engines has."""
    if ran.results and first.results:
        for one, other in ((ran, first), (first, ran)):
            assert one.results
            assert other.results
            only = one.results.keys - other.results.keys
            for key in sorted(only)[:SHOWN]:
                print(f"only {one.engine}: {' '.join(part[:WIDTH] for part in key)}")
            if len(only) > SHOWN:
                print(f"and {len(only) - SHOWN} more that only {one.engine} has")


if __name__ == "__main__":
    main()
