"""Requests made to cost much are answered in order, and a light query beside them as well.

How long it waits is measured by `benchmarks/latency.py`.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.installation import InstallationPaths

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))

import latency


@pytest.fixture(scope="module")
def address(national: InstallationPaths, start_server: Callable[..., str]) -> str:
    """One process over the project's own data: whatever stops it stops the light query."""
    return start_server(national.data, 1, client_seconds=100_000, client_queries=1000)


@pytest.mark.parametrize("name", latency.HOSTILE)
def test_a_light_query_is_answered_beside_a_hostile_request(address: str, name: str) -> None:
    assert latency.longest_beside(address, latency.HOSTILE[name], 0.1) > 0


def test_a_light_query_is_answered_beside_endless_headers(address: str) -> None:
    assert latency.longest_beside_endless_headers(address, 0.1) > 0
