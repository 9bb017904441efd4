"""Full builds and updates from a file in SIRENE's format: time, processor time, memory, disk.

    python benchmarks/stock.py [--units N ...] [--update]

A file like StockUniteLegale is made up: associations and co-operatives, with names made as those of
the shipped list of digital actors are. The recipe `sirene-legal-units` builds it. With `--update`,
one unit in a hundred then gets another activity, and the next release is built in both ways.
"""

import argparse
import csv
import gzip
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import measure
from made_up_register import Unit, make_units
from national.names import siren
from update import build, measure_disk, read_content

RECIPE: Final = measure.ROOT / "data" / "recipes" / "sirene-legal-units"
NAMES: Final = measure.ROOT / "data" / "sources" / "ess-numerique" / "raw" / "organisations.csv.gz"
HEADINGS: Final = (
    "siren", "statutDiffusionUniteLegale", "unitePurgeeUniteLegale", "dateCreationUniteLegale",
    "sigleUniteLegale", "sexeUniteLegale", "prenom1UniteLegale", "prenom2UniteLegale",
    "prenom3UniteLegale", "prenom4UniteLegale", "prenomUsuelUniteLegale", "pseudonymeUniteLegale",
    "identifiantAssociationUniteLegale", "trancheEffectifsUniteLegale",
    "anneeEffectifsUniteLegale", "dateDernierTraitementUniteLegale", "nombrePeriodesUniteLegale",
    "categorieEntreprise", "anneeCategorieEntreprise", "dateDebut", "etatAdministratifUniteLegale",
    "nomUniteLegale", "nomUsageUniteLegale", "denominationUniteLegale",
    "denominationUsuelle1UniteLegale", "denominationUsuelle2UniteLegale",
    "denominationUsuelle3UniteLegale", "categorieJuridiqueUniteLegale",
    "activitePrincipaleUniteLegale", "nomenclatureActivitePrincipaleUniteLegale",
    "activitePrincipaleNAF25UniteLegale", "nicSiegeUniteLegale",
    "economieSocialeSolidaireUniteLegale", "caractereEmployeurUniteLegale",
)  # fmt: skip
"""Of the file of 2026."""
ACTIVITIES: Final = ("94.99Z", "93.12Z", "88.99B", "85.59A", "62.01Z", "90.01Z", "47.99A")
CHANGED: Final = 100
"""One unit in so many changes."""
NO_ASSOCIATION: Final = 3
"""One unit in so many has no number of the register of associations."""
SEED: Final = 1
DAY: Final = "2026-11-01"


def main() -> None:
    """Builds each size, and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--units", type=int, nargs="+", default=(10_000,), metavar="N")
    parser.add_argument("--update", action="store_true", help="change one in a hundred, too")
    asked = parser.parse_args()
    print(f"{'units':>10} {'':8}{'wall s':>10}{'processor s':>14}{'memory MB':>12}{'disk MB':>10}")
    for size in sorted(asked.units):
        with tempfile.TemporaryDirectory(prefix="ess-kg-stock-") as folder:
            measure_builds(Path(folder), size, asked.update)


def measure_builds(folder: Path, size: int, with_update: bool) -> None:
    """The lines of one size."""
    data, other = folder / "data", folder / "other"
    file = data / "sources" / RECIPE.name / "raw" / "StockUniteLegale_utf8.csv"
    file.parent.mkdir(parents=True)
    described = (RECIPE / "source.toml").read_text("utf-8")
    (file.parents[1] / "source.toml").write_text(f'retrieved = "{DAY}"\n{described}', "utf-8")
    write_stock(file, size, changed=False)
    print_cost(f"{size:,}", "full", data, build(data))
    release = read_content(data)
    records = sum(release["records"].values())
    print(f"{'':19}{records:,} records, {release['triples']:,} triples; ", end="")
    print(f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    if not with_update:
        return
    write_stock(file, size, changed=True)
    shutil.copytree(data, other, symlinks=True)
    print_cost("", "update", data, build(data))
    print_cost("", "full", other, build(other, "--full"))
    same = read_content(data) == read_content(other)
    print(f"{'':19}the same release: {'yes' if same else 'NO'}")


def print_cost(size: str, way: str, data: Path, cost: measure.Cost) -> None:
    """One line."""
    disk = measure_disk(data, shared=False)
    print(
        f"{size:>10} {way:8}{cost.wall:10.1f}{cost.processor:14.1f}{cost.peak / 1e6:12.0f}"
        f"{disk / 1e6:10.1f}",
        flush=True,
    )


def write_stock(path: Path, count: int, *, changed: bool) -> None:
    """Writes the file of so many units; `changed` gives some of them another activity."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADINGS, restval="")
        writer.writeheader()
        writer.writerows(iter_rows(count, changed=changed))


def iter_rows(count: int, *, changed: bool) -> Iterator[dict[str, str]]:
    """The rows of the file."""
    with gzip.open(NAMES, "rt", encoding="utf-8", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file) if row["name"]]
    for number, unit in enumerate(make_units(names, count, SEED), 1):
        yield make_row(number, unit, ACTIVITIES[(number + (changed and number % CHANGED == 0)) % 7])


def make_row(number: int, unit: Unit, activity: str) -> dict[str, str]:
    """The row of a unit."""
    return {
        "siren": siren(number),
        "statutDiffusionUniteLegale": "O",
        "dateCreationUniteLegale": f"{unit.year}-{1 + number % 12:02}-{1 + number % 28:02}",
        "identifiantAssociationUniteLegale": f"W{number:09}" if number % NO_ASSOCIATION else "",
        "nombrePeriodesUniteLegale": "1",
        "dateDebut": f"{unit.year + 1}-06-01",
        "etatAdministratifUniteLegale": "A" if number % 9 else "C",
        "denominationUniteLegale": unit.name,
        "categorieJuridiqueUniteLegale": unit.form,
        "activitePrincipaleUniteLegale": activity,
        "nomenclatureActivitePrincipaleUniteLegale": "NAFRev2",
        "nicSiegeUniteLegale": "00011",
        "economieSocialeSolidaireUniteLegale": "O",
        "caractereEmployeurUniteLegale": "N",
    }


if __name__ == "__main__":
    main()
