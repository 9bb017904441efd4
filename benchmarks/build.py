"""The cost of a whole build, from sources to a sealed release.

    python benchmarks/build.py [--organisations N ...] [--keep FOLDER]

Without a size, the project's own sources are built; with some, a made-up country of each size.
What was built goes away, unless it is kept to be served: FOLDER/N/releases.
"""

import argparse
import csv
import itertools
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from generate import NAME, generate
from measure import ROOT, Cost, run

SECONDS: Final = 60.0
BYTES: Final = 2_000_000_000
STAGE: Final = re.compile(r"^\W*(\w[\w ]*?)\s+[━╸╺ ]+.*?(\d+:\d\d:\d\d)\s*$", re.MULTILINE)
"""A finished progress bar, as it is left on the error output: its name and its time."""


def main() -> None:
    """Builds into folders that go away, and prints what it cost."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--organisations", type=int, nargs="+", default=(), metavar="N")
    parser.add_argument("--errors", type=float, default=0.01, help="planted for an organisation")
    parser.add_argument("--territories", choices=("used", "all"), default="used")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the data folders stay")
    asked = parser.parse_args()
    print(f"load of the machine, last minute: {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    if not asked.organisations:
        with tempfile.TemporaryDirectory(prefix="ess-kg-build-") as folder:
            show_own(build(own_sources(Path(folder) / "data")))
        return
    costs: list[tuple[int, Cost]] = []
    for size in sorted(asked.organisations):
        with place(asked.keep, size) as data:
            rows, findings = generate(data, size, asked.errors, territories=asked.territories)
            print(f"\n{size:,} organisations, {rows:,} rows, {findings:,} findings expected")
            costs.append((size, build(data)))
            show(costs[-1][1])
            print(told(data))
    for growth in growths(costs):
        print(growth)


@contextmanager
def place(keep: Path | None, size: int) -> Iterator[Path]:
    """A data folder of a size: one that stays, or one that goes away."""
    if keep is not None:
        yield keep / str(size)
        return
    with tempfile.TemporaryDirectory(prefix="ess-kg-build-") as folder:
        yield Path(folder) / "data"


def own_sources(data: Path) -> Path:
    """A data folder with the project's own sources."""
    data.mkdir()
    (data / "sources").symlink_to(ROOT / "data" / "sources")
    for name in ("moved.csv", "gone.csv"):
        if (ROOT / "data" / name).is_file():
            shutil.copy(ROOT / "data" / name, data)
    return data


def build(data: Path) -> Cost:
    """Runs the command a person would run on a data folder."""
    environment = {"KG_DATA": str(data), "KG_MODEL": str(ROOT), "COLUMNS": "120"}
    cost = run([sys.executable, "-m", "kg.cli", "build", "--force"], environment=environment)
    if cost.status:
        raise SystemExit(f"the build failed:\n{cost.errors}")
    return cost


def show_own(cost: Cost) -> None:
    """The measures of the project's own build, two of them beside their bound."""
    show(cost)
    print(
        f"wall time {bound(cost.wall, SECONDS, '60 s')}, memory {bound(cost.peak, BYTES, '2 GB')}"
    )


def show(cost: Cost) -> None:
    """The measures of a build."""
    print(cost.output)
    print(f"wall time                         {cost.wall:8.1f} s")
    print(f"processor time                    {cost.processor:8.1f} s")
    print(f"peak memory of all its processes  {cost.peak / 1e6:8.0f} MB")
    for stage, elapsed in STAGE.findall(cost.errors):
        print(f"stage {stage:<24}    {seconds(elapsed):8d} s")


def told(data: Path) -> str:
    """Whether the report of the build tells what was planted, and nothing else."""
    releases = data / "releases"
    report = releases / (releases / "current").read_text("utf-8").strip() / "report" / NAME
    found = lines(report / "findings.csv", "heading", ";")
    planted = lines(data / "expected.csv", "column", ",")
    if found == planted:
        return f"{found.total():,} findings, those that were planted"
    missed, more = (planted - found).total(), (found - planted).total()
    return f"{found.total():,} findings: {missed} that were planted are MISSING, {more} were NOT"


def lines(path: Path, column: str, delimiter: str) -> Counter[tuple[str, ...]]:
    """The findings of a file: file, row, column, shape, component, severity."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = ("file", "row", column, "shape", "component", "severity")
        rows = csv.DictReader(file, delimiter=delimiter)
        return Counter(tuple(row[name] for name in names) for row in rows)


def growths(costs: list[tuple[int, Cost]]) -> Iterator[str]:
    """How each measure grew from one size to the next."""
    for (small, before), (large, after) in itertools.pairwise(costs):
        yield (
            f"{large / small:.0f} times the organisations ({small:,} to {large:,}): wall time "
            f"x {after.wall / before.wall:.1f}, processor time x "
            f"{after.processor / before.processor:.1f}, memory x {after.peak / before.peak:.1f}"
        )


def bound(measured: float, most: float, name: str) -> str:
    """Where a measure stands beside its bound; it is told, never asserted."""
    return f"{'within' if measured <= most else 'over'} {name}"


def seconds(elapsed: str) -> int:
    """The seconds in `0:00:12`."""
    hours, minutes, rest = (int(part) for part in elapsed.split(":"))
    return (hours * 60 + minutes) * 60 + rest


if __name__ == "__main__":
    main()
