"""Search: spelling variants, ranking, and suggestions."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.namespace import SKOS

from kg.catalogue import bitmap, search
from kg.catalogue.catalogue import Catalogue
from kg.catalogue.filters import Filters, parse_filters
from kg.catalogue.placed_search import find_placed_lists
from kg.catalogue.ranking import RankingQuery, score_record
from kg.catalogue.record_search import put_continuations_last
from kg.catalogue.record_sets import RecordRange
from kg.catalogue.records import Item
from kg.catalogue.schema import create_catalogue
from kg.catalogue.search import TextQuery
from kg.kinds import Text


def found(catalogue: Catalogue, text: str) -> list[str]:
    return [f"{item.kind}/{item.key}" for item in catalogue.search(text).items]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("économie sociale et solidaire", "topic/ess"),
        ("ECONOMIE SOCIALE", "topic/ess"),
        ("l'économie sociale", "topic/ess"),
        ("ess", "topic/ess"),
        ("social economies", "event/alpha-2010"),
        ("Lille", "territory/commune-59350"),
        ("59800", "territory/commune-59350"),
        ("roub", "territory/commune-59512"),
        ("oeuf", "place/alpha-tiers"),
        ("l’œuf", "place/alpha-tiers"),
        ("creativite", "event/alpha-cycle"),
        ("creativity", "event/alpha-cycle"),
        ("MESHS", "organisation/alpha-maison"),
        ("cycrea", "event/alpha-cycle"),
        ("gouverner commun", "publication/beta-livre"),
    ],
)
def test_the_best_match_comes_first(catalogue: Catalogue, text: str, first: str) -> None:
    assert found(catalogue, text)[0] == first


@pytest.mark.parametrize(
    ("typed", "meant", "first"),
    [
        ("mutualistion", "mutualisation", "event/alpha-2010"),
        ("Roubiax", "roubaix", "territory/commune-59512"),
        ("cooperatvie", "cooperative", "organisation/alpha-vieille"),
    ],
)
def test_corrections_are_suggested_but_not_applied(
    catalogue: Catalogue, typed: str, meant: str, first: str
) -> None:
    answer = catalogue.search(typed)
    assert answer.items == ()
    assert answer.suggestion == meant
    assert found(catalogue, answer.suggestion)[0] == first
    page = catalogue.read_page(first.partition("/")[0], Filters(text=typed))
    assert (page.total, page.suggestion) == (0, meant)
    assert catalogue.score_matches(typed) == []
    assert catalogue.search(meant).suggestion == ""


@pytest.mark.parametrize("typed", ["roubier", "lilas", "lille", "oubaix", "roubaux"])
def test_words_are_not_corrected_to_place_names(catalogue: Catalogue, typed: str) -> None:
    assert catalogue.search(typed).suggestion not in ("roubaix", "lille")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("SCIC", "ess-form/scic"),
        ("S.C.O.P.", "ess-form/scop"),
        ("scop", "ess-form/scop"),
        ("ESUS", "status-label/esus"),
        ("PTCE", "cluster-kind/ptce"),
        ("SIAE", "status-label/siae"),
    ],
)
def test_concepts_are_found_by_name(catalogue: Catalogue, text: str, first: str) -> None:
    codes = catalogue.search_concepts(text)
    assert f"{codes[0].scheme}/{codes[0].notation}" == first
    assert catalogue.search(text).suggestion == ""


def test_every_name_of_a_concept_finds_it(catalogue: Catalogue, root: Path) -> None:
    names = ("prefLabel", "altLabel", "notation")
    for file in sorted((root / "ontology" / "schemes").glob("*.ttl")):
        # thousands of codes, many of the same name
        if file.stem in ("nafr2", "naf2025", "cj", "topic"):
            continue
        graph = rdflib.Graph().parse(file)
        for name in names:
            for code, text in graph.subject_objects(SKOS[name]):
                told = [one.iri for one in catalogue.search_concepts(str(text))]
                assert str(code) in told, text


def test_a_concept_that_is_called_so_comes_first(catalogue: Catalogue) -> None:
    for text in ("syndicat", "Trade union", "trade-union"):
        assert catalogue.search_concepts(text)[0].iri.endswith("/organisation-kind/trade-union")


def test_a_concept_has_the_lists_that_it_filters(catalogue: Catalogue) -> None:
    (code, *_) = catalogue.search_concepts("SCIC")
    assert code.lists == (("organisation", "ess_form", 0),)
    assert code.path == "/scheme/ess-form/scic"
    (kind, column, count), *_ = catalogue.search_concepts("commune", ("territory",))[0].lists
    values = {column: ("commune",)}
    assert count == catalogue.read_page(kind, Filters(values)).total > 0
    assert catalogue.search_concepts("SCIC", ("territory",)) == []
    assert catalogue.search_concepts("l'", ("territory",)) == []


def test_partial_matches_are_returned_if_no_record_has_all_words(catalogue: Catalogue) -> None:
    answer = catalogue.search("roubaix mutualisation")
    assert answer.partial
    assert {item.key for item in answer.items} >= {"commune-59512", "alpha-2010"}


@pytest.mark.parametrize(
    ("text", "territory", "lists"),
    [
        ("organisations près de Lille", "commune-59350", ["/organisation"]),
        ("Lille places", "commune-59350", ["/place"]),
        ("tiers-lieux à paris", "commune-75056", ["/place kind=third-place"]),
        ("coopératives roubaix", "commune-59512", ["/organisation kind=cooperative"]),
        ("sciences ile de france", None, []),
        ("maison métropole européenne de lille", "epci-200093201", ["/organisation q=maison"]),
        ("lille", None, []),
        ("xyzzy lille", None, []),
    ],
)
def test_what_and_where_lead_to_lists(
    catalogue: Catalogue, text: str, territory: str | None, lists: list[str]
) -> None:
    placed = find_placed_lists(catalogue, text)
    assert (placed.territory.key if placed else None) == territory
    found = placed.lists if placed else ()
    shown = [
        " ".join([one.kind.path, *(f"{n}={v}" for n, v in one.parameters if n != "territory")])
        for one in found
    ]
    assert shown == lists
    for one in found:
        filters = parse_filters(one.kind, {name: [value] for name, value in one.parameters})
        assert one.records == catalogue.read_page(one.kind.name, filters).total > 0


def test_unknown_words_have_no_results(catalogue: Catalogue) -> None:
    assert catalogue.search("xyzzyxyzzy").items == ()
    assert catalogue.search("  '' ").items == ()


def test_totals_by_kind_equal_those_of_the_lists(catalogue: Catalogue) -> None:
    answer = catalogue.search("lille")
    for kind, total in answer.totals.items():
        assert catalogue.read_page(kind, Filters(text="lille")).total == total


def test_search_is_restricted_to_requested_kinds(catalogue: Catalogue) -> None:
    assert {item.kind for item in catalogue.search("commun", ("topic",)).items} == {"topic"}


def test_a_list_is_ranked_and_paged_by_relevance(catalogue: Catalogue) -> None:
    filters = Filters(text="lille")
    first = catalogue.read_page("territory", filters, limit=1)
    assert first.sort == "relevance"
    assert first.items[0].key == "commune-59350"
    second = catalogue.read_page("territory", filters, after=first.next or "", limit=5)
    assert first.total == 1 + len(second.items)
    assert "commune-59350" not in [item.key for item in second.items]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_the_search(catalogue: Catalogue, text: str) -> None:
    assert len(catalogue.search(text).items) <= 20
    find_placed_lists(catalogue, text)
    assert catalogue.read_page("event", Filters(text=text)).total <= 6


def build_catalogue(path: Path, names: Sequence[str]) -> tuple[sqlite3.Connection, RecordRange]:
    """A catalogue of territories with these names, each more populous than the one before."""
    file = create_catalogue(path)
    for number, name in enumerate(names, 1):
        file.execute(
            "INSERT INTO entity (id, kind, key, sort_fr, sort_en, population, sources, cells) "
            "VALUES (?, 'territory', ?, ?, ?, ?, '[]', '{}')",
            (number, str(number), name, name, number),
        )
        file.execute(
            "INSERT INTO text (rowid, name, stem, body, code) VALUES (?, ?, ?, '', '')",
            (number, name, name),
        )
    return file, RecordRange("territory", 1, len(names), len(names))


def parse(text: str) -> TextQuery:
    query = search.parse_query(text)
    assert query is not None
    return query


def test_of_very_many_matches_those_that_begin_with_the_word_are_ranked(tmp_path: Path) -> None:
    """As many as are ranked come before, in the order of names."""
    size = search.MAX_RANKED + 2
    names = [f"association {n} lyon" for n in range(size - 2)]
    names += ["lyon", "lyonnaise des jeux"]
    file, every = build_catalogue(tmp_path / "catalogue.sqlite", names)
    every = replace(every, kind="organisation")
    for text, first in (("lyon", {size - 1}), ("lyo", {size - 1, size})):
        numbers = search.find_candidates(file, [every], parse(text).expressions)
        assert set(numbers[: len(first)]) == first
        assert len(numbers) == search.MAX_RERANKED
    assert search.find_candidates(file, [every], parse("jeux").expressions) == [size]
    file.close()


def test_of_many_territories_the_most_populous_are_ranked(tmp_path: Path) -> None:
    names = [f"ville {n}" for n in range(search.MAX_RERANKED)]
    file, every = build_catalogue(tmp_path / "catalogue.sqlite", names)
    found = search.find_candidates(file, [every], parse("vill").expressions, most=10)
    populous = set(range(len(names) - search.MAX_POPULOUS + 1, len(names) + 1))
    assert populous < set(found)
    assert len(found) == 10 + search.MAX_POPULOUS
    file.close()


def test_many_matches_are_listed_by_how_they_begin_and_few_by_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["atelier du jardin", "jardin", "le jardin du voisin", "maison des jardins"]
    file, every = build_catalogue(tmp_path / "catalogue.sqlite", names)
    query = parse("jardin")
    matched = search.find_members(file, every, query.expression)
    by_index = [number for _, number in search.iterate_ranked(file, every, query, matched)]
    assert by_index[0] == 2
    assert sorted(by_index) == [1, 2, 3, 4]
    some = bitmap.from_positions([0, 3])
    ranked = list(search.iterate_ranked(file, every, query, some))
    assert {number for _, number in ranked} == {1, 4}
    monkeypatch.setattr(search, "MAX_RANKED", 2)
    keys = list(search.iterate_ranked(file, every, query, matched))
    assert [number for _, number in keys] == [2, 1, 3, 4]
    assert keys == sorted(keys)
    file.close()


@pytest.mark.parametrize(
    ("typed", "meant", "other"),
    [("mar", "Marseille", "Saint-Mars"), ("le bor", "Bordeaux", "Saint-Bore")],
)
def test_a_word_that_is_being_typed_is_no_stem(typed: str, meant: str, other: str) -> None:
    words = parse(typed).words
    query = RankingQuery.from_words(words, unfinished=True)
    scores = [score_record(build_item(name), query) for name in (meant, other)]
    assert scores[0] > scores[1]


def test_names_that_continue_another_are_suggested_last() -> None:
    names = ["Lyon", "Lyon 3e Arrondissement", "Lyonnaise", "Métropole de Lyon"]
    items = [build_item(name) for name in names]
    items.append(build_item("Lyon Sport", kind="organisation"))
    ordered = [item.label.fr for item in put_continuations_last(items)]
    assert ordered == [*(names[n] for n in (0, 2, 3)), "Lyon Sport", names[1]]


def test_the_record_that_is_being_typed_is_suggested(catalogue: Catalogue) -> None:
    assert catalogue.suggest("roub")[0].key == "commune-59512"
    assert {item.kind for item in catalogue.suggest("lil", ("territory",))} == {"territory"}
    assert catalogue.suggest("") == ()


def build_item(name: str, kind: str = "territory") -> Item:
    return Item(1, kind, name, Text(name, name), None, None, None, None, None, None, (), {})
