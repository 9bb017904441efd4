"""Values of several sources where a thing has one: which of them is shown first, and by what rule.

A column that is no list has one value. Where sources give several, the first is that of the source
with the higher precedence for the field, then the more precise, then that of the newer source, then
the first by the name of the source and by the value. See
docs/decisions/0023-sources-that-disagree.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import duckdb

from kg import sql
from kg.catalogue.pivot import define
from kg.errors import SourceError
from kg.kinds import BY_NAME
from kg.namespaces import ID, SCHEME, expand
from kg.release import Release
from kg.sources import Source
from kg.sources.describe import DESCRIPTION
from kg.tables import Column, Table
from kg.validation.duplicates import duplicates, find_duplicates
from kg.validation.gate import Verdict
from kg.validation.partition import as_stored
from kg.validation.release_statements import note_released, sources_of
from kg.validation.results import DISCREPANCY, Result, Severity
from kg.validation.sentences import DISAGREE, OTHER_FIRST, OTHERWISE, OWN_FIRST

OF_EACH: Final = frozenset(
    map(expand, ("ess:assertion", "dct:identifier", "skos:editorialNote", "prov:wasDerivedFrom"))
)
"""Properties by which a source speaks of itself: that two differ in them says nothing."""
PAIRED: Final = frozenset({"latitude", "longitude"})
"""Columns that only mean something together: they are taken from one source."""
CAPITALS: Final = frozenset({"acronym", "kind", "language"})
"""Columns where a value in capitals is as good as another."""
SCHEMA: Final = (
    """CREATE OR REPLACE TEMP TABLE single (kind VARCHAR, fragment VARCHAR, p VARCHAR,
    lang VARCHAR, field VARCHAR, part VARCHAR)""",
    "CREATE OR REPLACE TEMP TABLE standing (source VARCHAR, field VARCHAR, weight BIGINT, "
    "retrieved VARCHAR)",
)
SHARED: Final = """
CREATE OR REPLACE TEMP TABLE shared AS
SELECT split_part(subject, '#', 1) AS entity FROM (
    SELECT subject, source FROM records UNION ALL SELECT s, source FROM released)
WHERE subject IS NOT NULL GROUP BY entity HAVING min(source) <> max(source)
"""
STATED: Final = f"""
CREATE OR REPLACE TEMP TABLE stated AS
SELECT DISTINCT s, q.p, lang, field, part, o, o AS kept, source
FROM (SELECT source, s, p, o FROM quads WHERE record IS NOT NULL UNION ALL FROM released) q
JOIN single f ON q.p = f.p
WHERE starts_with(s, {sql.text(ID)}) AND subject_of(s) IN (FROM shared)
AND kind = split_part(substr(s, {len(ID) + 1}), '/', 1)
AND fragment = substr(s, length(subject_of(s)) + 1) AND (lang = '' OR lang = language(o))
WINDOW one AS (PARTITION BY s, part)
QUALIFY min(source) OVER one <> max(source) OVER one
"""
"""What several sources say of a part of a thing."""
DATED: Final = (
    r"[\^][\^]<(http://www.w3.org/2001/XMLSchema#(date|dateTime|gYear|gYearMonth)"
    r"|http://id.loc.gov/datatypes/edtf)>$"
)
PRECISION: Final = f"""
CASE
WHEN regexp_matches(o, {sql.text(DATED)}) THEN
    CASE WHEN regexp_matches(lexical(o), '[/{{[]|[.][.]') THEN 3
    ELSE length(regexp_replace(lexical(o), '[^0-9]', '', 'g')) END
WHEN part = 'point' THEN length(split_part(lexical(o), '.', 2))
WHEN starts_with(o, '<{SCHEME}') THEN
    CASE WHEN starts_with(max(o) OVER one, trim(min(o) OVER one, '>')) THEN length(o) ELSE 0 END
WHEN o[1] = '<' OR contains(o, '^^<') OR field IN ({", ".join(map(sql.text, sorted(CAPITALS)))})
THEN 0
ELSE CASE WHEN lexical(o) <> upper(lexical(o)) THEN 1000 ELSE 0 END +
    CASE WHEN min(sortable(lexical(o))) OVER one = max(sortable(lexical(o))) OVER one
    THEN strlen(lexical(o)) - length(lexical(o)) ELSE 0 END
