"""A graph as one JSON-LD tree from one root, compacted with our context; nothing is ever fetched.

Every value is written with a term of the context whose coercion gives that value back exactly,
else under a CURIE as a full value object, which means the same whatever the context. Nodes that
hang on a record (`…#membership-1`) are written inside the first node that names them, others
beside the root in `@graph` order. Specification: https://www.w3.org/TR/json-ld11/
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import pyoxigraph as ox

from kg.formats import MAX_SAFE_INTEGER
from kg.namespaces import BASE, expand, shorten

CONTEXT_IRI: Final = BASE + "context.jsonld"
RDF_TYPE: Final = expand("rdf:type")
STRING: Final = expand("xsd:string")
INTEGER: Final = expand("xsd:integer")
LANG_STRING: Final = expand("rdf:langString")

Value = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Nodes = Mapping[str, Mapping[str, Sequence[Value]]]


@dataclass(frozen=True)
class Term:
    """One term of a context, as far as ours go: a name, an IRI, a coercion."""

    name: str
    iri: str
    type: str | None = None
    by_language: bool = False

    def fits(self, value: Value) -> bool:
        """Whether a bare string (or a language map entry) under this term is this value."""
        if not isinstance(value, ox.Literal):
            return self.type == "@id"
        if value.language:
            return self.by_language
        return not self.by_language and self.type == (
            None if value.datatype.value == STRING else value.datatype.value
        )


class Context:
    """The terms of a context file, by the IRI they stand for."""

    def __init__(self, content: bytes) -> None:
        entries: Mapping[str, Any] = orjson.loads(content)["@context"]
        self._prefixes = {
            name: iri
            for name, iri in entries.items()
            if isinstance(iri, str) and iri.endswith(("#", "/"))
        }
        self._terms: dict[str, list[Term]] = {}
        for name, entry in entries.items():
            if not name.startswith("@") and name not in self._prefixes:
                term = self._term(name, entry)
                self._terms.setdefault(term.iri, []).append(term)
        self._aliases = {entry: name for name, entry in entries.items() if isinstance(entry, str)}

    def keyword(self, name: str) -> str:
        """The name this context gives to a keyword such as `@id`."""
        return self._aliases.get(name, name)

    def term(self, predicate: str, value: Value) -> Term | None:
        """A term under which a value can be written bare."""
        return next((t for t in self._terms.get(predicate, ()) if t.fits(value)), None)

    def name(self, iri: str) -> str:
        """A class as a term or CURIE."""
        plain = next((t for t in self._terms.get(iri, ()) if t.type is None), None)
        return plain.name if plain else self.curie(iri)

    def curie(self, iri: str) -> str:
        """An IRI in short form, where its prefix is in the context."""
        short = shorten(iri)
        return short if short != iri and short.split(":")[0] in self._prefixes else iri

    def _term(self, name: str, entry: Any) -> Term:
        if isinstance(entry, str):
            return Term(name, self._expanded(entry))
        kind = entry.get("@type")
        return Term(
            name,
            self._expanded(entry["@id"]),
            kind if kind is None or kind.startswith("@") else self._expanded(kind),
            entry.get("@container") == "@language",
        )

    def _expanded(self, curie: str) -> str:
        prefix, _, local = curie.partition(":")
        return self._prefixes[prefix] + local if prefix in self._prefixes else curie


def tree(nodes: Nodes, root: str, context: Context, address: str = CONTEXT_IRI) -> dict[str, Any]:
    """The JSON-LD document of a graph, its root first and every node once.

    `address` is where the context can be fetched.
    """
    writer = _Writer(nodes, context)
    first = writer.node(root)
    others = [writer.node(iri) for iri in sorted(nodes, key=_depth) if iri not in writer.done]
    document: dict[str, Any] = {"@context": address, **first}
    if others:
        document[context.keyword("@included")] = others
    return document


class _Writer:
    """Writes each node of a graph once."""

    def __init__(self, nodes: Nodes, context: Context) -> None:
        self._nodes = nodes
        self._context = context
        self.done: set[str] = set()

    def node(self, iri: str) -> dict[str, Any]:
        self.done.add(iri)
        content: dict[str, Any] = {self._context.keyword("@id"): iri}
        facts = self._nodes.get(iri, {})
        if RDF_TYPE in facts:
            names = [self._context.name(_identifier(value)) for value in facts[RDF_TYPE]]
            content[self._context.keyword("@type")] = _one_or_many(names)
        for predicate, values in facts.items():
            if predicate != RDF_TYPE:
                self._write(content, predicate, values)
        return content

    def _write(self, content: dict[str, Any], predicate: str, values: Iterable[Value]) -> None:
        for value in values:
            term = self._context.term(predicate, value)
            if term is None:
                _add(content, self._context.curie(predicate), self._full(value))
            elif term.by_language and isinstance(value, ox.Literal) and value.language:
                _add(content.setdefault(term.name, {}), value.language, value.value)
            else:
                _add(content, term.name, self._bare(value))

    def _bare(self, value: Value) -> Any:
        if isinstance(value, ox.Literal):
            return _number(value) if value.datatype.value == INTEGER else value.value
        return self._nested(value) or _identifier(value)

    def _full(self, value: Value) -> Any:
        if not isinstance(value, ox.Literal):
            return self._nested(value) or {self._context.keyword("@id"): _identifier(value)}
        if value.language:
            return {"@value": value.value, "@language": value.language}
        if value.datatype.value == STRING:
            return {"@value": value.value}
        return {"@value": value.value, "@type": self._context.curie(value.datatype.value)}

    def _nested(self, value: Value) -> dict[str, Any] | None:
        """The node itself where it hangs on a record and is not written yet."""
        if isinstance(value, ox.NamedNode) and "#" in value.value:
            iri = value.value
            if iri in self._nodes and iri not in self.done:
                return self.node(iri)
        return None


def _depth(iri: str) -> tuple[bool, int, str]:
    """Records first, then what hangs on them; a node comes before those named after it."""
    return "#" in iri, len(iri), iri


def _add(content: dict[str, Any], key: str, value: Any) -> None:
    if key not in content:
        content[key] = value
    elif isinstance(content[key], list):
        content[key].append(value)
    else:
        content[key] = [content[key], value]


def _one_or_many(names: list[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else names


def _number(value: ox.Literal) -> int | str:
    """A whole number as JSON has it; a decimal one would be read back as a double."""
    text = value.value
    number = int(text) if re.fullmatch(r"0|-?[1-9][0-9]{0,15}", text) else None
    return text if number is None or abs(number) > MAX_SAFE_INTEGER else number


def _identifier(value: Value) -> str:
    return value.value if isinstance(value, ox.NamedNode) else str(value)
