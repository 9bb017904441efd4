"""Rows, columns and sheets of the raw files of a source of which its SELECTs make nothing."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.kinds import Text
from kg.sources.opened_table import OpenedTable, is_plain_text_sheet

SHOWN_ROWS: Final = 10
SHOWN_NAMES: Final = 60
OUTPUT_NAME: Final = re.compile(r' AS (?:"(?:[^"]|"")*"|\w+)', re.IGNORECASE)
QUOTED: Final = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
ROW: Final = Text(
    "{count} ligne sur {total} ne donne rien, d'après la correspondance (condition, clé répétée, "
    "diffusion) : ligne {rows}.",
    "Nothing is made of {count} row of {total}, as the mapping says (condition, repeated key, "
    "disclosure): row {rows}.",
)
ROWS: Final = Text(
    "{count} lignes sur {total} ne donnent rien, d'après la correspondance (condition, clé "
    "répétée, diffusion) : lignes {rows}.",
    "Nothing is made of {count} rows of {total}, as the mapping says (condition, repeated key, "
    "disclosure): rows {rows}.",
)
COLUMNS: Final = Text(
    "Colonnes dont rien n'est repris : {}.", "Columns of which nothing is taken: {}."
)
SHEETS: Final = Text(
    "Feuilles qui ne sont pas lues : {} (nommez-les dans sheets = […] de la correspondance).",
    "Sheets that are not read: {} (name them in sheets = […] of the mapping).",
)
MORE: Final = Text("{} et {} autres", "{} and {} more")


@dataclass(frozen=True)
class LeftOut:
    """What nothing is made of in one file, or in one sheet of a workbook."""

    file: str
    total: int
    rows: int
    first_rows: tuple[int, ...]
    columns: tuple[str, ...]
    sheets: tuple[str, ...]
    """Other sheets of the workbook that no SELECT reads; told with the first that one reads."""

    def describe(self) -> Iterator[Text]:
        """Yield what is left out, in words."""
        if self.sheets:
            yield _fill(SHEETS, _list_names(self.sheets))
        if self.rows:
            shown = _list_names([str(row) for row in self.first_rows], self.rows)
            text = ROW if self.rows == 1 else ROWS
            numbers = {"count": self.rows, "total": self.total}
            yield Text(
                text.fr.format(rows=shown.fr, **numbers), text.en.format(rows=shown.en, **numbers)
            )
        if self.columns:
            yield _fill(COLUMNS, _list_names(self.columns))


def find_left_out(
    raw: Sequence[tuple[Path, Sequence[OpenedTable]]],
    used_views: Set[str],
    text: str,
    staged: Sequence[Path],
    db: duckdb.DuckDBPyConnection,
) -> Iterator[LeftOut]:
    """Yield what is left out of each file that the SELECTs of a source read.

    `text` is that of the SELECTs, `staged` are the Parquet files of the rows that they gave. A
    SELECT that does not give `_file` and `_row` leaves no trace of its rows: none are told then.
    """
    made = _build_made_rows_sql(staged, db)
    for _, opened in raw:
        used = [one for one in opened if one.view.casefold() in used_views]
        unread = tuple(
            one.sheet for one in opened if one not in used and not is_plain_text_sheet(one)
        )
        for number, one in enumerate(used):
            rows, first = _find_rows(one, made, db) if made else (0, ())
            left = LeftOut(
                one.file, one.rows, rows, first, tuple(_find_columns(one, text, db)),
                () if number else unread,
            )  # fmt: skip
            if left.rows or left.columns or left.sheets:
                yield left


def _build_made_rows_sql(staged: Sequence[Path], db: duckdb.DuckDBPyConnection) -> str:
    """The SQL of the rows of files of which something was made; empty where they are not known."""
    relations = [f"read_parquet({sql.literal(str(path))})" for path in staged]
    if not relations or any(
        sql.select_number(db, f"SELECT count(*) FROM {each} WHERE _file IS NULL OR _row IS NULL")
        for each in relations
    ):
        return ""
    return " UNION ".join(f"SELECT _file, _row FROM {each}" for each in relations)


def _find_rows(
    opened: OpenedTable, made: str, db: duckdb.DuckDBPyConnection
) -> tuple[int, tuple[int, ...]]:
    """How many rows of a file gave nothing, and the first of them."""
    left = (
        f"SELECT DISTINCT _file, _row FROM {sql.identifier(opened.view)} "
        f"ANTI JOIN ({made}) USING (_file, _row)"
    )
    count = sql.select_number(db, f"SELECT count(*) FROM ({left})")
    if not count:
        return 0, ()
    first = db.execute(f"SELECT _row FROM ({left}) ORDER BY 1 LIMIT {SHOWN_ROWS}").fetchall()
    return count, tuple(row for (row,) in first)


def _find_columns(opened: OpenedTable, text: str, db: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Yield the columns with a value that no SELECT names.

    A name is looked for as SQL has it: what is called so in the result does not count.
    """
    written = OUTPUT_NAME.sub("", text).casefold()
    words = set(re.findall(r"\w+", QUOTED.sub(" ", written)))
    unnamed = [
        name
        for name in opened.columns
        if sql.identifier(name).casefold() not in written and name.casefold() not in words
    ]
    for name in unnamed:
        filled = f"SELECT 1 FROM {sql.identifier(opened.view)} AS v WHERE v.{sql.identifier(name)}"
        if db.execute(f"{filled} IS NOT NULL LIMIT 1").fetchone():
            yield name


def _list_names(names: Sequence[str], total: int = 0) -> Text:
    shown = ", ".join(names[:SHOWN_NAMES])
    more = max(total, len(names)) - len(names[:SHOWN_NAMES])
    return _fill_more(shown, more) if more else Text(shown, shown)


def _fill_more(shown: str, more: int) -> Text:
    return Text(MORE.fr.format(shown, more), MORE.en.format(shown, more))


def _fill(text: Text, names: Text) -> Text:
    return Text(text.fr.format(names.fr), text.en.format(names.en))
