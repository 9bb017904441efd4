"""Search: accents, cases, elisions, beginnings, typing errors; the best first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.catalogue.filters import Filters
from kg.catalogue.read import Catalogue


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
def test_the_best_answer_comes_first(catalogue: Catalogue, text: str, first: str) -> None:
    assert found(catalogue, text)[0] == first


@pytest.mark.parametrize(
    ("typed", "understood", "first"),
    [
        ("mutualistion", "mutualisation", "event/alpha-2010"),
        ("Roubiax", "roubaix", "territory/commune-59512"),
        ("cooperatvie", "cooperative", "organisation/alpha-vieille"),
    ],
)
def test_small_typing_errors_are_put_right_and_told(
    catalogue: Catalogue, typed: str, understood: str, first: str
) -> None:
    answer = catalogue.search(typed)
    assert answer.corrected == ((typed.lower(), understood),)
    assert f"{answer.items[0].kind}/{answer.items[0].key}" == first


def test_words_that_never_meet_give_what_has_some(catalogue: Catalogue) -> None:
    answer = catalogue.search("roubaix mutualisation")
    assert answer.partial
    assert {item.key for item in answer.items} >= {"commune-59512", "alpha-2010"}


def test_nothing_is_found_for_what_is_not_there(catalogue: Catalogue) -> None:
    assert catalogue.search("xyzzyxyzzy").items == ()
    assert catalogue.search("  '' ").items == ()


def test_totals_by_kind_are_the_totals_of_the_lists(catalogue: Catalogue) -> None:
    answer = catalogue.search("lille")
    for kind, total in answer.totals.items():
        assert catalogue.list(kind, Filters(text="lille")).total == total


def test_only_the_kinds_asked_for(catalogue: Catalogue) -> None:
    assert {item.kind for item in catalogue.search("commun", ("topic",)).items} == {"topic"}


def test_a_list_is_ranked_and_paged_by_relevance(catalogue: Catalogue) -> None:
    filters = Filters(text="lille")
    first = catalogue.list("territory", filters, limit=1)
    assert first.sort == "relevance"
    assert first.items[0].key == "commune-59350"
    second = catalogue.list("territory", filters, after=first.next or "", limit=5)
    assert first.total == 1 + len(second.items)
    assert "commune-59350" not in [item.key for item in second.items]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_the_search(catalogue: Catalogue, text: str) -> None:
    assert len(catalogue.search(text).items) <= 20
    assert catalogue.list("event", Filters(text=text)).total <= 6
