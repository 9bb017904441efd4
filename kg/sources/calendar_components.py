"""Components of a calendar: its events as text with their lines, apart from one another.

Each is then parsed alone, so that one that cannot be read leaves the others.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from kg.sources.text_rows import MalformedEntry

LINE_END: Final = re.compile(r"\r\n|\r|\n")
ENTRY_OPEN: Final = "entry-open"
CALENDAR, EVENT, ZONE = "VCALENDAR", "VEVENT", "VTIMEZONE"


@dataclass
class CalendarText:
    """One VCALENDAR of a file, its components still text."""

    header: list[str] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    events: list[tuple[int, str]] = field(default_factory=list)
    """Line and text of each VEVENT."""
    others: Counter[str] = field(default_factory=Counter)
    """Number of components of each other kind."""


@dataclass
class _Component:
    """The component that is being read."""

    kind: str
    line: int
    lines: list[str]
    nested: str = ""
    """Kind of the component inside an event (an alarm), which says nothing of it."""


def split_calendars(content: str, malformed: list[MalformedEntry]) -> Iterator[CalendarText]:
    """Yield the calendars of a file; components that do not end are told in `malformed`."""
    splitter = _Splitter(malformed)
    for number, line in enumerate(LINE_END.split(content.lstrip("\ufeff")), 1):
        splitter.take(number, line)
    splitter.close_component()
    yield from splitter.calendars


class _Splitter:
    """Splitter of the lines of a file."""

    def __init__(self, malformed: list[MalformedEntry]) -> None:
        self.calendars: list[CalendarText] = []
        self._malformed = malformed
        self._inside: _Component | None = None

    def take(self, number: int, line: str) -> None:
        """Take the next line of the file."""
        word, _, kind = line.strip().upper().partition(":")
        begun = kind if word == "BEGIN" else ""
        ended = kind if word == "END" else ""
        if begun in (EVENT, CALENDAR) or ended == CALENDAR:
            self.close_component()
        if begun == CALENDAR or (begun and not self.calendars):
            # components alone, as mails have them, are of a calendar without a header
            self.calendars.append(CalendarText())
        if not self.calendars or CALENDAR in (begun, ended):
            return
        if self._inside:
            self._take_inside(self._inside, line, begun, ended)
        elif begun:
            self._inside = _Component(begun, number, [line])
        else:
            self.calendars[-1].header.append(line)

    def _take_inside(self, component: _Component, line: str, begun: str, ended: str) -> None:
        if ended == component.kind:
            component.lines.append(line)
            self._keep(component)
        elif component.kind == EVENT and (component.nested or begun):
            is_over = bool(ended) and ended == component.nested
            component.nested = "" if is_over else component.nested or begun
        else:
            component.lines.append(line)

    def _keep(self, component: _Component) -> None:
        calendar, text = self.calendars[-1], "\n".join(component.lines)
        if component.kind == EVENT:
            calendar.events.append((component.line, text))
        elif component.kind == ZONE:
            calendar.zones.append(text)
        else:
            calendar.others[component.kind] += 1
        self._inside = None

    def close_component(self) -> None:
        """Tell the component that is still open as malformed."""
        if self._inside:
            text = "\n".join(self._inside.lines)
            self._malformed.append(MalformedEntry(self._inside.line, text, ENTRY_OPEN))
        self._inside = None
