"""People whom the register of companies says not to show: their rows are refused.

`statutDiffusion` of Sirene is O (may be shown), P (partly, of people who asked for it) or N.
https://www.insee.fr/fr/information/6683782
"""

import duckdb

from kg import sql
from kg.checking.recognise import Recognised
from kg.sources import Opened
from kg.sources.disclosure import SOLE_TRADER, is_disclosure


def refuse_undisclosed(
    db: duckdb.DuckDBPyConnection, recognised: Recognised, opened: Opened, first: int
) -> None:
    """Adds the rows of a file that must not be shown to `unusable`; `first` is the one before.

    N is refused always, P where the row is not known to be of a legal person.
    """
    form = recognised.matched.columns.get("legal_form")
    legal = (
        f"coalesce(v.{sql.name(form)} NOT SIMILAR TO '({SOLE_TRADER}(\\.0)?)?', false)"
        if form
        else "false"
    )
    for heading in filter(is_disclosure, opened.columns):
        cell = f"upper(trim(v.{sql.name(heading)}))"
        db.execute(
            f"INSERT INTO unusable SELECT r.record, 'person-undisclosed', {sql.text(heading)}, "
            f"v.{sql.name(heading)} FROM records AS r "
            f'JOIN {sql.name(opened.view)} AS v ON v._row = r."row" WHERE r.record > {first} '
            f"AND ({cell} = 'N' OR ({cell} = 'P' AND NOT {legal})) "
            "AND r.record NOT IN (SELECT record FROM unusable WHERE problem = 'person-undisclosed')"
        )
