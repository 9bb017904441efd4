"""Staging: rows of a file as rows of a canonical table, with keys resolved.

Cells are those of the file. A row without a key gets a temporary one, so that its other cells are
validated too; a required text without a column gets a temporary value.
"""

from dataclasses import dataclass
from typing import Final

import duckdb

from kg import sql
from kg.csvw_tables import Column, find_slots
from kg.dry_run.register_columns import RegisterColumn
from kg.dry_run.table_detection import TableMatch
from kg.dry_run.undisclosed_people import reject_undisclosed_rows
from kg.mapping import map_rows
from kg.mapping.rejected_rows import reject_malformed_of_file
from kg.namespaces import SCHEME, expand
from kg.sources import OpenedTable, Source, SourceRows
from kg.sources.source_reader import build_tagged_sql
from kg.work_tables import HEADINGS, ORIGINALS, QUADS, RECORDS, UNUSABLE, find_last_record

PLACEHOLDER_CODES: Final = {("territories", "kind"): "natural-area"}
"""Placeholder codes for an absent column, where the example of the column implies too much."""


@dataclass(frozen=True)
class StagedFile:
    """Rows of a file in the work database."""

    record_before: int
    """The record before its first."""
    row_count: int
    keyless_count: int
    """Rows to which nothing gives a key."""
    register_counts: tuple[tuple[RegisterColumn, str, int], ...]
    """Register columns with their heading and the number of cells with a number of the register."""


def stage_file(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    recognised: TableMatch,
    opened: OpenedTable,
    number: int,
) -> StagedFile:
    """Maps the rows of a file to quads, each row being one record of the work database."""
    first = find_last_record(db)
    _insert_headings(db, source, recognised, opened)
    lines = _create_rows_table(db, recognised, opened, number)
    counts = _count_register_cells(db, recognised, lines.view)
    if set(_list_key_columns(recognised)) & set(recognised.missing_columns):
        _insert_unaddressed_records(db, source, lines, first)
    else:
        map_rows(db, source, lines)
        _insert_identifiers(db, source, recognised, lines, first)
    reject_undisclosed_rows(db, recognised, opened, first)
    _insert_originals(db, recognised, opened, first)
    keyless = _reject_keyless_rows(db, recognised, number, first)
    reject_malformed_of_file(db, source.name, recognised.table.name, opened)
    db.execute(f"DROP TABLE {sql.identifier(lines.view)}")
    return StagedFile(first, find_last_record(db) - first, keyless, counts)


def make_temporary_key_prefix(number: int) -> str:
    """Prefix of the temporary keys of rows without a key."""
    return f"sans-cle-{number}-ligne-"


def _list_key_columns(recognised: TableMatch) -> tuple[str, ...]:
    """The columns besides `id` without which a row of the table has no address."""
    return tuple(name for name in find_slots(recognised.table.about) if name != "id")


def _insert_headings(
    db: duckdb.DuckDBPyConnection, source: Source, recognised: TableMatch, opened: OpenedTable
) -> None:
    given = dict(recognised.column_matches.columns)
    for reading, heading in recognised.register_columns:
        given.setdefault(reading.column, heading)
        if reading.copied_to:
            given.setdefault(reading.copied_to, heading)
        if reading.scheme:
            given.setdefault(_get_fragment(reading), heading)
    places = dict(zip(opened.columns, opened.positions or range(len(opened.columns)), strict=True))
    rows = [
        [source.name, opened.file, recognised.table.name, column, heading, places[heading]]
        for column, heading in given.items()
    ]
    sql.insert_rows(db, HEADINGS, rows)


def _create_rows_table(
    db: duckdb.DuckDBPyConnection, recognised: TableMatch, opened: OpenedTable, number: int
) -> SourceRows:
    """The rows in canonical columns, with what each reading gave (`_read_0`, `_number_0`…)."""
    name = f"lines_check_{number}"
    cells = [
        f"{_build_cell_sql(recognised, column, number)} AS {sql.identifier(column.name)}"
        for column in recognised.table.real
    ]
    for n, (_, heading) in enumerate(recognised.register_columns):
        cells.append(f"{_build_used_value_sql(recognised, n)} AS _read_{n}")
        cells.append(f"{_build_text_sql(heading)} AS _number_{n}")
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE {sql.identifier(name)} AS "
        f"SELECT {', '.join(cells)}, {sql.literal(opened.file)} AS _file, _row "
        f"FROM {sql.identifier(opened.view)}"
    )
    return SourceRows(recognised.table, name, opened.file)


