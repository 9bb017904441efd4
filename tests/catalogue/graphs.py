"""Test graphs for the catalogue: TriG into a work database, and a catalogue from it."""

from pathlib import Path

import duckdb
import pyoxigraph as ox

from kg.catalogue.writer import write_catalogue
from kg.csvw_tables import load_tables
from kg.mapping.rdf_mapping import add_triples, load_rdf_files
from kg.mapping.work_database import open_work_database
from kg.namespaces import GRAPH, ID

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MOVED = [(f"{ID}organisation/vieux", f"{ID}organisation/alpha-maison")]
GONE = [(f"{ID}person/parti", "2026-01-01")]


def add_graph(db: duckdb.DuckDBPyConnection, text: bytes) -> None:
    """Add TriG to a work database, each named graph as the source of its name."""
    by_graph: dict[str, list[ox.Triple]] = {}
    for quad in ox.parse(text, ox.RdfFormat.TRIG):
        assert isinstance(quad.graph_name, ox.NamedNode)
        by_graph.setdefault(quad.graph_name.value.removeprefix(GRAPH), []).append(quad.triple)
    for name, triples in by_graph.items():
        add_triples(db, name, triples)


def write(path: Path, text: bytes | None = None, release: str = "release-1") -> Path:
    """Write the catalogue of a graph (graph.trig by default) and the code lists."""
    work = open_work_database()
    load_rdf_files(work, "schemes", sorted((ROOT / "ontology" / "schemes").glob("*.ttl")))
    add_graph(work, (HERE / "graph.trig").read_bytes() if text is None else text)
    tables = load_tables(ROOT / "ontology" / "tables")
    write_catalogue(work, tables, path, meta={"release": release}, moved=MOVED, gone=GONE)
    work.close()
    return path
