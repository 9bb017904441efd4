"""The tables of a release as CSV and Parquet: of each kind of records, and of their relations.

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
from kg.catalogue import relations
from kg.catalogue.dates import span
from kg.catalogue.pivot import text_of, told
from kg.formats import CSV, PARQUET
from kg.kinds import KINDS
from kg.namespaces import BASE
from kg.progress import Track
from kg.releases.dumps import Dump
from kg.tables import ADDED, Table

TYPES: Final = {"integer": "BIGINT", "decimal": "DOUBLE"}
DATES: Final = {"earliest": "DATE", "latest": "DATE", "precision": "VARCHAR"}
"""What stands beside a date as it is stated (`kg.tables.DATED`), and its type."""
ROWS: Final = 100_000


@dataclass(frozen=True)
class About:
    """What the tables of a release say of themselves."""

    release: str
    licence: str
    """Of what no source states: of the whole."""
    sources: Sequence[Mapping[str, Any]]
    """Each with its name, licence and date."""

    def of(self, table: Table, stating: Collection[str]) -> str:
        """The key-value metadata of a Parquet file whose rows some sources state, in SQL.

        No moment is in it: the same inputs give the same bytes.
        """
        sources = [source for source in self.sources if source["name"] in stating]
        licences = sorted({str(source["licence"]) for source in sources})
        told = {
            "release": self.release,
            "licence": " ".join(licences) or self.licence,
            "sources": json.dumps(sources, ensure_ascii=False),
            "csvw": f"{BASE}tables/{table.name}",
        }
        return ", ".join(f"{name}: {sql.text(value)}" for name, value in told.items())


def write_tables(
    db: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    about: About,
    folder: Path,
    track: Track,
) -> list[Dump]:
    """Writes the tables of the kinds, which the catalogue has gathered, and the others."""
    written: list[Dump] = []
    ordered = [tables[kind.table] for kind in KINDS]
    ordered += [table for table in tables.values() if table.kind is None]
    relations.stage(db, [table for table in ordered if table.kind is None])
    for table in track(ordered, "Tables"):
        if table.kind is None:
            relations.gather(db, table)
        written += _write(db, table, about, folder)
        db.execute(f"DROP TABLE {told(table)}; DROP TABLE arranged")
    relations.unstage(db)
    return written


def _arrange(db: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Makes `arranged` of the rows of a table, in the order of their `record`.

    Beside each date there is what `stated` has of it. The rows of a kind get their `record` and
    their `sources`, as the others have them.
    """
    _stage_dates(db, table)
    cells, joins = ["t.*"], list[str]()
    if table.kind:
        kind = sql.text(table.kind)
        cells += [f"[{kind} || '/' || t.id[1]] AS record", "coalesce(x.sources, []) AS sources"]
        joins.append(
            "LEFT JOIN (SELECT e.key, list(s.source ORDER BY s.source) AS sources FROM entity e "
            f"JOIN entity_source s USING (id) WHERE e.kind = {kind} GROUP BY e.key) x "
            "ON x.key = t.id[1]"
        )
    for n, name in enumerate(_dated(table)):
        cells += [f"d{n}.{part} AS {sql.name(f'{name}_{part}')}" for part in DATES]
        joins.append(f"LEFT JOIN stated d{n} ON d{n}.written = t.{sql.name(name)}[1]")
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE arranged AS SELECT {', '.join(cells)} "
        f"FROM {told(table)} t {' '.join(joins)} ORDER BY record[1]"
    )


def _write(db: duckdb.DuckDBPyConnection, table: Table, about: About, folder: Path) -> list[Dump]:
    _arrange(db, table)
    plain, columnar = folder / f"{table.name}.csv", folder / f"{table.name}.parquet"
    scope, subject = ("table", table.kind) if table.kind else ("relation", table.name)
    texts = [f"{text_of(column)} AS {sql.name(column.name)}" for column in table.real]
    texts += [f"array_to_string({name}, '|') AS {name}" for name in ADDED]
    stated = "SELECT DISTINCT unnest(sources) AS name FROM arranged ORDER BY name"
    stating = tuple(name for (name,) in db.execute(stated).fetchall())
    counted = db.execute(
        f"COPY (SELECT {', '.join(texts)} FROM arranged) TO {sql.text(str(plain))} "
        "(FORMAT csv, HEADER true)"
    ).fetchone()
    db.execute(
        f"COPY (SELECT {', '.join(_typed(table))} FROM arranged) "
        f"TO {sql.text(str(columnar))} "
        f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{about.of(table, stating)}}})"
    )
    count = int(counted[0]) if counted else 0
    return [
        Dump(plain.name, CSV, scope, subject or "", count, stating),
        Dump(columnar.name, PARQUET, scope, subject or "", count, stating),
    ]


def _typed(table: Table) -> Iterator[str]:
    for column in table.real:
        name = sql.name(column.name)
        if column.separator:
            yield f"CASE WHEN len({name}) > 0 THEN {name} END AS {name}"
        elif column.datatype in TYPES:
            yield f"TRY_CAST({name}[1] AS {TYPES[column.datatype]}) AS {name}"
        else:
            yield f"{text_of(column)} AS {name}"
        if column.temporal:
            yield from (sql.name(f"{column.name}_{part}") for part in DATES)
    yield "record[1] AS record"
    yield "sources"


def _dated(table: Table) -> list[str]:
    return [column.name for column in table.real if column.temporal]


def _stage_dates(db: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Makes `stated` (written, earliest, latest, precision) of the dates of a table."""
    types = ", ".join(f"{name} {kind}" for name, kind in DATES.items())
    db.execute(f"CREATE OR REPLACE TEMP TABLE stated (written VARCHAR, {types})")
    cells = " UNION ".join(
        f"SELECT {sql.name(name)}[1] AS d FROM {told(table)}" for name in _dated(table)
    )
    if not cells:
        return
    asked = f"SELECT DISTINCT d FROM ({cells}) WHERE d IS NOT NULL ORDER BY d"
    written = [d for (d,) in db.execute(asked).fetchall()]
    for start in range(0, len(written), ROWS):
        some = written[start : start + ROWS]
        columns = [some, *map(list, zip(*map(span, some), strict=True))]
        db.execute(
            "INSERT INTO stated SELECT unnest($1::VARCHAR[]), "
            "TRY_CAST(unnest($2::VARCHAR[]) AS DATE), TRY_CAST(unnest($3::VARCHAR[]) AS DATE), "
            "unnest($4::VARCHAR[])",
            columns,
        )
