"""Memory budget of a server, compared with the limits of control group and machine."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from kg.cli.memory import GIGABYTE, compute_max_memory, detect_available_memory, log_memory_budget
from kg.settings import Settings

PHYSICAL = detect_available_memory(Path("/nowhere"), Path("/nowhere"))


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "ascii")
    return path


def test_the_default_budget_is_the_documented_one(root: Path) -> None:
    told = (root / "docs" / "settings.md").read_text("utf-8")
    chosen = Settings()
    assert compute_max_memory(chosen, 2) == 20.5 * GIGABYTE
    assert "**20.5 GB**" in told
    lower = replace(chosen, query_memory_mb=256, check_memory_mb=1024)
    assert compute_max_memory(lower, 2) == 7.5 * GIGABYTE
    assert "it is 7.5 GB" in told
    elsewhere = replace(chosen, sparql_endpoint="http://127.0.0.1:9/")
    assert compute_max_memory(elsewhere, 2) == 8.5 * GIGABYTE


@pytest.mark.parametrize(
    ("own", "limits", "expected"),
    [
        ("0::/", {"memory.max": "1048576\n"}, 1 << 20),
        ("0::/a/b", {"a/memory.max": "2097152\n", "a/b/memory.max": "max\n"}, 2 << 20),
        ("0::/a/b", {"a/memory.max": "9000000\n", "a/b/memory.max": "4000000\n"}, 4_000_000),
        ("0::/../x", {"memory.max": "3145728\n"}, 3 << 20),
        (
            "5:cpu,cpuacct:/d\n4:memory:/d\n",
            {"memory/d/memory.limit_in_bytes": "5242880\n", "d/memory.max": "1\n"},
            5 << 20,
        ),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, PHYSICAL),
        ("0::/", {"memory.max": "max\n"}, PHYSICAL),
        ("0::/", {}, PHYSICAL),
    ],
)
def test_available_memory_is_the_least_limit(
    tmp_path: Path, own: str, limits: dict[str, str], expected: int
) -> None:
    for name, text in limits.items():
        written(tmp_path / "cgroup" / name, text)
    assert detect_available_memory(tmp_path / "cgroup", written(tmp_path / "own", own)) == expected


def test_the_log_warns_of_insufficient_memory_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    log_memory_budget(Settings(), 2, 4 * GIGABYTE)
    log_memory_budget(Settings(), 2, 64 * GIGABYTE)
    log_memory_budget(Settings(), 2, None)
    told = [(r.levelname, vars(r)["most"], vars(r)["here"]) for r in caplog.records]
    assert told == [
        ("WARNING", "20.5 GB", "4.0 GB"),
        ("INFO", "20.5 GB", "64.0 GB"),
        ("INFO", "20.5 GB", "unknown"),
    ]
    assert "KG_QUERY_MEMORY_MB" in caplog.records[0].getMessage()
