"""View model of the timeline of a selection: how many records begin in each year, or month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from api.views.calendar_view import shift_month
from api.views.jinja import render_page
from api.views.list_view_names import TIMELINE, VIEW_PARAMETER
from api.views.page_context import PageContext, build_page_context
from api.views.selection_view import ViewRequest
from kg.catalogue.edtf import parse_span
from kg.catalogue.filters import MONTH_LENGTH, MonthRange
from kg.catalogue.record_dates import MonthCounts
from kg.errors import InvalidParameter, ParameterFault

STEPS: Final = ("decade", "year", "month")
MAX_FAR_YEARS: Final = 40
"""Years up to which all are shown, however few records the first ones have."""
FEW: Final = 0.02
"""Share of the records that may stand together at the beginning."""
MAX_YEARS: Final = 90
"""Years that are shown one by one unless asked for; more are shown by decade."""
MAX_BARS: Final = {"decade": 150, "year": 300, "month": 60}
"""Bars of a timeline, the latest; what is before them is counted."""
CHART_WIDTH, CHART_HEIGHT, FOOT, HEAD = 900, 230, 26, 18
MAX_LABELLED: Final = 30
"""Bars up to which each has its number above it."""
LABEL_PIXELS: Final = 54


@dataclass(frozen=True)
class Bar:
    """A period in a timeline: its records, and where it is drawn."""

    name: str
    count: int
    text: str
    href: str
    x: float
    y: float
    width: float
    height: float
    label: str
    """What stands below it; empty where there is no room."""


def render_timeline_view(request: ViewRequest) -> str:
    """The timeline of a selection, with the table that says the same."""
    site = build_page_context(request.representation)
    kind, catalogue = request.listing.kind, request.representation.served.catalogue
    counts = catalogue.count_by_month(kind.name, request.filters)
    step = read_step(request.options.get("by", "")) or choose_step(counts)
    periods = list_periods(counts, step)
    if step == "month":
        by_period = catalogue.count_months(kind.name, request.filters, periods)
    else:
        by_period = {period: _sum_years(counts.by_year, period) for period in periods}
    kept = [pair for pair in request.parameters if pair[0] not in ("begun", "sort")]
    begun = request.filters.begun
    addresses = {period: narrow_period(period, begun) if begun else period for period in periods}
    bars = build_bars(periods, by_period, site, kind.path, kept, addresses)
    asked = [pair for pair in request.parameters if pair[0] != "sort"]
    shown = sum(bar.count for bar in bars)
    return render_page(
        "view_timeline.html",
        site.language,
        **request.selection,
        next=None,
        bars=bars,
        size=(CHART_WIDTH, CHART_HEIGHT),
        floor=CHART_HEIGHT - FOOT,
        numbered=len(bars) <= MAX_LABELLED,
        date_title=site.localize(request.listing.fields[kind.dates[0]].title),
        dated=counts.dated,
        undated=counts.total - counts.dated,
        not_shown=counts.dated - shown,
        steps=[
            (
                site.t(f"by_{name}"),
                site.href(kind.path, [*asked, (VIEW_PARAMETER, TIMELINE), ("by", name)]),
                name == step,
            )
            for name in STEPS
        ],
    )


def read_step(text: str) -> str:
    """The length of the periods. Raises BadRequest for an unknown one."""
    if text and text not in STEPS:
        raise InvalidParameter(
            f"by={text!r}: a timeline is by {', '.join(STEPS)}",
            f"by={text!r} : une chronologie est par {', '.join(STEPS)}",
            ParameterFault.NOT_A_CHOICE,
            ("by",),
            text,
            STEPS,
        )
    return text


def choose_step(counts: MonthCounts) -> str:
    """Months where all is in two years, decades where years would be too many."""
    years = sorted(map(int, counts.by_year))
    span = years[-1] - find_start(counts) + 1 if years else 0
    if span > MAX_YEARS:
        return "decade"
    known_by_month = sum(counts.by_month.values()) * 2 >= counts.dated
    return "month" if 0 < span <= 2 and known_by_month else "year"


def list_periods(counts: MonthCounts, step: str) -> Sequence[str]:
    """The periods from the first that has records to the last, the empty ones too."""
    if not counts.by_year:
        return []
    years = sorted(map(int, counts.by_year))
    most = MAX_BARS[step]
    if step == "month":
        last = max(counts.by_month, default=f"{years[-1]:04}-12")
        first = f"{years[0]:04}-01"
        months = [last]
        while months[-1] > first and len(months) < most:
            months.append(shift_month(months[-1], -1))
        return months[::-1]
    length = 1 if step == "year" else 10
    start = max(find_start(counts), years[-1] - most * length + 1) // length * length
    before = [f"{years[0]:04}/{start - 1:04}"] if years[0] < start else []
    if step == "year":
        return [*before, *(f"{year:04}" for year in range(start, years[-1] + 1))]
    return [*before, *(f"{decade:03}X" for decade in range(start // 10, years[-1] // 10 + 1))]


def find_start(counts: MonthCounts) -> int:
    """The first year, or the one before which few records are, where these go far back."""
    years = sorted(map(int, counts.by_year))
    if years[-1] - years[0] < MAX_FAR_YEARS:
        return years[0]
    before = 0
    for year in years:
        before += counts.by_year[f"{year:04}"]
        if before > counts.dated * FEW:
            return year
    return years[0]


def narrow_period(period: str, begun: MonthRange) -> str:
    """What of a period is within the months that a list is filtered by: their common part."""
    first, last, _ = parse_span(period)
    if first is None or last is None:
        return period
    since, until = max(first[:MONTH_LENGTH], begun[0]), min(last[:MONTH_LENGTH], begun[1])
    if (since, until) == (first[:MONTH_LENGTH], last[:MONTH_LENGTH]):
        return period
    if since == until:
        return since
    years = since[:4], until[:4]
    return years[0] if years[0] == years[1] else "/".join(years)


def _sum_years(by_year: Mapping[str, int], period: str) -> int:
    first, _, last = period.replace("X", "0").partition("/")
    end = int(last) if last else int(first) + (9 if period.endswith("X") else 0)
    return sum(count for year, count in by_year.items() if int(first) <= int(year) <= end)


def build_bars(
    periods: Sequence[str],
    by_period: Mapping[str, int],
    site: PageContext,
    path: str,
    kept: Sequence[tuple[str, str]],
    addresses: Mapping[str, str] = MappingProxyType({}),
) -> list[Bar]:
    """The bars of some periods, those without records too, which have no height.

    `addresses` are the periods that their lists are filtered by.
    """
    most = max((by_period.get(period, 0) for period in periods), default=0)
    width = CHART_WIDTH / max(len(periods), 1)
    every = max(1, round(LABEL_PIXELS / width + 0.49))
    room = CHART_HEIGHT - FOOT - HEAD
    bars = []
    for at, period in enumerate(periods):
        count = by_period.get(period, 0)
        height = max(room * count / most, 1.5) if count else 0.0
        name = format_period(period, site)
        if "/" in period:  # the first of all, which stands for what is far back
            name = site.t("before_year").format(year=int(period.partition("/")[2]) + 1)
        bars.append(
            Bar(
                name,
                count,
                site.ngettext("records_counted", count),
                site.href(path, [*kept, ("begun", addresses.get(period, period))]) if count else "",
                round(at * width + width * 0.08, 1),
                round(CHART_HEIGHT - FOOT - height, 1),
                round(min(width * 0.84, 60.0), 1),
                round(height, 1),
                _shorten(period) if at % every == 0 else "",
            )
        )
    return bars


def format_period(period: str, site: PageContext) -> str:
    """A month, a year, a decade or a range of years in words."""
    if "/" in period:
        first, _, last = period.partition("/")
        return f"{site.format_day(first)} – {site.format_day(last)}"
    if period.endswith("X"):
        return site.t("decade_of").format(year=f"{int(period[:3])}0")
    return site.format_day(period)


def _shorten(period: str) -> str:
    if "/" in period:
        return f"< {int(period.partition('/')[2]) + 1}"
    if period.endswith("X"):
        return f"{int(period[:3])}0"
    return f"{period[5:]}/{period[2:4]}" if "-" in period else str(int(period))
