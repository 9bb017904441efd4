"""Fetched files of a source: `fetched.json` in its folder says where each came from, and when.

It is written when what was fetched differs from what was there, and then only: what it says is a
part of the release.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from kg.errors import SourceError

FETCHED_FILE: Final = "fetched.json"


@dataclass(frozen=True)
class FetchedFile:
    """One file of `raw/` as it was fetched."""

    url: str
    sha256: str
    bytes: int
    retrieved: str
    """The day on which it was first found as it is."""
    etag: str = ""
    last_modified: str = ""


def read_fetched_files(folder: Path) -> dict[str, FetchedFile]:
    """What was fetched for the source of a folder, by name in `raw/`. Raises SourceError."""
    path = folder / FETCHED_FILE
    try:
        entries = json.loads(path.read_text("utf-8"))
        return {name: FetchedFile(**entry) for name, entry in entries.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise SourceError(
            f"{path} cannot be read ({error}): remove it and fetch again",
            f"{path} ne se lit pas ({error}) : supprimez-le et rapatriez de nouveau",
        ) from error


def write_fetched_files(folder: Path, files: Mapping[str, FetchedFile]) -> None:
    """Notes what was fetched, in one step."""
    entries = {name: asdict(files[name]) for name in sorted(files)}
    fresh = folder / f".{FETCHED_FILE}"
    fresh.write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n", "utf-8")
    fresh.replace(folder / FETCHED_FILE)


def read_day_retrieved(folder: Path) -> str:
    """The day on which the files were brought, the latest of them; empty where none was fetched."""
    return max((file.retrieved for file in read_fetched_files(folder).values()), default="")
