"""A build killed at any moment, a second build and a full disk: what was served stays served."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg import pipeline
from kg.errors import BuildLocked
from kg.pipeline import Places
from kg.release import current
from kg.releases import build_lock, verify

KILLS = 12


def start(places: Places, *options: str, **kwargs: object) -> subprocess.Popen[str]:
    """A build in a process of its own."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("KG_")},
        "KG_DATA": str(places.data),
        "KG_MODEL": str(places.model),
    }
    command = [sys.executable, "-m", "kg.cli", "build", *options]
    return subprocess.Popen(
        command,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **kwargs,  # type: ignore[call-overload]
    )


def change(places: Places, number: int) -> None:
    path = places.sources / "demo" / "tables" / "topics.csv"
    path.write_text(f'id,label_fr,assertion,read_at\ncommuns,communs {number},stated,"90,97"\n')


def test_a_build_killed_at_any_moment_changes_nothing_by_half(places: Places) -> None:
    whole = time.perf_counter()
    process = start(places)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    whole = time.perf_counter() - whole
    moments = random.Random(20)
    for number in range(KILLS):
        before = current(places.releases)
        change(places, number)
        process = start(places)
        time.sleep(moments.uniform(0.02, 1.0) * whole)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        served = current(places.releases)
        assert verify(served) == []
        if process.returncode == -signal.SIGKILL and served != before:
            # killed after the last step: the new release is whole
            assert served.manifest()["id"] == served.id
    change(places, KILLS)
    built = pipeline.build(places)
    assert built.fresh
    assert verify(built.release) == []
    assert not list(places.releases.glob(".staging*"))


def test_a_second_build_says_so_and_stops(places: Places) -> None:
    with build_lock(places.releases):
        process = start(places)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"another build is running in {places.releases}" in " ".join(output.split())
    assert str(os.getpid()) in output


def test_the_lock_goes_with_its_holder(places: Places) -> None:
    with pytest.raises(BuildLocked), build_lock(places.releases), build_lock(places.releases):
        pass
    with build_lock(places.releases):
        pass


def test_a_full_disk_is_said_and_changes_nothing(places: Places) -> None:
    first = pipeline.build(places).release
    change(places, 1)

    def small_disk() -> None:
        # every file beyond this size is refused by the system, as on a full disk
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    process = start(places, preexec_fn=small_disk)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1, output
    assert "what was served has not changed" in " ".join(output.split())
    assert current(places.releases) == first
    assert verify(first) == []
    assert not list(Path(places.releases).glob(".staging*"))
