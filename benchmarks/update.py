"""The cost of an update beside a full build of the same sources: time, processor time, disk.

    python benchmarks/update.py [--organisations N ...] [--share SHARE] [--records]

A made-up country is built, a share of its organisations gets another postal code, and the release
that follows is built in both ways. Both must say the same. With --records a quarter of the share
gets another name instead, a quarter comes, and a quarter goes, where nothing else names it.
"""

import argparse
import csv
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
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
    parser.add_argument("--records", action="store_true", help="change names, add and remove")
    asked = parser.parse_args()
    for size in sorted(asked.organisations):
        with tempfile.TemporaryDirectory(prefix="ess-kg-update-") as folder:
            compare(Path(folder), size, asked.share, records=asked.records)


def compare(folder: Path, organisations: int, share: float, *, records: bool) -> None:
    """The table of one size."""
    data, other = folder / "data", folder / "other"
    generate(data, organisations, territories="used")
    build(data, "--force")
    changed = change(data, share, records=records)
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


def change(data: Path, share: float, *, records: bool) -> int:
    """Changes some organisations, adds and removes some with `records`; how many."""
    tables = data / "sources" / NAME / "tables"
    columns, rows = read_table(tables / "organisations.csv")
    named = list_named(tables) if records else set()
    every = round(1 / share)
    gone: set[str] = set()
    chosen = rows[::every]
    for number, row in enumerate(chosen):
        match number % 4 if records else 0:
            case 1:
                row["label_fr"] = " ".join(reversed(row["label_fr"].split()))
            case 2:
                name = f"{row['label_fr']} annexe"
                rows.append({**row, "id": f"synthetic-new-{number}", "label_fr": name})
            case 3 if f"organisation/{row['id']}" not in named:
                gone.add(row["id"])
            case _:
                row["post_code"] = f"{59000 + number % 999}"
    write_table(tables / "organisations.csv", columns, (r for r in rows if r["id"] not in gone))
    columns, rows = read_table(tables / "identifiers.csv")
    kept = (r for r in rows if r["subject"].removeprefix("organisation/") not in gone)
    write_table(tables / "identifiers.csv", columns, kept)
    return len(chosen)


def list_named(tables: Path) -> set[str]:
    """The records that the tables name, but for their own row and their identifiers."""
    return {
        value
        for path in tables.glob("*.csv")
        for row in read_table(path)[1]
        for column, cell in row.items()
        if (path.stem, column) != ("identifiers", "subject")
        for value in cell.split("|")
    }


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The columns and the rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return list(rows[0]), rows


def write_table(path: Path, columns: Sequence[str], rows: Iterable[dict[str, str]]) -> None:
    """Writes a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


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
