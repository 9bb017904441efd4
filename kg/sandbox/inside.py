"""The side of the job: a process that waits for one job, does it under limits, answers and ends.

Started by kg.sandbox.process as `python -m MODULE SOCKET PARENT`; MODULE calls `serve`. Messages
are lines of JSON: to the parent that the process is ready and what confines it, from it the job,
to it the answer or the error.
"""

import errno
import json
import os
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from kg.errors import FULL, EssKgError
from kg.sandbox import confinement, landlock, seccomp
from kg.sandbox.folder import WORK

OVERTIME: Final = 1.0
OUT_OF_MEMORY: Final = ("MemoryError", "OutOfMemoryException", "SystemError")
"""What Python and DuckDB raise where the system gives them no more. The last is what Python says of
itself where an allocation fails in the wrong place."""
SYSTEM: Final = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share"),
    *("/etc/ld.so.cache", "/etc/localtime", "/etc/timezone"),
    *("/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/sys/devices/system/cpu"),
    *("/sys/fs/cgroup", "/dev/null", "/dev/urandom", "/dev/zero"),
)

Work = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""What is done: from the job to the answer, both of what JSON has."""


def serve(work: Work) -> None:
    """Does one job and ends."""
    handle, parent = sys.argv[1:]
    confinement.die_with(int(parent))
    confinement.go_last()
    confined = [seccomp.close_network(), seccomp.close_processes()]
    with socket.socket(fileno=int(handle)) as line, line.makefile("rwb") as messages:
        _say(messages, {"ready": True, "confined": all(confined)})
        asked = messages.readline()
        if asked:
            _say(messages, _done(work, json.loads(asked)))


def _done(work: Work, told: Mapping[str, Any]) -> dict[str, Any]:
    try:
        _confine(told)
        return {"done": work(told["job"])}
    except Exception as error:
        return {
            "failed": type(error).__name__,
            "lacking": _lacking(error),
            "meant": isinstance(error, EssKgError),
            "message": str(error),
            "french": getattr(error, "french", ""),
            "trace": traceback.format_exc(limit=-8),
        }


def _lacking(error: BaseException | None) -> str:
    """What there was not enough of, where that is why: `memory`, `disk` (of what a job may take)
    or `room` (on the machine).

    What an engine lacked may come wrapped in the error of whoever called it.
    """
    while error is not None:
        if lacking := _said_to_lack(error):
            return lacking
        error = error.__cause__ or error.__context__
    return ""


def _said_to_lack(error: BaseException) -> str:
    number = error.errno if isinstance(error, OSError) else 0
    name, message = type(error).__name__, str(error)
    if name in OUT_OF_MEMORY or number == errno.ENOMEM or "can't start new thread" in message:
        return "memory"
    if number == errno.EFBIG or os.strerror(errno.EFBIG) in message:
        return "disk"
    if number in FULL or any(os.strerror(code) in message for code in FULL):
        return "room"
    return ""


def _confine(told: Mapping[str, Any]) -> None:
    """Limits that depend on the job. Comes before the engines start their threads."""
    limits, folder = told["limits"], Path(told["folder"])
    work = folder / WORK
    work.mkdir(exist_ok=True)
    os.chdir(work)
    tempfile.tempdir = str(work)
    confinement.bound_time(limits["seconds"] + OVERTIME)
    confinement.bound_files(limits["disk"], limits["open_files"])
    landlock.only([*_readable(), folder, *map(Path, told["read"])], work)
    confinement.bound_memory(limits["memory"])


def _readable() -> Iterator[Path]:
    """Python, its libraries and this project, wherever each was installed from.

    A package need not lie in a folder of `sys.path`: one that is installed to be edited is found
    by a finder of its installer, and only the package itself knows where.
    """
    yield from map(Path, (sys.prefix, sys.base_prefix, *filter(None, sys.path), *SYSTEM))
    for name, module in tuple(sys.modules.items()):
        if "." not in name:
            yield from map(Path, getattr(module, "__path__", ()))


def _say(messages: Any, content: Mapping[str, Any]) -> None:
    messages.write(json.dumps(content).encode() + b"\n")
    messages.flush()
