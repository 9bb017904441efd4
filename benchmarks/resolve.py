"""How many records are found again without their identifier, how many sure pairs are wrong.

    python benchmarks/resolve.py FOLDER [--register N] [--half tuning|held-out|all] [--seed N]
        [--known place|list]

FOLDER holds `ess/ess-numerique/x_enriched.csv` and `ess/cooptech/` (units and co-operatives). Each
unit is put into a made-up register of N units as a register has it, and looked for by a name
written otherwise, with its place or without, or as the list has it (`--known list`): with its
acronym and the year in which it began, where they are told, and no place. Half of the units, by a
digest of their names, is for tuning; the other half is measured.
"""

import argparse
import csv
import hashlib
import random
import re
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
from intervals import describe_share
from made_up_register import NameSource, make_units
from registers import abbreviated, capitals, joined, unpunctuated

from kg.resolution.features import build_table
from kg.resolution.linking import link_records
from kg.resolution.pairs import DescribedRecord, ScoredPair

BATCH: Final = 50_000
HALVES: Final = ("tuning", "held-out", "all")
KNOWN: Final = ("place", "list")
"""What is known of a unit besides its name: its place, or what the list says."""
WITH_PLACE: Final = 0.85
NOT_REGISTERED: Final = 0.1
"""The part of what is looked for that the register does not have."""
FORM_WORDS: Final = {
    "92": ("ASSOCIATION {}", "ASSO {}", "ASSOC. {}", "{} (ASSOCIATION)"),
    "54": ("{} SARL", "SARL {}", "{} SCOP", "S.A.R.L. {}"),
    "57": ("{} SAS", "SAS {}", "{} S.A.S."),
    "55": ("{} SA", "SCIC {}", "SOCIETE COOPERATIVE D'INTERET COLLECTIF {}"),
}
SHORTENED: Final = (
    ("ASSOCIATION", "ASSOC"), ("INFORMATIQUE", "INFO"), ("COMMUNICATION", "COMM"),
    ("DEVELOPPEMENT", "DEV"), ("INTERNATIONAL", "INTERNAT"), ("FEDERATION", "FED"),
    ("SERVICES", "SCES"), ("NATIONALE", "NATION"), ("REGIONALE", "REG"), ("CENTRE", "CTRE"),
    ("FORMATION", "FORMAT"), ("GROUPEMENT", "GROUP"), ("COMPAGNIE", "CIE"),
)  # fmt: skip


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--register", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--half", choices=HALVES, default="held-out")
    parser.add_argument("--known", choices=KNOWN, default=KNOWN[0])
    asked = parser.parse_args()
    find_hidden_units(
        asked.folder, asked.register, asked.repeat, asked.seed, asked.show, asked.half, asked.known
    )


def find_hidden_units(
    folder: Path, size: int, repeat: int, seed: int, show: int, half: str, known: str
) -> None:
    """Looks for the units and co-operatives of a half in a register, and prints how well."""
    start, cpu = time.perf_counter(), time.process_time()
    db = duckdb.connect()
    asked, registered, truth = fill_register(db, folder, size, repeat, seed, half, known)
    loaded = time.perf_counter()
    pairs = link_records(db, "record", ("asked", "register"))
    print(
        f"{len(asked):,} records against {size + len(registered):,}: "
        f"{time.perf_counter() - start:.0f} s ({loaded - start:.0f} s to make and read them), "
        f"{time.process_time() - cpu:.0f} s of processor, {peak():.2f} GB, "
        f"{len(pairs):,} candidates"
    )
    report(pairs, truth, show, {r.id: r for r in (*asked, *registered)}, db)
    blocked = count_blocked(db, truth)
    print(f"  blocking keeps {describe_share(blocked, len(truth))}")


def fill_register(
    db: duckdb.DuckDBPyConnection,
    folder: Path,
    size: int,
    repeat: int,
    seed: int,
    half: str,
    known: str,
) -> tuple[list[DescribedRecord], list[DescribedRecord], dict[str, str]]:
    """Makes the table `record`: what is looked for, the register, and which of it is meant."""
    chance = random.Random(seed)
    units = [*read_units(folder / "ess" / "ess-numerique" / "x_enriched.csv")]
    units += read_cooperatives(folder / "ess" / "cooptech" / "Annuaire-SCOP-SCIC-tech-France.csv")
    names = NameSource([unit["name"] for unit in units], chance)
    asked: list[DescribedRecord] = []
    registered: list[DescribedRecord] = []
    truth: dict[str, str] = {}
    chosen = [unit for unit in units if half in ("all", find_half(unit["name"]))]
    for number, unit in enumerate(unit for unit in chosen for _ in range(repeat)):
        commune = names.draw_commune()[0]
        if number % repeat == 0 and chance.random() >= NOT_REGISTERED:
            truth[f"a/{number}"] = f"r/{number}"
            registered.append(
                DescribedRecord(
                    f"r/{number}", "register", "organisation", [unit["name"]],
                    [unit["acronym"]] if unit["acronym"] else [],
                    commune, "FR", "", unit["founded"], [("siren", f"{number:09d}")],
                )
            )  # fmt: skip
        placed = commune if chance.random() < WITH_PLACE else ""
        written = rewrite(unit, chance)
        about = DescribedRecord(f"a/{number}", "asked", "organisation", [written], (), placed, "FR")
        if known == "list":
            acronyms = [unit["acronym"]] if unit["acronym"] else []
            about = replace(about, acronyms=acronyms, commune="", founded=unit["founded"])
        asked.append(about)
    made = (
        DescribedRecord(
            f"m/{number}", "register", "organisation",
            [f"{unit.name} {rewrite_form(unit.form, chance)}".strip()], (), unit.commune, "FR", "",
            f"{unit.year}-{1 + number % 12:02}-{1 + number % 28:02}", [("siren", f"9{number:08d}")],
        )
        for number, unit in enumerate(make_units([u["name"] for u in units], size, seed))
    )  # fmt: skip
    load(db, (record for part in (asked, registered, made) for record in part))
    return asked, registered, truth


