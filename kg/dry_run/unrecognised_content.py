"""Unrecognised content: sheets of no known table and columns without a heading.

It is counted and reported, and makes the exit code 1: content that is skipped silently is lost
silently.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import duckdb

from kg import sql
from kg.dry_run.result import CHECK_SOURCE, UNRECOGNISED_COMPONENTS
from kg.kinds import Text
from kg.shacl.results import Severity
from kg.sources import OpenedTable
from kg.validation.findings import Finding, format_column_letter
from kg.work_tables import ORIGINALS, RECORDS, find_last_record

SHEET_COMPONENT, COLUMN_COMPONENT = UNRECOGNISED_COMPONENTS
UNKNOWN_SHEET: Final = Text(
    "La feuille « {sheet} » n'est pas une table reconnue : ses {rows} ne seraient pas importées.",
    "The sheet “{sheet}” is no table that is recognised: its {rows} would not be imported.",
)
ROW_PHRASES: Final = (Text("{} ligne", "{} row"), Text("{} lignes", "{} rows"))
RENAME_SHEET: Final = Text(
    "Donnez-lui le nom d'une table (par exemple organisations), ou retirez-la du classeur.",
    "Name it after a table (for example organisations), or take it out of the workbook.",
)
NO_HEADING: Final = Text(
    "Des cellules sont remplies sous une colonne sans en-tête : elles ne seraient pas importées "
    "({rows}, dont la ligne {first}).",
    "Cells are filled under a column without a heading: they would not be imported "
    "({rows}, of them row {first}).",
)
ADD_HEADING: Final = Text(
    "Donnez un en-tête à la colonne {letter}, ou videz-la.",
    "Give the column {letter} a heading, or empty it.",
)


def reject_sheet(db: duckdb.DuckDBPyConnection, opened: OpenedTable, file: str) -> Finding:
    """Adds the rows of an unknown sheet as records, and returns the finding that rejects them."""
    message = _fill_names(UNKNOWN_SHEET, sheet=opened.sheet, rows=_format_row_count(opened.rows))
    cells = ", ".join(f"{sql.literal(name)}: v.{sql.identifier(name)}" for name in opened.columns)
    first = find_last_record(db)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE left_out AS SELECT "
        f"{first} + row_number() OVER (ORDER BY v._row) AS record, v._row AS nr, "
        f"to_json({{{cells}}}) AS cells FROM {sql.identifier(opened.view)} AS v"
    )
    db.execute(
        f"INSERT INTO {RECORDS} SELECT record, {sql.literal(CHECK_SOURCE)}, '', "
        f"{sql.literal(file)},"
        " nr, "
        "NULL, '' FROM left_out"
    )
    db.execute(f"INSERT INTO {ORIGINALS} SELECT record, cells FROM left_out")
    return _make_finding(file, SHEET_COMPONENT, message, RENAME_SHEET, "")


def find_unnamed_columns(
    db: duckdb.DuckDBPyConnection, opened: OpenedTable, table: str, used: Sequence[str]
) -> Iterator[Finding]:
    """The columns that have values and no heading, each once."""
    for name, position in zip(opened.columns, opened.positions, strict=False):
        if name not in opened.unnamed_columns or name in used:
            continue
        cell = f"v.{sql.identifier(name)}"
        count, row = db.execute(
            f"SELECT count({cell}), min(v._row) FILTER ({cell} IS NOT NULL) "
            f"FROM {sql.identifier(opened.view)} AS v"
        ).fetchone() or (0, 0)
        if count:
            message = _fill_names(NO_HEADING, rows=_format_row_count(count), first=str(row))
            advice = _fill_names(ADD_HEADING, letter=format_column_letter(position))
            yield _make_finding(opened.file, COLUMN_COMPONENT, message, advice, name, table)


def _format_row_count(count: int) -> Text:
    rows = ROW_PHRASES[count > 1]
    return Text(rows.fr.format(count), rows.en.format(count))


def _fill_names(text: Text, **values: str | Text) -> Text:
    """A text with some of its placeholders filled."""
    french, english = text.fr, text.en
    for name, value in values.items():
        french = french.replace("{" + name + "}", value if isinstance(value, str) else value.fr)
        english = english.replace("{" + name + "}", value if isinstance(value, str) else value.en)
    return Text(french, english)


def _make_finding(
    file: str, component: str, message: Text, advice: Text, heading: str, table: str = ""
) -> Finding:
    return Finding(
        source=CHECK_SOURCE,
        table=table,
        file=file,
        heading=heading,
        value=heading,
        severity=Severity.VIOLATION,
        refused=component == SHEET_COMPONENT,
        message=message,
        advice=advice,
        component=component,
    )
