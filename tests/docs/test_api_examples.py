"""API examples: every `curl` line of the documentation works on a real server."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRITTEN = "http://127.0.0.1:8000"
"""Address of the server in the documentation."""
LAST = "\nHTTP %{http_code}"
"""Output that curl appends to each response."""


def examples(name: str) -> list[str]:
    """Return the `curl` lines in the shell blocks of a page, with continued lines joined."""
    text = (ROOT / name).read_text("utf-8")
    blocks = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    lines = re.sub(r"\\\n\s*", "", blocks).splitlines()
    return [line for line in lines if line.startswith("curl ")]


EXAMPLES = [(name, line) for name in ("README.md", "docs/api.md") for line in examples(name)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which all lines run, since later ones may read files of earlier ones."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not on this machine")
    return tmp_path_factory.mktemp("typed")


def test_the_documentation_has_examples() -> None:
    assert len([line for name, line in EXAMPLES if name == "README.md"]) >= 5
    assert len([line for name, line in EXAMPLES if name == "docs/api.md"]) >= 40


@pytest.mark.parametrize(("page", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_documented_examples_work(page: str, line: str, national_server: str, folder: Path) -> None:
    typed = shlex.split(line.replace(WRITTEN, national_server), comments=True)
    assert any(national_server in word for word in typed), "an example asks this server"
    command = [*typed, "--silent", "--show-error", "--max-time", "60", "--write-out", LAST]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=90)
    assert done.returncode == 0, done.stderr.decode()
    status = int(done.stdout.decode("utf-8", "replace").rpartition("HTTP ")[2])
    announced = re.search(r"# (4\d\d)$", line)
    if announced:
        assert status == int(announced[1]), page
    else:
        assert 200 <= status < 400, page
