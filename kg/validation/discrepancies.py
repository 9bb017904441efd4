"""Discrepancies: sources with different values of a single-valued property; the preferred value.

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
from kg.csvw_tables import Column, Table
from kg.errors import SourceError
from kg.kinds import KIND_BY_NAME
from kg.namespaces import ID, SCHEME, expand
from kg.rdf.term_readers import define_term_readers
from kg.release_layout import Release
from kg.shacl.results import Severity, ValidationResult
from kg.sources import Source
from kg.sources.source_description import DESCRIPTION_FILE
from kg.validation.duplicates import find_duplicates, iter_duplicates
from kg.validation.fixed_messages import (
    OTHER_FIRST,
    OWN_FIRST,
    PUBLISHED_OTHERWISE,
    SOURCES_DISAGREE,
)
from kg.validation.partition import get_stored_forms
from kg.validation.record_decisions import RecordDecisions
from kg.validation.release_statements import iter_release_sources, load_released_statements
from kg.validation.result_components import DISCREPANCY_COMPONENT
from kg.work_tables import DISAGREEMENT, DISCREPANCY, QUADS, RECORDS

SELF_DESCRIBING_PROPERTIES: Final = frozenset(
    map(expand, ("ess:assertion", "dct:identifier", "skos:editorialNote", "prov:wasDerivedFrom"))
)
"""Properties of the statement itself (its source, its identifier): a difference is no
discrepancy."""
PAIRED_COLUMNS: Final = frozenset({"latitude", "longitude"})
"""Columns that only mean something together: they are taken from one source."""
CASELESS_COLUMNS: Final = frozenset({"acronym", "kind", "language"})
"""Columns where a value in capitals is as good as another."""
COMPARISON_SCHEMA: Final = (
    """CREATE OR REPLACE TEMP TABLE single (kind VARCHAR, fragment VARCHAR, p VARCHAR,
    lang VARCHAR, field VARCHAR, part VARCHAR)""",
    "CREATE OR REPLACE TEMP TABLE standing (source VARCHAR, field VARCHAR, weight BIGINT, "
    "retrieved VARCHAR)",
)
CREATE_SHARED_SQL: Final = f"""
CREATE OR REPLACE TEMP TABLE shared AS
SELECT split_part(subject, '#', 1) AS entity FROM (
    SELECT subject, source FROM {RECORDS} UNION ALL SELECT s, source FROM released)
WHERE subject IS NOT NULL GROUP BY entity HAVING min(source) <> max(source)
"""
CREATE_STATED_SQL: Final = f"""
CREATE OR REPLACE TEMP TABLE stated AS
SELECT DISTINCT s, q.p, lang, field, part, o, o AS kept, source
FROM (SELECT source, s, p, o FROM {QUADS} WHERE record IS NOT NULL UNION ALL FROM released) q
JOIN single f ON q.p = f.p
WHERE starts_with(s, {sql.literal(ID)}) AND subject_of(s) IN (FROM shared)
AND kind = split_part(substr(s, {len(ID) + 1}), '/', 1)
AND fragment = substr(s, length(subject_of(s)) + 1) AND (lang = '' OR lang = language(o))
WINDOW one AS (PARTITION BY s, part)
QUALIFY min(source) OVER one <> max(source) OVER one
"""
"""Values that several sources state for one part of an entity."""
DATE_LITERAL: Final = (
    r"[\^][\^]<(http://www.w3.org/2001/XMLSchema#(date|dateTime|gYear|gYearMonth)"
    r"|http://id.loc.gov/datatypes/edtf)>$"
)
PRECISION_SQL: Final = f"""
CASE
WHEN regexp_matches(o, {sql.literal(DATE_LITERAL)}) THEN
    CASE WHEN regexp_matches(lexical(o), '[/{{[]|[.][.]') THEN 3
    ELSE length(regexp_replace(lexical(o), '[^0-9]', '', 'g')) END
WHEN part = 'point' THEN length(split_part(lexical(o), '.', 2))
WHEN starts_with(o, '<{SCHEME}') THEN
    CASE WHEN starts_with(max(o) OVER one, trim(min(o) OVER one, '>')) THEN length(o) ELSE 0 END
