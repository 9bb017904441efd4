"""Commune code update: references to territories by former codes get the current ones.

A code identifies one territory, whatever its kind: `territory/commune-75111` is the 11th
arrondissement of Paris, `territory/commune-63266` the successor of Orsonnette. Codes are read as of
the date of their row (`code_dates`), else as of the date that the source states (`codes_on`). Where
a commune was split, or changed within a year or month known no more precisely, the reference is
ambiguous: it stays as it is, even if it points to nothing.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from kg import sql
from kg.catalogue import insee_codes
from kg.catalogue.insee_codes import COMMUNE_KINDS, CommuneCodes, parse_insee_code
from kg.namespaces import ID, expand
from kg.work_tables import CODE_DATES, QUADS, RECORDS

TERRITORY_NAMESPACE: Final = f"{ID}territory/"
DATE: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})(?:[T ].*)?)?)?", re.ASCII
)
FRENCH: Final = re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})(?: .*)?", re.ASCII)


@dataclass(frozen=True)
class FormerCode:
    """Former code in some rows of a file, with the territories that replace it."""

    file: str
    key: str
    """Key as the rows state it."""
    current_keys: tuple[str, ...]
    lines: int


def update_commune_codes(
    db: duckdb.DuckDBPyConnection,
    dates: Mapping[str, str] | None = None,
    release: sqlite3.Connection | None = None,
) -> list[FormerCode]:
    """Update the references in the work database; return the former codes.

    `dates` are the reference dates (ISO 8601) of sources, for rows without a date. Codes that the
    work database does not describe are looked up in the catalogue of `release`.
    """
    references = _find_references(db, dates or {})
    if not references:
        return []
    codes = _load_codes(db, sorted({parse_insee_code(key) for _, key, _ in references}), release)
    resolved = [
        (source, key, written, _resolve_keys(codes, key, written, (dates or {}).get(source, "")))
        for source, key, written in references
    ]
    changed = [each for each in resolved if each[3] and each[3] != [each[1]]]
    if not changed:
        return []
    _stage_replacements(db, changed)
    former_codes = _list_former_codes(db, changed)
    db.execute(
        f"""
        UPDATE {QUADS} SET o = n.new FROM (
            SELECT DISTINCT record, o, new FROM meant_today WHERE new IS NOT NULL
        ) n WHERE quads.record = n.record AND quads.o = n.o
        """
    )
    return former_codes


def parse_period(written: str) -> tuple[str, str] | None:
    """Return the first and last day of a year, month or day; None for any other text.

    The bounds are compared as texts, so that the last day of any month is its 31st. A day may be in
    French notation (`31/12/2018`), or have a time.
    """
    if french := FRENCH.fullmatch(written):
        day = f"{french['year']}-{french['month']:0>2}-{french['day']:0>2}"
        return day, day
    if not (date_match := DATE.fullmatch(written)):
        return None
    year, month, day = date_match["year"], date_match["month"], date_match["day"]
    first = f"{year}-{month or '01'}-{day or '01'}"
    return first, f"{year}-{month or '12'}-{day or '31'}"


def _resolve_keys(codes: CommuneCodes, key: str, written: str, on: str) -> list[str]:
    """Return the keys that a code means on the date of its row, else on the day `on`."""
    days = parse_period(written)
    return (
        codes.resolve_during(parse_insee_code(key), *days)
        if days
        else codes.resolve(parse_insee_code(key), on)
    )


def _find_references(
    db: duckdb.DuckDBPyConnection, dates: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Select (source, key, date as written) of the communes that rows refer to.

    Only dated references, and references to undescribed communes, can be former codes.
    """
    starts = " OR ".join(
        f"starts_with(o, {sql.literal(f'<{TERRITORY_NAMESPACE}{kind}-')})" for kind in COMMUNE_KINDS
    )
    dated = ", ".join(map(sql.literal, dates)) or "''"
    # few sources have dates: the others are spared the join
    of_lines = db.execute(f"SELECT count(*) FROM (FROM {CODE_DATES} LIMIT 1)").fetchone() != (0,)
    written = "coalesce(written, '')" if of_lines else "''"
    joined = f"LEFT JOIN {CODE_DATES} USING (record)" if of_lines else ""
    rows = db.execute(
        f"SELECT DISTINCT source, o[2:-2] AS iri, {written} AS written FROM {QUADS} {joined} "
        f"WHERE ({starts}) AND record IS NOT NULL AND ("
        f"starts_with(o, {sql.literal(f'<{TERRITORY_NAMESPACE}commune-')}) "
        f"AND (source IN ({dated}) OR {written} <> '') OR o[2:-2] NOT IN "
        f"(SELECT s FROM {QUADS} WHERE p = {sql.literal(expand('ess:territoryKind'))})) "
        "ORDER BY ALL"
    ).fetchall()
    keys = [(source, iri.removeprefix(TERRITORY_NAMESPACE), when) for source, iri, when in rows]
    return [(source, key, when) for source, key, when in keys if parse_insee_code(key)]


