"""Lists: filters, facets and pages agree with a scan of all records."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.catalogue import facets, keyset
from kg.catalogue.catalogue import Catalogue
from kg.catalogue.filters import Filters, list_parameters, parse_filters
from kg.catalogue.records import Item
from kg.errors import BadRequest
from kg.kinds import KIND_BY_NAME, KINDS
from tests.catalogue.graphs import write


def keys(
    catalogue: Catalogue, listed: str, sort: str = "", **parameters: str | list[str]
) -> list[str]:
    """Return the keys of a list; `from_` stands for `from`."""
    given = {
        name.rstrip("_"): [value] if isinstance(value, str) else value
        for name, value in parameters.items()
    }
    page = catalogue.read_page(listed, parse_filters(KIND_BY_NAME[listed], given), sort)
    assert page.total == len(page.items)
    return [item.key for item in page.items]


def test_every_record_of_every_kind_is_listed(catalogue: Catalogue) -> None:
    counts = {kind.name: len(keys(catalogue, kind.name)) for kind in KINDS}
    assert counts == catalogue.count_by_kind()
    assert counts["event"] == 6
    assert counts["territory"] == 9


@pytest.mark.parametrize(
    ("territory", "expected"),
    [
        ("commune-59350", {"alpha-cycle", "alpha-2010"}),
        ("epci-200093201", {"alpha-cycle", "alpha-2010", "alpha-peut-etre"}),
        ("arrondissement-595", {"alpha-cycle", "alpha-2010", "alpha-peut-etre"}),
        ("region-32", {"alpha-cycle", "alpha-2010", "alpha-peut-etre"}),
        ("territory/region-11", {"alpha-jour"}),
        ("country-FR", {"alpha-cycle", "alpha-2010", "alpha-peut-etre", "alpha-jour"}),
    ],
)
def test_a_territory_filter_selects_all_levels_of_both_branches(
    catalogue: Catalogue, territory: str, expected: set[str]
) -> None:
    assert set(keys(catalogue, "event", territory=territory)) == expected


def test_a_place_is_inside_the_territories_of_its_container(catalogue: Catalogue) -> None:
    assert keys(catalogue, "place", territory="departement-59") == ["alpha-halles"]


def test_a_territory_is_not_inside_itself(catalogue: Catalogue) -> None:
    assert "region-32" not in keys(catalogue, "territory", territory="region-32")
    assert "commune-59350" in keys(catalogue, "territory", territory="region-32")


@pytest.mark.parametrize(
    ("kind", "parameters", "expected"),
    [
        ("event", {"from_": "2010", "to": "2010"}, ["alpha-2010"]),
        ("event", {"from_": "2019-04-20"}, ["alpha-jour"]),
        ("event", {"to": "2011-06"}, ["alpha-2010", "alpha-annee"]),
        ("organisation", {"from_": "2001-02-04"}, ["alpha-maison"]),
        ("organisation", {"from_": "1995", "to": "1995"}, ["alpha-vieille"]),
        ("publication", {"from_": "1991"}, []),
    ],
)
def test_a_period_filter_selects_overlapping_records(
    catalogue: Catalogue, kind: str, parameters: dict[str, str], expected: list[str]
) -> None:
    assert sorted(keys(catalogue, kind, **parameters)) == sorted(expected)


def test_values_are_alternatives_and_columns_are_conjoined(catalogue: Catalogue) -> None:
    both = keys(catalogue, "event", kind=["study-day", "summit"])
    assert sorted(both) == ["alpha-annee", "alpha-jour"]
    assert keys(catalogue, "event", kind=["study-day", "summit"], topics="topic/communs") == [
        "alpha-jour"
    ]


def test_a_box_filter_selects_records_inside(catalogue: Catalogue) -> None:
    assert keys(catalogue, "place", bbox="3,50.5,3.2,50.7") == ["alpha-halles"]
    assert keys(catalogue, "place", bbox="2.3522,48.8566,2.3522,48.8566") == ["alpha-tiers"]
    assert keys(catalogue, "place", bbox="10,10,11,11") == []
    # a box of six numbers has heights
    assert keys(catalogue, "place", bbox="3,50.5,0,3.2,50.7,100") == ["alpha-halles"]


def test_sort_orders(catalogue: Catalogue) -> None:
    assert keys(catalogue, "territory")[:3] == ["country-FR", "region-32", "region-11"]
    assert keys(catalogue, "event", "date")[:3] == ["alpha-2010", "alpha-annee", "alpha-peut-etre"]
    assert keys(catalogue, "event", "-date")[0] == "alpha-jour"
    assert keys(catalogue, "event", "date")[-2:] == ["alpha-cycle", "alpha-sans-annee"]
    assert keys(catalogue, "territory", "-population")[0] == "commune-75056"


def test_labels_sort_in_the_requested_language(catalogue: Catalogue) -> None:
    french = [i.key for i in catalogue.read_page("event", language="fr").items]
    english = [i.key for i in catalogue.read_page("event", language="en").items]
    assert french.index("alpha-2010") > french.index("alpha-jour")
    assert english.index("alpha-2010") > english.index("alpha-cycle")
    assert french[0] == "alpha-cycle"


def made(count: int) -> bytes:
    """Return a catalogue of topics and territories, some without a kind or population."""
    lines = [
        f"<https://w3id.org/ess-kg/id/territory/t-{n:04}> a ess:Territory ; "
        f'skos:prefLabel "Lieu {n * 7919 % count}"@fr, "Place {n * 104729 % count}"@en ; '
        f"ess:territoryKind <https://w3id.org/ess-kg/scheme/territory-kind/"
        f"{('commune', 'region', 'city')[n % 3]}> "
        + (f"; ess:population {n * 31 % 97} " if n % 4 else "")
        + "."
        for n in range(count)
    ]
    return (
        "PREFIX ess: <https://w3id.org/ess-kg/ontology#> "
        "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
        "<https://w3id.org/ess-kg/graph/made> {" + "\n".join(lines) + "}"
    ).encode()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return Catalogue(write(tmp_path_factory.mktemp("many") / "catalogue.sqlite", made(700)))


@pytest.mark.parametrize("small", [10, 3000], ids=["walking the index", "sorting what is found"])
@pytest.mark.parametrize(
    ("sort", "language"), [("label", "fr"), ("label", "en"), ("-population", "fr")]
)
def test_pages_have_every_record_once_in_order(
    many: Catalogue, sort: str, language: str, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "MAX_SORTED_RECORDS", small)
    filters = Filters({"kind": ("commune", "city")})
    whole = [item.key for item in many.iterate_list("territory", filters, sort, language=language)]
    seen: list[str] = []
    after = ""
    while True:
        page = many.read_page(
            "territory", filters, sort, after, 47, language=language, counted=False
        )
        seen += [item.key for item in page.items]
        if page.next is None:
            break
        after = page.next
    assert seen == whole
    assert len(set(seen)) == page.total == 467


def test_population_sorts_descending_with_unknown_ones_last(many: Catalogue) -> None:
    listed = [item.population for item in many.iterate_list("territory", None, "-population")]
    known = [population for population in listed if population is not None]
    assert listed == sorted(known, reverse=True) + [None] * (len(listed) - len(known))


FIELDS = ("kind", "topics", "status", "language", "source", "assertion", "territory")


def _has(catalogue: Catalogue, item: Item, field: str, values: Sequence[str]) -> bool:
    if field == "source":
        return bool(set(values) & set(item.sources))
    if field == "territory":
        inside = {value: set(keys(catalogue, item.kind, territory=value)) for value in values}
        return any(item.key in found for found in inside.values())
    return bool(set(values) & set(item.cells.get(field, ())))


@pytest.mark.parametrize("few", [0, 10_000], ids=["by value", "by record"])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "kind": st.sets(st.sampled_from(["seminar", "study-day", "summit", "seminar-session"]),
                            min_size=1),
            "topics": st.sets(st.sampled_from(["topic/ess", "topic/communs"]), min_size=1),
            "territory": st.sets(
                st.sampled_from(["region-32", "region-11", "country-FR"]), min_size=1),
            "assertion": st.just({"stated"}),
            "source": st.just({"alpha"}),
        },
    )
)  # fmt: skip
def test_totals_and_facets_equal_a_scan(
    catalogue: Catalogue, few: int, chosen: dict[str, set[str]]
) -> None:
    filters = Filters({name: tuple(sorted(values)) for name, values in chosen.items()})
    everything = list(catalogue.iterate_list("event"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(facets, "MAX_TALLIED_RECORDS", few)
        page = catalogue.read_page("event", filters)

    def kept(item: Item, without: str = "") -> bool:
        return all(
            _has(catalogue, item, name, values)
            for name, values in filters.values.items()
            if name != without
        )

    assert {i.key for i in page.items} == {i.key for i in everything if kept(i)}
    for facet in page.facets:
        if facet.field == "territory":
            continue
        by_hand: Counter[str] = Counter()
        for item in everything:
            if kept(item, without=facet.field):
                cells = item.sources if facet.field == "source" else item.cells.get(facet.field, ())
                by_hand.update(cells)
        counted = {c.value: c.records for c in facet.counts if c.records}
        assert counted == dict(by_hand)


@pytest.mark.parametrize("few", [0, 10_000], ids=["by value", "by record"])
def test_a_facet_of_many_values_is_marked_incomplete(
    many: Catalogue, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "MAX_FACET_VALUES", 2)
    monkeypatch.setattr(facets, "MAX_TALLIED_RECORDS", few)
    page = many.read_page("territory", Filters({"source": ("made",)}))
    facet = next(f for f in page.facets if f.field == "kind")
    assert [(c.value, c.records) for c in facet.counts] == [("commune", 234), ("city", 233)]
    assert not facet.complete
    assert next(f for f in page.facets if f.field == "source").complete


def test_a_facet_of_linked_records_tries_a_bounded_number(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "MAX_TALLIED_RECORDS", 0)
    for most, found in ((2_000, ["alpha-maison"]), (0, [])):
        monkeypatch.setattr(facets, "MAX_TRIED_RECORDS", most)
        page = catalogue.read_page("person")
        facet = next(f for f in page.facets if f.field == "organisation")
        assert [c.value for c in facet.counts] == found
        assert facet.complete is bool(most)


def test_the_territory_facet_descends_one_level(catalogue: Catalogue) -> None:
    page = catalogue.read_page("event", Filters({"territory": ("region-32",)}))
    facet = next(f for f in page.facets if f.field == "territory")
    assert [(c.value, c.records, c.chosen) for c in facet.counts] == [
        ("departement-59", 3, False),
        ("region-32", 3, True),
    ]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"colour": ["red"]}, "unknown parameter 'colour'"),
        ({"kind": ["seminaire"]}, "in use are"),
        ({"territory": ["lile"]}, "did you mean commune-59350"),
        ({"source": ["gamma"]}, "in use are alpha"),
        ({"topics": ["topic/rien"]}, "in use are topic/communs, topic/ess"),
        ({"from": ["2011-02-30"]}, "is not a date"),
        ({"from": ["demain"]}, "2011, 2011-05, 2011-05-03 or 03/05/2011"),
        ({"from": ["2011"], "to": ["2010"]}, "is before"),
        ({"bbox": ["1,2,3"]}, "west,south,east,north"),
        ({"bbox": ["181,2,3,4"]}, "not a box on Earth"),
        ({"bbox": ["1,2,3,4,5"]}, "west,south,east,north"),
        ({"bbox": ["nan,2,3,4"]}, "not a box on Earth"),
        ({"q": ["a", "b"]}, "given 2 times"),
    ],
)
def test_invalid_parameters_are_refused_with_the_valid_ones(
    catalogue: Catalogue, parameters: dict[str, list[str]], told: str
) -> None:
    with pytest.raises(BadRequest, match=told):
        catalogue.read_page("event", parse_filters(KIND_BY_NAME["event"], parameters))


def test_a_code_without_records_gives_an_empty_list(catalogue: Catalogue) -> None:
    assert keys(catalogue, "event", kind="festival") == []


@pytest.mark.parametrize("limit", [0, 501, -1])
def test_page_sizes_are_bounded(catalogue: Catalogue, limit: int) -> None:
    with pytest.raises(BadRequest, match="1 to 500"):
        catalogue.read_page("event", limit=limit)


def test_a_cursor_is_bound_to_its_release_and_order(catalogue: Catalogue, tmp_path: Path) -> None:
    after = catalogue.read_page("event", limit=2).next
    assert after is not None
    with pytest.raises(BadRequest, match="sorted by label"):
        catalogue.read_page("event", sort="date", after=after)
    other = Catalogue(write(tmp_path / "other.sqlite", release="release-2"))
    with pytest.raises(BadRequest, match="release release-1, which release-2 has replaced"):
        other.read_page("event", after=after)
    with pytest.raises(BadRequest, match="not an address of a page"):
        catalogue.read_page("event", after="?%é")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_filter_of_every_kind_works(catalogue: Catalogue, kind: object) -> None:
    declared = KIND_BY_NAME[kind.name]  # type: ignore[attr-defined]
    for facet in catalogue.read_page(declared.name).facets:
        assert facet.field in list_parameters(declared)
        for counted in facet.counts:
            page = catalogue.read_page(declared.name, Filters({facet.field: (counted.value,)}))
            assert page.total == counted.records


def test_a_release_that_lacks_a_column_has_its_other_facets(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tuple(field for field in catalogue.fields["organisation"] if field.name != "activity")
    monkeypatch.setitem(catalogue.fields, "organisation", kept)
    counted = {facet.field for facet in catalogue.read_page("organisation").facets}
    assert "kind" in counted
    assert "activity" not in counted
    with pytest.raises(BadRequest, match=r"activity=.94.99Z. is not known$"):
        catalogue.read_page("organisation", Filters({"activity": ("94.99Z",)}))
