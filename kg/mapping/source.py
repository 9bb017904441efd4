"""Everything a source says, mapped into the work database: its tables and its RDF files."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from kg.mapping.corrections import correct
from kg.mapping.malformed import note_headings, note_malformed
from kg.mapping.map import Mapped, map_lines
from kg.sources import Source, read
from kg.tables import Table


def map_source(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    tables: Mapping[str, Table],
    corrections: Path | None = None,
) -> list[Mapped]:
    """Reads a source and adds what it says to the work database. Raises SourceError.

    `corrections` is the folder of the corrections of its lines.
    """
    found = read(source, tables, db)
    if corrections and corrections.is_dir():
        found = [correct(db, source.name, lines, corrections) for lines in found]
    note_malformed(db, source.name, found)
    for lines in found:
        note_headings(db, source.name, lines)
    return [map_lines(db, source, lines) for lines in found]
