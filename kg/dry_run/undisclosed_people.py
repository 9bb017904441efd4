"""Rows of people whom the company register marks as not to be disclosed, rejected.

`statutDiffusion` of Sirene is O (may be shown), P (partly, of people who asked for it) or N.
https://www.insee.fr/fr/information/6683782
"""

import duckdb

from kg import sql
from kg.dry_run.table_detection import TableMatch
from kg.sources import OpenedTable
from kg.sources.disclosure_status import (
    build_hidden_sql,
    build_legal_person_sql,
    is_disclosure_status,
)
from kg.work_tables import RECORDS, UNUSABLE


def reject_undisclosed_rows(
    db: duckdb.DuckDBPyConnection, recognised: TableMatch, opened: OpenedTable, first: int
) -> None:
    """Adds the rows of a file that must not be disclosed to `unusable`; `first` is the record
    before.

    N is always rejected, P where the row is not of a legal person.
    """
    form = recognised.column_matches.columns.get("legal_form")
    legal = build_legal_person_sql(f"v.{sql.identifier(form)}") if form else "false"
    for heading in filter(is_disclosure_status, opened.columns):
        hidden = build_hidden_sql(f"v.{sql.identifier(heading)}", legal)
        db.execute(
            f"INSERT INTO {UNUSABLE} SELECT r.record, 'person-undisclosed', "
            f"{sql.literal(heading)}, "
            f"v.{sql.identifier(heading)} FROM {RECORDS} AS r "
            f'JOIN {sql.identifier(opened.view)} AS v ON v._row = r."row" WHERE r.record > {first} '
            f"AND {hidden} "
            f"AND r.record NOT IN (SELECT record FROM {UNUSABLE} WHERE problem = "
            "'person-undisclosed')"
        )
