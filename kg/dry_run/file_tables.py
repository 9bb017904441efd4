"""Table discovery: the tables of a file, or of the sheets of a workbook."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb

from kg import spreadsheet_template, sql
from kg.csvw_tables import Table
from kg.dry_run.column_matching import fold_heading
from kg.dry_run.register_columns import INSEE_HEADINGS
from kg.dry_run.table_detection import ColumnProfile, TableMatch, detect_table, find_table_by_name
from kg.errors import SourceError, TableError
from kg.kinds import Text
from kg.sources import OpenedTable, detect_file_kind, open_tables
from kg.sources.opened_table import is_plain_text_sheet
from kg.sources.unsupported_formats import describe_unsupported

GUIDE_SHEET_NOTE: Final = Text(
    "La feuille « {sheet} » explique le modèle : elle n'est pas lue comme une table.",
    "The sheet “{sheet}” explains the template: it is not read as a table.",
)
TEXT_SHEET_NOTE: Final = Text(
    "La feuille « {sheet} » n'a qu'une colonne, ou aucune ligne : elle n'est pas lue comme une "
    "table.",
    "The sheet “{sheet}” has but one column, or no row: it is not read as a table.",
)


MIN_ROWS_FOR_REPETITION: Final = 5
"""Rows below which repeated values say nothing about a column."""
MIN_DISTINCT_SHARE: Final = 0.8
"""Share of distinct values in a column of keys, at least; the rest may be mistakes."""


@dataclass(frozen=True)
class DetectedTable:
    """One table of a file, recognised."""

    opened: OpenedTable
    match: TableMatch


@dataclass(frozen=True)
class FileTables:
    """Tables of a file, and notes on its other sheets."""

    detected: tuple[DetectedTable, ...]
    notes: tuple[Text, ...]
    """Notes on sheets that are skipped on purpose."""
    unknown_sheets: tuple[tuple[str, OpenedTable], ...]
    """Sheets that are no canonical table, each with its name in the report."""


def find_tables(
    db: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    number: int,
    tables: Mapping[str, Table],
    requested_table: str | None,
) -> FileTables:
    """The tables of a file called `name` in the report. Raises SourceError where it has none."""
    if detect_file_kind(path) is None:
        if unsupported := describe_unsupported(path):
            raise SourceError(f"{name}: {unsupported.en}", f"{name} : {unsupported.fr}")
        raise SourceError(
            f"{name} is neither a table (CSV, XLSX, ODS, JSON, GeoJSON, Parquet, iCalendar, RSS, "
            "Atom) nor RDF (Turtle, RDF/XML, JSON-LD, N-Triples): save it in one of these formats",
            f"{name} n'est ni un tableau (CSV, XLSX, ODS, JSON, GeoJSON, Parquet, iCalendar, RSS, "
            "Atom) ni du RDF (Turtle, RDF/XML, JSON-LD, N-Triples) : enregistrez-le dans un de ces "
            "formats",
        )
    opened = open_tables(db, path, f"file_{number}")
    guides = [
        each for each in opened if each.sheet and spreadsheet_template.is_guide_sheet(each.columns)
    ]
    others = [each for each in opened if each not in guides]
    detected, strange, unknown, texts = [], [], list[TableError](), []
    for each in others:
        label = name if len(others) == 1 else f"{name} [{each.sheet}]"
        try:
            called = _choose_name(each, name, others, tables)
            recognised = detect_table(
                called, each.columns, tables, requested_table, profile_columns(db, each)
            )
        except TableError as error:
            unknown.append(error)
            if is_plain_text_sheet(each):
                texts.append(each)
            else:
                strange.append((label, each))
        else:
            detected.append(DetectedTable(replace(each, file=label), recognised))
    if not detected and unknown:
        raise _make_unknown_error(unknown, name)
    notes = [_fill_sheet(GUIDE_SHEET_NOTE, each.sheet) for each in guides]
    notes += [_fill_sheet(TEXT_SHEET_NOTE, each.sheet) for each in texts]
    return FileTables(tuple(detected), tuple(notes), tuple(strange))


def profile_columns(db: duckdb.DuckDBPyConnection, opened: OpenedTable) -> ColumnProfile:
    """Profile of the columns of a table: which are empty, which codes of communes are repeated."""
    codes = [name for name in opened.columns if fold_heading(name) in INSEE_HEADINGS]
    counted = [f"count(v.{sql.identifier(name)})" for name in opened.columns]
    counted += [f"count(DISTINCT v.{sql.identifier(name)})" for name in codes]
    row = db.execute(
        f"SELECT {', '.join(counted)} FROM {sql.identifier(opened.view)} AS v"
    ).fetchone()
    filled = dict(zip(opened.columns, row or (), strict=False))
    distinct = dict(zip(codes, (row or ())[len(opened.columns) :], strict=True))
    return ColumnProfile(
        frozenset(name for name, count in filled.items() if not count and opened.rows),
        frozenset(
            name
            for name, count in distinct.items()
            if filled[name] >= MIN_ROWS_FOR_REPETITION and count < MIN_DISTINCT_SHARE * filled[name]
        ),
    )


def _choose_name(
    opened: OpenedTable, file: str, others: list[OpenedTable], tables: Mapping[str, Table]
) -> str:
    """The name by which to recognise a table: that of its sheet; of the only sheet, also the
    file's."""
    if not opened.sheet or (len(others) == 1 and find_table_by_name(opened.sheet, tables) is None):
        return file
    return opened.sheet


def _make_unknown_error(unknown: list[TableError], name: str) -> TableError:
    first = unknown[0]
    return TableError(f"{name}: {first}", f"{name} : {first.french}")


def _fill_sheet(text: Text, sheet: str) -> Text:
    return Text(text.fr.format(sheet=sheet), text.en.format(sheet=sheet))
