"""Attribution of validation results to the sources that violate a rule by themselves.

The shapes validate the union of the sources. A violation there is the fault of a source where that
source alone violates the rule too, with no more context of the others than the types of nodes;
where none does, the sources disagree. See docs/decisions/0023-sources-that-disagree.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.csvw_tables import Table
from kg.namespaces import expand
from kg.shacl.data_footprint import PropertySet, compute_shape_footprint
from kg.shacl.results import ValidationResult
from kg.shacl.shapes import Shape, Shapes
from kg.shacl.terms import parse_term
from kg.shacl.vocabulary import RDF_TYPE, RDFS_SUBCLASS
from kg.validation.batch_run import (
    DEFAULT_BATCH_OPTIONS,
    BatchOptions,
    EntitySubset,
    validate_quads,
)
from kg.validation.constraint_phrases import get_parameter
from kg.work_tables import QUADS, RECORDS

ATTRIBUTION_SCHEMA: Final = (
    """CREATE OR REPLACE TEMP TABLE results (n BIGINT, focus VARCHAR, path VARCHAR, value VARCHAR,
    shape VARCHAR, component VARCHAR, severity VARCHAR)""",
    """CREATE OR REPLACE TEMP TABLE rules (shape VARCHAR, component VARCHAR, way VARCHAR,
    most BIGINT, far BOOLEAN)""",
    "CREATE OR REPLACE TEMP TABLE contested (n BIGINT, source VARCHAR, way VARCHAR, most BIGINT)",
    "CREATE OR REPLACE TEMP TABLE committed (n BIGINT, source VARCHAR)",
)
CREATE_SPEAKING_SQL: Final = f"""
CREATE OR REPLACE TEMP TABLE speaking AS
SELECT DISTINCT split_part(s, '#', 1) AS entity, source FROM {QUADS}
WHERE record IS NOT NULL AND entity IN (SELECT split_part(focus, '#', 1) FROM results)
"""
INSERT_CONTESTED_SQL: Final = """
INSERT INTO contested
SELECT n, source, way, most FROM results JOIN rules USING (shape, component)
JOIN speaking ON entity = split_part(focus, '#', 1)
QUALIFY (far AND $several) OR count(*) OVER (PARTITION BY n) > 1
"""
"""Results where several sources describe the entity, or where a rule reads beyond the entity and
there are other sources."""
INSERT_TOO_MANY_SQL: Final = f"""
INSERT INTO committed
SELECT n, q.source FROM contested c JOIN results r USING (n)
JOIN {QUADS} q ON s = focus AND p = path AND q.source = c.source
WHERE way = 'count' AND record IS NOT NULL
GROUP BY n, q.source, most HAVING count(DISTINCT o) > most
"""
INSERT_REPEATED_LANGUAGES_SQL: Final = f"""
INSERT INTO committed
SELECT DISTINCT n, source FROM (
    SELECT n, q.source, lower(regexp_extract(o, '"@([A-Za-z0-9-]+)$', 1)) AS language, o
    FROM contested c JOIN results r USING (n)
    JOIN {QUADS} q ON s = focus AND p = path AND q.source = c.source
    WHERE way = 'languages' AND record IS NOT NULL
) WHERE language <> '' GROUP BY n, source, language HAVING count(DISTINCT o) > 1
"""
INSERT_VALUES_SQL: Final = f"""
INSERT INTO committed
SELECT DISTINCT n, q.source FROM contested c JOIN results r USING (n)
JOIN {QUADS} q ON s = focus AND p = path AND o = value AND q.source = c.source
WHERE way = 'value' AND record IS NOT NULL
"""
INSERT_MISSING_SQL: Final = (
    "INSERT INTO committed SELECT n, source FROM contested WHERE way = 'missing'"
)
UPDATE_UNSEEN_SQL: Final = """
UPDATE contested SET way = 'revalidate' WHERE way = 'value' AND n NOT IN (SELECT n FROM committed)
"""
"""Values that have another form in the quads than in their result."""
SELECT_REVALIDATED_SQL: Final = """
SELECT source, list(DISTINCT shape ORDER BY shape) FROM contested JOIN results USING (n)
WHERE way = 'revalidate' GROUP BY source ORDER BY source
"""
"""The sources that are validated alone, and by which shapes."""
VALUE_PARAMETERS: Final = frozenset(
    {
        "datatype", "nodeKind", "minExclusive", "minInclusive", "maxExclusive", "maxInclusive",
        "minLength", "maxLength", "pattern", "languageIn", "in", "class", "node", "not", "and",
        "or", "xone",
    }
)  # fmt: skip
"""Parameters whose results are each about one value, whatever the other values are."""


def list_context_properties(tables: Mapping[str, Table]) -> frozenset[str]:
    """The properties that type an entity: the context in which a source is validated alone."""
    kinds = {
        expand(column.predicate)
        for table in tables.values()
        for column in table.real
        if column.name == "kind" and column.predicate
    }
    return frozenset({RDF_TYPE.value, expand("skos:inScheme"), *kinds})


def attribute_results(
    db: duckdb.DuckDBPyConnection,
    shapes: Shapes,
    results: Sequence[ValidationResult],
    context: frozenset[str],
    reference: Path | None = None,
    work: BatchOptions = DEFAULT_BATCH_OPTIONS,
) -> None:
    """Fills `results` by number, `contested` with the sources that may cause each, and `committed`
    with those of them that violate the rule by themselves.

    Raises the errors of `validate_quads`.
    """
    insert_results(db, dict(enumerate(results)))
    _insert_rules(db, shapes, results, context)
    db.execute(CREATE_SPEAKING_SQL)
    sources = db.execute(f"SELECT count(DISTINCT source) FROM {RECORDS}").fetchone()
    several = reference is not None or bool(sources and sources[0] > 1)
    db.execute(INSERT_CONTESTED_SQL, {"several": several})
    for statement in (
        INSERT_TOO_MANY_SQL,
        INSERT_REPEATED_LANGUAGES_SQL,
        INSERT_VALUES_SQL,
        INSERT_MISSING_SQL,
        UPDATE_UNSEEN_SQL,
    ):
        db.execute(statement)
    for source, names in db.execute(SELECT_REVALIDATED_SQL).fetchall():
        only = EntitySubset(
            _list_contested_entities(db, source),
            source,
            context,
            _list_read_properties(shapes, names, context),
        )
        if any(_is_nested(shapes, name) for name in names):
            only = EntitySubset(_list_entities(db), source, context)
        used = shapes.select_targeted(map(parse_term, names))
        alone = validate_quads(db, used, reference=reference, only=only, work=work)
        _insert_own_violations(db, source, alone.results)


def insert_results(db: duckdb.DuckDBPyConnection, results: Mapping[int, ValidationResult]) -> None:
    """Fills `results` by number, and empties `contested` and `committed`."""
    for statement in ATTRIBUTION_SCHEMA:
        db.execute(statement)
    rows = (
        (n, r.focus, r.path, r.value, r.shape, r.component, r.severity.value)
        for n, r in results.items()
    )
    sql.insert_rows(db, "results", rows)


def _to_columns(results: Iterable[ValidationResult]) -> list[list[str | None]]:
    rows = [(r.focus, r.path, r.value, r.shape, r.component) for r in results]
    return [list(column) for column in zip(*rows, strict=True)] or [[]] * 5


def _list_contested_entities(db: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    rows = db.execute(
        "SELECT DISTINCT split_part(focus, '#', 1) FROM contested JOIN results USING (n) "
        "WHERE way = 'revalidate' AND source = ? ORDER BY 1",
        [source],
    ).fetchall()
    return [str(entity) for (entity,) in rows]


def _list_entities(db: duckdb.DuckDBPyConnection) -> list[str]:
    rows = db.execute(f"SELECT DISTINCT split_part(s, '#', 1) FROM {QUADS} ORDER BY 1").fetchall()
    return [str(entity) for (entity,) in rows]


def _insert_own_violations(
    db: duckdb.DuckDBPyConnection, source: str, alone: Sequence[ValidationResult]
) -> None:
    """Adds to `committed` the results of all sources that a source also has alone."""
    db.execute(
        "INSERT INTO committed SELECT DISTINCT n, $6 FROM contested c JOIN results r USING (n) "
        "JOIN (SELECT unnest($1::VARCHAR[]) AS focus, unnest($2::VARCHAR[]) AS path, "
        "unnest($3::VARCHAR[]) AS value, unnest($4::VARCHAR[]) AS shape, "
        "unnest($5::VARCHAR[]) AS component) a ON a.focus = r.focus AND a.shape = r.shape "
        "AND a.component = r.component AND a.path IS NOT DISTINCT FROM r.path "
        "AND a.value IS NOT DISTINCT FROM r.value WHERE way = 'revalidate' AND source = $6",
        [*_to_columns(alone), source],
    )


# --- how a rule is attributed


def _insert_rules(
    db: duckdb.DuckDBPyConnection,
    shapes: Shapes,
    results: Sequence[ValidationResult],
    context: frozenset[str],
) -> None:
    met = {(r.shape, r.component): r for r in results}
    far = {
        name: _reads_beyond_entity(shapes, name, context) for name in {shape for shape, _ in met}
    }
    rows = [
        (shape, component, *_choose_method(shapes, result, far[shape]), far[shape])
        for (shape, component), result in met.items()
    ]
    if rows:
        db.execute(
            "INSERT INTO rules SELECT unnest($1::VARCHAR[]), unnest($2::VARCHAR[]), "
            "unnest($3::VARCHAR[]), unnest($4::BIGINT[]), unnest($5::BOOLEAN[])",
            [list(column) for column in zip(*rows, strict=True)],
        )


def _choose_method(shapes: Shapes, result: ValidationResult, far: bool) -> tuple[str, int | None]:
    """How to find the source at fault: from the quads, or by validating each source alone."""
    shape, parameter = shapes.by_node.get(parse_term(result.shape)), get_parameter(result.component)
    simple = (
        shape is not None
        and result.path is not None
        and isinstance(next(iter(shape.parameters.get("path", ())), None), ox.NamedNode)
    )
    if not simple or shape is None or far or _is_nested(shapes, result.shape):
        return "revalidate", None
    if parameter == "maxCount":
        return "count", _get_max_count(shape)
    if parameter == "uniqueLang":
        return "languages", None
    if parameter in ("minCount", "hasValue"):
        return "missing", None
    return ("value" if parameter in VALUE_PARAMETERS and result.value else "revalidate"), None


def _is_nested(shapes: Shapes, name: str) -> bool:
    """Whether a shape is about the values of another: what leads to its focus nodes is anywhere."""
    shape = shapes.by_node.get(parse_term(name))
    return shape is not None and any(
        "path" in each.parameters for each in shapes.find_parents(shape)
    )


def _get_max_count(shape: Shape) -> int:
    return min(int(v.value) for v in shape.parameters["maxCount"] if isinstance(v, ox.Literal))


def _reads_beyond_entity(shapes: Shapes, name: str, context: frozenset[str]) -> bool:
    """Whether a shape reads more than the triples of the entity and the types of other nodes."""
    shape = shapes.by_node.get(parse_term(name))
    if shape is None:
        return True
    footprint = compute_shape_footprint(shapes, shape)
    elsewhere = {predicate.value if predicate else "" for _, predicate, _ in footprint.everywhere}
    own, *beyond = footprint.levels
    steps = [own.inverse, *(s for level in beyond for s in (level.forward, level.inverse))]
    return not elsewhere <= {RDFS_SUBCLASS.value, *context} or any(
        _iter_beyond_context(steps, context)
    )


def _list_read_properties(
    shapes: Shapes, names: Sequence[str], context: frozenset[str]
) -> frozenset[str] | None:
    """The properties that some shapes read, and those of their targets; None for all properties."""
    properties = {RDFS_SUBCLASS.value, *context}
    for name in names:
        rule = shapes.by_node.get(parse_term(name))
        footprint = compute_shape_footprint(shapes, rule) if rule else None
        if (
            rule is None
            or footprint is None
            or any(predicate is None for _, predicate, _ in footprint.everywhere)
        ):
            return None
        properties |= {predicate.value for _, predicate, _ in footprint.everywhere if predicate}
        for steps in (s for level in footprint.levels for s in (level.forward, level.inverse)):
            if steps.any_property:
                return None
            properties |= steps.iris
        for shape in (rule, *shapes.find_parents(rule)):
            aims = (*shape.targets.subjects_of, *shape.targets.objects_of)
            properties |= {aim.value for aim in aims if isinstance(aim, ox.NamedNode)}
    return frozenset(properties)


def _iter_beyond_context(steps: Iterable[PropertySet], context: frozenset[str]) -> Iterator[bool]:
    return (each.any_property or not each.iris <= context for each in steps)
