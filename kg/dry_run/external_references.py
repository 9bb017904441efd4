"""References to records outside the checked files, looked up in a release if there is one.

A reference store describes the nodes that the quads point to. With a release it is the store of the
release. Without one, it has the model, and for each record outside the files the class of its kind
and nothing else: so no shape reports it as missing, and the report gives the number of such
records.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.dry_run.result import Model
from kg.iris import parse_record_iri
from kg.kinds import KIND_BY_NAME
from kg.namespaces import ID, RDF_TYPE, SCHEME, expand
from kg.rdf.io import read_quads
from kg.work_tables import QUADS

TYPE_NODE = ox.NamedNode(RDF_TYPE)
IN_SCHEME = ox.NamedNode(expand("skos:inScheme"))
TOPIC_SCHEME = ox.NamedNode(SCHEME + "topic")


def find_external_references(db: duckdb.DuckDBPyConnection) -> tuple[int, Iterator[str]]:
    """The records that the quads name and do not describe: their number and their IRIs."""
    kinds = ", ".join(sql.literal(kind) for kind in KIND_BY_NAME)
    named = (
        f"SELECT o[2:-2] AS iri FROM {QUADS} WHERE record IS NOT NULL AND starts_with(o, '<') "
        f"UNION ALL SELECT s FROM {QUADS} WHERE record IS NOT NULL"
    )
    db.execute(
        "CREATE OR REPLACE TEMP TABLE pointed AS "
        f"SELECT DISTINCT split_part(iri, '#', 1) AS iri FROM ({named}) "
        f"WHERE starts_with(iri, {sql.literal(ID)}) "
        f"AND split_part(substr(iri, {len(ID) + 1}), '/', 1) IN ({kinds})"
    )
    described = f"SELECT s FROM {QUADS} WHERE p = {sql.literal(expand('rdf:type'))}"
    missing = f"FROM pointed WHERE iri NOT IN ({described})"
    row = db.execute(f"SELECT count(*) {missing}").fetchone()
    cursor = db.execute(f"SELECT iri {missing} ORDER BY iri")
    return int(row[0]) if row else 0, (iri for (iri,) in iter(cursor.fetchone, None))


def write_reference_store(folder: Path, model: Model, records: Iterator[str]) -> Path:
    """Writes a store with the model, and with the class of each record outside the files."""
    path = folder / "beside"
    files = (*sorted(model.ontology.glob("*.ttl")), *sorted(model.schemes.glob("*.ttl")))
    store = ox.Store(str(path))
    described = (_to_default_graph(quad) for file in files for quad in read_quads(file))
    # in one load: a store writes its files anew for each
    store.bulk_extend(
        chain(described, (quad for iri in records for quad in _describe_by_kind(iri)))
    )
    store.flush()
    return path


def _to_default_graph(quad: ox.Quad) -> ox.Quad:
    return ox.Quad(quad.subject, quad.predicate, quad.object)


def _describe_by_kind(iri: str) -> Iterator[ox.Quad]:
    named = parse_record_iri(iri)
    assert named is not None
    kind = KIND_BY_NAME[named.kind]
    node = ox.NamedNode(iri)
    yield ox.Quad(node, TYPE_NODE, ox.NamedNode(expand(kind.class_iri)))
    if kind.name == "topic":
        yield ox.Quad(node, IN_SCHEME, TOPIC_SCHEME)
