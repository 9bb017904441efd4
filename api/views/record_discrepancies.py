"""Discrepancies of a record as its page shows them: each value with the sources that state it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from api.views.labels import LabelResolver, LinkedText
from api.views.page_context import PageContext
from api.views.report_links import build_report_href
from kg.catalogue.records import Field
from kg.documents.assemble import EntityDocument
from kg.documents.discrepancies import Discrepancy


@dataclass(frozen=True)
class DisplayedDiscrepancy:
    """What sources disagree on as it is shown: a title, and each value with its sources."""

    title: str
    report: str
    """The form for what is wrong with it."""
    values: tuple[tuple[LinkedText, tuple[LinkedText, ...]], ...]
    sources: tuple[LinkedText, ...]
    """Those that break a rule together, where it is not about values of one property."""


def list_discrepancies(
    entity: EntityDocument,
    names: LabelResolver,
    site: PageContext,
    fields: Sequence[Field],
) -> list[DisplayedDiscrepancy]:
    """The discrepancies of a record, each called by the column that it is about."""
    columns = {(f.predicate, f.fragment, f.lang or ""): f for f in fields}
    discrepancies = []
    for dispute in entity.discrepancies.items:
        fragment = dispute.subject.removeprefix(entity.iri)
        column = columns.get((dispute.predicate, fragment, _find_text_language(dispute)))
        property_label = (
            site.localize(column.title)
            if column
            else names.resolve_label(dispute.rule or dispute.predicate)
        )
        values = tuple(
            (names.resolve(stated.value), _resolve_sources(names, stated.sources))
            for stated in dispute.values
        )
        discrepancies.append(
            DisplayedDiscrepancy(
                property_label,
                build_report_href(site, entity.iri, column.name if column else ""),
                values,
                _resolve_sources(names, dispute.sources),
            )
        )
    return discrepancies


def _find_text_language(dispute: Discrepancy) -> str:
    """The language of the texts that differ, empty where they are no texts."""
    first = dispute.values[0].value if dispute.values else None
    return (first.language or "") if isinstance(first, ox.Literal) else ""


def _resolve_sources(names: LabelResolver, iris_: Iterable[str]) -> tuple[LinkedText, ...]:
    return tuple(names.resolve(ox.NamedNode(iri)) for iri in iris_)
