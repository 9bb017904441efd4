"""Entries of RSS and Atom files as rows."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from kg.errors import SourceError
from kg.sources import detect_file_kind, open_file
from kg.sources.file_opener import detect_entries

ATOM = """<?xml version="1.0" encoding="iso-8859-1"?>
<!-- un fil -->
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB">
  <title>Nouvelles</title>
  <link href="https://x.example/"/>
  <entry>
    <id>urn:x:1</id>
    <title type="html">Un &lt;b&gt;été&lt;/b&gt;</title>
    <link href="un"/>
    <author><name>Une personne</name><email>moi@x.example</email></author>
    <published>2026-11-05T00:30:00+01:00</published>
    <updated>2026-11-06T10:00:00Z</updated>
    <category term="a" label="A"/><category term="b"/>
    <georss:point xmlns:georss="http://www.georss.org/georss">50.6 3.1</georss:point>
  </entry>
</feed>
"""
RSS_1 = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
  <channel rdf:about="https://x.example/"><title>X</title><link>https://x.example/</link></channel>
  <item rdf:about="https://x.example/1"><title>Un</title><link>https://x.example/1</link></item>
</rdf:RDF>
"""


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def test_an_entry_is_a_row(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "fil.xml"
    path.write_bytes(ATOM.encode("iso-8859-1"))
    assert detect_file_kind(path) == "table"
    open_file(db, path, "t")
    columns = "id, link, title, published, updated, categories, language, latitude, longitude, _row"
    assert db.execute(f"SELECT {columns} FROM t").fetchall() == [
        ("urn:x:1", "https://x.example/un", "Un <b>été</b>", "2026-11-05T00:30:00+01:00",
         "2026-11-06T10:00:00+00:00", "A|b", "en", "50.6", "3.1", 6)
    ]  # fmt: skip
    assert "personne" not in str(db.execute("FROM t").fetchall())


def test_rss_1_is_a_feed_though_it_is_rdf(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "fil.rdf"
    path.write_text(RSS_1, "utf-8")
    assert detect_file_kind(path) == "table"
    open_file(db, path, "t")
    assert db.execute("SELECT title, feed_title, _row FROM t").fetchall() == [("Un", "X", 4)]


def test_a_feed_that_is_not_well_formed_is_read_and_told(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "fil.rss"
    path.write_text(
        "<rss version='2.0'><channel><title>A & B</title><item><title>Un</title></item></channel>"
        "</rss>",
        "utf-8",
    )
    opened = open_file(db, path, "t")
    assert opened.rows == 1
    assert "not well-formed" in opened.notes[0].en


@pytest.mark.parametrize("content", ["<html><body>404</body></html>", "<rss", "bonjour"])
def test_another_text_is_no_feed(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "fil.atom"
    path.write_text(content, "utf-8")
    with pytest.raises(SourceError):
        open_file(db, path, "t")


def test_feeds_of_every_version_are_read(db: duckdb.DuckDBPyConnection, shared: Path) -> None:
    unread = []
    for folder in ("atom", "atom10", "rss", "geo", "itunes", "illformed"):
        for path in sorted((shared / "data" / "events" / "feeds" / folder).glob("*.xml"))[:40]:
            if detect_entries(path, path.read_bytes()) != "feed":
                continue
            try:
                open_file(db, path, "t")
            except SourceError as error:
                unread.append((path.name, error.message_in("fr")))
    assert all("aucune fiche" in message for _, message in unread)


@pytest.mark.parametrize("number", ["xD800", "99999999999"])
def test_a_number_of_no_letter_is_told_or_read_over(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, number: str
) -> None:
    path = tmp_path / "fil.rss"
    item = f"<item><title>Un &#{number}; deux</title><link>https://x.example/1</link></item>"
    path.write_text(f"<rss version='2.0'><channel>{item}</channel></rss>", "utf-8")
    with pytest.raises(SourceError, match=r"fil\.rss is no feed"):
        open_file(db, path, "t")


@pytest.mark.parametrize("written", ["2024", "2024-05", "2024-05-03"])
def test_a_partial_date_stays_partial(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, written: str
) -> None:
    path = tmp_path / "fil.rss"
    item = f"<item><title>Un</title><dc:date>{written}</dc:date></item>"
    path.write_text(
        "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>"
        f"{item}</channel></rss>",
        "utf-8",
    )
    open_file(db, path, "t")
    assert db.execute("SELECT coalesce(published, updated) FROM t").fetchall() == [(written,)]


@pytest.mark.parametrize(
    ("prolog", "root", "kind"),
    [
        ("<!---->" * 9000, "<rss version='2.0'/>", "table"),
        ("<!-- <rss> -->\n<?a b?><!DOCTYPE x>", "<a:feed xmlns:a='x'/>", "table"),
        ("<!-- <rss/> -->", "<html/>", None),
        ("<!-- -- ", "<rss/>", None),
    ],
)
def test_a_feed_is_known_by_its_root_alone(
    tmp_path: Path, prolog: str, root: str, kind: str | None
) -> None:
    path = tmp_path / "fil.xml"
    path.write_text(prolog + root, "utf-8")
    assert detect_file_kind(path) == kind
