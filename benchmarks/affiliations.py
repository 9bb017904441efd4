"""How well organisations are recognised in affiliation strings of articles.

    python benchmarks/affiliations.py FOLDER [--half tuning|measured] [--strings N] [--show N]

FOLDER holds `ror-fr-latest.jsonl`, `hal-tei/` and `openalex/`. Strings are made of
names, acronyms, parents and cities of ROR as authors write them, with laboratories that ROR does
not have, and of foreign institutions, of which none may be recognised; those of HAL and OpenAlex
are real. Records whose id has an even digest are for tuning, the others are measured.
"""

import argparse
import hashlib
import json
import random
import re
import sqlite3
import time
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from intervals import describe_share

from kg.catalogue import schema
from kg.catalogue.affiliation_index import write_names
from kg.catalogue.affiliation_spellings import NamedOrganisation
from kg.catalogue.affiliations import recognise_organisations

TEI: Final = "{http://www.tei-c.org/ns/1.0}"
SHORT: Final = (
    ("Université", "Univ."), ("University", "Univ."), ("Laboratoire", "Lab."),
    ("Laboratory", "Lab."), ("Institut ", "Inst. "), ("Institute", "Inst."),
    ("Département", "Dépt"), ("Department", "Dept."), ("Hôpital", "Hop."), ("Hospital", "Hosp."),
    ("Recherche", "Rech."), ("Research", "Res."), ("Centre ", "Ctr "), ("Sciences", "Sci."),
    ("École", "Ecole"), ("National ", "Natl "), ("Saint-", "St "),
)  # fmt: skip
KINDS: Final = {"education": "higher-education-institution", "healthcare": "healthcare"}
"""Types of ROR, and what they are in our list."""
UNKNOWN: Final = (
    "Laboratoire d'étude des milieux {}", "Department of Biology", "Faculté de Médecine",
    "Département de Mathématiques", "Equipe {}", "Service de Cardiologie", "UFR Sciences",
    "Unité {} EA {}", "Faculty of Sciences", "Department of Computer Science", "Chaire {}",
    "Laboratoire {}", "Groupe de recherche {}", "Service des maladies infectieuses",
)  # fmt: skip
STREETS: Final = (
    "12 rue des Lilas", "Campus universitaire", "BP 70239", "4 avenue de la République",
    "Domaine scientifique", "CS 40700", "24 rue Lhomond", "Bât. 450", "163 avenue de Luminy",
)  # fmt: skip
ABROAD: Final = tuple(
    tuple(line.strip().split(" | "))
    for line in """
        Université libre de Bruxelles | Bruxelles | Belgium
        Université de Liège | Liège | Belgique
        Université catholique de Louvain | Louvain-la-Neuve | Belgium
        University of Geneva | Geneva | Switzerland
        École polytechnique fédérale de Lausanne | Lausanne | Suisse
        University of Luxembourg | Esch-sur-Alzette | Luxembourg
        Université Laval | Québec | Canada
        Université de Montréal | Montréal | Canada
        McGill University | Montreal | Canada
        Institut Pasteur de Dakar | Dakar | Sénégal
        Institut Pasteur de Tunis | Tunis | Tunisia
        Institut Pasteur du Cambodge | Phnom Penh | Cambodia
        Université Cheikh Anta Diop | Dakar | Senegal
        Université Mohammed V | Rabat | Morocco
        École nationale polytechnique | Alger | Algeria
        École nationale d'ingénieurs de Tunis | Tunis | Tunisie
        Université de Yaoundé I | Yaoundé | Cameroun
        Institut national de recherche scientifique | Québec | Canada
        Centre hospitalier universitaire Sainte-Justine | Montréal | Canada
        Hôpital général | Genève | Suisse
        University of Oxford | Oxford | UK
        Imperial College London | London | United Kingdom
        Max Planck Institute for Physics | Munich | Germany
        Institute of Physics, Academy of Sciences | Prague | Czech Republic
        Institute of Mathematics | Warsaw | Poland
        National Research Council | Rome | Italy
        Università di Bologna | Bologna | Italy
        Universitat de Barcelona | Barcelona | Spain
        Instituto Superior Técnico | Lisboa | Portugal
        University of Tokyo | Tokyo | Japan
        Chinese Academy of Sciences | Beijing | China
        CNRS | Beirut | Lebanon
        National Center for Scientific Research | Athens | Greece
        Laboratory of Molecular Biology | Cambridge | UK
        Institut des Sciences de la Terre | Lausanne | Switzerland
        University of California, San Francisco | San Francisco | USA
        Harvard University | Cambridge, MA | USA
        Laboratoire de chimie organique, Université d'Alger | Alger | Algérie
        Faculté des Sciences de Tunis | Tunis | Tunisia
        Paris Lodron University | Salzburg | Austria
    """.strip().splitlines()
)
"""Institutions that are not in France: name, city, country."""


@dataclass(frozen=True)
class Organisation:
    """What an affiliation string may say of an organisation of ROR."""

    ror: str
    names: Sequence[str]
    acronyms: Sequence[str]
    city: str
    country: str
    parents: Sequence[str]
    children: Sequence[str]
    active: bool
    predecessors: Sequence[str]
    kind: str


