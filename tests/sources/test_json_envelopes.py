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
        ({"_index": "i", "_id": "x", "found": True, "_source": {"a": 1}}, ("a",), [("1",)]),
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
        # pages kept together, the last of them empty
        (
            {
                "from0": {"total": 3, "events": [{"a": 1}, {"a": 2}]},
                "from2": {"total": 3, "events": {"0": {"a": 3}}},
                "from4": {"total": 3, "events": []},
            },
            ("a", "key"),
            [("1", None), ("2", None), ("3", "0")],
        ),
        # a place with members is no page of them
        (
            {"lille": {"name": "Lille", "count": 1, "members": [{"a": 1}]}},
            ("key", "name", "count", "members"),
            [("lille", "Lille", "1", '[{"a":1}]')],
        ),
    ],
)
def test_known_envelopes_are_unwrapped(
    tmp_path: Path, content: Any, columns: tuple[str, ...], rows: list[tuple[str, ...]]
) -> None:
    with duckdb.connect() as db:
        found, read = opened(db, tmp_path, content)
    assert found.columns == columns
    assert read == rows


NUMBERED = {"0": {"n": 1}, "7": {"n": 2, "key": "own"}}


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ({"success": True, "events": NUMBERED}, None),
        ({"success": True, "events": NUMBERED, "agenda": {"uid": 1}}, "events"),
        ({"data": {"events": NUMBERED, "of": 2}}, "data.events"),
        ({"data": {"events": NUMBERED, "of": 2}}, "data.events[]"),
        ([{"events": {"0": {"n": 1}}}, {"events": [{"n": 2, "key": "own"}]}], "events"),
        ({"a": {"events": NUMBERED}, "b": {"events": []}}, "*.events"),
    ],
)
def test_an_object_keyed_by_numbers_is_a_list(
    tmp_path: Path, content: Any, path: str | None
) -> None:
    with duckdb.connect() as db:
        found, rows = opened(db, tmp_path, content, path)
    cells = {name: [row[n] for row in rows] for n, name in enumerate(found.columns)}
    assert cells["n"] == ["1", "2"]
    assert cells["key"][1] == "own"


def test_numbers_in_a_record_are_not_rows(tmp_path: Path) -> None:
    counts = {"place": {"2019": 4, "2020": 5}}
    with duckdb.connect() as db:
        found, rows = opened(db, tmp_path, [counts], "place")
        assert (found.columns, rows) == (("2019", "2020"), [("4", "5")])
        _, rows = opened(db, tmp_path, {"1": {"n": 1}, "2": {"n": 2}}, "$")
        assert rows == [("1", "2")]


def test_many_keyed_records_are_read_at_once(tmp_path: Path) -> None:
    """Each is taken out of the whole once: 20,000 of them took minutes and gigabytes."""
    content = {"events": {str(n): {"n": n, "text": "x" * 300} for n in range(20_000)}, "total": 1}
    with duckdb.connect() as db:
        _, rows = opened(db, tmp_path, content)
    assert [row[1] for row in rows] == [str(n) for n in range(20_000)]


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
