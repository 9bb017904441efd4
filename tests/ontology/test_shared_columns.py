"""Columns that several tables have: written once, in `ontology/tables/_columns.json`."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from kg.csvw_tables import COLUMNS_FILE, load_tables
from kg.errors import SourceError

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "ontology" / "tables"


def written_columns() -> list[str | dict[str, object]]:
    """The columns of every table as its file has them, references unresolved."""
    return [
        column
        for path in sorted(TABLES.glob("*.json"))
        if path.name != COLUMNS_FILE
        for column in json.loads(path.read_bytes())["tableSchema"]["columns"]
    ]


def test_no_column_is_written_in_two_tables() -> None:
    counts = Counter(json.dumps(c) for c in written_columns() if "name" in c)
    assert [column for column, count in counts.items() if count > 1] == []


def test_each_shared_column_is_that_of_two_tables_at_least() -> None:
    names = Counter(c if isinstance(c, str) else c.get("column") for c in written_columns())
    shared = json.loads((TABLES / COLUMNS_FILE).read_bytes())
    assert {name: names[name] for name in shared if names[name] < 2} == {}
    assert {name: column["name"] for name, column in shared.items() if column["name"] != name} == {}


def test_a_reference_replaces_and_removes_members(tmp_path: Path) -> None:
    shared = {"note": {"name": "note", "lang": "fr", "ess:example": "a", "required": True}}
    references = ["note", {"column": "note", "lang": None, "ess:example": "b"}]
    (tmp_path / COLUMNS_FILE).write_text(json.dumps(shared))
    table = {"url": "t.csv", "tableSchema": {"aboutUrl": "{note}", "columns": references}}
    (tmp_path / "t.json").write_text(json.dumps(table))
    first, second = load_tables(tmp_path)["t"].columns
    assert (first.lang, first.example, first.required) == ("fr", "a", True)
    assert (second.lang, second.example, second.required) == (None, "b", True)


def test_a_reference_to_no_column_says_which_table_has_it(tmp_path: Path) -> None:
    shutil.copy(TABLES / "people.json", tmp_path)
    (tmp_path / COLUMNS_FILE).write_text("{}")
    with pytest.raises(SourceError, match=r"people\.json: _columns\.json has no column"):
        load_tables(tmp_path)
