"""Identifiers of a record, and the codes that it had before, as its page shows them."""

from dataclasses import dataclass

import pyoxigraph as ox

from api.views.labels import LabelResolver, LinkedText
from api.views.page_context import PageContext
from api.views.report_links import build_report_href
from kg.documents.assemble import EntityDocument
from kg.documents.discrepancies import list_linked_iris
from kg.namespaces import expand


@dataclass(frozen=True)
class Identifier:
    """One identifier of a record."""

    scheme: LinkedText
    value: LinkedText
    report: str
    """The form for what is wrong with it."""


@dataclass(frozen=True)
class FormerCode:
    """A code that a commune had."""

    code: str
    name: str
    until: str
    """The first day on which it was over; empty where unknown."""
    period: str
    """That day in words."""
    report: str


def list_identifiers(entity: EntityDocument, names: LabelResolver) -> list[Identifier]:
    """The identifiers by scheme and value."""
    identifiers = []
    for iri in list_linked_iris(entity.facts, "adms:identifier"):
        node = entity.by_subject.get(iri, {})
        schemes = names.resolve_all(node.get(expand("dct:conformsTo"), ()))
        values = names.resolve_all(node.get(expand("skos:notation"), ()))
        report = build_report_href(names.site, entity.iri, "value", iri)
        identifiers += [
            Identifier(scheme, value, report)
            for scheme in schemes or [LinkedText("")]
            for value in values
        ]
    return sorted(identifiers, key=lambda one: (one.scheme.text, one.value.text))


def list_former_codes(entity: EntityDocument, site: PageContext) -> list[FormerCode]:
    """The codes that a commune had, by the day on which they were over."""
    former_codes = []
    for iri in list_linked_iris(entity.facts, "ess:formerly"):
        node = entity.by_subject.get(iri, {})
        code, name, until = (
            next((v.value for v in node.get(expand(p), ()) if isinstance(v, ox.Literal)), "")
            for p in ("skos:notation", "skos:prefLabel", "ess:until")
        )
        former_codes.append((until, code, name, build_report_href(site, entity.iri, fact=iri)))
    return [
        FormerCode(code, name, until, site.format_day(until), report)
        for until, code, name, report in sorted(former_codes)
    ]
