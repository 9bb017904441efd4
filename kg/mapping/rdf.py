"""RDF files as quads of the work database: sources that come as RDF, and the model itself."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import duckdb
import pyoxigraph as ox

from kg import rdf, sql
from kg.iris import source as source_iri
from kg.mapping.align import align
from kg.mapping.blank_nodes import name_blank_nodes
from kg.mapping.malformed import note_malformed_of
from kg.mapping.map import Mapped
from kg.namespaces import ID, expand
from kg.sources import Source
from kg.sources.files import stem_of
from kg.sources.triples import Triples, open_triples

LABELS: Final = (
    "skos:prefLabel",
    "rdfs:label",
    "foaf:name",
    "schema:name",
    "dct:title",
    "legal:legalName",
)
SEEN_IN: Final = ("prov:wasDerivedFrom", "owl:sameAs", "skos:exactMatch", "dct:source")
"""What leads from an aligned entity to the subject of the file it was made from."""
STATEMENTS: Final = "_statements"
"""The only member of the original of an entity: its statements as N-Triples."""


def map_rdf(
    db: duckdb.DuckDBPyConnection, source: Source, path: Path, alignments: Sequence[Path] = ()
) -> Mapped:
    """Adds the statements of a file to the work database, its entities as records.

    An entity is a subject with what hangs on it: its blank nodes, and in our own addresses what
    is below its `#`. With alignments, what they construct is what the file says. Raises
    SourceError.
    """
    opened = open_triples(db, path, f"{source.name}_{path.name}")
    unusable = note_malformed_of(db, source.name, "", opened.file, opened.malformed)
    if alignments:
        align(db, opened.table, opened.malformed, alignments)
    name_blank_nodes(db, opened.table, stem_of(path))
    first = _count(db, "SELECT coalesce(max(record), 0) FROM records")
    _stage(db, opened, first)
    _note_entities(db, source, opened)
    quads = _count(db, f"SELECT count(*) FROM {sql.name(opened.table)}")
    db.execute(
        f"INSERT INTO quads SELECT {sql.text(source.name)}, record, s, p, o "
        f"FROM {sql.name(opened.table)} JOIN entities USING (entity)"
    )
    records = _count(db, "SELECT count(*) FROM entities")
    for table in (opened.table, opened.subjects, opened.malformed):
        db.execute(f"DROP TABLE {sql.name(table)}")
    return Mapped(source.name, "", records + unusable, quads, unusable)


def _stage(db: duckdb.DuckDBPyConnection, opened: Triples, first: int) -> None:
    """Adds the column `entity` to the statements and makes `entities` (entity, record, line)."""
    table, of = sql.name(opened.table), "coalesce(root, s)"
    db.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT *, CASE WHEN starts_with({of}, '{ID}') "
        f"THEN split_part({of}, '#', 1) ELSE {of} END AS entity FROM {table}"
    )
    linked = ", ".join(sql.text(expand(name)) for name in SEEN_IN)
    subjects = sql.name(opened.subjects)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE entities AS "
        f"SELECT entity, {first} + row_number() OVER (ORDER BY n) AS record, "
        "coalesce(own.line, linked.line) AS line "
        f"FROM (SELECT entity, min(n) AS n FROM {table} GROUP BY entity) "
        f"LEFT JOIN {subjects} own ON own.iri = entity "
        f"LEFT JOIN (SELECT entity, min(line) AS line FROM {table} JOIN {subjects} "
        f"ON o = '<' || iri || '>' WHERE p IN ({linked}) AND s = entity GROUP BY entity) linked "
        "USING (entity)"
    )


def _note_entities(db: duckdb.DuckDBPyConnection, source: Source, opened: Triples) -> None:
    table, name = sql.name(opened.table), sql.text(source.name)
    ranks = " ".join(f"WHEN '{expand(label)}' THEN {n}" for n, label in enumerate(LABELS))
    labels = ", ".join(sql.text(expand(label)) for label in LABELS)
    text = """replace(regexp_extract(o, '^"(.*)"', 1), '\\"', '"')"""
    db.execute(
        f"INSERT INTO records SELECT record, {name}, '', {sql.text(opened.file)}, line, entity, "
        "coalesce(label, '') FROM entities LEFT JOIN (SELECT entity, "
        f"arg_min({text}, "
        f"(CASE p {ranks} END) * 2 + CASE WHEN ends_with(o, '@fr') THEN 0 ELSE 1 END) AS label "
        f"FROM {table} WHERE p IN ({labels}) AND s = entity GROUP BY entity) USING (entity)"
    )
    db.execute(
        f"INSERT INTO originals SELECT record, json_object('{STATEMENTS}', told) FROM entities "
        "JOIN (SELECT entity, string_agg('<' || s || '> <' || p || '> ' || o || ' .', chr(10) "
        f"ORDER BY n) AS told FROM {table} GROUP BY entity) USING (entity)"
    )
    if source.kind == "register":
        mark = sql.text(f"<{source_iri(source.name)}#file={quote(opened.file)}&row=")
        db.execute(
            f"INSERT INTO quads SELECT {name}, record, entity, "
            f"{sql.text(expand('prov:wasDerivedFrom'))}, {mark} || line || '>' "
            f"FROM entities WHERE line IS NOT NULL AND starts_with(entity, '{ID}')"
        )


def _count(db: duckdb.DuckDBPyConnection, query: str) -> int:
    row = db.execute(query).fetchone()
    return int(row[0]) if row else 0


def load_files(db: duckdb.DuckDBPyConnection, source: str, paths: Iterable[Path]) -> int:
    """Adds the triples of files to the quads of a source, without a record; how many."""
    quads = (quad for path in paths for quad in rdf.read_quads(path))
    return add_triples(db, source, (quad.triple for quad in quads))


def add_triples(db: duckdb.DuckDBPyConnection, source: str, triples: Iterable[ox.Triple]) -> int:
    """Adds triples to the quads of a source, without a record; how many.

    They pass through a file of tab-separated N-Triples terms: tabs inside a literal are escaped
    there, and DuckDB reads it a hundred times faster than rows given from Python.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "triples.tsv"
        with path.open("w", encoding="utf-8") as file:
            count = sum(_write(file.write, triple) for triple in triples)
        if count:
            db.execute(
                f"INSERT INTO quads SELECT DISTINCT {sql.text(source)}, NULL, s, p, o FROM "
                f"read_csv({sql.text(str(path))}, delim='\t', quote='', escape='', header=false, "
                "auto_detect=false, columns={'s': 'VARCHAR', 'p': 'VARCHAR', 'o': 'VARCHAR'}, "
                "max_line_size=16777216)"
            )
    return count


def _write(write: object, triple: ox.Triple) -> int:
    assert callable(write)
    subject, predicate = str(triple.subject)[1:-1], str(triple.predicate)[1:-1]
    write(f"{subject}\t{predicate}\t{triple.object}\n")
    return 1
