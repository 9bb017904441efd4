"""The code of this server as one short text, which changes when the code does.

A page is made of a release and of this code: what validates it depends on both.
"""

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PARTS: Final = ("api", "kg")
WRITTEN: Final = (".py", ".html", ".css", ".js", ".svg", ".rq")


def of_files(root: Path) -> str:
    """A digest of the names and contents of the files that answers are made with."""
    digest = hashlib.sha256()
    files = (file for part in PARTS for file in (root / part).rglob("*"))
    for file in sorted(f for f in files if f.suffix in WRITTEN):
        digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def changed() -> datetime:
    """When the files of the code that runs were last written, looked at once."""
    times = (f.stat().st_mtime for part in PARTS for f in (ROOT / part).rglob("*"))
    return datetime.fromtimestamp(int(max(times)), UTC)


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """The fingerprint of the code that runs, taken once."""
    return of_files(ROOT)
