"""Graphs for the tests of the catalogue: TriG into a work database, a catalogue out of it."""

from pathlib import Path

import duckdb
import pyoxigraph as ox

from kg.catalogue.write import write_catalogue
from kg.mapping.rdf import add_triples, load_files
from kg.mapping.work import open_work
from kg.namespaces import GRAPH, ID
from kg.tables import load

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MOVED = [(f"{ID}organisation/vieux", f"{ID}organisation/alpha-maison")]
GONE = [(f"{ID}person/parti", "2026-01-01")]


def add_graph(db: duckdb.DuckDBPyConnection, text: bytes) -> None:
    """Adds TriG to a work database, each graph to the source of its name."""
    by_graph: dict[str, list[ox.Triple]] = {}
    for quad in ox.parse(text, ox.RdfFormat.TRIG):
        assert isinstance(quad.graph_name, ox.NamedNode)
        by_graph.setdefault(quad.graph_name.value.removeprefix(GRAPH), []).append(quad.triple)
    for name, triples in by_graph.items():
        add_triples(db, name, triples)


def write(path: Path, text: bytes | None = None, release: str = "release-1") -> Path:
    """A catalogue of a graph (graph.trig by default) and of the code lists."""
    work = open_work()
    load_files(work, "schemes", sorted((ROOT / "ontology" / "schemes").glob("*.ttl")))
    add_graph(work, (HERE / "graph.trig").read_bytes() if text is None else text)
    tables = load(ROOT / "ontology" / "tables")
    write_catalogue(work, tables, path, meta={"release": release}, moved=MOVED, gone=GONE)
    work.close()
    return path
