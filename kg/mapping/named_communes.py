"""Communes given by post code and name, found among those of the territories.

The mapping of a source writes such a reference as `territory/commune-in-59000-lille`
(`kg.sources.declared_mapping_sql`). Where exactly one commune has that post code and that name, it
is the one; else the one that had that name, where it or the commune that it lies in has the post
code (`74940 Annecy-le-Vieux`). Elsewhere the cell is left out and told, and nothing is guessed.
"""

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

import duckdb
import orjson

from kg import sql
from kg.csvw_tables import Table
from kg.mapping.current_commune_codes import TERRITORY_NAMESPACE
from kg.namespaces import expand
from kg.work_tables import OMITTED, QUADS, RECORDS

NAMED: Final = re.compile(r"commune-in-([0-9A-Za-z]+)-([a-z0-9-]+)")
PREFIX: Final = f"<{TERRITORY_NAMESPACE}commune-in-"
NAME_ENDINGS: Final = re.compile(
    r"-cedex(-[0-9]+)?$|-[0-9]{1,2}(-?(er?|e|eme|nd|ieme))?(-arrondissement)?$"
)
"""What an address writes after the name of a commune: CEDEX, the number of an arrondissement."""
UNKNOWN: Final = "commune-unknown"
AMBIGUOUS: Final = "commune-ambiguous"

Candidates = Mapping[str, Mapping[str, set[str]]]
"""By post code and folded name: the keys of the communes."""


def resolve_named_communes(
    db: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    release: sqlite3.Connection | None = None,
) -> int:
    """Replace the references by post code and name; return the number of those that are left out.

    The communes are those of the work database, else those of the catalogue of a release.
    """
    rows = db.execute(
        f"SELECT DISTINCT o FROM {QUADS} WHERE starts_with(o, {sql.literal(PREFIX)}) ORDER BY o"
    ).fetchall()
    named = [(o, match) for (o,) in rows if (match := NAMED.search(o))]
    if not named:
        return 0
    if not _knows_post_codes(db) and not (release and _knows_communes(release)):
        return 0  # without territories no reference to them is judged
    post_codes = {match[1] for _, match in named}
    candidates = _load_candidates(db, post_codes, release)
    former = _load_former_candidates(db, post_codes, release)
    meanings = []
    for node, match in named:
        name = fold_name(match[2])
        keys = candidates.get(match[1], {}).get(name, set())
        keys = keys or former.get(match[1], {}).get(name, set())
        new = f"<{TERRITORY_NAMESPACE}{next(iter(keys))}>" if len(keys) == 1 else None
        meanings.append((node, new, AMBIGUOUS if keys else UNKNOWN, f"{match[1]} {match[2]}"))
    return _replace(db, tables, meanings)


