"""Which files a process sees: some to be read, its own folder to be written, nothing else.

Linux keeps this promise since 5.13, without any privilege (Landlock). It holds for the calling
thread and for those it starts later. Elsewhere nothing changes, and `only` says so.

Specification: https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from kg.sandbox.seccomp import PR_SET_NO_NEW_PRIVS, prctl

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every processor
ASK_VERSION: Final = 1
PATH_BENEATH: Final = 1

READ_FILE: Final = 1 << 2
READ: Final = 1 << 0 | READ_FILE | 1 << 3  # run (libraries are mapped), read, list
RIGHTS: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Every right of a version, and of those that follow it."""
OF_FILES: Final = 1 << 0 | 1 << 1 | READ_FILE | 1 << 14 | 1 << 15
"""Rights that make sense on what is no folder."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled", ctypes.c_uint64),)


class _Rule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def only(read: Iterable[Path], write: Path) -> bool:
    """Leaves this process those files and what is below them; False where it cannot be done."""
    version = _call(CREATE_RULESET, None, 0, ASK_VERSION) if sys.platform == "linux" else -1
    if version < 1:
        return False
    rights = RIGHTS[max(known for known in RIGHTS if known <= version)]
    ruleset = _call(CREATE_RULESET, ctypes.byref(_Ruleset(rights)), 8, 0)
    if ruleset < 0:
        return False
    try:
        for path in read:
            _allow(ruleset, path, READ)
        _allow(ruleset, write, rights)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        return _call(RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there: nothing to allow
        return
    try:
        allowed = rights if path.is_dir() else rights & OF_FILES
        _call(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(_Rule(allowed, place)), 0)
    finally:
        os.close(place)


def _call(number: int, *values: object) -> int:
    filled = [ctypes.c_long(v) if isinstance(v, int) else v for v in values]
    return int(ctypes.CDLL(None).syscall(number, *filled))