def _count_register_cells(
    db: duckdb.DuckDBPyConnection, recognised: TableMatch, view: str
) -> tuple[tuple[RegisterColumn, str, int], ...]:
    counts = [f"count(_read_{n})" for n in range(len(recognised.register_columns))]
    if not counts:
        return ()
    numbers = db.execute(f"SELECT {', '.join(counts)} FROM {sql.identifier(view)}").fetchone() or ()
    pairs = zip(recognised.register_columns, numbers, strict=True)
    return tuple((reading, heading, count) for (reading, heading), count in pairs if count)


def _build_cell_sql(recognised: TableMatch, column: Column, number: int) -> str:
    """The SQL of a canonical cell: the file's own, what a register's number gives, a stand-in."""
    heading = recognised.column_matches.columns.get(column.name)
    own = [_build_text_sql(heading)] if heading else []
    read = [
        _build_register_value_sql(recognised, r, h)
        for r, h in recognised.register_columns
        if r.column == column.name
    ]
    if column.name == "id":
        last = f"{sql.literal(make_temporary_key_prefix(number))} || _row"
        return f"coalesce({', '.join([*_build_key_candidates_sql(recognised), last])})"
    copied = [
        _build_text_sql(h) for r, h in recognised.register_columns if r.copied_to == column.name
    ]
    as_is = [_build_text_sql(h) for r, h in recognised.register_columns if r.column == column.name]
    constant = [
        sql.literal(value)
        for r, _ in recognised.register_columns
        for name, value in r.constants
        if name == column.name
    ]
    parts = [
        build_tagged_sql(sql.identifier(given), name)
        for name, given in recognised.column_matches.languages.items()
        if recognised.table.find_tagged_column(name) == column.name
    ]
    if parts:
        return f"nullif(concat_ws('|', {', '.join([*own, *parts])}), '')"
    candidates = (
        [*read, *own, *copied, *as_is] or constant or _build_placeholder_sql(recognised, column)
    )
    return f"coalesce({', '.join(candidates)})" if candidates else "CAST(NULL AS VARCHAR)"


def _build_key_candidates_sql(recognised: TableMatch) -> list[str]:
    """SQL of the candidates for the key of a row; the first that is not null wins.

    A column called `id` wins; the numbers of registers win over what else is called a key.
    """
    heading = recognised.column_matches.columns.get("id")
    own = [_build_text_sql(heading)] if heading else []
    of_key = [(r, h) for r, h in recognised.register_columns if r.column == "id"]
    same = [_build_register_value_sql(recognised, r, h) for r, h in of_key if h == heading]
    others = [_build_register_value_sql(recognised, r, h) for r, h in of_key if h != heading]
    return [*same, *own, *others] if recognised.has_id else [*same, *others, *own]


def _build_used_value_sql(recognised: TableMatch, n: int) -> str:
    """SQL of the value that a register column gave; null where another candidate came first."""
    reading, heading = recognised.register_columns[n]
    value = _build_register_value_sql(recognised, reading, heading)
    if reading.column != "id":
        return value
    keys = _build_key_candidates_sql(recognised)
    before = keys[: keys.index(value)]
    return f"CASE WHEN coalesce({', '.join(before)}) IS NULL THEN {value} END" if before else value


def _build_placeholder_sql(recognised: TableMatch, column: Column) -> list[str]:
    if column.name not in recognised.missing_columns:
        return []
    if column.scheme:
        code = PLACEHOLDER_CODES.get((recognised.table.name, column.name), column.example)
        return [sql.literal(code)]
    return ["'(' || _row || ')'"] if column.lang else []


def _build_text_sql(heading: str) -> str:
    return f"nullif(trim(CAST({sql.identifier(heading)} AS VARCHAR)), '')"


def _build_register_value_sql(recognised: TableMatch, reading: RegisterColumn, heading: str) -> str:
    """The value a cell gives; null where it does not have the form of its register."""
    cell, pattern = _build_text_sql(heading), sql.literal(f"^{reading.pattern}$")
    if reading.codes:
        return _build_code_mapping_sql(reading, cell)
    before, after = (sql.literal(part) for part in reading.template.split("{}"))
    kinds = [
        _build_code_mapping_sql(r, _build_text_sql(h))
        for r, h in recognised.register_columns
        if r.codes
    ]
    if kinds and reading.constants:
        before = f"{kinds[0]} || '-'"
    return (
        f"CASE WHEN regexp_matches({cell}, {pattern}) AND NOT {_build_all_zeros_sql(cell)} THEN "
        f"{before} || "
        f"regexp_extract({cell}, {pattern}, 1) || {after} END"
    )


