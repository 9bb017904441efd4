"""View models of embeddable lists and calendars."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from api.i18n.dates import MONTH_PATTERN, format_interval, list_months
from api.serializers.event_status import format_status
from api.views.page_context import PageContext
from kg.catalogue.edtf import OPEN_END
from kg.catalogue.records import Item
from kg.kinds import KIND_BY_NAME, Text

SEASON_PATTERN: Final = re.compile(r"\d{4}-2[1-4]")
FOUNDED: Final = "founded_on"
MAX_EVENT_MONTHS: Final = 12
"""Months under which one long event stands in a calendar."""


@dataclass(frozen=True)
class EmbeddedRecord:
    """A record in an embedded list or calendar."""

    title: str
    href: str
    state: str
    period: str


def build_records(
    items: Sequence[Item], states: Mapping[str, Text], site: PageContext
) -> list[EmbeddedRecord]:
    """The records as a list shows them, in their order.

    A date stands beside a name where it is when something takes place or appears; the day on
    which an organisation was founded would pass for one.
    """
    records = [_build_record(item, states, site) for item in items]
    return [
        replace(record, period="") if FOUNDED in KIND_BY_NAME[item.kind].dates else record
        for item, record in zip(items, records, strict=True)
    ]


def group_by_month(
    items: Sequence[Item],
    states: Mapping[str, Text],
    site: PageContext,
    *,
    coming: str = "",
) -> list[tuple[str, list[EmbeddedRecord]]]:
    """The records under the months in which they take place, the latest first.

    What is to come, from the month `coming` on, begins with what is next. What is dated by its
    year or its season stands under that, not under a month.
    """
    records_by_period: dict[str, tuple[str, list[EmbeddedRecord]]] = {}
    for item in items:
        for key, heading in _list_periods(item, site):
            if MONTH_PATTERN.fullmatch(key) and key < coming:
                continue
            records_by_period.setdefault(key, (heading, []))[1].append(
                _build_record(item, states, site)
            )
    return [records_by_period[key] for key in sorted(records_by_period, reverse=not coming)]


def _build_record(item: Item, states: Mapping[str, Text], site: PageContext) -> EmbeddedRecord:
    begin, end = item.dates
    when = format_interval(begin, end or begin, site.language, item.zone)
    state = format_status(item, states, site.language)
    return EmbeddedRecord(site.localize(item.label), site.href(item.path), state, when)


def _list_periods(item: Item, site: PageContext) -> list[tuple[str, str]]:
    """What a record stands under in a calendar: text that sorts, and the heading."""
    stated, _, _ = next(filter(None, item.dates), "").partition("/")
    if item.begins is None or item.ends is None:
        return []
    if not MONTH_PATTERN.match(stated):
        key = f"{item.begins[:7]}~" if SEASON_PATTERN.match(stated) else item.begins[:4]
        return [(key, site.format_day(stated))]
    last = item.begins if item.ends == OPEN_END else item.ends
    return [(m, site.format_day(m)) for m in list_months(item.begins, last, MAX_EVENT_MONTHS)]
