"""File opener: any tabular file opens as a relation with its own columns, rows and cells."""

import gzip
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
import zstandard
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from kg.errors import SourceError
from kg.sources import OpenedTable, ReadOptions, detect_file_kind, open_file, open_tables

Row = tuple[str | None, ...]


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def rows(db: duckdb.DuckDBPyConnection, opened: OpenedTable) -> list[tuple[object, ...]]:
    cells = ", ".join('"' + column.replace('"', '""') + '"' for column in opened.columns)
    return db.execute(f'SELECT {cells}, _row FROM "{opened.view}" ORDER BY _row').fetchall()


def malformed(db: duckdb.DuckDBPyConnection, opened: OpenedTable) -> list[tuple[object, ...]]:
    return db.execute(
        f'SELECT row, text, problem FROM "{opened.malformed}" ORDER BY row'
    ).fetchall()


def opened(db: duckdb.DuckDBPyConnection, path: Path, data: bytes, **how: str) -> OpenedTable:
    path.write_bytes(data)
    return open_file(db, path, "t", ReadOptions(**how))


TABLE = 'code{d}nom{d}ville{n}01{d}L\'été{d}Nîmes{n}02{d}"a{d}""b""{n}c"{d}{n}'
READ = [("01", "L'été", "Nîmes", 2), ("02", 'a{d}"b"{n}c', None, 3)]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "£"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_delimiters_encodings_and_line_ends_are_detected(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, delimiter: str, encoding: str, newline: str
) -> None:
    text = TABLE.format(d=delimiter, n=newline)
    found = opened(db, tmp_path / "t.csv", text.encode(encoding))
    expected = [
        tuple(c.format(d=delimiter, n=newline) if isinstance(c, str) else c for c in row)
        for row in READ
    ]
    assert rows(db, found) == expected
    assert (found.columns, found.rows, malformed(db, found)) == (("code", "nom", "ville"), 2, [])


@pytest.mark.parametrize("encoding", ["windows-1252", "mac-roman", "cp850", "iso8859-15"])
def test_single_byte_encodings_are_distinguished(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, encoding: str
) -> None:
    text = "nom;ville\nécole à Évreux;Nîmes\nça et là;Besançon\n"
    text += "Cœur;Orléans\n" if encoding != "cp850" else ""
    found = opened(db, tmp_path / "t.csv", text.encode(encoding))
    assert rows(db, found)[:2] == [("école à Évreux", "Nîmes", 2), ("ça et là", "Besançon", 3)]
    assert encoding == "cp850" or rows(db, found)[2][0] == "Cœur"


