"""Records of one thing: those that a person judged the same are listed, found and counted once.

One of them, the lead, stands for all: lists show it, it is found by the names of each and by the
values of each, and what is linked with any of them is filtered and counted by the lead. The others
keep their pages.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import duckdb
import orjson

from kg import sql
from kg.catalogue.filters import KEY_FILTERS, Filters
from kg.namespaces import ID, expand
from kg.work_tables import PAIRS, QUADS

RESOLUTION_GRAPH: Final = "resolution"
LEADING_SCHEMES: Final = ("siren", "siret", "rna", "ror", "rnsr", "uai", "finess")
"""Schemes of which a key makes its record the lead, in this order."""
PAIR_COLUMNS: Final = "number, id, one, other, sure, score, reasons, decision"
SAME: Final = "same"
"""The decision by which two records are one thing."""


@dataclass(frozen=True)
class Pair:
    """Two records that are one thing or may be, seen from one of them or in the queue."""

    id: str
    one: str
    """`kind/key`."""
    other: str
    sure: bool
    """Whether the comparison alone is sure."""
    score: float | None
    """Logarithm to base 2 of the odds; None where the two were not compared."""
    reasons: str
    decision: str
    """`same` or `different`, where a person has decided; else empty."""


def stage_same_things(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `same_thing(iri, lead)`, the records that another one stands for."""
    links = connection.execute(
        f"SELECT DISTINCT s, trim(o, '<>') FROM {QUADS} WHERE p = ? AND source = ?",
        [expand("owl:sameAs"), RESOLUTION_GRAPH],
    ).fetchall()
    connection.execute("CREATE OR REPLACE TEMP TABLE same_thing (iri VARCHAR, lead VARCHAR)")
    rows = [(iri, group[0]) for group in _group(links) for iri in group[1:] if group[0] != iri]
    sql.insert_rows(connection, "same_thing", rows)


