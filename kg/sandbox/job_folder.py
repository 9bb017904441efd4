"""Private folder of a job or a server, locked by its owner and swept when the owner is gone.

A folder holds a file that its owner has locked. The kernel releases the lock when the owner ends,
in whatever way; `remove_abandoned_folders` removes the folders that such owners left.
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
"""Folders in which the processes of a server share query results."""
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
    """Removes the folders whose owners are gone; gives their number."""
    temporary = Path(tempfile.gettempdir())
    candidates = [
        path
        for name in (JOB_FOLDER_PREFIX, CACHE_FOLDER_PREFIX)
        for path in temporary.glob(f"{name}*")
    ]
    abandoned = [path for path in candidates if _is_abandoned(path)]
    for path in abandoned:
        shutil.rmtree(path, ignore_errors=True)
    return len(abandoned)


def measure_folder(folder: Path) -> tuple[int, int]:
    """Bytes and number of the files below a folder."""
    size = count = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.lstat(os.path.join(parent, name)).st_blocks * 512  # noqa: PTH118
            except FileNotFoundError:  # the job removed it meanwhile
                continue
            count += 1
    return size, count


def _is_abandoned(folder: Path) -> bool:
    try:
        status = folder.lstat()
        if status.st_uid != os.getuid() or time.time() - status.st_mtime < MIN_AGE_SECONDS:
            return False
        lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:  # never locked, or being removed
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
