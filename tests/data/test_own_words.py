"""The texts curated from the five documents are in our own words, not copied sentences."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT.parent / "shared" / "documents"
SOURCES = {
    "inocrea": "000_f2aee9ee19366aad.txt",
    "session-h": "001_bc8c2c3cd428a6fb.txt",
    "iness": "002_4c929b6f9ded68ca.txt",
    "sharers-workers": "003_6fe2e20c0f8b8af1.txt",
    "clicc": "004_8865a156eaa0c334.txt",
}
PROSE = ("text_fr", "items_fr", "description_fr")  # names and titles stay as the source writes them
RUN = 9  # consecutive words from which a text counts as copied

needs_documents = pytest.mark.skipif(
    not DOCUMENTS.is_dir(), reason="the five documents are not beside the repository"
)


def words(text: str) -> list[str]:
    """The words of a text, without case, punctuation or kind of apostrophe."""
    return re.findall(r"\w+", text.lower())


def runs(text: str) -> set[tuple[str, ...]]:
    """Every run of RUN consecutive words of a text."""
    found = words(text)
    return {tuple(found[i : i + RUN]) for i in range(len(found) - RUN + 1)}


def prose(source: str) -> Iterator[tuple[str, str]]:
    """Every text in our own words of a source, with where it stands."""
    for path in sorted((ROOT / "data" / "sources" / source / "tables").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                for column in PROSE:
                    if text := row.get(column):
                        yield f"{path.name} {row['id']} {column}", text


def test_a_copied_sentence_is_found_and_a_rewording_is_not() -> None:
    sentence = "L’innovation est plus que jamais un impératif pour les villes et les régions"
    assert runs("Elle dit : l'innovation est plus que jamais un impératif POUR LES villes.") & runs(
        sentence
    )
    assert not runs("Innover s'impose aujourd'hui aux villes et aux régions.") & runs(sentence)


@needs_documents
@pytest.mark.parametrize("source", SOURCES)
def test_no_long_run_of_words_of_a_document_is_copied(source: str) -> None:
    document = runs((DOCUMENTS / SOURCES[source]).read_text("utf-8"))
    texts = list(prose(source))
    copied = {
        where: " ".join(sorted(runs(text) & document)[0])
        for where, text in texts
        if runs(text) & document
    }
    assert texts, f"no text found in the tables of {source}"
    assert not copied
