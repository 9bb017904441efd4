"""How the tests work: real components on small real input, nothing mocked.

The shared material (source documents, open data, the standards' own test suites) lies beside the
project, in `../shared`; a test that needs it is skipped, with that reason, where it is absent.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from kg import pipeline
from kg.installation import InstallationPaths
from tests.small_model import write_small_model

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


LONG = (
    "docs/test_api_examples.py",
    "cli/test_quarantine.py",
    "privacy/test_forget.py",
    "test_pipeline.py",
    "releases/test_retention.py",
    "conformance/test_shacl.py",
    "releases/test_update.py",
    "releases/test_atomic_publish.py",
    "test_withdrawals.py",
    "updates/test_update_run.py",
    "resolution/test_pages.py",
    "recipes/test_platforms.py",
    "benchmarks/test_programs.py",
    "browser/test_every_page.py",
    "browser/test_hostile.py",
    "test_installation.py",
    "disagreeing/test_release.py",
)
"""Files that take longest. They begin, so that no process works on one when the others are done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the long files first; the others stay in their order."""
    assert all((Path(__file__).parent / name).is_file() for name in LONG)
    rank = {Path(__file__).parent / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path, len(LONG)))


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


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's model with a few activities only."""
    folder = tmp_path_factory.mktemp("model") / "small"
    write_small_model(folder)
    return folder


@pytest.fixture
def places(tmp_path: Path, small_model: Path) -> InstallationPaths:
    """A fresh installation with the demonstration source and the small model."""
    data = tmp_path / "data"
    shutil.copytree(Path(__file__).parent / "installation" / "sources", data / "sources")
    return InstallationPaths(data, small_model)


@pytest.fixture(scope="session")
def national(tmp_path_factory: pytest.TempPathFactory) -> InstallationPaths:
    """An installation with the project's own data, built once for the whole run."""

    def fill(places: InstallationPaths) -> None:
        places.data.mkdir(parents=True)
        places.sources.symlink_to(ROOT / "data" / "sources")

    return built_once(tmp_path_factory, "national", ROOT, fill)


@pytest.fixture(scope="session")
def _demonstration(
    tmp_path_factory: pytest.TempPathFactory, small_model: Path
) -> InstallationPaths:
    """An installation with the demonstration source, built once for the whole run."""

    def fill(places: InstallationPaths) -> None:
        shutil.copytree(Path(__file__).parent / "installation" / "sources", places.sources)

    return built_once(tmp_path_factory, "demonstration", small_model, fill)


@pytest.fixture
def released(_demonstration: InstallationPaths, tmp_path: Path) -> InstallationPaths:
    """An installation of one's own with the demonstration source, and its release in service.

    For tests of what comes after a build: building it again finds the release and is done.
    """
    shutil.copytree(_demonstration.data, tmp_path / "released")
    return InstallationPaths(tmp_path / "released", _demonstration.model)


def built_once(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    model: Path,
    fill: Callable[[InstallationPaths], None],
) -> InstallationPaths:
    """An installation that `fill` prepares, built once for the whole run. Not to be changed.

    The processes among which the tests are shared out find it in the folder that they have in
    common; the first of them builds it.
    """
    base = tmp_path_factory.getbasetemp()
    together = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    places = InstallationPaths(together / name / "data", model)
    with (together / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not places.data.exists():
            fill(places)
            pipeline.build(places)
    return places


Start = Callable[..., str]


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts a real server over a data folder; gives its address once it answers.

    It is the installed `ess-kg serve`, or uvicorn alone where `plain`. It runs in a folder of its
    own, as on a machine of others: what only the project's folder makes work fails here too.
    """
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    installed = Path(sys.executable).parent
    processes: list[subprocess.Popen[bytes]] = []

    def start(folder: Path, workers: int = 1, *, plain: bool = False, **settings: object) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {
            name: text
            for name, text in os.environ.items()
            if name[:3] != "KG_" and name != "PYTHONPATH"
        }
        environment |= {f"KG_{name.upper()}": str(value) for name, value in settings.items()}
        server = ("uvicorn", "api.asgi:app") if plain else ("ess-kg", "serve")
        command = [str(installed / server[0]), server[1]]
        command += ["--port", str(port), "--workers", str(workers)]
        environment["KG_DATA"] = str(folder)
        processes.append(
            subprocess.Popen(command, cwd=elsewhere, env=environment, stdout=subprocess.DEVNULL)
        )
        address = f"http://127.0.0.1:{port}"
        wait_for(address)
        return address

    yield start
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(30)


def wait_for(address: str) -> None:
    """Waits until a server answers. Raises TimeoutError after a while."""
    for _ in range(400):
        try:
            httpx.get(f"{address}/health", timeout=10)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"no answer from {address}")


@pytest.fixture(scope="session")
def national_server(national: InstallationPaths, start_server: Start) -> str:
    """The address of a real server over the project's own data."""
    return start_server(national.data, workers=2)
