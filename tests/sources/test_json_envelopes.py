"""JSON envelopes: unambiguous record lists are read, ambiguous ones are reported."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kg.errors import SourceError
from kg.sources import OpenedTable, ReadOptions, open_file

PERIODS = {"siren": "552100554", "periodes": [{"nom": "A"}, {"nom": "B"}]}
SOLR = {"response": {"numFound": 2, "start": 0, "docs": [{"a": 1}, {"a": 2}]}}
ELASTIC = {"took": 1, "hits": {"total": 2, "hits": [{"_id": "x", "_source": {"a": 1}}]}}
SPARQL = {
    "head": {"vars": ["x", "y"]},
    "results": {"bindings": [{"x": {"type": "uri", "value": "http://a"}}]},
}


def opened(
    db: duckdb.DuckDBPyConnection, folder: Path, content: Any, records: str | None = None
) -> tuple[OpenedTable, list[tuple[Any, ...]]]:
    path = folder / "t.json"
    path.write_text(json.dumps(content), "utf-8")
    found = open_file(db, path, "t", ReadOptions(records=records))
    names = ", ".join(f'"{name}"' for name in found.columns)
    return found, db.execute(f'SELECT {names} FROM "{found.view}" ORDER BY _row').fetchall()


@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        (SOLR, ("a",), [("1",), ("2",)]),
        (ELASTIC, ("a",), [("1",)]),
        (SPARQL, ("x",), [("http://a",)]),
        ({"total_count": 1, "results": [{"a": 1}]}, ("a",), [("1",)]),
        ({"header": {"statut": 200}, "etablissements": [{"a": 1}]}, ("a",), [("1",)]),
        ({"success": True, "event": {"uid": 1}}, ("uid",), [("1",)]),
        ({"k": {"n": 1}, "l": {"n": 2}}, ("key", "n"), [("k", "1"), ("l", "2")]),
        (
            {"meta": {"limit": 2}, "entities": {"k": {"n": 1}, "l": {"n": 2}}},
            ("key", "n"),
            [("k", "1"), ("l", "2")],
        ),
        ({"total": 1, "events": [{"a": 1}], "after": ["0"], "sort": "x"}, ("a",), [("1",)]),
    ],
)
def test_known_envelopes_are_unwrapped(
    tmp_path: Path, content: Any, columns: tuple[str, ...], rows: list[tuple[str, ...]]
) -> None:
    with duckdb.connect() as db:
        found, read = opened(db, tmp_path, content)
    assert found.columns == columns
    assert read == rows


def test_a_list_inside_a_record_is_not_taken_for_records(tmp_path: Path) -> None:
    with duckdb.connect() as db:
        found, rows = opened(db, tmp_path, PERIODS)
    assert found.columns == ("siren", "periodes")
    assert rows[0][0] == "552100554"
    [note] = found.notes
    assert "periodes" in note.fr
    assert 'records = "periodes"' in note.en


@pytest.mark.parametrize("path", ["response.docs", "$.response.docs", "response.docs[]"])
def test_stated_paths_locate_records_at_any_depth(tmp_path: Path, path: str) -> None:
    with duckdb.connect() as db:
        assert opened(db, tmp_path, {"x": 1, **SOLR}, path)[1] == [("1",), ("2",)]


def test_a_path_descends_into_lists(tmp_path: Path) -> None:
    nested = {"a": {"b": [{"c": [{"n": 1}, {"n": 2}]}, {"c": [{"n": 3}]}]}}
    with duckdb.connect() as db:
        assert opened(db, tmp_path, nested, "$.a.b[].c")[1] == [("1",), ("2",), ("3",)]
        assert opened(db, tmp_path, [{"_source": {"n": 4}}], "_source")[1] == [("4",)]


def test_a_wrong_path_is_reported_with_the_existing_ones(tmp_path: Path) -> None:
    with duckdb.connect() as db, pytest.raises(SourceError, match=r"response\.docs") as told:
        opened(db, tmp_path, SOLR, "docs")
    assert "sous docs" in told.value.french
