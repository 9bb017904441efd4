"""The files of a release's model as documents, or the part of them that one address is about."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from api.render.document import as_page, as_rdf
from api.render.site import Site
from kg import rdf
from kg.formats import TURTLE, Format
from kg.namespaces import expand
from kg.release import Release

Triples = Sequence[ox.Triple]
Part = Callable[[Triples, str], Triples]

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


@lru_cache(maxsize=256)
def document(
    files: tuple[Path, ...], root: str, syntax: Format, release: Release, part: Part = everything
) -> bytes:
    """A part of some files in an RDF format; one whole Turtle file comes as it was written."""
    if syntax == TURTLE and len(files) == 1 and part is everything:
        return files[0].read_bytes()
    return as_rdf(part(triples(files), root), root, syntax, release)


def model_page(
    files: tuple[Path, ...], root: str, path: str, site: Site, part: Part = everything
) -> str:
    """The same as a plain page."""
    shown = part(triples(files), root)
    return as_page(shown, _title(shown, root, site.language) or path.lstrip("/"), path, site)


def _title(shown: Triples, root: str, language: str) -> str | None:
    node = ox.NamedNode(root)
    titles = {
        t.object.language: t.object.value
        for t in shown
        if t.subject == node and t.predicate.value in TITLES and isinstance(t.object, ox.Literal)
    }
    return titles.get(language) or next(iter(titles.values()), None)
