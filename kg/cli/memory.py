"""Memory budget of a server: the maximum that its settings allow, and the machine's memory.

A machine may have less, since most queries take a few megabytes. The log then warns that the kernel
may end query and job processes before their own limits do.
"""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kg.settings import Settings

MEGABYTE: Final = 1 << 20
GIGABYTE: Final = 1 << 30
SERVER_PROCESS_BYTES: Final = 256 * MEGABYTE
"""Memory of one server process, with its caches."""
QUERY_PROCESSES: Final = 3
"""Query processes per `KG_QUERY_WORKERS`: one for quick queries, two for long ones."""
CGROUPS: Final = Path("/sys/fs/cgroup")
OWN_CGROUP: Final = Path("/proc/self/cgroup")

log: Final = logging.getLogger(__name__)


def compute_max_memory(settings: Settings, workers: int) -> int:
    """Compute the maximum memory, in bytes, of `workers` server processes (docs/settings.md)."""
    queries = 0
    if not settings.sparql_endpoint:  # a remote service has its own memory
        queries = settings.query_workers * QUERY_PROCESSES * settings.query_memory_mb * MEGABYTE
    checks = (settings.check_workers + 1) * settings.check_memory_mb * MEGABYTE  # and one extract
    return workers * (SERVER_PROCESS_BYTES + queries + checks)


def detect_available_memory(cgroups: Path = CGROUPS, own: Path = OWN_CGROUP) -> int | None:
    """Return the memory, in bytes, available to this process; None where unknown.

    This is the least of the limits of its control group and those above it (version 2 or 1), and of
    the physical memory. `cgroups` is the mount point of control groups, `own` the file that names
    the group of this process.
    """
    return min([*_iterate_cgroup_limits(cgroups, own), *_iterate_physical_memory()], default=None)


def log_memory_budget(settings: Settings, workers: int, available: int | None) -> None:
    """Log the maximum memory; warn where it exceeds `available`, in bytes."""
    most = compute_max_memory(settings, workers)
    fields = {
        "most": _format_gb(most),
        "here": "unknown" if available is None else _format_gb(available),
    }
    if available is not None and most > available:
        log.warning(
            "the settings allow more memory than there is: where it runs out, the kernel ends "
            "queries and checks; lower KG_WORKERS, KG_QUERY_WORKERS, KG_QUERY_MEMORY_MB or "
            "KG_CHECK_MEMORY_MB to bound it",
            extra=fields,
        )
    else:
        log.info("memory that the server may take at most", extra=fields)


def _iterate_cgroup_limits(cgroups: Path, own: Path) -> Iterator[int]:
    try:
        lines = own.read_text("utf-8").splitlines()
    except OSError:
        lines = ["0::/"]
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            yield from _iterate_ancestor_limits(cgroups, path, "memory.max")
        elif "memory" in controllers.split(","):
            yield from _iterate_ancestor_limits(cgroups / "memory", path, "memory.limit_in_bytes")


def _iterate_ancestor_limits(top: Path, path: str, name: str) -> Iterator[int]:
    """Yield the readable limits of a control group and of those above it."""
    parts = [part for part in path.split("/") if part and part != ".."]
    for depth in range(len(parts), -1, -1):
        try:
            text = top.joinpath(*parts[:depth], name).read_text("ascii").strip()
        except OSError:
            continue
        if text.isdecimal():  # not `max`; version 1 writes a huge number for no limit
            yield int(text)


def _iterate_physical_memory() -> Iterator[int]:
    try:
        yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return


def _format_gb(count: int) -> str:
    return f"{count / GIGABYTE:.1f} GB"
