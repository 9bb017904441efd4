"""What a release knows of what the quads point to and do not describe themselves.

The walk goes in waves, from the terms of the quads outwards. What is met and what was found wait in
the database beside, so that memory does not grow with the files.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg.errors import ReleaseDamaged
from kg.validation.needs import Level, Needs, Steps
from kg.validation.terms import Node, Statement, Term, bare, parse, statements
from kg.validation.vocabulary import RDF_TYPE

SCHEMA: Final = (
    f"CREATE TABLE scratch.described AS SELECT DISTINCT s AS node FROM quads "
    f"WHERE p = '{RDF_TYPE.value}'",
    "CREATE TABLE scratch.found (s VARCHAR, p VARCHAR, o VARCHAR, met VARCHAR)",
    "CREATE TABLE scratch.walked (term VARCHAR)",
)
DESCRIBED: Final = "node IN (FROM scratch.described)"
"""Whether the quads describe a node themselves."""
KEPT: Final = """
DELETE FROM scratch.found WHERE s IN (FROM scratch.described)
OR split_part(s, '#', 1) IN (FROM scratch.described)
"""
"""What the release says of what the quads describe, or of a part of it, is out of date."""
NEXT: Final = """
CREATE OR REPLACE TABLE scratch.wave AS
SELECT term, false AS described FROM (
    SELECT DISTINCT met AS term FROM scratch.found WHERE met IS NOT NULL
) WHERE term NOT IN (FROM scratch.walked)
"""
AT_ONCE: Final = 50_000
FEW: Final = 20
"""Statements that point to a term and are all looked at, whatever their property."""


def describe(db: duckdb.DuckDBPyConnection, needs: Needs, reference: Path) -> None:
    """Fills `scratch.beyond` from the store of a release, `scratch.described` from the quads.

    A node is described where it has a type. Raises ReleaseDamaged where the store cannot be opened.
    """
    try:
        store = ox.Store.read_only(str(reference))
    except OSError as error:
        raise ReleaseDamaged(f"the store {reference} cannot be opened: {error}") from error
    for statement in SCHEMA:
        db.execute(statement)
    steps = _steps(needs)
    walk = Walk(store, steps[0])
    _keep(db, ((found, None) for found in walk.everywhere(needs)))
    _start(db, walk.onward)
    while terms := list(_terms(db, 0)):
        _forget_found(db)
        first = 0
        while terms:
            _keep(db, (pair for term, known in terms for pair in walk.around(term, known)))
            first += AT_ONCE
            terms = list(_terms(db, first))
        db.execute(KEPT)
        db.execute("INSERT INTO scratch.walked SELECT term FROM scratch.wave")
        db.execute(NEXT)
        steps = steps[1:] or steps
        walk = Walk(store, steps[0])
    _forget_found(db)


def _start(db: duckdb.DuckDBPyConnection, onward: Steps) -> None:
    """The first wave: the subjects of the quads, and what they point to along some properties."""
    db.execute("CREATE OR REPLACE TEMP TABLE onward AS SELECT unnest(?::VARCHAR[]) AS p",
               [sorted(onward.named)])  # fmt: skip
    where = "true" if onward.every else "p IN (FROM onward)"
    node = "CASE WHEN term[1] = '<' THEN term[2:-2] ELSE term END AS node"
    db.execute(
        f"CREATE OR REPLACE TABLE scratch.wave AS SELECT term, {DESCRIBED} OR "
        "split_part(node, '#', 1) IN (FROM scratch.described) AS described "
        f"FROM (SELECT term, {node} FROM (SELECT s AS term FROM quads UNION "
        f"SELECT CASE WHEN o[1] = '<' THEN o[2:-2] ELSE o END FROM quads WHERE {where}))"
    )


def _terms(db: duckdb.DuckDBPyConnection, first: int) -> Iterator[tuple[Term, bool]]:
    """Some of the terms of a wave, and whether the quads describe them."""
    rows = db.execute(
        "SELECT term, described FROM scratch.wave WHERE rowid >= ? AND rowid < ?",
        [first, first + AT_ONCE],
    ).fetchall()
    return ((parse(str(text)), bool(described)) for text, described in rows)


def _keep(db: duckdb.DuckDBPyConnection, found: Iterable[tuple[Statement, Term | None]]) -> None:
    """Keeps statements, each with the term it leads to."""
    for some in _parts(found):
        rows = ((bare(s), p.value, str(o), bare(m) if m else None) for (s, p, o), m in some)
        db.execute(
            "INSERT INTO scratch.found SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), "
            "unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
            [list(column) for column in zip(*rows, strict=True)],
        )


def _forget_found(db: duckdb.DuckDBPyConnection) -> None:
    """Adds what was found to what lies beyond, each statement once, and begins anew."""
    db.execute(KEPT)
    db.execute(
        "INSERT INTO scratch.beyond SELECT s, p, o FROM scratch.found EXCEPT FROM scratch.beyond"
    )
    db.execute("DELETE FROM scratch.found")


def _parts(
    found: Iterable[tuple[Statement, Term | None]],
) -> Iterator[list[tuple[Statement, Term | None]]]:
    some: list[tuple[Statement, Term | None]] = []
    for statement in found:
        some.append(statement)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


class Walk:
    """Steps through a store along all that the checks look at, so many steps from the quads."""

    def __init__(self, store: ox.Store, looked_at: Level) -> None:
        self._store = store
        self.onward = looked_at.onward
        self._forward = looked_at.forward
        self._inverse = looked_at.inverse
        self._backward = looked_at.backward
        self._predicates = [ox.NamedNode(name) for name in sorted(self._inverse.named)]

    def everywhere(self, needs: Needs) -> Iterator[Statement]:
        """What is looked at wherever it stands."""
        for wanted in needs.everywhere:
            yield from self._found(*wanted)

    def around(self, term: Term, described: bool) -> Iterator[tuple[Statement, Term | None]]:
        """What the store says about a term, each time with the term that it leads on to."""
        if not isinstance(term, ox.Literal) and not described:
            for found in self._found(term, None, None):
                if _along(self._forward, found):
                    yield found, found[2] if _along(self.onward, found) else None
        # of most terms the release knows little: one look finds it, where one for each name is slow
        first = list(islice(self._found(None, None, term), FEW + 1))
        for found in first if len(first) <= FEW else self._towards(term):
            if _along(self._inverse, found):
                yield found, found[0] if _along(self._backward, found) else None

    def _towards(self, term: Term) -> Iterator[Statement]:
        if self._inverse.every:
            yield from self._found(None, None, term)
            return
        for predicate in self._predicates:
            yield from self._found(None, predicate, term)

    def _found(
        self, subject: Node | None, predicate: ox.NamedNode | None, value: Term | None
    ) -> Iterator[Statement]:
        """In the default graph, which holds all that a release says."""
        graph = ox.DefaultGraph()
        return statements(self._store.quads_for_pattern(subject, predicate, value, graph))


def _along(steps: Steps, statement: Statement) -> bool:
    return steps.every or statement[1].value in steps.named


def _steps(needs: Needs) -> list[Level]:
    """What is looked at on terms of the quads, on those a step from them, and so on.

    What the quads describe may itself be any number of steps from a focus node; a term of the store
    so many steps from it is at least that many steps from one. The last stands for all that follow.
    """
    levels = needs.levels
    found = [
        Level(*(
            _all(getattr(level, name) for level in levels[depth:])
            for name in ("forward", "inverse", "onward", "backward")
        ))
        for depth in range(len(levels))
    ]  # fmt: skip
    # what points to a focus node is looked at on those of the quads alone
    aimed = Steps(found[0].inverse.named | needs.aimed, found[0].inverse.every)
    return [replace(found[0], inverse=aimed), *found[1:]]


def _all(steps: Iterable[Steps]) -> Steps:
    found = list(steps)
    return Steps(
        frozenset(name for step in found for name in step.named), any(s.every for s in found)
    )
