"""Byte ranges of a Range header, read before the file is opened (RFC 9110, section 14)."""

import re
from dataclasses import dataclass
from typing import Final

RANGES_PATTERN: Final = re.compile(r"bytes\s*=\s*(.+)", re.IGNORECASE)
RANGE_PATTERN: Final = re.compile(r"(\d{0,18})\s*-\s*(\d{0,18})")


@dataclass(frozen=True)
class ByteRanges:
    """The parts of a file that are asked for."""

    header: str
    size: int
    """Bytes of the file."""

    @property
    def usable(self) -> bool:
        """Whether the header can be read; what cannot is passed over."""
        return bool(self._parts) and all(map(_is_readable, self._parts))

    @property
    def unsatisfiable(self) -> bool:
        """Whether a part begins after the end of the file."""
        return self.usable and any(
            part is not None and self._compute_start(part) >= self.size for part in self._parts
        )

    def _compute_start(self, part: re.Match[str]) -> int:
        first, last = part.groups()
        return int(first) if first else max(self.size - int(last), 0)

    @property
    def _parts(self) -> list[re.Match[str] | None]:
        whole = RANGES_PATTERN.fullmatch(self.header.strip())
        return [RANGE_PATTERN.fullmatch(p.strip()) for p in whole[1].split(",")] if whole else []


def _is_readable(part: re.Match[str] | None) -> bool:
    if part is None or not any(part.groups()):
        return False
    first, last = part.groups()
    return not (first and last) or int(first) <= int(last)
