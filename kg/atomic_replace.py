"""Atomic exchange and replacement of folders (renameat2)."""

import ctypes
import os
import shutil
import sys
from pathlib import Path
from typing import Final

AT_FDCWD: Final = -100
"""Paths are relative to the working folder (`<fcntl.h>`)."""
RENAME_EXCHANGE: Final = 2


def replace_folder(fresh: Path, folder: Path) -> None:
    """Puts a folder in the place of another, which is removed: there is always one of the two.

    Linux exchanges them (renameat2(2)); where that cannot be done, nothing is there for an instant.
    """
    if not folder.exists():
        fresh.rename(folder)
        return
    if not exchange_folders(fresh, folder):
        old_folder = folder.with_name(f".{folder.name}-before")
        shutil.rmtree(old_folder, ignore_errors=True)
        folder.rename(old_folder)
        fresh.rename(folder)
        fresh = old_folder
    shutil.rmtree(fresh, ignore_errors=True)  # what was there before


def exchange_folders(one: Path, other: Path) -> bool:
    """Lets two folders change names in one step; whether the system and the file system can."""
    if sys.platform != "linux":
        return False
    function = getattr(ctypes.CDLL(None), "renameat2", None)  # glibc 2.28, musl 1.2.6
    if function is None:
        return False
    names = os.fsencode(one), os.fsencode(other)
    return bool(function(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0)
