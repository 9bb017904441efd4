"""Source descriptions: all entries are read, and errors are reported."""

from pathlib import Path

import pytest

from kg.errors import SourceError
from kg.installation import InstallationPaths
from kg.sources import discover_sources, read_source_description
from kg.sources.fetched_files import FetchedFile, write_fetched_files

GOOD = """name = "x"
kind = "register"
licence = "https://e.org/l"
retrieved = 2026-11-22
title = {fr = 'X'}
description = {fr = 'X'}
publisher = {fr = 'X'}
[expect]
"""
TEXT = "[text]\nfile = 'a'\ncharacters = 9\nsha256 = 'b'\n"


def test_a_description_is_read(places: InstallationPaths) -> None:
    (source,) = discover_sources(places.sources)
    assert (source.name, source.kind, source.language) == ("demo", "document", "fr")
    assert source.title["en"] == "Demonstration source"
    assert source.publisher["en"] == "ess-kg"  # French where there is no English
    assert source.bounds.records_min == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace('"x"', '"other"'), "the folder is called 'x'"),
        (GOOD.replace('"x"', '"void"'), "a graph of every release is called so"),
        (GOOD.replace("register", "novel"), "kind"),
        ('name = "x"\nkind = "document"', "missing: title, description, publisher, licence, ret"),
        ("name = ", "x/source.toml"),
        ("names = 'x'", "unknown entry names; did you mean name"),
        (GOOD + "record_min = 3", r"unknown entry expect\.record_min; did you mean records_min"),
        (GOOD + "records_min = 'a'", "records_min = 'a' is no whole number"),
        (GOOD + "records_min = true", "records_min = True is no whole number"),
        (GOOD + "records_min = -1", "records_min = -1 is no whole number"),
        (GOOD + "refused_share_max = nan", "refused_share_max = nan is no share"),
        (GOOD + "refused_share_max = 2", "refused_share_max = 2 is no share"),
        (GOOD + "refused_share_max = '1'", "refused_share_max = '1' is no share"),
        (GOOD + "age_max_days = 1.5", "age_max_days = 1.5 is no whole number"),
        ("language = 'french'\n" + GOOD, "language = 'french' is no code of a language"),
        (GOOD.replace("https://e.org/l", "CC BY"), "licence = 'CC BY' is no address"),
        (GOOD.replace("https://e.org/l", "https://e.org/l l"), "is no address"),
        (GOOD.replace("2026-11-22", "'hier'"), "retrieved = 'hier' is no day"),
        (GOOD.replace("{fr = 'X'}", "['X']"), r"title = \['X'\] is no table"),
        (GOOD.replace("{fr = 'X'}", "'X'"), "title = 'X' is no table"),
        (GOOD.replace("{fr = 'X'}", "{fr = 1}"), r"title\.fr = 1 is no text"),
        (GOOD.replace("{fr = 'X'}", "{de = 'X'}"), r"unknown entry title\.de"),
        (GOOD + "[read.'raw/*.csv']\ndelimiter = 'abc'", "delimiter = 'abc' is more than one"),
        (GOOD + "[read.'raw/*.csv']\nencoding = 'klingon'", "encoding = 'klingon' is not known"),
        (GOOD + "[text]\nfile = 'a'\nsha256 = 'b'", "the entry 'characters' is missing"),
        (GOOD + TEXT + "sections = ['a']", "a list of tables"),
        (GOOD + TEXT + "[[text.sections]]\nstart = 1", "the entry 'title' is missing"),
        (GOOD + TEXT + "[[text.sections]]\nstart = 9\ntitle = 'a'", "within the text"),
        (GOOD + TEXT + 2 * "[[text.sections]]\nstart = 1\ntitle = 'a'\n", "one after another"),
    ],
)
def test_errors_in_a_description_are_reported(tmp_path: Path, text: str, said: str) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "source.toml").write_text(text)
    with pytest.raises(SourceError, match=said):
        read_source_description(folder)


def test_a_folder_without_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no source in"):
        discover_sources(tmp_path)


def test_reading_options_are_parsed(places: InstallationPaths) -> None:
    description = places.sources / "demo" / "source.toml"
    stated = '\n[read."raw/*.csv"]\ndelimiter = ";"\nencoding = "cp850"\n'
    description.write_text(description.read_text("utf-8") + stated, "utf-8")
    source = read_source_description(places.sources / "demo")
    how = source.get_read_options(source.folder / "raw" / "a.csv")
    assert (how.delimiter, how.encoding, how.quote) == (";", "cp850", None)
    assert source.get_read_options(source.folder / "tables" / "a.csv").delimiter is None
    description.write_text(description.read_text("utf-8") + 'separator = ";"\n', "utf-8")
    with pytest.raises(SourceError, match="separator"):
        read_source_description(places.sources / "demo")


def test_what_was_fetched_says_when(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    fetch = '[fetch]\nurl = "https://example.org/a.csv"\n'
    text = GOOD.replace("retrieved = 2026-11-22\n", "") + fetch
    (folder / "source.toml").write_text(text, "utf-8")
    assert read_source_description(folder).retrieved == ""
    with pytest.raises(SourceError, match="ess-kg fetch x"):
        discover_sources(tmp_path)
    write_fetched_files(folder, {"a.csv": FetchedFile("https://…", "0" * 64, 1, "2026-12-01")})
    assert discover_sources(tmp_path)[0].retrieved == "2026-12-01"