def fold_name(name: str) -> str:
    """A name of a commune as it is compared: no case, accent, article or ending of an address."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe"))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    folded = NAME_ENDINGS.sub("", re.sub(r"[^a-z0-9]+", "-", plain).strip("-"))
    folded = re.sub(r"(^|-)ste?(?=-)", lambda m: m[0].replace("ste", "sainte")
                    if m[0].endswith("ste") else m[0].replace("st", "saint"), folded)  # fmt: skip
    return re.sub(r"^(l|la|le|les)-", "", folded)


def _knows_post_codes(db: duckdb.DuckDBPyConnection) -> bool:
    row = db.execute(f"SELECT 1 FROM {QUADS} WHERE p = ? LIMIT 1", [expand("ess:postCode")])
    return row.fetchone() is not None


def _knows_communes(release: sqlite3.Connection) -> bool:
    found = release.execute(
        "SELECT 1 FROM entity WHERE kind = 'territory' AND key >= 'commune-' AND key < 'commune-a' "
        "LIMIT 1"
    )
    return found.fetchone() is not None


def _load_candidates(
    db: duckdb.DuckDBPyConnection, post_codes: Iterable[str], release: sqlite3.Connection | None
) -> Candidates:
    asked = sorted(post_codes)
    rows: list[tuple[str, str, str]] = db.execute(
        f"""
        SELECT DISTINCT split_part(c.o, '"', 2), c.s[{len(TERRITORY_NAMESPACE) + 1}:],
            regexp_extract(n.o, '^"(.*)"@', 1)
        FROM {QUADS} c JOIN {QUADS} n ON n.s = c.s AND n.p IN (?, ?)
        WHERE c.p = ? AND starts_with(c.s, ?) AND list_contains(?, split_part(c.o, '"', 2))
        """,
        [
            *map(expand, ("skos:prefLabel", "skos:altLabel", "ess:postCode")),
            f"{TERRITORY_NAMESPACE}commune-",
            asked,
        ],
    ).fetchall()
    if not rows and release is not None:
        rows = list(_read_catalogue(release, set(asked)))
    return _group(rows)


def _load_former_candidates(
    db: duckdb.DuckDBPyConnection, post_codes: Iterable[str], release: sqlite3.Connection | None
) -> Candidates:
    """The territories of today by the names that communes had there."""
    asked = sorted(post_codes)
    names, codes, within = (
        expand(name) for name in ("skos:prefLabel", "ess:postCode", "ess:within")
    )
    rows: list[tuple[str, str, str]] = db.execute(
        f"""
        WITH named AS (
            SELECT split_part(s, '#', 1) AS territory, regexp_extract(o, '^"(.*)"@', 1) AS name
            FROM {QUADS} WHERE p = $names AND starts_with(s, $communes) AND contains(s, '#former-')
        ), placed AS (
            SELECT territory, name, territory AS has_code FROM named
            UNION ALL SELECT territory, name, w.o[2:-2] FROM named
            JOIN {QUADS} w ON w.s = territory AND w.p = $within
        )
        SELECT DISTINCT split_part(c.o, '"', 2), territory[{len(TERRITORY_NAMESPACE) + 1}:], name
        FROM placed JOIN {QUADS} c ON c.s = has_code AND c.p = $codes
        WHERE list_contains($asked, split_part(c.o, '"', 2))
        """,
        {
            "names": names,
            "codes": codes,
            "within": within,
            "communes": f"{TERRITORY_NAMESPACE}commune-",
            "asked": asked,
        },
    ).fetchall()
    if not rows and release is not None:
        rows = list(_read_former_names(release, set(asked)))
    return _group(rows)


def _group(rows: Iterable[tuple[str, str, str]]) -> Candidates:
    candidates: dict[str, dict[str, set[str]]] = {}
    for post_code, key, name in rows:
        candidates.setdefault(post_code, {}).setdefault(fold_name(name), set()).add(key)
    return candidates


def _read_catalogue(release: sqlite3.Connection, asked: set[str]) -> Iterable[tuple[str, str, str]]:
    found = release.execute(
        "SELECT key, label_fr, cells -> 'post_codes' FROM entity WHERE kind = 'territory' "
        "AND key >= 'commune-' AND key < 'commune-a'"
    )
    for key, label, post_codes in found:
        for post_code in asked.intersection(orjson.loads(post_codes or "[]")):
            yield post_code, key, label


def _read_former_names(
    release: sqlite3.Connection, asked: set[str]
) -> Iterable[tuple[str, str, str]]:
    found = release.execute(
        "WITH placed AS (SELECT key, name, key AS holder FROM former UNION "
        "SELECT f.key, f.name, substr(w.value, length('territory/') + 1) FROM former f "
        "JOIN entity t ON t.kind = 'territory' AND t.key = f.key, json_each(t.cells, '$.within') w)"
        " SELECT p.key, p.name, h.cells -> 'post_codes' FROM placed p "
        "JOIN entity h ON h.kind = 'territory' AND h.key = p.holder "
        "WHERE h.cells -> 'post_codes' IS NOT NULL"
    )
    for key, name, post_codes in found:
        for post_code in asked.intersection(orjson.loads(post_codes)):
            yield post_code, key, name


def _replace(
    db: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    meanings: Iterable[tuple[str, str | None, str, str]],
) -> int:
    db.execute(
        "CREATE OR REPLACE TEMP TABLE named_communes "
        "(o VARCHAR, new VARCHAR, problem VARCHAR, written VARCHAR)"
    )
    sql.insert_rows(db, "named_communes", meanings)
    columns = [
        (table.name, column.name, expand(column.predicate))
        for table in tables.values()
        for column in table.real
        if column.is_reference and column.predicate
    ]
    db.execute(
        "CREATE OR REPLACE TEMP TABLE reference_columns (tbl VARCHAR, col VARCHAR, p VARCHAR)"
    )
    sql.insert_rows(db, "reference_columns", columns)
    before = sql.select_number(db, f"SELECT count(*) FROM {OMITTED}")
    db.execute(
        f"INSERT INTO {OMITTED} SELECT DISTINCT q.record, min(c.col), written, problem "
        f"FROM {QUADS} q JOIN named_communes USING (o) JOIN {RECORDS} r USING (record) "
        "JOIN reference_columns c ON c.tbl = r.tbl AND c.p = q.p WHERE new IS NULL "
        "GROUP BY q.record, q.p, written, problem"
    )
    db.execute(
        f"DELETE FROM {QUADS} USING named_communes n WHERE {QUADS}.o = n.o AND n.new IS NULL"
    )
    db.execute(
        f"UPDATE {QUADS} SET o = n.new FROM named_communes n WHERE {QUADS}.o = n.o "
        "AND n.new IS NOT NULL"
    )
    return sql.select_number(db, f"SELECT count(*) FROM {OMITTED}") - before
