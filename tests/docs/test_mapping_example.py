"""The worked example of a mapping gives the rows that the documentation shows."""

import csv
import re
from pathlib import Path

import duckdb

from kg import csvw_tables
from kg.sources import read_source, read_source_description

DESCRIPTION = """name = "annuaire"
kind = "register"
licence = "https://e.org/l"
retrieved = 2026-11-22
title = {fr = 'X'}
description = {fr = 'X'}
publisher = {fr = 'X'}
"""


def test_the_worked_example_gives_its_rows(root: Path, tmp_path: Path) -> None:
    section = (root / "docs" / "sources.md").read_text("utf-8").partition("### A worked example")[2]
    register, mapping, result = re.findall(r"```(?:csv|toml)\n(.*?)```", section, re.DOTALL)[:3]
    folder = tmp_path / "annuaire"
    (folder / "raw").mkdir(parents=True)
    (folder / "source.toml").write_text(DESCRIPTION + mapping, "utf-8")
    (folder / "raw" / "annuaire.csv").write_text(register, "utf-8")
    expected = list(csv.reader(result.splitlines()))
    tables = csvw_tables.load_tables(root / "ontology" / "tables")
    with duckdb.connect() as db:
        (lines,) = read_source(read_source_description(folder), tables, db)
        columns = ", ".join(expected[0])
        rows = db.execute(f'SELECT {columns} FROM "{lines.view}" ORDER BY _row').fetchall()
    assert [[cell or "" for cell in row] for row in rows] == expected[1:]
    assert lines.unmapped == ()
