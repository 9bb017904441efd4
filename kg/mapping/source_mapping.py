"""Source mapping: tables and RDF files of one source to quads of the work database."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from kg.csvw_tables import Table
from kg.errors import BuildError
from kg.mapping.corrections import apply_corrections
from kg.mapping.current_commune_codes import update_commune_codes
from kg.mapping.fact_objects import infer_fact_objects
from kg.mapping.listed_countries import resolve_stated_countries
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
from kg.sources import Source, StagedSelects, detect_file_kind, read_source, stage_selects
from kg.sources.temp_files import make_temp_path
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
    taken = {s.name for s in sources if mapped is not None and mapped.is_there(s.name)}
    seconds: dict[str, float] = {}
    # raw files are read in a database of their own, while other sources are mapped
    with ThreadPoolExecutor(1) as reader:
        staged = {
            source.name: reader.submit(_stage, source, tables, make_temp_path(db, "apart"))
            for source in sources
            if source.name not in taken
        }
        try:
            for source in track(sources, "Importing"):
                spent, rows = staged[source.name].result() if source.name in staged else (0.0, None)
                start = time.perf_counter()
                last = find_last_record(db)
                if rows is None and mapped is not None:
                    mapped.load(db, source.name)
                else:
                    found = map_source(
                        db, source, tables, corrections / source.name, context, staged=rows
                    )
                    if not found:
                        raise BuildError(
                            f"source {source.name} has no table and no RDF: nothing to import"
                        )
                    if mapped is not None:
                        mapped.save(db, source.name, last)
                seconds[source.name] = spent + time.perf_counter() - start
        finally:
            reader.shutdown(cancel_futures=True)
    resolve_named_communes(db, tables)
    resolve_stated_countries(db)
    update_commune_codes(
        db, {source.name: source.codes_on for source in sources if source.codes_on}
    )
    infer_fact_objects(db)
    return seconds


def _stage(
    source: Source, tables: Mapping[str, Table], folder: Path
) -> tuple[float, StagedSelects]:
    """What the raw files of a source give, and the seconds that it took."""
    start = time.perf_counter()
    staged = stage_selects(source, tables, folder)
    return time.perf_counter() - start, staged


def map_source(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    tables: Mapping[str, Table],
    corrections: Path | None = None,
    context: Path | None = None,
    *,
    staged: StagedSelects | None = None,
    anonymous: bool = False,
) -> list[MappingResult]:
    """Add the contents of a source to the work database. Raises SourceError.

    `corrections` is the folder with the corrections of its rows, `context` our JSON-LD context;
    `staged` has the rows of its raw files, if they were read ahead.
    With `anonymous`, for shapes from elsewhere, blank nodes and subjects are left as they are.
    """
    row_sets = read_source(source, tables, db, staged)
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
