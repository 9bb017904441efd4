"""SPARQL-based constraints (sh:sparql), turned into conditions on a focus node.

https://www.w3.org/TR/shacl/#sparql-constraints. The pattern of the query becomes an EXISTS: SPARQL
substitutes the focus node in it everywhere, which SHACL calls pre-binding. A FILTER that raises an
error in pyoxigraph may hold in rdflib, so an error counts as true, except under NOT.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kg.shacl import paths
from kg.shacl.lexical_forms import PROTECTED_PREFIX, is_surely_unchanged
from kg.shacl.shapes import Shape
from kg.shacl.shapes_graph import ShapesError, ShapesGraph
from kg.shacl.sparql_conditions import FALSE, JoinableExists
from kg.shacl.terms import Term
from kg.shacl.vocabulary import OWL, RDF, RDFS, SH

TOKEN_PATTERN: Final = re.compile(
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
UNSUPPORTED_KEYWORDS: Final = frozenset(
    {
        "GROUP", "HAVING", "LIMIT", "OFFSET", "MINUS", "VALUES", "SERVICE", "GRAPH", "FROM",
        "COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT", "NOW", "RAND", "UUID",
        "STRUUID", "BNODE", "CONSTRUCT", "DESCRIBE", "ASK", "ISNUMERIC",
    }
)  # fmt: skip
PATH_VARIABLE: Final = re.compile(r"[$?]PATH\b")
FOCUS_VARIABLE: Final = "?this"
PLAIN_NUMBER: Final = re.compile("0|[1-9][0-9]{0,17}")
EXPRESSION: Final = "expression"
FOCUS_USE: Final = re.compile(r"[\s{}()][$?]this")


@dataclass(frozen=True)
class SparqlToken:
    """Token of SPARQL with its kind."""

    kind: str
    text: str


def build_violation_condition(graph: ShapesGraph, shape: Shape, constraint: Term, var: str) -> str:
    """The condition that a sh:sparql constraint may be violated on a focus node.

    Raises ShapesError where that cannot be said in one condition.
    """
    if get_if_active(graph, constraint) is None:
        return FALSE
    tokens = list(tokenize(read_query(graph, shape, constraint)))
    _check_supported(tokens)
    prefixes = read_prefixes(graph, constraint)
    named = _guard_datatypes([_resolve_token(token, prefixes, shape, var) for token in tokens])
    start = next(i for i, token in enumerate(named) if token.text == "{")
    body, end = _rewrite_group(named, start, positive=True)
    if any(t.text in "{}" for t in named[end:] if t.kind == "other"):
        raise ShapesError("more than one pattern")
    condition = JoinableExists(f"EXISTS {body}")
    condition.pattern = body if var == FOCUS_VARIABLE and _is_joinable(named[start:end]) else ""
    return condition


def _is_joinable(tokens: list[SparqlToken]) -> bool:
    """Whether a pattern joined to its focus nodes holds where it exists for each of them.

    Not where a group within may look at a node that is bound outside of it, nor where a path may
    take no step: a join finds only the nodes of the data there.
    """
    opened, before = list[str](), SparqlToken("space", "")
    for token in tokens:
        if token.kind == "space":
            continue
        if token.text == "{":
            if opened == ["{"] and before.text.upper() != "EXISTS":
                return False
            opened.append("{")
        elif token.text == "(":
            # the parentheses of a path follow no word
            computed = before.kind == "word" or opened[-1] == EXPRESSION
            opened.append(EXPRESSION if computed else "(")
        elif token.text in ("}", ")"):
            opened.pop()
        elif token.kind == "other" and token.text in "*?" and opened[-1] != EXPRESSION:
            return False
        before = token
    return True


def get_if_active(graph: ShapesGraph, constraint: Term) -> Term | None:
    """The constraint unless it is deactivated."""
    stated = graph.values(constraint, SH("deactivated"))
    off = any(isinstance(v, ox.Literal) and v.value.lower() == "true" for v in stated)
    return None if off else constraint


def read_query(graph: ShapesGraph, shape: Shape, constraint: Term) -> str:
    """The text of the query, with $PATH replaced by the path of the shape."""
    return substitute_path(graph, shape, _read_text(graph, constraint, "select"))


def substitute_path(graph: ShapesGraph, shape: Shape, query: str) -> str:
    """A query with $PATH replaced by the path of a shape."""
    if not PATH_VARIABLE.search(query):
        return query
    stated = shape.parameters.get("path", ())
    if not stated:
        raise ShapesError("$PATH on a node shape")
    path = paths.format_declared_path(graph, stated[0])
    return PATH_VARIABLE.sub(lambda _: path, query)


def read_prefixes(graph: ShapesGraph, constraint: Term) -> Mapping[str, str]:
    """The prefixes of a constraint, found where pyshacl finds them; raises ShapesError."""
    prefixes = {"rdf": RDF, "rdfs": RDFS, "owl": OWL}
    ontologies = set(graph.instances(ox.NamedNode(OWL + "Ontology")))
    for owner in graph.values(constraint, SH("prefixes")):
        declarations = set(graph.values(owner, SH("declare")))
        if not declarations or owner not in ontologies:
            declarations |= {d for o in ontologies for d in graph.values(o, SH("declare"))}
        for declaration in sorted(declarations, key=str):
            prefix, namespace = (_read_text(graph, declaration, n) for n in ("prefix", "namespace"))
            if prefixes.setdefault(prefix, namespace) != namespace:
                raise ShapesError(f"prefix {prefix}: is declared twice")
    return prefixes


def _read_text(graph: ShapesGraph, node: Term, name: str) -> str:
    values = graph.values(node, SH(name))
    if len(values) != 1 or not isinstance(values[0], ox.Literal):
        raise ShapesError(f"sh:{name} of {node} is not one text")
    return values[0].value


def tokenize(query: str) -> Iterator[SparqlToken]:
    """The tokens of a query, its comments as line ends."""
    for match in TOKEN_PATTERN.finditer(query):
        kind = match.lastgroup or "other"
        if kind == "comment":
            yield SparqlToken("space", "\n")
        else:
            yield SparqlToken(kind, match[0])


def _check_supported(tokens: list[SparqlToken]) -> None:
    words = [token.text.upper() for token in tokens if token.kind == "word"]
    if words.count("SELECT") != 1:
        raise ShapesError("a query within the query")
    if unsupported := UNSUPPORTED_KEYWORDS.intersection(words):
        raise ShapesError(f"{min(unsupported)} in the query")
    if not FOCUS_USE.search("".join(token.text for token in tokens)):
        raise ShapesError("$this is not in the query")


def _resolve_token(
    token: SparqlToken, prefixes: Mapping[str, str], shape: Shape, var: str
) -> SparqlToken:
    if token.kind == "var":
        return SparqlToken("var", _resolve_variable(token.text[1:], shape, var))
    if token.kind == "name":
        prefix, _, local = token.text.partition(":")
        if prefix not in prefixes:
            raise ShapesError(f"prefix {prefix}: is not declared")
        unescaped = re.sub(r"\\(.)", r"\1", local)
        return SparqlToken("iri", f"<{prefixes[prefix]}{unescaped}>")
    if token.kind == "blank":
        raise ShapesError("a labelled blank node in the query")
    return token


def _resolve_variable(name: str, shape: Shape, var: str) -> str:
    if name == "this":
        return var
    if name == "currentShape" and isinstance(shape.node, ox.NamedNode):
        return str(shape.node)
    if name in ("shapesGraph", "currentShape"):
        raise ShapesError(f"${name} in the query")
    return f"?u_{name}"


def _guard_datatypes(tokens: list[SparqlToken]) -> list[SparqlToken]:
    """The tokens, with DATATYPE stripped of the prefix of protected literals.

    An expression on a protected literal may raise an error in pyoxigraph alone. Raises ShapesError
    where the query would hide that error (BOUND and COALESCE do).
    """
    computed = {
        find_closing(tokens, i)[0].text for i, t in enumerate(tokens) if is_keyword(t, "BIND")
    }
    apart = [SparqlToken("computed", t.text) if t.text in computed else t for t in tokens]
    guarded, closing = list[SparqlToken](), dict[int, int]()
    for i, token in enumerate(apart):
        if is_keyword(token, "BOUND") and find_closing(apart, i)[0].kind == "computed":
            raise ShapesError("BOUND of what BIND computes")
        if is_keyword(token, "COALESCE"):
            _check_coalesce(apart[i + 1 : find_closing(apart, i)[1]])
        if is_keyword(token, "DATATYPE"):
            closing[find_closing(apart, i)[1]] = i
            guarded += tokenize("IRI(REPLACE(STR(")
        guarded.append(token)
        if i in closing:
            guarded += tokenize(f"), '^{PROTECTED_PREFIX}', ''))")
    return guarded


def is_keyword(token: SparqlToken, word: str) -> bool:
    """Whether a token is a keyword, in upper or lower case."""
    return token.kind == "word" and token.text.upper() == word


def find_closing(tokens: list[SparqlToken], i: int) -> tuple[SparqlToken, int]:
    """Where the parenthesis that opens after a token closes, and the last token within it."""
    while tokens[i].text != "(":
        i += 1
    depth, last = 1, tokens[i]
    while depth:
        i += 1
        depth += {"(": 1, ")": -1}.get(tokens[i].text, 0)
        if depth and tokens[i].kind != "space":
            last = tokens[i]
    return last, i


def _check_coalesce(tokens: list[SparqlToken]) -> None:
    """Raises ShapesError unless all arguments but the last are variables, which cannot err."""
    arguments = [token for token in tokens if token.kind != "space"]
    last = max((n for n, token in enumerate(arguments) if token.text == ","), default=0)
    if any(token.kind != "var" and token.text not in "(," for token in arguments[:last]):
        raise ShapesError("COALESCE of what may err")


def _check_pattern(tokens: list[SparqlToken], i: int, positive: bool) -> None:
    """Raises ShapesError where the store may hold a term of a pattern in another form."""
    token, before = tokens[i], tokens[i - 1].text
    if token.kind == "computed" and not positive:
        raise ShapesError("what BIND computes within NOT EXISTS")
    following = "".join(t.text for t in tokens[i + 1 : i + 4])
    typed = re.match(r"\^\^<[^>]*>", following)
    if token.kind == "string" and typed and not is_surely_unchanged(token.text + typed[0]):
        raise ShapesError(f"{token.text}{typed[0]} in a pattern")
    if token.text[0].isdigit() and (before in "+-." or not PLAIN_NUMBER.fullmatch(token.text)):
        raise ShapesError(f"{token.text} in a pattern")


def _rewrite_group(tokens: list[SparqlToken], start: int, positive: bool) -> tuple[str, int]:
    """The text of the group that opens at a token, its filters guarded, and where it ends."""
    parts, i = ["{"], start + 1
    while tokens[i].text != "}":
        token = tokens[i]
        if token.text == "{":
            text, i = _rewrite_group(tokens, i, positive)
        elif token.kind == "word" and token.text.upper() == "OPTIONAL":
            end = _rewrite_group(tokens, skip_spaces(tokens, i + 1), positive)[1]
            if any(t.text.upper() == "FILTER" for t in tokens[i:end]):
                raise ShapesError("FILTER within OPTIONAL")
            text, i = token.text, i + 1
        elif token.kind == "word" and token.text.upper() == "FILTER":
            text, i = _rewrite_filter(tokens, i + 1, positive)
        elif is_keyword(token, "BIND") and positive:
            end = find_closing(tokens, i)[1] + 1
            text, i = "".join(t.text for t in tokens[i:end]), end
        else:
            _check_pattern(tokens, i, positive)
            text, i = token.text, i + 1
        parts.append(text)
        if i >= len(tokens):
            raise ShapesError("a group is not closed")
    return "".join([*parts, "}"]), i + 1


def _rewrite_filter(tokens: list[SparqlToken], i: int, positive: bool) -> tuple[str, int]:
    i = skip_spaces(tokens, i)
    word = tokens[i].text.upper()
    if word == "NOT":
        i = skip_spaces(tokens, skip_spaces(tokens, i + 1) + 1)
        text, end = _rewrite_group(tokens, i, not positive)
        return f"FILTER NOT EXISTS {text}", end
    if word == "EXISTS":
        text, end = _rewrite_group(tokens, skip_spaces(tokens, i + 1), positive)
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


def skip_spaces(tokens: list[SparqlToken], i: int) -> int:
    """The place of the first token from a place on that is no space."""
    while tokens[i].kind == "space":
        i += 1
    return i
