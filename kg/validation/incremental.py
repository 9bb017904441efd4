"""Incremental validation state: a digest of each entity and the results about it.

Entities are known by the hash of their IRI. The digest of an entity sums up its triples and the
triples around it that its validation reads (`kg.shacl.data_footprint`), level by level. Where it is
the same, under the same shapes, classes and code, the results are the same.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

import duckdb

from kg import shacl, sql
from kg.shacl.data_footprint import DataFootprint, FootprintLevel
from kg.shacl.results import Severity, ValidationResult
from kg.shacl.shapes import Shapes
from kg.validation.partition import (
    build_hashes_condition,
    build_pattern_condition,
    build_properties_condition,
    has_blank_nodes,
)

ENGINE_PACKAGES: Final = ("duckdb", "pyoxigraph", "pyshacl", "rdflib")
CODE_FOLDERS: Final = (Path(shacl.__file__).parent, Path(__file__).parent)
"""The code that results depend on: the SHACL engine, and the batches it runs in."""
ENTITY_SQL: Final = "split_part(s, '#', 1)"
MAX_CHAIN_STEPS: Final = 12
"""Steps along a chain (places within places); longer ones go into the digest of the basis."""
FILE_COUNT: Final = 3
RESULT_COLUMNS: Final = "focus, path, value, component, shape, severity, messages, stated_severity"


@dataclass(frozen=True)
class IncrementalState:
    """Folder with the state of a run."""

    folder: Path

    @property
    def basis(self) -> Path:
        """Digest of all that results depend on besides the data of an entity."""
        return self.folder / "basis.txt"

    @property
    def entities(self) -> Path:
        return self.folder / "entities.parquet"

    @property
    def results(self) -> Path:
        return self.folder / "results.parquet"

    def list_files(self) -> dict[str, Path]:
        """The files that exist, by their names in a report."""
        paths = (self.basis, self.entities, self.results)
        return {f"checked/{path.name}": path for path in paths if path.is_file()}

    def is_valid_for(self, basis: str) -> bool:
        """Whether it is complete, and from a run on the same basis."""
        return len(self.list_files()) == FILE_COUNT and self.basis.read_text("utf-8") == basis

    def write(
        self, db: duckdb.DuckDBPyConnection, basis: str, results: Iterable[ValidationResult]
    ) -> None:
        """Stores the entities of `scratch.entities` and the results for the next run."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.basis.write_text(basis, "utf-8")
        _write_parquet(
            db, "SELECT entity, digest FROM scratch.entities ORDER BY entity", self.entities
        )
        columns = ", ".join(f"{name} VARCHAR" for name in RESULT_COLUMNS.split(", "))
        db.execute(f"CREATE TABLE scratch.results ({columns})")
        sql.insert_rows(db, "scratch.results", map(_format_row, results))
        _write_parquet(db, "SELECT * FROM scratch.results", self.results)

    def reuse_results(self, db: duckdb.DuckDBPyConnection) -> Iterator[ValidationResult]:
        """The results on the unchanged entities; fills `scratch.fresh` with the others."""
        before = f"read_parquet({sql.literal(str(self.entities))})"
        db.execute(
            "CREATE TABLE scratch.unchanged AS SELECT entity FROM scratch.entities "
            f"SEMI JOIN {before} USING (entity, digest)"
        )
        db.execute(
            f"INSERT INTO scratch.fresh SELECT DISTINCT {ENTITY_SQL} FROM whole SEMI JOIN "
            "(SELECT n FROM scratch.hashes ANTI JOIN scratch.unchanged USING (entity)) USING (n)"
        )
        rows = db.execute(
            f"SELECT {RESULT_COLUMNS} FROM read_parquet({sql.literal(str(self.results))}) "
            "WHERE hash(split_part(focus, '#', 1)) IN (FROM scratch.unchanged)"
        ).fetchall()
        for focus, path, value, component, shape, severity, messages, stated in rows:
            yield ValidationResult(
                focus, path, value, component, shape, Severity(severity), json.loads(messages),
                stated,
            )  # fmt: skip


def _format_row(result: ValidationResult) -> tuple[str | None, ...]:
    messages = json.dumps(dict(result.messages), ensure_ascii=False)
    return (
        result.focus, result.path, result.value, result.component, result.shape,
        result.severity.value, messages, result.stated_severity,
    )  # fmt: skip


