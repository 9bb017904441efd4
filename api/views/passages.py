"""Source passages: where a statement was read, from the IRI of a passage to words.

A passage of a text is `…/id/source/{name}#char=start,end` (RFC 5147: the end is exclusive), a line
of a register `…/id/source/{name}#key={kind}/{key}`, or, where a source names it by its place,
`…#file={file}&row={row}`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final, Protocol
from urllib.parse import unquote

from markupsafe import Markup

from api.views.labels import LabelResolver
from api.views.page_context import PageContext
from kg import iris
from kg.namespaces import ID

PASSAGE_PATTERN: Final = re.compile(
    re.escape(ID) + r"source/(?P<name>[^#]+)"
    r"(?:#(?:char=(?P<start>\d+),(?P<end>\d+)|key=(?P<key>.+)|file=(?P<file>[^&]*)&row=(?P<row>\d+)))?"
)

MIN_SHARING_ROWS: Final = 3
"""Rows from which what all have in common is told once, at the head of a list."""


@dataclass(frozen=True)
class Passage:
    """Where in one source."""

    name: str
    """The key of the source."""
    source: str
    """Its title, in the language of the page."""
    places: tuple[str, ...]
    """Character ranges, keys of lines, or a file and its row; none for the whole source."""
    characters: bool
    href: str
    place_hrefs: tuple[str, ...] = ()
    """Where what was read in each of the places is shown."""

    def format_places(self, site: PageContext) -> str:
        """The places in words, each with a link to what was read there.

        A row is told by its key only where there are several: of something said about a record
        (`organisation/x#relation-1`) by that of the record.
        """
        unit = f"{site.t('read_at')} " if self.characters else ""
        row = f"{site.t('row')} "
        if len(self.places) == 1 and self.places[0].startswith(row):
            return Markup('<a href="{}" rel="nofollow" title="{}">{}</a>').format(
                self.place_hrefs[0], self.places[0], site.t("row")
            )
        links = (
            Markup('<a href="{}" rel="nofollow">{}</a>').format(
                href, place.partition("#")[0] if place.startswith(row) else place
            )
            for place, href in zip(self.places, self.place_hrefs, strict=True)
        )
        return Markup("{}{}").format(unit, Markup(", ").join(links))


def parse_passages(passage_iris: Iterable[str], names: LabelResolver) -> list[Passage]:
    """The passages among some IRIs, by source, in the order of the text."""
    matches = [match for iri in passage_iris if (match := PASSAGE_PATTERN.fullmatch(iri))]
    matches.sort(key=lambda m: (m["name"], int(m["start"] or m["row"] or 0)))
    return [
        _build_passage(name, list(group), names)
        for name, group in groupby(matches, itemgetter("name"))
    ]


class ReadRow(Protocol):
    """A fact as it is listed, with where it was read."""

    @property
    def passages(self) -> Sequence[Passage]: ...


def find_shared_source(rows: Sequence[ReadRow]) -> Passage | None:
    """A passage in the one source that all rows of a list were read in, which is then told once.

    None where there are several sources or only a few rows.
    """
    if len(rows) < MIN_SHARING_ROWS:
        return None
    names = {tuple(passage.name for passage in row.passages) for row in rows}
    return rows[0].passages[0] if len(names) == 1 and len(names.pop()) == 1 else None


def _build_passage(name: str, matches: Sequence[re.Match[str]], names: LabelResolver) -> Passage:
    site, title = names.site, names.resolve_label(iris.build_source_iri(name))
    places = {
        place: site.href(f"/source/{name}/passage", _list_parameters(match))
        for match in matches
        if (place := _format_place(match, site))
    }
    characters = any(match["start"] for match in matches)
    href = site.href(f"/source/{name}")
    return Passage(name, title, tuple(places), characters, href, tuple(places.values()))


def _list_parameters(match: re.Match[str]) -> list[tuple[str, str]]:
    """What names the passage in the address of its page: the parts of its IRI as they are."""
    if match["start"]:
        return [("char", f"{match['start']},{match['end']}")]
    if match["key"]:
        return [("key", match["key"])]
    return [("file", match["file"]), ("row", match["row"])]


def _format_place(match: re.Match[str], site: PageContext) -> str:
    if match["start"]:
        return f"{match['start']}–{match['end']}"
    if match["key"]:
        return f"{site.t('row')} {unquote(match['key'])}"
    return f"{match['file']}, {site.t('row')} {match['row']}" if match["row"] else ""
