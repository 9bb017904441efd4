"""CSVW metadata of a release: the package `csvw` reads it, and the CSV files that it names."""

import csv
import json

import csvw
import pytest

from kg.csvw_metadata import METADATA_FILE
from kg.csvw_tables import COLUMNS_FILE, load_tables
from kg.installation import InstallationPaths
from kg.release_layout import Release, read_current_id
from tests.conftest import ROOT


@pytest.fixture
def release(released: InstallationPaths) -> Release:
    name = read_current_id(released.releases)
    assert name is not None
    return Release(released.releases / name)


def test_the_package_csvw_reads_every_table_of_the_dumps(release: Release) -> None:
    group = csvw.TableGroup.from_file(release.dumps / METADATA_FILE)
    assert {table.local_name for table in group.tables} == {
        path.name for path in release.dumps.glob("*.csv")
    }
    for table in group.tables:
        with (release.dumps / table.local_name).open(encoding="utf-8", newline="") as file:
            count = sum(1 for _ in csv.DictReader(file))
        rows = list(table.iterdicts(strict=True))
        assert len(rows) == count
        table.check_primary_key(rows)


def test_the_package_csvw_finds_the_metadata_valid(release: Release) -> None:
    metadata = csvw.CSVW(str(release.dumps / METADATA_FILE), validate=True)
    assert (metadata.is_valid, metadata.warnings) == (True, [])


def test_the_tables_of_the_model_are_whole(release: Release) -> None:
    folder = release.model / "ontology" / "tables"
    assert not (folder / COLUMNS_FILE).exists()
    assert load_tables(folder) == load_tables(ROOT / "ontology" / "tables")
    for path in folder.glob("*.json"):
        columns = json.loads(path.read_bytes())["tableSchema"]["columns"]
        assert all("name" in column for column in columns), path.name
