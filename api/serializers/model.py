"""RDF serializer of model documents: ontology, shapes and code lists of a release."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from api.serializers.rdf import CONTEXT_PATH, serialize_rdf
from api.serving.model_files import Triples, read_file, read_triples
from kg.documents.jsonld import CONTEXT_IRI, JsonLdContext
from kg.formats import JSON_LD, TURTLE, Format
from kg.namespaces import BASE, RDF_TYPE, expand
from kg.rdf.labels import LABEL_PROPERTIES

PartSelector = Callable[[Triples, str], Triples]
"""Selects the triples of a document, whose IRI is the second argument, among those of its files."""

CONTEXT_IRI_BYTES: Final = b'"%s"' % CONTEXT_IRI.encode()
CONCEPT_SCHEME: Final = ox.NamedNode(expand("skos:ConceptScheme"))
BROADER_PROPERTY: Final = ox.NamedNode(expand("skos:broader"))
ADDRESS_PROPERTIES: Final = frozenset(
    ox.NamedNode(expand(name))
    for name in (
        "dcat:accessURL",
        "dcat:downloadURL",
        "dcat:endpointDescription",
        "dcat:endpointURL",
        "sd:endpoint",
        "void:dataDump",
        "void:sparqlEndpoint",
    )
)
"""Properties whose values are addresses of an installation, not names."""


def select_all(triples: Triples, _: str) -> Triples:
    """All triples of the files."""
    return triples


def select_schemes(triples: Triples, _: str) -> Triples:
    """The triples about the code lists themselves, without their concepts."""
    schemes = {
        t.subject for t in triples if t.predicate.value == RDF_TYPE and t.object == CONCEPT_SCHEME
    }
    return [triple for triple in triples if triple.subject in schemes]


def select_concept(triples: Triples, root: str) -> Triples:
    """The triples about one concept, and the links of its narrower concepts to it."""
    concept = ox.NamedNode(root)
    return [
        t
        for t in triples
        if t.subject == concept or (t.predicate == BROADER_PROPERTY and t.object == concept)
    ]


def serialize_model(
    files: tuple[Path, ...], root: str, syntax: Format, context: JsonLdContext, origin: str,
    select: PartSelector = select_all,
) -> bytes:  # fmt: skip
    """A part of some files in an RDF format; `origin` is the address of this installation.

    A single whole Turtle file without addresses of the installation is returned as it was written.
    """
    if _has_addresses(files):
        triples = localize_addresses(select(read_triples(files), root), origin)
        return serialize_rdf(triples, root, syntax, context, origin)
    # cached once for all hosts: a client chooses the host, and could fill the cache with names
    content = _serialize_model(files, root, syntax, context, select)
    if syntax != JSON_LD:
        return content
    return content.replace(CONTEXT_IRI_BYTES, b'"%s"' % (origin + CONTEXT_PATH).encode(), 1)


@lru_cache(maxsize=256)
def _serialize_model(
    files: tuple[Path, ...],
    root: str,
    syntax: Format,
    context: JsonLdContext,
    select: PartSelector,
) -> bytes:
    if syntax == TURTLE and len(files) == 1 and select is select_all:
        return read_file(files[0])
    triples = select(read_triples(files), root)
    return serialize_rdf(triples, root, syntax, context, BASE.rstrip("/"))


@lru_cache(maxsize=128)
def _has_addresses(files: tuple[Path, ...]) -> bool:
    return any(triple.predicate in ADDRESS_PROPERTIES for triple in read_triples(files))


def localize_addresses(triples: Triples, origin: str) -> list[ox.Triple]:
    """The same triples, with addresses of our own moved to this installation."""
    return [
        ox.Triple(t.subject, t.predicate, ox.NamedNode(f"{origin}/{t.object.value[len(BASE) :]}"))
        if t.predicate in ADDRESS_PROPERTIES
        and isinstance(t.object, ox.NamedNode)
        and t.object.value.startswith(BASE)
        else t
        for t in triples
    ]


def find_title(triples: Triples, root: str, language: str) -> str | None:
    """The title of a document in a language, else in the other one, if it has any."""
    document = ox.NamedNode(root)
    titles = {
        t.object.language: t.object.value
        for t in triples
        if t.subject == document
        and t.predicate.value in LABEL_PROPERTIES
        and isinstance(t.object, ox.Literal)
    }
    return titles.get(language) or next(iter(titles.values()), None)
