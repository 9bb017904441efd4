"""A disk that is full, or only read: what has to be written is 503, and nothing is left of it."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.dependencies import AppConfig
from tests.api.conftest import opened
from tests.api.serving.test_extracts import EXTRACT


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_full_disk_is_told_and_nothing_is_left(
    frozen: Path, small_disk: Path, tmp_path: Path
) -> None:
    config = AppConfig(frozen / "releases", extract_folder=small_disk)
    async with opened(config) as client:
        whole = f"{EXTRACT}?format=nquads&packed=none"
        assert (await client.get(f"{EXTRACT}?kind=person&format=csv")).status_code == 200
        others = small_disk / "release-2" / "of.others"
        others.write_bytes(b"x" * 200_000)
        answer = await client.get(whole)
        assert answer.status_code == 503
        assert "no room" in answer.json()["detail"]
        assert "Retry-After" in answer.headers
        left = [path for path in small_disk.rglob("*") if path.is_file()]
        assert len(left) == 3  # what was there, and what is told of it
        others.unlink()
        # what nobody can ask for any more is removed as soon as something is written
        (small_disk / "release-0").mkdir()
        (small_disk / "release-0" / "old").write_bytes(b"x" * 1000)
        assert (await client.get(f"{EXTRACT}?kind=topic&format=csv")).status_code == 200
        assert not (small_disk / "release-0").exists()
        # what is there is still had where nothing may be written any more
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        assert (await client.get(f"{EXTRACT}?kind=person&format=csv")).status_code == 200
        assert (await client.get(f"{EXTRACT}?kind=place&format=csv")).status_code == 503


@pytest.mark.parametrize(("rows", "taken"), [(3, 250_000), (20_000, 0)])
async def test_a_file_that_finds_no_room_is_told_to_come_back(
    frozen: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch, rows: int, taken: int
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    of_others = small_disk / "of.others"
    of_others.write_bytes(b"x" * taken)
    text = "id,label_fr,kind\n" + "".join(
        f"x-{n},Association {n},association\n" for n in range(rows)
    )
    files = {"file": ("organisations.csv", text, "text/csv")}
    async with opened(AppConfig(frozen / "releases", query_workers=1)) as client:
        answer = await client.post("/validate", files=files)
        assert answer.status_code == 503, answer.text
        assert "no room" in answer.json()["detail"]
        assert (await client.get("/organisation.json")).status_code == 200
    assert list(small_disk.iterdir()) == [of_others]
