"""Validation of the links between records, which the build states after its records are decided."""

from collections.abc import Collection, Sequence

import duckdb

from kg.shacl.results import Severity
from kg.shacl.shapes import Shapes
from kg.validation.batch_run import (
    DEFAULT_BATCH_OPTIONS,
    BatchOptions,
    EntitySubset,
    validate_quads,
)
from kg.validation.validate_build import restore_own_messages


def find_invalid_links(
    db: duckdb.DuckDBPyConnection,
    shapes: Shapes,
    nodes: Sequence[str],
    work: BatchOptions = DEFAULT_BATCH_OPTIONS,
) -> dict[str, str]:
    """Those of the nodes that state a link which violate a shape, each with why.

    `nodes` are below the `#` of their first records.
    """
    if not nodes:
        return {}
    stated: Collection[str] = frozenset(nodes)
    entities = sorted({node.partition("#")[0] for node in nodes})
    report = validate_quads(db, shapes, only=EntitySubset(entities), work=work)
    return {
        result.focus: result.messages.get("en") or next(iter(result.messages.values()), "")
        for result in restore_own_messages(report, shapes).results
        if result.severity == Severity.VIOLATION and result.focus in stated
    }