WHEN o[1] = '<' OR contains(o, '^^<') OR field IN
({", ".join(map(sql.literal, sorted(CASELESS_COLUMNS)))})
THEN 0
ELSE CASE WHEN lexical(o) <> upper(lexical(o)) THEN 1000 ELSE 0 END +
    CASE WHEN min(sortable(lexical(o))) OVER one = max(sortable(lexical(o))) OVER one
    THEN strlen(lexical(o)) - length(lexical(o)) ELSE 0 END
END
"""
"""Precision of a value: the digits of a date, the decimals of a coordinate, the length of a code
that continues another; a name that is not all in capitals, and has its accents."""
INSERT_RANKED_SQL: Final = f"""
INSERT INTO {DISCREPANCY}
WITH precise AS (
    SELECT *, {PRECISION_SQL} AS precision FROM stated WINDOW one AS (PARTITION BY s, p, lang)
), weighed AS (
    SELECT p.*, retrieved, max(weight) OVER of_source AS weight,
        CASE WHEN part = field THEN 0 ELSE count(*) OVER of_source END AS stated_count,
        CASE WHEN part = field THEN max(precision) OVER of_source
        ELSE sum(precision) OVER of_source END AS precision_of_part
    FROM precise p JOIN standing USING (source, field)
    WINDOW of_source AS (PARTITION BY s, part, source)
)
SELECT s, p, lang, field, o, kept, source, row_number() OVER (PARTITION BY s, p, lang
    ORDER BY stated_count DESC, weight DESC, precision_of_part DESC, retrieved DESC, source,
    precision DESC, o) AS place
FROM weighed
WINDOW one AS (PARTITION BY s, p, lang)
QUALIFY min(kept) OVER one <> max(kept) OVER one
    AND min(source) OVER one <> max(source) OVER one
