"""A build killed at any moment, a second build and a full disk: what was served stays served."""

import json
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
from kg.installation import InstallationPaths
from kg.release_layout import Release, find_current_release
from kg.releases import build_lock, verify_release
from kg.releases.atomic_publish import set_current

KILLS = 4
PUBLISHED = """
import os, shutil, signal, sys
from pathlib import Path
from kg.release_layout import Release
from kg.releases import atomic_publish

# publishes a draft again and again, in copies: killed before its first step in the file system,
# before its second, and so on until it ends
releases, runs, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
if sys.argv[4:] == ["two renames"]:
    atomic_publish.RENAME_EXCHANGE = 1 << 20  # a flag that no system has
STEPS = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree")

def kill_before(step):
    seen = 0
    def count(event, _):
        nonlocal seen
        seen += event in STEPS
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)

step, ended = 0, False
while not ended:
    step += 1
    folder = runs / str(step)
    shutil.copytree(releases, folder, copy_function=os.link)
    child = os.fork()
    if child == 0:
        kill_before(step)
        atomic_publish.publish_draft(Release(folder / f".staging-{name}"), folder, name)
        os._exit(0)
    ended = os.waitpid(child, 0)[1] == 0
"""


def start(places: InstallationPaths, *options: str, **kwargs: object) -> subprocess.Popen[str]:
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


def change(places: InstallationPaths, number: int) -> None:
    path = places.sources / "demo" / "tables" / "topics.csv"
    path.write_text(f'id,label_fr,assertion,read_at\ncommuns,communs {number},stated,"90,97"\n')


def test_a_build_killed_at_any_moment_changes_nothing_by_half(places: InstallationPaths) -> None:
    whole = time.perf_counter()
    process = start(places)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    whole = time.perf_counter() - whole
    moments = random.Random(20)
    for number in range(KILLS):
        before = find_current_release(places.releases)
        change(places, number)
        process = start(places)
        # one in each part of a build: its last steps, which pass in an instant, are tested below
        time.sleep(max(0.02, (number + moments.random()) / KILLS) * whole)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        served = find_current_release(places.releases)
        assert verify_release(served) == []
        if process.returncode == -signal.SIGKILL and served != before:
            # killed after the last step: the new release is whole
            assert served.read_manifest()["id"] == served.id
    change(places, KILLS)
    built = pipeline.build(places)
    assert built.fresh
    assert verify_release(built.release) == []
    assert not list(places.releases.glob(".staging*"))


def test_killed_at_any_step_of_a_publication_serves_one_or_the_other(
    released: InstallationPaths, tmp_path: Path
) -> None:
    first = find_current_release(released.releases)
    change(released, 1)
    second = pipeline.build(released).release
    draft = released.releases / f".staging-{second.id}"
    second.folder.rename(draft)
    set_current(released.releases, first)
    # what is left of a damaged one of the same name is put out of the way first
    second.folder.mkdir()
    (second.folder / "manifest.json").write_text("{}")
    runs = tmp_path / "runs"
    command = [sys.executable, "-c", PUBLISHED, str(released.releases), str(runs), second.id]
    subprocess.run(command, check=True, timeout=120)
    kills = sorted(runs.iterdir(), key=lambda folder: int(folder.name))
    served = [find_current_release(folder) for folder in kills]
    for folder, release in zip(kills, served, strict=True):
        assert verify_release(release) == []
        with build_lock(folder):  # as the next build begins
            assert find_current_release(folder) == release
        assert not list(folder.glob(".staging*"))
    # nothing changes until the last steps, and there is no way back
    names = [release.id for release in served]
    changes = names.index(second.id)
    assert set(names[:changes]) == {first.id}
    assert set(names[changes:]) == {second.id}
    assert changes > 5


@pytest.mark.parametrize("way", ["exchange", "two renames"])
def test_killed_at_any_step_of_a_publication_over_the_release_in_service(
    way: str, tmp_path: Path
) -> None:
    # two small releases: a step is one file, and each step is tried
    releases, name = tmp_path / "releases", "0123456789abcdef"
    for folder, text in ((name, "old"), (f".staging-{name}", "")):
        (releases / folder).mkdir(parents=True)
        (releases / folder / "manifest.json").write_text(json.dumps({"id": name, "created": ""}))
        (releases / folder / "void.ttl").write_text(text)
    set_current(releases, Release(releases / name))
    runs = tmp_path / "runs"
    command = [sys.executable, "-c", PUBLISHED, str(releases), str(runs), name, way]
    subprocess.run(command, check=True, timeout=120)
    kills = sorted(runs.iterdir(), key=lambda folder: int(folder.name))
    sizes = []
    for folder in kills:
        if way == "exchange":
            assert find_current_release(folder).id == name
        with build_lock(folder):  # as the next build begins
            current = find_current_release(folder)
        sizes.append(current.void.stat().st_size)
        assert [path.name for path in folder.glob(".[rs]*")] == []
    changes = sizes.index(0)
    assert all(sizes[:changes])
    assert not any(sizes[changes:])


def test_a_second_build_says_so_and_stops(places: InstallationPaths) -> None:
    with build_lock(places.releases):
        process = start(places)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"another build is running in {places.releases}" in " ".join(output.split())
    assert str(os.getpid()) in output


def test_the_lock_goes_with_its_holder(places: InstallationPaths) -> None:
    with pytest.raises(BuildLocked), build_lock(places.releases), build_lock(places.releases):
        pass
    with build_lock(places.releases):
        pass


def test_a_full_disk_is_said_and_changes_nothing(released: InstallationPaths) -> None:
    first = find_current_release(released.releases)
    change(released, 1)

    def small_disk() -> None:
        # every file beyond this size is refused by the system, as on a full disk
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    process = start(released, preexec_fn=small_disk)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1, output
    assert "what was served has not changed" in " ".join(output.split())
    assert find_current_release(released.releases) == first
    assert verify_release(first) == []
    assert not list(Path(released.releases).glob(".staging*"))
