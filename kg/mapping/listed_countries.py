"""Countries that rows state, kept as territories where there is a record of them.

The mapping of a source writes such a reference as `territory/country-of-BE`
(`kg.sources.declared_mapping_sql`). It is `territory/country-BE` where the territories have that
country; of another one the cell is left empty, and the address of the record still names it.
"""

import re
import sqlite3
from typing import Final

import duckdb

from kg import sql
from kg.mapping.current_commune_codes import TERRITORY_NAMESPACE
from kg.work_tables import QUADS

STATED: Final = re.compile(r"country-of-([A-Z]{2})>$")
STATED_PREFIX: Final = f"<{TERRITORY_NAMESPACE}country-of-"
COUNTRY_PREFIX: Final = "country-"


def resolve_stated_countries(
    db: duckdb.DuckDBPyConnection, release: sqlite3.Connection | None = None
) -> None:
    """Replace references to countries by those to their records, or remove them.

    The records are those of the work database, and those of the catalogue of a release. Where
    neither has a territory, references are not judged: they are replaced all the same.
    """
    rows = db.execute(
        f"SELECT DISTINCT o FROM {QUADS} WHERE starts_with(o, {sql.literal(STATED_PREFIX)}) "
        "ORDER BY o"
    ).fetchall()
    stated = {o: match[1] for (o,) in rows if (match := STATED.search(o))}
    if not stated:
        return
    known = _list_countries(db, release)
    meanings = [
        (o, f"<{TERRITORY_NAMESPACE}{COUNTRY_PREFIX}{code}>" if known is None or code in known
         else None)
        for o, code in stated.items()
    ]  # fmt: skip
    db.execute("CREATE OR REPLACE TEMP TABLE stated_countries (o VARCHAR, new VARCHAR)")
    sql.insert_rows(db, "stated_countries", meanings)
    db.execute(
        f"DELETE FROM {QUADS} USING stated_countries c WHERE {QUADS}.o = c.o AND c.new IS NULL"
    )
    db.execute(f"UPDATE {QUADS} SET o = c.new FROM stated_countries c WHERE {QUADS}.o = c.o")


def _list_countries(
    db: duckdb.DuckDBPyConnection, release: sqlite3.Connection | None
) -> set[str] | None:
    """The codes of countries that have a record; None where there are no territories at all."""
    places = f"SELECT DISTINCT s[{len(TERRITORY_NAMESPACE) + 1}:] FROM {QUADS} WHERE "
    prefix = sql.literal(TERRITORY_NAMESPACE)
    countries = f"starts_with(s, {sql.literal(TERRITORY_NAMESPACE + COUNTRY_PREFIX)})"
    found = {key for (key,) in db.execute(places + countries).fetchall()}
    has_any = (
        bool(found)
        or db.execute(f"SELECT 1 FROM {QUADS} WHERE starts_with(s, {prefix}) LIMIT 1").fetchone()
    )
    if release is not None:
        rows = release.execute("SELECT key FROM entity WHERE kind = 'territory' AND key LIKE ?",
                               (f"{COUNTRY_PREFIX}%",))  # fmt: skip
        found.update(key for (key,) in rows)
        has_any = (
            has_any
            or release.execute("SELECT 1 FROM entity WHERE kind = 'territory' LIMIT 1").fetchone()
        )
    if not has_any:
        return None
    return {key.removeprefix(COUNTRY_PREFIX) for key in found}