def _load_codes(
    db: duckdb.DuckDBPyConnection, codes: Sequence[str], release: sqlite3.Connection | None
) -> CommuneCodes:
    """Load the history of codes from the work database, else from a release."""
    keys = [f"{kind}-{code}" for code in codes for kind in COMMUNE_KINDS]
    former = _find_former_codes(db, codes)
    keys += [key for each in former.values() for _, key in each]
    wholes = dict(
        _select_pairs(
            db,
            keys,
            "ess:within",
            f"AND starts_with(o, {sql.literal(f'<{TERRITORY_NAMESPACE}commune-')})",
        )
    )
    described = {key for key, _ in _select_pairs(db, keys, "ess:territoryKind")}
    if release is not None and not described:
        return insee_codes.read_codes(release, codes)
    today = {
        code: [key for kind in COMMUNE_KINDS if (key := f"{kind}-{code}") in described]
        for code in codes
    }
    return CommuneCodes(today, former, wholes)


def _find_former_codes(
    db: duckdb.DuckDBPyConnection, asked: Sequence[str]
) -> dict[str, list[tuple[str, str]]]:
    rows = db.execute(
        f"""
        SELECT DISTINCT split_part(c.o, '"', 2), split_part(u.o, '"', 2),
            substr(f.s, length($start) + 1)
        FROM (FROM {QUADS} WHERE p = $formerly) f
        JOIN (FROM {QUADS} WHERE p = $code) c ON c.s = f.o[2:-2]
        JOIN (FROM {QUADS} WHERE p = $until) u ON u.s = f.o[2:-2]
        WHERE list_contains($asked, split_part(c.o, '"', 2)) ORDER BY ALL
        """,
        {
            "start": TERRITORY_NAMESPACE,
            "formerly": expand("ess:formerly"),
            "code": expand("skos:notation"),
            "until": expand("ess:until"),
            "asked": list(asked),
        },
    ).fetchall()
    former_codes: dict[str, list[tuple[str, str]]] = {}
    for code, until, key in rows:
        former_codes.setdefault(code, []).append((until, key))
    return former_codes


def _select_pairs(
    db: duckdb.DuckDBPyConnection, keys: Iterable[str], predicate: str, more: str = ""
) -> list[tuple[str, str]]:
    """Select (key, key or value) of one property of some territories."""
    rows = db.execute(
        f"SELECT s, o[2:-2] FROM {QUADS} WHERE p = ? AND s IN (SELECT unnest(?)) {more} "
        "ORDER BY ALL",
        [expand(predicate), [TERRITORY_NAMESPACE + key for key in dict.fromkeys(keys)]],
    ).fetchall()
    return [
        (s.removeprefix(TERRITORY_NAMESPACE), o.removeprefix(TERRITORY_NAMESPACE)) for s, o in rows
    ]


def _stage_replacements(
    db: duckdb.DuckDBPyConnection, changed: Sequence[tuple[str, str, str, Sequence[str]]]
) -> None:
    """Create `meant_today` (record, o, new, number) of the references to replace.

    `number` counts replacements; `new` is NULL where there are several candidates.
    """
    db.execute(
        "CREATE OR REPLACE TEMP TABLE meaning "
        "(number INTEGER, source VARCHAR, o VARCHAR, written VARCHAR, new VARCHAR)"
    )
    rows = [
        (
            number,
            source,
            _format_node(key),
            written,
            _format_node(today[0]) if len(today) == 1 else None,
        )
        for number, (source, key, written, today) in enumerate(changed)
    ]
    columns = {
        name: list(cells) for name, cells in zip("nsowt", zip(*rows, strict=True), strict=True)
    }
    db.execute(
        "INSERT INTO meaning SELECT unnest($n), unnest($s), unnest($o), unnest($w), unnest($t)",
        columns,
    )
    db.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE meant_today AS
        SELECT DISTINCT q.record, q.o, m.new, m.number
        FROM {QUADS} q LEFT JOIN {CODE_DATES} d ON d.record = q.record JOIN meaning m
        ON m.source = q.source AND m.o = q.o AND m.written = coalesce(d.written, '')
        """
    )


def _list_former_codes(
    db: duckdb.DuckDBPyConnection, changed: Sequence[tuple[str, str, str, Sequence[str]]]
) -> list[FormerCode]:
    """List the former codes by file, with their replacements and number of rows."""
    rows = db.execute(
        f"SELECT file, number, count(DISTINCT record) FROM meant_today JOIN {RECORDS} "
        "USING (record) GROUP BY file, number"
    ).fetchall()
    lines: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
    for file, number, count in rows:
        _, key, _, today = changed[number]
        lines[file, key, tuple(today)] += count
    return [FormerCode(*fields, count) for fields, count in sorted(lines.items())]


def _format_node(key: str) -> str:
    return f"<{TERRITORY_NAMESPACE}{key}>"
