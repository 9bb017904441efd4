"""File-level rejection: rejects all rows of a file at once and reports the reason once."""

from collections.abc import Sequence

import duckdb

from kg import sql
from kg.dry_run.table_detection import TableMatch
from kg.validation.findings import Finding
from kg.work_tables import REASONS, RECORDS, REFUSED


def remove_absent_column_findings(
    findings: Sequence[Finding], file: str, recognised: TableMatch
) -> list[Finding]:
    """The findings without those on the empty cells of an absent column."""
    absent = set(recognised.missing_columns)
    return [
        f for f in findings if not (f.file == file and f.column in absent and f.row and not f.value)
    ]


def reject_file(db: duckdb.DuckDBPyConnection, file: str, whole: Sequence[Finding]) -> None:
    """Rejects all rows of a file that has a problem as a whole, with that reason."""
    reasons = [finding for finding in whole if finding.refused]
    if not reasons:
        return
    messages = {
        name: sql.literal(" ".join(finding.message[name] for finding in reasons))
        for name in ("fr", "en")
    }
    of_file = f"SELECT record FROM {RECORDS} WHERE file = {sql.literal(file)}"
    db.execute(
        f"INSERT INTO {REFUSED} SELECT record, '' FROM ({of_file}) "
        f"WHERE record NOT IN (SELECT record FROM {REFUSED})"
    )
    db.execute(
        f"INSERT INTO {REASONS} SELECT record, {messages['fr']}, {messages['en']} FROM ({of_file}) "
        f"WHERE record NOT IN (SELECT record FROM {REASONS})"
    )
