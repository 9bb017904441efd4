"""A report as a spreadsheet: every problem on a line, the original row beside it.

UTF-8 with a byte order mark and semicolons: so Excel in French opens it in columns with its
accents, and LibreOffice finds both by itself. A cell that a spreadsheet would take for a formula
begins with an apostrophe.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.reports.reported import Reported
from kg.validation.findings import Finding, pointer

BOM: Final = "\ufeff"
DELIMITER: Final = ";"
CHUNK: Final = 50_000
CELLS: Final = "originals.cells"
COLUMNS: Final = (
    ("source", "VARCHAR"),
    ("file", "VARCHAR"),
    ("row", "BIGINT"),
    ("column", "VARCHAR"),
    ("heading", "VARCHAR"),
    ("value", "VARCHAR"),
    ("gravite", "VARCHAR"),
    ("probleme", "VARCHAR"),
    ("a_faire", "VARCHAR"),
    ("severity", "VARCHAR"),
    ("problem", "VARCHAR"),
    ("to_do", "VARCHAR"),
    ("label", "VARCHAR"),
    ("table", "VARCHAR"),
    ("shape", "VARCHAR"),
    ("component", "VARCHAR"),
    ("elsewhere", "VARCHAR"),
    ("other_rows", "VARCHAR"),
)
FORMULA: Final = "^[=+\\-@\\t\\r]"
NUMBER: Final = "[+-]?[0-9]+([.,][0-9]+)?"


def write_csv(db: duckdb.DuckDBPyConnection, reported: Reported, path: Path) -> None:
    """Writes all the findings of a report, with the original rows of the work database."""
    _stage(db, reported.findings)
    own = [guarded_sql(f"told.{sql.name(name)}") for name, _ in COLUMNS]
    own[2] = 'told."row"'
    names = [name for name, _ in COLUMNS]
    headings = _headings(db)
    cells = [guarded_sql(f"json_extract_string({CELLS}, {sql.text(pointer(h))})") for h in headings]
    names += [guarded(heading) for heading in headings]
    names[0] = BOM + names[0]
    selected = ", ".join(
        f"{cell} AS {sql.name(name)}"
        for cell, name in zip([*own, *cells], _distinct(names), strict=True)
    )
    db.execute(
        f"COPY (SELECT {selected} FROM told LEFT JOIN originals USING (record) ORDER BY told.nr) "
        f"TO {sql.text(str(path))} (FORMAT csv, HEADER true, DELIMITER {sql.text(DELIMITER)})"
    )
    db.execute("DROP TABLE told")


def _stage(db: duckdb.DuckDBPyConnection, findings: Sequence[Finding]) -> None:
    columns = ", ".join(f"{sql.name(name)} {kind}" for name, kind in COLUMNS)
    db.execute(f"CREATE OR REPLACE TEMP TABLE told (nr BIGINT, record BIGINT, {columns})")
    kinds = ["BIGINT", "BIGINT", *(kind for _, kind in COLUMNS)]
    slots = ", ".join(f"unnest(?::{kind}[])" for kind in kinds)
    for start in range(0, len(findings), CHUNK):
        rows = [
            (start + n, finding.record, *_row(finding))
            for n, finding in enumerate(findings[start : start + CHUNK])
        ]
        db.execute(f"INSERT INTO told SELECT {slots}", list(zip(*rows, strict=True)))


GRAVITIES: Final = {
    "Violation": "refus",
    "Warning": "avertissement",
    "Info": "conseil",
    "Discrepancy": "divergence",
    "Duplicate": "doublon",
}


def _row(f: Finding) -> Iterator[object]:
    yield from (f.source, f.file, f.row, f.letter or f.column, f.heading, f.value)
    severity = f.severity.value
    if f.discrepancy:
        severity = "Duplicate" if f.duplicate else "Discrepancy"
    yield from (GRAVITIES[severity], f.message.fr, f.advice.fr)
    yield from (severity, f.message.en, f.advice.en)
    yield from (f.label, f.table, f.shape, f.component, f.elsewhere)
    yield ", ".join(f"{file}:{row}" for file, row in f.other_rows)


def _headings(db: duckdb.DuckDBPyConnection) -> list[str]:
    """The headings of the original rows, in their order; without those that have nothing to show:

    no cell in any of the rows, and no finding.
    """
    rows = db.execute(
        "SELECT DISTINCT json_keys(cells) FROM originals WHERE record IN (SELECT record FROM told)"
    ).fetchall()
    keys = list(dict.fromkeys(key for (keys,) in sorted(rows) for key in keys or []))
    if not keys:
        return []
    named = {name for (name,) in db.execute("SELECT DISTINCT heading FROM told").fetchall()}
    counted = ", ".join(
        f"count(json_extract_string(cells, {sql.text(pointer(key))}))" for key in keys
    )
    filled = db.execute(
        f"SELECT {counted} FROM originals WHERE record IN (SELECT record FROM told)"
    ).fetchone()
    return [key for key, n in zip(keys, filled or (), strict=True) if n or key in named]


def _distinct(names: Sequence[str]) -> list[str]:
    """Names that DuckDB holds apart: it does not tell capitals."""
    seen: set[str] = set()
    found = []
    for name in names:
        while name.lower() in seen:
            name += "_"
        seen.add(name.lower())
        found.append(name)
    return found


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return "'" + text if re.match(FORMULA, text) and not re.fullmatch(NUMBER, text) else text


def guarded_sql(expression: str) -> str:
    """The same for a SQL expression."""
    return (
        f"CASE WHEN regexp_matches({expression}, {sql.text(FORMULA)}) AND NOT "
        f"regexp_full_match({expression}, {sql.text(NUMBER)}) "
        f"THEN '''' || {expression} ELSE {expression} END"
    )
