"""The cost of an update beside a full build of the same sources: time, processor time, disk.

    python benchmarks/update.py [--organisations N ...] [--share SHARE]

A made-up country is built, a share of its organisations gets another postal code, and the release
that follows is built in both ways. Both must say the same.
"""

import argparse
import csv
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import measure
from generate import NAME, generate

SHARE: Final = 0.01
CONTENT_KEYS: Final = ("id", "triples", "graphs", "hashes", "records", "changes", "most_values")
"""Of a manifest: what the way of building may not change."""


def main() -> None:
    """Builds a country, changes it, builds it again in both ways, prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--organisations", type=int, nargs="+", default=(10_000,), metavar="N")
    parser.add_argument("--share", type=float, default=SHARE, help="of the organisations changed")
    asked = parser.parse_args()
    for size in sorted(asked.organisations):
        with tempfile.TemporaryDirectory(prefix="ess-kg-update-") as folder:
            compare(Path(folder), size, asked.share)


def compare(folder: Path, organisations: int, share: float) -> None:
    """The table of one size."""
    data, other = folder / "data", folder / "other"
    generate(data, organisations, territories="used")
    build(data, "--force")
    changed = change(data, share)
    print(f"\n{organisations:,} organisations, {changed:,} changed; ", end="")
    print(f"load of the machine: {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    shutil.copytree(data, other, symlinks=True)
    update, full = build(data), build(other, "--full")
    sizes = [measure_disk(data, shared=False), measure_disk(other, shared=True)]
    print(f"{'':8}{'wall s':>10}{'processor s':>14}{'memory MB':>12}{'disk MB':>10}")
    for name, cost, size in zip(("update", "full"), (update, full), sizes, strict=True):
        print(
            f"{name:8}{cost.wall:10.1f}{cost.processor:14.1f}{cost.peak / 1e6:12.0f}"
            f"{size / 1e6:10.1f}"
        )
    print(
        f"{'ratio':8}{update.wall / full.wall:10.2f}{update.processor / full.processor:14.2f}"
        f"{update.peak / full.peak:12.2f}{sizes[0] / sizes[1]:10.2f}"
    )
    one, same = (read_content(folder) for folder in (data, other))
    print(f"the same release: {'yes' if one == same else 'NO'}")


def build(data: Path, *options: str) -> measure.Cost:
    """Runs the command a person would run on a data folder."""
    command = [sys.executable, "-m", "kg.cli", "build", *options]
    cost = measure.run(command, environment={"KG_DATA": str(data), "KG_MODEL": str(measure.ROOT)})
    if cost.status:
        raise SystemExit(f"the build failed:\n{cost.errors}")
    return cost


def change(data: Path, share: float) -> int:
    """Gives some organisations another postal code; how many."""
    path = data / "sources" / NAME / "tables" / "organisations.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    every = round(1 / share)
    for number, row in enumerate(rows[::every]):
        row["post_code"] = f"{59000 + number % 999}"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return len(rows[::every])


def find_current(data: Path) -> Path:
    """The folder of the release in service."""
    releases = data / "releases"
    return releases / (releases / "current").read_text("utf-8").strip()


def measure_disk(data: Path, *, shared: bool) -> int:
    """Bytes of the release in service on the disk, with or without what others have too."""
    files = (path.stat() for path in find_current(data).rglob("*") if path.is_file())
    return sum(stat.st_blocks * 512 for stat in files if shared or stat.st_nlink == 1)


def read_content(data: Path) -> dict[str, Any]:
    """What the manifest says of a release, its dumps by their hash."""
    manifest = json.loads((find_current(data) / "manifest.json").read_bytes())
    dumps = {name: v["sha256"] for name, v in manifest["files"].items() if name[:6] == "dumps/"}
    return {**{key: manifest[key] for key in CONTENT_KEYS}, "dumps": dumps}


if __name__ == "__main__":
    main()
