"""What a command costs: wall time, processor time and memory, its children included."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PAUSE: Final = 0.25
"""Seconds between two looks at the memory."""
KEPT: Final = 1 << 20


@dataclass(frozen=True)
class Cost:
    """A command that ended: what it cost and said."""

    status: int
    wall: float
    """Seconds."""
    processor: float
    """Seconds of all its processes, user and system."""
    peak: int
    """Bytes of all its processes together, when they were most."""
    output: str
    errors: str


def run(
    command: Sequence[str | Path],
    limit: float = 86_400,
    environment: Mapping[str, str] | None = None,
) -> Cost:
    """Runs a command from the project's folder and measures it; kills it after `limit` seconds.

    The memory is the sum of the resident memory of its processes, in which pages that they share
    count for each: an upper bound, sampled. A command that was killed has a negative status.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT, stdout=output, stderr=errors,
            env={**clean_environment(), **(environment or {})}, start_new_session=True,
        )  # fmt: skip
        stop = threading.Timer(limit, _kill, [process.pid])
        stop.start()
        peaks = [0]
        watch = threading.Thread(target=_watch, args=(process.pid, peaks))
        watch.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        stop.cancel()
        watch.join()
        return Cost(
            status=process.returncode,
            wall=wall,
            processor=used.ru_utime + used.ru_stime,
            peak=peaks[0],
            output=_told(output.fileno()),
            errors=_told(errors.fileno()),
        )


def clean_environment() -> dict[str, str]:
    """The environment without the project's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KG_")}


def _told(file: int) -> str:
    return os.pread(file, KEPT, max(0, os.fstat(file).st_size - KEPT)).decode("utf-8", "replace")


def _kill(group: int) -> None:
    os.killpg(group, 9)


def _watch(pid: int, peaks: list[int]) -> None:
    """Keeps the highest sum of memory of a process and what it started, until it ends."""
    while (used := sum(map(_resident, tree(pid)))) > 0:
        peaks[0] = max(peaks[0], used)
        time.sleep(PAUSE)


def tree(pid: int) -> list[int]:
    """A process and all that came of it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found.extend(int(child) for child in _read(task).split())
    return found


def _resident(pid: int) -> int:
    told = _read(Path(f"/proc/{pid}/statm")).split()
    return int(told[1]) * os.sysconf("SC_PAGE_SIZE") if told else 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
