"""Status of corrections and key moves: applied, stale or without effect."""

from collections.abc import Iterator, Mapping
from typing import Final

import duckdb

from kg.kinds import Text
from kg.shacl.results import Severity
from kg.validation.findings import Finding
from kg.work_tables import CORRECTIONS, RENAMED

STALE_CORRECTION: Final = Text(
    "La correction de cette ligne n'est plus appliquée : la source l'a changée depuis.",
    "The correction of this line is no longer applied: the source has changed the line since.",
)
UNMATCHED_CORRECTION: Final = Text(
    "La correction de cette ligne n'est plus appliquée : aucune ligne de la source ne dit plus ce "
    "qu'elle corrigeait.",
    "The correction of this line is no longer applied: no line of the source says any more what it "
    "was about.",
)
CORRECTION_ADVICE: Final = Text(
    "Vérifiez la ligne de la source, puis retirez la correction ou refaites-la.",
    "Check the line of the source, then remove the correction or make it again.",
)
CORRECTED_ROWS: Final = Text("{} lignes corrigées à la main.", "{} lines corrected by hand.")
ONE_CORRECTED_ROW: Final = Text("Une ligne corrigée à la main.", "One line corrected by hand.")
MOVED_ROWS: Final = Text(
    "{} lignes nomment une clé remplacée (moved.csv) : elles sont dites de la nouvelle.",
    "{} lines name a key that was replaced (moved.csv): they are said of the new one.",
)
ONE_MOVED_ROW: Final = Text(
    "Une ligne nomme une clé remplacée (moved.csv) : elle est dite de la nouvelle.",
    "One line names a key that was replaced (moved.csv): it is said of the new one.",
)
GROUPED_CORRECTIONS_SQL: Final = (
    'SELECT source, tbl, file, "row", bool_or(applied) AS applied, '
    "bool_or(changed) AS changed, any_value(made_on) AS made_on "
    f'FROM {CORRECTIONS} GROUP BY source, tbl, file, "row"'
)


def iter_stale_corrections(db: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """A warning for each correction that a build did not apply."""
    rows = db.execute(
        f'SELECT source, tbl, file, "row", made_on, changed FROM ({GROUPED_CORRECTIONS_SQL}) '
        "WHERE NOT applied "
        "ORDER BY ALL"
    ).fetchall()
    for source, table, file, row, made_on, changed in rows:
        yield Finding(
            source=source,
            table=table,
            file=file,
            row=row,
            value=made_on or "",
            severity=Severity.WARNING,
            refused=False,
            message=STALE_CORRECTION if changed else UNMATCHED_CORRECTION,
            advice=CORRECTION_ADVICE,
            component="correction-stale",
        )


def write_correction_notes(db: duckdb.DuckDBPyConnection) -> Mapping[str, tuple[Text, ...]]:
    """Notes by source: the number of corrected rows, and of rows that name a replaced key."""
    notes: dict[str, tuple[Text, ...]] = {}
    for one, several, query in (
        (
            ONE_CORRECTED_ROW,
            CORRECTED_ROWS,
            f"SELECT source FROM ({GROUPED_CORRECTIONS_SQL}) WHERE applied",
        ),
        (ONE_MOVED_ROW, MOVED_ROWS, f"SELECT source FROM {RENAMED}"),
    ):
        rows = db.execute(f"SELECT source, count(*) FROM ({query}) GROUP BY source").fetchall()
        for source, count in rows:
            note = Text(several.fr.format(count), several.en.format(count))
            notes[source] = (*notes.get(source, ()), one if count == 1 else note)
    return notes
