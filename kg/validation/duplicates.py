"""Likely duplicate records: same place, names equal but for case, accents or punctuation.

Names that are the same to the letter are a matter of the shapes; two that one register writes in
capitals and another in lower case no SPARQL finds without reading every name. Nothing is refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Final

import duckdb
import orjson

from kg import sql
from kg.catalogue.schema import open_read_only
from kg.catalogue.text_analysis import build_natural_sort_key
from kg.csvw_tables import Table
from kg.kinds import KIND_BY_NAME
from kg.namespaces import ID, expand
from kg.release_layout import Release
from kg.shacl.results import Severity, ValidationResult
from kg.validation.fixed_messages import LIKELY_SAME
from kg.validation.result_components import DUPLICATE_COMPONENT
from kg.work_tables import DUPLICATE, QUADS

COMPARED_KINDS: Final = ("organisation", "cluster", "place")
"""Kinds of which two of one name in one place are likely one."""
LABEL_PROPERTY: Final = expand("skos:prefLabel")
DUPLICATES_SCHEMA: Final = (
    "CREATE OR REPLACE TEMP TABLE located (kind VARCHAR, p VARCHAR)",
    """CREATE OR REPLACE TEMP TABLE known (kind VARCHAR, name VARCHAR, s VARCHAR, label VARCHAR,
    place VARCHAR)""",
)
CREATE_NAMED_SQL: Final = f"""
CREATE OR REPLACE TEMP TABLE named AS
WITH placed AS (
    SELECT DISTINCT kind, s, o AS place FROM (SELECT s, p, o FROM {QUADS}
        WHERE p IN ({{places}}) AND record IS NOT NULL AND starts_with(s, {sql.literal(ID)})
    ) JOIN located l USING (p) WHERE l.kind = split_part(substr(s, {len(ID) + 1}), '/', 1)
)
SELECT DISTINCT kind, sortable(lexical(o)) AS name, s, o, place
FROM {QUADS} JOIN placed USING (s)
WHERE p = {sql.literal(LABEL_PROPERTY)} AND record IS NOT NULL AND name <> ''
"""
"""Names of located entities, in the form in which they are compared."""
INSERT_DUPLICATES_SQL: Final = f"""
INSERT INTO {DUPLICATE}
SELECT DISTINCT a.s, a.o, b.s, b.label FROM named a
JOIN (SELECT kind, name, s, lexical(o) AS label, place FROM named UNION ALL FROM known) b
ON a.kind = b.kind AND a.name = b.name AND a.place = b.place
WHERE a.s <> b.s AND lexical(a.o) <> b.label
"""


def find_duplicates(
    db: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], release: Release | None
) -> None:
    """Fills `duplicate` with the records that are likely others, of the quads or of a release.

    The macros of `kg.rdf.term_readers` must be defined.
    """
    for statement in DUPLICATES_SCHEMA:
        db.execute(statement)
    places = {
        (name, expand(column.predicate), column.name)
        for name in COMPARED_KINDS
        for column in tables[KIND_BY_NAME[name].table].real
        if column.name in KIND_BY_NAME[name].territories and column.predicate
    }
    sql.insert_rows(db, "located", [row[:2] for row in sorted(places)])
    predicates = ", ".join(
        sql.literal(predicate) for predicate in sorted({p for _, p, _ in places})
    )
    db.execute(CREATE_NAMED_SQL.format(places=predicates))
    if release is not None:
        _insert_known(db, release, {(kind, column) for kind, _, column in places})
    db.execute(INSERT_DUPLICATES_SQL)


def _insert_known(
    db: duckdb.DuckDBPyConnection, release: Release, columns: Iterable[tuple[str, str]]
) -> None:
    """Fills `known` with the records of a release that have a name of `named`."""
    wanted = db.execute("SELECT DISTINCT kind, name FROM named ORDER BY ALL").fetchall()
    rows = list[tuple[str, ...]]()
    with closing(open_read_only(release.catalogue)) as file:
        for kind, name in wanted:
            entities = file.execute(
                "SELECT key, label_fr, cells FROM entity WHERE kind = ? AND sort_en = ?",
                (kind, build_natural_sort_key(name)),
            )
            for key, label, cells in entities:
                places = orjson.loads(cells)
                rows += [
                    (kind, name, f"{ID}{kind}/{key}", label or "", f"<{ID}{place}>")
                    for of, column in columns
                    if of == kind
                    for place in places.get(column, ())
                ]
    if rows:
        db.execute(
            "INSERT INTO known SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), "
            "unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
            [list(column) for column in zip(*rows, strict=True)],
        )


def iter_duplicates(
    db: duckdb.DuckDBPyConnection,
) -> Iterator[tuple[ValidationResult, tuple[int, ...]]]:
    """A result for each record that is likely another, and the rows that state its name."""
    rows = db.execute(
        "SELECT s, o, list(DISTINCT record ORDER BY record) FROM (SELECT DISTINCT s, o FROM "
        f"duplicate) JOIN {QUADS} USING (s, o) WHERE p = {sql.literal(LABEL_PROPERTY)} AND record "
        "IS NOT NULL "
        "GROUP BY s, o ORDER BY s, o"
    ).fetchall()
    messages = {"fr": LIKELY_SAME.fr, "en": LIKELY_SAME.en}
    for s, o, records in rows:
        yield (
            ValidationResult(
                s,
                LABEL_PROPERTY,
                o,
                DUPLICATE_COMPONENT,
                DUPLICATE_COMPONENT,
                Severity.INFO,
                messages,
            ),
            tuple(records),
        )
