"""Former codes of communes: the counts of INSEE's movements, and what each code means on a day."""

import csv
import gzip
import io
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

import httpx
import pytest

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.filters import Filters
from kg.catalogue.insee_codes import CommuneCodes
from kg.dry_run.result import Model
from kg.dry_run.run import check_files
from kg.errors import BadRequest
from kg.installation import InstallationPaths
from kg.release_layout import find_current_release

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "data" / "sources" / "territoires" / "raw" / "former_communes.csv.gz"


@pytest.fixture(scope="session")
def movements(shared: Path) -> Path:
    return shared / "data" / "territories" / "cog-sources"


@cache
def lines() -> list[dict[str, str]]:
    with gzip.open(SHIPPED, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_shipped_table_is_derived_from_the_movements(movements: Path) -> None:
    program = ROOT / "data" / "former_communes.py"
    files = [movements / "mouvements-communes.csv", movements / "communes.csv"]
    made = subprocess.run(
        [sys.executable, program, *files], capture_output=True, check=True, text=True
    )
    assert list(csv.DictReader(io.StringIO(made.stdout))) == lines()


def test_every_code_that_was_a_commune_and_is_none_is_there(movements: Path) -> None:
    known = rows(movements / "communes.csv")
    today = {row["COM"] for row in known if row["TYPECOM"] == "COM"}
    parents = {row["COM"]: row["COMPARENT"] for row in known if row["COMPARENT"]}
    moved = rows(movements / "mouvements-communes.csv")
    ever = {row[f"COM_{side}"] for row in moved for side in ("AV", "AP")
            if row[f"TYPECOM_{side}"] == "COM"}  # fmt: skip
    gone = ever - today
    ends: dict[str, set[str]] = defaultdict(set)
    for line in lines():
        for key in line["became"].split("|"):
            kind, _, code = key.rpartition("-")
            ends[line["code"]].add(code if kind == "commune" else parents[code])
    assert len(gone) == 4_242
    assert gone <= set(ends)
    split = [len(ends[code]) for code in gone if len(ends[code]) > 1]
    assert (len(split), max(split)) == (95, 8)
    parts = {row["COM"] for row in known if row["TYPECOM"] in ("COMD", "COMA")}
    assert len(today & parts) == 584
    went: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in moved:
        if row["TYPECOM_AV"] == row["TYPECOM_AP"] == "COM":
            went[row["COM_AV"], row["DATE_EFF"]].add(row["COM_AP"])
    merged = {
        row["COM_AV"]
        for row in moved
        if row["TYPECOM_AV"] == row["TYPECOM_AP"] == "COM" and row["MOD"][0] == "3"
        if row["COM_AV"] in today
        if row["COM_AV"] not in went[row["COM_AV"], row["DATE_EFF"]]
    }
    assert len(merged) == 252
    assert merged <= set(ends)


@pytest.mark.parametrize(
    ("code", "on", "meant"),
    [
        ("1", "", ["commune-1"]),
        ("1", "1960-01-01", ["commune-1", "commune-2"]),  # shared out since
        ("2", "", ["commune-deleguee-2"]),
        ("3", "", ["commune-1"]),
        ("3", "1990-01-01", ["commune-deleguee-3"]),
        ("3", "2010-01-01", ["commune-1"]),
        ("3", "2020-01-01", ["commune-1"]),  # nothing names it any more: what it was
        ("4", "", ["commune-1", "commune-5"]),
        ("9", "", []),
    ],
)
def test_a_code_is_taken_on_its_day_and_what_is_shared_out_is_not_guessed(
    code: str, on: str, meant: list[str]
) -> None:
    known = CommuneCodes(
        current={"1": ["commune-1", "commune-deleguee-1"], "2": ["commune-deleguee-2"],
               "3": ["commune-deleguee-3"]},
        former={
            "1": [("1972-01-01", "commune-1"), ("1972-01-01", "commune-2")],
            "3": [("2000-01-01", "commune-deleguee-3"), ("2015-01-01", "commune-1")],
            "4": [("1980-01-01", "commune-1"), ("1980-01-01", "commune-5")],
        },
        commune_of_part={"commune-deleguee-3": "commune-1", "commune-deleguee-1": "commune-1"},
    )  # fmt: skip
    assert known.resolve(code, on) == meant


@pytest.fixture(scope="module")
def real(national: InstallationPaths) -> Catalogue:
    return Catalogue(find_current_release(national.data / "releases").catalogue)


@pytest.mark.parametrize(
    ("key", "today"),
    [
        ("commune-75111", ["arrondissement-municipal-75111"]),
        ("commune-13202", ["arrondissement-municipal-13202"]),
        ("commune-69383", ["arrondissement-municipal-69383"]),
        ("commune-59355", ["commune-associee-59355"]),
        ("commune-93059", ["commune-deleguee-93059"]),
        ("commune-63266", ["commune-63255"]),
        ("commune-97127", ["commune-97801"]),
        ("commune-97123", ["commune-97701"]),
        ("commune-69159", ["commune-69114"]),  # and a delegated commune in it
        ("commune-49069", ["commune-49126"]),
        ("commune-74010", ["commune-74010"]),  # and a delegated commune of the same code
        ("commune-00000", []),
        ("epci-200093201", []),
    ],
)
def test_one_code_is_one_territory_of_the_release(
    real: Catalogue, key: str, today: list[str]
) -> None:
    assert list(real.resolve_commune(key)) == today


def test_filters_take_what_a_code_means_today(real: Catalogue) -> None:
    old, new = (
        real.read_page("territory", Filters({"territory": (key,)})).total
        for key in ("commune-69159", "commune-69114")
    )
    assert old == new > 0
    (code, *_) = [line for line in lines() if shared_out(real, line)]
    with pytest.raises(BadRequest, match="shared out") as raised:
        real.read_page("organisation", Filters({"territory": (f"commune-{code['code']}",)}))
    for key in real.resolve_commune(f"commune-{code['code']}"):
        assert key in str(raised.value)


def shared_out(real: Catalogue, line: dict[str, str]) -> bool:
    return "|" in line["became"] and len(real.resolve_commune(f"commune-{line['code']}")) > 1


def test_every_former_code_leads_somewhere(real: Catalogue) -> None:
    for line in lines():
        for key in real.resolve_commune(f"commune-{line['code']}"):
            assert real.find_entity("territory", key) is not None, line
        for key in line["became"].split("|"):
            assert real.find_entity("territory", key) is not None, line


def test_addresses_lead_to_what_a_commune_became(real: Catalogue, national_server: str) -> None:
    def answer(address: str) -> httpx.Response:
        return httpx.get(national_server + address, headers={"Accept": "application/json"})

    for address in ("/territory/commune-63266", "/id/territory/commune-63266"):
        moved = answer(address)
        assert (moved.status_code, moved.headers["location"]) == (301, "/territory/commune-63255")
    (shared, *_) = [line["code"] for line in lines() if shared_out(real, line)]
    several = answer(f"/territory/commune-{shared}")
    assert several.status_code == 300
    for key in real.resolve_commune(f"commune-{shared}"):
        assert f'</territory/{key}>; rel="alternate"' in several.headers["link"]
        assert key in several.json()["detail"]
    assert answer("/territory/commune-00000").status_code == 404
    listed = answer("/territory.json?territory=commune-49069").json()
    assert listed["links"]["self"] == "/territory.json?territory=commune-49126"
    counted = answer("/counts/territory.json?by=kind&territory=commune-49069")
    assert counted.status_code == 200
    page = httpx.get(f"{national_server}/territory/commune-63255?lang=fr&format=html").text
    assert "<code>63266</code> Orsonnette, fini le 1er janvier 2016" in page
    named = answer("/queries/organisations-of-a-territory.rq?territory=commune-49069")
    assert "territory/commune-49126>" in named.text
    text = f"/queries/organisations-of-a-territory.rq?territory=commune-{shared}"
    assert answer(text).status_code == 400


def test_a_file_may_give_any_code_and_is_told_what_it_is_today(
    national: InstallationPaths, tmp_path: Path
) -> None:
    codes = codes_of(national)
    (split, *_) = [
        line["code"]
        for line in lines()
        if "|" in line["became"] and len(codes.resolve_commune(f"commune-{line['code']}")) > 1
    ]
    numbers = ("75111", "63266", "59350", split)
    table = tmp_path / "organisations.csv"
    table.write_text(
        "id,label_fr,kind,territory\n"
        + "".join(f"x-{n},Une {n},association,territory/commune-{n}\n" for n in numbers)
    )
    model = Model(national.ontology, ROOT / "shapes")
    release = find_current_release(national.data / "releases").folder
    with check_files([table], model, release=release) as checked:
        told = [note.fr for note in checked.files[0].notes]
        nowhere = [
            finding.row
            for finding in checked.inspection.findings
            if finding.column == "territory" and "ne mène à aucun" in finding.message.fr
        ]
    assert nowhere == [5]
    assert any("territory/arrondissement-municipal-75111 (Paris 11e" in note for note in told)
    assert any("territory/commune-63255 (Nonette-Orsonnette)" in note for note in told)
    assert any(f"territory/commune-{split} a été partagé" in note for note in told)
    assert not any("59350" in note for note in told)


def test_a_check_tells_of_each_row_what_a_build_makes_of_its_code(
    national: InstallationPaths, tmp_path: Path
) -> None:
    source = tmp_path / "list"
    (source / "tables").mkdir(parents=True)
    (source / "source.toml").write_text(
        'name = "list"\nkind = "register"\nlicence = "https://example.org/l"\n'
        "retrieved = 2026-11-22\ncodes_on = 2000-01-01\ncodes_on_column = 'updated'\n"
        "title = {fr = 'X'}\ndescription = {fr = 'X'}\npublisher = {fr = 'X'}\n"
    )
    table = source / "tables" / "organisations.csv"
    rows = [
        ("69114", "2015-06"),  # Liergues, a part of the commune that has that code today
        ("69114", "2020"),
        ("74010", "2016-12-31"),  # Annecy before it grew
        ("74010", ""),  # as of the day of the source
        ("74010", "2017"),
        ("59350", "1990"),
    ]
    table.write_text(
        "id,label_fr,kind,territory,updated\n"
        + "".join(
            f"x-{number},Une,association,territory/commune-{code},{updated}\n"
            for number, (code, updated) in enumerate(rows)
        )
    )
    model = Model(national.ontology, ROOT / "shapes")
    release = find_current_release(national.data / "releases").folder
    meant = [
        *("commune-deleguee-69114", "commune-69114", "commune-deleguee-74010"),
        *("commune-deleguee-74010", "commune-74010", "commune-59350"),
    ]
    with check_files([table], model, release=release, source=source) as checked:
        told = [note.fr for note in checked.files[0].notes]
        found = checked.db.execute(
            "SELECT o FROM quads JOIN records USING (record) WHERE o LIKE '%/territory/%' "
            'ORDER BY "row"'
        ).fetchall()
    assert [o.strip("<>").rpartition("/")[2] for (o,) in found] == meant
    assert any("69114 est aujourd'hui territory/commune-deleguee-69114" in note
               and "(1 ligne)" in note for note in told)  # fmt: skip
    assert any("74010 est aujourd'hui territory/commune-deleguee-74010" in note
               and "(2 lignes)" in note for note in told)  # fmt: skip


def codes_of(national: InstallationPaths) -> Catalogue:
    return Catalogue(find_current_release(national.data / "releases").catalogue)