@dataclass(frozen=True)
class Labelled:
    """An affiliation string and the organisations of ROR that it names."""

    text: str
    rors: frozenset[str]
    real: bool = False


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=("tuning", "measured"), default="measured")
    parser.add_argument("--strings", type=int, default=3000)
    parser.add_argument("--show", type=int, default=0)
    asked = parser.parse_args()
    french = read_ror(asked.folder / "ror-fr-latest.jsonl")
    file, numbers = index(french)
    labelled = [
        *generate(french, asked.half, asked.strings),
        *(each for each in read_real(asked.folder, french) if _half(each.text) == asked.half),
    ]
    for title, chosen in (
        ("generated", [each for each in labelled if not each.real]),
        ("real", [each for each in labelled if each.real]),
    ):
        print(title, measure(file, numbers, chosen, asked.show))
    known = hide_names(french)
    file, numbers = index(known)
    strings = [
        Labelled(each.text, each.rors & known.keys())
        for each in generate(french, asked.half, asked.strings)
    ]
    print("some names and organisations not known", measure(file, numbers, strings, asked.show))


def measure(
    file: sqlite3.Connection, numbers: Sequence[str], labelled: Sequence[Labelled], show: int
) -> str:
    """Precision and recall of what is recognised for certain, with intervals."""
    right = told = meant = first_right = first_told = covered = 0
    start = time.perf_counter()
    for each in labelled:
        found = [r for r in recognise_organisations(file, each.text) if r.sure]
        rors = [numbers[one.id] for one in found]
        told += len(rors)
        right += len(each.rors.intersection(rors))
        meant += len(each.rors)
        covered += bool(each.rors.intersection(rors))
        first_told += bool(rors)
        first_right += bool(rors) and rors[0] in each.rors
        if show and set(rors) != each.rors:
            show -= 1
            print("   ", each.text, "\n       meant", sorted(each.rors), "told", rors)
    seconds = time.perf_counter() - start
    strings = sum(bool(each.rors) for each in labelled)
    return (
        f"{len(labelled):,} strings, {len(labelled) / seconds:,.0f} a second\n"
        f"  organisations: precision {describe_share(right, told)}, "
        f"recall {describe_share(right, meant)}\n"
        f"  first of each string: precision {describe_share(first_right, first_told)}, "
        f"strings answered rightly {describe_share(covered, strings)}"
    )


def read_ror(path: Path) -> dict[str, Organisation]:
    """The records of a file of ROR, of version 1 or 2, by their short id."""
    records = (json.loads(line) for line in path.read_text("utf-8").split("\n") if line)
    return {each.ror: each for each in map(_read_record, records)}


def _read_record(record: dict[str, Any]) -> Organisation:
    related = [(r["type"].lower(), r["id"][-9:]) for r in record.get("relationships", ())]
    parents = [ror for kind, ror in related if kind == "parent"]
    children = [ror for kind, ror in related if kind == "child"]
    predecessors = [ror for kind, ror in related if kind == "predecessor"]
    active = record.get("status") == "active"
    if "names" in record:
        names = [n["value"] for n in record["names"] if "acronym" not in n["types"]]
        acronyms = [n["value"] for n in record["names"] if "acronym" in n["types"]]
        details = record["locations"][0]["geonames_details"]
        city, country = details["name"], details["country_code"]
    else:
        labels = [label["label"] for label in record["labels"]]
        names = [record["name"], *labels, *record["aliases"]]
        acronyms = record["acronyms"]
        city, country = record["addresses"][0]["city"], record["country"]["country_code"]
    return Organisation(
        record["id"][-9:],
        names,
        acronyms,
        city,
        country,
        parents,
        children,
        active,
        predecessors,
        next((KINDS[kind.lower()] for kind in record["types"] if kind.lower() in KINDS), ""),
    )


def index(organisations: dict[str, Organisation]) -> tuple[sqlite3.Connection, list[str]]:
    """An index of the names of organisations, and their ids in the order of its numbers."""
    file = sqlite3.connect(":memory:")
    file.executescript(schema.TABLES_SQL)
    rors = list(organisations)
    number = {ror: place for place, ror in enumerate(rors)}
    write_names(
        file,
        (
            NamedOrganisation(
                number[each.ror],
                each.names,
                each.acronyms,
                [each.city],
                [number[parent] for parent in each.parents if parent in number],
                each.active,
                [number[earlier] for earlier in each.predecessors if earlier in number],
                each.kind,
            )
            for each in organisations.values()
        ),
    )
    return file, rors


def hide_names(organisations: dict[str, Organisation]) -> dict[str, Organisation]:
    """Organisations without one in seven, and of the others without one name in three."""
    kept = {}
    for each in organisations.values():
        if _digest(each.ror) % 7 == 0 and not each.children:
            continue
        names = [name for name in each.names if _digest(each.ror + name) % 3]
        kept[each.ror] = replace(each, names=names or each.names[:1])
    return kept


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])


def _half(text: str) -> str:
    return "measured" if hashlib.sha256(text.encode()).digest()[0] % 2 else "tuning"


