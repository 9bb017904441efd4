"""Text analysis: spelling variants of a query match the index."""

import unicodedata

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.catalogue.pivot import define_macros
from kg.catalogue.text_analysis import (
    COMMON_MARKS,
    LIGATURES,
    build_natural_sort_key,
    compute_edit_distance,
    find_stems,
    fold,
    tokenize,
    tokenize_without_stop_words,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L'économie d’aujourd'hui", ["économie", "aujourd", "hui"]),
        ("qu'une œuvre", ["une", "oeuvre"]),
        ("tiers-lieux (2010)", ["tiers", "lieux", "2010"]),
        ("Lorsqu'il s'agit", ["il", "agit"]),
        ("St Malo et Ste-Luce", ["saint", "malo", "et", "sainte", "luce"]),
        ("STES MARIES", ["saintes", "maries"]),
        ("la rue St", ["la", "rue", "st"]),
        ("l'E.S.S. et la S.C.O.P", ["ess", "et", "la", "scop"]),
        ("VILLENEUVE D ASCQ", ["villeneuve", "ascq"]),
        ("Vitamine D", ["vitamine", "d"]),
        ("ex æquo", ["ex", "aequo"]),
    ],
)
def test_words_are_split_at_french_elisions(text: str, expected: list[str]) -> None:
    assert list(tokenize(text)) == expected


def test_stop_words_are_ignored_unless_alone() -> None:
    assert tokenize_without_stop_words("le marché de la ville") == ["marché", "ville"]
    assert tokenize_without_stop_words("de la") == ["de", "la"]


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("économies", "economie"),
        ("solidaires", "Solidaire"),
        ("créativité", "creativite"),
        ("innovations", "innovation"),
        ("cities", "city"),
        ("networks", "network"),
        ("lieux", "lieu"),
    ],
)
def test_spelling_variants_share_a_stem(written: str, typed: str) -> None:
    assert find_stems(written.lower()) & find_stems(typed.lower())


def test_unrelated_words_share_no_stem() -> None:
    assert not find_stems("marché") & find_stems("ville")
    assert not find_stems("lile") & find_stems("lilas")  # a stem of three letters is not specific


@given(st.text())
def test_folding_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [("lille", "lille", 0), ("lile", "lille", 1), ("socail", "social", 1), ("abc", "xyz", 3)],
)
def test_distance_counts_a_swap_once(one: str, other: str, edits: int) -> None:
    assert compute_edit_distance(one, other, 2) == min(edits, 3)


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_distance_is_symmetric(one: str, other: str) -> None:
    assert compute_edit_distance(one, other, 9) == compute_edit_distance(other, one, 9)
    assert (compute_edit_distance(one, other, 9) == 0) == (one == other)


def test_letters_that_only_lower_once_decomposed_are_folded() -> None:
    assert fold("\U0001d608") == "a"


@given(st.text(st.characters(categories=["L", "M", "N", "P", "Z"]), max_size=20))
def test_folding_drops_every_combining_mark_and_nothing_else(text: str) -> None:
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char)).lower()
    expected = bare if text.isascii() else bare.translate(LIGATURES)
    assert fold(text) == expected


def test_the_marks_that_are_dropped_at_once_are_combining_ones() -> None:
    marks = COMMON_MARKS.findall("".join(map(chr, range(0x110000))))
    assert all(map(unicodedata.combining, "".join(marks)))


def test_numbers_in_names_sort_by_value() -> None:
    names = ["association 10", "association 1", "association", "association 2 bis", "association 2"]
    assert sorted(names, key=build_natural_sort_key) == [
        "association", "association 1", "association 2", "association 2 bis", "association 10",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    define_macros(connection)
    return connection


@given(st.text("ab 0123456789", max_size=30))
def test_duckdb_and_python_sort_keys_are_equal(
    engine: duckdb.DuckDBPyConnection, text: str
) -> None:
    row = engine.execute("SELECT natural_order(?)", [text]).fetchone()
    assert row == (build_natural_sort_key(text),)
