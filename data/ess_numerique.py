"""Derives the organisations of the ESS that work in digital matters from a list joined by SIREN.

    python data/ess_numerique.py x_enriched.csv data/sources/ess-numerique/raw

`x_enriched.csv` is the file of augustindeche-bit/ess-numerique-database
(data/processed/candidates), which joins SIRENE, the list of ESS France, that of approved ESUS and a
list of third places. It writes:

- `organisations.csv.gz`: what SIRENE says of each unit, with the columns that are used;
- `accreditations.csv.gz`: who lists it as an actor of the ESS: INSEE by the flag of SIRENE, ESS
  France, or the State by its approval (ESUS), and which are mission-led companies in SIRENE.

Left out: what was joined by the likeness of names (the SIREN may be another's), sole traders, units
whose name SIRENE does not disclose (`[ND]`), creation on 1 January 1900 (not known), activities of
older nomenclatures. It needs Python alone.
"""

import csv
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from gzipped_csv import write_gzipped_csv

SOLE_TRADERS = "1"
"""First digit of the legal categories of natural persons."""
UNKNOWN_DAY = "1900-01-01"
UNDISCLOSED = "[ND]"
ACTIVITY = re.compile(r"\d\d\.\d\d[A-Z]")
LISTS = (
    ("flag_ess_sirene", "True", "ess", "insee"),
    ("sources", "ess_france", "ess", "ess-france"),
    ("sources", "esus", "esus", ""),
    ("societe_mission", "O", "mission-company", "insee"),
)
"""Column, value in it, the status that it means, and who says so."""

Row = dict[str, str]


def select(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows of disclosed legal persons that were joined by their SIREN."""
    for row in rows:
        names = row["denomination"], row["nom_usage"], row["sigle"]
        disclosed = row["denomination"] and UNDISCLOSED not in names
        legal_person = not row["categorie_juridique"].startswith(SOLE_TRADERS)
        if disclosed and legal_person and row["methode_jointure"] == "siren_direct":
            yield row


def describe(row: Row) -> tuple[str, ...]:
    """The line of a unit."""
    created = row["date_creation"]
    return (
        row["siren"],
        " ".join(row["denomination"].split()),
        " ".join(row["sigle"].split()),
        row["categorie_juridique"].removesuffix(".0"),
        row["naf"] if ACTIVITY.fullmatch(row["naf"]) else "",
        "" if created == UNKNOWN_DAY else created,
        "" if row["est_active"] == "True" else "closed",
        row["rna"],
    )


def accredit(row: Row) -> Iterator[tuple[str, ...]]:
    """(SIREN, status, who says so) of each list that a unit is on."""
    for column, value, status, issuer in LISTS:
        if value in row[column].split("|"):
            yield row["siren"], status, issuer


def main() -> None:
    file, out = map(Path, sys.argv[1:3])
    out.mkdir(parents=True, exist_ok=True)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = sorted(select(csv.DictReader(lines)), key=lambda row: row["siren"])
    write_gzipped_csv(
        out / "organisations.csv.gz",
        ("siren", "name", "acronym", "legal_form", "activity", "created", "state", "rna"),
        map(describe, rows),
    )
    write_gzipped_csv(
        out / "accreditations.csv.gz",
        ("siren", "status", "issuer"),
        (line for row in rows for line in accredit(row)),
    )


if __name__ == "__main__":
    main()
