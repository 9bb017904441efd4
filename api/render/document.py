"""A graph as a document: in an RDF syntax, as a JSON-LD tree, or as a plain page around Turtle."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import pyoxigraph as ox

from api import links
from api.render.jsonld import Context, Value, tree
from api.render.templates import page
from kg.formats import ENTITY_FORMATS, HTML, JSON_LD, TURTLE, Format
from kg.release import Release
from kg.store.writing import written


@lru_cache(maxsize=4)
def _context(path: Path) -> Context:
    return Context(path.read_bytes())


def context_of(release: Release) -> Context:
    """The JSON-LD context of a release."""
    return _context(release.model / "ontology" / "context.jsonld")


def as_rdf(triples: Sequence[ox.Triple], root: str, syntax: Format, release: Release) -> bytes:
    """A graph about one thing, in any RDF format."""
    if syntax != JSON_LD:
        return written(triples, syntax)
    content: dict[str, Any] = tree(by_subject(triples), root, context_of(release))
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def as_page(triples: Sequence[ox.Triple], title: str, path: str, language: str) -> str:
    """A plain page that shows a graph as Turtle and where its other forms are."""
    return page(
        "document.html",
        language,
        title=title,
        turtle=written(triples, TURTLE).decode(),
        formats=[(f.name, f"{links.address(path)}.{f.extension}") for f in ENTITY_FORMATS],
        html=HTML.name,
    )


def by_subject(triples: Sequence[ox.Triple]) -> dict[str, dict[str, list[Value]]]:
    """Subject to predicate to values, as IRIs and terms; blank nodes are not subjects here."""
    found: dict[str, dict[str, list[Value]]] = {}
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode):
            facts = found.setdefault(triple.subject.value, {})
            facts.setdefault(triple.predicate.value, []).append(triple.object)
    return found
