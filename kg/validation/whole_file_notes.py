"""Whole-file notes: suggestions that hold for every row of a file, told once for the file.

A register leaves some columns out of all its rows. Told row by row, that says as often as the file
has rows what one sentence says, and hides what is at fault in a few.
"""

from dataclasses import dataclass
from typing import Final

import duckdb

from kg import sql
from kg.shacl.results import Severity
from kg.shacl.vocabulary import SHACL
from kg.work_tables import RECORDS, UNUSABLE

MIN_ROWS: Final = 100
"""Rows of a file from which on its rows are not named one by one."""
CREATE_SQL: Final = f"""
CREATE OR REPLACE TEMP TABLE whole_file_note AS
WITH usable AS (
    SELECT source, tbl, file, count(*) AS usable FROM {RECORDS}
    WHERE record NOT IN (SELECT record FROM {UNUSABLE}) GROUP BY ALL HAVING usable >= {MIN_ROWS}
), noted AS (
    SELECT shape, path, source, tbl, file, count(DISTINCT record) AS rows,
        count(DISTINCT CASE WHEN u.record IS NULL THEN a.record END) AS usable, list(n) AS results
    FROM attributed a JOIN results USING (n) JOIN {RECORDS} USING (record)
    LEFT JOIN (SELECT DISTINCT record FROM {UNUSABLE}) u USING (record)
    WHERE results.severity = {sql.literal(Severity.INFO.value)} AND NOT together
    AND component = {sql.literal(SHACL + "MinCountConstraintComponent")} GROUP BY ALL
)
SELECT source, tbl, file, rows, results FROM noted JOIN usable USING (source, tbl, file, usable)
"""
DELETE_SQL: Final = f"""
DELETE FROM attributed
USING (SELECT source, tbl, file, unnest(results) AS n FROM whole_file_note) w, {RECORDS} r
WHERE attributed.n = w.n AND attributed.record = r.record
AND r.source = w.source AND r.tbl = w.tbl AND r.file = w.file
"""


@dataclass(frozen=True)
class WholeFileNote:
    """A suggestion that holds for every row with a usable key of a table of a file."""

    source: str
    table: str
    file: str
    rows: int
    result: int
    """The number of the first of its validation results."""


def take_whole_file_notes(db: duckdb.DuckDBPyConnection) -> tuple[WholeFileNote, ...]:
    """Takes out of `attributed` the results that hold for every row of a file."""
    db.execute(CREATE_SQL)
    count = sql.select_number(db, "SELECT count(*) FROM whole_file_note")
    if not count:
        return ()
    db.execute(DELETE_SQL)
    rows = db.execute(
        "SELECT source, tbl, file, rows, list_min(results) AS first FROM whole_file_note "
        "ORDER BY first"
    ).fetchall()
    return tuple(WholeFileNote(*row) for row in rows)
