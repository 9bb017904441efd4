"""Listing: a page of a list with the labels of everything it names, and its addresses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.concepts import MatchedConcept
from kg.catalogue.record_lists import ListPage
from kg.catalogue.records import Field, Item
from kg.iris import build_concept_iri, build_source_iri
from kg.kinds import KIND_BY_NAME, Kind, Text
from kg.namespaces import ID

EVENT_STATUS_SCHEME: Final = "event-status"
NOTABLE_STATUSES: Final = ("cancelled", "postponed", "announced", "programme-to-be-announced")
"""Statuses that a reader of nothing but the name and the date must see."""


@dataclass(frozen=True)
class Listing:
    """A page of a list, as serializers and views need it."""

    kind: Kind
    page: ListPage
    fields: Mapping[str, Field]
    labels: Mapping[str, Text]
    """IRI to label."""
    release: str
    links: Mapping[str, str]
    """Relation (`self`, `first`, `next`) to address."""
    codes: Sequence[MatchedConcept] = ()
    """The concepts of code lists that the search words match."""


def find_facet_iri(fields: Mapping[str, Field], name: str, value: str) -> str | None:
    """The IRI that a value of a facet stands for."""
    if name == "source":
        return build_source_iri(value)
    if name == "territory":
        return f"{ID}territory/{value.removeprefix('territory/')}"
    if name == "assertion":
        return build_concept_iri("assertion", value)
    return fields[name].build_iri(value) if name in fields else None


def load_labels(catalogue: Catalogue, kind: Kind, page: ListPage) -> dict[str, Text]:
    """The labels of everything that the records and facets of a page name."""
    fields = {field.name: field for field in catalogue.fields[kind.name]}
    iris = [iri for item in page.items for iri in _list_named_iris(fields, item, item.cells)]
    for facet in page.facets:
        values = (find_facet_iri(fields, facet.field, count.value) for count in facet.counts)
        iris += [iri for iri in values if iri is not None]
    return catalogue.read_labels(iris)


def load_summary_labels(catalogue: Catalogue, items: Iterable[Item]) -> dict[str, Text]:
    """The labels of everything that the summaries of records of any kind name."""
    iris: list[str] = []
    for item in items:
        fields = {field.name: field for field in catalogue.fields[item.kind]}
        iris += _list_named_iris(fields, item, KIND_BY_NAME[item.kind].summary)
    return catalogue.read_labels(iris)


def _list_named_iris(
    fields: Mapping[str, Field], item: Item, columns: Iterable[str]
) -> Iterable[str]:
    for name in columns:
        for cell in item.cells.get(name, ()):
            iri = fields[name].build_iri(cell)
            if iri:
                yield iri


def list_notable_statuses(item: Item) -> list[str]:
    """The codes of the statuses of an event that must be seen; none for other records."""
    codes = item.cells.get("status", ()) if item.kind == "event" else ()
    return [code for code in codes if code in NOTABLE_STATUSES]


def load_status_labels(
    catalogue: Catalogue, items: Iterable[Item] | None = None
) -> Mapping[str, Text]:
    """The labels of event statuses by code; empty when none of the `items` has a notable one."""
    if items is None or any(map(list_notable_statuses, items)):
        return catalogue.read_concepts(EVENT_STATUS_SCHEME)
    return {}
