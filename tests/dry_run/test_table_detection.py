"""A file is a table by its name or its headings, or it is told what it might be."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from kg import csvw_tables
from kg.csvw_tables import Table
from kg.dry_run.column_matching import suggest_column
from kg.dry_run.table_detection import detect_table
from kg.errors import TableError
from tests.dry_run.conftest import Check


@pytest.fixture(scope="module")
def known(root: Path) -> Mapping[str, Table]:
    return csvw_tables.load_tables(root / "ontology" / "tables")


@pytest.mark.parametrize(
    ("name", "headings", "table"),
    [
        ("organisations.csv", ["id", "label_fr"], "organisations"),
        ("Événements.xlsx", ["Libellé"], "events"),
        ("person.csv", ["id"], "people"),
        ("x.csv", ["siren", "denominationUniteLegale"], "organisations"),
        ("x.csv", ["TYPECOM", "COM", "REG", "DEP", "LIBELLE"], "territories"),
        ("x.csv", ["id", "member", "organisation", "role"], "memberships"),
        ("x.json", ["pivot", "nom", "typologie", "latitude", "longitude"], "places"),
        ("x.json", ["uid", "title.fr", "firstTiming.begin", "location.insee"], "events"),
        ("x.geojson", ["Name", "NUTS_ID"], "territories"),
    ],
)
def test_a_table_is_recognised(
    known: Mapping[str, Table], name: str, headings: list[str], table: str
) -> None:
    assert detect_table(name, headings, known, None).table.name == table


def test_a_name_is_not_enough_without_a_known_column(known: Mapping[str, Table]) -> None:
    found = detect_table("events.csv", ["siren", "denominationUniteLegale"], known, None)
    assert (found.table.name, found.by_name) == ("organisations", False)


def test_a_requested_table_is_used(known: Mapping[str, Table]) -> None:
    headings = ["id_geo", "lib_geo", "id_territoire", "lib_territoire"]
    found = detect_table("x.geojson", headings, known, "place")
    assert found.table.name == "places"
    assert dict(found.column_matches.columns) == {
        "id": "id_territoire",
        "label_fr": "lib_territoire",
    }
    assert [(r.column, h) for r, h in found.register_columns] == [("territory", "id_geo")]


@pytest.mark.parametrize(
    ("headings", "asked", "said"),
    [
        (["a", "b"], None, "Headings found: a, b."),
        (["name", "description"], None, "say which one with --table"),
        (["a"], "organisations", "no column of organisations is recognised"),
        (["id"], "cats", "no canonical table is called 'cats'; they are accreditations"),
    ],
)
def test_an_unrecognised_file_gets_advice(
    known: Mapping[str, Table], headings: list[str], asked: str | None, said: str
) -> None:
    with pytest.raises(TableError) as refused:
        detect_table("x.csv", headings, known, asked)
    assert said in str(refused.value)
    assert refused.value.french


def test_a_territory_has_the_finest_of_its_codes(known: Mapping[str, Table]) -> None:
    communes = detect_table("x.csv", ["COM", "ARR", "DEP", "REG", "LIBELLE"], known, None)
    assert [r.template for r, _ in communes.register_columns] == ["commune-{}"]
    departements = detect_table("x.csv", ["DEP", "REG", "LIBELLE", "CHEFLIEU"], known, None)
    keys = [r.template for r, _ in departements.register_columns if r.column == "id"]
    assert keys == ["departement-{}"]


def test_numbers_of_registers_win_over_other_keys_but_not_over_id(
    check: Check,
) -> None:
    files = [
        (f"{heading}.csv", f"{heading},siren,Nom\nx-a,552032534,Danone\n")
        for heading in ("id", "Identifiant")
    ]
    with check(*files) as checked:
        subjects = checked.db.execute("SELECT subject FROM records ORDER BY record").fetchall()
        keys = [subject.rpartition("/")[2] for (subject,) in subjects]
        assert keys == ["x-a", "siren-552032534"]


def test_empty_columns_do_not_determine_the_table(check: Check) -> None:
    text = '[{"_id":"a1","name":"X","Language":"","type_of_initiative":"food"}]'
    with check(("x.json", text)) as checked:
        assert checked.files[0].error is not None
        assert "--table" in str(checked.files[0].error)


def test_a_relation_without_its_ends_is_none(check: Check) -> None:
    text = '[{"name":"X","email":"x@example.org","type":"NGO","address":"1 rue A"}]'
    with check(("x.json", text)) as checked:
        assert checked.files[0].table != "contact_points"
    with check(("organization.json", text)) as checked:
        assert checked.files[0].table == "organisations"


def test_rows_that_share_their_communes_are_no_territories(check: Check) -> None:
    rows = "".join(f"Bureau {n},5935{n % 2},9\n" for n in range(10))
    with check(("bureaux.csv", "nom,insee_com,population\n" + rows)) as checked:
        assert checked.files[0].table != "territories"
    rows = "".join(f"Ville {n},5935{n},9\n" for n in range(10))
    with check(("villes.csv", "nom,insee_com,population\n" + rows)) as checked:
        assert checked.files[0].table == "territories"


def test_no_column_is_suggested_for_an_unrelated_heading(known: Mapping[str, Table]) -> None:
    places = known["places"]
    assert suggest_column("location.location_id", places) == ""
    assert suggest_column("geocoding.latitude", places) == "latitude"
