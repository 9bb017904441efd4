"""Tables of the work database: packages that share them take their names from one module."""

import re
from pathlib import Path

import pytest

from kg.work_tables import ACCEPTED, TABLE_COLUMNS

PACKAGES = ("mapping", "validation", "dry_run", "catalogue", "releases", "reports")
TABLES = "|".join([*TABLE_COLUMNS, ACCEPTED])
BARE_NAME = re.compile(
    rf"\b(?:FROM|JOIN|INTO|TABLE|TABLE IF NOT EXISTS|UPDATE|VIEW)\s+({TABLES})\b"
)
PASSED_NAME = re.compile(rf"\"({TABLES}) SELECT\b")
"""Name at the head of a string that other code puts after INSERT INTO."""


@pytest.mark.parametrize("package", PACKAGES)
def test_sql_names_shared_tables_by_their_constants(root: Path, package: str) -> None:
    found = {
        f"{path.name}: {match[0]}"
        for path in (root / "kg" / package).rglob("*.py")
        for pattern in (BARE_NAME, PASSED_NAME)
        for match in pattern.finditer(path.read_text("utf-8"))
    }
    assert not found
