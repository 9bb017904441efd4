"""Tables of the work database of a build: names, columns, and who writes and reads each.

Packages that may not import one another hand their rows on through these tables. Their SQL takes
the names from here, so that a search for a constant finds every reader and writer. Tables and views
that one package makes for itself are named where they are made.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import duckdb

QUADS: Final = "quads"
"""Statements with their source and record; a record of NULL for those of the model.

Written by mapping, dry_run and releases, thinned by validation; read by all."""
RECORDS: Final = "records"
"""Rows of tables and entities of RDF files: file, row, subject and label of each.

Written by mapping and dry_run; read by validation, reports, releases and catalogue."""
ORIGINALS: Final = "originals"
"""Cells of each row as its file has them, as a JSON object by heading.

Written by mapping and dry_run; read by validation and reports."""
RAW_LINE_COLUMN: Final = "_line"
"""Only heading in the original of a malformed row: the text of the row."""
HEADINGS: Final = "headings"
"""Heading that a file gives a canonical column, and its position (from 0).

Written by mapping and dry_run; read by validation."""
DEPENDENCIES: Final = "dependencies"
"""Records that are nothing without another one: the subject that each needs.

Written by mapping; read by validation."""
UNUSABLE: Final = "unusable"
"""Records that mapping cannot use, with the problem, its column and its value.

Written by mapping and dry_run; read by validation."""
OMITTED: Final = "omitted"
"""Cells that are left out of records that are published without them, with the value; the problem
is empty where a result of the shapes tells it.

Written by mapping and validation; read by validation and dry_run."""
UNMAPPED: Final = "unmapped"
"""Values that the value map of a column does not have, with their number of rows.

Written by mapping; read by validation."""
CODE_DATES: Final = "code_dates"
"""Dates, as written, of the commune codes of a record.

Written and read by mapping."""
CORRECTIONS: Final = "corrections"
"""Corrections of rows by hand, and whether each was applied.

Written by mapping; read by validation and reports."""
RENAMED: Final = "renamed"
"""Rows that name a key which was replaced.

Written by mapping; read by reports."""
UNJUDGED: Final = "unjudged"
"""Entities that no shape is about: neither accepted nor rejected.

Written by validation; read by reports and the pipeline."""
REFUSED: Final = "refused"
"""Rejected records; `because` is the subject that a dependent record needs, else empty.

Written by validation and dry_run; read by mapping, reports, releases and the pipeline."""
WITHHELD: Final = "withheld"
"""Statements of the rejected entities of RDF files, for the quarantine.

Written and read by validation."""
REASONS: Final = "reasons"
"""Reason for each rejected record, in both languages.

Written by validation and dry_run; read by validation and dry_run."""
DISCREPANCY: Final = "discrepancy"
"""Values that differ from source to source where an entity has one: as stated (`o`) and as a store
writes them (`kept`), each with its place in the order of preference, from 1.

Written by validation; read by validation, releases and catalogue."""
DISAGREEMENT: Final = "disagreement"
"""Rules that sources break only together, with these sources.

Written by validation; read by releases."""
DUPLICATE: Final = "duplicate"
"""Records that are likely another one, with its label.

Written and read by validation."""
PAIRS: Final = "candidate_pair"
"""Pairs of records that are one thing or may be, in the order in which to look at them.

Written by resolution and privacy; read by catalogue."""
PARTITION_COUNTS: Final = "partition_count"
"""Numbers of things by class, of statements by property, and by property within each class.

Written and read by releases."""
ACCEPTED: Final = "accepted"
"""View of the distinct statements with their source.

Read by releases."""

TABLE_COLUMNS: Final[Mapping[str, str]] = {
    QUADS: "source VARCHAR, record BIGINT, s VARCHAR, p VARCHAR, o VARCHAR",
    RECORDS: (
        'record BIGINT, source VARCHAR, tbl VARCHAR, file VARCHAR, "row" BIGINT, '
        "subject VARCHAR, label VARCHAR"
    ),
    ORIGINALS: "record BIGINT, cells JSON",
    HEADINGS: (
        "source VARCHAR, file VARCHAR, tbl VARCHAR, col VARCHAR, heading VARCHAR, position INTEGER"
    ),
    DEPENDENCIES: "record BIGINT, needs VARCHAR",
    UNUSABLE: "record BIGINT, problem VARCHAR, col VARCHAR, value VARCHAR",
    OMITTED: "record BIGINT, col VARCHAR, value VARCHAR, problem VARCHAR",
    UNMAPPED: (
        'source VARCHAR, tbl VARCHAR, file VARCHAR, col VARCHAR, value VARCHAR, "rows" BIGINT'
    ),
    CODE_DATES: "record BIGINT, written VARCHAR",
    CORRECTIONS: (
        'source VARCHAR, tbl VARCHAR, file VARCHAR, "row" BIGINT, digest VARCHAR, '
        "made_on VARCHAR, made_by VARCHAR, applied BOOLEAN, changed BOOLEAN"
    ),
    RENAMED: "source VARCHAR, line BIGINT",
    UNJUDGED: "record BIGINT",
    REFUSED: "record BIGINT PRIMARY KEY, because VARCHAR",
    WITHHELD: "record BIGINT, s VARCHAR, p VARCHAR, o VARCHAR",
    REASONS: "record BIGINT, reason_fr VARCHAR, reason_en VARCHAR",
    DISCREPANCY: (
        "s VARCHAR, p VARCHAR, lang VARCHAR, field VARCHAR, o VARCHAR, kept VARCHAR, "
        "source VARCHAR, place BIGINT"
    ),
    DISAGREEMENT: "focus VARCHAR, path VARCHAR, shape VARCHAR, source VARCHAR",
    DUPLICATE: "s VARCHAR, o VARCHAR, other VARCHAR, label VARCHAR",
    PAIRS: (
        "number BIGINT, id VARCHAR, one VARCHAR, other VARCHAR, sure BOOLEAN, score DOUBLE, "
        "reasons VARCHAR, decision VARCHAR"
    ),
    PARTITION_COUNTS: "class VARCHAR, property VARCHAR, things BIGINT",
}


def create_work_tables(db: duckdb.DuckDBPyConnection) -> None:
    """Creates all the tables, empty, and the view `accepted`."""
    empty_tables(db, TABLE_COLUMNS)
    db.execute(f"CREATE VIEW {ACCEPTED} AS SELECT DISTINCT source, s, p, o FROM {QUADS}")


def find_last_record(db: duckdb.DuckDBPyConnection) -> int:
    """The number of the last record, 0 before the first."""
    row = db.execute(f"SELECT coalesce(max(record), 0) FROM {RECORDS}").fetchone()
    return int(row[0]) if row else 0


def empty_tables(db: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    """Replaces tables by empty ones."""
    for name in names:
        db.execute(f"CREATE OR REPLACE TABLE {name} ({TABLE_COLUMNS[name]})")
