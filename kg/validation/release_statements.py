"""Statements of a release about the entities of a work database, by source."""

from collections.abc import Callable, Iterator, Set
from itertools import islice
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.namespaces import GRAPH, ID
from kg.rdf.stores import open_release_store
from kg.release_layout import Release
from kg.shacl.terms import LEGAL_IRI
from kg.work_tables import QUADS, RECORDS

RELEASED_SCHEMA: Final = (
    "CREATE OR REPLACE TEMP TABLE released (source VARCHAR, s VARCHAR, p VARCHAR, o VARCHAR)"
)
CHUNK_ROWS: Final = 50_000
SELECT_NODES_SQL: Final = f"""
SELECT DISTINCT entity || fragment AS node FROM (
    SELECT DISTINCT subject_of(s) AS entity FROM {QUADS} WHERE record IS NOT NULL
    AND starts_with(s, {sql.literal(ID)})
) JOIN (SELECT DISTINCT kind, fragment FROM single)
ON kind = split_part(substr(entity, {len(ID) + 1}), '/', 1) ORDER BY node
"""


def load_released_statements(db: duckdb.DuckDBPyConnection, release: Release | None) -> None:
    """Fills `released` with the statements of a release about the entities of the quads in the
    columns of `single`, without those of the same sources.

    Raises ReleaseDamaged where its store cannot be opened.
    """
    db.execute(RELEASED_SCHEMA)
    if release is None:
        return
    store = open_release_store(release.store)
    nodes = [str(node) for (node,) in db.execute(SELECT_NODES_SQL).fetchall()]
    wanted = {str(p) for (p,) in db.execute("SELECT DISTINCT p FROM single").fetchall()}
    own = {str(name) for (name,) in db.execute(f"SELECT DISTINCT source FROM {RECORDS}").fetchall()}
    rows = (row for row in _iter_stated(store, nodes) if row[2] in wanted and row[0] not in own)
    while some := list(islice(rows, CHUNK_ROWS)):
        db.execute(
            "INSERT INTO released SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), "
            "unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
            [list(column) for column in zip(*some, strict=True)],
        )


def _iter_stated(store: ox.Store, nodes: list[str]) -> Iterator[tuple[str, str, str, str]]:
    """Source, subject, property and value of the statements of sources about some nodes."""
    for node in nodes:
        if not LEGAL_IRI.fullmatch(node):
            continue
        for quad in store.quads_for_pattern(ox.NamedNode(node), None, None):
            graph = quad.graph_name
            if isinstance(graph, ox.NamedNode) and graph.value.startswith(GRAPH):
                source = graph.value.removeprefix(GRAPH)
                yield source, node, quad.predicate.value, str(quad.object)


def make_stated_lookup(release: Release) -> Callable[[str], Set[tuple[str, str]]]:
    """A lookup of the statements of a release about a subject: properties, and values in N-Triples.

    Raises ReleaseDamaged where its store cannot be opened.
    """
    store = open_release_store(release.store)

    def stated(subject: str) -> Set[tuple[str, str]]:
        if not LEGAL_IRI.fullmatch(subject):
            return frozenset()
        quads = store.quads_for_pattern(ox.NamedNode(subject), None, None)
        return {(quad.predicate.value, str(quad.object)) for quad in quads}

    return stated


def iter_release_sources(release: Release) -> Iterator[tuple[str, dict[str, int], str]]:
    """The name, precedence and date of retrieval of each source of a release."""
    for source in release.read_manifest().get("sources", ()):
        yield source["name"], source.get("precedence", {}), source.get("retrieved", "")
