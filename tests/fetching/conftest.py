"""One publisher for a test, and a source that takes its files there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kg.sources import Source, read_source_description
from tests.fetching.publisher import SOURCE_DESCRIPTION, Publisher, publish

DESCRIPTION = f"{SOURCE_DESCRIPTION}[fetch]\n"
Describe = Callable[[str], Source]


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publish() as server:
        yield server


@pytest.fixture
def describe(tmp_path: Path) -> Describe:
    """Writes the source with what its `[fetch]` says."""
    folder = tmp_path / "sources" / "annuaire"
    folder.mkdir(parents=True)

    def write(fetch: str) -> Source:
        (folder / "source.toml").write_text(DESCRIPTION + fetch, "utf-8")
        return read_source_description(folder)

    return write
