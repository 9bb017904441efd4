"""View model of the page of one source: description, counts, statements noted in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyoxigraph as ox

from api.i18n.texts import TEXTS
from api.serving.representation import Representation
from api.views.entity_page import link_counts, list_format_links
from api.views.jinja import render_page
from api.views.labels import LabelResolver
from api.views.list_entries import format_plain
from api.views.page_context import PageContext, build_page_context
from api.views.relations import group_outgoing
from api.views.statements import list_statements
from api.views.subscriptions import list_subscriptions
from kg.documents.assemble import EntityDocument
from kg.documents.discrepancies import group_by_subject
from kg.kinds import Text
from kg.namespaces import expand

PROPERTY_TITLES: Final = {
    expand("dct:publisher"): Text("Publié par", "Published by"),
    expand("dct:license"): Text("Licence", "Licence"),
    expand("dct:language"): Text("Langue", "Language"),
    expand("dcat:landingPage"): Text("Original", "Original"),
}
PROPERTIES_SHOWN_ELSEWHERE: Final = frozenset(
    map(expand, ("dct:title", "dct:issued", "dcat:version", "ess:sourceKind"))
)
SUMMARY_KEYS: Final = ("read", "accepted", "refused", "unjudged", "retrieved", "version")


def render_source_page(
    variant: Representation,
    entity: EntityDocument,
    name: str,
    noted: Sequence[ox.Triple],
    labels: Mapping[str, Text],
    counts: Mapping[str, int],
    has_report: bool,
) -> str:
    """The page of a source.

    `noted`: the editorial statements in its graph; `labels`: those of the IRIs of both; `counts`:
    its records by kind.
    """
    served, site = variant.served, build_page_context(variant)
    names = LabelResolver(site, labels)
    summary: Mapping[str, Any] = next(
        (s for s in served.manifest.get("sources", ()) if s["name"] == name), {}
    )
    description = names.resolve_all(entity.facts.get(expand("dct:description"), ()))
    return render_page(
        "source.html",
        site.language,
        site=site,
        title=summary.get("title", {}).get(site.language) or names.resolve_label(entity.iri),
        description=description,
        **({"summary": format_plain(description[0].text)} if description else {}),
        facts=group_outgoing(_drop_shown_elsewhere(entity), names, site, PROPERTY_TITLES),
        rows=[*_describe_kind(entity, site), *_list_summary(summary, site)],
        inside=link_counts(counts, site, source=name),
        said=list_statements(group_by_subject(noted), names),
        tables=served.tables,
        report=site.href(f"/reports/{name}/") if has_report else "",
        iri=entity.iri,
        subscriptions=list_subscriptions(
            ("source", name),
            site,
            variant.origin,
            events=("source", name) if counts.get("event") else None,
        ),
        formats=list_format_links(variant),
    )


def _drop_shown_elsewhere(entity: EntityDocument) -> EntityDocument:
    """The document of the source without the properties that the page shows elsewhere."""
    source = ox.NamedNode(entity.iri)
    triples = [
        t
        for t in entity.triples
        if not (t.subject == source and t.predicate.value in PROPERTIES_SHOWN_ELSEWHERE)
    ]
    return EntityDocument(entity.iri, triples)


def _describe_kind(entity: EntityDocument, site: PageContext) -> Iterator[tuple[str, str]]:
    for value in entity.facts.get(expand("ess:sourceKind"), ()):
        code = getattr(value, "value", "")
        if f"source_{code}" in TEXTS:
            yield site.t("source_kind"), site.t(f"source_{code}")


def _list_summary(summary: Mapping[str, Any], site: PageContext) -> Iterator[tuple[str, str]]:
    for name in SUMMARY_KEYS:
        value = summary.get(name)
        if name == "unjudged" and not value:
            continue
        if isinstance(value, int):
            yield site.t(name), site.format_number(value)
        elif value:
            yield site.t(name), site.format_day(str(value)) if name == "retrieved" else str(value)
