"""Table dumps of a release in CSV and Parquet: record kinds and their relations.

CSV has texts, in the columns of the canonical tables. Parquet has the same columns with their
types, and dates three times more: their earliest and latest day and their precision.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from kg import sql
from kg.catalogue import relation_tables
from kg.catalogue.catalogue_update import RENEWED, TOUCHED
from kg.catalogue.edtf import parse_span
from kg.catalogue.pivot import format_cell_sql, gathered_table_name
from kg.csvw_tables import ADDED_COLUMNS, Table
from kg.formats import CSV, PARQUET
from kg.kinds import KINDS
from kg.namespaces import BASE, ID
from kg.progress import ProgressCallback
from kg.releases.dumps import Dump
from kg.releases.store_update import link_or_copy

DUCKDB_TYPES: Final = {"integer": "BIGINT", "decimal": "DOUBLE"}
DATE_COLUMNS: Final = {"earliest": "DATE", "latest": "DATE", "precision": "VARCHAR"}
"""What stands beside a date as it is stated (`kg.csvw_tables.DATED`), and its type."""
CHUNK_ROWS: Final = 100_000


@dataclass(frozen=True)
class TableMetadata:
    """What the tables of a release say of themselves."""

    release: str
    licence: str
    """Of what no source states: of the whole."""
    sources: Sequence[Mapping[str, Any]]
    """Each with its name, licence and date."""

    def build_parquet_metadata(self, table: Table, stating: Collection[str]) -> str:
        """The key-value metadata of a Parquet file whose rows some sources state, in SQL.

        No moment is in it: the same inputs give the same bytes.
        """
        sources = [source for source in self.sources if source["name"] in stating]
        licences = sorted({str(source["licence"]) for source in sources})
        metadata = {
            "release": self.release,
            "licence": " ".join(licences) or self.licence,
            "sources": json.dumps(sources, ensure_ascii=False),
            "csvw": f"{BASE}tables/{table.name}",
        }
        return ", ".join(f"{name}: {sql.literal(value)}" for name, value in metadata.items())


def list_table_files(tables: Iterable[str]) -> list[str]:
    """The names of the files of some tables among the dumps."""
    return [f"{name}.{form.extension}" for name in tables for form in (CSV, PARQUET)]


def write_table_dumps(
    db: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    about: TableMetadata,
    folder: Path,
    track: ProgressCallback,
    earlier: Path | None = None,
) -> list[Dump]:
    """Writes the tables of the kinds, which the catalogue has gathered, and the others.

    `earlier` is the folder of the dumps of the release whose catalogue was updated: only what
    changed is gathered then, and the other rows are taken from there.
    """
    written: list[Dump] = []
    kinds = [tables[kind.table] for kind in KINDS]
    relations = [table for table in tables.values() if table.kind is None]
    changed = relations
    if earlier is not None:
        kinds_changed = _list_renewed_kinds(db)
        changed = relation_tables.find_touched(db, relations, TOUCHED)
        changed += [table for table in kinds if table.kind in kinds_changed]
    relation_tables.stage_relations(db, [table for table in relations if table in changed])
    for table in track([*kinds, *relations], "Tables"):
        if earlier is not None and table not in changed:
            rows = _take_over_texts(table, earlier, folder)
        elif table.kind is None:
            relation_tables.gather_rows(db, table)
            rows = _write_texts(db, table, folder)
        else:
            rows = _write_texts(db, table, folder, earlier)
        written += _write_values(db, table, rows, about, folder)
        db.execute(f"DROP TABLE IF EXISTS {gathered_table_name(table)}")
    db.execute("DROP TABLE IF EXISTS arranged")
    relation_tables.drop_staged(db)
    return written


def _list_renewed_kinds(db: duckdb.DuckDBPyConnection) -> set[str]:
    """The kinds of the records whose rows may have changed."""
    kind = f"split_part(substr(iri, {len(ID) + 1}), '/', 1)"
    return {
        str(name) for (name,) in db.execute(f"SELECT DISTINCT {kind} FROM {RENEWED}").fetchall()
    }


def _take_over_texts(table: Table, earlier: Path, folder: Path) -> str:
    """Takes over the CSV of a table as it is; the relation of its rows with their types."""
    text, columnar = list_table_files([table.name])
    link_or_copy(earlier / text, folder / text)
    return _scan_parquet(earlier / columnar)


def _create_arranged(db: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Makes `arranged` of the rows of a table, in the order of their `record`.

    Beside each date there is what `stated` has of it. The rows of a kind get their `record` and
    their `sources`, as the others have them.
    """
    _stage_dates(db, table)
    cells, joins = ["t.*"], list[str]()
    if table.kind:
        kind = sql.literal(table.kind)
        cells += [f"[{kind} || '/' || t.id[1]] AS record", "coalesce(x.sources, []) AS sources"]
        joins.append(
            "LEFT JOIN (SELECT e.key, list(s.source ORDER BY s.source) AS sources FROM entity e "
            f"JOIN entity_source s USING (id) WHERE e.kind = {kind} GROUP BY e.key) x "
            "ON x.key = t.id[1]"
        )
    for n, name in enumerate(_list_date_columns(table)):
        cells += [f"d{n}.{part} AS {sql.identifier(f'{name}_{part}')}" for part in DATE_COLUMNS]
        joins.append(f"LEFT JOIN stated d{n} ON d{n}.written = t.{sql.identifier(name)}[1]")
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE arranged AS SELECT {', '.join(cells)} "
        f"FROM {gathered_table_name(table)} t {' '.join(joins)} ORDER BY record[1]"
    )