"""
"""The values that differ, as they are kept. What is taken together has one order in all its
columns."""
SELECT_SOURCES_SQL: Final = (
    f"SELECT DISTINCT source FROM {RECORDS} UNION SELECT source FROM released"
)


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
    define_term_readers(db)
    for statement in COMPARISON_SCHEMA:
        db.execute(statement)
    rows = list(_iter_single_valued_columns(tables))
    sql.insert_rows(db, "single", rows)
    fields = sorted({row[4] for row in rows})
    _check_precedence(sources, fields)
    load_released_statements(db, release)
    _insert_standing(db, sources, fields, release)
    db.execute(CREATE_SHARED_SQL)
    db.execute(CREATE_STATED_SQL)
    _update_stored_forms(db)
    db.execute(INSERT_RANKED_SQL)
    find_duplicates(db, tables, release)


def _update_stored_forms(db: duckdb.DuckDBPyConnection) -> None:
    """Sets `kept` to the form that the store holds: two values may be one there."""
    rows = db.execute("SELECT DISTINCT o FROM stated WHERE o[1] = '\"'").fetchall()
    texts = [str(text) for (text,) in rows]
    pairs = [
        pair for pair in zip(texts, get_stored_forms(texts), strict=True) if pair[0] != pair[1]
    ]
    if pairs:
        db.execute(
            "UPDATE stated SET kept = stored FROM (SELECT unnest(?::VARCHAR[]) AS written, "
            "unnest(?::VARCHAR[]) AS stored) WHERE o = written",
            [list(column) for column in zip(*pairs, strict=True)],
        )


def _iter_single_valued_columns(tables: Mapping[str, Table]) -> Iterator[tuple[str, ...]]:
    """Single-valued columns: kind, fragment, property, language, name and part of each."""
    for table in tables.values():
        if table.kind not in KIND_BY_NAME:
            continue
        for column in table.real:
            if column.predicate and column.has_one_value:
                fragment = (column.about or table.about).removeprefix(table.about)
                yield (
                    table.kind, fragment, expand(column.predicate), column.lang or "",
                    column.name, _get_part(column, fragment),
                )  # fmt: skip


def _get_part(column: Column, fragment: str) -> str:
    """The part whose columns are taken from one source together: a point, an address, or the
    column."""
    return "point" if column.name in PAIRED_COLUMNS else fragment or column.name


def _check_precedence(sources: Sequence[Source], fields: Iterable[str]) -> None:
    """Raises SourceError where a precedence names no column: it would be ignored silently."""
    columns = {"default", *fields, *(_strip_language(field) for field in fields)}
    for source in sources:
        if unknown := sorted(set(source.precedence) - columns):
            raise SourceError(
                f"{source.folder / DESCRIPTION_FILE}: precedence.{unknown[0]} is no column of one "
                "value"
            )


def _strip_language(field: str) -> str:
    """The name of a column without its language."""
    return field.removesuffix("_fr").removesuffix("_en")


def _insert_standing(
    db: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    fields: Iterable[str],
    release: Release | None,
) -> None:
    standing: dict[str, tuple[Mapping[str, int], str]] = {
        name: ({}, "") for (name,) in db.execute(SELECT_SOURCES_SQL).fetchall()
    }
    if release is not None:
        standing |= {name: (weights, date) for name, weights, date in iter_release_sources(release)}
    standing |= {source.name: (source.precedence, source.retrieved) for source in sources}
    rows = [
        (name, field, get_precedence(weights, field), retrieved)
        for name, (weights, retrieved) in standing.items()
        for field in fields
    ]
    sql.insert_rows(db, "standing", rows)


def get_precedence(stated: Mapping[str, int], field: str) -> int:
    """The precedence of a source in a column: for it, for it in any language, or for all."""
    names = (field, _strip_language(field), "default")
    return next((stated[name] for name in names if name in stated), 0)


def add_discrepancies(
    db: duckdb.DuckDBPyConnection,
    results: Sequence[ValidationResult],
    decisions: RecordDecisions,
    *,
    ranked: bool = True,
) -> tuple[tuple[ValidationResult, ...], RecordDecisions]:
    """Results and decisions in which joint violations are discrepancies, with those of values.

    `ranked` is whether a release prefers one of the values. A joint violation by values that
    `discrepancy` has is left out: these values report it.
    """
    explained = set(db.execute(f"SELECT DISTINCT s, p FROM {DISCREPANCY}").fetchall())
    changed, attributed, noted = list(results), dict(decisions.attributed), []
    for n in sorted(decisions.joint):
        result = results[n]
        if (result.focus, result.path) in explained or result.path in SELF_DESCRIBING_PROPERTIES:
            del attributed[n]
            continue
        changed[n] = _make_joint_discrepancy(result)
        noted.append((result.focus, result.path, result.shape, list(attributed[n])))
    _insert_disagreements(db, noted)
    for result, records in (*_iter_value_discrepancies(db, ranked), *iter_duplicates(db)):
        attributed[len(changed)] = records
        changed.append(result)
    return tuple(changed), replace(decisions, attributed=attributed)


def _make_joint_discrepancy(result: ValidationResult) -> ValidationResult:
    """A result that no source causes alone, as a discrepancy."""
    messages = {
        language: f"{SOURCES_DISAGREE[language]} {result.get_message(language)}"
        for language in ("fr", "en")
    }
    return replace(
        result, component=DISCREPANCY_COMPONENT, severity=Severity.INFO, messages=messages
    )


def _iter_value_discrepancies(
    db: duckdb.DuckDBPyConnection, ranked: bool
) -> Iterator[tuple[ValidationResult, tuple[int, ...]]]:
    """A result for each value that differs from another, and the rows that state it."""
    rows = db.execute(
        "SELECT s, p, o, min(place) AS place, list(DISTINCT record ORDER BY record) "
        f"FROM {DISCREPANCY} d JOIN {QUADS} q USING (s, p, o, source) WHERE record IS NOT NULL "
        "GROUP BY s, p, o ORDER BY s, p, place, o"
    ).fetchall()
    for s, p, o, place, records in rows:
        message = (OWN_FIRST if place == 1 else OTHER_FIRST) if ranked else PUBLISHED_OTHERWISE
        messages = {"fr": message.fr, "en": message.en}
        yield (
            ValidationResult(
                s, p, o, DISCREPANCY_COMPONENT, DISCREPANCY_COMPONENT, Severity.INFO, messages
            ),
            tuple(records),
        )


def _insert_disagreements(
    db: duckdb.DuckDBPyConnection, noted: Sequence[tuple[str, str | None, str, list[int]]]
) -> None:
    """Fills `disagreement` with the rules that sources violate together, and these sources."""
    if noted:
        db.execute(
            f"INSERT INTO {DISAGREEMENT} SELECT DISTINCT focus, path, shape, source FROM ("
            "SELECT unnest(?::VARCHAR[]) AS focus, unnest(?::VARCHAR[]) AS path, "
            "unnest(?::VARCHAR[]) AS shape, unnest(?::BIGINT[][]) AS records) t "
            f"JOIN {RECORDS} r ON list_contains(records, record)",
            [list(column) for column in zip(*noted, strict=True)],
        )
