"""The store of a release holds what its file of quads does, in however many parts it was loaded."""

from contextlib import closing
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.progress import report_nothing
from kg.releases import store_loader
from kg.releases.store_loader import StoreLoader, split_lines

LINES = [f'<urn:s{n}> <urn:p> "{"é" * (n % 60)}\\n" <urn:g{n % 3}> .\n' for n in range(500)]


@pytest.fixture
def quads(tmp_path: Path) -> Path:
    path = tmp_path / "both.nq"
    path.write_text("".join(LINES), "utf-8")
    return path


@pytest.mark.parametrize("size", [1, 40, 999, 1_000_000])
def test_parts_are_the_file_and_end_with_a_line(quads: Path, size: int) -> None:
    parts = [part.read_bytes() for part in split_lines(quads, size)]
    assert b"".join(parts) == quads.read_bytes()
    assert all(part.endswith(b".\n") for part in parts)
    assert (len(parts) > 1) == (size < 1_000_000)
    assert [path.name for path in quads.parent.iterdir()] == ["both.nq"]


def test_a_file_loaded_in_parts_is_all_in_the_store(
    quads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_loader, "PART_BYTES", 1000)
    with closing(StoreLoader(tmp_path / "store", quads)) as loader:
        loader.finish(report_nothing)
    store = ox.Store.read_only(str(tmp_path / "store"))
    expected = ox.parse(path=quads, format=ox.RdfFormat.N_QUADS)
    assert {str(quad) for quad in store} == {str(quad) for quad in expected}


def test_an_empty_file_gives_an_empty_store(tmp_path: Path) -> None:
    (tmp_path / "both.nq").touch()
    with closing(StoreLoader(tmp_path / "store", tmp_path / "both.nq")) as loader:
        loader.finish(report_nothing)
    assert len(ox.Store.read_only(str(tmp_path / "store"))) == 0
