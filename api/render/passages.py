"""Where something was read, from the IRI of a passage to words.

A passage of a text is `…/id/source/{name}#char=start,end` (RFC 5147: the end is exclusive), a line
of a register `…/id/source/{name}#file={file}&row={row}`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from api.render.site import Site
from kg.namespaces import ID

PASSAGE: Final = re.compile(
    re.escape(ID) + r"source/(?P<name>[^#]+)"
    r"(?:#(?:char=(?P<start>\d+),(?P<end>\d+)|file=(?P<file>[^&]*)&row=(?P<row>\d+)))?"
)


@dataclass(frozen=True)
class Passage:
    """One place in one source."""

    source: str
    place: str
    """In words of the page: characters 120–164, or a file and its row; empty for the whole."""
    href: str


def passages(iris: Iterable[str], site: Site) -> list[Passage]:
    """The passages among some IRIs, by source, in the order of the text."""
    found = [match for iri in iris if (match := PASSAGE.fullmatch(iri))]
    found.sort(key=lambda m: (m["name"], int(m["start"] or m["row"] or 0)))
    return [Passage(m["name"], _place(m, site), site.href(f"/source/{m['name']}")) for m in found]


def _place(match: re.Match[str], site: Site) -> str:
    if match["start"]:
        return f"{site.t('read_at')} {match['start']}–{match['end']}"
    if match["row"]:
        return f"{match['file']}, {site.t('row')} {match['row']}"
    return ""
