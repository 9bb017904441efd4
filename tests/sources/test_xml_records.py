"""Elements of an XML document as rows, at any depth."""

import json
from pathlib import Path

import duckdb
import pytest

from kg.errors import SourceError
from kg.sources.file_opener import open_file
from kg.sources.source_description import ReadOptions

REGISTER = """<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE register SYSTEM "http://example.org/register.dtd">
<r:register xmlns:r="http://example.org/register">
  <r:head><r:date>2026-11-01</r:date></r:head>
  <r:unit id="1"><r:name>Étoile &eacute;t&#233;</r:name><r:tag>a</r:tag>
    <r:tag>b</r:tag><r:empty/></r:unit>
  <r:unit id="2"><r:name>Deux</r:name><r:place code="37"><r:city>Tours</r:city></r:place></r:unit>
</r:register>
"""


def read_rows(path: Path, records: str | None = None) -> list[dict[str, str]]:
    with duckdb.connect() as db:
        opened = open_file(db, path, "t", ReadOptions(records=records))
        cells = ", ".join(f'"{name}"' for name in opened.columns)
        rows = db.execute(f'SELECT {cells}, _row FROM "{opened.view}" ORDER BY _row').fetchall()
    names = (*opened.columns, "_row")
    return [{n: v for n, v in zip(names, row, strict=True) if v is not None} for row in rows]


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "register.xml"
    path.write_bytes(REGISTER.encode("iso-8859-1"))
    return path


def test_rows_are_the_elements_repeated_nearest_to_the_root(register: Path) -> None:
    one, two = read_rows(register)
    assert one == {"@id": "1", "name": "Étoile été", "tag": '["a","b"]', "_row": 5}
    assert two["name"] == "Deux"
    place = {"@code": "37", "city": [{"#text": "Tours"}]}
    assert json.loads(two["place"]) == [place]


@pytest.mark.parametrize("records", ["city", "unit.place.city"])
def test_rows_are_the_elements_that_are_named(register: Path, records: str) -> None:
    assert read_rows(register, records) == [{"#text": "Tours", "_row": 7}]


def test_rows_of_several_elements_say_which_they_are(register: Path) -> None:
    rows = read_rows(register, "head | unit.name")
    assert [row["element"] for row in rows] == ["head", "name", "name"]
    assert rows[0]["date"] == "2026-11-01"


def test_text_is_that_of_the_elements_in_it_too(tmp_path: Path) -> None:
    path = tmp_path / "t.xml"
    path.write_text("<t><p>Ce que <i>partager</i>\n veut dire.</p></t>", "utf-8")
    (row,) = read_rows(path, "$")
    assert json.loads(row["p"])[0]["#text"] == "Ce que partager veut dire."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('<!DOCTYPE t [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><t><u>&b;</u></t>', "entities"),
        ('<!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/hostname">]><t><u>&a;</u></t>', "entities"),
        ("<t>" + "<u>" * 200 + "</u>" * 200 + "</t>", "levels deep"),
        ("<t><u></t>", "line 1"),
        ("<t><u/><u/></t>", "no records"),
        ("<t>" + "".join(f"<u><c{n}>1</c{n}></u>" for n in range(2001)) + "</t>", "`records`"),
    ],
)
def test_what_is_unsafe_or_ill_formed_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "t.xml"
    path.write_text(text, "utf-8")
    with pytest.raises(SourceError, match=told):
        read_rows(path)
