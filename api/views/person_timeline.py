"""Timeline of a person: roles, talks and publications as bars and dots, with the table beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Final

from api.views.page_context import PageContext
from api.views.qualified_relations import RelationRow
from kg.catalogue.edtf import parse_interval

KINDS: Final[Mapping[str, str]] = {
    "memberships": "organisation",
    "participations": "event",
    "authorships": "publication",
    "project_participations": "project",
}
"""Tables whose rows are drawn, and the kind whose colour they have."""
LEAST: Final = 2
"""Dated rows from which on there is something to draw."""
MAX_SPANS: Final = 60
WIDTH, ROW, HEAD, FOOT = 900, 26, 8, 26
MARGIN: Final = 14
MAX_TICKS: Final = 12
MAX_TEXT: Final = 60
LETTER, GAP = 6.8, 12
"""Pixels of a letter of a text, and between a text and its dot."""
DAY_LENGTH: Final = len("2010-11-04")
STEPS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)
"""Years between two ticks."""


@dataclass(frozen=True)
class Span:
    """A role or a talk: when, what, and where it is drawn."""

    kind: str
    period: str
    text: str
    short: str
    href: str
    x: float
    y: float
    length: float
    """0 for what is a moment, or of which the beginning alone is known."""
    text_x: float
    anchor: str
    """Class of the text: on which side of it its place is."""


@dataclass(frozen=True)
class PersonTimeline:
    """The dated rows of a person in the order of time."""

    width: int
    height: int
    floor: int
    ticks: Sequence[tuple[float, str]]
    spans: Sequence[Span]
    undated: int
    not_shown: int
    """Earlier rows that are left out."""


def build_person_timeline(
    roles: Mapping[str, Sequence[RelationRow]], site: PageContext, left_out: int = 0
) -> PersonTimeline | None:
    """The timeline; None where fewer than two rows have a date. `left_out`: rows not given."""
    rows = [(table, row) for table in KINDS for row in roles.get(table, ())]
    dated = [
        (bounds, table, row) for table, row in rows if (bounds := _read_bounds(row)) is not None
    ]
    if len(dated) < LEAST:
        return None
    dated.sort(key=lambda one: one[0])
    shown = dated[-MAX_SPANS:]
    first = int(min(begin for (begin, _), _, _ in shown))
    last = int(max(end for (_, end), _, _ in shown)) + 1
    scale = (WIDTH - 2 * MARGIN) / (last - first)
    spans = [
        _build_span(
            table, row, MARGIN + (begin - first) * scale, MARGIN + (end - first) * scale, at, site
        )
        for at, ((begin, end), table, row) in enumerate(shown)
    ]
    step = next((s for s in STEPS if (last - first) / s <= MAX_TICKS), STEPS[-1])
    ticks = [
        (round(MARGIN + (year - first) * scale, 1), str(year))
        for year in range(first, last + 1)
        if year % step == 0
    ]
    floor = HEAD + ROW * len(spans)
    return PersonTimeline(
        WIDTH,
        floor + FOOT,
        floor,
        ticks,
        spans,
        undated=len(rows) - len(dated),
        not_shown=len(dated) - len(shown) + left_out,
    )


def _read_bounds(row: RelationRow) -> tuple[float, float] | None:
    """Beginning and end in years; where one alone is known that is a moment."""
    known = [bounds for written in row.dates if written and (bounds := parse_interval(written))]
    if not known:
        return None
    begin = _to_year(known[0][0])
    return begin, max(begin, _to_year(known[-1][1])) if len(known) > 1 else begin


def _to_year(moment: str) -> float:
    """A moment as a year with its fraction."""
    year, month, day = (int(part) for part in moment[:DAY_LENGTH].split("-"))
    return year + (month - 1) / 12 + (day - 1) / 366


def _build_span(
    table: str, row: RelationRow, begin: float, end: float, at: int, site: PageContext
) -> Span:
    others = ", ".join(other.text for other in row.others)
    text = f"{row.role.text}{site.colon}{others}" if others else row.role.text
    length = end - begin if end - begin > ROW / 2 else 0
    right = end if length else begin
    short = shorten(text, MAX_TEXT, placeholder="…")
    needed = len(short) * LETTER
    anchor, text_x = "after", right + GAP
    if needed > WIDTH - text_x:
        anchor, text_x = "before", begin - GAP
    if anchor == "before" and needed > text_x:
        anchor, text_x = "inside", begin + GAP
        short = shorten(text, max(8, int((length - 2 * GAP) / LETTER)), placeholder="…")
    return Span(
        KINDS[table],
        row.period,
        text,
        short,
        row.others[0].href if row.others else "",
        round(begin, 1),
        HEAD + ROW * at + ROW / 2,
        round(length, 1),
        round(text_x, 1),
        anchor,
    )
