"""The territories of France and abroad, as their sources give them to the canonical tables."""

import gzip
import json
import re
from collections import Counter
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kg import csvw_tables
from kg.sources import read_source, read_source_description

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "data" / "sources"
RAW = SOURCES / "territoires" / "raw"
SHARED = ROOT.parent / "shared" / "data" / "territories" / "etalab-decoupage"
FILES = ("arrondissements", "communes", "departements", "epci", "ept", "regions")
PARTS = ("commune-deleguee", "commune-associee", "arrondissement-municipal")
EPCI_KINDS = {
    "CC": "communaute-communes",
    "CA": "communaute-agglomeration",
    "CU": "communaute-urbaine",
    "METRO": "metropole",
    "MET69": "metropole",
}
COMMUNE_CODE = re.compile(r"([0-9]{2}|2[AB])[0-9]{3}")

Row = dict[str, str | None]


@cache
def raw(name: str) -> list[dict[str, Any]]:
    """The records of one file of the package, without DuckDB."""
    with gzip.open(RAW / f"{name}.json.gz", "rt", encoding="utf-8") as file:
        records: list[dict[str, Any]] = json.load(file)
    return records


@cache
def lines(source: str) -> dict[str, list[Row]]:
    """What a source gives to each canonical table, through the project's own reader."""
    with duckdb.connect() as db:
        found = read_source(
            read_source_description(SOURCES / source),
            csvw_tables.load_tables(ROOT / "ontology" / "tables"),
            db,
        )
        return {given.table.name: rows(db, given.view) for given in found}


def rows(db: duckdb.DuckDBPyConnection, view: str) -> list[Row]:
    result = db.execute(f'SELECT * FROM "{view}"')
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@cache
def french() -> dict[str, Row]:
    return {str(row["id"]): row for row in lines("territoires")["territories"]}


@cache
def places() -> dict[str, Row]:
    """Every territory of the two sources, by key."""
    return french() | {str(row["id"]): row for row in lines("etranger")["territories"]}


def within(row: Row) -> list[str]:
    """The keys of the territories that directly enclose this one."""
    cell = row["within"]
    return [reference.removeprefix("territory/") for reference in cell.split("|")] if cell else []


def around(key: str) -> set[str]:
    """Everything that encloses a territory, directly or not."""
    direct = within(places()[key])
    return set(direct).union(*map(around, direct))


def expected_counts() -> Counter[str]:
    """How many territories of each kind the package holds."""
    counts = Counter(
        "commune" if record["type"] == "commune-actuelle" else record["type"]
        for record in raw("communes")
    )
    counts.update(EPCI_KINDS[record["type"]] for record in raw("epci"))
    counts["region"] = sum(record["zone"] != "com" for record in raw("regions"))
    counts["departement"] = sum(record["zone"] != "com" for record in raw("departements"))
    counts["overseas-collectivity"] = sum(record["zone"] == "com" for record in raw("departements"))
    counts["arrondissement"] = len(raw("arrondissements"))
    counts["ept"] = len(raw("ept"))
    return counts


def test_each_kind_has_as_many_territories_as_the_package() -> None:
    counts = Counter(row["kind"] for row in lines("territoires")["territories"])
    assert counts == expected_counts()
    assert counts["commune"] == 34_969
    assert (counts["region"], counts["departement"]) == (18, 101)


def test_keys_are_unique_across_the_two_sources() -> None:
    given = lines("territoires")["territories"] + lines("etranger")["territories"]
    assert len({row["id"] for row in given}) == len(given)


def test_the_regions_left_out_are_the_overseas_collectivities() -> None:
    left_out = {record["code"] for record in raw("regions") if record["zone"] == "com"}
    assert left_out == {
        str(row["code"]) for row in french().values() if row["kind"] == "overseas-collectivity"
    }


def test_every_line_points_to_the_record_it_was_read_in() -> None:
    for row in french().values():
        record = raw(str(row["_file"]).removesuffix(".json.gz"))[int(str(row["_row"])) - 1]
        assert (record["code"], " ".join(record["nom"].split())) == (row["code"], row["label_fr"])


def test_lille_is_in_both_branches() -> None:
    lille = french()["commune-59350"]
    assert within(lille) == ["arrondissement-595", "epci-200093201"]
    assert around("commune-59350") == {
        "arrondissement-595",
        "epci-200093201",
        "departement-59",
        "region-32",
        "country-FR",
        "area-europe",
    }
    assert french()["epci-200093201"]["kind"] == "metropole"
    assert lille["former_codes"] == "59298|59355"
    assert "59000" in str(lille["post_codes"]).split("|")
    assert lille["population"] == "238246"


def test_the_15th_arrondissement_is_in_paris() -> None:
    paris_15 = french()["arrondissement-municipal-75115"]
    assert within(paris_15) == ["commune-75056"]
    assert paris_15["alt_labels"] == "Paris 15e"


def test_communes_of_greater_paris_are_in_their_ept_and_metropolis() -> None:
    assert within(french()["commune-93001"]) == [
        "arrondissement-933",
        "epci-200054781",
        "ept-200057867",
    ]
    assert within(french()["ept-200057867"]) == ["departement-93", "epci-200054781"]


