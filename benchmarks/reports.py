"""SHACL reports as sets of results, so that those of different engines can be compared.

https://www.w3.org/TR/shacl/#validation-report
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import pyoxigraph as ox

SH: Final = "http://www.w3.org/ns/shacl#"
Node: TypeAlias = "ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple"
Facts: TypeAlias = "dict[Node, dict[str, list[Node]]]"
Key: TypeAlias = "tuple[str, ...]"
FIRST: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first"
REST: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest"
ALTERNATIVE: Final = f"{SH}alternativePath"
MODIFIERS: Final = {
    "inversePath": "^", "zeroOrMorePath": "*", "oneOrMorePath": "+", "zeroOrOnePath": "?"
}  # fmt: skip
PARTS: Final = ("focusNode", "resultPath", "value", "sourceConstraintComponent", "sourceShape",
                "resultSeverity")  # fmt: skip


@dataclass(frozen=True)
class Results:
    """The results of a report: without their messages, and with them, each with its number."""

    keys: Counter[Key]
    told: Counter[Key]

    @property
    def count(self) -> int:
        return self.keys.total()


def read_report(path: Path) -> Results:
    """The results of a report in N-Triples."""
    facts: Facts = defaultdict(lambda: defaultdict(list))
    for quad in ox.parse(path=path, format=ox.RdfFormat.N_TRIPLES, lenient=True):
        facts[quad.subject][quad.predicate.value].append(quad.object)
    nodes = [n for said in facts.values() for n in said.get(f"{SH}result", ())]
    keys = {node: tuple(_part(facts, node, part) for part in PARTS) for node in nodes}
    told = ((*keys[node], *_messages(facts, node)) for node in nodes)
    return Results(Counter(keys.values()), Counter(told))


def _part(facts: Facts, node: Node, name: str) -> str:
    found = facts[node].get(SH + name)
    return _written(facts, found[0]) if found else ""


def _messages(facts: Facts, node: Node) -> list[str]:
    return sorted(str(text) for text in facts[node].get(f"{SH}resultMessage", ()))


def _written(facts: Facts, node: Node) -> str:
    """A term; a path in the same way whoever wrote it; any other blank node as `_:`."""
    if not isinstance(node, ox.BlankNode):
        return str(node)
    said = facts.get(node, {})
    if FIRST in said:
        return "/".join(_written(facts, part) for part in _list(facts, node))
    for name, sign in MODIFIERS.items():
        if SH + name in said:
            return f"{sign}({_written(facts, said[SH + name][0])})"
    if ALTERNATIVE in said:
        # without brackets: some engines nest the alternatives of three or more in pairs
        return "|".join(_written(facts, part) for part in _list(facts, said[ALTERNATIVE][0]))
    return "_:"


def _list(facts: Facts, node: Node) -> Iterator[Node]:
    while said := facts.get(node):
        yield said[FIRST][0]
        node = said[REST][0]
