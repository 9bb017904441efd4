"""RDF mapping: RDF files of sources and of the model to quads of the work database."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.formats import N_TRIPLES
from kg.mapping.alignments import apply_alignments
from kg.mapping.broken_cells import CONTROL_CHARACTER
from kg.mapping.csvw_to_sql import build_row_iri_sql
from kg.mapping.ntriples_io import read_ntriples
from kg.mapping.rejected_rows import reject_malformed_table
from kg.mapping.skolemize import relabel_blank_nodes, skolemize_blank_nodes
from kg.mapping.table_mapping import MappingResult
from kg.namespaces import ID, expand
from kg.queries.query_catalogue import describe_query_catalogue
from kg.rdf.io import read_quads, write_rdf
from kg.rdf.labels import (
    FOREIGN_LABEL_PROPERTIES,
    build_label_filter_sql,
    build_label_rank_sql,
)
from kg.sources import Source
from kg.sources.file_opener import strip_extensions
from kg.sources.rdf_files import OpenedRdf, open_rdf
from kg.work_tables import ORIGINALS, QUADS, RAW_LINE_COLUMN, RECORDS, UNUSABLE, find_last_record

ORIGIN_PROPERTIES: Final = ("owl:sameAs", "skos:exactMatch", "skos:closeMatch", "dct:source")
"""Properties that link an aligned entity to the subject it was constructed from."""
ESCAPED_CONTROL_CHARACTER: Final = r"\\u00(?:0[0-8BbEeFfCc]|1[0-9A-Fa-f])|\\[bf]"
"""The same characters, as N-Triples escapes them."""
ENTITY_SQL: Final = (
    f"CASE WHEN starts_with(root, '{ID}') THEN split_part(root, '#', 1) ELSE root END"
)
"""SQL of the entity of a statement: the root of its subject, without our `#` fragments."""


def map_rdf(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    path: Path,
    alignments: Sequence[Path] = (),
    *,
    anonymous: bool = False,
    context: Path | None = None,
) -> MappingResult:
    """Add the statements of a file to the work database, one record per entity.

    An entity comprises a subject, its blank nodes and, in our own namespace, the IRIs with a
    fragment (`#`) below it. Alignments replace the statements of the file with those that they
    construct. Blank nodes are skolemized, unless `anonymous`: shapes from elsewhere may require
    blank nodes. `context` is our JSON-LD context, which files may refer to. Raises SourceError.
    """
    opened = open_rdf(db, path, f"{source.name}_{path.name}", context)
    unusable = _reject_malformed(db, source, opened)
    if alignments:
        db.execute(f"DELETE FROM {sql.identifier(opened.malformed)}")
        apply_alignments(db, opened.table, opened.malformed, alignments)
        unusable += _reject_malformed(db, source, opened)
    first = find_last_record(db)
    blank = f"f{first}x" if anonymous else ""
    if anonymous:
        view = relabel_blank_nodes(db, opened.table, blank)
    else:
        view = skolemize_blank_nodes(
            db, opened.table, quote(f"{source.name}-{strip_extensions(path)}")
        )
    _stage_entities(db, view, opened, first, blank)
    _insert_entities(db, source, view, opened)
    db.execute(
        f"INSERT INTO {QUADS} SELECT {sql.literal(source.name)}, record, s, p, o "
        f"FROM {sql.identifier(view)} JOIN entities ON entity = {ENTITY_SQL}"
    )
    quads = sql.select_number(db, f"SELECT count(*) FROM {sql.identifier(opened.table)}")
    if not anonymous:
        _reject_control_characters(db, source)
    if not anonymous and not quads + unusable:
        _reject_silent_file(db, source, opened.file)
        unusable = 1
    records = sql.select_number(db, "SELECT count(*) FROM entities")
    db.execute(f"DROP VIEW {sql.identifier(view)}")
    for table in (opened.table, opened.subjects, opened.malformed):
        db.execute(f"DROP TABLE {sql.identifier(table)}")
    return MappingResult(source.name, "", records + unusable, quads, unusable)


def _reject_silent_file(db: duckdb.DuckDBPyConnection, source: Source, file: str) -> None:
    """Record a file without entities as one rejected row, so that its loss is reported."""
    record = find_last_record(db) + 1
    db.execute(
        f"INSERT INTO {RECORDS} VALUES ($1, $2, '', $3, NULL, NULL, '')",
        [record, source.name, file],
    )
    db.execute(f"INSERT INTO {UNUSABLE} VALUES ($1, 'file-silent', '', '')", [record])
    db.execute(
        f"INSERT INTO {ORIGINALS} VALUES ($1, json_object($2, ''))", [record, RAW_LINE_COLUMN]
    )


def _reject_control_characters(db: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Reject the entities that contain control characters."""
    db.execute(
        f"INSERT INTO {UNUSABLE} SELECT record, 'cell-control', '', min(o) FROM {QUADS} "
        "WHERE source = $1 AND record IN (SELECT record FROM entities) "
        "AND (regexp_matches(o, $2) OR regexp_matches(o, $3)) GROUP BY record",
        [source.name, CONTROL_CHARACTER, ESCAPED_CONTROL_CHARACTER],
    )