def _group(links: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The records that links join, each group with its lead first."""
    groups: dict[str, set[str]] = {}
    for one, other in links:
        joined = groups.get(one, {one}) | groups.get(other, {other})
        groups |= dict.fromkeys(joined, joined)
    return [sorted(group, key=_rank) for group in {id(g): g for g in groups.values()}.values()]


def _rank(iri: str) -> tuple[int, str]:
    scheme = iri.removeprefix(ID).partition("/")[2].partition("-")[0]
    known = scheme in LEADING_SCHEMES
    return LEADING_SCHEMES.index(scheme) if known else len(LEADING_SCHEMES), iri


def build_lead_value_sql(field: str, value: str, lead: str) -> str:
    """SQL of a value of a filter, that of its `lead` (an IRI, NULL where there is none) first."""
    return f"coalesce({lead}[len({_build_prefix_sql(field)}) + 1:], {value})"


def build_value_iri_sql(field: str, value: str) -> str:
    """SQL of the IRI of the record that a value of a filter names; codes make one of none."""
    return f"{_build_prefix_sql(field)} || {value}"


def _build_prefix_sql(field: str) -> str:
    cases = " ".join(
        f"WHEN {sql.literal(name)} THEN {sql.literal(f'{ID}{kind}/')}"
        for name, kind in KEY_FILTERS.items()
    )
    return f"CASE {field} {cases} ELSE {sql.literal(ID)} END"


def write_same_things(connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection) -> None:
    """Fill `same` and `pair` of a catalogue from the staged `entity` and the pairs of a build."""
    rows = connection.execute(
        "SELECT e.id, l.id FROM entity e JOIN entity l ON l.iri = e.lead ORDER BY 1"
    ).fetchall()
    file.executemany("INSERT INTO same VALUES (?, ?)", rows)
    pairs = connection.execute(
        f"SELECT {PAIR_COLUMNS} FROM {PAIRS} "
        f"WHERE {sql.literal(ID)} || one IN (SELECT iri FROM entity) "
        f"AND {sql.literal(ID)} || other IN (SELECT iri FROM entity) ORDER BY number"
    ).fetchall()
    file.executemany("INSERT INTO pair VALUES (?, ?, ?, ?, ?, ?, ?, ?)", pairs)


def rewrite_pairs(connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection) -> None:
    """Fill `pair` of a catalogue that has all its records."""
    rows = connection.execute(f"SELECT {PAIR_COLUMNS} FROM {PAIRS} ORDER BY number").fetchall()
    pairs = [row for row in rows if _is_record(file, row[2]) and _is_record(file, row[3])]
    file.execute("DELETE FROM pair")
    file.executemany("INSERT INTO pair VALUES (?, ?, ?, ?, ?, ?, ?, ?)", pairs)


def _is_record(file: sqlite3.Connection, path: str) -> bool:
    kind, _, key = path.partition("/")
    query = "SELECT 1 FROM entity WHERE kind = ? AND key = ?"
    return file.execute(query, (kind, key)).fetchone() is not None


def has_same(file: sqlite3.Connection) -> bool:
    """Whether any records were judged the same."""
    return file.execute("SELECT 1 FROM same LIMIT 1").fetchone() is not None


def read_leads(file: sqlite3.Connection, numbers: Iterable[int]) -> Mapping[int, int]:
    """Every record of the things that some records are of, by number, with its lead.

    Records that are alone are absent; a lead is its own.
    """
    asked = orjson.dumps([*numbers]).decode()
    rows = file.execute(
        "SELECT id, lead FROM same WHERE lead IN (SELECT value FROM json_each(?1) UNION "
        "SELECT s.lead FROM same s JOIN json_each(?1) ON s.id = value)",
        (asked,),
    ).fetchall()
    return {number: lead for other, lead in rows for number in (lead, other)}


def resolve_filters(file: sqlite3.Connection, filters: Filters) -> Filters:
    """Replace records that another one stands for in filters by that one."""
    values = {
        name: tuple(dict.fromkeys(_find_lead(file, name, value) for value in chosen))
        for name, chosen in filters.values.items()
    }
    return filters if values == filters.values else replace(filters, values=values)


def _find_lead(file: sqlite3.Connection, name: str, value: str) -> str:
    prefix = f"{KEY_FILTERS[name]}/" if name in KEY_FILTERS else ""
    kind, _, key = f"{prefix}{value}".partition("/")
    row = file.execute(
        "SELECT l.kind || '/' || l.key FROM entity e JOIN same s USING (id) "
        "JOIN entity l ON l.id = s.lead WHERE e.kind = ? AND e.key = ?",
        (kind, key),
    ).fetchone()
    return str(row[0]).removeprefix(prefix) if row else value


def list_same(file: sqlite3.Connection, iri: str) -> list[str]:
    """The IRIs of the records of the thing that a record is of: itself, then the others."""
    kind, _, key = iri.removeprefix(ID).partition("/")
    rows = file.execute(
        """
        WITH asked AS (SELECT id FROM entity WHERE kind = ? AND key = ?),
        leading AS (
            SELECT coalesce((SELECT lead FROM same WHERE id = asked.id), asked.id) AS id FROM asked
        )
        SELECT kind || '/' || key FROM entity WHERE id IN (
            SELECT id FROM leading UNION SELECT s.id FROM same s JOIN leading l ON s.lead = l.id
        ) ORDER BY id
        """,
        (kind, key),
    )
    return [iri, *(same for (path,) in rows if (same := f"{ID}{path}") != iri)]


def read_pairs(file: sqlite3.Connection, record: str) -> Sequence[Pair]:
    """The pairs of a record that are linked, the record first."""
    rows = file.execute(
        "SELECT id, one, other, sure, score, reasons, decision FROM pair "
        "WHERE (one = ?1 OR other = ?1) AND (decision = ?2 OR (decision = '' AND sure)) "
        "ORDER BY number",
        (record, SAME),
    )
    pairs = [_read_pair(row) for row in rows]
    return [
        pair if pair.one == record else replace(pair, one=record, other=pair.one) for pair in pairs
    ]


def read_queue(
    file: sqlite3.Connection, first: int, most: int
) -> tuple[Sequence[Pair], Mapping[str, int]]:
    """A part of the pairs that wait for a person, and how many are doubtful, sure and judged."""
    rows = file.execute(
        "SELECT id, one, other, sure, score, reasons, decision FROM pair WHERE decision = '' "
        "ORDER BY number LIMIT ? OFFSET ?",
        (most, first),
    ).fetchall()
    counts: dict[str, int] = defaultdict(int)
    for sure, decision, count in file.execute(
        "SELECT sure, decision <> '', count(*) FROM pair GROUP BY 1, 2"
    ):
        counts["judged" if decision else "sure" if sure else "doubtful"] += count
    return [_read_pair(row) for row in rows], counts


def _read_pair(row: Sequence[object]) -> Pair:
    id_, one, other, sure, score, reasons, decision = row
    number = score if isinstance(score, float) else None
    return Pair(str(id_), str(one), str(other), bool(sure), number, str(reasons), str(decision))
