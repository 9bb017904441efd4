"""Private folder of a job or a server, locked by its owner and swept when the owner is gone.

A folder holds a file that its owner has locked. The system takes the lock back when the owner
ends, in whatever way; `sweep` removes the folders of owners that ended without doing it.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

JOB_FOLDER_PREFIX: Final = "ess-kg-job-"
CACHE_FOLDER_PREFIX: Final = "ess-kg-answers-"
"""Folders in which the processes of a server share answers."""
LOCK_FILE: Final = ".owner"
WORK_FOLDER: Final = "work"
"""Where the job may write, in its folder."""
MIN_AGE_SECONDS: Final = 60.0
"""Seconds during which a folder may not be locked yet."""


@contextmanager
def create_private_folder(prefix: str = JOB_FOLDER_PREFIX) -> Iterator[Path]:
    """A folder that nobody else may read, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
    lock = os.open(folder / LOCK_FILE, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_abandoned_folders() -> int:
    """Removes the folders that were left behind; how many."""
    temporary = Path(tempfile.gettempdir())
    candidates = [
        path
        for name in (JOB_FOLDER_PREFIX, CACHE_FOLDER_PREFIX)
        for path in temporary.glob(f"{name}*")
    ]
    found = [path for path in candidates if _is_abandoned(path)]
    for path in found:
        shutil.rmtree(path, ignore_errors=True)
    return len(found)


def measure_folder(folder: Path) -> tuple[int, int]:
    """Bytes and number of the files below a folder."""
    size = count = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.lstat(os.path.join(place, name)).st_blocks * 512  # noqa: PTH118
            except FileNotFoundError:  # removed while we look
                continue
            count += 1
    return size, count


def _is_abandoned(folder: Path) -> bool:
    try:
        told = folder.lstat()
        if told.st_uid != os.getuid() or time.time() - told.st_mtime < MIN_AGE_SECONDS:
            return False
        lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:  # it was never locked, or is being removed
        return True
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(lock)
