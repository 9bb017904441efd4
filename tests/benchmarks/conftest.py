"""A small made-up country, with each kind of error at least once."""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from kg import csvw_tables as canonical
from kg.mapping import map_source, open_work_database
from kg.mapping.provenance import describe_sources
from kg.mapping.rdf_mapping import load_rdf_files
from kg.sources import discover_sources

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "benchmarks"))  # programs, not a package: they import their neighbours

from generate import generate  # noqa: E402

ORGANISATIONS = 140
Line = tuple[str, int, str, str, str, str]
"""File, row, column, shape, component, severity."""


@dataclass(frozen=True)
class Country:
    """A made-up country, mapped, and what must be found in it."""

    folder: Path
    db: duckdb.DuckDBPyConnection
    expected: list[Line]


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    folder = tmp_path_factory.mktemp("country")
    generate(folder, ORGANISATIONS, errors=0.01, territories="used")
    with open_work_database() as db:
        map_all(db, folder)
        yield Country(folder, db, expected_lines(folder))


def map_all(db: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Maps the country and the model, as a build does, but for the codes that nobody has."""
    ontology = ROOT / "ontology"
    load_rdf_files(db, "ontology", sorted(ontology.glob("*.ttl")))
    load_rdf_files(db, "schemes", sorted((ontology / "schemes").glob("*.ttl")))
    sources = discover_sources(folder / "sources")
    describe_sources(db, sources, {})
    tables = canonical.load_tables(ontology / "tables")
    for source in sources:
        map_source(db, source, tables)
    db.execute(
        "DELETE FROM quads WHERE source = 'schemes' AND (p LIKE '%core#broader' "
        "OR starts_with(s, 'https://w3id.org/ess-kg/scheme/') AND '<' || s || '>' NOT IN "
        "(SELECT o FROM quads WHERE source IN ('synthetic', 'territoires')))"
    )


def expected_lines(folder: Path) -> list[Line]:
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return sorted(
        (r["file"], int(r["row"]), r["column"], r["shape"], r["component"], r["severity"])
        for r in rows
    )
