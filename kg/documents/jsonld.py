"""JSON-LD serializer: a graph as one tree from one root, compacted with the local context.

A value is written with a context term whose coercion restores it exactly, else under a CURIE as a
full value object, which does not depend on the context. Nodes of a record (`…#membership-1`) are
nested in the first node that refers to them; other nodes follow the root in `@graph`.
Specification: https://www.w3.org/TR/json-ld11/
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import pyoxigraph as ox

from kg.formats import MAX_SAFE_INTEGER
from kg.namespaces import BASE, RDF_TYPE, expand, shorten

CONTEXT_IRI: Final = BASE + "context.jsonld"
STRING: Final = expand("xsd:string")
INTEGER: Final = expand("xsd:integer")
LANG_STRING: Final = expand("rdf:langString")

Value = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Nodes = Mapping[str, Mapping[str, Sequence[Value]]]


@dataclass(frozen=True)
class ContextTerm:
    """Term of a context: its name, IRI and coercion."""

    name: str
    iri: str
    type: str | None = None
    by_language: bool = False

    def can_hold(self, value: Value) -> bool:
        """Tell whether a string (or language map entry) under this term denotes the value."""
        if not isinstance(value, ox.Literal):
            return self.type == "@id"
        if value.language:
            return self.by_language
        return not self.by_language and self.type == (
            None if value.datatype.value == STRING else value.datatype.value
        )


class JsonLdContext:
    """Terms of a context file, by IRI."""

    def __init__(self, content: bytes) -> None:
        entries: Mapping[str, Any] = orjson.loads(content)["@context"]
        self._prefixes = {
            name: iri
            for name, iri in entries.items()
            if isinstance(iri, str) and iri.endswith(("#", "/"))
        }
        self._terms: dict[str, list[ContextTerm]] = {}
        for name, entry in entries.items():
            if not name.startswith("@") and name not in self._prefixes:
                term = self._parse_term(name, entry)
                self._terms.setdefault(term.iri, []).append(term)
        self._aliases = {entry: name for name, entry in entries.items() if isinstance(entry, str)}

    def find_keyword(self, name: str) -> str:
        """Return the alias of a keyword such as `@id`."""
        return self._aliases.get(name, name)

    def find_term(self, predicate: str, value: Value) -> ContextTerm | None:
        """Return a term under which a value can be written as a string."""
        return next((t for t in self._terms.get(predicate, ()) if t.can_hold(value)), None)

    def find_class_name(self, iri: str) -> str:
        """Return a class as a term or CURIE."""
        plain = next((t for t in self._terms.get(iri, ()) if t.type is None), None)
        return plain.name if plain else self.shorten_iri(iri)

    def shorten_iri(self, iri: str) -> str:
        """Return an IRI as a CURIE where the context has its prefix."""
        short = shorten(iri)
        return short if short != iri and short.split(":")[0] in self._prefixes else iri

    def _parse_term(self, name: str, entry: Any) -> ContextTerm:
        if isinstance(entry, str):
            return ContextTerm(name, self._expand_curie(entry))
        kind = entry.get("@type")
        return ContextTerm(
            name,
            self._expand_curie(entry["@id"]),
            kind if kind is None or kind.startswith("@") else self._expand_curie(kind),
            entry.get("@container") == "@language",
        )

    def _expand_curie(self, curie: str) -> str:
        prefix, _, local = curie.partition(":")
        return self._prefixes[prefix] + local if prefix in self._prefixes else curie


def build_tree(
    nodes: Nodes,
    root: str,
    context: JsonLdContext,
    address: str = CONTEXT_IRI,
    *,
    nest_records: bool = False,
) -> dict[str, Any]:
    """Build the JSON-LD document of a graph: the root first, every node once.

    `address` is the URL of the context. With `nest_records` all that the root leads to stands
    where it is named, not the parts of records alone.
    """
    writer = _TreeWriter(nodes, context, nest_records=nest_records)
    first = writer.write_node(root)
    other_nodes = [
        writer.write_node(iri)
        for iri in sorted(nodes, key=_build_sort_key)
        if iri not in writer.done
    ]
    document: dict[str, Any] = {"@context": address, **first}
    if other_nodes:
        document[context.find_keyword("@included")] = other_nodes
    return document


class _TreeWriter:
    """Writer of the nodes of a graph, each of them once."""

    def __init__(self, nodes: Nodes, context: JsonLdContext, *, nest_records: bool) -> None:
        self._nodes = nodes
        self._context = context
        self._nest_records = nest_records
        self.done: set[str] = set()

    def write_node(self, iri: str) -> dict[str, Any]:
        self.done.add(iri)
        content: dict[str, Any] = {self._context.find_keyword("@id"): iri}
        facts = self._nodes.get(iri, {})
        if RDF_TYPE in facts:
            names = [
                self._context.find_class_name(_get_identifier(value)) for value in facts[RDF_TYPE]
            ]
            content[self._context.find_keyword("@type")] = _unwrap_single(names)
        for predicate, values in facts.items():
            if predicate != RDF_TYPE:
                self._write_values(content, predicate, values)
        return content

    def _write_values(
        self, content: dict[str, Any], predicate: str, values: Iterable[Value]
    ) -> None:
        for value in values:
            term = self._context.find_term(predicate, value)
            if term is None:
                _add_value(content, self._context.shorten_iri(predicate), self._write_full(value))
            elif term.by_language and isinstance(value, ox.Literal) and value.language:
                _add_value(content.setdefault(term.name, {}), value.language, value.value)
            else:
                _add_value(content, term.name, self._write_bare(value))

    def _write_bare(self, value: Value) -> Any:
        if isinstance(value, ox.Literal):
            return _parse_integer(value) if value.datatype.value == INTEGER else value.value
        return self._write_nested(value) or _get_identifier(value)

    def _write_full(self, value: Value) -> Any:
        if not isinstance(value, ox.Literal):
            return self._write_nested(value) or {
                self._context.find_keyword("@id"): _get_identifier(value)
            }
        if value.language:
            return {"@value": value.value, "@language": value.language}
        if value.datatype.value == STRING:
            return {"@value": value.value}
        return {"@value": value.value, "@type": self._context.shorten_iri(value.datatype.value)}

    def _write_nested(self, value: Value) -> dict[str, Any] | None:
        """Return a node of the record inline, unless it was written before."""
        if isinstance(value, ox.NamedNode) and (self._nest_records or "#" in value.value):
            iri = value.value
            if iri in self._nodes and iri not in self.done:
                return self.write_node(iri)
        return None


def _build_sort_key(iri: str) -> tuple[bool, int, str]:
    """Return the sort key of a node: records first, and shorter IRIs before longer ones."""
    return "#" in iri, len(iri), iri


def _add_value(content: dict[str, Any], key: str, value: Any) -> None:
    if key not in content:
        content[key] = value
    elif isinstance(content[key], list):
        content[key].append(value)
    else:
        content[key] = [content[key], value]


def _unwrap_single(names: list[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else names


def _parse_integer(value: ox.Literal) -> int | str:
    """Convert an integer for JSON; a decimal would be read back as a double."""
    text = value.value
    number = int(text) if re.fullmatch(r"0|-?[1-9][0-9]{0,15}", text) else None
    return text if number is None or abs(number) > MAX_SAFE_INTEGER else number


def _get_identifier(value: Value) -> str:
    return value.value if isinstance(value, ox.NamedNode) else str(value)
