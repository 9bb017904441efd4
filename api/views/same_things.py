"""View model of pairs of records that are one thing or may be: reasons in words, what each says."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from api.views.labels import LabelResolver, LinkedText
from api.views.page_context import PageContext
from kg.catalogue.records import Field, Item
from kg.catalogue.same_things import SAME, Pair
from kg.csvw_tables import PER_SOURCE_COLUMNS
from kg.iris import build_record_iri, build_source_iri
from kg.kinds import Text

REASON: Final = re.compile(r"(\w+: [^()]+?) \(([+-]\d+\.\d)\)")
REASON_KEYS: Final[Mapping[str, str]] = {
    "name: same words": "reason_same_words",
    "name: same letters": "reason_same_letters",
    "name: another name is the same": "reason_other_name",
    "name: spelt alike": "reason_spelt_alike",
    "name: words of one in the other": "reason_words_of_one",
    "name: initials": "reason_initials",
    "name: spelt nearly alike": "reason_spelt_nearly",
    "name: differs": "reason_name_differs",
    "place: same commune": "reason_same_commune",
    "place: same département": "reason_same_department",
    "place: differs": "reason_place_differs",
    "country: same country": "reason_same_country",
    "country: differs": "reason_country_differs",
    "figures: same figures": "reason_same_figures",
    "figures: differs": "reason_figures_differ",
    "form: same legal form": "reason_same_form",
    "form: differs": "reason_form_differs",
    "site: same site": "reason_same_site",
    "site: differs": "reason_site_differs",
    "year: same day": "reason_same_day",
    "year: another day of the year": "reason_other_day",
    "year: same year": "reason_same_year",
    "year: a year apart": "reason_year_apart",
    "year: differs": "reason_year_differs",
    "identifiers: an identifier is the same": "reason_same_identifier",
    "identifiers: identifiers differ": "reason_identifiers_differ",
    "identifiers: none in common": "reason_no_identifier",
}
"""How two records compare, with the key of its text."""
UNSHOWN_COLUMNS: Final = PER_SOURCE_COLUMNS | {"id", "read_at"}


@dataclass(frozen=True)
class LinkedRecord:
    """Another record of the same thing, or probably of the same, as a page shows it."""

    record: LinkedText
    judged: bool
    score: str
    reasons: tuple[str, ...]
    sources: tuple[LinkedText, ...]
    facts: tuple[tuple[str, tuple[LinkedText, ...]], ...]
    """(title, values) of each column."""


@dataclass(frozen=True)
class WaitingPair:
    """A pair of the queue as its page shows it."""

    id: str
    one: LinkedText
    other: LinkedText
    sure: bool
    score: str
    reasons: tuple[str, ...]


def describe_reasons(reasons: str, site: PageContext) -> tuple[str, ...]:
    """The reasons of a score in the language of a page, each with its weight."""
    return tuple(
        f"{site.t(REASON_KEYS[how]) if how in REASON_KEYS else how} ({_localize(weight, site)})"
        for how, weight in REASON.findall(reasons)
    )


def link_records(
    pairs: Iterable[tuple[Pair, Item]],
    fields: Sequence[Field],
    names: LabelResolver,
    site: PageContext,
) -> list[LinkedRecord]:
    """The other records of the pairs of one record; of those judged the same, what they say."""
    return [
        LinkedRecord(
            LinkedText(site.localize(item.label), site.href(item.path)),
            pair.decision == SAME,
            _format_score(pair, site),
            describe_reasons(pair.reasons, site),
            tuple(names.resolve(ox.NamedNode(build_source_iri(s))) for s in item.sources),
            tuple(_list_facts(item, fields, names, site)) if pair.decision == SAME else (),
        )
        for pair, item in pairs
    ]


def list_named_iris(items: Iterable[Item], fields: Sequence[Field]) -> list[str]:
    """The IRIs whose labels `link_records` shows."""
    return [
        iri
        for item in items
        for iri in (
            *map(build_source_iri, item.sources),
            *(f.build_iri(cell) for f in fields for cell in item.cells.get(f.name, ())),
        )
        if iri
    ]


def describe_queue(
    pairs: Iterable[Pair], labels: Mapping[str, Text], site: PageContext
) -> list[WaitingPair]:
    """The pairs of a part of the queue; `labels` are those of their records by IRI."""

    def link(record: str) -> LinkedText:
        label = labels.get(build_record_iri(*record.split("/", 1)))
        return LinkedText(site.localize(label) if label else record, site.href(f"/{record}"))

    return [
        WaitingPair(
            pair.id,
            link(pair.one),
            link(pair.other),
            pair.sure,
            _format_score(pair, site),
            describe_reasons(pair.reasons, site),
        )
        for pair in pairs
    ]


def _list_facts(
    item: Item, fields: Sequence[Field], names: LabelResolver, site: PageContext
) -> Iterable[tuple[str, tuple[LinkedText, ...]]]:
    for field in fields:
        cells = item.cells.get(field.name, ())
        if cells and field.name not in UNSHOWN_COLUMNS:
            yield (
                site.localize(field.title),
                tuple(_resolve(field, cell, names) for cell in cells),
            )


def _resolve(field: Field, cell: str, names: LabelResolver) -> LinkedText:
    iri = field.build_iri(cell)
    return names.resolve(ox.NamedNode(iri)) if iri else LinkedText(cell)


def _format_score(pair: Pair, site: PageContext) -> str:
    return "" if pair.score is None else _localize(f"{pair.score:.1f}", site)


def _localize(number: str, site: PageContext) -> str:
    return number.replace("-", "\u2212").replace(".", "," if site.language == "fr" else ".")
