"""File features: the members by which a JSON file is recognised, however long or wrapped it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from kg.proposals import read_file_features

EVENT = {"uid": 1, "title": {"fr": "Bal", "en": "Ball"}, "venue": {"address": {"city": "Lille"}}}


@pytest.mark.parametrize(
    "content",
    [
        [EVENT],
        {"success": True, "event": EVENT},
        {"success": True, "events": {"0": EVENT, "4": EVENT}},
        {"page1": {"total": 2, "events": [EVENT]}, "page2": {"total": 2, "events": {"1": EVENT}}},
        {"lille": EVENT, "lyon": EVENT},
    ],
)
def test_members_are_those_of_the_records(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "events.json"
    path.write_text(json.dumps(content), "utf-8")
    assert {"uid", "title", "title.fr", "venue.address.city"} <= read_file_features(path).members


def test_members_of_a_long_file_are_seen(tmp_path: Path) -> None:
    """Too long for its beginning to be JSON, as a dump of ROR is."""
    path = tmp_path / "events.json"
    path.write_text(json.dumps([{**EVENT, "text": "x" * 400}] * 10_000, indent=1), "utf-8")
    assert path.stat().st_size > 4 << 20
    assert "venue.address.city" in read_file_features(path).members
