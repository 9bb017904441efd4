"""CSV serializer of a report: one line a finding, with the original row.

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
from kg.reports.report_model import Report
from kg.reports.texts import TEXTS, format_number
from kg.validation.findings import Finding, format_json_pointer
from kg.work_tables import ORIGINALS

BYTE_ORDER_MARK: Final = "\ufeff"
DELIMITER: Final = ";"
CELLS_COLUMN: Final = "originals.cells"
REPORT_COLUMNS: Final = (
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
FORMULA_START: Final = "^[=+\\-@\\t\\r]"
NUMBER_PATTERN: Final = "[+-]?[0-9]+([.,][0-9]+)?"


def write_csv(db: duckdb.DuckDBPyConnection, reported: Report, path: Path) -> None:
    """Writes all the findings of a report, with the original rows of the work database."""
    _stage_findings(db, reported.findings)
    own = [build_guarded_sql(f"reported_rows.{sql.identifier(name)}") for name, _ in REPORT_COLUMNS]
    own[2] = 'reported_rows."row"'
    names = [name for name, _ in REPORT_COLUMNS]
    headings = _list_headings(db)
    cells = [
        build_guarded_sql(
            f"json_extract_string({CELLS_COLUMN}, {sql.literal(format_json_pointer(h))})"
        )
        for h in headings
    ]
    names += [guard_formula(heading) for heading in headings]
    names[0] = BYTE_ORDER_MARK + names[0]
    selected = ", ".join(
        f"{cell} AS {sql.identifier(name)}"
        for cell, name in zip([*own, *cells], _make_distinct(names), strict=True)
    )
    db.execute(
        f"COPY (SELECT {selected} FROM reported_rows LEFT JOIN {ORIGINALS} USING (record) "
        f"ORDER BY reported_rows.nr) "
        f"TO {sql.literal(str(path))} (FORMAT csv, HEADER true, DELIMITER {sql.literal(DELIMITER)})"
    )
    db.execute("DROP TABLE reported_rows")


def _stage_findings(db: duckdb.DuckDBPyConnection, findings: Sequence[Finding]) -> None:
    columns = ", ".join(f"{sql.identifier(name)} {kind}" for name, kind in REPORT_COLUMNS)
    db.execute(f"CREATE OR REPLACE TEMP TABLE reported_rows (nr BIGINT, record BIGINT, {columns})")
    rows = ((nr, each.record, *_iter_cells(each)) for nr, each in enumerate(findings))
    sql.insert_rows(db, "reported_rows", rows)


FRENCH_SEVERITIES: Final = {
    "Violation": "refus",
    "Warning": "avertissement",
    "Info": "conseil",
    "Discrepancy": "divergence",
    "Duplicate": "doublon",
}


def _iter_cells(f: Finding) -> Iterator[object]:
    yield from (f.source, f.file, f.row, f.letter or f.column, f.heading, f.value)
    severity = f.severity.value
    if f.is_discrepancy:
        severity = "Duplicate" if f.duplicate else "Discrepancy"
    yield from (FRENCH_SEVERITIES[severity], _write_message(f, "fr"), f.advice.fr)
    yield from (severity, _write_message(f, "en"), f.advice.en)
    yield from (f.label, f.table, f.shape, f.component, f.other_values)
    yield ", ".join(f"{file}:{row}" for file, row in f.other_rows)


def _write_message(f: Finding, language: str) -> str:
    """The message of a finding; that of a whole file says of how many rows it is."""
    if f.whole_file is None:
        return f.message[language]
    rows = format_number(f.whole_file.rows, language)
    return f"{f.message[language]} ({TEXTS['all_lines'][language].format(rows)})"


def _list_headings(db: duckdb.DuckDBPyConnection) -> list[str]:
    """The headings of the original rows in their order, without columns that are empty in all of
    them and have no finding.
    """
    rows = db.execute(
        f"SELECT DISTINCT json_keys(cells) FROM {ORIGINALS} WHERE record IN (SELECT record FROM "
        "reported_rows)"
    ).fetchall()
    keys = list(dict.fromkeys(key for (keys,) in sorted(rows) for key in keys or []))
    if not keys:
        return []
    named = {
        name for (name,) in db.execute("SELECT DISTINCT heading FROM reported_rows").fetchall()
    }
    counted = ", ".join(
        f"count(json_extract_string(cells, {sql.literal(format_json_pointer(key))}))"
        for key in keys
    )
    filled = db.execute(
        f"SELECT {counted} FROM {ORIGINALS} WHERE record IN (SELECT record FROM reported_rows)"
    ).fetchone()
    return [key for key, n in zip(keys, filled or (), strict=True) if n or key in named]


def _make_distinct(names: Sequence[str]) -> list[str]:
    """Names that are distinct for DuckDB, which ignores case."""
    seen: set[str] = set()
    distinct = []
    for name in names:
        while name.lower() in seen:
            name += "_"
        seen.add(name.lower())
        distinct.append(name)
    return distinct


def guard_formula(text: str) -> str:
    """A text with an apostrophe before it if a spreadsheet would take it for a formula."""
    return (
        "'" + text
        if re.match(FORMULA_START, text) and not re.fullmatch(NUMBER_PATTERN, text)
        else text
    )


def build_guarded_sql(expression: str) -> str:
    """SQL for an expression guarded like `guard_formula`."""
    return (
        f"CASE WHEN regexp_matches({expression}, {sql.literal(FORMULA_START)}) AND NOT "
        f"regexp_full_match({expression}, {sql.literal(NUMBER_PATTERN)}) "
        f"THEN '''' || {expression} ELSE {expression} END"
    )
