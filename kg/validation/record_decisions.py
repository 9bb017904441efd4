"""Record decisions: rows that are rejected or warned about, and records that depend on them.

A result names a focus node; the row at fault is the one whose quads have that node as subject, with
the property of the result where one has it. Only the rows of a source that violates the rule by
itself are at fault (`kg.validation.source_attribution`); where none does, the sources disagree, and
no row is rejected or warned. A rejected row takes its quads with it, and the rows that depend on
the record it described.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from typing import Final

import duckdb

from kg.errors import BuildError
from kg.shacl.results import Severity, ValidationResult
from kg.sql import select_number
from kg.validation.omitted_cells import OmittedCells
from kg.validation.whole_file_notes import WholeFileNote, take_whole_file_notes
from kg.work_tables import (
    DEPENDENCIES,
    DISAGREEMENT,
    DISCREPANCY,
    DUPLICATE,
    OMITTED,
    QUADS,
    RECORDS,
    REFUSED,
    UNUSABLE,
    WITHHELD,
    empty_tables,
)

READ_CHUNK_ROWS: Final = 10_000
DECISION_TABLES: Final = (REFUSED, WITHHELD, DISCREPANCY, DISAGREEMENT, DUPLICATE)
CREATE_ATTRIBUTED_SQL = """
CREATE OR REPLACE TEMP TABLE attributed
(n BIGINT, record BIGINT, severity VARCHAR, together BOOLEAN)
"""
CREATE_STATING_ROWS_SQL = f"""
CREATE OR REPLACE TEMP TABLE stating_rows AS
WITH stated AS (
    SELECT DISTINCT n, severity, source, record, path IS NOT DISTINCT FROM p AS exact
    FROM results JOIN {QUADS} ON s = focus WHERE record IS NOT NULL
), described AS (
    SELECT DISTINCT n, severity, record, true AS main
    FROM results JOIN {RECORDS} ON subject = focus
)
SELECT DISTINCT n, severity, source, record, exact, coalesce(main, false) AS main
FROM stated LEFT JOIN described USING (n, severity, record)
"""
"""The rows that state something about the focus node of a result."""
ATTRIBUTE_RESULTS_SQL = """
INSERT INTO attributed
SELECT DISTINCT n, record, severity, false FROM stating_rows
WHERE n NOT IN (SELECT n FROM contested) OR (n, source) IN (SELECT (n, source) FROM committed)
QUALIFY rank() OVER (
    PARTITION BY n, CASE WHEN n IN (SELECT n FROM contested) THEN source END
    ORDER BY exact DESC, main DESC) = 1
"""
"""Of the sources at fault, the rows that match the result most exactly."""
ATTRIBUTE_JOINT_RESULTS_SQL = """
INSERT INTO attributed
WITH rest AS (FROM stating_rows WHERE n NOT IN (SELECT n FROM attributed)),
voices AS (SELECT n, count(DISTINCT source) FILTER (exact) AS exactly FROM rest GROUP BY n)
SELECT DISTINCT n, record, severity, true FROM rest JOIN voices USING (n)
QUALIFY rank() OVER (PARTITION BY n, CASE WHEN exactly < 2 THEN source END
    ORDER BY exact DESC, main DESC) = 1
"""
"""Where no source is at fault: the rows that match the result, of each source that has part in
it."""
REJECT_DEPENDENTS_SQL = f"""
INSERT INTO {REFUSED}
SELECT h.record, min(h.needs) FROM {DEPENDENCIES} h
WHERE h.record NOT IN (SELECT record FROM {REFUSED})
AND h.needs IN (SELECT subject FROM {RECORDS} JOIN {REFUSED} USING (record))
AND h.needs NOT IN (SELECT subject FROM {RECORDS}
    WHERE subject IS NOT NULL AND record NOT IN (SELECT record FROM {REFUSED}))
