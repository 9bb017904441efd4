"""Each sheet of a workbook that clearly is a table of records has its mapping."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter

from kg.csvw_tables import Table, load_tables
from kg.licences import find_licence
from kg.proposals import SourceFacts, TableProposal, propose_sheets, read_file_features, write_draft
from kg.sources import read_source, read_source_description

ORGANISATIONS = [
    ["Nom", "SIREN", "Site", "Créée le"],
    ["La Grange", "552100554", "www.grange.example", "2011-05-03"],
    ["Coop du Nord", "732829320", "coop.example", "2015"],
]
PLACES: list[list[Any]] = [
    ["Nom du lieu", "Adresse", "Code postal", "Ville", "Latitude", "Longitude"],
    ["L’Atelier", "2 rue X", "59100", "Roubaix", 50.69, 3.17],
]
OTHER_PLACES: list[list[Any]] = [
    ["Nom du lieu", "Latitude", "Longitude", "Capacité", "Adresse"],
    ["Grande salle", 50.7, 3.2, 40, "3 rue Y"],
]
EVENTS = [["Titre", "Date", "Lien"], ["Bal", "2026-12-06", "https://x.example/bal"]]
PEOPLE = [["Prénom", "Nom de famille", "Discipline"], ["Ada", "Exemple", "sociologie"]]
COUNTS: list[list[Any]] = [
    ["Commune", "Code INSEE", "Total"],
    ["Lille", "59350", 3],
    ["Roubaix", "59512", 2],
]
LEGEND = [["Code", "Libellé"], ["1", "Actif"], ["2", "Fermé"]]
NOTICE = [["Annuaire des partenaires"], ["Mis à jour en novembre"]]
Sheets = Mapping[str, Sequence[Sequence[Any]]]


@pytest.fixture(scope="module")
def tables(root: Path) -> dict[str, Table]:
    return dict(load_tables(root / "ontology" / "tables"))


def propose(
    root: Path, tables: dict[str, Table], path: Path, sheets: Sheets
) -> tuple[TableProposal, ...]:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    features = read_file_features(path)
    return propose_sheets(features.tables, tables, root / "ontology/schemes", "essai", path.name)


@pytest.mark.parametrize(
    ("sheets", "found"),
    [
        (
            {"Notice": NOTICE, "Structures": ORGANISATIONS, "Lieux": PLACES, "Événements": EVENTS},
            [("organisations", "Structures"), ("places", "Lieux"), ("events", "Événements")],
        ),
        # neither people unasked, nor what is counted or explained
        (
            {"Structures": ORGANISATIONS, "Personnes": PEOPLE, "Total": COUNTS, "Légende": LEGEND},
            [("organisations", "Structures")],
        ),
        ({"Personnes": PEOPLE}, [("people", "Personnes")]),
    ],
)
def test_sheets_of_records_are_proposed(
    root: Path,
    tables: dict[str, Table],
    tmp_path: Path,
    sheets: Sheets,
    found: list[tuple[str, str]],
) -> None:
    proposals = propose(root, tables, tmp_path / "classeur.xlsx", sheets)
    assert sorted((each.table.name, each.features.opened.sheet) for each in proposals) == sorted(
        found
    )


def test_the_draft_reads_every_sheet(root: Path, tables: dict[str, Table], tmp_path: Path) -> None:
    folder = tmp_path / "essai"
    (folder / "raw").mkdir(parents=True)
    sheets: Sheets = {
        "Structures": ORGANISATIONS, "Lieux": PLACES, "Salles": OTHER_PLACES, "Agenda": EVENTS,
    }  # fmt: skip
    proposals = propose(root, tables, folder / "raw" / "classeur.xlsx", sheets)
    facts = SourceFacts("essai", "T", "D", "P", find_licence("CC0"), "", "2026-01-01")
    write_draft(folder, facts, proposals)
    labels: dict[str, list[str]] = {}
    with duckdb.connect() as db:
        for rows in read_source(read_source_description(folder), tables, db):
            if "label_fr" in rows.table.names:
                query = f'SELECT label_fr FROM "{rows.view}" ORDER BY 1'
                labels.setdefault(rows.table.name, []).extend(
                    label for (label,) in db.execute(query).fetchall()
                )
    assert {table: sorted(found) for table, found in labels.items()} == {
        "organisations": ["Coop du Nord", "La Grange"],
        "places": ["Grande salle", "L’Atelier"],
        "events": ["Bal"],
    }
