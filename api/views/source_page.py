"""View model of the page of one source: description, counts, statements noted in it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyoxigraph as ox

from api.i18n.texts import TEXTS
from api.serving.representation import Representation
from api.views.entity_page import KindCount, list_format_links, list_iris_with_owners
from api.views.jinja import render_page
from api.views.labels import LabelResolver
from api.views.page_context import PageContext
from api.views.relations import group_outgoing
from api.views.request_context import build_page_context
from api.views.statements import list_statements
from kg import iris, queries
from kg.catalogue.filters import Filters
from kg.documents.assemble import EntityDocument
from kg.documents.discrepancies import group_by_subject
from kg.errors import BadRequest
from kg.kinds import KINDS, Text
from kg.namespaces import expand
from kg.sparql.client import construct

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


async def render_source_page(shown: Representation, entity: EntityDocument, name: str) -> str:
    """The page of a source. Raises QueryError."""
    served, site = shown.served, build_page_context(shown)
    graph = queries.parse_iri(iris.build_graph_iri(name))
    noted = await construct(served.executor, queries.fill("source", graph=graph))
    names = LabelResolver(site, served.catalogue.read_labels)
    names.load([*list_iris_with_owners(entity.triples), *list_iris_with_owners(noted)])
    told: Mapping[str, Any] = next(
        (s for s in served.manifest.get("sources", ()) if s["name"] == name), {}
    )
    return render_page(
        "source.html",
        site.language,
        site=site,
        title=told.get("title", {}).get(site.language) or names.resolve_label(entity.iri),
        description=names.resolve_all(entity.facts.get(expand("dct:description"), ())),
        facts=group_outgoing(_drop_shown_elsewhere(entity), names, site, PROPERTY_TITLES),
        summary=[*_describe_kind(entity, site), *_list_summary(told, site)],
        inside=list(_count_by_kind(shown, site, name)),
        said=list_statements(group_by_subject(noted), names, site),
        tables=served.tables,
        report=_find_report_url(shown, site, name),
        iri=entity.iri,
        formats=list_format_links(shown),
    )


def _find_report_url(shown: Representation, site: PageContext, name: str) -> str:
    """The address of the report on a source; nothing where the release has none."""
    there = (shown.served.release.report / name).is_dir()
    return site.href(f"/reports/{name}/") if there else ""


def _drop_shown_elsewhere(entity: EntityDocument) -> EntityDocument:
    """The source without what the page shows in a place of its own."""
    thing = ox.NamedNode(entity.iri)
    kept = [
        t
        for t in entity.triples
        if not (t.subject == thing and t.predicate.value in PROPERTIES_SHOWN_ELSEWHERE)
    ]
    return EntityDocument(entity.iri, kept)


def _describe_kind(entity: EntityDocument, site: PageContext) -> Iterator[tuple[str, str]]:
    for value in entity.facts.get(expand("ess:sourceKind"), ()):
        code = getattr(value, "value", "")
        if f"source_{code}" in TEXTS:
            yield site.t("source_kind"), site.t(f"source_{code}")


def _list_summary(told: Mapping[str, Any], site: PageContext) -> Iterator[tuple[str, str]]:
    for name in SUMMARY_KEYS:
        value = told.get(name)
        if name == "unjudged" and not value:
            continue
        if isinstance(value, int):
            yield site.t(name), site.format_number(value)
        elif value:
            yield site.t(name), site.format_day(str(value)) if name == "retrieved" else str(value)


def _count_by_kind(shown: Representation, site: PageContext, name: str) -> Iterator[KindCount]:
    for kind in KINDS:
        try:
            count = shown.served.catalogue.count_list(kind.name, Filters({"source": (name,)}))
        except BadRequest:  # the source has no record of this kind
            continue
        yield KindCount(site.localize(kind.plural), count, site.href(kind.path, source=name))
