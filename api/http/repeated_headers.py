"""Repeated request headers, joined into one line each (RFC 9110, section 5.3)."""

from typing import Final

LIST_HEADERS: Final = frozenset(
    [b"accept", b"accept-encoding", b"accept-language", b"accept-profile", b"if-none-match"]
)
"""Headers whose lines are looked at."""

HeaderLines = list[tuple[bytes, bytes]]


def merge_repeated_headers(lines: HeaderLines) -> HeaderLines:
    """The same headers, those of several lines in one."""
    if len(dict(lines)) == len(lines):  # as nearly always: each name once
        return lines
    every: dict[bytes, list[bytes]] = {}
    for name, value in lines:
        if name in LIST_HEADERS:
            every.setdefault(name, []).append(value)
    other_lines = [line for line in lines if line[0] not in LIST_HEADERS]
    return [*other_lines, *((name, b", ".join(values)) for name, values in every.items())]
