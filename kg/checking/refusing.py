"""What a file as a whole lacks refuses all its rows, and is told once and not for each of them."""

from collections.abc import Sequence

import duckdb

from kg import sql
from kg.checking.recognise import Recognised
from kg.validation.findings import Finding


def without_absent(findings: Sequence[Finding], file: str, recognised: Recognised) -> list[Finding]:
    """The findings without those that say, row by row, that an absent column is empty."""
    absent = set(recognised.missing)
    return [
        f for f in findings if not (f.file == file and f.column in absent and f.row and not f.value)
    ]


def refuse_all(db: duckdb.DuckDBPyConnection, file: str, whole: Sequence[Finding]) -> None:
    """Refuses every row of a file of which something refuses the whole, with that reason."""
    reasons = [finding for finding in whole if finding.refused]
    if not reasons:
        return
    said = {
        name: sql.text(" ".join(finding.message[name] for finding in reasons))
        for name in ("fr", "en")
    }
    of_file = f"SELECT record FROM records WHERE file = {sql.text(file)}"
    db.execute(
        f"INSERT INTO refused SELECT record, '' FROM ({of_file}) "
        "WHERE record NOT IN (SELECT record FROM refused)"
    )
    db.execute(
        f"INSERT INTO reasons SELECT record, {said['fr']}, {said['en']} FROM ({of_file}) "
        "WHERE record NOT IN (SELECT record FROM reasons)"
    )
