"""Fetch state: when a source was last looked at, and the validators of its files.

It is kept beside the sources, in `data/fetches/<source>/`: no release depends on it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from kg.fetching.http_download import Validators
from kg.sources.fetch_plan import Interval

STATE_FILE: Final = "state.json"


@dataclass(frozen=True)
class FetchState:
    """What the last fetch of a source left."""

    checked: str = ""
    """When its publisher was last asked with success, an xsd:dateTime; empty for never."""
    validators: Mapping[str, Validators] = field(default_factory=dict)
    """Of each file, by its name in `raw/`."""

    def is_due(self, every: Interval, today: date) -> bool:
        """Whether it is time to look again."""
        if not self.checked:
            return True
        return today >= every.add_to(datetime.fromisoformat(self.checked).date())


def read_fetch_state(folder: Path) -> FetchState:
    """The state that a folder has; that of a source never fetched where it has none."""
    try:
        entries = json.loads((folder / STATE_FILE).read_text("utf-8"))
        validators = {name: Validators(**each) for name, each in entries["validators"].items()}
        return FetchState(datetime.fromisoformat(entries["checked"]).isoformat(), validators)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return FetchState()


def write_fetch_state(folder: Path, validators: Mapping[str, Validators]) -> None:
    """Notes that a source was looked at now."""
    entries = {
        "checked": datetime.now(UTC).isoformat(timespec="seconds"),
        "validators": {name: asdict(each) for name, each in validators.items()},
    }
    fresh = folder / f".{STATE_FILE}"
    fresh.write_text(json.dumps(entries, indent=1) + "\n", "utf-8")
    fresh.replace(folder / STATE_FILE)
