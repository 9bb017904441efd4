"""Seccomp filters: system calls that a process gives up, answered by the kernel with an error.

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
RETURN_ALLOW: Final = 0x7FFF0000
RETURN_ERRNO: Final = 0x00050000  # SECCOMP_RET_ERRNO, with the number in the low bits
X32_BIT: Final = 0x40000000  # system calls of the x32 ABI have this bit
NUMBER_OFFSET, ARCHITECTURE_OFFSET, FIRST_ARGUMENT_OFFSET = 0, 4, 16  # places in seccomp_data
CLONE_THREAD: Final = 0x00010000


@dataclass(frozen=True)
class Architecture:
    """The numbers of one processor's system calls."""

    audit: int
    network: tuple[int, ...]
    """socket, connect, execve, ptrace, execveat, io_uring_setup."""
    processes: tuple[int, ...]
    """fork and vfork, where there are such calls."""
    clone: int
    clone3: int = 435


ARCHITECTURES: Final = {
    "x86_64": Architecture(0xC000003E, (41, 42, 59, 101, 322, 425), (57, 58), 56),
    "aarch64": Architecture(0xC00000B7, (198, 203, 221, 117, 281, 425), (), 220),
}


@dataclass(frozen=True)
class Instruction:
    """An instruction, and at which end of the program a comparison goes on; "" is the next one."""

    code: int
    value: int
    if_true: str = ""
    if_false: str = ""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def close_network() -> bool:
    """Takes sockets and other programs away from this process; False where it cannot be done."""
    machine = _find_architecture()
    if machine is None:
        return False
    return _install_filter(
        machine, [Instruction(JUMP_EQUAL, call, "refuse") for call in machine.network]
    )


def close_processes() -> bool:
    """Takes new processes away from this process, threads excepted; False where it cannot.

    `clone3` is answered as by a kernel that does not have it: its flags are out of a filter's
    reach, and the C library then asks by `clone`.
    """
    machine = _find_architecture()
    if machine is None:
        return False
    steps = [
        *(Instruction(JUMP_EQUAL, call, "refuse") for call in machine.processes),
        Instruction(JUMP_EQUAL, machine.clone3, "unknown"),
        Instruction(JUMP_EQUAL, machine.clone, if_false="allow"),
        Instruction(LOAD_WORD, FIRST_ARGUMENT_OFFSET),
        Instruction(JUMP_BITS, CLONE_THREAD, "allow", "refuse"),
    ]
    return _install_filter(machine, steps)


def _find_architecture() -> Architecture | None:
    return ARCHITECTURES.get(platform.machine()) if sys.platform == "linux" else None


def _install_filter(machine: Architecture, checks: list[Instruction]) -> bool:
    program = _assemble(
        [
            Instruction(LOAD_WORD, ARCHITECTURE_OFFSET),
            Instruction(JUMP_EQUAL, machine.audit, if_false="refuse"),
            Instruction(LOAD_WORD, NUMBER_OFFSET),
            Instruction(JUMP_AT_LEAST, X32_BIT, "refuse"),
            *checks,
        ]
    )
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    return prctl(
        PR_SET_SECCOMP,
        SECCOMP_MODE_FILTER,
        ctypes.byref(_Program(len(program) // 8, program)),
    )


def _assemble(steps: list[Instruction]) -> bytes:
    """The program: the steps, then its three ends."""
    ends = {"allow": len(steps), "refuse": len(steps) + 1, "unknown": len(steps) + 2}
    answers = (RETURN_ALLOW, RETURN_ERRNO | errno.EACCES, RETURN_ERRNO | errno.ENOSYS)
    coded = [
        struct.pack(
            "=HBBI",
            step.code,
            *(ends.get(to, at + 1) - at - 1 for to in (step.if_true, step.if_false)),
            step.value,
        )
        for at, step in enumerate(steps)
    ]  # fmt: skip
    return b"".join([*coded, *(struct.pack("=HBBI", RETURN, 0, 0, answer) for answer in answers)])


def prctl(option: int, *values: object) -> bool:
    """Whether the system did what it was asked about this process."""
    filled = [ctypes.c_ulong(v) if isinstance(v, int) else v for v in (*values, 0, 0, 0, 0)]
    return bool(ctypes.CDLL(None).prctl(option, *filled[:4]) == 0)
