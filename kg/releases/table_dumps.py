"""Table dumps of a release in CSV and Parquet: record kinds and their relations.

CSV has texts, in the columns of the canonical tables. Parquet has the same columns with their
types, and dates three times more: their earliest and latest day and their precision.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from kg import sql
from kg.catalogue import relation_tables
from kg.catalogue.edtf import parse_span
from kg.catalogue.pivot import format_cell_sql, gathered_table_name
from kg.csvw_tables import ADDED_COLUMNS, Table
from kg.formats import CSV, PARQUET
from kg.kinds import KINDS
from kg.namespaces import BASE
from kg.progress import ProgressCallback
from kg.releases.dumps import Dump

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


def write_table_dumps(
    db: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    about: TableMetadata,
    folder: Path,
    track: ProgressCallback,
) -> list[Dump]:
    """Writes the tables of the kinds, which the catalogue has gathered, and the others."""
    written: list[Dump] = []
    ordered = [tables[kind.table] for kind in KINDS]
    ordered += [table for table in tables.values() if table.kind is None]
    relation_tables.stage_relations(db, [table for table in ordered if table.kind is None])
    for table in track(ordered, "Tables"):
        if table.kind is None:
            relation_tables.gather_rows(db, table)
        written += _write_table(db, table, about, folder)
        db.execute(f"DROP TABLE {gathered_table_name(table)}; DROP TABLE arranged")
    relation_tables.drop_staged(db)
    return written


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


def _write_table(
    db: duckdb.DuckDBPyConnection, table: Table, about: TableMetadata, folder: Path
) -> list[Dump]:
    _create_arranged(db, table)
    plain, columnar = folder / f"{table.name}.csv", folder / f"{table.name}.parquet"
    scope, subject = ("table", table.kind) if table.kind else ("relation", table.name)
    texts = [f"{format_cell_sql(column)} AS {sql.identifier(column.name)}" for column in table.real]
    texts += [f"array_to_string({name}, '|') AS {name}" for name in ADDED_COLUMNS]
    stated = "SELECT DISTINCT unnest(sources) AS name FROM arranged ORDER BY name"
    stating = tuple(name for (name,) in db.execute(stated).fetchall())
    counted = db.execute(
        f"COPY (SELECT {', '.join(texts)} FROM arranged) TO {sql.literal(str(plain))} "
        "(FORMAT csv, HEADER true)"
    ).fetchone()
    db.execute(
        f"COPY (SELECT {', '.join(_iter_typed_columns(table))} FROM arranged) "
        f"TO {sql.literal(str(columnar))} "
        "(FORMAT parquet, COMPRESSION zstd, KV_METADATA "
        f"{{{about.build_parquet_metadata(table, stating)}}})"
    )
    count = int(counted[0]) if counted else 0
    return [
        Dump(plain.name, CSV, scope, subject or "", count, stating),
        Dump(columnar.name, PARQUET, scope, subject or "", count, stating),
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
