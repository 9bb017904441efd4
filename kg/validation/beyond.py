"""What a release knows of what the quads point to and do not describe themselves."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg.errors import ReleaseDamaged
from kg.validation.needs import Needs, Steps
from kg.validation.terms import Statement, Term, bare, parse, statements
from kg.validation.vocabulary import RDF_TYPE

DESCRIBED: Final = f"SELECT DISTINCT s FROM quads WHERE p = '{RDF_TYPE.value}'"
AT_ONCE: Final = 100_000


def describe(db: duckdb.DuckDBPyConnection, needs: Needs, reference: Path) -> frozenset[str]:
    """Fills `scratch.beyond` from the store of a release; the nodes the quads describe themselves.

    A node is described where it has a type. What the release says of such a node, or of a part of
    it (`#…`), is out of date. Raises ReleaseDamaged where the store cannot be opened.
    """
    described = frozenset(str(s) for (s,) in db.execute(DESCRIBED).fetchall())
    try:
        store = ox.Store.read_only(str(reference))
    except OSError as error:
        raise ReleaseDamaged(f"the store {reference} cannot be opened: {error}") from error
    walk = Walk(store, needs, described)
    for some in _parts(walk.found(_pointed_to(db, walk.onward))):
        columns = zip(*((bare(s), p.value, str(o)) for s, p, o in some), strict=True)
        db.execute(
            "INSERT INTO scratch.beyond SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), "
            "unnest(?::VARCHAR[])",
            [list(column) for column in columns],
        )
    return described


def _pointed_to(db: duckdb.DuckDBPyConnection, onward: Steps) -> Iterator[Term]:
    """The subjects of the quads, and what they point to along some properties."""
    db.execute("CREATE OR REPLACE TEMP TABLE onward AS SELECT unnest(?::VARCHAR[]) AS p",
               [sorted(onward.named)])  # fmt: skip
    where = "true" if onward.every else "p IN (FROM onward)"
    rows = db.execute(f"SELECT s FROM quads UNION SELECT o FROM quads WHERE {where}").fetchall()
    return (parse(str(text)) for (text,) in rows)


def _parts(found: Iterable[Statement]) -> Iterator[list[Statement]]:
    some: list[Statement] = []
    for statement in found:
        some.append(statement)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


class Walk:
    """A walk through a store along all that the checks look at, whatever the level."""

    def __init__(self, store: ox.Store, needs: Needs, described: frozenset[str]) -> None:
        self._store, self._needs, self._described = store, needs, described
        self.onward = _all(level.onward for level in needs.levels)
        self._forward = _all(level.forward for level in needs.levels)
        inverse = _all(level.inverse for level in needs.levels)
        self._inverse = Steps(inverse.named | needs.aimed, inverse.every)

    def found(self, starts: Iterable[Term]) -> Iterator[Statement]:
        """What the store says around some terms, each statement once."""
        told: set[Statement] = set()
        for wanted in self._needs.everywhere:
            yield from self._fresh(statements(self._store.quads_for_pattern(*wanted, None)), told)
        waiting, seen = list(starts), set[Term]()
        while waiting:
            term = waiting.pop()
            if term in seen:
                continue
            seen.add(term)
            for statement in self._fresh(self._around(term), told):
                yield statement
                waiting.append(statement[2] if statement[0] == term else statement[0])

    def _around(self, term: Term) -> Iterator[Statement]:
        if not isinstance(term, ox.Literal) and not self._is_described(term):
            for found in statements(self._store.quads_for_pattern(term, None, None, None)):
                if self._forward.every or found[1].value in self._forward.named:
                    yield found
        if self._inverse.every:
            yield from statements(self._store.quads_for_pattern(None, None, term, None))
            return
        for name in sorted(self._inverse.named):
            predicate = ox.NamedNode(name)
            yield from statements(self._store.quads_for_pattern(None, predicate, term, None))

    def _fresh(self, found: Iterable[Statement], told: set[Statement]) -> Iterator[Statement]:
        for statement in found:
            if statement not in told and not self._is_described(statement[0]):
                told.add(statement)
                yield statement

    def _is_described(self, node: Term) -> bool:
        text = bare(node)
        return text in self._described or text.partition("#")[0] in self._described


def _all(steps: Iterable[Steps]) -> Steps:
    found = list(steps)
    return Steps(
        frozenset(name for step in found for name in step.named), any(s.every for s in found)
    )