@pytest.mark.parametrize(
    ("epci", "place"),
    [
        ("epci-200093201", "departement-59"),
        ("epci-200054781", "region-11"),  # Greater Paris: several départements
        ("epci-246100663", "country-FR"),  # Alençon: Normandie and Pays de la Loire
    ],
)
def test_an_epci_is_placed_where_all_its_members_are(epci: str, place: str) -> None:
    assert within(french()[epci]) == [place]


def test_communes_of_mayotte_which_has_no_arrondissement_are_in_their_departement() -> None:
    assert within(french()["commune-97611"]) == ["departement-976", "epci-200060457"]


def test_overseas_collectivities_are_in_the_country_and_hold_their_communes() -> None:
    assert within(french()["collectivite-987"]) == ["country-FR"]
    assert within(french()["commune-98735"]) == ["collectivite-987"]
    assert french()["collectivite-987"]["seat"] == "territory/commune-98735"


def test_a_seat_outside_its_territory_is_left_out_and_said() -> None:
    southern_lands = french()["collectivite-984"]
    assert southern_lands["seat"] is None
    assert "97502" in str(southern_lands["note_fr"])
    for row in french().values():
        if row["seat"]:
            seat = str(row["seat"]).removeprefix("territory/")
            assert row["id"] in around(seat), row["label_fr"]


def test_every_enclosing_territory_exists() -> None:
    missing = {
        (key, target)
        for key, row in places().items()
        for target in within(row)
        if target not in places()
    }
    assert missing == set()
    alone = {key for key, row in french().items() if not within(row)}
    assert alone == set()


def test_no_territory_encloses_itself() -> None:
    order = TopologicalSorter({key: within(row) for key, row in places().items()})
    assert len(list(order.static_order())) == len(places())  # raises CycleError on a cycle


def test_every_french_territory_is_in_france() -> None:
    assert {key for key in french() if "country-FR" not in around(key)} == set()


def test_codes_keep_their_leading_zeros_and_letters() -> None:
    communes = [row for row in french().values() if str(row["kind"]) in ("commune", *PARTS)]
    assert [row for row in communes if not COMMUNE_CODE.fullmatch(str(row["code"]))] == []
    assert french()["commune-01001"]["post_codes"] == "01400"
    assert french()["commune-2A004"]["label_fr"] == "Ajaccio"
    assert {"departement-01", "departement-2B", "region-01", "arrondissement-012"} <= set(french())


def test_postal_codes_have_five_digits() -> None:
    codes = {c for row in french().values() for c in str(row["post_codes"] or "").split("|")} - {""}
    assert [code for code in codes if not re.fullmatch(r"[0-9]{5}", code)] == []
    assert len(codes) > 6_000


def test_siren_numbers_are_those_of_communes_and_groupings() -> None:
    identifiers = lines("territoires")["identifiers"]
    communes = sum("siren" in record for record in raw("communes"))
    assert len(identifiers) == communes + len(raw("epci")) + len(raw("ept"))
    given = {row["value"]: row["subject"] for row in identifiers}
    assert given["215903501"] == "territory/commune-59350"
    assert given["200093201"] == "territory/epci-200093201"
    subjects = {str(row["subject"]).removeprefix("territory/") for row in identifiers}
    assert subjects <= set(french())


def test_siren_numbers_have_the_right_key() -> None:
    wrong = [row for row in lines("territoires")["identifiers"] if not luhn(str(row["value"]))]
    assert wrong == []


def luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(sum(divmod(value, 10)) for value in doubled) % 10 == 0


def test_every_territory_has_a_kind_of_the_scheme() -> None:
    scheme = (ROOT / "ontology" / "schemes" / "territory-kind.ttl").read_text("utf-8")
    known = set(re.findall(r'skos:notation "([^"]+)"', scheme))
    assert {str(row["kind"]) for row in places().values()} <= known


def test_places_abroad_are_named_in_both_languages() -> None:
    for row in lines("etranger")["territories"]:
        assert row["label_fr"], row
        assert row["label_en"], row


def test_places_abroad_are_in_their_countries() -> None:
    assert around("city-barcelona") == {"region-ES-CT", "country-ES", "area-europe"}
    assert within(places()["city-melbourne"]) == ["country-AU"]
    assert {"country-US", "area-san-francisco-bay"} == around("city-oakland")


def test_codes_abroad_are_identifiers_too() -> None:
    abroad = lines("etranger")
    coded = {f"territory/{row['id']}": row["code"] for row in abroad["territories"] if row["code"]}
    assert {str(row["subject"]): row["value"] for row in abroad["identifiers"]} == coded


@pytest.mark.skipif(not SHARED.is_dir(), reason="the package is not beside the repository")
@pytest.mark.parametrize("name", FILES)
def test_the_files_are_those_of_the_package(name: str) -> None:
    shipped = gzip.decompress((RAW / f"{name}.json.gz").read_bytes())
    assert shipped == (SHARED / f"{name}.json").read_bytes()
