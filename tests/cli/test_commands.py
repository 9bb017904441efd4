"""Commands: output and exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kg import pipeline
from kg.cli.terminal import format_count
from kg.installation import InstallationPaths
from kg.release_layout import find_current_release


def run(
    places: InstallationPaths, *words: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if name[:3] != "KG_"}
    environment |= {"KG_DATA": str(places.data), "KG_MODEL": str(places.model), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "kg.cli", *words],
        env=environment | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_build_prints_a_summary_and_releases_lists_it(places: InstallationPaths) -> None:
    built = run(places, "build")
    assert built.returncode == 0, built.stderr
    assert "demo" in built.stdout
    again = run(places, "build")
    assert "Nothing has changed" in again.stdout
    listed = run(places, "releases", "list")
    release = pipeline.build(places).release
    assert f"* │ {release.id}" in listed.stdout
    assert run(places, "releases", "verify").stdout.strip() == (
        f"Release {release.id} is as it was sealed."
    )
    shown = json.loads(run(places, "releases", "show").stdout)
    assert shown["id"] == release.id
    assert "files" not in shown


def test_releases_are_compared_and_restored(released: InstallationPaths) -> None:
    first = find_current_release(released.releases)
    path = released.sources / "demo" / "tables" / "topics.csv"
    path.write_text(
        "id,label_fr,assertion,read_at\n"
        'communs,les communs,stated,"90,97"\npartage,partage,stated,"1,2"\n'
    )
    second = pipeline.build(released).release
    compared = run(released, "releases", "compare", first.id[:8])
    line = next(row for row in compared.stdout.splitlines() if "topic" in row)
    assert [cell.strip() for cell in line.split("│")[1:-1]] == ["topic", "1", "0", "1"]
    assert run(released, "releases", "current", first.id).returncode == 0
    (second.dumps / "topics.csv").write_text("damaged")
    refused = run(released, "releases", "current", second.id)
    assert refused.returncode == 1
    assert "topics.csv" in refused.stderr
    assert run(released, "releases", "show").stdout.count(first.id) >= 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("releases", "verify"), 1, "run `ess-kg build` first"),
        (("serve",), 1, "run `ess-kg build` first"),
        (("releases", "compare", "zzz"), 1, "0 releases begin with 'zzz'"),
        (("built",), 2, "No such command"),
    ],
)
def test_a_failing_command_prints_the_reason(
    places: InstallationPaths, words: tuple[str, ...], code: int, said: str
) -> None:
    failed = run(places, *words)
    assert failed.returncode == code
    assert said in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_wrong_setting_of_the_server_is_told_once(released: InstallationPaths) -> None:
    failed = run(released, "serve", KG_WORKERS="2", KG_PORT="1", KG_MAP_TILES="nowhere.pmtiles")
    assert failed.returncode == 1
    assert failed.stderr.count("KG_MAP_TILES='nowhere.pmtiles' cannot be read") == 1
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"KG_DATTA": "x"}, "unknown setting KG_DATTA"),
        ({"KG_PORT": "http"}, "KG_PORT='http' is not a int"),
        ({"KG_QUERY_SECONDS": "0"}, "must be greater than zero"),
    ],
)
def test_an_invalid_setting_stops_the_start(
    places: InstallationPaths, settings: dict[str, str], said: str
) -> None:
    failed = run(places, "build", **settings)
    assert failed.returncode == 1
    assert said in failed.stderr


def test_one_thing_is_counted_in_the_singular() -> None:
    assert [format_count(n, "row") for n in (0, 1, 1200)] == ["0 rows", "1 row", "1,200 rows"]


@pytest.mark.parametrize(
    ("output", "words", "magic"),
    [
        ("topics.csv", [], b'"id",'),
        ("topics.csv.gz", [], b"\x1f\x8b"),
        ("topics.csv.zst", [], b"\x28\xb5\x2f\xfd"),
        ("topics.csv", ["--compress", "gzip"], b"\x1f\x8b"),
        ("topics.csv.gz", ["--compress", "none"], b'"id",'),
    ],
)
def test_a_dump_is_compressed_as_its_name_says(
    released: InstallationPaths, tmp_path: Path, output: str, words: list[str], magic: bytes
) -> None:
    path = tmp_path / output
    chosen = ["--kind", "topic", "--format", "csv", *words]
    dumped = run(released, "dump", *chosen, "-o", str(path))
    assert dumped.returncode == 0, dumped.stderr
    assert path.read_bytes().startswith(magic)
    assert ": 1 row, " in dumped.stdout