def _write_texts(
    db: duckdb.DuckDBPyConnection, table: Table, folder: Path, earlier: Path | None = None
) -> str:
    """Writes the CSV of a gathered table; the relation of its rows with their types.

    Where there are `earlier` dumps, only the renewed records are of what was gathered.
    """
    _create_arranged(db, table)
    names = [*table.names, *ADDED_COLUMNS]
    texts = [f"{format_cell_sql(column)} AS {sql.identifier(column.name)}" for column in table.real]
    texts += [f"array_to_string({name}, '|') AS {name}" for name in ADDED_COLUMNS]
    lines, values = (
        f"SELECT {', '.join(columns)} FROM arranged"
        for columns in (texts, _iter_typed_columns(table))
    )
    text, columnar = list_table_files([table.name])
    if earlier is not None:
        lines = _splice(db, "line", _scan_csv(earlier / text, names), lines)
        values = _splice(db, "value", _scan_parquet(earlier / columnar), values)
    options = build_csv_options(table)
    db.execute(f"COPY ({lines}) TO {sql.literal(str(folder / text))} (FORMAT {options})")
    return values


def build_csv_options(table: Table) -> str:
    """How the CSV of a table is written, as options of COPY.

    The first column is in quotes: DuckDB guesses from the first 20,480 lines whether a file has
    any, and refuses a later value with a comma where it saw none.
    """
    return f"csv, HEADER true, FORCE_QUOTE ({sql.identifier(table.names[0])})"


def _splice(db: duckdb.DuckDBPyConnection, name: str, earlier: str, gathered: str) -> str:
    """Makes a table of the earlier rows, those of the renewed records replaced; its relation."""
    renewed = f"(SELECT substr(iri, {len(ID) + 1}) FROM {RENEWED})"
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE spliced_{name} AS SELECT * FROM ({earlier}) "
        f"WHERE record NOT IN {renewed} UNION ALL SELECT * FROM ({gathered}) "
        f"WHERE record IN {renewed} ORDER BY record"
    )
    return f"FROM spliced_{name}"


def _scan_csv(path: Path, names: Sequence[str]) -> str:
    """The rows of a CSV that was written here, as texts."""
    columns = ", ".join(f"{sql.literal(name)}: 'VARCHAR'" for name in names)
    return (
        f"FROM read_csv({sql.literal(str(path))}, auto_detect = false, header = true, "
        f"columns = {{{columns}}}, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
        "allow_quoted_nulls = false, parallel = false, max_line_size = 16777216)"
    )


def _scan_parquet(path: Path) -> str:
    return f"FROM read_parquet({sql.literal(str(path))})"


def _write_values(
    db: duckdb.DuckDBPyConnection, table: Table, rows: str, about: TableMetadata, folder: Path
) -> list[Dump]:
    """Writes the Parquet file of the rows of a table; describes it and the CSV."""
    text, columnar = list_table_files([table.name])
    scope, subject = ("table", table.kind) if table.kind else ("relation", table.name)
    stated = f"SELECT DISTINCT unnest(sources) AS name FROM ({rows}) ORDER BY name"
    stating = tuple(name for (name,) in db.execute(stated).fetchall())
    # by what it knows of the values DuckDB makes a column REQUIRED, from release to release another
    db.execute("SET disabled_optimizers = 'statistics_propagation'")
    try:
        count = sql.select_number(
            db,
            f"COPY ({rows}) TO {sql.literal(str(folder / columnar))} (FORMAT parquet, "
            f"COMPRESSION zstd, KV_METADATA {{{about.build_parquet_metadata(table, stating)}}})",
        )
    finally:
        db.execute("RESET disabled_optimizers")
    return [
        Dump(text, CSV, scope, subject or "", count, stating),
        Dump(columnar, PARQUET, scope, subject or "", count, stating),
    ]


def _iter_typed_columns(table: Table) -> Iterator[str]:
    for column in table.real:
        name = sql.identifier(column.name)
        if column.separator:
            yield f"CASE WHEN len({name}) > 0 THEN {name} END AS {name}"
        elif column.datatype in DUCKDB_TYPES:
            yield f"TRY_CAST({name}[1] AS {DUCKDB_TYPES[column.datatype]}) AS {name}"
        else:
            yield f"{format_cell_sql(column)} AS {name}"
        if column.temporal:
            yield from (sql.identifier(f"{column.name}_{part}") for part in DATE_COLUMNS)
    yield "record[1] AS record"
    yield "sources"


def _list_date_columns(table: Table) -> list[str]:
    return [column.name for column in table.real if column.temporal]


def _stage_dates(db: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Makes `stated` (written, earliest, latest, precision) of the dates of a table."""
    types = ", ".join(f"{name} {kind}" for name, kind in DATE_COLUMNS.items())
    db.execute(f"CREATE OR REPLACE TEMP TABLE stated (written VARCHAR, {types})")
    cells = " UNION ".join(
        f"SELECT {sql.identifier(name)}[1] AS d FROM {gathered_table_name(table)}"
        for name in _list_date_columns(table)
    )
    if not cells:
        return
    query = f"SELECT DISTINCT d FROM ({cells}) WHERE d IS NOT NULL ORDER BY d"
    written = [d for (d,) in db.execute(query).fetchall()]
    for start in range(0, len(written), CHUNK_ROWS):
        some = written[start : start + CHUNK_ROWS]
        columns = [some, *map(list, zip(*map(parse_span, some), strict=True))]
        db.execute(
            "INSERT INTO stated SELECT unnest($1::VARCHAR[]), "
            "TRY_CAST(unnest($2::VARCHAR[]) AS DATE), TRY_CAST(unnest($3::VARCHAR[]) AS DATE), "
            "unnest($4::VARCHAR[])",
            columns,
        )
