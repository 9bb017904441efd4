"""Redaction of calendars: events of a record, and the lines that name it as organiser or attendee.

Whatever else a calendar says stays byte for byte, its folded lines included. A text that mentions
the record, and an event that recurs, are left to somebody: RFC 5545, sections 3.1 and 3.8.4.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kg.privacy.traces import Traces

PARTY_PROPERTIES: Final = ("ATTENDEE", "ORGANIZER", "CONTACT")
"""Properties that name people beside what an event says."""
RECURRENCE_PROPERTIES: Final = ("RRULE", "RDATE")
CALENDAR_FOLD: Final = re.compile(r"(?:\r\n|\r|\n)[ \t]")
LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
PROPERTY_END: Final = re.compile(r"[;:]")
ESCAPED: Final = re.compile(r"\\([,;\\])")


@dataclass
class _ContentLine:
    """One property, with the lines of the file over which it is folded."""

    number: int
    """Line of the file where it begins."""
    raw: str
    """As the file has it, line ends included."""

    @property
    def text(self) -> str:
        """The property on one line, without escapes."""
        return ESCAPED.sub(r"\1", CALENDAR_FOLD.sub("", self.raw))

    @property
    def name(self) -> str:
        return PROPERTY_END.split(self.text.lstrip("\ufeff"), maxsplit=1)[0].strip().upper()

    def is_bound(self, word: str, component: str) -> bool:
        """Whether it begins or ends a component."""
        return self.text.lstrip("\ufeff").strip().upper() == f"{word}:{component}"


def redact_calendar(
    text: str, own: frozenset[int], traces: Traces
) -> tuple[str, int, int, list[int]]:
    """A calendar without a record; `own` are lines where events begin that are to be removed.

    Also how many events were removed, how many lines that name people, and the lines that still
    tell of the record.
    """
    kept: list[_ContentLine] = []
    events = parties = 0
    left = []
    lines = list(_iter_content_lines(text))
    traces = traces.add_addresses(line.text for line in lines if line.name in PARTY_PROPERTIES)
    for event in _iter_parts(lines):
        if event[0].number in own and event[0].is_bound("BEGIN", "VEVENT"):
            if any(line.name in RECURRENCE_PROPERTIES for line in event):
                left.append(event[0].number)
            else:
                events += 1
                continue
        for line in event:
            if not traces.are_in_text(line.text):
                kept.append(line)
            elif line.name in PARTY_PROPERTIES:
                parties += 1
            else:
                kept.append(line)
                left.append(line.number)
    return "".join(line.raw for line in kept), events, parties, left


def list_calendar_lines(text: str, traces: Traces) -> list[int]:
    """The lines of a calendar where properties begin that tell of a record."""
    return [line.number for line in _iter_content_lines(text) if traces.are_in_text(line.text)]


def _iter_content_lines(text: str) -> Iterator[_ContentLine]:
    current: _ContentLine | None = None
    for number, match in enumerate(LINE.finditer(text), 1):
        raw = match[0]
        if current is not None and raw.startswith((" ", "\t")):
            current.raw += raw
            continue
        if current is not None:
            yield current
        current = _ContentLine(number, raw) if raw else None
    if current is not None:
        yield current


def _iter_parts(lines: list[_ContentLine]) -> Iterator[list[_ContentLine]]:
    """The lines of each event together, each other line alone."""
    event: list[_ContentLine] = []
    for line in lines:
        if line.is_bound("BEGIN", "VEVENT") and event:
            yield from ([each] for each in event)  # one that does not end
            event = []
        if event or line.is_bound("BEGIN", "VEVENT"):
            event.append(line)
            if line.is_bound("END", "VEVENT"):
                yield event
                event = []
        else:
            yield [line]
    yield from ([each] for each in event)
