"""Tables of the work database: packages that share them take their names from one module."""

import re
from pathlib import Path

import pytest

from kg.work_tables import TABLE_COLUMNS

PACKAGES = ("validation", "dry_run", "reports")


@pytest.mark.parametrize("package", PACKAGES)
def test_sql_names_shared_tables_by_their_constants(root: Path, package: str) -> None:
    names = "|".join(TABLE_COLUMNS)
    literal = re.compile(rf"\b(?:FROM|JOIN|INTO|TABLE|UPDATE) (?:{names})\b")
    found = {
        f"{path.name}: {match[0]}"
        for path in (root / "kg" / package).glob("*.py")
        for match in literal.finditer(path.read_text("utf-8"))
    }
    assert not found
