"""Records whose pairs are known, linked without what says so: schemes of ROR, names of registers.

    python benchmarks/known_pairs.py FOLDER [--seed N]

FOLDER holds `research/ror-fr-latest.jsonl` and `ess/` as `resolve.py` takes them. First the
research organisations of ROR are put into two registers, of which one has a name of each and some
of its identifiers, and are linked without one scheme after the other. Then organisations, by name
and commune, and communes, by name and département, are looked for as registers write them.
"""

import argparse
import gzip
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
from intervals import describe_share
from made_up_register import COMMUNES
from registers import SPELLINGS, capitals
from resolve import load, read_cooperatives, read_units

from kg.resolution.linking import link_records
from kg.resolution.pairs import DescribedRecord, ScoredPair

SCHEMES: Final = ("grid", "isni", "wikidata", "fundref")
KEPT_IDENTIFIER: Final = 0.5
KEPT_SITE: Final = 0.5
NOT_REGISTERED: Final = 0.1
"""The part of what is looked for that the other register does not have."""
PAIR: Final = ("asked", "register")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    communes = read_communes()
    organisations = read_organisations(asked.folder / "research" / "ror-fr-latest.jsonl")
    link_without_schemes(organisations, communes, asked.seed)
    link_names(asked.folder, organisations, communes, asked.seed)


@dataclass(frozen=True)
class Organisation:
    """A research organisation as ROR has it."""

    key: str
    names: Sequence[str]
    acronyms: Sequence[str]
    city: str
    site: str
    founded: str
    identifiers: Sequence[tuple[str, str]]


def read_organisations(path: Path) -> list[Organisation]:
    """The organisations of a file of ROR, of version 1 or 2."""
    with path.open(encoding="utf-8") as file:
        return [_read_organisation(json.loads(line)) for line in file if line.strip()]


def _read_organisation(record: Mapping[str, Any]) -> Organisation:
    if "names" in record:
        names = [n["value"] for n in record["names"] if "acronym" not in n["types"]]
        acronyms = [n["value"] for n in record["names"] if "acronym" in n["types"]]
        city = record["locations"][0]["geonames_details"]["name"]
        sites = [each["value"] for each in record["links"]]
        known = [(each["type"], each["all"]) for each in record["external_ids"]]
    else:
        labels = [label["label"] for label in record["labels"]]
        names = [record["name"], *labels, *record["aliases"]]
        acronyms, sites = record["acronyms"], record["links"]
        city = record["addresses"][0]["city"]
        known = [(name.lower(), each["all"]) for name, each in record["external_ids"].items()]
    # a scheme of which there is one value has it as a text in version 1
    lists = ((name, [every] if isinstance(every, str) else every) for name, every in known)
    return Organisation(
        record["id"][-9:], names, acronyms, city, next(iter(sites), ""),
        str(record["established"] or ""), [(n, value) for n, every in lists for value in every],
    )  # fmt: skip


def read_communes() -> list[Mapping[str, Any]]:
    """The communes that have inhabitants, the largest first."""
    with gzip.open(COMMUNES) as file:
        rows = [row for row in json.load(file) if row.get("population")]
    return sorted(rows, key=lambda row: -row["population"])


def link_without_schemes(
    organisations: Sequence[Organisation], communes: Sequence[Mapping[str, Any]], seed: int
) -> None:
    """Links two registers of research organisations without each scheme, then without any."""
    codes = {capitals(row["nom"]): row["code"] for row in reversed(communes)}
    for hidden in (*((scheme,) for scheme in SCHEMES), SCHEMES):
        chance = random.Random(seed)
        records, truth = [], {}
        for organisation in organisations:
            one, other = describe_twice(organisation, hidden, codes, chance)
            records.append(one)
            if chance.random() >= NOT_REGISTERED:
                records.append(other)
                truth[one.id] = other.id
        title = hidden[0] if len(hidden) == 1 else "any identifier"
        report(f"research organisations without {title}", records, truth)


def describe_twice(
    organisation: Organisation,
    hidden: Sequence[str],
    codes: Mapping[str, str],
    chance: random.Random,
) -> tuple[DescribedRecord, DescribedRecord]:
    """An organisation by one of its names, and as ROR has it, both without some schemes."""
    key, names = organisation.key, organisation.names
    commune = codes.get(capitals(organisation.city), "")
    identifiers = [each for each in organisation.identifiers if each[0] not in hidden]
    one = DescribedRecord(
        f"a/{key}", "asked", "organisation", [chance.choice(names)],
        organisation.acronyms if chance.random() < 0.5 else (), commune, "FR",
        organisation.site if chance.random() < KEPT_SITE else "", "",
        [each for each in identifiers if chance.random() < KEPT_IDENTIFIER],
    )  # fmt: skip
    other = DescribedRecord(
        f"r/{key}", "register", "organisation", names, organisation.acronyms, commune, "FR",
        organisation.site, organisation.founded, identifiers,
    )  # fmt: skip
    return one, other


def link_names(
    folder: Path,
    organisations: Sequence[Organisation],
    communes: Sequence[Mapping[str, Any]],
    seed: int,
) -> None:
    """Links organisations and communes with themselves, by names as registers write them."""
    chance = random.Random(seed)
    units = [*read_units(folder / "ess" / "ess-numerique" / "x_enriched.csv")]
    units += read_cooperatives(folder / "ess" / "cooptech" / "Annuaire-SCOP-SCIC-tech-France.csv")
    largest = [row["code"] for row in communes[:2000]]
    named = [
        (name, chance.choice(largest))
        for name in [*(u["name"] for u in units), *(o.names[0] for o in organisations)]
    ]
    places = [(row["nom"], row["departement"] + "000") for row in communes]
    for title, known in (("organisations", named), ("communes", places)):
        once = [pair for pair, count in Counter(known).items() if count == 1]
        for spelling, write in SPELLINGS.items():
            records, truth = describe_names(once, write)
            report(f"{title}, {spelling}", records, truth)


def describe_names(
    known: Sequence[tuple[str, str]], write: Callable[[str], str]
) -> tuple[list[DescribedRecord], dict[str, str]]:
    """Names with their places twice: as a register writes them, and as they are."""
    records, truth = [], {}
    for number, (name, place) in enumerate(known):
        one, other = f"a/{number}", f"r/{number}"
        records.append(DescribedRecord(one, "asked", "place", [write(name)], (), place, "FR"))
        records.append(DescribedRecord(other, "register", "place", [name], (), place, "FR"))
        truth[one] = other
    return records, truth


def report(title: str, records: Iterable[DescribedRecord], truth: Mapping[str, str]) -> None:
    """Prints precision and recall of the sure pairs, and whether each record is in one at most."""
    with duckdb.connect() as db:
        load(db, records)
        sure = [pair for pair in link_records(db, "record", PAIR) if pair.sure]
    right = sum(truth.get(pair.left) == pair.right for pair in sure)
    print(
        f"{title}: precision {describe_share(right, len(sure))}, "
        f"recall {describe_share(right, len(truth))}, {count_shared(sure)} in several pairs",
        flush=True,
    )


def count_shared(pairs: Sequence[ScoredPair]) -> int:
    """How many records are in more than one pair; where there are none, there is no cycle."""
    partners: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        partners[pair.left].add(pair.right)
        partners[pair.right].add(pair.left)
    return sum(len(others) > 1 for others in partners.values())


if __name__ == "__main__":
    main()