GROUP BY h.record
"""
WITHHOLD_SQL = f"""
INSERT INTO {WITHHELD}
SELECT q.record, q.s, q.p, q.o FROM {QUADS} q JOIN {REFUSED} USING (record)
JOIN {RECORDS} r USING (record) WHERE r.tbl = ''
"""
"""Statements of rejected entities of RDF files: these have no row for the quarantine."""
SELECT_DROPPED_LINKS_SQL = f"""
WITH away AS (SELECT DISTINCT subject FROM {RECORDS} JOIN {REFUSED} USING (record)),
still AS (SELECT DISTINCT s FROM {QUADS} JOIN away ON s = subject)
SELECT DISTINCT q.record, q.s, q.p, q.o FROM {QUADS} q
JOIN (SELECT '<' || subject || '>' AS o FROM away WHERE subject NOT IN (FROM still)) USING (o)
ORDER BY ALL
"""


SELECT_PARTLY_REJECTED_SQL = f"""
WITH away AS (SELECT DISTINCT split_part(subject, '#', 1) AS entity, source
    FROM {RECORDS} JOIN {REFUSED} USING (record) WHERE subject IS NOT NULL)
SELECT DISTINCT entity FROM {QUADS} q JOIN away ON split_part(s, '#', 1) = entity
WHERE q.record IS NOT NULL AND q.source <> away.source ORDER BY entity
"""


@dataclass(frozen=True)
class DroppedLink:
    """A line that named a refused record without depending on it: the link is left out."""

    record: int
    subject: str
    predicate: str
    object: str


@dataclass(frozen=True)
class RecordDecisions:
    """Decisions on records, by their number."""

    attributed: Mapping[int, tuple[int, ...]]
    """Result number to the records that stated it."""
    joint: frozenset[int]
    """The results that no source brings about by itself."""
    rejected: Mapping[int, str]
    """Refused record to the IRI it hung on, empty where it is refused for itself."""
    dropped_links: tuple[DroppedLink, ...]
    omitted: frozenset[tuple[int, int]] = frozenset()
    """The (result, record) pairs that cost a cell of the record, and not the record."""
    whole_files: tuple[WholeFileNote, ...] = ()
    """What is told of files as a whole: their rows are not in `attributed`."""

    def merge(self, later: "RecordDecisions", first: int) -> "RecordDecisions":
        """With a later decision, whose results are numbered from `first` on."""
        return RecordDecisions(
            {**self.attributed, **{first + n: records for n, records in later.attributed.items()}},
            self.joint | {first + n for n in later.joint},
            later.rejected,
            (*self.dropped_links, *later.dropped_links),
            self.omitted | {(first + n, record) for n, record in later.omitted},
            self.whole_files,
        )


def create_decision_tables(db: duckdb.DuckDBPyConnection) -> None:
    """Empties the tables of decisions, discrepancies and duplicates."""
    empty_tables(db, DECISION_TABLES)


def decide_records(
    db: duckdb.DuckDBPyConnection, results: Sequence[ValidationResult], cells: OmittedCells
) -> RecordDecisions:
    """Refuses the records that the attributed results speak of and removes their quads.

    Of a record that stands without the cells at fault, only these are removed.

    What was refused before stays so. Raises BuildError where a violation is in no line of a source:
    then the model is at fault.
    """
    attribute_to_rows(db)
    db.execute(ATTRIBUTE_JOINT_RESULTS_SQL)
    whole_files = take_whole_file_notes(db)
    attributed = _read_attributed(db)
    _require_attribution(results, attributed)
    together = db.execute("SELECT DISTINCT n FROM attributed WHERE together").fetchall()
    omitted = cells.omit(db, results)
    loose = _remove_rejected(db, omitted)
    refused = db.execute(f"SELECT record, because FROM {REFUSED} ORDER BY record").fetchall()
    return RecordDecisions(
        attributed,
        frozenset(n for (n,) in together),
        dict(refused),
        loose,
        omitted,
        whole_files,
    )


def attribute_to_rows(db: duckdb.DuckDBPyConnection) -> None:
    """Fills `attributed` with the lines that the attributed `results` are about."""
    for statement in (CREATE_ATTRIBUTED_SQL, CREATE_STATING_ROWS_SQL, ATTRIBUTE_RESULTS_SQL):
        db.execute(statement)


def find_entities_to_recheck(db: duckdb.DuckDBPyConnection) -> list[str]:
    """The entities of which something was removed and something is left."""
    omitted = db.execute(
        f"SELECT DISTINCT split_part(subject, '#', 1) FROM {OMITTED} JOIN {RECORDS} USING (record) "
        f"WHERE problem = '' AND record NOT IN (SELECT record FROM {REFUSED}) ORDER BY 1"
    ).fetchall()
    return sorted({*_find_partly_rejected(db), *(str(entity) for (entity,) in omitted)})


def _find_partly_rejected(db: duckdb.DuckDBPyConnection) -> list[str]:
    """The entities with rejected rows of one source and accepted rows of another."""
    return [str(entity) for (entity,) in db.execute(SELECT_PARTLY_REJECTED_SQL).fetchall()]


def _read_attributed(db: duckdb.DuckDBPyConnection) -> dict[int, tuple[int, ...]]:
    cursor = db.execute("SELECT n, record FROM attributed ORDER BY n, record")
    rows = chain.from_iterable(iter(lambda: cursor.fetchmany(READ_CHUNK_ROWS), []))
    return {n: tuple(r for _, r in pairs) for n, pairs in groupby(rows, key=itemgetter(0))}


def _require_attribution(
    results: Sequence[ValidationResult], attributed: Mapping[int, tuple[int, ...]]
) -> None:
    for n, result in enumerate(results):
        if n not in attributed and result.severity is Severity.VIOLATION:
            raise BuildError(
                f"{result.focus} is in no source and breaks {result.shape}: "
                f"{result.get_message('en')} (value: {result.value or 'none'}); "
                "the ontology, a scheme or a source.toml is to be corrected"
            )


def _remove_rejected(
    db: duckdb.DuckDBPyConnection, omitted: frozenset[tuple[int, int]]
) -> tuple[DroppedLink, ...]:
    numbers, records = zip(*sorted(omitted), strict=True) if omitted else ((), ())
    db.execute(
        "CREATE OR REPLACE TEMP TABLE settled_results AS "
        "SELECT unnest(?::BIGINT[]) AS n, unnest(?::BIGINT[]) AS record",
        [list(numbers), list(records)],
    )
    db.execute(
        f"INSERT INTO {REFUSED} SELECT DISTINCT record, '' FROM ("
        "SELECT record FROM attributed ANTI JOIN settled_results USING (n, record) "
        f"WHERE severity = '{Severity.VIOLATION.value}' AND NOT together "
        f"UNION SELECT record FROM {UNUSABLE}) WHERE record NOT IN (SELECT record FROM {REFUSED})"
    )
    before = -1
    while (count := select_number(db, f"SELECT count(*) FROM {REFUSED}")) != before:
        before = count
        db.execute(REJECT_DEPENDENTS_SQL)
    db.execute(WITHHOLD_SQL)
    db.execute(f"DELETE FROM {QUADS} WHERE record IN (SELECT record FROM {REFUSED})")
    db.execute(f"DELETE FROM {OMITTED} WHERE record IN (SELECT record FROM {REFUSED})")
    loose = (
        tuple(DroppedLink(*row) for row in db.execute(SELECT_DROPPED_LINKS_SQL).fetchall())
        if before
        else ()
    )
    if loose:
        columns = [
            [x.record for x in loose],
            *([getattr(x, name) for x in loose] for name in ("subject", "predicate", "object")),
        ]
        db.execute(
            f"DELETE FROM {QUADS} USING (SELECT unnest(?::BIGINT[]) AS record, "
            "unnest(?::VARCHAR[]) AS s, unnest(?::VARCHAR[]) AS p, unnest(?::VARCHAR[]) AS o) AS x "
            f"WHERE {QUADS}.record = x.record AND {QUADS}.s = x.s AND {QUADS}.p = x.p AND "
            f"{QUADS}.o = x.o",
            columns,
        )
    return loose
