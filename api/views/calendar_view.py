"""View model of the calendar of a selection: a month as a grid of weeks, and what has no day."""

import calendar
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from babel import Locale

from api.http.links import build_url
from api.i18n.dates import MONTH_PATTERN, format_date, format_interval
from api.serializers.event_status import format_status
from api.views.jinja import render_page
from api.views.list_view_names import CALENDAR, VIEW_PARAMETER
from api.views.page_context import PageContext, build_page_context
from api.views.selection_view import ViewRequest
from kg.catalogue.edtf import OPEN_END, parse_span
from kg.catalogue.filters import Filters
from kg.catalogue.listing import load_status_labels
from kg.catalogue.record_dates import MonthCounts
from kg.catalogue.records import Item
from kg.errors import InvalidParameter, ParameterFault
from kg.kinds import Text
from kg.time_zones import convert_to_zone, find_today

FIRST_YEAR, LAST_YEAR = "0001", "9998"
MAX_MONTH_RECORDS: Final = 300
MAX_DAY_ENTRIES: Final = 4
MAX_SIDE_ENTRIES: Final = 12
"""Entries of a list beside the grid that are not folded."""
MAX_DAYS_IN_GRID: Final = 8
"""Days up to which a record stands at each of its days; a longer one stands beside the grid."""
UPCOMING_SHOWN: Final = 5


@dataclass(frozen=True)
class CalendarEntry:
    """A record in a calendar."""

    title: str
    href: str
    when: str
    """The time of day in the grid, the whole period beside it."""
    state: str
    continued: bool
    """Whether it has begun on an earlier day."""


@dataclass(frozen=True)
class CalendarDay:
    """A day of the grid; days of other months have no number."""

    number: int
    name: str
    today: bool
    entries: tuple[CalendarEntry, ...]
    more: int
    href: str
    """The list of this day."""


@dataclass(frozen=True)
class CalendarMonth:
    """A month: its weeks, and the records without a day of it."""

    name: str
    weeks: tuple[tuple[CalendarDay, ...], ...]
    long: tuple[CalendarEntry, ...]
    """Those that go on for longer than a week."""
    vague: tuple[CalendarEntry, ...]
    """Those of which the month is known, and no day."""
    yearly: tuple[CalendarEntry, ...]
    """Those of which the year or the season is known."""
    left_out: int
    """Records that are too many to be read."""

    @property
    def has_days(self) -> bool:
        return any(day.entries for week in self.weeks for day in week)


@dataclass(frozen=True)
class MonthLink:
    """A month that can be gone to."""

    name: str
    href: str
    count: int


def render_calendar_view(request: ViewRequest) -> str:
    """The calendar of a selection."""
    site = build_page_context(request.representation)
    kind, catalogue = request.listing.kind, request.representation.served.catalogue
    today = find_today()
    counts = catalogue.count_by_month(kind.name, request.filters)
    month = read_month(request.options.get("month", "")) or choose_month(counts, today)
    states = load_status_labels(catalogue)
    items, total = read_items(request, month)
    others = [pair for pair in request.parameters if pair[0] not in ("from", "to", "sort")]

    def link(parameters: Iterable[tuple[str, str]], name: str = "") -> str:
        chosen = [("month", name)] if name else []
        return site.href(kind.path, [*parameters, (VIEW_PARAMETER, CALENDAR), *chosen])

    def link_day(day: date) -> str:
        return site.href(kind.path, [*others, ("from", day.isoformat()), ("to", day.isoformat())])

    kept = [pair for pair in request.parameters if pair[0] != "sort"]
    coming = replace(request.filters, since=max(request.filters.since or "", today.isoformat()))
    if request.filters.until and request.filters.until < today.isoformat():
        upcoming, upcoming_total = [], 0
    else:
        page = catalogue.read_page(
            kind.name, coming, "date", limit=UPCOMING_SHOWN, language=site.language, counted=False
        )
        upcoming, upcoming_total = list(page.items), page.total
    subscription = build_url(f"{kind.path}.ics", kept)
    return render_page(
        "view_calendar.html",
        site.language,
        most_beside=MAX_SIDE_ENTRIES,
        **request.selection,
        next=None,
        month=month,
        grid=build_month(month, items, total, states, site, today, link_day),
        days=list_weekdays(site.language),
        previous_month=link(kept, shift_month(month, -1)),
        next_month=link(kept, shift_month(month, 1)),
        earlier=_find_month(counts, month, -1, site, lambda name: link(kept, name)),
        later=_find_month(counts, month, 1, site, lambda name: link(kept, name)),
        this_month=link(kept, today.isoformat()[:7]) if month != today.isoformat()[:7] else "",
        upcoming=[_build_entry(item, states, site, whole=True) for item in upcoming],
        upcoming_total=upcoming_total,
        upcoming_href=site.href(
            kind.path, [*others, ("from", today.isoformat()), ("sort", "date")]
        ),
        past_href=site.href(
            kind.path,
            [*others, ("to", (today - timedelta(days=1)).isoformat()), ("sort", "-date")],
        ),
        undated=counts.total - counts.dated,
        webcal=build_webcal(request.representation.origin, subscription),
        subscription=subscription,
    )