END
"""
"""How precise a value is: the figures of a date, the decimals of a coordinate, the characters of a
code that goes on where another stops; a name that is not all in capitals, and has its accents."""
RANKED: Final = f"""
INSERT INTO discrepancy
WITH precise AS (
    SELECT *, {PRECISION} AS precision FROM stated WINDOW one AS (PARTITION BY s, p, lang)
), weighed AS (
    SELECT p.*, retrieved, max(weight) OVER of_source AS weight,
        CASE WHEN part = field THEN 0 ELSE count(*) OVER of_source END AS told,
        CASE WHEN part = field THEN max(precision) OVER of_source
        ELSE sum(precision) OVER of_source END AS precision_of_part
    FROM precise p JOIN standing USING (source, field)
    WINDOW of_source AS (PARTITION BY s, part, source)
)
SELECT s, p, lang, field, o, kept, source, row_number() OVER (PARTITION BY s, p, lang
    ORDER BY told DESC, weight DESC, precision_of_part DESC, retrieved DESC, source, precision DESC,
    o) AS place
FROM weighed
WINDOW one AS (PARTITION BY s, p, lang)
QUALIFY min(kept) OVER one <> max(kept) OVER one
    AND min(source) OVER one <> max(source) OVER one
"""
"""The values that differ, as they are kept. What is taken together has one order in all its
columns."""
SPEAKING: Final = "SELECT DISTINCT source FROM records UNION SELECT source FROM released"


def find_discrepancies(
    db: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    sources: Sequence[Source],
    release: Release | None = None,
) -> None:
    """Fills `discrepancy` with the values of several sources where a thing has one, and
    `duplicate` with the records that are likely one.

    Each is there once for each source that gives it, with its place: 1 is shown first. The tables
    are those of an open gate. With `release`, its sources speak too. Raises ReleaseDamaged where it
    cannot be read, SourceError where a precedence is of no such column.
    """
    define(db)
    for statement in SCHEMA:
        db.execute(statement)
    rows = list(_single(tables))
    db.executemany("INSERT INTO single VALUES (?, ?, ?, ?, ?, ?)", rows)
    fields = sorted({row[4] for row in rows})
    _hold_precedence(sources, fields)
    note_released(db, release)
    _note_standing(db, sources, fields, release)
    db.execute(SHARED)
    db.execute(STATED)
    _note_kept(db)
    db.execute(RANKED)
    find_duplicates(db, tables, release)


def _note_kept(db: duckdb.DuckDBPyConnection) -> None:
    """Notes how the store has the values that were stated: two of them may be one there."""
    rows = db.execute("SELECT DISTINCT o FROM stated WHERE o[1] = '\"'").fetchall()
    texts = [str(text) for (text,) in rows]
    pairs = [pair for pair in zip(texts, as_stored(texts), strict=True) if pair[0] != pair[1]]
    if pairs:
        db.execute(
            "UPDATE stated SET kept = told FROM (SELECT unnest(?::VARCHAR[]) AS written, "
            "unnest(?::VARCHAR[]) AS told) WHERE o = written",
            [list(column) for column in zip(*pairs, strict=True)],
        )


def _single(tables: Mapping[str, Table]) -> Iterator[tuple[str, ...]]:
    """The columns with one value: of which kind and fragment, property, language, name, part."""
    for table in tables.values():
        if table.kind not in BY_NAME:
            continue
        for column in table.real:
            if column.predicate and column.has_one_value:
                fragment = (column.about or table.about).removeprefix(table.about)
                yield (
                    table.kind, fragment, expand(column.predicate), column.lang or "",
                    column.name, _part(column, fragment),
                )  # fmt: skip


def _part(column: Column, fragment: str) -> str:
    """What a value is taken with, from one source: a point, an address, or nothing else."""
    return "point" if column.name in PAIRED else fragment or column.name


def _hold_precedence(sources: Sequence[Source], fields: Iterable[str]) -> None:
    """Holds that each precedence is of a column: another name would be ignored without a word."""
    known = {"default", *fields, *(_base(field) for field in fields)}
    for source in sources:
        if unknown := sorted(set(source.precedence) - known):
            raise SourceError(
                f"{source.folder / DESCRIPTION}: precedence.{unknown[0]} is no column of one value"
            )


def _base(field: str) -> str:
    """The name of a column without its language."""
    return field.removesuffix("_fr").removesuffix("_en")


def _note_standing(
    db: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    fields: Iterable[str],
    release: Release | None,
) -> None:
    standing: dict[str, tuple[Mapping[str, int], str]] = {
        name: ({}, "") for (name,) in db.execute(SPEAKING).fetchall()
    }
    if release is not None:
        standing |= {name: (weights, date) for name, weights, date in sources_of(release)}
    standing |= {source.name: (source.precedence, source.retrieved) for source in sources}
    rows = [
        (name, field, precedence(weights, field), retrieved)
        for name, (weights, retrieved) in standing.items()
        for field in fields
    ]
    if rows:
        db.executemany("INSERT INTO standing VALUES (?, ?, ?, ?)", rows)


def precedence(stated: Mapping[str, int], field: str) -> int:
    """The precedence of a source in a column: for it, for it in any language, or for all."""
    names = (field, _base(field), "default")
    return next((stated[name] for name in names if name in stated), 0)


def with_discrepancies(
    db: duckdb.DuckDBPyConnection,
    results: Sequence[Result],
    verdict: Verdict,
    *,
    ranked: bool = True,
) -> tuple[tuple[Result, ...], Verdict]:
    """Results and verdict where what no source is at fault for is told as a discrepancy.

    With `ranked` it is known which value is shown first. What breaks a rule because of values that
    `discrepancy` has is told by them, and not again.
    """
    told = set(db.execute("SELECT DISTINCT s, p FROM discrepancy").fetchall())
    changed, blamed, noted = list(results), dict(verdict.blamed), []
    for n in sorted(verdict.together):
        result = results[n]
        if (result.focus, result.path) in told or result.path in OF_EACH:
            del blamed[n]
            continue
        changed[n] = _together(result)
        noted.append((result.focus, result.path, result.shape, list(blamed[n])))
    _note_disagreements(db, noted)
    for result, records in (*_of_values(db, ranked), *duplicates(db)):
        blamed[len(changed)] = records
        changed.append(result)
    return tuple(changed), replace(verdict, blamed=blamed)


def _together(result: Result) -> Result:
    """A result that no source brings about by itself, as one that tells so."""
    messages = {
        language: f"{DISAGREE[language]} {result.message(language)}" for language in ("fr", "en")
    }
    return replace(result, component=DISCREPANCY, severity=Severity.INFO, messages=messages)


def _of_values(
    db: duckdb.DuckDBPyConnection, ranked: bool
) -> Iterator[tuple[Result, tuple[int, ...]]]:
    """Each value that stands beside another, and the lines that state it."""
    rows = db.execute(
        "SELECT s, p, o, min(place) AS place, list(DISTINCT record ORDER BY record) "
        "FROM discrepancy d JOIN quads q USING (s, p, o, source) WHERE record IS NOT NULL "
        "GROUP BY s, p, o ORDER BY s, p, place, o"
    ).fetchall()
    for s, p, o, place, records in rows:
        said = (OWN_FIRST if place == 1 else OTHER_FIRST) if ranked else OTHERWISE
        messages = {"fr": said.fr, "en": said.en}
        yield (
            Result(s, p, o, DISCREPANCY, DISCREPANCY, Severity.INFO, messages),
            tuple(records),
        )


def _note_disagreements(
    db: duckdb.DuckDBPyConnection, noted: Sequence[tuple[str, str | None, str, list[int]]]
) -> None:
    """Keeps what sources break together, with the sources of the lines that say it."""
    if noted:
        db.execute(
            "INSERT INTO disagreement SELECT DISTINCT focus, path, shape, source FROM ("
            "SELECT unnest(?::VARCHAR[]) AS focus, unnest(?::VARCHAR[]) AS path, "
            "unnest(?::VARCHAR[]) AS shape, unnest(?::BIGINT[][]) AS records) t "
            "JOIN records r ON list_contains(records, record)",
            [list(column) for column in zip(*noted, strict=True)],
        )
