"""Process limits of Linux: parent-death signal, address space, files, time, niceness, OOM score.

Linux keeps these promises; elsewhere a process runs with the limits that the system has. What it
may ask of the kernel and which files it sees are said in `seccomp` and `landlock`.
"""

import os
import resource
import signal
import sys
from functools import lru_cache
from pathlib import Path
from typing import Final

from kg.sandbox.seccomp import prctl

PR_SET_PDEATHSIG: Final = 1
MAX_OOM_SCORE: Final = "1000"
PAGE_BYTES: Final = resource.getpagesize()


def end_with_parent(parent: int, how: signal.Signals = signal.SIGKILL) -> None:
    """Ends this process when its parent ends, by a signal."""
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:  # it ended before the line above
        sys.exit(0)


def limit_memory(beyond: int) -> int:
    """Lets this process grow by so many bytes and no more; gives its size now, in bytes.

    An allocation above the bound aborts the engine: the process dies, nothing else does.
    """
    size = read_address_space()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if size:
        resource.setrlimit(resource.RLIMIT_AS, (size + beyond, size + beyond))
    return size


def limit_files(largest: int, open_at_once: int) -> None:
    """Lets this process write files of so many bytes, and have so many of them open."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_at_once, open_at_once))


def limit_time(seconds: float) -> None:
    """Ends this process after so much time, were its parent too busy to do it."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def lower_priority(niceness: int) -> None:
    """Lets processes of a lower niceness go first."""
    os.nice(max(niceness - os.nice(0), 0))


def raise_oom_score() -> None:
    """Lets the kernel end this process before any other where memory runs out."""
    try:
        Path("/proc/self/oom_score_adj").write_text(MAX_OOM_SCORE, "ascii")
    except OSError:  # not Linux
        return


def read_address_space() -> int:
    """Bytes of address space this process has, 0 where the system does not tell.

    Asked after each query: the file stays open, and is read anew each time.
    """
    try:
        pages = os.pread(_open_statm(os.getpid()), 64, 0).split(maxsplit=1)[0]
    except (OSError, IndexError):
        return 0
    return int(pages) * PAGE_BYTES


@lru_cache(maxsize=1)
def _open_statm(process: int) -> int:
    """The file that tells the memory of a process (proc(5))."""
    return os.open(f"/proc/{process}/statm", os.O_RDONLY | os.O_CLOEXEC)
