"""Sheets that are not recognised and columns without a heading: what a check would leave out.

It is counted and told, and keeps a check from ending well: what is passed over without a word is
lost without a word.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import duckdb

from kg import sql
from kg.checking.checked import LEFT_OUT, SOURCE
from kg.kinds import Text
from kg.sources import Opened
from kg.validation.findings import Finding, letter
from kg.validation.results import Severity

SHEET, COLUMN = LEFT_OUT
NO_TABLE: Final = Text(
    "La feuille « {sheet} » n'est pas une table reconnue : ses {rows} ne seraient pas importées.",
    "The sheet “{sheet}” is no table that is recognised: its {rows} would not be imported.",
)
ROWS: Final = (Text("{} ligne", "{} row"), Text("{} lignes", "{} rows"))
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


def leave_out(db: duckdb.DuckDBPyConnection, opened: Opened, file: str) -> Finding:
    """Counts the rows of a sheet that is no table as refused, with that reason."""
    message = _filled(NO_TABLE, sheet=opened.sheet, rows=_rows(opened.rows))
    cells = ", ".join(f"{sql.text(name)}: v.{sql.name(name)}" for name in opened.columns)
    first = db.execute("SELECT coalesce(max(record), 0) FROM records").fetchone() or (0,)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE left_out AS SELECT "
        f"{first[0]} + row_number() OVER (ORDER BY v._row) AS record, v._row AS nr, "
        f"to_json({{{cells}}}) AS cells FROM {sql.name(opened.view)} AS v"
    )
    db.execute(
        f"INSERT INTO records SELECT record, {sql.text(SOURCE)}, '', {sql.text(file)}, nr, "
        "NULL, '' FROM left_out"
    )
    db.execute("INSERT INTO originals SELECT record, cells FROM left_out")
    return _finding(file, SHEET, message, RENAME_SHEET, "")


def nameless(
    db: duckdb.DuckDBPyConnection, opened: Opened, table: str, used: Sequence[str]
) -> Iterator[Finding]:
    """The columns that have values and no heading, each once."""
    for name, position in zip(opened.columns, opened.positions, strict=False):
        if name not in opened.nameless or name in used:
            continue
        cell = f"v.{sql.name(name)}"
        count, row = db.execute(
            f"SELECT count({cell}), min(v._row) FILTER ({cell} IS NOT NULL) "
            f"FROM {sql.name(opened.view)} AS v"
        ).fetchone() or (0, 0)
        if count:
            message = _filled(NO_HEADING, rows=_rows(count), first=str(row))
            advice = _filled(ADD_HEADING, letter=letter(position))
            yield _finding(opened.file, COLUMN, message, advice, name, table)


def _rows(count: int) -> Text:
    rows = ROWS[count > 1]
    return Text(rows.fr.format(count), rows.en.format(count))


def _filled(text: Text, **values: str | Text) -> Text:
    """A text with some of its names filled in, the others left for later."""
    french, english = text.fr, text.en
    for name, value in values.items():
        french = french.replace("{" + name + "}", value if isinstance(value, str) else value.fr)
        english = english.replace("{" + name + "}", value if isinstance(value, str) else value.en)
    return Text(french, english)


def _finding(
    file: str, component: str, message: Text, advice: Text, heading: str, table: str = ""
) -> Finding:
    return Finding(
        source=SOURCE,
        table=table,
        file=file,
        heading=heading,
        value=heading,
        severity=Severity.VIOLATION,
        refused=component == SHEET,
        message=message,
        advice=advice,
        component=component,
    )