def find_half(name: str) -> str:
    """The half that a unit is in, by its name."""
    return HALVES[hashlib.sha256(name.encode()).digest()[0] % 2]


def report(
    pairs: Sequence[ScoredPair],
    truth: dict[str, str],
    show: int,
    described: dict[str, DescribedRecord],
    db: duckdb.DuckDBPyConnection,
) -> None:
    """Prints precision and recall of the sure pairs, with the place and without."""
    sure = [pair for pair in pairs if pair.sure]
    right = [pair for pair in sure if truth.get(pair.left) == pair.right]
    print(f"  sure pairs: precision {describe_share(len(right), len(sure))}")
    print(f"              recall {describe_share(len(right), len(truth))}")
    for title, placed in (("with the place", True), ("without", False)):
        of = {left for left in truth if bool(described[left].commune) == placed}
        told = [p for p in sure if bool(described[p.left].commune) == placed]
        hits = sum(p.left in of for p in right)
        print(
            f"    {title:<15} precision {describe_share(hits, len(told))}, "
            f"recall {describe_share(hits, len(of))}"
        )
    candidates = {(pair.left, pair.right) for pair in pairs}
    among = sum((left, right_) in candidates for left, right_ in truth.items())
    print(f"  among the candidates {describe_share(among, len(truth))}")
    for pair in [p for p in sure if truth.get(p.left) != p.right][:show]:
        names = db.execute("SELECT core FROM record WHERE unique_id = ?", [pair.right]).fetchall()
        print("   wrong", described[pair.left].names, names, pair.weight, pair.lead, pair.reasons)
    found = {pair.left for pair in right}
    by_left = {(pair.left, pair.right): pair for pair in pairs}
    for left in [left for left in truth if left not in found][:show]:
        pair = by_left.get((left, truth[left]))
        told = (pair.weight, pair.lead, pair.reasons) if pair else "no candidate"
        print("   missed", described[left].names, described[truth[left]].names, told)


def count_blocked(db: duckdb.DuckDBPyConnection, truth: dict[str, str]) -> int:
    """How many true pairs share a key."""
    db.register("truth", pa.table({"a": list(truth), "b": list(truth.values())}))
    row = db.execute(
        "SELECT count(*) FROM truth JOIN blocked l ON l.unique_id = a "
        "JOIN blocked r ON r.unique_id = b WHERE list_has_any(l.blocks, r.blocks)"
    ).fetchall()
    return int(row[0][0])


def load(db: duckdb.DuckDBPyConnection, records: Iterable[DescribedRecord]) -> None:
    """Makes the table `record` of the features of records, some thousands at a time."""
    batch: list[DescribedRecord] = []
    first = True
    for record in records:
        batch.append(record)
        if len(batch) == BATCH:
            _insert(db, batch, first)
            first, batch = False, []
    _insert(db, batch, first)


def _insert(db: duckdb.DuckDBPyConnection, batch: list[DescribedRecord], first: bool) -> None:
    db.register("batch", build_table(batch))
    db.execute(("CREATE TABLE record AS " if first else "INSERT INTO record ") + "FROM batch")
    db.unregister("batch")


def read_units(path: Path) -> Iterator[dict[str, str]]:
    """The units of the list of digital actors."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            name = row["denomination"]
            if name and name != "[ND]":
                yield {
                    "name": name, "acronym": row["sigle"], "commune": "",
                    "form": row["categorie_juridique"][:2], "founded": row["date_creation"],
                }  # fmt: skip


def read_cooperatives(path: Path) -> Iterator[dict[str, str]]:
    """The co-operatives of the technical directory."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            form = "54" if row["Statut juridique"] == "SCOP" else "55"
            yield {
                "name": row["Nom"], "acronym": "", "commune": "", "form": form, "founded": "",
            }  # fmt: skip


def rewrite(unit: dict[str, str], chance: random.Random) -> str:
    """The name of a unit as another register writes it."""
    way: Callable[[str], str] = chance.choice(
        (str, capitals, capitals, abbreviated, unpunctuated, joined, str.title)
    )
    name = way(unit["name"])
    if chance.random() < 0.12:
        for long, short in SHORTENED:
            name = re.sub(rf"\b{long}\b", short, name, flags=re.IGNORECASE)
    if chance.random() < 0.3:
        name = chance.choice(FORM_WORDS.get(unit["form"], ("{}",))).format(name)
    if unit["acronym"] and chance.random() < 0.15:
        name = f"{name} ({unit['acronym']})"
    if chance.random() < 0.03 and len(name) > 6:
        place = chance.randrange(1, len(name) - 1)
        name = name[:place] + name[place + 1 :]
    return name


def rewrite_form(form: str, chance: random.Random) -> str:
    """The legal form that a register adds to one name in ten."""
    if chance.random() > 0.1:
        return ""
    return {"9220": "ASSOCIATION", "5710": "SAS", "5499": "SARL", "5460": "SCOP"}[form]


def peak() -> float:
    """Gigabytes of memory at most, of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024


if __name__ == "__main__":
    main()
