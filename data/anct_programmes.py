"""Derives places and clusters from the maps of programmes that ANCT publishes.

    python data/anct_programmes.py FOLDER data/sources

FOLDER holds `fabt_geom.geojson`, `manuprox_geom.geojson`, `fs_geom.geojson` and
`ti_geom.geojson` as they are published (anct-carto/superposeur-anct, data/geom/geojsonV2). It
writes into `anct-programmes/raw` below the last folder:

- `places.csv.gz`: one line for each place. The publisher has one for each commune and programme,
  with the numbers and the names of its places side by side; where there are fewer names than
  numbers, it is one place, under its first number. Of a name of several lines the first is taken.
  The points are left out: every place of a commune has the same, which is that of the commune.
- `clusters.csv.gz`: one line for each Territoire d'industrie, with the keys of the inter-municipal
  bodies, or communes, that it covers, which the publisher names by SIREN; its outline is left out.

It needs Python alone.
"""

import gzip
import html
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from gzipped_csv import write_gzipped_csv

PLACES = ("fabt", "manuprox", "fs")
LONG = 120
"""Characters of a name after which only its first sentence is kept."""
EMAIL = re.compile(r"\S+@\S+")
SIREN = re.compile(r"\((\d{9})\)")


def read_features(path: Path) -> Iterator[dict[str, str]]:
    """The properties of each feature, without HTML entities."""
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        yield {
            name: html.unescape(value)
            for name, value in feature["properties"].items()
            if isinstance(value, str)
        }


def split(cell: str) -> list[str]:
    """The values of a cell, separated by semicolons."""
    return [part.strip() for part in cell.split(";") if part.strip()]


def shorten(name: str) -> str:
    """The first line of a name, or the first sentence of one that is long."""
    line = " ".join(EMAIL.sub("", name.strip().splitlines()[0]).split())
    return line if len(line) <= LONG else re.split(r"[.,:] ", line)[0]


def list_places(programme: str, features: Iterable[dict[str, str]]) -> Iterator[tuple[str, ...]]:
    """(programme, number, name, code of the commune) of each place."""
    for feature in features:
        numbers, names = split(feature["id_territoire"]), split(feature["lib_territoire"])
        if len(names) != len(numbers):
            numbers, names = numbers[:1], [" ; ".join(names)]
        for number, name in zip(numbers, names, strict=True):
            yield programme, number, shorten(name), feature["id_geo"]


def read_territories(raw: Path) -> dict[str, str]:
    """The keys of the communes, EPCI and EPT of today, by SIREN."""
    found = {}
    for name in ("communes", "epci", "ept"):
        with gzip.open(raw / f"{name}.json.gz", "rt", encoding="utf-8") as file:
            for record in json.load(file):
                if name != "communes":
                    found[record["code"]] = f"{name}-{record['code']}"
                elif record["type"] == "commune-actuelle" and "siren" in record:
                    found[record["siren"]] = f"commune-{record['code']}"
    return found


def list_clusters(
    features: Iterable[dict[str, str]], territories: dict[str, str]
) -> Iterator[tuple[str, ...]]:
    """(number, name, keys of territories) of each Territoire d'industrie."""
    for feature in features:
        members = "|".join(territories[siren] for siren in SIREN.findall(feature["liste_geo"]))
        yield feature["id_territoire"].strip(), " ".join(feature["lib_territoire"].split()), members


def main() -> None:
    folder, sources = map(Path, sys.argv[1:3])
    out = sources / "anct-programmes" / "raw"
    out.mkdir(parents=True, exist_ok=True)
    places = [
        place
        for programme in PLACES
        for place in list_places(programme, read_features(folder / f"{programme}_geom.geojson"))
    ]
    write_gzipped_csv(out / "places.csv.gz", ("programme", "id", "label", "commune"), places)
    territories = read_territories(sources / "territoires" / "raw")
    clusters = list_clusters(read_features(folder / "ti_geom.geojson"), territories)
    write_gzipped_csv(out / "clusters.csv.gz", ("id", "label", "covers"), clusters)


if __name__ == "__main__":
    main()
