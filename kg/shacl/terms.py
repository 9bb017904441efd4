"""RDF terms and statements, and terms as text: bare IRIs for subjects, N-Triples for values."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import pyoxigraph as ox

Node: TypeAlias = ox.NamedNode | ox.BlankNode
Term: TypeAlias = Node | ox.Literal
Statement: TypeAlias = tuple[Node, ox.NamedNode, Term]
LEGAL_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")
XSD: Final = "http://www.w3.org/2001/XMLSchema#"


def iter_statements(quads: Iterable[ox.Quad | ox.Triple]) -> Iterator[Statement]:
    """Statements of quads, without those about triples, which SHACL does not know."""
    for quad in quads:
        subject, value = quad.subject, quad.object
        if not isinstance(subject, ox.Triple) and not isinstance(value, ox.Triple):
            yield subject, quad.predicate, value


def format_bare(term: Term) -> str:
    """A bare IRI, `_:id`, or an N-Triples literal."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def strip_iri_brackets(text: str) -> str:
    """An N-Triples term, an IRI without its angle brackets."""
    return text[1:-1] if text.startswith("<") else text


@dataclass(frozen=True)
class TermRange:
    """Terms whose text lies between two others."""

    start: str = ""
    end: str | None = None
    """The first text after the range; None where it has no end."""

    def contains(self, term: Term) -> bool:
        """Whether a term is in the range."""
        text = format_bare(term)
        return self.start <= text and (self.end is None or text < self.end)


ALL_TERMS: Final = TermRange()


def can_be_named_in_a_query(term: Term) -> bool:
    """Whether a query can name a term: neither a blank node nor an illegal IRI."""
    if isinstance(term, ox.NamedNode):
        return LEGAL_IRI.fullmatch(term.value) is not None
    return not isinstance(term, ox.BlankNode)


def parse_term(text: str) -> Term:
    """The term of a bare IRI or of an N-Triples term; an illegal IRI stays as it is."""
    if text.startswith("_:"):
        return ox.BlankNode(text[2:])
    if LEGAL_IRI.fullmatch(text):
        with suppress(ValueError):  # most terms are IRIs, which need no parser
            return ox.NamedNode(text)
    term = text if text.startswith(('"', "<")) else f"<{text}>"
    line = f"<x:s> <x:p> {term} ."
    read = ox.parse(line, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    return next(value for _, _, value in iter_statements(read))


def parse_rdf_file(file: Path, content: bytes, base_iri: str) -> list[Statement]:
    """The statements of a file, its blank nodes renamed; raises SyntaxError or ValueError."""
    syntax = ox.RdfFormat.from_extension(file.suffix[1:])
    if syntax is None:
        raise ValueError("not an RDF file extension")
    parsed = ox.parse(content, format=syntax, base_iri=base_iri, rename_blank_nodes=True)
    return list(iter_statements(parsed))
