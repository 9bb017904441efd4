"""The gate: which lines of the sources are refused, which are warned, and what hangs on them.

A result names a focus node; the line that said the wrong thing is the one whose quads have that
node as subject, with that property where it is there. A refused line takes its quads with it, and
the lines that cannot stand without the record it described.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from kg.errors import BuildError
from kg.validation.results import Result, Severity

SCHEMA = (
    "CREATE OR REPLACE TABLE results (n BIGINT, focus VARCHAR, path VARCHAR, severity VARCHAR)",
    "CREATE OR REPLACE TABLE blamed (n BIGINT, record BIGINT, severity VARCHAR)",
    "CREATE OR REPLACE TABLE refused (record BIGINT PRIMARY KEY, because VARCHAR)",
)
BLAME = """
INSERT INTO blamed
WITH said AS (
    SELECT DISTINCT n, severity, record, path IS NOT DISTINCT FROM p AS exact
    FROM results JOIN quads ON s = focus WHERE record IS NOT NULL
), described AS (
    SELECT DISTINCT n, severity, record, true AS main
    FROM results JOIN records ON subject = focus
)
SELECT DISTINCT n, record, severity FROM said
LEFT JOIN described USING (n, severity, record)
QUALIFY rank() OVER (PARTITION BY n ORDER BY exact DESC, main DESC NULLS LAST) = 1
"""
HANGING = """
INSERT INTO refused
SELECT h.record, min(h.needs) FROM hangs h
WHERE h.record NOT IN (SELECT record FROM refused)
AND h.needs IN (SELECT subject FROM records JOIN refused USING (record))
AND h.needs NOT IN (SELECT subject FROM records
    WHERE subject IS NOT NULL AND record NOT IN (SELECT record FROM refused))
GROUP BY h.record
"""
KEEP = """
CREATE OR REPLACE TABLE withheld AS
SELECT q.record, q.s, q.p, q.o FROM quads q JOIN refused USING (record)
JOIN records r USING (record) WHERE r.tbl = ''
"""
"""What refused entities of RDF files say: they have no row that the quarantine could keep."""
LOOSE = """
WITH away AS (SELECT DISTINCT subject FROM records JOIN refused USING (record)),
still AS (SELECT DISTINCT s FROM quads JOIN away ON s = subject)
SELECT DISTINCT q.record, q.s, q.p, q.o FROM quads q
JOIN (SELECT '<' || subject || '>' AS o FROM away WHERE subject NOT IN (FROM still)) USING (o)
ORDER BY ALL
"""


@dataclass(frozen=True)
class Loose:
    """A line that named a refused record without depending on it: the link is left out."""

    record: int
    subject: str
    predicate: str
    object: str


@dataclass(frozen=True)
class Verdict:
    """What the gate decided, by record number."""

    blamed: dict[int, tuple[int, ...]]
    """Result number to the records that said it."""
    refused: dict[int, str]
    """Refused record to the IRI it hung on, empty where it is refused for itself."""
    loose: tuple[Loose, ...]


def decide(db: duckdb.DuckDBPyConnection, results: Sequence[Result]) -> Verdict:
    """Refuses the records the results speak of and removes their quads from the work database.

    Raises BuildError where a violation is in no line of a source: then the model is at fault.
    """
    for statement in SCHEMA:
        db.execute(statement)
    columns = [
        [r.focus for r in results],
        [r.path for r in results],
        [r.severity.value for r in results],
    ]
    db.execute(
        "INSERT INTO results SELECT generate_subscripts($1::VARCHAR[], 1) - 1, "
        "unnest($1::VARCHAR[]), unnest($2::VARCHAR[]), unnest($3::VARCHAR[])",
        columns,
    )
    db.execute(BLAME)
    blamed: dict[int, list[int]] = {}
    for n, record in db.execute("SELECT n, record FROM blamed ORDER BY n, record").fetchall():
        blamed.setdefault(n, []).append(record)
    _refuse_blameless(results, blamed)
    loose = _remove(db)
    refused = db.execute("SELECT record, because FROM refused ORDER BY record").fetchall()
    return Verdict({n: tuple(records) for n, records in blamed.items()}, dict(refused), loose)


def _refuse_blameless(results: Sequence[Result], blamed: dict[int, list[int]]) -> None:
    for n, result in enumerate(results):
        if n not in blamed and result.severity is Severity.VIOLATION:
            raise BuildError(
                f"{result.focus} is in no source and breaks {result.shape}: "
                f"{result.message('en')} (value: {result.value or 'none'}); "
                "the ontology, a scheme or a source.toml is to be corrected"
            )


def _remove(db: duckdb.DuckDBPyConnection) -> tuple[Loose, ...]:
    db.execute(
        "INSERT INTO refused SELECT DISTINCT record, '' FROM ("
        f"SELECT record FROM blamed WHERE severity = '{Severity.VIOLATION.value}' "
        "UNION SELECT record FROM unusable)"
    )
    before = -1
    while (count := _count(db)) != before:
        before = count
        db.execute(HANGING)
    db.execute(KEEP)
    db.execute("DELETE FROM quads WHERE record IN (SELECT record FROM refused)")
    loose = tuple(Loose(*row) for row in db.execute(LOOSE).fetchall()) if before else ()
    if loose:
        columns = [
            [x.record for x in loose],
            *([getattr(x, name) for x in loose] for name in ("subject", "predicate", "object")),
        ]
        db.execute(
            "DELETE FROM quads USING (SELECT unnest(?::BIGINT[]) AS record, "
            "unnest(?::VARCHAR[]) AS s, unnest(?::VARCHAR[]) AS p, unnest(?::VARCHAR[]) AS o) AS x "
            "WHERE quads.record = x.record AND quads.s = x.s AND quads.p = x.p AND quads.o = x.o",
            columns,
        )
    return loose


def _count(db: duckdb.DuckDBPyConnection) -> int:
    row = db.execute("SELECT count(*) FROM refused").fetchone()
    return int(row[0]) if row else 0
