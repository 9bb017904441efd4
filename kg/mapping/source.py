"""Everything a source says, mapped into the work database: its tables and its RDF files."""

from collections.abc import Mapping

import duckdb

from kg.mapping.malformed import note_headings, note_malformed
from kg.mapping.map import Mapped, map_lines
from kg.sources import Source, read
from kg.tables import Table


def map_source(
    db: duckdb.DuckDBPyConnection, source: Source, tables: Mapping[str, Table]
) -> list[Mapped]:
    """Reads a source and adds what it says to the work database. Raises SourceError."""
    found = read(source, tables, db)
    note_malformed(db, source.name, found)
    for lines in found:
        note_headings(db, source.name, lines)
    return [map_lines(db, source, lines) for lines in found]
