"""The files of a release's model as documents, or the part of them that one address is about."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from api.origin import PLACES, placed
from api.render.document import CONTEXT, as_page, as_rdf
from api.render.site import Site
from kg import rdf
from kg.documents.jsonld import CONTEXT_IRI
from kg.formats import JSON_LD, TURTLE, Format
from kg.namespaces import BASE, expand
from kg.release import Release

Triples = Sequence[ox.Triple]
Part = Callable[[Triples, str], Triples]

NAMED: Final = b'"%s"' % CONTEXT_IRI.encode()
TYPE: Final = ox.NamedNode(expand("rdf:type"))
SCHEME: Final = ox.NamedNode(expand("skos:ConceptScheme"))
BROADER: Final = ox.NamedNode(expand("skos:broader"))
TITLES: Final = tuple(map(expand, ("dct:title", "skos:prefLabel", "rdfs:label")))


@lru_cache(maxsize=128)
def triples(files: tuple[Path, ...]) -> Triples:
    """What some files say, read once: the files of a release never change."""
    return tuple(quad.triple for file in files for quad in rdf.read_quads(file))


def everything(found: Triples, _: str) -> Triples:
    """All of it."""
    return found


def schemes(found: Triples, _: str) -> Triples:
    """What is said of the code lists themselves, not of their concepts."""
    lists = {t.subject for t in found if t.predicate == TYPE and t.object == SCHEME}
    return [triple for triple in found if triple.subject in lists]


def concept(found: Triples, root: str) -> Triples:
    """One concept, and which ones are just under it."""
    node = ox.NamedNode(root)
    return [t for t in found if t.subject == node or (t.predicate == BROADER and t.object == node)]


def document(
    files: tuple[Path, ...], root: str, syntax: Format, release: Release, here: str,
    part: Part = everything,
) -> bytes:  # fmt: skip
    """A part of some files in an RDF format; `here` is the address of this installation.

    One whole Turtle file that names no place of ours comes as it was written.
    """
    if _has_places(files):
        return as_rdf(placed(part(triples(files), root), here), root, syntax, release, here)
    # kept once for all hosts: whoever asks chooses the host
    found = _document(files, root, syntax, release, part)
    if syntax != JSON_LD:
        return found
    return found.replace(NAMED, b'"%s"' % (here + CONTEXT).encode(), 1)


@lru_cache(maxsize=256)
def _document(
    files: tuple[Path, ...], root: str, syntax: Format, release: Release, part: Part
) -> bytes:
    if syntax == TURTLE and len(files) == 1 and part is everything:
        return files[0].read_bytes()
    return as_rdf(part(triples(files), root), root, syntax, release, BASE.rstrip("/"))


@lru_cache(maxsize=128)
def _has_places(files: tuple[Path, ...]) -> bool:
    return any(triple.predicate in PLACES for triple in triples(files))


def model_page(
    files: tuple[Path, ...],
    root: str,
    path: str,
    site: Site,
    part: Part = everything,
    block: str = "",
) -> str:
    """The same as a plain page."""
    shown = part(triples(files), root)
    return as_page(shown, _title(shown, root, site.language) or path.lstrip("/"), path, site, block)


def _title(shown: Triples, root: str, language: str) -> str | None:
    node = ox.NamedNode(root)
    titles = {
        t.object.language: t.object.value
        for t in shown
        if t.subject == node and t.predicate.value in TITLES and isinstance(t.object, ox.Literal)
    }
    return titles.get(language) or next(iter(titles.values()), None)
