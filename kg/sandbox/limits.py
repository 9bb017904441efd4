"""Limits of a sandboxed job: time, memory, disk, files, queue, priority."""

from dataclasses import dataclass
from typing import Final

MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True)
class JobLimits:
    """The limits of one job, which is ended beyond them."""

    seconds: float = 60.0
    """Wall time from when its process gets the job."""
    memory: int = 2048 * MEGABYTE
    """Bytes of address space its process may have beyond what it has when it starts."""
    disk: int = 1024 * MEGABYTE
    """Bytes of its folder."""
    files: int = 1000
    """Files in its folder."""
    open_files: int = 256
    """Files it may have open."""
    max_concurrent: int = 1
    """Jobs that run at the same time."""
    queue: int = 4
    """Jobs that may be received or wait beside those that run."""
    niceness: int = 5
    """Niceness (setpriority(2)), which decides its share of a busy processor (decision 9)."""
