"""The pictures of shared addresses, drawn by Chromium from the look of the site."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from kg.kinds import KINDS
from tests.browser.conftest import find_chromium
from tests.conftest import ROOT


def test_they_are_drawn_again_from_the_look_of_the_site(tmp_path: Path) -> None:
    if find_chromium() is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    script = ROOT / "api" / "static" / "social_images.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, cwd=ROOT)
    made = {path.stem: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(made) == {"site", *(kind.name for kind in KINDS)}
    assert {struct.unpack(">II", content[16:24]) for content in made.values()} == {(1200, 630)}
    assert len(set(made.values())) == len(made)
