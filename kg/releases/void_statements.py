"""VoID statements: what the graphs of a release hold, counted by class and property.

They are a graph of the release, so that editors can ask the endpoint what to complete a query with;
the description beside it says the same. This graph itself is not counted.
See https://www.w3.org/TR/void/#class-property-partitions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.kinds import Text
from kg.mapping.rdf_mapping import add_triples
from kg.namespaces import BASE, RDF_TYPE, shorten
from kg.rdf.build import iri_triple, text_triples, typed_triple
from kg.work_tables import PARTITION_COUNTS, QUADS

VOID_GRAPH: Final = "void"
DATASET: Final = BASE + "void"
DATASET_TITLE: Final = Text(
    "ess-kg, graphe de connaissances de l'économie sociale et solidaire",
    "ess-kg, knowledge graph of the social and solidarity economy",
)


@dataclass(frozen=True)
class PartitionCounts:
    """Numbers of things and of statements, the most first."""

    classes: Sequence[tuple[str, int]]
    """Class and how many things it has."""
    properties: Sequence[tuple[str, int]]
    """Property and how many statements are made with it."""
    class_properties: Sequence[tuple[str, str, int]]
    """Class, property and how many statements things of the one make with the other."""


def write_void_statements(db: duckdb.DuckDBPyConnection) -> None:
    """Counts the accepted quads, and replaces the graph `void` by what is counted."""
    db.execute(f"DELETE FROM {QUADS} WHERE source = {sql.literal(VOID_GRAPH)}")
    _count_partitions(db)
    add_triples(db, VOID_GRAPH, _iter_statements(read_partition_counts(db)))


def _count_partitions(db: duckdb.DuckDBPyConnection) -> None:
    """Fills PARTITION_COUNTS; a statement that a source makes of two records counts once.

    Statements and things are told apart by their hashes, of 64 bits.
    """
    db.execute(
        f"""
        DELETE FROM {PARTITION_COUNTS};
        CREATE OR REPLACE TEMP TABLE stated AS
        SELECT DISTINCT p, hash(s) AS thing, hash(source, s, o) AS statement
        FROM {QUADS};
        CREATE OR REPLACE TEMP TABLE typed AS
        SELECT DISTINCT o[2:-2] AS class, hash(s) AS thing
        FROM {QUADS} WHERE p = {sql.literal(RDF_TYPE)};
        INSERT INTO {PARTITION_COUNTS}
        SELECT class, NULL, count(*) FROM typed GROUP BY class
        UNION ALL SELECT NULL, p, count(*) FROM stated GROUP BY p
        UNION ALL SELECT class, p, count(*) FROM stated JOIN typed USING (thing) GROUP BY class, p;
        DROP TABLE stated;
        DROP TABLE typed
        """
    )


def read_partition_counts(db: duckdb.DuckDBPyConnection) -> PartitionCounts:
    """What has been counted."""
    rows = db.execute(
        f"SELECT class, property, things FROM {PARTITION_COUNTS} "
        "ORDER BY class NULLS FIRST, things DESC, property"
    ).fetchall()
    classes = [(iri, count) for iri, predicate, count in rows if predicate is None]
    return PartitionCounts(
        sorted(classes, key=lambda row: (-row[1], row[0])),
        [(predicate, count) for iri, predicate, count in rows if iri is None],
        [row for row in rows if None not in row],
    )


def _iter_statements(counts: PartitionCounts) -> Iterator[ox.Triple]:
    yield iri_triple(DATASET, "rdf:type", "void:Dataset")
    yield from text_triples(DATASET, "dct:title", DATASET_TITLE)
    yield iri_triple(DATASET, "void:sparqlEndpoint", BASE + "sparql")
    yield from iter_partitions(counts)


def iter_partitions(counts: PartitionCounts) -> Iterator[ox.Triple]:
    """The partitions by class and by property, and by property inside each class.

    They are called by their class and property, so that from release to release only the numbers
    change.
    """
    for iri, count in counts.classes:
        yield from _iter_partition(DATASET, "class", iri, count)
    for iri, count in counts.properties:
        yield from _iter_partition(DATASET, "property", iri, count)
    for iri, predicate, count in counts.class_properties:
        whole = f"{DATASET}#class-{_name_term(iri)}"
        yield from _iter_partition(whole, "property", predicate, count)


def _iter_partition(whole: str, sort: str, iri: str, count: int) -> Iterator[ox.Triple]:
    part = f"{whole}{'-' if '#' in whole else '#'}{sort}-{_name_term(iri)}"
    measure = "entities" if sort == "class" else "triples"
    yield iri_triple(whole, f"void:{sort}Partition", part)
    yield iri_triple(part, f"void:{sort}", iri)
    yield typed_triple(part, f"void:{measure}", count, "xsd:integer")


def _name_term(iri: str) -> str:
    """A class or property as part of a name: its CURIE, or a digest where it has none."""
    name = shorten(iri)
    return (
        name.replace(":", "-") if name != iri else blake2b(iri.encode(), digest_size=8).hexdigest()
    )
