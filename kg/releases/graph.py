"""The frozen store: accepted quads in their named graphs, and their union as default graph."""

from importlib import resources
from pathlib import Path

import duckdb
import pyoxigraph as ox

from kg.mapping.rdf import add_triples

DERIVED = "derived"


def derive(db: duckdb.DuckDBPyConnection, triples: Path) -> int:
    """Adds what follows from the accepted triples to the graph `derived`; how many triples."""
    store = ox.Store()
    store.bulk_load(path=triples, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    count = 0
    for rule in derivation_rules():
        result = store.query(rule)
        assert isinstance(result, ox.QueryTriples)
        count += add_triples(db, DERIVED, result)
    return count


def derivation_rules() -> list[str]:
    """The rules, as SPARQL CONSTRUCT queries (`kg/queries/derive/`)."""
    folder = resources.files("kg.queries") / "derive"
    return [file.read_text("utf-8") for file in sorted(folder.iterdir(), key=lambda f: f.name)]


def write_store(folder: Path, quads: Path, triples: Path) -> int:
    """Builds the store from the exported files; how many quads, both copies counted."""
    store = ox.Store(str(folder))
    store.bulk_load(path=quads, format=ox.RdfFormat.N_QUADS, lenient=True)
    store.bulk_load(path=triples, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    store.optimize()
    store.flush()
    return len(store)
