"""The statements of each subject of a store, gathered as a build gathers them."""

from itertools import groupby
from pathlib import Path

import pyoxigraph as ox

from kg.sparql import subject_index
from kg.sparql.subject_index import GraphStatements, SubjectIndex

SOMEWHERE = "urn:graph"
"""The graph of what is only in the default graph."""


def parts(store: ox.Store) -> list[GraphStatements]:
    """What each graph says of each subject."""
    quads = sorted(
        (quad.subject.value, _graph(quad), f"{quad.predicate} {quad.object}")
        for quad in store
        if isinstance(quad.subject, ox.NamedNode)
    )
    named = {(s, said) for s, graph, said in quads if graph != SOMEWHERE}
    return [
        GraphStatements(s, graph, said)
        for (s, graph), lines in groupby(quads, key=lambda quad: quad[:2])
        if (said := [x for *_, x in lines if graph != SOMEWHERE or (s, x) not in named])
    ]


def _graph(quad: ox.Quad) -> str:
    return quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else SOMEWHERE


def gather(store: ox.Store, path: Path) -> SubjectIndex:
    """The file of a store, open."""
    found = parts(store)
    subject_index.write_subject_index(path, found, found[:1000])
    return SubjectIndex(path)
