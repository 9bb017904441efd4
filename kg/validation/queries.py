"""sh:sparql constraints, read from a shapes graph and turned into conditions on a focus node.

https://www.w3.org/TR/shacl/#sparql-constraints. The pattern of the query becomes an EXISTS: SPARQL
replaces the variable of the focus node in it everywhere, which is what SHACL calls pre-binding. A
FILTER that errs for pyoxigraph may hold for rdflib, so an error counts as true, except under NOT.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kg.validation import paths
from kg.validation.boolean import FALSE, Joinable
from kg.validation.graph import ShapesError, ShapesGraph
from kg.validation.shapes import Shape
from kg.validation.terms import Term
from kg.validation.vocabulary import OWL, RDF, RDFS, SH

TOKEN: Final = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<string>\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}
                  |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<iri><[^<>"{}|^`\\\s]*>)
      | (?P<var>[?$]\w+)
      | (?P<blank>_:[\w.-]*)
      | (?P<tag>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
      | (?P<name>(?:[A-Za-z][\w.-]*)?:(?:[\w:%-]|\.(?=[\w:%-])|\\.)*)
      | (?P<word>[A-Za-z]\w*)
      | (?P<space>\s+)
      | (?P<other>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|.)
    """,
    re.VERBOSE | re.DOTALL,
)
LEFT_TO_THE_JUDGE: Final = frozenset(
    {
        "GROUP", "HAVING", "LIMIT", "OFFSET", "MINUS", "VALUES", "SERVICE", "GRAPH", "FROM",
        "COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT", "NOW", "RAND", "UUID",
        "STRUUID", "BNODE", "CONSTRUCT", "DESCRIBE", "ASK",
    }
)  # fmt: skip
PATH: Final = re.compile(r"[$?]PATH\b")
FOCUS: Final = "?this"
BOUND: Final = re.compile(r"[\s{}()][$?]this")


@dataclass(frozen=True)
class Token:
    """A word of SPARQL and what kind of word it is."""

    kind: str
    text: str


def violation(graph: ShapesGraph, shape: Shape, constraint: Term, var: str) -> str:
    """The condition that a sh:sparql constraint may be violated on a focus node.

    Raises ShapesError where that cannot be said in one condition.
    """
    if active(graph, constraint) is None:
        return FALSE
    tokens = list(_tokens(select(graph, shape, constraint)))
    _check(tokens)
    prefixes = declared(graph, constraint)
    named = [_resolved(token, prefixes, shape, var) for token in tokens]
    start = next(i for i, token in enumerate(named) if token.text == "{")
    body, end = _group(named, start, positive=True)
    if any(t.text in "{}" for t in named[end:] if t.kind == "other"):
        raise ShapesError("more than one pattern")
    condition = Joinable(f"EXISTS {body}")
    condition.pattern = body if var == FOCUS and _joins(named[start:end]) else ""
    return condition


def _joins(tokens: list[Token]) -> bool:
    """Whether a pattern joined to its focus nodes holds where it exists for each of them.

    Not where a group within may look at a node that is bound outside of it, nor where a path may
    take no step: a join finds only the nodes of the data there.
    """
    depth, before = 0, ""
    for token in tokens:
        if token.kind == "space":
            continue
        if token.text == "{":
            if depth == 1 and before.upper() != "EXISTS":
                return False
            depth += 1
        elif token.text == "}":
            depth -= 1
        elif token.kind == "other" and token.text in "*?":
            return False
        before = token.text
    return True


def active(graph: ShapesGraph, constraint: Term) -> Term | None:
    """The constraint unless it is deactivated."""
    stated = graph.values(constraint, SH("deactivated"))
    off = any(isinstance(v, ox.Literal) and v.value.lower() == "true" for v in stated)
    return None if off else constraint


def select(graph: ShapesGraph, shape: Shape, constraint: Term) -> str:
    """The text of the query, with $PATH replaced by the path of the shape."""
    return with_path(graph, shape, _text(graph, constraint, "select"))


def with_path(graph: ShapesGraph, shape: Shape, query: str) -> str:
    """A query with $PATH replaced by the path of a shape."""
    if not PATH.search(query):
        return query
    stated = shape.parameters.get("path", ())
    if not stated:
        raise ShapesError("$PATH on a node shape")
    path = paths.written(graph, stated[0])
    return PATH.sub(lambda _: path, query)


