"""Values of files that the value maps of their source do not have, with their counts."""

from typing import Final

import duckdb

from kg.kinds import Text
from kg.shacl.results import Severity
from kg.validation.findings import Finding
from kg.work_tables import UNMAPPED

COMPONENT: Final = "value-unmapped"
MESSAGE: Final = Text(
    "Une valeur n'est pas dans la table de correspondance (values) : elle reste telle quelle.",
    "A value is not in the value map (values): it stays as it is.",
)
ADVICE: Final = Text(
    "Ajoutez-la à values dans source.toml, ou dites par otherwise ce que deviennent les autres.",
    "Add it to values in source.toml, or state with otherwise what the others become.",
)
SEVERAL_ROWS: Final = " × "


def find_unmapped_values(db: duckdb.DuckDBPyConnection) -> list[Finding]:
    """One finding for each value, with the number of its rows; most frequent first."""
    rows = db.execute(
        f'SELECT source, tbl, file, col, value, sum("rows")::BIGINT FROM {UNMAPPED} '
        "GROUP BY ALL ORDER BY source, file, col, 6 DESC, value"
    ).fetchall()
    return [
        Finding(
            source=source,
            table=table,
            file=file,
            row=None,
            column=column,
            heading=column,
            value=f"{value}{SEVERAL_ROWS}{count}",
            severity=Severity.WARNING,
            refused=False,
            message=MESSAGE,
            advice=ADVICE,
            component=COMPONENT,
        )
        for source, table, file, column, value, count in rows
    ]