def _write_parquet(db: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    db.execute(f"COPY ({query}) TO {sql.literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")


def can_be_incremental(db: duckdb.DuckDBPyConnection, shapes: Shapes, needs: DataFootprint) -> bool:
    """Whether every result is about an entity of the data, under a stable name.

    Not where a property shape has property shapes: their results are about the values.
    """
    # A node that only the shapes or other nodes target may belong to no entity: a change elsewhere
    # could then add or remove its results, and no digest would tell.
    if any(shape.targets.nodes or shape.targets.objects_of for shape in shapes.targeted):
        return False
    if any(shape.path and "property" in shape.parameters for shape in shapes.by_node.values()):
        return False
    return not needs.needs_whole_data and not has_blank_nodes(db)


def compute_digests(db: duckdb.DuckDBPyConnection, shapes: Shapes, needs: DataFootprint) -> str:
    """Fills `scratch.entities` with the digest of each entity; returns the digest of the basis."""
    everywhere = (
        " OR ".join(build_pattern_condition(wanted) for wanted in needs.everywhere) or "false"
    )
    # hash() of DuckDB is summed up over rows, so that their order does not matter.
    parts = [shapes.digest, _digest_code(), _digest_triples(db, everywhere)]
    *between, last = needs.levels[1:]
    _create_followed(db, needs.levels[1:])
    table, whole = _digest_chains(db, last)
    if not whole:
        parts.append(_digest_triples(db, build_properties_condition(last.forward, last.inverse)))
    for rank, level in reversed(list(enumerate(between, 1))):
        table = _digest_level(db, level, table, f"level{rank}")
    nearest = needs.levels[0]
    db.execute(
        "CREATE TABLE scratch.entities AS SELECT entity, hash(sum(row)) AS digest FROM ("
        f"SELECT entity, hash(s, p, o, n.digest) AS row FROM scratch.hashes "
        f"LEFT JOIN {table} n ON n.term = CASE WHEN {build_hashes_condition(nearest.onward)} "
        "THEN o END UNION ALL SELECT met, hash(s, p, o, n.digest) FROM scratch.hashes "
        f"LEFT JOIN {table} n ON n.term = CASE WHEN {build_hashes_condition(nearest.backward)} "
        f"THEN s END WHERE {build_hashes_condition(nearest.inverse)} "
        "AND met IN (SELECT entity FROM scratch.hashes)) GROUP BY entity"
    )
    return sha256("\n".join(parts).encode()).hexdigest()


def _create_followed(db: duckdb.DuckDBPyConnection, levels: Iterable[FootprintLevel]) -> None:
    """Makes `scratch.followed` of the triples that any of some levels reads.

    The levels are walked many times, and few triples are on their way.
    """
    read = build_hashes_condition(*(step for lv in levels for step in (lv.forward, lv.inverse)))
    db.execute(
        "CREATE TABLE scratch.followed AS SELECT p, s AS start, o AS goal, hash(p, o) AS stated, "
        f"hash(s, p) AS stating FROM scratch.hashes WHERE {read}"
    )


def _digest_level(
    db: duckdb.DuckDBPyConnection, level: FootprintLevel, following: str, name: str
) -> str:
    """A table with a digest for each node of a level: its triples that are read, and those
    beyond."""
    db.execute(
        f"CREATE OR REPLACE TABLE scratch.{name} AS SELECT term, hash(sum(row)) AS digest FROM ("
        "SELECT start AS term, hash(stated, n.digest) AS row FROM scratch.followed "
        f"LEFT JOIN {following} n "
        f"ON n.term = CASE WHEN {build_hashes_condition(level.onward)} THEN goal END "
        f"WHERE {build_hashes_condition(level.forward)} "
        "UNION ALL SELECT goal, hash(stating, n.digest) FROM scratch.followed "
        f"LEFT JOIN {following} n "
        f"ON n.term = CASE WHEN {build_hashes_condition(level.backward)} THEN start END "
        f"WHERE {build_hashes_condition(level.inverse)}) GROUP BY term"
    )
    return f"scratch.{name}"


def _digest_chains(db: duckdb.DuckDBPyConnection, last: FootprintLevel) -> tuple[str, bool]:
    """The digests of the last level, which leads to itself; whether all chains came to an end."""
    table = "scratch.chain0"
    db.execute(f"CREATE TABLE {table} (term UBIGINT, digest UBIGINT)")
    for round_ in range(1, MAX_CHAIN_STEPS + 1):
        before, table = table, _digest_level(db, last, table, f"chain{round_}")
        if not sql.select_number(db, f"SELECT count(*) FROM (FROM {table} EXCEPT FROM {before})"):
            return table, True
    return table, False


def _digest_triples(db: duckdb.DuckDBPyConnection, where: str) -> str:
    row = db.execute(f"SELECT coalesce(sum(hash(s, p, o)), 0) FROM whole WHERE {where}").fetchone()
    return str(row[0]) if row else ""


@cache
def _digest_code() -> str:
    """The digest of the code that makes results, and the versions of the engines it uses."""
    # A file left out here would reuse the results of older code, and nothing would fail.
    files = sorted(path for folder in CODE_FOLDERS for path in folder.glob("*.py"))
    parts = [sha256(path.read_bytes()).hexdigest() for path in files]
    return " ".join([*parts, *(version(name) for name in ENGINE_PACKAGES)])
