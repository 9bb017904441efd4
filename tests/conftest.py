"""How the tests work: real components on small real input, nothing mocked.

The shared material (source documents, open data, the standards' own test suites) lies beside the
project, in `../shared`; a test that needs it is skipped, with that reason, where it is absent.
"""

import shutil
from pathlib import Path

import pytest

from kg.pipeline import Places

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared material."""
    if not SHARED.is_dir():
        pytest.skip("the shared material is not beside the project (../shared)")
    return SHARED


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A fresh installation with the demonstration source and the project's own model."""
    data = tmp_path / "data"
    shutil.copytree(Path(__file__).parent / "installation" / "sources", data / "sources")
    return Places(data, ROOT)
