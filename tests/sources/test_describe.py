"""What a source says of itself is read whole, and what is wrong in it is said."""

from pathlib import Path

import pytest

from kg.errors import SourceError
from kg.pipeline import Places
from kg.sources import describe, discover


def test_a_description_is_read(places: Places) -> None:
    (source,) = discover(places.sources)
    assert (source.name, source.kind, source.language) == ("demo", "document", "fr")
    assert source.title["en"] == "Demonstration source"
    assert source.publisher["en"] == "ess-kg"  # French where English is not given
    assert source.expect.records_min == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "other"', "the folder is called 'x'"),
        ('name = "x"\nkind = "novel"', "kind"),
        ('name = "x"\nkind = "document"', "'title'"),
        ("name = ", "x/source.toml"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "source.toml").write_text(text)
    with pytest.raises(SourceError, match=said):
        describe(folder)


def test_a_folder_without_sources(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no source in"):
        discover(tmp_path)


def test_how_files_are_read_may_be_stated(places: Places) -> None:
    description = places.sources / "demo" / "source.toml"
    stated = '\n[read."raw/*.csv"]\ndelimiter = ";"\nencoding = "cp850"\n'
    description.write_text(description.read_text("utf-8") + stated, "utf-8")
    source = describe(places.sources / "demo")
    how = source.reading(source.folder / "raw" / "a.csv")
    assert (how.delimiter, how.encoding, how.quote) == (";", "cp850", None)
    assert source.reading(source.folder / "tables" / "a.csv").delimiter is None
    description.write_text(description.read_text("utf-8") + 'separator = ";"\n', "utf-8")
    with pytest.raises(SourceError, match="separator"):
        describe(places.sources / "demo")