def _build_all_zeros_sql(cell: str) -> str:
    """SQL condition that a number is all zeros: a placeholder of registers."""
    return f"regexp_full_match({cell}, '0+')"


def _build_code_mapping_sql(reading: RegisterColumn, cell: str) -> str:
    cases = " ".join(f"WHEN {sql.literal(a)} THEN {sql.literal(b)}" for a, b in reading.codes)
    return f"CASE {cell} {cases} END"


def _insert_unaddressed_records(
    db: duckdb.DuckDBPyConnection, source: Source, lines: SourceRows, first: int
) -> None:
    """Inserts rows that cannot have an address: records without quads."""
    db.execute(
        f"INSERT INTO {RECORDS} SELECT {first} + row_number() OVER (), {sql.literal(source.name)}, "
        f"{sql.literal(lines.table.name)}, _file, _row, NULL, '' FROM {sql.identifier(lines.view)}"
    )


def _insert_identifiers(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    recognised: TableMatch,
    lines: SourceRows,
    first: int,
) -> None:
    """Inserts the numbers of registers as identifiers of their records, whatever their form."""
    concept = f"<{SCHEME}identifier-scheme/"
    for n, (reading, _) in enumerate(recognised.register_columns):
        if not reading.scheme:
            continue
        number = f"subject || '#{_get_fragment(reading)}'"
        statements = (
            ("subject", "adms:identifier", f"'<' || {number} || '>'"),
            (number, "rdf:type", sql.literal(f"<{expand('adms:Identifier')}>")),
            (number, "dct:conformsTo", sql.literal(f"{concept}{reading.scheme}>")),
            (number, "skos:notation", f"text(_number_{n})"),
        )
        rows = " UNION ALL ".join(
            f"SELECT record, {s} AS s, {sql.literal(expand(p))} AS p, {o} AS o FROM numbered"
            for s, p, o in statements
        )
        db.execute(
            f"INSERT INTO {QUADS} WITH numbered AS (SELECT r.record, r.subject, v._number_{n} "
            f'FROM {RECORDS} AS r JOIN {sql.identifier(lines.view)} AS v ON v._row = r."row" '
            f"WHERE r.record > {first} AND v._number_{n} IS NOT NULL "
            f"AND NOT {_build_all_zeros_sql(f'v._number_{n}')} "
            f"AND r.record NOT IN (SELECT record FROM {UNUSABLE})) "
            f"SELECT {sql.literal(source.name)}, * FROM ({rows})"
        )


def _get_fragment(reading: RegisterColumn) -> str:
    """Fragment of the identifier of a register column, in addresses and headings."""
    return f"identifier-{reading.scheme}"


def _insert_originals(
    db: duckdb.DuckDBPyConnection, recognised: TableMatch, opened: OpenedTable, first: int
) -> None:
    """Inserts the rows as the file has them, where it has other columns than the canonical ones."""
    if set(opened.columns) <= set(recognised.table.names):
        return
    # all columns are qualified: a file may have columns with the names of these tables
    cells = ", ".join(f"{sql.literal(name)}: v.{sql.identifier(name)}" for name in opened.columns)
    db.execute(f"DELETE FROM {ORIGINALS} WHERE record > {first}")
    db.execute(
        f"INSERT INTO {ORIGINALS} SELECT r.record, to_json({{{cells}}}) FROM {RECORDS} AS r "
        f'JOIN {sql.identifier(opened.view)} AS v ON v._row = r."row" WHERE r.record > {first}'
    )


def _reject_keyless_rows(
    db: duckdb.DuckDBPyConnection, recognised: TableMatch, number: int, first: int
) -> int:
    """Rejects the rows with a temporary key; returns how many."""
    problem = "key-number-missing" if _has_number_keys(recognised) else "key-missing"
    where = (
        f"record > {first} AND contains(subject, {sql.literal(make_temporary_key_prefix(number))})"
    )
    if recognised.has_key:
        db.execute(
            f"INSERT INTO {UNUSABLE} SELECT record, {sql.literal(problem)}, 'id', '' FROM "
            f"{RECORDS} "
            f"WHERE {where} AND record NOT IN (SELECT record FROM {UNUSABLE})"
        )
    return sql.select_number(db, f"SELECT count(*) FROM {RECORDS} WHERE {where}")


def _has_number_keys(recognised: TableMatch) -> bool:
    """Whether numbers of registers are the keys of the rows."""
    return not recognised.has_id and any(r.column == "id" for r, _ in recognised.register_columns)
