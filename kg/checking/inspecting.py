"""INTERIM: the files held to the shapes beside a store of what they point to."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyoxigraph as ox

from kg.mapping.export import export_triples
from kg.progress import Track
from kg.tables import Table
from kg.validation.check import check
from kg.validation.findings import findings
from kg.validation.gate import decide
from kg.validation.inspect import Inspection, _note_reasons, with_own_messages
from kg.validation.shapes import load_shapes


def inspect(
    db: duckdb.DuckDBPyConnection,
    shapes: Sequence[Path],
    tables: Mapping[str, Table],
    *,
    reference: Path,
    track: Track,
) -> Inspection:
    """The interim inspection."""
    with tempfile.TemporaryDirectory() as folder:
        triples = Path(folder) / "triples.nt"
        export_triples(db, triples)
        store = ox.Store()
        store.bulk_load(path=triples, format=ox.RdfFormat.N_TRIPLES, lenient=True)
    query = "SELECT DISTINCT s FROM quads WHERE ends_with(p, '22-rdf-syntax-ns#type')"
    focus = {s for (s,) in db.execute(query).fetchall()}
    beside = ox.Store.read_only(str(reference))
    waiting = {n for q in store for n in (q.subject, q.object) if isinstance(n, ox.NamedNode)}
    seen: set[object] = set()
    for _ in range(4):
        fresh = {n for n in waiting if n not in seen and n.value not in focus}
        seen |= fresh
        waiting = set()
        for node in fresh:
            for quad in beside.quads_for_pattern(node, None, None, None):
                store.add(ox.Quad(quad.subject, quad.predicate, quad.object))
                if isinstance(quad.object, ox.NamedNode):
                    waiting.add(quad.object)
    loaded = load_shapes(shapes)
    report = with_own_messages(check(store, loaded, focus=focus, track=track), loaded)
    verdict = decide(db, report.results)
    found = findings(db, report.results, verdict, tables, loaded)
    _note_reasons(db, found)
    return Inspection(found, report, loaded)
