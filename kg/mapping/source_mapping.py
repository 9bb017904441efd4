"""Source mapping: tables and RDF files of one source to quads of the work database."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from kg.csvw_tables import Table
from kg.errors import BuildError
from kg.mapping.corrections import apply_corrections
from kg.mapping.current_commune_codes import update_commune_codes
from kg.mapping.fact_objects import infer_fact_objects
from kg.mapping.mapped_sources import MappedSources
from kg.mapping.named_communes import resolve_named_communes
from kg.mapping.rdf_mapping import map_rdf
from kg.mapping.rejected_rows import (
    insert_headings,
    insert_unmapped_values,
    reject_malformed_rows,
)
from kg.mapping.subject_classes import check_subject_classes
from kg.mapping.table_mapping import MappingResult, map_rows
from kg.progress import ProgressCallback
from kg.sources import Source, detect_file_kind, read_source
from kg.work_tables import find_last_record


def map_sources(
    db: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    tables: Mapping[str, Table],
    corrections: Path,
    context: Path,
    track: ProgressCallback,
    mapped: MappedSources | None = None,
) -> dict[str, float]:
    """Map every source, then apply the rules that span sources.

    `corrections` is the folder with the corrections of all sources. The rows of sources that are
    `mapped` already are taken from there, and those of others noted. Returns the seconds that each
    source took, by name. Raises SourceError and BuildError.
    """
    seconds: dict[str, float] = {}
    for source in track(sources, "Importing"):
        start = time.perf_counter()
        if mapped is None or not mapped.load(db, source.name):
            last = find_last_record(db)
            if not map_source(db, source, tables, corrections / source.name, context):
                raise BuildError(f"source {source.name} has no table and no RDF: nothing to import")
            if mapped is not None:
                mapped.save(db, source.name, last)
        seconds[source.name] = time.perf_counter() - start
    resolve_named_communes(db, tables)
    update_commune_codes(
        db, {source.name: source.codes_on for source in sources if source.codes_on}
    )
    infer_fact_objects(db)
    return seconds


def map_source(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    tables: Mapping[str, Table],
    corrections: Path | None = None,
    context: Path | None = None,
    *,
    anonymous: bool = False,
) -> list[MappingResult]:
    """Add the contents of a source to the work database. Raises SourceError.

    `corrections` is the folder with the corrections of its rows, `context` our JSON-LD context.
    With `anonymous`, for shapes from elsewhere, blank nodes and subjects are left as they are.
    """
    row_sets = read_source(source, tables, db)
    if corrections and corrections.is_dir():
        row_sets = [apply_corrections(db, source.name, lines, corrections) for lines in row_sets]
    reject_malformed_rows(db, source.name, row_sets)
    for lines in row_sets:
        insert_headings(db, source.name, lines)
        insert_unmapped_values(db, source.name, lines)
    mapped = [map_rows(db, source, lines) for lines in row_sets]
    alignments = sorted(source.folder.glob("*.rq"))
    rdf_results = [
        map_rdf(db, source, path, alignments, context=context, anonymous=anonymous)
        for path in _list_rdf_files(source)
    ]
    if rdf_results and not anonymous:
        check_subject_classes(db, source.name, tables)
    return mapped + rdf_results


def _list_rdf_files(source: Source) -> list[Path]:
    folders = (source.folder / "rdf", source.folder / "raw")
    return [path for folder in folders for path in sorted(folder.glob("*")) if _is_rdf(path)]


def _is_rdf(path: Path) -> bool:
    return path.is_file() and detect_file_kind(path) == "rdf"