def generate(french: dict[str, Organisation], half: str, count: int) -> Iterator[Labelled]:
    """Strings in which organisations of one half are named first."""
    chance = random.Random(half)
    chosen = [one for one in french.values() if one.active and _half(one.ror) == half]
    abroad = ABROAD[half == "measured" :: 2]
    # universities and national bodies are named far more often than laboratories
    weights = [1 + min(len(one.children), 60) for one in chosen]
    for _ in range(count):
        if chance.random() < 0.12:
            parts = [_department(chance)] if chance.random() < 0.6 else []
            parts += chance.choice(abroad)
            yield Labelled(_spoil(", ".join(parts), chance), frozenset())
        else:
            yield _compose(chance.choices(chosen, weights)[0], french, chance)


def _compose(one: Organisation, french: dict[str, Organisation], chance: random.Random) -> Labelled:
    parents = [french[ror] for ror in one.parents if ror in french and french[ror].active]
    chance.shuffle(parents)
    wholes = parents[: chance.choice((0, 0, 1, 1, 2, 3))]
    rors = frozenset((one.ror, *(each.ror for each in wholes)))
    head = _write_name(one, chance, alone=not wholes)
    above = [_write_name(each, chance, alone=False) for each in wholes]
    parts = [head, *above] if chance.random() < 0.7 else [*above, head]
    if len(parts) > 1 and chance.random() < 0.3:
        parts.insert(1, f"UMR {chance.randrange(1000, 9999)}")
    if chance.random() < 0.35:
        parts.insert(0, _department(chance))
    joint = chance.choice((", ", ", ", ", ", ", ", " - ", "; "))
    place = [one.city] if chance.random() < 0.85 else []
    if place and chance.random() < 0.5:
        code = f"{chance.randrange(1000, 95999):05d}"
        place = [chance.choice((f"F-{code} {one.city}", f"{code} {one.city} Cedex 9"))]
    if place and chance.random() < 0.3:
        place.insert(0, chance.choice(STREETS))
    country = [chance.choice(("France", "France", "FRANCE", "Fr"))] if chance.random() < 0.8 else []
    text = ", ".join([joint.join(parts), *place, *country])
    return Labelled(_spoil(text, chance), rors)


def _write_name(one: Organisation, chance: random.Random, alone: bool) -> str:
    name = chance.choice(one.names)
    acronym = chance.choice(one.acronyms) if one.acronyms else ""
    if not acronym or chance.random() < 0.55:
        return name
    forms = (f"{name} ({acronym})", f"{acronym} - {name}", f"{name}, {acronym}")
    return chance.choice((*forms, *(() if alone else (acronym, acronym))))


def _department(chance: random.Random) -> str:
    word = "".join(chance.choice("bcdfglmnprstv") + chance.choice("aeiou") for _ in range(3))
    return chance.choice(UNKNOWN).format(word.capitalize(), chance.randrange(100, 9999))


def _spoil(text: str, chance: random.Random) -> str:
    if chance.random() < 0.35:
        for long, short in SHORT:
            text = text.replace(long, short)
    if chance.random() < 0.25:
        decomposed = unicodedata.normalize("NFD", text)
        text = "".join(char for char in decomposed if not unicodedata.combining(char))
    if chance.random() < 0.06:
        text = text.upper()
    if chance.random() < 0.06:
        place = chance.randrange(len(text) - 1)
        text = text[:place] + text[place + 1 :]
    if chance.random() < 0.2:
        text = text.replace(" de la ", " ").replace(" of ", " ")
    return text


def read_real(folder: Path, french: dict[str, Organisation]) -> Iterator[Labelled]:
    """Names and addresses of HAL, affiliation strings of OpenAlex: those with ids of ROR."""
    seen: dict[str, set[str]] = {}
    for path in sorted((folder / "hal-tei").glob("*.xml")):
        for org in ElementTree.parse(path).iter(f"{TEI}org"):
            rors = {
                (i.text or "")[-9:] for i in org.findall(f"{TEI}idno") if i.get("type") == "ROR"
            }
            names = [(n.get("type"), n.text or "") for n in org.findall(f"{TEI}orgName")]
            if not rors or not names:
                continue
            long = next(text for kind, text in names if kind != "acronym")
            short = [text for kind, text in names if kind == "acronym"]
            lines = ["".join(a.itertext()).strip() for a in org.iter(f"{TEI}addrLine")]
            seen.setdefault(long, set()).update(rors)
            text = ", ".join([f"{long} ({short[0].strip()})" if short else long, *lines])
            seen.setdefault(text, set()).update(rors)
    for path in sorted((folder / "openalex").glob("*.json")):
        for authorship in json.loads(path.read_text("utf-8")).get("authorships", ()):
            strings = authorship.get("raw_affiliation_strings", ())
            if len(strings) == 1:
                rors = {(i.get("ror") or "")[-9:] for i in authorship["institutions"]}
                seen.setdefault(strings[0], set()).update(rors - {""})
    for text, rors in seen.items():
        yield Labelled(re.sub(r"\s+", " ", text), frozenset(rors & french.keys()), real=True)


if __name__ == "__main__":
    main()