def _reject_malformed(db: duckdb.DuckDBPyConnection, source: Source, opened: OpenedRdf) -> int:
    return reject_malformed_table(db, source.name, "", opened.file, opened.malformed)


def _stage_entities(
    db: duckdb.DuckDBPyConnection, view: str, opened: OpenedRdf, first: int, blank: str
) -> None:
    """Create `entities` (entity, record, line) of the subjects in the statements.

    `blank` is the prefix of blank node labels: these are generated, and absent from the file.
    """
    table, subjects = sql.identifier(view), sql.identifier(opened.subjects)
    linked = ", ".join(sql.literal(expand(name)) for name in ORIGIN_PROPERTIES)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE entities AS "
        f"SELECT entity, {first} + row_number() OVER (ORDER BY n) AS record, "
        "coalesce(own.line, linked.line) AS line "
        f"FROM (SELECT {ENTITY_SQL} AS entity, min(n) AS n FROM {table} GROUP BY entity) "
        f"LEFT JOIN {subjects} own ON own.iri = CASE WHEN starts_with(entity, '_:') "
        f"THEN '_:' || substr(entity, {len(blank) + 3}) ELSE entity END "
        f"LEFT JOIN (SELECT s AS entity, min(line) AS line FROM {table} JOIN {subjects} "
        f"ON o = '<' || iri || '>' WHERE p IN ({linked}) GROUP BY s) linked USING (entity)"
    )


def _insert_entities(
    db: duckdb.DuckDBPyConnection, source: Source, view: str, opened: OpenedRdf
) -> None:
    table, name = sql.identifier(view), sql.literal(source.name)
    rank = build_label_rank_sql("p", FOREIGN_LABEL_PROPERTIES)
    is_label = build_label_filter_sql("p", FOREIGN_LABEL_PROPERTIES)
    text = """replace(regexp_extract(o, '^"(.*)"', 1), '\\"', '"')"""
    db.execute(
        f"INSERT INTO {RECORDS} SELECT record, {name}, '', {sql.literal(opened.file)}, line, "
        "entity, coalesce(label, '') FROM entities LEFT JOIN (SELECT s AS entity, "
        f"arg_min({text}, "
        f"({rank}) * 2 + CASE WHEN ends_with(o, '@fr') THEN 0 ELSE 1 END) AS label "
        f"FROM {table} WHERE {is_label} GROUP BY s) USING (entity)"
    )
    if source.kind == "register":
        db.execute(
            f"INSERT INTO {QUADS} SELECT {name}, record, entity, "
            f"{sql.literal(expand('prov:wasDerivedFrom'))}, "
            f"{build_row_iri_sql(source.name, 'entity')} "
            f"FROM entities WHERE line IS NOT NULL AND starts_with(entity, '{ID}')"
        )


def load_model(db: duckdb.DuckDBPyConnection, ontology: Path, shapes: Sequence[Path]) -> None:
    """Load the ontology, its code lists, the shapes and the named queries."""
    load_rdf_files(db, "ontology", sorted(ontology.glob("*.ttl")))
    load_rdf_files(db, "schemes", sorted((ontology / "schemes").glob("*.ttl")))
    load_rdf_files(db, "shapes", shapes)
    add_triples(db, "queries", describe_query_catalogue())


def load_rdf_files(db: duckdb.DuckDBPyConnection, source: str, paths: Iterable[Path]) -> int:
    """Add the triples of files to a source, without records; return their number."""
    quads = (quad for path in paths for quad in read_quads(path))
    return add_triples(db, source, (quad.triple for quad in quads))


def add_triples(db: duckdb.DuckDBPyConnection, source: str, triples: Iterable[ox.Triple]) -> int:
    """Add distinct triples to a source, without records; return their number.

    They pass through a file of N-Triples: DuckDB reads it a hundred times faster than rows passed
    from Python.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "triples.nt"
        with path.open("wb") as file:
            write_rdf(triples, file, N_TRIPLES)
        return read_ntriples(db, source, path)
