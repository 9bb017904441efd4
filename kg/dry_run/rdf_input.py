"""RDF files in a dry run: mapped as entities, with a finding where no shape applies."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from kg.kinds import Text
from kg.mapping.rdf_mapping import map_rdf
from kg.namespaces import RDF_TYPE, shorten
from kg.shacl.candidate_search import ClassHierarchy
from kg.shacl.results import Severity
from kg.shacl.shapes import Shapes
from kg.shacl.terms import format_bare, parse_term
from kg.shacl.vocabulary import RDFS_SUBCLASS
from kg.sources import Source
from kg.validation.findings import Finding
from kg.work_tables import QUADS, RECORDS, find_last_record

MAX_LISTED_CLASSES: Final = 5
READ_AS_RDF_NOTE: Final = Text(
    "Lu comme du RDF : une fiche est une entité, une ligne celle où elle commence.",
    "Read as RDF: a record is an entity, a row the line where it begins.",
)
NO_TARGET_MESSAGE: Final = Text(
    "Aucune règle ne porte sur ce que ce fichier décrit : rien n'y est contrôlé. {classes}",
    "No rule is about what this file describes: nothing in it is checked. {classes}",
)
CLASSES_PHRASE: Final = Text("Ses classes : {}.", "Its classes: {}.")
NO_CLASS_PHRASE: Final = Text("Rien n'y a de type.", "Nothing in it has a type.")
ALIGN_ADVICE: Final = Text(
    "Décrivez-le avec les classes du modèle, ou lisez-le par une source qui l'aligne (--source).",
    "Describe it with the classes of the model, or read it by a source that aligns it (--source).",
)


@dataclass(frozen=True)
class RdfFile:
    """RDF file in the work database: its name in the report, its classes and properties."""

    file: str
    classes: tuple[str, ...]
    """Most frequent first."""
    properties: frozenset[str]


def map_rdf_file(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    path: Path,
    name: str,
    *,
    anonymous: bool,
    context: Path | None = None,
) -> RdfFile:
    """Adds the entities of an RDF file, called `name` in the report. Raises SourceError.

    With `anonymous` its blank nodes stay blank. `context` is our JSON-LD context.
    """
    first = find_last_record(db)
    map_rdf(db, source, path, anonymous=anonymous, context=context)
    if name != path.name:
        db.execute(f"UPDATE {RECORDS} SET file = ? WHERE record > ?", [name, first])
    classes = db.execute(
        f"SELECT o[2:-2] FROM {QUADS} WHERE record > ? AND p = ? GROUP BY o ORDER BY count(*) "
        "DESC, o",
        [first, RDF_TYPE],
    ).fetchall()
    properties = db.execute(f"SELECT DISTINCT p FROM {QUADS} WHERE record > ?", [first]).fetchall()
    return RdfFile(name, tuple(c for (c,) in classes), frozenset(p for (p,) in properties))


def find_missing_target(
    db: duckdb.DuckDBPyConnection, graph: RdfFile, shapes: Shapes
) -> Finding | None:
    """The finding on a file in which no shape has a target; None where some shape has one."""
    if not graph.properties or _has_target(db, graph, shapes):
        return None
    names = ", ".join(shorten(name) for name in graph.classes[:MAX_LISTED_CLASSES])
    french = CLASSES_PHRASE.fr.format(names) if names else NO_CLASS_PHRASE.fr
    english = CLASSES_PHRASE.en.format(names) if names else NO_CLASS_PHRASE.en
    return Finding(
        source="check",
        file=graph.file,
        severity=Severity.WARNING,
        refused=False,
        message=Text(
            NO_TARGET_MESSAGE.fr.format(classes=french),
            NO_TARGET_MESSAGE.en.format(classes=english),
        ),
        component="no-target",
        advice=ALIGN_ADVICE,
    )


def _has_target(db: duckdb.DuckDBPyConnection, graph: RdfFile, shapes: Shapes) -> bool:
    targets = [shape.targets for shape in shapes.targeted]
    rows = db.execute(f"SELECT s, o FROM {QUADS} WHERE p = ?", [RDFS_SUBCLASS.value]).fetchall()
    below = ClassHierarchy(frozenset((parse_term(s), parse_term(o)) for s, o in rows))
    classes = {
        format_bare(c)
        for each in targets
        for node in each.classes
        for c in below.get_subclasses(node)
    }
    properties = {format_bare(n) for each in targets for n in (*each.subjects_of, *each.objects_of)}
    named = any(each.nodes for each in targets)
    return named or bool(classes & set(graph.classes)) or bool(properties & graph.properties)
