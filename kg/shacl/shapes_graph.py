"""Shapes graph in memory: triples by subject, blank nodes under stable names."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import pyoxigraph as ox

from kg.errors import EssKgError
from kg.shacl.terms import Statement, Term
from kg.shacl.vocabulary import OWL_IMPORTS, RDF_FIRST, RDF_NIL, RDF_REST, RDF_TYPE, SH


class ShapesError(EssKgError):
    """A shapes graph cannot be read or is not well-formed."""


class PyshaclError(ShapesError):
    """pyshacl stopped on some node, shape or value and validated nothing."""


@dataclass(frozen=True, eq=False)
class ShapesGraph:
    """The triples of a shapes graph. The same Turtle always gives the same blank node names."""

    triples: tuple[Statement, ...]

    @cached_property
    def by_subject(self) -> Mapping[Term, Mapping[ox.NamedNode, tuple[Term, ...]]]:
        index: dict[Term, dict[ox.NamedNode, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for subject, predicate, value in self.triples:
            index[subject][predicate].append(value)
        return {s: {p: tuple(o) for p, o in predicates.items()} for s, predicates in index.items()}

    def values(self, subject: Term, predicate: ox.NamedNode) -> tuple[Term, ...]:
        return self.by_subject.get(subject, {}).get(predicate, ())

    def subjects(self, predicate: ox.NamedNode) -> Iterator[Term]:
        return (s for s, predicates in self.by_subject.items() if predicate in predicates)

    def objects(self, predicate: ox.NamedNode) -> Iterator[Term]:
        return (o for predicates in self.by_subject.values() for o in predicates.get(predicate, ()))

    def instances(self, class_: ox.NamedNode) -> Iterator[Term]:
        return (
            s for s, predicates in self.by_subject.items() if class_ in predicates.get(RDF_TYPE, ())
        )

    def items(self, head: Term) -> tuple[Term, ...]:
        """The members of an RDF list; raises ShapesError if it has no end or several."""
        members: list[Term] = []
        seen: set[Term] = set()
        while head != RDF_NIL:
            first, rest = self.values(head, RDF_FIRST), self.values(head, RDF_REST)
            if head in seen or len(first) != 1 or len(rest) != 1:
                raise ShapesError(f"{head} is not a well-formed list")
            seen.add(head)
            members.append(first[0])
            head = rest[0]
        return tuple(members)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the triples, whatever the order or layout of their files."""
        return sha256("\n".join(sorted(map(_format_triple, self.triples))).encode()).hexdigest()


def build_shapes_graph(triples: Iterable[Statement]) -> ShapesGraph:
    """A shapes graph of triples, its blank nodes renamed by their position and content."""
    statements = list(dict.fromkeys(triples))
    statements += _import_prefixes(statements)
    names = _name_blank_nodes(statements)

    copied = ((names.get(s, s), p, names.get(o, o)) for s, p, o in statements)
    return ShapesGraph(tuple(sorted(copied, key=_format_triple)))


def _import_prefixes(triples: Iterable[Statement]) -> list[Statement]:
    """Prefix declarations that a sh:prefixes node imports (owl:imports), as its own.

    https://www.w3.org/TR/shacl/#sparql-prefixes: pyshacl reads those of the node itself only.
    """
    owners, above, declared = set[Term](), defaultdict[Term, list[Term]](list), []
    for subject, predicate, value in triples:
        if predicate == SH("prefixes"):
            owners.add(value)
        elif predicate == OWL_IMPORTS:
            above[subject].append(value)
        elif predicate == SH("declare"):
            declared.append((subject, value))
    imported: list[Statement] = []
    for owner in sorted((o for o in owners if o in above), key=str):
        reached, waiting = {owner}, [owner]
        while waiting:
            more = [node for node in above.get(waiting.pop(), ()) if node not in reached]
            reached.update(more)
            waiting += more
        assert not isinstance(owner, ox.Literal)
        imported += [(owner, SH("declare"), d) for s, d in declared if s in reached and s != owner]
    return imported


def _format_triple(triple: Statement) -> str:
    return " ".join(map(str, triple))


def _name_blank_nodes(triples: list[Statement]) -> dict[Term, ox.BlankNode]:
    about: dict[Term, list[tuple[str, Term]]] = defaultdict(list)
    for subject, predicate, value in triples:
        about[subject].append((predicate.value, value))
    contents = _describe_blank_nodes(about)
    names: dict[Term, ox.BlankNode] = {}
    used: Counter[str] = Counter()

    def name(node: Term, owner: str) -> None:
        text = sha256(f"{owner} {contents[node]}".encode()).hexdigest()[:16]
        used[text] += 1
        names[node] = ox.BlankNode(f"b{text}" if used[text] == 1 else f"b{text}x{used[text]}")

    def descend(start: Term) -> None:
        waiting = [start]
        while waiting:
            owner = waiting.pop()
            label = str(names.get(owner, owner))
            statements = sorted(about[owner], key=lambda po: (po[0], contents.get(po[1], "")))
            for predicate, value in statements:
                if isinstance(value, ox.BlankNode) and value not in names:
                    name(value, f"{label} {predicate}")
                    waiting.append(value)

    referred = {o for values in about.values() for _, o in values}
    blank = sorted((n for n in contents if n not in referred), key=lambda n: contents[n])
    rest = sorted(contents, key=lambda n: contents[n])
    # Named nodes come first: a name then depends on the path to the node, so that a change in one
    # shape does not rename the blank nodes of another, and earlier results keep their shapes.
    for root in sorted((n for n in about if isinstance(n, ox.NamedNode)), key=str):
        descend(root)
    for node in (*blank, *rest):
        if node not in names:
            name(node, "")
            descend(node)
    return names


def _describe_blank_nodes(about: Mapping[Term, list[tuple[str, Term]]]) -> dict[Term, str]:
    """A text for each blank node that depends on its triples, not on its name."""
    nodes: set[Term] = {n for n in about if isinstance(n, ox.BlankNode)}
    nodes |= {o for values in about.values() for _, o in values if isinstance(o, ox.BlankNode)}
    contents: dict[Term, str] = dict.fromkeys(nodes, "")
    # Each round takes in nodes one step further. Nodes that differ only beyond twelve steps have
    # the same content here; a counter then tells their names apart.
    for _ in range(12):
        renewed: dict[Term, str] = {}
        for node in nodes:
            statements = sorted(f"{p} {contents.get(o, str(o))}" for p, o in about.get(node, ()))
            renewed[node] = sha256("\n".join(statements).encode()).hexdigest()
        contents = renewed
    return contents
