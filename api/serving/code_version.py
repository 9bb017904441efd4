"""Code version: a digest of the source files that answers are made with, part of each ETag.

A page is made of a release and of this code: what validates it depends on both.
"""

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

PROJECT_ROOT: Final = Path(__file__).parents[2]
SOURCE_FOLDERS: Final = ("api", "kg")
SOURCE_SUFFIXES: Final = (".py", ".html", ".css", ".js", ".svg", ".rq", ".po")


def hash_source_files(root: Path) -> str:
    """A digest of the names and contents of the files that answers are made with."""
    digest = hashlib.sha256()
    files = (file for part in SOURCE_FOLDERS for file in (root / part).rglob("*"))
    for file in sorted(f for f in files if f.suffix in SOURCE_SUFFIXES):
        digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def read_modification_time() -> datetime:
    """When the files of the code that runs were last written, looked at once."""
    times = (f.stat().st_mtime for part in SOURCE_FOLDERS for f in (PROJECT_ROOT / part).rglob("*"))
    return datetime.fromtimestamp(int(max(times)), UTC)


@lru_cache(maxsize=1)
def get_code_version() -> str:
    """The fingerprint of the code that runs, taken once."""
    return hash_source_files(PROJECT_ROOT)
