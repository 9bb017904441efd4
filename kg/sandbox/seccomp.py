"""Filters of system calls: what a process has given up, the kernel answers with an error.

No privilege is needed to install one and nothing undoes it. It holds for the calling thread, for
the threads and for the processes it starts later: install it before any other thread exists.

Specification: https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

import ctypes
import errno
import platform
import struct
import sys
from dataclasses import dataclass
from typing import Final

PR_SET_SECCOMP: Final = 22
PR_SET_NO_NEW_PRIVS: Final = 38
SECCOMP_MODE_FILTER: Final = 2

LOAD_WORD: Final = 0x20
JUMP_EQUAL: Final = 0x15
JUMP_AT_LEAST: Final = 0x35
JUMP_BITS: Final = 0x45
RETURN: Final = 0x06
ALLOW: Final = 0x7FFF0000
ERROR: Final = 0x00050000  # SECCOMP_RET_ERRNO, with the number in the low bits
X32: Final = 0x40000000  # system calls of the x32 ABI have this bit
NUMBER_AT, MACHINE_AT, FIRST_ARGUMENT_AT = 0, 4, 16  # places in seccomp_data
CLONE_THREAD: Final = 0x00010000


@dataclass(frozen=True)
class Machine:
    """The numbers of one processor's system calls."""

    audit: int
    network: tuple[int, ...]
    """socket, connect, execve, ptrace, execveat, io_uring_setup."""
    processes: tuple[int, ...]
    """fork and vfork, where there are such calls."""
    clone: int
    clone3: int = 435


MACHINES: Final = {
    "x86_64": Machine(0xC000003E, (41, 42, 59, 101, 322, 425), (57, 58), 56),
    "aarch64": Machine(0xC00000B7, (198, 203, 221, 117, 281, 425), (), 220),
}


@dataclass(frozen=True)
class Step:
    """An instruction, and at which end of the program a comparison goes on; "" is the next one."""

    code: int
    value: int
    yes: str = ""
    no: str = ""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def close_network() -> bool:
    """Takes sockets and other programs away from this process; False where it cannot be done."""
    machine = _machine()
    if machine is None:
        return False
    return _install(machine, [Step(JUMP_EQUAL, call, "refuse") for call in machine.network])


def close_processes() -> bool:
    """Takes new processes away from this process, threads excepted; False where it cannot.

    `clone3` is answered as by a kernel that does not have it: its flags are out of a filter's
    reach, and the C library then asks by `clone`.
    """
    machine = _machine()
    if machine is None:
        return False
    steps = [
        *(Step(JUMP_EQUAL, call, "refuse") for call in machine.processes),
        Step(JUMP_EQUAL, machine.clone3, "unknown"),
        Step(JUMP_EQUAL, machine.clone, no="allow"),
        Step(LOAD_WORD, FIRST_ARGUMENT_AT),
        Step(JUMP_BITS, CLONE_THREAD, "allow", "refuse"),
    ]
    return _install(machine, steps)


def _machine() -> Machine | None:
    return MACHINES.get(platform.machine()) if sys.platform == "linux" else None


def _install(machine: Machine, checks: list[Step]) -> bool:
    program = _assembled(
        [
            Step(LOAD_WORD, MACHINE_AT),
            Step(JUMP_EQUAL, machine.audit, no="refuse"),
            Step(LOAD_WORD, NUMBER_AT),
            Step(JUMP_AT_LEAST, X32, "refuse"),
            *checks,
        ]
    )
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    return prctl(
        PR_SET_SECCOMP,
        SECCOMP_MODE_FILTER,
        ctypes.byref(_Program(len(program) // 8, program)),
    )


def _assembled(steps: list[Step]) -> bytes:
    """The program: the steps, then its three ends."""
    ends = {"allow": len(steps), "refuse": len(steps) + 1, "unknown": len(steps) + 2}
    answers = (ALLOW, ERROR | errno.EACCES, ERROR | errno.ENOSYS)
    coded = [
        struct.pack(
            "=HBBI", step.code, *(ends.get(to, at + 1) - at - 1 for to in (step.yes, step.no)),
            step.value,
        )
        for at, step in enumerate(steps)
    ]  # fmt: skip
    return b"".join([*coded, *(struct.pack("=HBBI", RETURN, 0, 0, answer) for answer in answers)])


def prctl(option: int, *values: object) -> bool:
    """Whether the system did what it was asked about this process."""
    filled = [ctypes.c_ulong(v) if isinstance(v, int) else v for v in (*values, 0, 0, 0, 0)]
    return bool(ctypes.CDLL(None).prctl(option, *filled[:4]) == 0)
