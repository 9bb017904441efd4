"""The tables of a file: one, or one for each sheet of a workbook that is a table of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import duckdb

from kg import sql, template
from kg.checking.headings import fold
from kg.checking.readings import INSEE
from kg.checking.recognise import Recognised, Seen, recognise, table_called
from kg.errors import SourceError, TableError
from kg.kinds import Text
from kg.sources import Opened, kinds_of, open_tables
from kg.sources.opened import is_text
from kg.sources.unsupported_formats import not_read
from kg.tables import Table

LEFT: Final = Text(
    "La feuille « {sheet} » explique le modèle : elle n'est pas lue comme une table.",
    "The sheet “{sheet}” explains the template: it is not read as a table.",
)
TEXT: Final = Text(
    "La feuille « {sheet} » n'a qu'une colonne, ou aucune ligne : elle n'est pas lue comme une "
    "table.",
    "The sheet “{sheet}” has but one column, or no row: it is not read as a table.",
)


FEW: Final = 5
"""Rows of which nothing is said by values that come again."""
ONCE: Final = 0.8
"""The share of values that differ in a column of keys, faults left out of account."""


@dataclass(frozen=True)
class Found:
    """One table of a file, recognised."""

    opened: Opened
    recognised: Recognised


@dataclass(frozen=True)
class Tables:
    """The tables of a file, and what is to be said of the sheets that are none."""

    found: tuple[Found, ...]
    notes: tuple[Text, ...]
    """Sheets left aside on purpose."""
    strange: tuple[tuple[str, Opened], ...]
    """Sheets that are no table of ours, each with its name in the report."""


def tables_of(
    db: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    number: int,
    tables: Mapping[str, Table],
    asked: str | None,
) -> Tables:
    """The tables of a file called `name` in the report. Raises SourceError where it has none."""
    if kinds_of(path) is None:
        if known := not_read(path):
            raise SourceError(f"{name}: {known.en}", f"{name} : {known.fr}")
        raise SourceError(
            f"{name} is neither a table (CSV, XLSX, ODS, JSON, GeoJSON, Parquet) nor RDF (Turtle, "
            "RDF/XML, JSON-LD, N-Triples): save it in one of these formats",
            f"{name} n'est ni un tableau (CSV, XLSX, ODS, JSON, GeoJSON, Parquet) ni du RDF "
            "(Turtle, RDF/XML, JSON-LD, N-Triples) : enregistrez-le dans un de ces formats",
        )
    opened = open_tables(db, path, f"file_{number}")
    guides = [each for each in opened if each.sheet and template.is_guide(each.columns)]
    others = [each for each in opened if each not in guides]
    found, strange, unknown, texts = [], [], list[TableError](), []
    for each in others:
        label = name if len(others) == 1 else f"{name} [{each.sheet}]"
        try:
            called = _name(each, name, others, tables)
            recognised = recognise(called, each.columns, tables, asked, seen_in(db, each))
        except TableError as error:
            unknown.append(error)
            if is_text(each):
                texts.append(each)
            else:
                strange.append((label, each))
        else:
            found.append(Found(replace(each, file=label), recognised))
    if not found and unknown:
        raise _first(unknown, name)
    notes = [_of_sheet(LEFT, each.sheet) for each in guides]
    notes += [_of_sheet(TEXT, each.sheet) for each in texts]
    return Tables(tuple(found), tuple(notes), tuple(strange))


def seen_in(db: duckdb.DuckDBPyConnection, opened: Opened) -> Seen:
    """Which columns of a table are empty, and which communes come again and again."""
    codes = [name for name in opened.columns if fold(name) in INSEE]
    counted = [f"count(v.{sql.name(name)})" for name in opened.columns]
    counted += [f"count(DISTINCT v.{sql.name(name)})" for name in codes]
    row = db.execute(f"SELECT {', '.join(counted)} FROM {sql.name(opened.view)} AS v").fetchone()
    filled = dict(zip(opened.columns, row or (), strict=False))
    distinct = dict(zip(codes, (row or ())[len(opened.columns) :], strict=True))
    return Seen(
        frozenset(name for name, count in filled.items() if not count and opened.rows),
        frozenset(
            name
            for name, count in distinct.items()
            if filled[name] >= FEW and count < ONCE * filled[name]
        ),
    )


def _name(opened: Opened, file: str, others: list[Opened], tables: Mapping[str, Table]) -> str:
    """What may say which table it is: the name of the sheet; of the only sheet, the file's too."""
    if not opened.sheet or (len(others) == 1 and table_called(opened.sheet, tables) is None):
        return file
    return opened.sheet


def _first(unknown: list[TableError], name: str) -> TableError:
    first = unknown[0]
    return TableError(f"{name}: {first}", f"{name} : {first.french}")


def _of_sheet(text: Text, sheet: str) -> Text:
    return Text(text.fr.format(sheet=sheet), text.en.format(sheet=sheet))
