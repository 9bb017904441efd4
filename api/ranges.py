"""What a Range header asks of a file, before the file is opened (RFC 9110, section 14)."""

import re
from dataclasses import dataclass
from typing import Final

RANGES: Final = re.compile(r"bytes\s*=\s*(.+)", re.IGNORECASE)
RANGE: Final = re.compile(r"(\d{0,18})\s*-\s*(\d{0,18})")


@dataclass(frozen=True)
class Ranges:
    """The parts of a file that are asked for."""

    header: str
    size: int
    """Bytes of the file."""

    @property
    def usable(self) -> bool:
        """Whether the header can be read; what cannot is passed over."""
        return bool(self._parts) and all(map(_readable, self._parts))

    @property
    def outside(self) -> bool:
        """Whether a part begins after the end of the file."""
        return self.usable and any(
            part is not None and self._start(part) >= self.size for part in self._parts
        )

    def _start(self, part: re.Match[str]) -> int:
        first, last = part.groups()
        return int(first) if first else max(self.size - int(last), 0)

    @property
    def _parts(self) -> list[re.Match[str] | None]:
        whole = RANGES.fullmatch(self.header.strip())
        return [RANGE.fullmatch(p.strip()) for p in whole[1].split(",")] if whole else []


def _readable(part: re.Match[str] | None) -> bool:
    if part is None or not any(part.groups()):
        return False
    first, last = part.groups()
    return not (first and last) or int(first) <= int(last)
