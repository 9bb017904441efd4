"""References to territories by the codes of communes, made those of today.

One code is one territory whatever its kind: `territory/commune-75111` is the 11th arrondissement of
Paris, `territory/commune-63266` what Orsonnette became. A code that a source gives is taken on the
day that the source states (`codes_on`), where it states one. What has been shared out is not
guessed: such a reference stays, and leads nowhere.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from kg import sql
from kg.catalogue import codes
from kg.catalogue.codes import KINDS, Codes, code_of
from kg.namespaces import ID, expand

TERRITORY: Final = f"{ID}territory/"


@dataclass(frozen=True)
class Former:
    """A reference of some lines of a file that is another one today, or several."""

    file: str
    key: str
    """As the lines give it."""
    today: tuple[str, ...]
    lines: int


def make_todays(
    db: duckdb.DuckDBPyConnection,
    dates: Mapping[str, str] | None = None,
    release: sqlite3.Connection | None = None,
) -> list[Former]:
    """Makes the references of the work database those of today; what it changed, or could not.

    `dates` gives the day (ISO 8601) of the codes of a source. What is not described in the work
    database is looked up in the catalogue of a release.
    """
    found = _references(db, dates or {})
    if not found:
        return []
    known = _known(db, sorted({code_of(key) for _, key in found}), release)
    meant = [
        (source, key, known.meant(code_of(key), (dates or {}).get(source, "")))
        for source, key in found
    ]
    others = [(source, key, today) for source, key, today in meant if today and today != [key]]
    told = [former for other in others for former in _told(db, *other)]
    for source, key, today in others:
        if len(today) == 1:
            db.execute(
                "UPDATE quads SET o = ? WHERE source = ? AND o = ?",
                [_node(today[0]), source, _node(key)],
            )
    return told


def _references(db: duckdb.DuckDBPyConnection, dates: Mapping[str, str]) -> list[tuple[str, str]]:
    """(source, key) of the communes that are referred to: those of a day, and undescribed ones."""
    starts = " OR ".join(f"starts_with(o, {sql.text(f'<{TERRITORY}{kind}-')})" for kind in KINDS)
    dated = ", ".join(map(sql.text, dates)) or "''"
    rows = db.execute(
        f"SELECT DISTINCT source, o[2:-2] AS iri FROM quads WHERE ({starts}) "
        f"AND record IS NOT NULL AND (source IN ({dated}) OR o[2:-2] NOT IN "
        f"(SELECT s FROM quads WHERE p = {sql.text(expand('ess:territoryKind'))})) ORDER BY ALL"
    ).fetchall()
    keys = [(source, iri.removeprefix(TERRITORY)) for source, iri in rows]
    return [(source, key) for source, key in keys if code_of(key)]


def _known(
    db: duckdb.DuckDBPyConnection, asked: Sequence[str], release: sqlite3.Connection | None
) -> Codes:
    """What the work database knows of some codes; else what a release does."""
    keys = [f"{kind}-{code}" for code in asked for kind in KINDS]
    former = _former(db, asked)
    keys += [key for each in former.values() for _, key in each]
    wholes = dict(
        _pairs(db, keys, "ess:within", f"AND starts_with(o, {sql.text(f'<{TERRITORY}commune-')})")
    )
    described = {key for key, _ in _pairs(db, keys, "ess:territoryKind")}
    if release is not None and not described:
        return codes.read(release, asked)
    today = {
        code: [key for kind in KINDS if (key := f"{kind}-{code}") in described] for code in asked
    }
    return Codes(today, former, wholes)


def _former(
    db: duckdb.DuckDBPyConnection, asked: Sequence[str]
) -> dict[str, list[tuple[str, str]]]:
    rows = db.execute(
        """
        SELECT DISTINCT split_part(c.o, '"', 2), split_part(u.o, '"', 2),
            substr(f.s, length($start) + 1)
        FROM (FROM quads WHERE p = $formerly) f
        JOIN (FROM quads WHERE p = $code) c ON c.s = f.o[2:-2]
        JOIN (FROM quads WHERE p = $until) u ON u.s = f.o[2:-2]
        WHERE list_contains($asked, split_part(c.o, '"', 2)) ORDER BY ALL
        """,
        {
            "start": TERRITORY,
            "formerly": expand("ess:formerly"),
            "code": expand("skos:notation"),
            "until": expand("ess:until"),
            "asked": list(asked),
        },
    ).fetchall()
    found: dict[str, list[tuple[str, str]]] = {}
    for code, until, key in rows:
        found.setdefault(code, []).append((until, key))
    return found


def _pairs(
    db: duckdb.DuckDBPyConnection, keys: Iterable[str], predicate: str, more: str = ""
) -> list[tuple[str, str]]:
    """(key, key or value) of what some territories are said to be."""
    rows = db.execute(
        f"SELECT s, o[2:-2] FROM quads WHERE p = ? AND s IN (SELECT unnest(?)) {more} ORDER BY ALL",
        [expand(predicate), [TERRITORY + key for key in dict.fromkeys(keys)]],
    ).fetchall()
    return [(s.removeprefix(TERRITORY), o.removeprefix(TERRITORY)) for s, o in rows]


def _told(
    db: duckdb.DuckDBPyConnection, source: str, key: str, today: Sequence[str]
) -> list[Former]:
    rows = db.execute(
        "SELECT file, count(DISTINCT record) FROM quads JOIN records USING (record) "
        "WHERE quads.source = ? AND o = ? GROUP BY file ORDER BY file",
        [source, _node(key)],
    ).fetchall()
    return [Former(file, key, tuple(today), lines) for file, lines in rows]


def _node(key: str) -> str:
    return f"<{TERRITORY}{key}>"
