"""Release context: triples of a release about nodes that the checked data only references.

The walk goes in waves, from the terms of the quads outwards. Terms and triples are in the scratch
database, so that memory does not grow with the files.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg.rdf.stores import open_release_store
from kg.shacl.data_footprint import DataFootprint, FootprintLevel, PropertySet
from kg.shacl.terms import Node, Statement, Term, format_bare, iter_statements, parse_term
from kg.shacl.vocabulary import RDF_TYPE
from kg.work_tables import QUADS

CONTEXT_SCHEMA: Final = (
    f"CREATE TABLE scratch.described AS SELECT DISTINCT s AS node FROM {QUADS} "
    f"WHERE p = '{RDF_TYPE.value}'",
    "CREATE TABLE scratch.found (s VARCHAR, p VARCHAR, o VARCHAR, met VARCHAR)",
    "CREATE TABLE scratch.walked (term VARCHAR)",
)
IS_DESCRIBED_SQL: Final = "node IN (FROM scratch.described)"
"""Condition that the quads describe a node."""
DELETE_OUTDATED_SQL: Final = """
DELETE FROM scratch.found WHERE s IN (FROM scratch.described)
OR split_part(s, '#', 1) IN (FROM scratch.described)
"""
"""Triples of the release about nodes that the quads describe: these are out of date."""
NEXT_WAVE_SQL: Final = """
CREATE OR REPLACE TABLE scratch.wave AS
SELECT term, false AS described FROM (
    SELECT DISTINCT met AS term FROM scratch.found WHERE met IS NOT NULL
) WHERE term NOT IN (FROM scratch.walked)
"""
CHUNK_ROWS: Final = 50_000
MAX_SCANNED_STATEMENTS: Final = 20
"""Statements that point to a term and are read in one scan, whatever their property."""


def load_release_context(
    db: duckdb.DuckDBPyConnection, needs: DataFootprint, reference: Path
) -> None:
    """Fills `scratch.beyond` from the store of a release, `scratch.described` from the quads.

    A node is described where it has a type. Raises ReleaseDamaged where the store cannot be opened.
    """
    store = open_release_store(reference)
    for statement in CONTEXT_SCHEMA:
        db.execute(statement)
    steps = _compute_wave_levels(needs)
    walk = ContextWalk(store, steps[0])
    _insert_found(db, ((statement, None) for statement in walk.iter_everywhere(needs)))
    _create_first_wave(db, walk.onward)
    while terms := list(_fetch_chunk(db, 0)):
        _flush_found(db)
        first = 0
        while terms:
            _insert_found(
                db,
                (pair for term, described in terms for pair in walk.iter_around(term, described)),
            )
            first += CHUNK_ROWS
            terms = list(_fetch_chunk(db, first))
        db.execute(DELETE_OUTDATED_SQL)
        db.execute("INSERT INTO scratch.walked SELECT term FROM scratch.wave")
        db.execute(NEXT_WAVE_SQL)
        steps = steps[1:] or steps
        walk = ContextWalk(store, steps[0])
    _flush_found(db)


def _create_first_wave(db: duckdb.DuckDBPyConnection, onward: PropertySet) -> None:
    """Fills the first wave: the subjects of the quads, and their objects of some properties."""
    db.execute("CREATE OR REPLACE TEMP TABLE onward AS SELECT unnest(?::VARCHAR[]) AS p",
               [sorted(onward.iris)])  # fmt: skip
    where = "true" if onward.any_property else "p IN (FROM onward)"
    node = "CASE WHEN term[1] = '<' THEN term[2:-2] ELSE term END AS node"
    db.execute(
        f"CREATE OR REPLACE TABLE scratch.wave AS SELECT term, {IS_DESCRIBED_SQL} OR "
        "split_part(node, '#', 1) IN (FROM scratch.described) AS described "
        f"FROM (SELECT term, {node} FROM (SELECT s AS term FROM {QUADS} UNION "
        f"SELECT CASE WHEN o[1] = '<' THEN o[2:-2] ELSE o END FROM {QUADS} WHERE {where}))"
    )


def _fetch_chunk(db: duckdb.DuckDBPyConnection, first: int) -> Iterator[tuple[Term, bool]]:
    """A chunk of the terms of a wave, and whether the quads describe each."""
    rows = db.execute(
        "SELECT term, described FROM scratch.wave WHERE rowid >= ? AND rowid < ?",
        [first, first + CHUNK_ROWS],
    ).fetchall()
    return ((parse_term(str(text)), bool(described)) for text, described in rows)


def _insert_found(
    db: duckdb.DuckDBPyConnection, statements: Iterable[tuple[Statement, Term | None]]
) -> None:
    """Inserts statements, each with the term it leads to."""
    for chunk in _iter_chunks(statements):
        rows = (
            (format_bare(s), p.value, str(o), format_bare(m) if m else None)
            for (s, p, o), m in chunk
        )
        db.execute(
            "INSERT INTO scratch.found SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), "
            "unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
            [list(column) for column in zip(*rows, strict=True)],
        )


def _flush_found(db: duckdb.DuckDBPyConnection) -> None:
    """Moves the statements of a wave to `scratch.beyond`, each once."""
    db.execute(DELETE_OUTDATED_SQL)
    db.execute(
        "INSERT INTO scratch.beyond SELECT s, p, o FROM scratch.found EXCEPT FROM scratch.beyond"
    )
    db.execute("DELETE FROM scratch.found")


def _iter_chunks(
    statements: Iterable[tuple[Statement, Term | None]],
) -> Iterator[list[tuple[Statement, Term | None]]]:
    chunk: list[tuple[Statement, Term | None]] = []
    for statement in statements:
        chunk.append(statement)
        if len(chunk) == CHUNK_ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class ContextWalk:
    """Reader of a store for the nodes of one wave, along the properties that shapes read."""

    def __init__(self, store: ox.Store, looked_at: FootprintLevel) -> None:
        self._store = store
        self.onward = looked_at.onward
        self._forward = looked_at.forward
        self._inverse = looked_at.inverse
        self._backward = looked_at.backward
        self._predicates = [ox.NamedNode(name) for name in sorted(self._inverse.iris)]

    def iter_everywhere(self, needs: DataFootprint) -> Iterator[Statement]:
        """The triples that are read wherever they are."""
        for wanted in needs.everywhere:
            yield from self._match(*wanted)

    def iter_around(self, term: Term, described: bool) -> Iterator[tuple[Statement, Term | None]]:
        """The triples around a term, each with the term that it leads to."""
        if not isinstance(term, ox.Literal) and not described:
            for statement in self._match(term, None, None):
                if _is_along(self._forward, statement):
                    yield statement, statement[2] if _is_along(self.onward, statement) else None
        # most terms have few triples: one scan is faster than a lookup for each property
        first = list(islice(self._match(None, None, term), MAX_SCANNED_STATEMENTS + 1))
        for statement in (
            first if len(first) <= MAX_SCANNED_STATEMENTS else self._iter_towards(term)
        ):
            if _is_along(self._inverse, statement):
                yield statement, statement[0] if _is_along(self._backward, statement) else None

    def _iter_towards(self, term: Term) -> Iterator[Statement]:
        if self._inverse.any_property:
            yield from self._match(None, None, term)
            return
        for predicate in self._predicates:
            yield from self._match(None, predicate, term)

    def _match(
        self, subject: Node | None, predicate: ox.NamedNode | None, value: Term | None
    ) -> Iterator[Statement]:
        """Matches in the default graph, which holds all triples of a release."""
        graph = ox.DefaultGraph()
        return iter_statements(self._store.quads_for_pattern(subject, predicate, value, graph))


def _is_along(steps: PropertySet, statement: Statement) -> bool:
    return steps.any_property or statement[1].value in steps.iris


def _compute_wave_levels(needs: DataFootprint) -> list[FootprintLevel]:
    """The levels of the footprint for terms of the quads, for those a step from them, and so on.

    A term of the quads may be any number of steps from a focus node, so each level includes all
    later ones. The last level stands for all that follow.
    """
    levels = needs.levels
    merged = [
        FootprintLevel(*(
            _merge_property_sets(getattr(level, name) for level in levels[depth:])
            for name in ("forward", "inverse", "onward", "backward")
        ))
        for depth in range(len(levels))
    ]  # fmt: skip
    # focus nodes are terms of the quads: sh:targetObjectsOf matters for the first wave alone
    aimed = PropertySet(
        merged[0].inverse.iris | needs.target_predicates, merged[0].inverse.any_property
    )
    return [replace(merged[0], inverse=aimed), *merged[1:]]


def _merge_property_sets(steps: Iterable[PropertySet]) -> PropertySet:
    merged = list(steps)
    return PropertySet(
        frozenset(name for step in merged for name in step.iris),
        any(s.any_property for s in merged),
    )
