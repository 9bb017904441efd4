"""A made-up country as the engines read it: one file of triples, and files of shapes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox
from generate import generate

from kg import csvw_tables as canonical
from kg.mapping import map_source, open_work_database
from kg.mapping.ntriples_io import export_triples
from kg.mapping.provenance import describe_sources
from kg.mapping.rdf_mapping import load_rdf_files
from kg.sources import discover_sources

ROOT: Final = Path(__file__).resolve().parents[1]
SPARQL: Final = ox.NamedNode("http://www.w3.org/ns/shacl#sparql")


@dataclass(frozen=True)
class Graph:
    """The files of a graph, how many triples they hold and how many the made-up source gave."""

    data: Path
    triples: int
    own: int
    shapes: Mapping[str, Path]
    """The shapes by the name of the set: `all`, or `core`, those without sh:sparql."""


def make(folder: Path, organisations: int, errors: float, seed: int) -> Graph:
    """Makes a country of some size and maps it, with all that it refers to."""
    generate(folder, organisations, errors, seed, territories="used")
    data = folder / "data.nt"
    with open_work_database(folder / "work.duckdb") as db:
        map_all(db, folder / "sources")
        triples = export_triples(db, data)
        own = db.execute(
            "SELECT count(*) FROM (SELECT DISTINCT s, p, o FROM quads WHERE source = 'synthetic')"
        ).fetchone()
    (folder / "work.duckdb").unlink()
    return Graph(data, triples, own[0] if own else 0, _shapes(folder))


def map_all(db: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Maps sources, beside the lists and the ontology."""
    ontology = ROOT / "ontology"
    load_rdf_files(db, "ontology", sorted(ontology.glob("*.ttl")))
    load_rdf_files(db, "schemes", sorted((ontology / "schemes").glob("*.ttl")))
    sources = discover_sources(folder)
    describe_sources(db, sources, {})
    tables = canonical.load_tables(ontology / "tables")
    for source in sources:
        map_source(db, source, tables)


def _shapes(folder: Path) -> dict[str, Path]:
    """Our shapes in one file, and the same without their queries."""
    store = ox.Store()
    for path in sorted((ROOT / "shapes").glob("*.ttl")):
        store.load(path=path, format=ox.RdfFormat.TURTLE)
    triples = [quad.triple for quad in store]
    files = {name: folder / f"shapes-{name}.ttl" for name in ("all", "core")}
    ox.serialize(triples, files["all"], ox.RdfFormat.TURTLE)
    core = [triple for triple in triples if triple.predicate != SPARQL]
    ox.serialize(core, files["core"], ox.RdfFormat.TURTLE)
    return files
