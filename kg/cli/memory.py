"""Memory budget of a server: the most its settings allow, and the memory of the machine.

A machine may have less than the settings allow, since most queries take some megabytes. The log
says so, because the kernel may then end query and job processes before their own limits do.
"""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kg.settings import Settings

MEGABYTE: Final = 1 << 20
GIGABYTE: Final = 1 << 30
SERVER: Final = 256 * MEGABYTE
"""Bytes of one server process, its caches included."""
LONG: Final = 3
"""Query processes for each of `KG_QUERY_WORKERS`: a quick one and two long ones."""
CGROUPS: Final = Path("/sys/fs/cgroup")
OWN: Final = Path("/proc/self/cgroup")

log: Final = logging.getLogger(__name__)


def most_memory(chosen: Settings, workers: int) -> int:
    """Bytes that a server with `workers` processes may take at most (docs/settings.md)."""
    queries = 0
    if not chosen.sparql_endpoint:  # a remote service has its own memory
        queries = chosen.query_workers * LONG * chosen.query_memory_mb * MEGABYTE
    checks = (chosen.check_workers + 1) * chosen.check_memory_mb * MEGABYTE  # and one extract
    return workers * (SERVER + queries + checks)


def memory_here(cgroups: Path = CGROUPS, own: Path = OWN) -> int | None:
    """Bytes of memory that this process and its children may have; None where unknown.

    The least of the limits of its control group and of those above it (version 2 or 1), and of the
    physical memory. `cgroups` is the mount point of control groups, `own` the file that names
    the one of this process.
    """
    return min([*_limits(cgroups, own), *_physical()], default=None)


def tell_memory(chosen: Settings, workers: int, here: int | None) -> None:
    """Logs the most memory that the server may take; warns where it exceeds `here`, the bytes of
    the machine."""
    most = most_memory(chosen, workers)
    fields = {"most": _size(most), "here": "unknown" if here is None else _size(here)}
    if here is not None and most > here:
        log.warning(
            "the settings allow more memory than there is: where it runs out, the kernel ends "
            "queries and checks; lower KG_WORKERS, KG_QUERY_WORKERS, KG_QUERY_MEMORY_MB or "
            "KG_CHECK_MEMORY_MB to bound it",
            extra=fields,
        )
    else:
        log.info("memory that the server may take at most", extra=fields)


def _limits(cgroups: Path, own: Path) -> Iterator[int]:
    try:
        lines = own.read_text("utf-8").splitlines()
    except OSError:
        lines = ["0::/"]
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            yield from _upwards(cgroups, path, "memory.max")
        elif "memory" in controllers.split(","):
            yield from _upwards(cgroups / "memory", path, "memory.limit_in_bytes")


def _upwards(top: Path, path: str, name: str) -> Iterator[int]:
    """The limits of a control group and of those above it that can be read."""
    parts = [part for part in path.split("/") if part and part != ".."]
    for depth in range(len(parts), -1, -1):
        try:
            text = top.joinpath(*parts[:depth], name).read_text("ascii").strip()
        except OSError:
            continue
        if text.isdecimal():  # `max` where there is none; version 1 has a number beyond any memory
            yield int(text)


def _physical() -> Iterator[int]:
    try:
        yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return


def _size(count: int) -> str:
    return f"{count / GIGABYTE:.1f} GB"
