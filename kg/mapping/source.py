"""Everything a source says, mapped into the work database: its tables and its RDF files."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from kg.mapping.corrections import correct
from kg.mapping.malformed import note_headings, note_malformed
from kg.mapping.map import Mapped, map_lines
from kg.mapping.rdf import map_rdf
from kg.mapping.subjects import hold_subjects
from kg.sources import Source, kinds_of, read
from kg.tables import Table


def map_source(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    tables: Mapping[str, Table],
    corrections: Path | None = None,
    context: Path | None = None,
    *,
    anonymous: bool = False,
) -> list[Mapped]:
    """Reads a source and adds what it says to the work database. Raises SourceError.

    `corrections` is the folder of the corrections of its lines, `context` our JSON-LD context.
    With `anonymous`, for rules of others, blank nodes stay blank and subjects are what they are.
    """
    found = read(source, tables, db)
    if corrections and corrections.is_dir():
        found = [correct(db, source.name, lines, corrections) for lines in found]
    note_malformed(db, source.name, found)
    for lines in found:
        note_headings(db, source.name, lines)
    mapped = [map_lines(db, source, lines) for lines in found]
    alignments = sorted(source.folder.glob("*.rq"))
    found_rdf = [
        map_rdf(db, source, path, alignments, context=context, anonymous=anonymous)
        for path in _rdf_files(source)
    ]
    if found_rdf and not anonymous:
        hold_subjects(db, source.name, tables)
    return mapped + found_rdf


def _rdf_files(source: Source) -> list[Path]:
    folders = (source.folder / "rdf", source.folder / "raw")
    return [path for folder in folders for path in sorted(folder.glob("*")) if _is_rdf(path)]


def _is_rdf(path: Path) -> bool:
    return path.is_file() and kinds_of(path) == "rdf"
