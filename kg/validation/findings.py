"""What the gate tells a curator: each problem with its sentence, source, file, row and column."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from kg.kinds import Text
from kg.namespaces import ID, expand, shorten
from kg.tables import Table
from kg.validation.advice import sentence
from kg.validation.gate import Verdict
from kg.validation.results import Result, Severity

ANY_IRI: Final = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>()|/^]*//?[^\s<>()|^*+?]+")
LANGUAGE: Final = re.compile(r'"@(fr|en)$')
UNUSABLE: Final = {
    "key-missing": Text(
        "La clé est vide (colonne {column}). Donnez-en une, par exemple source-nom-court.",
        "The key is empty (column {column}). Give one, for example source-short-name.",
    ),
    "key-illegal": Text(
        "La clé « {value} » a un espace ou un signe interdit (colonne {column}). Écrivez-la sans "
        'espace ni < > " {{ }} | \\ ^ `.',
        "The key “{value}” has a blank or a forbidden sign (column {column}). Write it without "
        'blanks and without < > " {{ }} | \\ ^ `.',
    ),
    "key-duplicate": Text(
        "La clé « {value} » est déjà prise par une ligne plus haut. Réunissez les deux lignes ou "
        "changez la clé.",
        "The key “{value}” is taken by a line above. Merge the two lines or change the key.",
    ),
}
HANGING: Final = Text(
    "Cette ligne dépend de {record}, qui est refusé. Corrigez d'abord cette fiche.",
    "This line depends on {record}, which is refused. Correct that record first.",
)
LOOSE: Final = Text(
    "Le lien vers {record} est laissé de côté, car cette fiche est refusée. Corrigez-la d'abord.",
    "The link to {record} is left out, since that record is refused. Correct it first.",
)


@dataclass(frozen=True)
class Finding:
    """One problem of one line."""

    source: str
    table: str
    file: str
    row: int
    label: str
    column: str
    value: str
    severity: Severity
    refused: bool
    message: Text
    shape: str
    component: str
    focus: str


@dataclass(frozen=True)
class _Place:
    source: str
    table: str
    file: str
    row: int
    label: str


def findings(
    db: duckdb.DuckDBPyConnection,
    results: Sequence[Result],
    verdict: Verdict,
    tables: Mapping[str, Table],
) -> list[Finding]:
    """Every problem of every line, by source, file and row."""
    concerned = {record for records in verdict.blamed.values() for record in records}
    concerned |= set(verdict.refused) | {loose.record for loose in verdict.loose}
    places = _places(db, concerned)
    told = [
        *_from_results(results, verdict, places, tables),
        *_from_unusable(db, places),
        *_from_hanging(verdict, places),
        *_from_loose(verdict, places, tables),
    ]
    return sorted(
        told, key=lambda f: (f.source, f.file, f.row, f.severity.value, f.column, f.shape)
    )


def _places(db: duckdb.DuckDBPyConnection, records: set[int]) -> dict[int, _Place]:
    db.execute("CREATE OR REPLACE TEMP TABLE concerned (record BIGINT)")
    if records:
        db.execute("INSERT INTO concerned SELECT unnest(?::BIGINT[])", [sorted(records)])
    rows = db.execute(
        'SELECT record, source, tbl, file, "row", label FROM records JOIN concerned USING (record)'
    ).fetchall()
    return {record: _Place(*place) for record, *place in rows}


def _from_results(
    results: Sequence[Result],
    verdict: Verdict,
    places: Mapping[int, _Place],
    tables: Mapping[str, Table],
) -> Iterator[Finding]:
    for number, records in verdict.blamed.items():
        result = results[number]
        for record in records:
            place = places[record]
            yield Finding(
                **vars(place),
                column=column_of(tables[place.table], result.path, result.value),
                value=_plain(result.value),
                severity=result.severity,
                refused=result.severity is Severity.VIOLATION,
                message=sentence(result),
                shape=result.shape,
                component=shorten(result.component),
                focus=result.focus,
            )


def _from_unusable(
    db: duckdb.DuckDBPyConnection, places: Mapping[int, _Place]
) -> Iterator[Finding]:
    rows = db.execute("SELECT record, problem, col, value FROM unusable ORDER BY record").fetchall()
    for record, problem, column, value in rows:
        said = {"column": column, "value": value or ""}
        message = Text(UNUSABLE[problem].fr.format(**said), UNUSABLE[problem].en.format(**said))
        yield _of_line(places[record], column, value or "", message, problem)


def _from_hanging(verdict: Verdict, places: Mapping[int, _Place]) -> Iterator[Finding]:
    for record, because in verdict.refused.items():
        if because:
            name = because.removeprefix(ID)
            message = Text(HANGING.fr.format(record=name), HANGING.en.format(record=name))
            yield _of_line(places[record], "", name, message, "hangs-on-refused")


def _from_loose(
    verdict: Verdict, places: Mapping[int, _Place], tables: Mapping[str, Table]
) -> Iterator[Finding]:
    for loose in verdict.loose:
        place = places[loose.record]
        name = loose.object.strip("<>").removeprefix(ID)
        message = Text(LOOSE.fr.format(record=name), LOOSE.en.format(record=name))
        column = column_of(tables[place.table], loose.predicate, loose.object)
        finding = _of_line(place, column, name, message, "link-left-out", Severity.WARNING)
        yield finding


def _of_line(
    place: _Place,
    column: str,
    value: str,
    message: Text,
    component: str,
    severity: Severity = Severity.VIOLATION,
) -> Finding:
    return Finding(
        **vars(place),
        column=column,
        value=value,
        severity=severity,
        refused=severity is Severity.VIOLATION,
        message=message,
        shape="",
        component=component,
        focus="",
    )


def column_of(table: Table, path: str | None, value: str | None) -> str:
    """The column of a table that says what a path leads to; empty where none does."""
    language = LANGUAGE.search(value or "")
    for iri in ANY_IRI.findall(path or ""):
        fitting = [
            column
            for column in table.real
            if column.predicate and expand(column.predicate) == iri.rstrip("/")
        ]
        if language:
            fitting = [c for c in fitting if c.lang in (None, language[1])] or fitting
        if fitting:
            return fitting[0].name
    return ""


def _plain(term: str | None) -> str:
    """A term as a person reads it: a literal without its quotes and type, an IRI short."""
    if term is None:
        return ""
    if term.startswith('"'):
        return term[1 : term.rindex('"')].replace('\\"', '"').replace("\\\\", "\\")
    return term.strip("<>").removeprefix(ID)
