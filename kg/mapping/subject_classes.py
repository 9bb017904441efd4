"""Class check for subjects of RDF sources whose IRIs are in the project's own namespace.

Shapes target classes, so that `…/id/<kind>/<key>` without the class of its kind would pass every
one of them. Nodes of a record (`…#…`) must have a class that the tables give to such nodes. Sources
may describe neither the model nor the rows of other sources.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Final

import duckdb

from kg import sql
from kg.csvw_tables import Table
from kg.kinds import KIND_BY_NAME, KINDS
from kg.namespaces import BASE, ID, RDF_TYPE, expand, shorten
from kg.rdf.io import GENID_BASE
from kg.work_tables import QUADS, RECORDS, UNUSABLE

TYPE_COLUMN: Final = "rdf:type"
"""Name of the missing property in reports."""
MISCLASSIFIED_SUBJECTS_SQL: Final = f"""
WITH subjects AS (
    SELECT DISTINCT record, s FROM {QUADS} JOIN {RECORDS} USING (record)
    WHERE records.source = $1 AND tbl = '' AND subject IS NOT NULL
    AND starts_with(s, $2) AND NOT starts_with(s, $3)
), classes AS (
    SELECT s, list_sort(list(DISTINCT o[2:-2])) AS stated FROM {QUADS}
    WHERE source = $1 AND p = $4 AND starts_with(s, $2) GROUP BY s
), told AS (
    SELECT record, s, coalesce(stated, []) AS stated, starts_with(s, $5) AS ours,
    split_part(substr(s, length($5) + 1), '/', 1) AS kind,
    split_part(split_part(substr(s, length($5) + 1), '/', 2), '#', 1) AS key
    FROM subjects LEFT JOIN classes USING (s)
)
SELECT record, s, stated FROM told WHERE NOT (ours AND key <> '' AND kind IN (
    SELECT unnest($6::VARCHAR[])) AND CASE WHEN contains(s, '#')
    THEN list_has_any(stated, $7::VARCHAR[])
    ELSE list_contains(stated, list_extract($8::VARCHAR[],
        CAST(list_position($6::VARCHAR[], kind) AS BIGINT))) END)
ORDER BY record, s
"""
"""Subjects in our namespace with their classes, except correctly typed ones."""
FETCH_SIZE: Final = 50_000

StatedLookup = Callable[[str], Set[tuple[str, str]]]
"""Function from a subject to its known properties and values, in N-Triples."""


def check_subject_classes(
    db: duckdb.DuckDBPyConnection,
    source: str,
    tables: Mapping[str, Table],
    stated: StatedLookup | None = None,
) -> int:
    """Reject the entities with wrongly typed subjects; return the number of these subjects.

    Each is recorded in `unusable`. A missing class is added all the same, so that the shapes of the
    kind report further problems. With `stated`, subjects are skipped if all statements about them
    are already known: our own documents label the entities that they link to, and describe
    themselves.
    """
    parts = frozenset(_list_fragment_classes(tables))
    classes = [expand(kind.class_iri) for kind in KINDS]
    cursor = db.cursor().execute(
        MISCLASSIFIED_SUBJECTS_SQL,
        [
            source,
            BASE,
            GENID_BASE,
            RDF_TYPE,
            ID,
            [kind.name for kind in KINDS],
            sorted(parts),
            classes,
        ],
    )
    refused, implied, skipped = [], [], []
    while rows := cursor.fetchmany(FETCH_SIZE):
        for record, subject, class_iris in rows:
            problem = _find_problem(subject, source, set(class_iris), parts)
            if problem and (
                _is_document(subject)
                or (stated and _is_already_stated(db, source, subject, stated))
            ):
                skipped.append(subject)
            elif problem:
                of_class = problem.startswith("class-")
                class_names = ", ".join(shorten(name) for name in class_iris) if of_class else ""
                column = TYPE_COLUMN if of_class else ""
                refused.append((record, problem, column, class_names or _shorten(subject)))
                if of_class and "#" not in subject:
                    implied.append((source, record, subject, f"<{_get_expected_class(subject)}>"))
    _insert_rows(db, f"{UNUSABLE} SELECT *", refused)
    _insert_rows(
        db, f"{QUADS} SELECT x0, CAST(x1 AS BIGINT), x2, {sql.literal(RDF_TYPE)}, x3", implied
    )
    if skipped:
        db.execute(
            f"DELETE FROM {QUADS} WHERE source = ? AND s IN (SELECT unnest(?::VARCHAR[]))",
            [source, skipped],
        )
    return len(refused)


def _is_document(subject: str) -> bool:
    """Tell whether an IRI is that of one of our documents, which describe themselves."""
    kind, _, key = subject.removeprefix(BASE).partition("/")
    return kind in KIND_BY_NAME and bool(key)


def _is_already_stated(
    db: duckdb.DuckDBPyConnection, source: str, subject: str, stated: StatedLookup
) -> bool:
    """Tell whether all statements of a source about a subject are already known."""
    rows = db.execute(f"SELECT p, o FROM {QUADS} WHERE source = ? AND s = ?", [source, subject])
    return set(rows.fetchall()) <= stated(subject)


def _insert_rows(
    db: duckdb.DuckDBPyConnection, into: str, rows: Sequence[tuple[object, ...]]
) -> None:
    if rows:
        columns = [list(map(str, column)) for column in zip(*rows, strict=True)]
        names = ", ".join(f"unnest(?::VARCHAR[]) AS x{n}" for n in range(len(columns)))
        db.execute(f"INSERT INTO {into} FROM (SELECT {names})", columns)


def _find_problem(subject: str, source: str, stated: set[str], parts: frozenset[str]) -> str:
    """Return the problem of a subject, with the expected class; empty where it has none."""
    kind, _, key = subject.removeprefix(ID).partition("#")[0].partition("/")
    part = subject.partition("#")[2]
    if not subject.startswith(ID) or (kind == "source" and (key != source or not part)):
        return "subject-not-yours"
    if kind not in KIND_BY_NAME and kind != "source":
        return f"kind-unknown {', '.join(KIND_BY_NAME)}"
    if not key:
        return "key-missing"
    if part:
        if stated & parts:
            return ""
        return "class-of-part-other" if stated else "class-of-part-missing"
    expected_class = KIND_BY_NAME[kind].class_iri
    if expand(expected_class) in stated:
        return ""
    return f"class-{'other' if stated else 'missing'} {expected_class}"


def _get_expected_class(subject: str) -> str:
    return expand(KIND_BY_NAME[subject.removeprefix(ID).partition("/")[0]].class_iri)


def _shorten(subject: str) -> str:
    return subject.removeprefix(ID).removeprefix(BASE)


def _list_fragment_classes(tables: Mapping[str, Table]) -> Iterable[str]:
    """Yield the classes that the tables give to the nodes of a record."""
    return (name for table in tables.values() for name in _iter_fragment_classes(table))


def _iter_fragment_classes(table: Table) -> Iterator[str]:
    for column in table.columns:
        about = column.about or table.about
        if expand(column.predicate or "") == RDF_TYPE and "#" in about and column.value:
            yield expand(column.value)
