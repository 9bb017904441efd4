"""What became of the corrections kept beside the sources: applied, or left out and why."""

from collections.abc import Iterator, Mapping
from typing import Final

import duckdb

from kg.kinds import Text
from kg.mapping.corrections import SCHEMA
from kg.validation.findings import Finding
from kg.validation.results import Severity

STALE: Final = Text(
    "La correction de cette ligne n'est plus appliquée : la source l'a changée depuis.",
    "The correction of this line is no longer applied: the source has changed the line since.",
)
ADVICE: Final = Text(
    "Vérifiez la ligne de la source, puis retirez la correction ou refaites-la.",
    "Check the line of the source, then remove the correction or make it again.",
)
APPLIED: Final = Text("{} lignes corrigées à la main.", "{} lines corrected by hand.")
ONE: Final = Text("Une ligne corrigée à la main.", "One line corrected by hand.")
GROUPED: Final = (
    'SELECT source, tbl, file, "row", bool_or(applied) AS applied, any_value(made_on) AS made_on '
    'FROM corrections GROUP BY source, tbl, file, "row"'
)


def stale(db: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """A warning for each correction that a build left out."""
    db.execute(SCHEMA)
    rows = db.execute(
        f'SELECT source, tbl, file, "row", made_on FROM ({GROUPED}) WHERE NOT applied ORDER BY ALL'
    ).fetchall()
    for source, table, file, row, made_on in rows:
        yield Finding(
            source=source,
            table=table,
            file=file,
            row=row,
            label="",
            column="",
            value=made_on or "",
            severity=Severity.WARNING,
            refused=False,
            message=STALE,
            advice=ADVICE,
            shape="",
            component="correction-stale",
            focus="",
        )


def notes(db: duckdb.DuckDBPyConnection) -> Mapping[str, tuple[Text, ...]]:
    """By source, how many lines were corrected."""
    db.execute(SCHEMA)
    rows = db.execute(
        f"SELECT source, count(*) FROM ({GROUPED}) WHERE applied GROUP BY source"
    ).fetchall()
    return {source: (_told(count),) for source, count in rows}


def _told(count: int) -> Text:
    return ONE if count == 1 else Text(APPLIED.fr.format(count), APPLIED.en.format(count))
