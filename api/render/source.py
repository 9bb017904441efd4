"""The page of one source: what it is, what was read there, what was noted in it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyoxigraph as ox

from api.render.entity import Inside, formats_of, with_owners
from api.render.facts import direct
from api.render.frame import site_of
from api.render.names import Names
from api.render.said import sayings
from api.render.site import Site
from api.render.templates import page
from api.render.texts import TEXTS
from api.representation import Representation
from kg import iris, queries
from kg.catalogue.filters import Filters
from kg.documents.assemble import Entity
from kg.documents.discrepancies import group_by_subject
from kg.errors import BadRequest
from kg.kinds import KINDS, Text
from kg.namespaces import expand
from kg.sparql.client import construct

TITLES: Final = {
    expand("dct:publisher"): Text("Publié par", "Published by"),
    expand("dct:license"): Text("Licence", "Licence"),
    expand("dct:language"): Text("Langue", "Language"),
    expand("dcat:landingPage"): Text("Original", "Original"),
}
SHOWN_ELSEWHERE: Final = frozenset(
    map(expand, ("dct:title", "dct:issued", "dcat:version", "ess:sourceKind"))
)
COUNTED: Final = ("read", "accepted", "refused", "unjudged", "retrieved", "version")


async def source_page(shown: Representation, entity: Entity, name: str) -> str:
    """The page of a source. Raises QueryError."""
    served, site = shown.served, site_of(shown)
    graph = queries.iri(iris.graph(name))
    noted = await construct(served.executor, queries.filled("source", graph=graph))
    names = Names(site, served.catalogue.labels)
    names.learn([*with_owners(entity.triples), *with_owners(noted)])
    told: Mapping[str, Any] = next(
        (s for s in served.manifest.get("sources", ()) if s["name"] == name), {}
    )
    return page(
        "source.html",
        site.language,
        site=site,
        title=told.get("title", {}).get(site.language) or names.name(entity.iri),
        description=names.things(entity.facts.get(expand("dct:description"), ())),
        facts=direct(_plain(entity), names, site, TITLES),
        summary=[*_nature(entity, site), *_summary(told, site)],
        inside=list(_inside(shown, site, name)),
        said=sayings(group_by_subject(noted), names, site),
        tables=served.tables,
        report=_report(shown, site, name),
        iri=entity.iri,
        formats=formats_of(shown),
    )


def _report(shown: Representation, site: Site, name: str) -> str:
    """The address of the report on a source; nothing where the release has none."""
    there = (shown.served.release.report / name).is_dir()
    return site.href(f"/reports/{name}/") if there else ""


def _plain(entity: Entity) -> Entity:
    """The source without what the page shows in a place of its own."""
    thing = ox.NamedNode(entity.iri)
    kept = [
        t
        for t in entity.triples
        if not (t.subject == thing and t.predicate.value in SHOWN_ELSEWHERE)
    ]
    return Entity(entity.iri, kept)


def _nature(entity: Entity, site: Site) -> Iterator[tuple[str, str]]:
    for value in entity.facts.get(expand("ess:sourceKind"), ()):
        code = getattr(value, "value", "")
        if f"source_{code}" in TEXTS:
            yield site.t("source_kind"), site.t(f"source_{code}")


def _summary(told: Mapping[str, Any], site: Site) -> Iterator[tuple[str, str]]:
    for name in COUNTED:
        value = told.get(name)
        if name == "unjudged" and not value:
            continue
        if isinstance(value, int):
            yield site.t(name), site.number(value)
        elif value:
            yield site.t(name), site.day(str(value)) if name == "retrieved" else str(value)


def _inside(shown: Representation, site: Site, name: str) -> Iterator[Inside]:
    for kind in KINDS:
        try:
            count = shown.served.catalogue.total(kind.name, Filters({"source": (name,)}))
        except BadRequest:  # the source has no record of this kind
            continue
        yield Inside(site.in_(kind.plural), count, site.href(kind.path, source=name))