def test_only_the_malformed_line_is_rejected(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    lines = ["a;b", "é;1", "2", "3;4;5", '6;"x"y', '7;"open', "8;9", "", '10;5" pipe', "11;à"]
    data = "\n".join(lines).encode() + b"\n12;\xff\n13;14"
    found = opened(db, tmp_path / "t.csv", data)
    good = [("é", "1", 2), ("8", "9", 7), ("10", '5" pipe', 9), ("11", "à", 10), ("13", "14", 12)]
    assert rows(db, found) == good
    assert malformed(db, found) == [
        (3, "2", "too-few-cells 1/2"),
        (4, "3;4;5", "too-many-cells 3/2"),
        (5, '6;"x"y', "stray-quote"),
        (6, '7;"open', "open-quote"),
        (11, r"12;\xff", "invalid-bytes"),
    ]


def test_headings_become_unique_columns(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = "Liste 2026;;;;\n;;;;\n Nom ;nom;;_row;\na;b;c;d;\n"
    found = opened(db, tmp_path / "t.csv", text.encode())
    assert found.columns == ("Nom", "nom_2", "column_3", "_row_2")
    assert found.positions == (0, 1, 2, 3)  # the last column has neither heading nor cell
    assert rows(db, found) == [("a", "b", "c", "d", 4)]
    assert [note["en"][:24] for note in found.notes] == [
        "the heading is in row 3;",
        "several columns have the",
    ]


def test_a_file_of_one_column_is_read(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    found = opened(db, tmp_path / "t.csv", b"name\nx, y\n\nz; t\n")
    assert rows(db, found) == [("x, y", 2), ("z; t", 4)]


def test_stated_options_override_detection(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    data = "a:b\n'x:y':é\n".encode("cp850")
    found = opened(db, tmp_path / "t.csv", data, delimiter=":", quote="'", encoding="cp850")
    assert rows(db, found) == [("x:y", "é", 2)]


def test_quotes_in_tab_separated_database_exports_are_text(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    found = opened(db, tmp_path / "t.tsv", b'a\tb\n1\t"x" y\n2\t"z\n')
    assert rows(db, found) == [("1", '"x" y', 2), ("2", '"z', 3)]


@pytest.mark.parametrize("packed", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_compressed_files_are_read(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, packed: object
) -> None:
    assert callable(packed)
    path = tmp_path / ("t.csv.gz" if packed is gzip.compress else "t.csv.zst")
    found = opened(db, path, packed(b"a,b\n01,2\n"))
    assert rows(db, found) == [("01", "2", 2)]
    with pytest.raises(SourceError, match="cut short"):
        opened(db, path, packed(b"a,b\n" + bytes(range(256)) * 999)[:-20])


def test_json_arrays_objects_and_lines_are_read(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    one = {"id": "01", "address": {"city": "Lille", "geo": {"lat": 1}}, "tags": ["a", "b"]}
    two = {"id": 2, "late": "2011-05"}
    expected = [
        ("01", "Lille", '{"lat":1}', '["a","b"]', None, 1),
        ("2", None, None, None, "2011-05", 2),
    ]
    for name, text in {
        "t.json": json.dumps([one, two]),
        "u.json": json.dumps({"total": 2, "results": [one, two]}),
        "v.jsonl": json.dumps(one) + "\r\n" + json.dumps(two) + "\r\n",
        "w.ndjson": json.dumps(one) + "\n" + json.dumps(two),
    }.items():
        found = opened(db, tmp_path / name, text.encode())
        assert found.columns == ("id", "address.city", "address.geo", "tags", "late"), name
        assert rows(db, found) == expected, name
    named = opened(db, tmp_path / "x.json", json.dumps({"k": one, "l": two}).encode())
    assert [row[0] for row in rows(db, named)] == ["k", "l"]
    alone = opened(db, tmp_path / "y.json", json.dumps({"nom": "a", "tags": ["b"]}).encode())
    assert rows(db, alone) == [("a", '["b"]', 1)]


def test_a_malformed_json_line_is_rejected(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    data = '{"a": "é"}'.encode() + b'\n\n{"a": \n[1]\n{"a": "\xff"}\n{"a": 2}\n'
    found = opened(db, tmp_path / "t.jsonl", data)
    assert rows(db, found) == [("é", 1), ("2", 6)]
    assert [(row, problem) for row, _, problem in malformed(db, found)] == [
        (3, "not-json"),
        (4, "not-a-record"),
        (5, "not-json"),
    ]


def test_geojson_features_are_read(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [3.06, 50.63]}
    area = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [0, 0]]]}
    features = [
        {"type": "Feature", "properties": {"nom": name}, "geometry": geometry}
        for name, geometry in (("a", point), ("b", area), ("c", None))
    ]
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    found = opened(db, tmp_path / "t.geojson", data)
    assert found.columns == ("nom", "geometry_type", "longitude", "latitude")
    assert rows(db, found) == [
        ("a", "Point", "3.06", "50.63", 1),
        ("b", "Polygon", None, None, 2),
        ("c", None, None, None, 3),
    ]


def test_parquet_is_read(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    db.execute(
        f"COPY (SELECT '01' AS code, DATE '2011-05-03' AS day, [1, 2] AS list, 9220 AS form) "
        f"TO '{path}'"
    )
    assert rows(db, open_file(db, path, "t")) == [("01", "2011-05-03", "[1,2]", "9220", 1)]


def workbook(path: Path) -> None:
    with Workbook(str(path), {"default_date_format": "dd/mm/yyyy"}) as book:
        book.add_worksheet("vide")
        first = book.add_worksheet("Feuil 1")
        first.write_row(0, 0, ["Titre"])
        first.write_row(2, 0, ["code", "forme", "jour", "note", "vrai"])
        first.write_row(3, 0, ["01", 9220, date(2011, 5, 3), 'a "b"\nc', True])
        first.write_row(5, 0, ["02", 1.5, datetime(2011, 5, 3, 10, 30), "x", False])
        book.add_worksheet("people").write_column(2, 1, ["id", "a", "b"])


def test_each_sheet_of_a_workbook_is_a_table(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "livre.xlsx"
    workbook(path)
    first, people = open_tables(db, path, "t")
    assert (first.view, people.view) == ("t", "t_people")
    assert (first.file, people.file) == ("livre.xlsx/Feuil 1", "livre.xlsx/people")
    assert rows(db, first) == [
        ("01", "9220", "2011-05-03", 'a "b"\nc', "true", 4),
        ("02", "1.5", "2011-05-03T10:30:00", "x", "false", 6),
    ]
    assert rows(db, people) == [("a", 4), ("b", 5)]
    assert people.positions == (1,)
    only = open_file(db, path, "t", ReadOptions(sheet="people"))
    assert (only.file, only.rows) == ("livre.xlsx", 2)
    with pytest.raises(SourceError, match=r"no sheet 'x'; it has vide, Feuil 1"):
        open_file(db, path, "t", ReadOptions(sheet="x"))


def test_leading_zeros_of_a_workbook_are_read(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "t.xlsx"
    with Workbook(str(path)) as book:
        padded = book.add_format({"num_format": "00000"})
        sheet = book.add_worksheet("R&D")
        sheet.write_row(0, 0, ["code_postal", "nombre"])
        sheet.write(1, 0, 1000, padded)
        sheet.write(1, 1, 1000)
        sheet.write(2, 0, "2A004", padded)
    assert rows(db, open_file(db, path, "t")) == [("01000", "1000", 2), ("2A004", None, 3)]


def zipped(members: dict[str, bytes]) -> bytes:

    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "english", "french"),
    [
        ("t.csv", b"", "the file is empty", "le fichier est vide"),
        ("t.csv", b"\n\n  \n", "no heading row", "pas d’en-tête"),
        ("t.csv", b"<!DOCTYPE html><p>404", "a web page", "une page web"),
        ("t.csv", b"%PDF-1.7 ...", "a web page or a document", "un document"),
        ("t.csv", bytes(range(256)) * 9, "not a text", "pas un texte"),
        ("t.csv.gz", b"\x1f\x8bnot gzip", "cut short or damaged", "tronqué ou abîmé"),
        ("t.xlsx", zipped({"a.txt": b"x"}), "no workbook", "pas un classeur"),
        ("t.xls", b"\xd0\xcf\x11\xe0" + b"x" * 99, "no workbook", "pas un classeur"),
        ("t.json", b'{"a": ', "not JSON", "pas du JSON"),
        ("t.json", b"[1, 2]", "no records", "pas de fiches"),
        *(
            (f"t.{extension}", text, "there are no records in this file", "aucune fiche dans")
            for extension, text in (
                ("json", b"[]"),
                ("json", b"{}"),
                ("geojson", b'{"type": "FeatureCollection", "name": "lieux", "features": []}'),
                ("json", b'{"total": 0, "records": [], "next": null}'),
                ("json", b'{"response": {"numFound": 0, "docs": []}}'),
                ("json", b'{"hits": {"total": {"value": 0}, "hits": []}}'),
                ("json", b'{"head": {"vars": ["a"]}, "results": {"bindings": []}}'),
                ("json", b'{"items": [], "total": 0, "links": {"self": "x"}}'),
                ("json", b'{"data": {"lieux": []}}'),
            )
        ),
        ("t.parquet", b"PAR1xxxx", "not a Parquet file", "pas un fichier Parquet"),
    ],
)
def test_files_that_are_not_tables_are_refused_in_both_languages(
    db: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    name: str,
    data: bytes,
    english: str,
    french: str,
) -> None:
    with pytest.raises(SourceError, match=english) as raised:
        opened(db, tmp_path / name, data)
    assert french in raised.value.message_in("fr")


def test_decompression_bombs_are_refused(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["kg.sources.workbook"], "MAX_DECOMPRESSED_BYTES", 1 << 20)
    with pytest.raises(SourceError, match="more than the 1 MB"):
        opened(db, tmp_path / "t.xlsx", zipped({"xl/workbook.xml": b" " * (2 << 20)}))


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.csv.gz", b"", "table"),
        ("a.XLSX", b"x", "table"),
        ("a.json", b'{"@context": {}}', "rdf"),
        ("a.json", b"[]", "table"),
        ("a.json", b'[{"@context": "https://www.w3.org/ns/activitystreams"}]', "table"),
        ("a.json", b'{"@context": "https://w3id.org/ess-kg/context.jsonld"}', "rdf"),
        ("a.xml", b"<rdf:RDF/>", "rdf"),
        ("a.xml", b"<feed/>", "table"),
        ("a.xml", b"<kml/>", None),
        ("a.xml", b'<?xml version="1.0" encoding="gb2312"?><rss/>', "table"),
        ("a.xml", b'<?xml version="1.0" encoding="none-such"?><kml/>', None),
        ("a.ics.gz", b"", "table"),
        ("a.ttl.gz", b"", "rdf"),
        ("a.owl", b"x", "rdf"),
        ("LICENCE.md", b"x", None),
    ],
)
def test_file_kinds_are_detected(
    tmp_path: Path, name: str, content: bytes, kind: str | None
) -> None:
    (tmp_path / name).write_bytes(content)
    assert detect_file_kind(tmp_path / name) == kind


def test_a_json_record_with_an_empty_list_is_read(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    read = opened(db, tmp_path / "t.json", b'{"id": "a", "label": "A", "topics": []}')
    assert (read.rows, set(read.columns)) == (1, {"id", "label", "topics"})
