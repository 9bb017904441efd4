"""What a change costs the gate: a few records of a source are new, the rest is as it was.

python benchmarks/change.py [--organisations N ...] [--share SHARE]
"""

import argparse
import csv
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import graph
import measure
import pyoxigraph as ox
from generate import NAME, generate
from reports import read_report

from kg.mapping import open_work_database
from kg.shacl.report_rdf import build_report_triples
from kg.shacl.shapes import load_shapes
from kg.validation.batch_run import validate_quads
from kg.validation.incremental import IncrementalState

CHECK: Final = "--check"
SHARE: Final = 0.01


def main() -> None:
    """Checks a country, changes it, checks it again in both ways, prints."""
    if sys.argv[1:2] == [CHECK]:
        check(*map(Path, sys.argv[2:]))
        return
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--organisations", type=int, nargs="+", default=(10_000,), metavar="N")
    parser.add_argument("--share", type=float, default=SHARE, help="of the organisations changed")
    asked = parser.parse_args()
    for size in sorted(asked.organisations):
        with tempfile.TemporaryDirectory(prefix="ess-kg-change-") as folder:
            compare(Path(folder), size, asked.share)


def compare(folder: Path, organisations: int, share: float) -> None:
    """The table of one size."""
    country = folder / "country"
    generate(country, organisations, territories="used")
    print(f"\n{organisations:,} organisations; load: {os.getloadavg()[0]:.2f}")
    names = ("check s", "processor s", "checked", "taken over", "results")
    print(f"{'':24}" + "".join(f"{name:>12}" for name in names))
    show("everything", country, folder / "first")
    changed = change(country, share)
    all_ = show(f"{changed:,} changed, everything", country, folder / "all")
    some = show(f"{changed:,} changed, those", country, folder / "some", folder / "first")
    same = (
        read_report(folder / "all" / "report.nt").told
        == read_report(folder / "some" / "report.nt").told
    )
    print(f"the same results: {'yes' if same else 'NO'}; {all_ / some:.1f} times faster")


def show(name: str, country: Path, out: Path, *previous: Path) -> float:
    """Checks in a process of its own and prints a line; the seconds of the check."""
    cost = measure.run([sys.executable, __file__, CHECK, country, out, *previous])
    if cost.status:
        raise SystemExit(cost.errors)
    told: dict[str, Any] = json.loads(cost.output)
    print(
        f"{name:24}{told['seconds']:12.1f}{told['processor']:12.1f}"
        f"{told['checked'] or 0:12,}{told['taken']:12,}{told['results']:12,}"
    )
    return float(told["seconds"])


def check(country: Path, out: Path, previous: Path | None = None) -> None:
    """Maps a country and checks it, with what an earlier check left where there is one."""
    out.mkdir()
    with open_work_database(out / "work.duckdb") as db:
        graph.map_all(db, country / "sources")
        shapes = load_shapes(sorted((measure.ROOT / "shapes").glob("*.ttl")))
        start, used = time.perf_counter(), sum(os.times()[:4])
        report = validate_quads(
            db,
            shapes,
            previous=IncrementalState(previous) if previous else None,
            remember=IncrementalState(out),
        )
        seconds, processor = time.perf_counter() - start, sum(os.times()[:4]) - used
    ox.serialize(build_report_triples(report, shapes), out / "report.nt", ox.RdfFormat.N_TRIPLES)
    told = {"seconds": seconds, "processor": processor, "results": len(report.results)}
    print(json.dumps(told | {"checked": report.checked_entities, "taken": report.reused_entities}))


def change(country: Path, share: float) -> int:
    """Gives some organisations another postal code, a wrong one; how many."""
    path = country / "sources" / NAME / "tables" / "organisations.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    every = round(1 / share)
    for row in rows[::every]:
        row["post_code"] = "1"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return len(rows[::every])


if __name__ == "__main__":
    main()
