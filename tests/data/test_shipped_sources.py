"""Registers that are shipped: their description is current, their rows are what they may be."""

import csv
import gzip
import importlib
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from itertools import combinations
from pathlib import Path

import duckdb
import pytest
from rdflib import Graph
from rdflib.namespace import SKOS

from kg.installation import InstallationPaths
from kg.release_layout import find_current_release

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "data" / "sources"


def rows(name: str) -> list[dict[str, str]]:
    with gzip.open(SOURCES / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def codes(scheme: str) -> set[str]:
    """The codes of a list."""
    graph = Graph().parse(ROOT / "ontology" / "schemes" / f"{scheme}.ttl")
    return {str(code) for code in graph.objects(None, SKOS.notation)}


def test_the_description_is_current(national: InstallationPaths) -> None:
    release = find_current_release(national.releases)
    written = subprocess.run(
        [sys.executable, str(ROOT / "data" / "shipped_sources.py"), str(release.folder)],
        capture_output=True, check=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert written.stdout == (ROOT / "docs" / "sources-shipped.md").read_text(encoding="utf-8")


def test_the_recipe_of_ror_tells_what_organisations_are_as_the_shipped_data_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(ROOT / "data")
    ror_france = importlib.import_module("ror_france")
    with (ROOT / "data" / "recipes" / "ror" / "source.toml").open("rb") as file:
        case = tomllib.load(file)["map"]["organisations"]["columns"]["kind"]["sql"]
    with (ROOT / "data" / "sources" / "ror-france" / "source.toml").open("rb") as file:
        kinds = tomllib.load(file)["map"]["organisations"]["columns"]["kind"]["values"]
    every = (*ror_france.TELLING, "archive", "funder", "nonprofit", "other")
    with duckdb.connect() as db:
        for count in range(1, len(every) + 1):
            for types in combinations(sorted(every), count):
                listed = json.dumps([one.capitalize() for one in types])
                chosen = db.execute(f"SELECT {case} FROM (SELECT ? AS types)", [listed]).fetchall()
                assert chosen == [(kinds.get(ror_france.choose_type(types)),)], types


def test_organisations_of_ror_are_there_once_and_nearly_all_in_a_commune() -> None:
    organisations = rows("ror-france/raw/organisations")
    keys = {row["ror"] for row in organisations}
    assert len(keys) == len(organisations) > 4_500
    assert {row["status"] for row in organisations} == {"active", "inactive"}
    assert sum(not row["commune"] for row in organisations) <= 50  # Sophia Antipolis and the like
    types = {row["label_fr"]: row["type"] for row in organisations}
    assert types["Centre National de la Recherche Scientifique"] == "government"  # funds, too
    assert types["Hospices Civils de Lyon"] == "healthcare"
    assert types["Muséum national d'Histoire naturelle"] == "archive"
    relations = rows("ror-france/raw/relations")
    assert all({row["subject"], row["object"]} <= keys for row in relations)
    assert len({tuple(row.values()) for row in relations}) == len(relations)
    schemes = Counter(row["scheme"] for row in rows("ror-france/raw/identifiers"))
    assert schemes.keys() == {"fundref", "grid", "isni", "wikidata"} <= codes("identifier-scheme")


def test_places_of_one_row_are_apart() -> None:
    places = rows("anct-programmes/raw/places")
    assert len({row["id"] for row in places}) == len(places)
    counted = Counter(row["programme"] for row in places)
    assert counted == {"fs": 2719, "fabt": 382, "manuprox": 109}
    assert not [row for row in places if re.search(r"\w@\w+\.\w|\n", row["label"])]
    covered = {
        key for row in rows("anct-programmes/raw/clusters") for key in row["covers"].split("|")
    }
    assert {key.partition("-")[0] for key in covered} == {"commune", "epci", "ept"}


def test_the_list_of_the_ess_has_no_sole_trader_and_nothing_undisclosed() -> None:
    organisations = rows("ess-numerique/raw/organisations")
    assert len(organisations) > 3_600
    for row in organisations:
        assert not row["legal_form"].startswith("1")
        assert row["created"] != "1900-01-01"
        assert "[ND]" not in row.values()
    told = {(row["status"], row["issuer"]) for row in rows("ess-numerique/raw/accreditations")}
    assert told == {
        ("ess", "insee"),
        ("ess", "ess-france"),
        ("esus", ""),
        ("mission-company", "insee"),
    }
    assert {status for status, _ in told} <= codes("status-label")


@pytest.mark.parametrize(
    ("script", "given", "written"),
    [
        (
            "ess_numerique.py",
            "ess/ess-numerique/x_enriched.csv",
            ("ess-numerique/raw/organisations", "ess-numerique/raw/accreditations"),
        ),
    ],
)
def test_the_script_makes_the_same_file_of_the_publisher(
    script: str, given: str, written: tuple[str, ...], shared: Path, tmp_path: Path
) -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "data" / script), str(shared / "data" / given), str(tmp_path)],
        check=True, timeout=120,
    )  # fmt: skip
    for name in written:
        made = (tmp_path / f"{Path(name).name}.csv.gz").read_bytes()
        assert gzip.decompress(made) == gzip.decompress((SOURCES / f"{name}.csv.gz").read_bytes())
