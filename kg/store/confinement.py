"""What a worker process may not do: outlive its parent, grow without end, or reach the network.

Linux keeps these promises. The network is closed by a seccomp filter (no privilege needed,
nothing to undo it): `socket`, `connect` and `execve` answer EACCES, so neither SERVICE nor
anything else of the engine reaches even loopback. Elsewhere a worker runs with the limits that
the system has, and says `confined: false`.

Specification: https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from pathlib import Path
from typing import Final

PR_SET_PDEATHSIG: Final = 1
PR_SET_SECCOMP: Final = 22
PR_SET_NO_NEW_PRIVS: Final = 38
SECCOMP_MODE_FILTER: Final = 2

LOAD_WORD: Final = 0x20
JUMP_EQUAL: Final = 0x15
JUMP_AT_LEAST: Final = 0x35
RETURN: Final = 0x06
ALLOW: Final = 0x7FFF0000
REFUSE: Final = 0x00050000 | 13  # SECCOMP_RET_ERRNO | EACCES
X32: Final = 0x40000000  # system calls of the x32 ABI have this bit

# architecture: its audit number; socket, connect, execve, ptrace, execveat, io_uring_setup
CLOSED_CALLS: Final = {
    "x86_64": (0xC000003E, (41, 42, 59, 101, 322, 425)),
    "aarch64": (0xC00000B7, (198, 203, 221, 117, 281, 425)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def die_with(parent: int) -> None:
    """Ends this process when its parent ends."""
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the line above
        sys.exit(0)


def close_network() -> bool:
    """Takes the network away from this process for good; False where it cannot be done.

    To be called before any other thread exists: a filter holds for the calling thread and for
    those it starts.
    """
    known = CLOSED_CALLS.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return False
    program = b"".join(_filter(*known))
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    return _prctl(
        PR_SET_SECCOMP,
        SECCOMP_MODE_FILTER,
        ctypes.byref(_Program(len(program) // 8, program)),
    )


def bound_memory(beyond: int) -> int:
    """Lets this process grow by so many bytes and no more; gives its size now, in bytes.

    An allocation above the bound aborts the engine: the process dies, nothing else does.
    """
    size = address_space()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if size:
        resource.setrlimit(resource.RLIMIT_AS, (size + beyond, size + beyond))
    return size


def address_space() -> int:
    """Bytes of address space this process has, 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text("ascii").split()[0]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()


def _filter(architecture: int, calls: tuple[int, ...]) -> list[bytes]:
    refuse = len(calls) + 2  # instructions from the load of the number to the refusal
    checks = [_step(JUMP_EQUAL, call, yes=len(calls) - at) for at, call in enumerate(calls)]
    return [
        _step(LOAD_WORD, 4),  # seccomp_data.arch
        _step(JUMP_EQUAL, architecture, no=refuse + 1),
        _step(LOAD_WORD, 0),  # seccomp_data.nr
        _step(JUMP_AT_LEAST, X32, yes=refuse - 1),
        *checks,
        _step(RETURN, ALLOW),
        _step(RETURN, REFUSE),
    ]


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _prctl(option: int, *values: object) -> bool:
    filled = [ctypes.c_ulong(v) if isinstance(v, int) else v for v in (*values, 0, 0, 0, 0)]
    return bool(ctypes.CDLL(None).prctl(option, *filled[:4]) == 0)
