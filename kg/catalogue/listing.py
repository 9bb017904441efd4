"""Listing: a page of a list with the labels and links that its representations need."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.concepts import MatchedConcept
from kg.catalogue.filters import KEY_FILTERS
from kg.catalogue.insee_codes import COMMUNE_KINDS
from kg.catalogue.record_lists import ListPage
from kg.catalogue.records import Field, Item
from kg.catalogue.territory_tree import find_parents
from kg.iris import build_concept_iri, build_record_iri, build_source_iri
from kg.kinds import KIND_BY_NAME, Kind, Text

EVENT_STATUS_SCHEME: Final = "event-status"
OVERSEAS_CODES: Final = ("97", "98")
"""What codes begin with where those of départements have three digits."""
NOTABLE_STATUSES: Final = ("cancelled", "postponed", "announced", "programme-to-be-announced")
"""Event statuses that must be displayed even where only the name and the date are."""


@dataclass(frozen=True)
class Listing:
    """Page of a list, as serializers and views need it."""

    kind: Kind
    page: ListPage
    fields: Mapping[str, Field]
    labels: Mapping[str, Text]
    """Labels by IRI."""
    release: str
    links: Mapping[str, str]
    """Addresses by link relation (`self`, `first`, `next`)."""
    codes: Sequence[MatchedConcept] = ()
    """Concepts of code lists that match the search words."""
    parents: Mapping[str, str] = field(default_factory=dict)
    """Of the territories that are counted: key to that of the nearest other that it lies in."""


def find_facet_iri(fields: Mapping[str, Field], name: str, value: str) -> str | None:
    """Return the IRI of a facet value."""
    if name == "source":
        return build_source_iri(value)
    if name == "assertion":
        return build_concept_iri("assertion", value)
    if name in KEY_FILTERS:
        kind = KEY_FILTERS[name]
        return build_record_iri(kind, value.removeprefix(f"{kind}/"))
    return fields[name].build_iri(value) if name in fields else None


def load_labels(catalogue: Catalogue, kind: Kind, page: ListPage) -> dict[str, Text]:
    """Load the labels of all entities in the records and facets of a page."""
    fields = {field.name: field for field in catalogue.fields[kind.name]}
    iris = [iri for item in page.items for iri in _list_named_iris(fields, item, item.cells)]
    iris += filter(None, map(find_department, page.items))
    for facet in page.facets:
        values = (find_facet_iri(fields, facet.field, count.value) for count in facet.counts)
        iris += [iri for iri in values if iri is not None]
    return catalogue.read_labels(iris)


def load_territory_parents(catalogue: Catalogue, page: ListPage) -> Mapping[str, str]:
    """Load which of the territories counted on a page lies in which other."""
    counts = next((facet.counts for facet in page.facets if facet.field == "territory"), ())
    return find_parents(catalogue, [count.value for count in counts])


def load_summary_labels(catalogue: Catalogue, items: Iterable[Item]) -> dict[str, Text]:
    """Load the labels that summaries of records of any kind display."""
    iris: list[str] = []
    for item in items:
        fields = {field.name: field for field in catalogue.fields[item.kind]}
        iris += _list_named_iris(fields, item, KIND_BY_NAME[item.kind].summary)
        iris += filter(None, (find_department(item),))
    return catalogue.read_labels(iris)


def find_department(item: Item) -> str | None:
    """Return the IRI of the département of a commune, which its code begins with.

    It tells communes of one name apart: six are called Saint-Aignan.
    """
    if item.kind != "territory" or item.cells.get("kind", ("",))[0] not in COMMUNE_KINDS:
        return None
    code = item.cells.get("code", ("",))[0]
    digits = code[:3] if code.startswith(OVERSEAS_CODES) else code[:2]
    return build_record_iri("territory", f"departement-{digits}")


def _list_named_iris(
    fields: Mapping[str, Field], item: Item, columns: Iterable[str]
) -> Iterable[str]:
    for name in columns:
        for cell in item.cells.get(name, ()):
            iri = fields[name].build_iri(cell)
            if iri:
                yield iri


def list_notable_statuses(item: Item) -> list[str]:
    """Return the notable status codes of an event; empty for other records."""
    codes = item.cells.get("status", ()) if item.kind == "event" else ()
    return [code for code in codes if code in NOTABLE_STATUSES]


def load_status_labels(
    catalogue: Catalogue, items: Iterable[Item] | None = None
) -> Mapping[str, Text]:
    """Load the labels of event statuses; empty where no item has a notable status."""
    if items is None or any(map(list_notable_statuses, items)):
        return catalogue.read_concepts(EVENT_STATUS_SCHEME)
    return {}
