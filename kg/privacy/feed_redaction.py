"""Redaction of feeds (RSS, Atom): entries of a record, and the elements that name it as an author.

Whatever else a feed says stays byte for byte. A title or a text that mentions the record is left to
somebody.
"""

import html
import re
from collections import Counter
from typing import Final
from xml.parsers import expat

from kg.errors import SourceError
from kg.privacy.traces import Traces
from kg.sources.feed_files import ENTRY_START, count_entries

ENTRY: Final = re.compile(
    r"[ \t]*<(?P<name>(?:[\w.-]+:)?(?:item|entry))(?=[\s>/])"
    r"(?:[^>]*/>|.*?</(?P=name)\s*>)[ \t]*(?:\r\n|\r|\n)?",
    re.DOTALL | re.IGNORECASE,
)
PARTY: Final = re.compile(
    r"[ \t]*<(?P<name>(?:[\w.-]+:)?(?:author|contributor|creator|managingEditor|webMaster|editor"
    r"|owner|credit|organizer|attendee|contact))(?=[\s>/])"
    r"(?:[^>]*/>|.*?</(?P=name)\s*>)[ \t]*(?:\r\n|\r|\n)?",
    re.DOTALL | re.IGNORECASE,
)
"""Elements of Atom, RSS, Dublin Core, iTunes, Media RSS and xCal that name people."""


def redact_feed(text: str, own: frozenset[int], traces: Traces) -> tuple[str, int, int, list[int]]:
    """A feed without a record; `own` are lines where entries begin that are to be removed.

    Also how many entries were removed, how many elements that name people, and the lines that
    still tell of the record. An entry that cannot be told from others by its line stays, and so
    does a feed that would not be well-formed any more.
    """
    traces = traces.add_addresses(html.unescape(match[0]) for match in PARTY.finditer(text))
    numbers = _number_entries(text)
    left = own - set(numbers.values())
    entries = parties = 0

    def remove_entry(match: re.Match[str]) -> str:
        nonlocal entries
        if numbers.get(match.start("name") - 1) not in own:
            return match[0]
        entries += 1
        return ""

    def remove_party(match: re.Match[str]) -> str:
        nonlocal parties
        if not _tells(match[0], traces):
            return match[0]
        parties += 1
        return ""

    fresh = PARTY.sub(remove_party, ENTRY.sub(remove_entry, text))
    if _is_well_formed(text) and not _is_well_formed(fresh):
        return text, 0, 0, sorted(own | set(list_feed_lines(text, traces)))
    return fresh, entries, parties, sorted(left | set(list_feed_lines(fresh, traces)))


def list_feed_lines(text: str, traces: Traces) -> list[int]:
    """The lines of a feed that tell of a record."""
    return [n for n, line in enumerate(text.split("\n"), 1) if _tells(line, traces)]


def _tells(text: str, traces: Traces) -> bool:
    return traces.are_in_text(text) or traces.are_in_text(html.unescape(text))


def _number_entries(text: str) -> dict[int, int]:
    """The line of each entry by its place, of those that are alone on their line."""
    starts = [match.start() for match in re.finditer(ENTRY_START.pattern.decode(), text, re.I)]
    try:
        count = count_entries(text.encode("utf-8", "surrogateescape"), "feed")
    except SourceError:
        return {}
    if len(starts) != count:
        return {}
    lines = {start: text.count("\n", 0, start) + 1 for start in starts}
    shared = Counter(lines.values())
    return {start: line for start, line in lines.items() if shared[line] == 1}


def _is_well_formed(text: str) -> bool:
    try:
        # the declaration names the encoding of the file, which this text is not in any more
        expat.ParserCreate("utf-8").Parse(text.encode("utf-8", "surrogateescape"), True)
    except expat.ExpatError:
        return False
    return True