def declared(graph: ShapesGraph, constraint: Term) -> Mapping[str, str]:
    """The prefixes of a constraint, found where pyshacl finds them; raises ShapesError."""
    prefixes = {"rdf": RDF, "rdfs": RDFS, "owl": OWL}
    ontologies = set(graph.instances(ox.NamedNode(OWL + "Ontology")))
    for owner in graph.values(constraint, SH("prefixes")):
        declarations = set(graph.values(owner, SH("declare")))
        if not declarations or owner not in ontologies:
            declarations |= {d for o in ontologies for d in graph.values(o, SH("declare"))}
        for declaration in sorted(declarations, key=str):
            prefix, namespace = (_text(graph, declaration, n) for n in ("prefix", "namespace"))
            if prefixes.setdefault(prefix, namespace) != namespace:
                raise ShapesError(f"prefix {prefix}: is declared twice")
    return prefixes


def _text(graph: ShapesGraph, node: Term, name: str) -> str:
    values = graph.values(node, SH(name))
    if len(values) != 1 or not isinstance(values[0], ox.Literal):
        raise ShapesError(f"sh:{name} of {node} is not one text")
    return values[0].value


def _tokens(query: str) -> Iterator[Token]:
    for match in TOKEN.finditer(query):
        kind = match.lastgroup or "other"
        if kind == "comment":
            yield Token("space", "\n")
        else:
            yield Token(kind, match[0])


def _check(tokens: list[Token]) -> None:
    words = [token.text.upper() for token in tokens if token.kind == "word"]
    if words.count("SELECT") != 1:
        raise ShapesError("a query within the query")
    if found := LEFT_TO_THE_JUDGE.intersection(words):
        raise ShapesError(f"{min(found)} in the query")
    if not BOUND.search("".join(token.text for token in tokens)):
        raise ShapesError("$this is not in the query")


def _resolved(token: Token, prefixes: Mapping[str, str], shape: Shape, var: str) -> Token:
    if token.kind == "var":
        return Token("var", _variable(token.text[1:], shape, var))
    if token.kind == "name":
        prefix, _, local = token.text.partition(":")
        if prefix not in prefixes:
            raise ShapesError(f"prefix {prefix}: is not declared")
        unescaped = re.sub(r"\\(.)", r"\1", local)
        return Token("iri", f"<{prefixes[prefix]}{unescaped}>")
    if token.kind == "blank":
        raise ShapesError("a labelled blank node in the query")
    return token


def _variable(name: str, shape: Shape, var: str) -> str:
    if name == "this":
        return var
    if name == "currentShape" and isinstance(shape.node, ox.NamedNode):
        return str(shape.node)
    if name in ("shapesGraph", "currentShape"):
        raise ShapesError(f"${name} in the query")
    return f"?u_{name}"


def _group(tokens: list[Token], start: int, positive: bool) -> tuple[str, int]:
    """The text of the group that opens at a token, its filters made safe, and where it ends."""
    parts, i = ["{"], start + 1
    while tokens[i].text != "}":
        token = tokens[i]
        if token.text == "{":
            text, i = _group(tokens, i, positive)
        elif token.kind == "word" and token.text.upper() == "OPTIONAL":
            end = _group(tokens, _skip(tokens, i + 1), positive)[1]
            if any(t.text.upper() == "FILTER" for t in tokens[i:end]):
                raise ShapesError("FILTER within OPTIONAL")
            text, i = token.text, i + 1
        elif token.kind == "word" and token.text.upper() == "FILTER":
            text, i = _filter(tokens, i + 1, positive)
        else:
            text, i = token.text, i + 1
        parts.append(text)
        if i >= len(tokens):
            raise ShapesError("a group is not closed")
    return "".join([*parts, "}"]), i + 1


def _filter(tokens: list[Token], i: int, positive: bool) -> tuple[str, int]:
    i = _skip(tokens, i)
    word = tokens[i].text.upper()
    if word == "NOT":
        i = _skip(tokens, _skip(tokens, i + 1) + 1)
        text, end = _group(tokens, i, not positive)
        return f"FILTER NOT EXISTS {text}", end
    if word == "EXISTS":
        text, end = _group(tokens, _skip(tokens, i + 1), positive)
        return f"FILTER EXISTS {text}", end
    start = i
    while tokens[i].text != "(":
        i += 1
    depth = 1
    while depth:
        i += 1
        depth += {"(": 1, ")": -1}.get(tokens[i].text, 0)
    condition = "".join(token.text for token in tokens[start : i + 1])
    if any(t.kind == "word" and t.text.upper() == "EXISTS" for t in tokens[start:i]):
        raise ShapesError("EXISTS within an expression")
    return f"FILTER(COALESCE({condition}, true))" if positive else f"FILTER({condition})", i + 1


def _skip(tokens: list[Token], i: int) -> int:
    while tokens[i].kind == "space":
        i += 1
    return i
