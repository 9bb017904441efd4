"""Fixtures: a work database, and the catalogue of graph.trig."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from kg.catalogue.catalogue import Catalogue
from kg.csvw_tables import Table, load_tables
from kg.mapping.work_database import open_work_database
from tests.catalogue.graphs import write


@pytest.fixture(scope="session")
def tables(root: Path) -> Mapping[str, Table]:
    return load_tables(root / "ontology" / "tables")


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty work database."""
    work = open_work_database()
    yield work
    work.close()


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Return the catalogue of graph.trig and the code lists."""
    return Catalogue(write(tmp_path_factory.mktemp("catalogue") / "catalogue.sqlite"))
