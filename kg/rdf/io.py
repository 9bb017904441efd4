"""RDF I/O with pyoxigraph: files parsed and written in any syntax, nothing fetched."""

import gzip
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final, cast

import pyoxigraph as ox

from kg.errors import SourceError
from kg.formats import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TRIG, TURTLE, Format
from kg.namespaces import BASE, PREFIXES

OX_FORMATS: Final = {
    TURTLE: ox.RdfFormat.TURTLE,
    N_TRIPLES: ox.RdfFormat.N_TRIPLES,
    N_QUADS: ox.RdfFormat.N_QUADS,
    TRIG: ox.RdfFormat.TRIG,
    RDF_XML: ox.RdfFormat.RDF_XML,
    JSON_LD: ox.RdfFormat.JSON_LD,
}
PREFIXED_FORMATS: Final = (TURTLE, TRIG, RDF_XML)
PREFIX_SAMPLE_SIZE: Final = 10_000
"""Statements at the beginning of a stream that are searched for prefixes in use."""
GENID_BASE: Final = BASE + ".well-known/genid/"


def read_quads(path: Path) -> Iterator[ox.Quad]:
    """The quads of a file, gzipped or not; blank nodes become IRIs that depend on the file.

    Raises SourceError with the line where the file stops being RDF.
    """
    name = path.name.removesuffix(".gz")
    syntax = ox.RdfFormat.from_extension(name.rpartition(".")[2])
    if syntax is None:
        raise SourceError(f"{path}: {name.rpartition('.')[2]!r} is not an RDF file extension")
    skolem_iris: dict[str, ox.NamedNode] = {}
    try:
        open_file = gzip.open if path.suffix == ".gz" else Path.open
        with cast(IO[bytes], open_file(path, "rb")) as file:
            for quad in ox.parse(file, format=syntax, base_iri=BASE):
                yield _skolemize(quad, name.partition(".")[0], skolem_iris)
    except (SyntaxError, ValueError, OSError) as error:
        raise SourceError(f"{path}: {error}") from error


def _skolemize(quad: ox.Quad, stem: str, iris: dict[str, ox.NamedNode]) -> ox.Quad:
    """A quad without blank nodes; `iris` has those of the nodes before, and is added to."""
    if type(quad.subject) is not ox.BlankNode and type(quad.object) is not ox.BlankNode:
        return quad

    def get_iri(node: ox.BlankNode) -> ox.NamedNode:
        return iris.setdefault(node.value, ox.NamedNode(f"{GENID_BASE}{stem}-{len(iris) + 1}"))

    subject = get_iri(quad.subject) if isinstance(quad.subject, ox.BlankNode) else quad.subject
    value = get_iri(quad.object) if isinstance(quad.object, ox.BlankNode) else quad.object
    return ox.Quad(subject, quad.predicate, value, quad.graph_name)


def write_rdf(
    statements: Iterable[ox.Triple] | Iterable[ox.Quad],
    output: IO[bytes],
    syntax: Format,
    prefixes: Mapping[str, str] = PREFIXES,
) -> None:
    """Writes statements in a format, with prefixes where the format has them."""
    declared = dict(prefixes) if syntax in PREFIXED_FORMATS else None
    ox.serialize(statements, output, OX_FORMATS[syntax], prefixes=declared)


def write_with_used_prefixes(
    statements: Iterable[ox.Triple], output: IO[bytes], syntax: Format
) -> None:
    """Writes statements in a format, with those of the project's prefixes that they use.

    Prefixes come first in a file and a stream is read once: its beginning says which are in use.
    """
    if syntax not in PREFIXED_FORMATS:
        write_rdf(statements, output, syntax)
        return
    rest = iter(statements)
    first = list(islice(rest, PREFIX_SAMPLE_SIZE))
    write_rdf(chain(first, rest), output, syntax, find_used_prefixes(first))


def find_used_prefixes(triples: Iterable[ox.Triple]) -> dict[str, str]:
    """The project's prefixes that some triples use."""
    namespaces = {_find_namespace(iri) for triple in triples for iri in _iterate_iris(triple)}
    return {prefix: iri for prefix, iri in PREFIXES.items() if iri in namespaces}


def _iterate_iris(triple: ox.Triple) -> Iterator[str]:
    for term in (triple.subject, triple.predicate, triple.object):
        if isinstance(term, ox.NamedNode):
            yield term.value
        elif isinstance(term, ox.Literal):
            yield term.datatype.value


def _find_namespace(iri: str) -> str:
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]


def parse_line_file(path: Path, syntax: Format) -> Iterator[ox.Quad]:
    """The statements of an N-Triples or N-Quads file that this project wrote."""
    return ox.parse(path=path, format=OX_FORMATS[syntax], lenient=True)
