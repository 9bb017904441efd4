"""Rows, columns and sheets of which a mapping makes nothing are told by file."""

import tempfile
from pathlib import Path

import pytest
import xlsxwriter

from kg.csvw_tables import Table, load_tables
from kg.sources import read_source_description, stage_selects

SOURCE = """name = "essai"
kind = "register"
licence = "https://example.org/"
retrieved = "2026-01-01"
title = { fr = "x" }
description = { fr = "x" }
publisher = { fr = "x" }
[map.organisations]
where = "actif = 'oui'"
unique = true
"""
COLUMNS = """[map.organisations.columns]
id = "x-{code}"
label_fr = "{nom}"
assertion = { value = "stated" }
"""


@pytest.fixture(scope="module")
def tables(root: Path) -> dict[str, Table]:
    return dict(load_tables(root / "ontology" / "tables"))


def stage(tmp_path: Path, tables: dict[str, Table], text: str):
    folder = tmp_path / "essai"
    (folder / "source.toml").write_text(text, "utf-8")
    source = read_source_description(folder)
    apart = Path(tempfile.mkdtemp(dir=tmp_path)) / "apart"
    return stage_selects(source, tables, apart, note_left_out=True).left_out


def test_rows_and_columns_left_out_are_counted(tmp_path: Path, tables: dict[str, Table]) -> None:
    raw = tmp_path / "essai" / "raw"
    raw.mkdir(parents=True)
    (raw / "liste.csv").write_text(
        "code;nom;actif;label_fr;vide;oui\na;A;oui;x;;y\nb;B;non;;;\na;A bis;oui;;;\nc;C;oui;;;\n",
        "utf-8",
    )
    (left,) = stage(tmp_path, tables, SOURCE + COLUMNS)
    assert (left.file, left.total, left.rows, left.first_rows) == ("liste.csv", 4, 2, (3, 4))
    # the file's own, though a column of ours and a text of the mapping are called so
    assert left.columns == ("label_fr", "oui")
    told = list(left.describe())
    assert "2 rows of 4" in told[0].en
    assert "rows 3, 4" in told[0].en
    assert "2 lignes sur 4" in told[0].fr
    assert "label_fr" in told[1].fr


def test_sheets_that_are_not_read_are_named(tmp_path: Path, tables: dict[str, Table]) -> None:
    raw = tmp_path / "essai" / "raw"
    raw.mkdir(parents=True)
    with xlsxwriter.Workbook(raw / "liste.xlsx") as book:
        for name in ("un", "deux", "trois"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["code", "nom", "actif"])
            sheet.write_row(1, 0, [name, "A", "oui"])
    (left,) = stage(tmp_path, tables, SOURCE + 'sheets = ["un", "deux"]\n' + COLUMNS)
    assert left.sheets == ("trois",)
    assert "trois" in next(left.describe()).en
    assert not stage(tmp_path, tables, SOURCE + 'sheets = ["*"]\n' + COLUMNS)
