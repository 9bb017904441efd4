"""RDF serializer of a graph about one entity: any RDF syntax, or a JSON-LD tree."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import orjson
import pyoxigraph as ox

from api.http import links
from api.views.jinja import render_page
from api.views.labels import LabelResolver, LinkedText
from api.views.page_context import PageContext
from kg.documents.discrepancies import group_by_subject
from kg.documents.jsonld import JsonLdContext, Value, build_tree
from kg.formats import ENTITY_FORMATS, JSON_LD, TURTLE, Format
from kg.kinds import Text
from kg.namespaces import shorten
from kg.rdf.labels import LABEL_PROPERTIES
from kg.rdf.serialize import serialize_graph
from kg.release_layout import Release

CONTEXT_PATH: Final = "/context.jsonld"


@lru_cache(maxsize=4)
def _load_context(path: Path) -> JsonLdContext:
    return JsonLdContext(path.read_bytes())


def load_context(release: Release) -> JsonLdContext:
    """The JSON-LD context of a release."""
    return _load_context(release.model / "ontology" / "context.jsonld")


def serialize_rdf(
    triples: Sequence[ox.Triple], root: str, syntax: Format, release: Release, here: str
) -> bytes:
    """A graph about one thing, in any RDF format; `here` is the address of this installation."""
    if syntax != JSON_LD:
        return serialize_graph(triples, syntax)
    content: dict[str, Any] = build_tree(
        group_by_subject(triples), root, load_context(release), here + CONTEXT_PATH
    )
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def render_graph_page(
    triples: Sequence[ox.Triple], title: str, path: str, site: PageContext, block: str = ""
) -> str:
    """A page that tells a graph subject by subject, and where its other forms are.

    `block` is the same for search engines, as JSON that can stand in a page.
    """
    nodes = group_by_subject(triples)
    names = LabelResolver(
        site, lambda iris: {iri: _choose_label(nodes[iri], iri) for iri in iris if iri in nodes}
    )
    names.load(nodes)
    own = links.to_canonical_iri(path)
    ordered = sorted(nodes, key=lambda iri: (iri != own, names.resolve_label(iri).casefold(), iri))
    anchors = _assign_anchors(ordered, own)
    return render_page(
        "document.html",
        site.language,
        site=site,
        title=title,
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
    """One subject of a page: its name, its IRI and its properties with their values."""

    anchor: str
    title: str
    language: str
    """That of the title, where it is not that of the page."""
    iri: str
    rows: Sequence[tuple[str, Sequence[LinkedText]]]


def _assign_anchors(iris: Sequence[str], own: str) -> dict[str, str]:
    """An anchor for each subject, of which no two are alike.

    What hangs on the document itself has its fragment, to which addresses lead.
    """
    found: dict[str, str] = {}
    for iri in iris:
        document, _, fragment = iri.partition("#")
        wanted = fragment if document == own else iri.rstrip("/").rpartition("/")[2]
        if not wanted or wanted in found.values():
            wanted = re.sub(r"[^\w.-]+", "-", shorten(iri)).strip("-")
        found[iri] = wanted if wanted not in found.values() else f"{wanted}-{len(found)}"
    return found


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
    """The name of a subject in both languages; its IRI in short where it has none.

    A name in no language at all is in both.
    """
    told = {
        v.language or "": v.value
        for name in reversed(LABEL_PROPERTIES)  # the best last, which replaces the others
        for v in reversed(facts.get(name, ()))
        if isinstance(v, ox.Literal)
    }
    any_one = next(iter(told.values()), shorten(iri))
    stated = tuple(each for each in ("fr", "en") if each in told) or ("fr", "en")
    return Text(told.get("fr", any_one), told.get("en", any_one), stated)


def _has_blank_nodes(triples: Sequence[ox.Triple]) -> bool:
    return any(isinstance(t.subject, ox.BlankNode) for t in triples)
