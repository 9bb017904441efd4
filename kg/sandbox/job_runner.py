"""Job runner, child side: receives one job, confines itself, runs it and answers.

Started by kg.sandbox.job_process as `python -m MODULE SOCKET PARENT`; MODULE calls `serve`.
Messages are lines of JSON: to the parent that the process is ready and what confines it, from it
the job, to it the answer or the error.
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

from kg.errors import DISK_FULL_ERRNOS, EssKgError
from kg.sandbox import landlock, process_limits, seccomp
from kg.sandbox.job_folder import WORK_FOLDER

OVERTIME_SECONDS: Final = 1.0
OUT_OF_MEMORY_ERRORS: Final = ("MemoryError", "OutOfMemoryException", "SystemError")
"""What Python and DuckDB raise where the system gives them no more. The last is what Python says of
itself where an allocation fails in the wrong place."""
SYSTEM_PATHS: Final = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share"),
    *("/etc/ld.so.cache", "/etc/localtime", "/etc/timezone"),
    *("/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/sys/devices/system/cpu"),
    *("/sys/fs/cgroup", "/dev/null", "/dev/urandom", "/dev/zero"),
)

JobFunction = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""The work of a job: from its content to its answer, both JSON objects."""


def serve_one_job(work: JobFunction) -> None:
    """Runs one job; the process ends then."""
    handle, parent = sys.argv[1:]
    process_limits.end_with_parent(int(parent))
    process_limits.raise_oom_score()
    confined = [seccomp.close_network(), seccomp.close_processes()]
    with socket.socket(fileno=int(handle)) as line, line.makefile("rwb") as messages:
        _send_message(messages, {"ready": True, "confined": all(confined)})
        request = messages.readline()
        if request:
            _send_message(messages, _run_job(work, json.loads(request)))


def _run_job(work: JobFunction, request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        _confine(request)
        return {"done": work(request["job"])}
    except Exception as error:
        return {
            "failed": type(error).__name__,
            "lacking": _find_exhausted_resource(error),
            "meant": isinstance(error, EssKgError),
            "message": str(error),
            "french": getattr(error, "french", ""),
            "trace": traceback.format_exc(limit=-8),
        }


def _find_exhausted_resource(error: BaseException | None) -> str:
    """The resource whose end caused an error: `memory` or `disk` (the limits of the job), `room`
    (the disk of the machine), or none.

    An engine's error may be the cause of the error that reached us.
    """
    while error is not None:
        if resource := _classify_exhaustion(error):
            return resource
        error = error.__cause__ or error.__context__
    return ""


def _classify_exhaustion(error: BaseException) -> str:
    number = error.errno if isinstance(error, OSError) else 0
    name, message = type(error).__name__, str(error)
    if (
        name in OUT_OF_MEMORY_ERRORS
        or number == errno.ENOMEM
        or "can't start new thread" in message
    ):
        return "memory"
    if number == errno.EFBIG or os.strerror(errno.EFBIG) in message:
        return "disk"
    if number in DISK_FULL_ERRNOS or any(os.strerror(code) in message for code in DISK_FULL_ERRNOS):
        return "room"
    return ""


def _confine(request: Mapping[str, Any]) -> None:
    """Applies the limits that depend on the job, before the engines start their threads."""
    limits, folder = request["limits"], Path(request["folder"])
    work = folder / WORK_FOLDER
    work.mkdir(exist_ok=True)
    os.chdir(work)
    tempfile.tempdir = str(work)
    process_limits.lower_priority(limits["niceness"])
    process_limits.limit_time(limits["seconds"] + OVERTIME_SECONDS)
    process_limits.limit_files(limits["disk"], limits["open_files"])
    # memory comes last: Landlock opens folders, which takes some
    landlock.restrict_files([*_find_readable_paths(), folder, *map(Path, request["read"])], work)
    process_limits.limit_memory(limits["memory"])


def _find_readable_paths() -> Iterator[Path]:
    """The paths of Python, its libraries and this project.

    A package need not lie in a folder of `sys.path`: a finder of its installer locates an editable
    install, and only the package itself knows where it is.
    """
    yield from map(Path, (sys.prefix, sys.base_prefix, *filter(None, sys.path), *SYSTEM_PATHS))
    for name, module in tuple(sys.modules.items()):
        if "." not in name:
            yield from map(Path, getattr(module, "__path__", ()))


def _send_message(messages: Any, content: Mapping[str, Any]) -> None:
    messages.write(json.dumps(content).encode() + b"\n")
    messages.flush()
