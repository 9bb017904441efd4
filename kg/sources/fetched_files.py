"""Log of fetched files: `fetched.json` in the folder of a source, with their origins and dates.

It is only rewritten when fetched contents change, since it is part of the release.
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
    """Fetched file of `raw/`."""

    url: str
    sha256: str
    bytes: int
    retrieved: str
    """Day on which its present contents were first fetched."""
    etag: str = ""
    last_modified: str = ""


def read_fetched_files(folder: Path) -> dict[str, FetchedFile]:
    """Read the log of a source, by file name in `raw/`. Raises SourceError."""
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
    """Replace the log of a source atomically."""
    entries = {name: asdict(files[name]) for name in sorted(files)}
    fresh = folder / f".{FETCHED_FILE}"
    fresh.write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n", "utf-8")
    fresh.replace(folder / FETCHED_FILE)


def read_day_retrieved(folder: Path) -> str:
    """Return the latest day of retrieval; empty where nothing was fetched."""
    return max((file.retrieved for file in read_fetched_files(folder).values()), default="")