def read_month(text: str) -> str:
    """A month of an address. Raises BadRequest for what is none."""
    if text and not is_month(text):
        raise InvalidParameter(
            f"month={text!r} is not a month: 2026-11 is one",
            f"month={text!r} n'est pas un mois : 2026-11 en est un",
            ParameterFault.NO_PERIOD,
            ("month",),
            text,
        )
    return text


def is_month(text: str) -> bool:
    """Whether a text is a month whose weeks have dates."""
    return bool(MONTH_PATTERN.fullmatch(text)) and FIRST_YEAR <= text[:4] <= LAST_YEAR


def choose_month(counts: MonthCounts, today: date) -> str:
    """The month that a calendar opens at: the next that has something, else the last that had."""
    this = today.isoformat()[:7]
    months = sorted(filter(is_month, counts.by_month))
    return next((month for month in months if month >= this), months[-1] if months else this)


def shift_month(month: str, by: int) -> str:
    """The month before or after one, within the years that weeks have dates in."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    number = max(int(FIRST_YEAR) * 12, min(number, int(LAST_YEAR) * 12 + 11))
    return f"{number // 12:04}-{number % 12 + 1:02}"


def list_weekdays(language: str) -> list[tuple[str, str]]:
    """The days of a week from Monday on: short and whole."""
    days = Locale(language).days["format"]
    return [(days["abbreviated"][number], days["wide"][number]) for number in range(7)]


def build_webcal(origin: str, address: str) -> str:
    """The address that a calendar program subscribes to."""
    return f"webcal://{origin.partition('://')[2]}{address}"


def _find_month(
    counts: MonthCounts, month: str, direction: int, site: PageContext, link: Any
) -> MonthLink | None:
    """The nearest month that has something, where it is not the next one anyway."""
    if direction > 0:
        found = min((m for m in counts.by_month if m > month and is_month(m)), default="")
    else:
        found = max((m for m in counts.by_month if m < month and is_month(m)), default="")
    if not found or found == shift_month(month, direction):
        return None
    return MonthLink(format_date(found, site.language), link(found), counts.by_month[found])


def read_items(request: ViewRequest, month: str) -> tuple[Sequence[Item], int]:
    """The records of a selection that meet a month, and how many these are."""
    catalogue = request.representation.served.catalogue
    filters = limit_to_month(request.filters, month)
    if filters is None:
        return (), 0
    page = catalogue.read_page(
        request.listing.kind.name,
        filters,
        "date",
        limit=MAX_MONTH_RECORDS,
        language=request.representation.language,
        counted=False,
    )
    return page.items, page.total


def limit_to_month(filters: Filters, month: str) -> Filters | None:
    """Filters within a month; None where their period is outside it."""
    first, last = f"{month}-01", _find_last_day(month).isoformat()
    since, until = max(filters.since or first, first), min(filters.until or last, last)
    return replace(filters, since=since, until=until) if since <= until else None


def _find_last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(max(year, 1), number, calendar.monthrange(max(year, 1), number)[1])


def build_month(
    month: str,
    items: Sequence[Item],
    total: int,
    states: Mapping[str, Text],
    site: PageContext,
    today: date,
    link_day: Any,
) -> CalendarMonth:
    """A month of records that meet it; what is known by its month or year has no day."""
    first, last = date.fromisoformat(f"{month}-01"), _find_last_day(month)
    by_day: dict[date, list[CalendarEntry]] = {}
    sides: dict[str, list[CalendarEntry]] = {"long": [], "vague": [], "yearly": []}
    for item in items:
        begin, end, precision = find_days(item)
        if begin is None or end is None:
            sides["vague" if precision == "month" else "yearly"].append(
                _build_entry(item, states, site, whole=True)
            )
        elif (end - begin).days >= MAX_DAYS_IN_GRID:
            sides["long"].append(_build_entry(item, states, site, whole=True))
        else:
            for day in _iterate_days(max(begin, first), min(end, last)):
                entry = _build_entry(item, states, site, whole=False)
                by_day.setdefault(day, []).append(replace(entry, continued=day > begin))
    weeks = [
        tuple(
            _build_day(day, by_day.get(day, ()), day.month == first.month, today, site, link_day)
            for day in week
        )
        for week in _list_weeks(first)
    ]
    return CalendarMonth(
        format_date(month, site.language),
        tuple(weeks),
        tuple(sides["long"]),
        tuple(sides["vague"]),
        tuple(sides["yearly"]),
        total - len(items),
    )


def _list_weeks(first: date) -> list[list[date]]:
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return [list(week) for week in weeks]


def _build_day(
    day: date,
    entries: Sequence[CalendarEntry],
    inside: bool,
    today: date,
    site: PageContext,
    link_day: Any,
) -> CalendarDay:
    if not inside:
        return CalendarDay(0, "", False, (), 0, "")
    shown = entries[:MAX_DAY_ENTRIES]
    return CalendarDay(
        day.day,
        format_date(day.isoformat(), site.language),
        day == today,
        tuple(shown),
        len(entries) - len(shown),
        link_day(day) if len(entries) > len(shown) else "",
    )


def find_days(item: Item) -> tuple[date | None, date | None, str]:
    """The first and last day of a record where both are known, and how well its beginning is."""
    stated, _, _ = next(filter(None, item.dates), "").partition("/")
    _, _, precision = parse_span(stated)
    known = item.begins is not None and item.begins[:4] >= FIRST_YEAR
    if precision not in ("day", "time") or item.begins is None or not known:
        return None, None, precision
    begin = date.fromisoformat(item.begins[:10])
    last = item.begins if item.ends in (None, OPEN_END) else item.ends
    return begin, max(begin, date.fromisoformat((last or item.begins)[:10])), precision


def _iterate_days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _build_entry(
    item: Item, states: Mapping[str, Text], site: PageContext, *, whole: bool
) -> CalendarEntry:
    begin, end = item.dates
    if whole:
        when = format_interval(begin, end or begin, site.language, item.zone)
    else:
        when = _format_time(begin, item.zone, site.language)
    return CalendarEntry(
        site.localize(item.label),
        site.href(item.path),
        when,
        format_status(item, states, site.language),
        continued=False,
    )


def _format_time(written: str, zone: str | None, language: str) -> str:
    """The time of day at which something begins; empty where it is not known."""
    local = convert_to_zone(written.rstrip("?~%"), zone)
    if "T" not in local:
        return ""
    hour, minute = local[11:13], local[14:16]
    if language == "en":
        return f"{hour}:{minute}"
    return f"{int(hour)} h" if minute == "00" else f"{int(hour)} h {minute}"
