"""View model of a page that shows an RDF graph subject by subject."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from api.http import links
from api.serializers.model import find_title
from api.views.jinja import render_page
from api.views.labels import LabelResolver, LinkedText
from api.views.page_context import PageContext
from kg.documents.discrepancies import group_by_subject
from kg.documents.jsonld import Value
from kg.formats import ENTITY_FORMATS, TURTLE
from kg.kinds import Text
from kg.namespaces import shorten
from kg.rdf.labels import LABEL_PROPERTIES
from kg.rdf.serialize import serialize_graph


def render_graph_page(
    triples: Sequence[ox.Triple], root: str, path: str, site: PageContext, block: str = ""
) -> str:
    """The page of a graph about `root`, with links to its other formats.

    `block` describes it to search engines, as JSON that can stand in a page.
    """
    nodes = group_by_subject(triples)
    names = LabelResolver(site, {iri: _choose_label(facts, iri) for iri, facts in nodes.items()})
    own = links.to_canonical_iri(path)
    ordered = sorted(nodes, key=lambda iri: (iri != own, names.resolve_label(iri).casefold(), iri))
    anchors = _assign_anchors(ordered, own)
    return render_page(
        "document.html",
        site.language,
        site=site,
        title=find_title(triples, root, site.language) or path.lstrip("/"),
        title_language=names.foreign(own),
        block=block,
        subjects=[_build_section(iri, anchors[iri], nodes[iri], names) for iri in ordered],
        turtle=serialize_graph(triples, TURTLE).decode() if _has_blank_nodes(triples) else "",
        formats=[
            (f.name, f"{links.build_url(path)}.{f.extension}", f.media_type)
            for f in ENTITY_FORMATS[1:]
        ],
    )


@dataclass(frozen=True)
class SubjectSection:
    """Section of one subject: its name, its IRI and its properties with their values."""

    anchor: str
    title: str
    language: str
    """Language of the title where it is not that of the page, else empty."""
    iri: str
    rows: Sequence[tuple[str, Sequence[LinkedText]]]


def _assign_anchors(iris: Sequence[str], own: str) -> dict[str, str]:
    """A unique anchor for each subject.

    A fragment of the document itself is its own anchor, because its address leads there.
    """
    anchors: dict[str, str] = {}
    for iri in iris:
        document, _, fragment = iri.partition("#")
        anchor = fragment if document == own else iri.rstrip("/").rpartition("/")[2]
        if not anchor or anchor in anchors.values():
            anchor = re.sub(r"[^\w.-]+", "-", shorten(iri)).strip("-")
        anchors[iri] = anchor if anchor not in anchors.values() else f"{anchor}-{len(anchors)}"
    return anchors


def _build_section(
    iri: str, anchor: str, facts: Mapping[str, Sequence[Value]], names: LabelResolver
) -> SubjectSection:
    rows = [
        (
            shorten(predicate),
            names.resolve_all([v for v in values if not isinstance(v, ox.BlankNode)]),
        )
        for predicate, values in sorted(facts.items(), key=lambda fact: shorten(fact[0]))
    ]
    return SubjectSection(
        anchor, names.resolve_label(iri), names.foreign(iri), iri, [row for row in rows if row[1]]
    )


def _choose_label(facts: Mapping[str, Sequence[Value]], iri: str) -> Text:
    """The label of a subject, else its shortened IRI; one without a language tag is in both."""
    labels = {
        v.language or "": v.value
        for name in reversed(LABEL_PROPERTIES)  # the best last, which replaces the others
        for v in reversed(facts.get(name, ()))
        if isinstance(v, ox.Literal)
    }
    fallback = next(iter(labels.values()), shorten(iri))
    stated = tuple(each for each in ("fr", "en") if each in labels) or ("fr", "en")
    return Text(labels.get("fr", fallback), labels.get("en", fallback), stated)


def _has_blank_nodes(triples: Sequence[ox.Triple]) -> bool:
    return any(isinstance(t.subject, ox.BlankNode) for t in triples)
