"""Entities outside the project's namespace without any shape: counted, and not published.

A release holds what its shapes have validated. An entity under an address outside the namespace of
the project is validated where a shape targets its class. The others are removed before the
validation, counted apart from what is accepted, and reported.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb

from kg import sql
from kg.kinds import Text
from kg.namespaces import BASE, shorten
from kg.rdf.io import GENID_BASE
from kg.rdf.stores import open_release_store
from kg.shacl.candidate_search import ClassHierarchy, read_class_hierarchy
from kg.shacl.results import Severity
from kg.shacl.shapes import Shapes
from kg.shacl.terms import Term, parse_term
from kg.shacl.vocabulary import RDF_TYPE, RDFS_SUBCLASS
from kg.validation.findings import Finding
from kg.work_tables import QUADS, RECORDS, UNJUDGED, UNUSABLE, empty_tables

UNVALIDATED_CODE: Final = "not-judged"
MAX_LISTED_CLASSES: Final = 5
SELECT_ENTITIES_SQL: Final = f"""
SELECT record, subject FROM {RECORDS} WHERE tbl = '' AND subject IS NOT NULL
AND (NOT starts_with(subject, {sql.literal(BASE)}) OR starts_with(subject,
{sql.literal(GENID_BASE)}))
AND record NOT IN (SELECT record FROM {UNUSABLE})
"""
FINDING_MESSAGE: Final = Text(
    "{count} à d'autres adresses que les nôtres, et aucune règle n'en parle : ce n'est ni jugé, ni "
    "accepté, ni publié. {classes}",
    "{count} under addresses that are not ours, and no rule is about {n}: not judged, not accepted "
    "and not published. {classes}",
)
COUNT_PHRASES: Final = (
    Text("1 entité est décrite", "1 entity is described"),
    Text("{} entités sont décrites", "{} entities are described"),
)
CLASSES_PHRASE: Final = Text("Leurs classes : {}.", "Their classes: {}.")
NO_CLASS_PHRASE: Final = Text("Rien n'y a de type.", "Nothing in it has a type.")
FINDING_ADVICE: Final = Text(
    "Décrivez-les sous nos adresses avec les classes du modèle, ou alignez-les par un fichier .rq.",
    "Describe them under our addresses with the classes of the model, or align them by a .rq file.",
)


def remove_entities_without_shape(
    db: duckdb.DuckDBPyConnection, shapes: Shapes, reference: Path | None = None
) -> list[Finding]:
    """Moves the entities that no shape targets from the quads to `unjudged`; returns the findings.

    `reference` is the folder of a store that has the classes of the model, where the quads lack
    them.
    """
    empty_tables(db, [UNJUDGED])
    _remove_rejected_statements(db)
    if db.execute(f"SELECT 1 FROM ({SELECT_ENTITIES_SQL}) LIMIT 1").fetchone() is None:
        return []
    classes = sorted(_list_targeted_classes(shapes, _read_hierarchy(db, reference)))
    db.execute(
        f"INSERT INTO {UNJUDGED} SELECT record FROM ({SELECT_ENTITIES_SQL}) WHERE record NOT IN ("
        f"SELECT {QUADS}.record FROM {QUADS} JOIN {RECORDS} ON {QUADS}.record = {RECORDS}.record "
        f"AND s = subject WHERE p = {sql.literal(RDF_TYPE.value)} "
        "AND o IN (SELECT unnest(?::VARCHAR[])))",
        [classes],
    )
    findings = list(_iter_findings(db))
    db.execute(f"DELETE FROM {QUADS} WHERE record IN (FROM {UNJUDGED})")
    return findings


def _remove_rejected_statements(db: duckdb.DuckDBPyConnection) -> None:
    """Removes statements of rejected entities about subjects that other records describe.

    They would be validated together, and the fault of one source would reject a record of another.
    """
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE apart AS SELECT DISTINCT record FROM {UNUSABLE} "
        f"JOIN {RECORDS} USING (record) WHERE tbl = '' AND subject IS NOT NULL"
    )
    if db.execute("SELECT 1 FROM apart LIMIT 1").fetchone():
        db.execute(
            f"DELETE FROM {QUADS} WHERE record IN (FROM apart) AND s IN (SELECT s FROM {QUADS} "
            "WHERE record IS NULL OR record NOT IN (FROM apart))"
        )


def _list_targeted_classes(shapes: Shapes, hierarchy: ClassHierarchy) -> set[str]:
    """The classes that shapes target, and their subclasses."""
    above = {class_ for shape in shapes.targeted for class_ in shape.targets.classes}
    return {str(name) for class_ in above for name in hierarchy.get_subclasses(class_)}


def _read_hierarchy(db: duckdb.DuckDBPyConnection, reference: Path | None) -> ClassHierarchy:
    """The class hierarchy of the model; sources do not add to it."""
    rows = db.execute(
        f"SELECT s, o FROM {QUADS} WHERE record IS NULL AND p = {sql.literal(RDFS_SUBCLASS.value)}"
    ).fetchall()
    pairs: set[tuple[Term, Term]] = {(parse_term(s), parse_term(o)) for s, o in rows}
    if reference:
        pairs |= read_class_hierarchy(open_release_store(reference), union=False).pairs
    return ClassHierarchy(frozenset(pairs))


def _iter_findings(db: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    rows = db.execute(
        f"SELECT source, file, count(*), list(record) FROM {RECORDS} JOIN {UNJUDGED} USING "
        "(record) "
        "GROUP BY source, file ORDER BY source, file"
    ).fetchall()
    for source, file, count, records in rows:
        classes = db.execute(
            f"SELECT o[2:-2] FROM {QUADS} WHERE p = {sql.literal(RDF_TYPE.value)} "
            "AND record IN (SELECT unnest(?::BIGINT[])) GROUP BY o ORDER BY count(*) DESC, o "
            f"LIMIT {MAX_LISTED_CLASSES}",
            [records],
        ).fetchall()
        yield _make_finding(source, file, count, ", ".join(shorten(name) for (name,) in classes))


def _make_finding(source: str, file: str, count: int, classes: str) -> Finding:
    counted, named = COUNT_PHRASES[count > 1], CLASSES_PHRASE if classes else NO_CLASS_PHRASE
    message = Text(
        FINDING_MESSAGE.fr.format(count=counted.fr.format(count), classes=named.fr.format(classes)),
        FINDING_MESSAGE.en.format(
            count=counted.en.format(count),
            n="them" if count > 1 else "it",
            classes=named.en.format(classes),
        ),
    )
    return Finding(
        source=source,
        file=file,
        severity=Severity.WARNING,
        refused=False,
        message=message,
        advice=FINDING_ADVICE,
        component=UNVALIDATED_CODE,
    )
