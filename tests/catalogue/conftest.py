"""A catalogue of graph.trig, written as a build writes it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from kg.catalogue.read import Catalogue
from kg.mapping.work import open_work
from kg.tables import Table, load
from tests.catalogue.graphs import write


@pytest.fixture(scope="session")
def tables(root: Path) -> Mapping[str, Table]:
    return load(root / "ontology" / "tables")


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty work database."""
    work = open_work()
    yield work
    work.close()


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The catalogue of graph.trig and of the code lists."""
    return Catalogue(write(tmp_path_factory.mktemp("catalogue") / "catalogue.sqlite"))
