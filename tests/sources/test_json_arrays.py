"""JSON rows that are arrays: what names their values is found, and nothing of them is lost."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kg.errors import SourceError
from kg.sources import ReadOptions, open_file

COMPACT = {
    "ontology": "gogocompact",
    "mapping": ["id", ["name", "site"], "latitude", "longitude", "status", "moderationState"],
    "data": [
        ["a", ["A", "x.fr"], 1.5, 2, [7]],
        ["b", "B", 1, 2, [], -1],
        ["c", [], 1, 2, [], 0, 3],
    ],
}


def read(folder: Path, content: Any) -> list[dict[str, str]]:
    """The cells of each row, empty ones left out."""
    path = folder / "t.json"
    path.write_text(json.dumps(content), "utf-8")
    with duckdb.connect() as db:
        found = open_file(db, path, "t", ReadOptions())
        names = ", ".join(f'"{name}"' for name in found.columns)
        rows = db.execute(f'SELECT {names} FROM "{found.view}" ORDER BY _row').fetchall()
    return [
        {name: cell for name, cell in zip(found.columns, row, strict=True) if cell is not None}
        for row in rows
    ]


@pytest.mark.parametrize(
    "content",
    [
        [["code", "nom"], ["59350", "Lille"], ["75056"]],
        {"columns": ["code", "nom"], "rows": [["59350", "Lille"], ["75056", None]]},
        {"columns": ["code", "nom"], "index": [0, 1], "data": [["59350", "Lille"], ["75056", ""]]},
        {
            "total": 2,
            "fields": [{"id": "code"}, {"id": "nom"}],
            "records": [["59350", "Lille"], ["75056"]],
        },
    ],
)
def test_values_have_the_names_beside_them(tmp_path: Path, content: Any) -> None:
    assert read(tmp_path, content) == [{"code": "59350", "nom": "Lille"}, {"code": "75056"}]


def test_the_compact_form_of_gogocarto(tmp_path: Path) -> None:
    """Its mapping does not name the categories, which stand before the status."""
    where = {"latitude": "1", "longitude": "2", "categories": "[]"}
    assert read(tmp_path, COMPACT) == [
        {
            "id": "a", "name": "A", "site": "x.fr", "latitude": "1.5", "longitude": "2",
            "categories": "[7]",
        },
        {"id": "b", "name": "B", **where, "status": "-1"},
        {"id": "c", **where, "status": "0", "moderationState": "3"},
    ]  # fmt: skip


def test_values_without_a_name_are_kept(tmp_path: Path) -> None:
    rows = read(tmp_path, {"columns": ["a", ["b"]], "data": [["1", ["2", "3"], "4"]]})
    assert rows == [{"a": "1", "b": "2", "column_2_2": "3", "column_3": "4"}]


@pytest.mark.parametrize(
    "content",
    [
        [[50.63, 3.06], [48.85, 2.35]],
        [["a", "a"], ["1", "2"]],
        {"data": [[1, 2], [3, 4]]},
        {"columns": ["a", 3], "data": [[1, 2]]},
    ],
)
def test_arrays_that_nothing_names_are_no_records(tmp_path: Path, content: Any) -> None:
    if isinstance(content, list):
        with pytest.raises(SourceError):
            read(tmp_path, content)
    else:
        (row,) = read(tmp_path, content)
        assert json.loads(row["data"]) == content["data"]
