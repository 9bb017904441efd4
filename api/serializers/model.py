"""Model documents: ontology, shapes and code lists of a release in RDF syntaxes."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from api.http.origin import ADDRESS_PROPERTIES, localize_addresses
from api.serializers.rdf import CONTEXT_PATH, render_graph_page, serialize_rdf
from api.views.page_context import PageContext
from kg.documents.jsonld import CONTEXT_IRI
from kg.formats import JSON_LD, TURTLE, Format
from kg.namespaces import BASE, RDF_TYPE, expand
from kg.rdf.io import read_quads
from kg.rdf.labels import LABEL_PROPERTIES
from kg.release_layout import Release

Triples = Sequence[ox.Triple]
PartSelector = Callable[[Triples, str], Triples]

CONTEXT_IRI_BYTES: Final = b'"%s"' % CONTEXT_IRI.encode()
CONCEPT_SCHEME: Final = ox.NamedNode(expand("skos:ConceptScheme"))
BROADER_PROPERTY: Final = ox.NamedNode(expand("skos:broader"))


@lru_cache(maxsize=128)
def read_triples(files: tuple[Path, ...]) -> Triples:
    """What some files say, read once: the files of a release never change."""
    return tuple(quad.triple for file in files for quad in read_quads(file))


def select_all(found: Triples, _: str) -> Triples:
    """All of it."""
    return found


def select_schemes(found: Triples, _: str) -> Triples:
    """What is said of the code lists themselves, not of their concepts."""
    lists = {
        t.subject for t in found if t.predicate.value == RDF_TYPE and t.object == CONCEPT_SCHEME
    }
    return [triple for triple in found if triple.subject in lists]


def select_concept(found: Triples, root: str) -> Triples:
    """One concept, and which ones are just under it."""
    node = ox.NamedNode(root)
    return [
        t
        for t in found
        if t.subject == node or (t.predicate == BROADER_PROPERTY and t.object == node)
    ]


def serialize_model(
    files: tuple[Path, ...], root: str, syntax: Format, release: Release, here: str,
    part: PartSelector = select_all,
) -> bytes:  # fmt: skip
    """A part of some files in an RDF format; `here` is the address of this installation.

    One whole Turtle file that names no place of ours comes as it was written.
    """
    if _has_addresses(files):
        return serialize_rdf(
            localize_addresses(part(read_triples(files), root), here), root, syntax, release, here
        )
    # kept once for all hosts: whoever asks chooses the host
    found = _serialize_model(files, root, syntax, release, part)
    if syntax != JSON_LD:
        return found
    return found.replace(CONTEXT_IRI_BYTES, b'"%s"' % (here + CONTEXT_PATH).encode(), 1)


@lru_cache(maxsize=256)
def _serialize_model(
    files: tuple[Path, ...], root: str, syntax: Format, release: Release, part: PartSelector
) -> bytes:
    if syntax == TURTLE and len(files) == 1 and part is select_all:
        return files[0].read_bytes()
    return serialize_rdf(part(read_triples(files), root), root, syntax, release, BASE.rstrip("/"))


@lru_cache(maxsize=128)
def _has_addresses(files: tuple[Path, ...]) -> bool:
    return any(triple.predicate in ADDRESS_PROPERTIES for triple in read_triples(files))


def render_model_page(
    files: tuple[Path, ...],
    root: str,
    path: str,
    site: PageContext,
    part: PartSelector = select_all,
    block: str = "",
) -> str:
    """The same as a plain page."""
    shown = part(read_triples(files), root)
    return render_graph_page(
        shown, _find_title(shown, root, site.language) or path.lstrip("/"), path, site, block
    )


def _find_title(shown: Triples, root: str, language: str) -> str | None:
    node = ox.NamedNode(root)
    titles = {
        t.object.language: t.object.value
        for t in shown
        if t.subject == node
        and t.predicate.value in LABEL_PROPERTIES
        and isinstance(t.object, ox.Literal)
    }
    return titles.get(language) or next(iter(titles.values()), None)
