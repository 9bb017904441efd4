"""Landlock ruleset of a process: which paths it may read, and the one folder it may write.

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
QUERY_VERSION_FLAG: Final = 1
PATH_BENEATH: Final = 1

READ_FILE: Final = 1 << 2
READ_RIGHTS: Final = 1 << 0 | READ_FILE | 1 << 3  # run (libraries are mapped), read, list
RIGHTS_BY_VERSION: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Every right of a version, and of those that follow it."""
FILE_RIGHTS: Final = 1 << 0 | 1 << 1 | READ_FILE | 1 << 14 | 1 << 15
"""Rights that make sense on what is no folder."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled", ctypes.c_uint64),)


class _Rule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def restrict_files(read: Iterable[Path], write: Path) -> bool:
    """Leaves this process those files and what is below them; False where it cannot be done."""
    version = (
        _syscall(CREATE_RULESET, None, 0, QUERY_VERSION_FLAG) if sys.platform == "linux" else -1
    )
    if version < 1:
        return False
    rights = RIGHTS_BY_VERSION[
        max(supported for supported in RIGHTS_BY_VERSION if supported <= version)
    ]
    ruleset = _syscall(CREATE_RULESET, ctypes.byref(_Ruleset(rights)), 8, 0)
    if ruleset < 0:
        return False
    try:
        for path in read:
            _add_rule(ruleset, path, READ_RIGHTS)
        _add_rule(ruleset, write, rights)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        return _syscall(RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _add_rule(ruleset: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there: nothing to allow
        return
    try:
        allowed = rights if path.is_dir() else rights & FILE_RIGHTS
        _syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(_Rule(allowed, place)), 0)
    finally:
        os.close(place)


def _syscall(number: int, *values: object) -> int:
    filled = [ctypes.c_long(v) if isinstance(v, int) else v for v in values]
    return int(ctypes.CDLL(None).syscall(number, *filled))
