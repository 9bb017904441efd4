"""Record on a day: its facts that last then, and how many of another time are left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from api.i18n.dates import format_days, format_interval
from api.views.page_context import PageContext
from api.views.relations import PropertyGroup
from kg.catalogue.edtf import Interval, compute_extent, is_on_day
from kg.catalogue.records import Item


class Dated(Protocol):
    """A row of a page with its beginning and end, as written."""

    @property
    def dates(self) -> tuple[str, str]: ...

    @property
    def other_iris(self) -> tuple[str, ...]: ...


DatedRow = TypeVar("DatedRow", bound=Dated)


@dataclass(frozen=True)
class DayNotice:
    """What the page of a record says of the day that it is shown on."""

    day: str
    """The day, month or year in words."""
    left_out: int
    """Dated facts of another time."""
    own_period: str
    """When the record itself is or was, where that is at another time; else empty."""
    all_dates: str
    """The page without the day."""
    network: str
    """The network of that day."""


@dataclass(frozen=True)
class DaySelection:
    """What lasts on a day, and what has no date but is of records that may exist then."""

    day: Interval
    may_exist: Callable[[str, Interval], bool]

    def select_rows(self, rows: Mapping[str, Sequence[DatedRow]]) -> dict[str, list[DatedRow]]:
        """The rows of each table."""
        kept = {table: self._select(some) for table, some in rows.items()}
        return {table: some for table, some in kept.items() if some}

    def select_values(self, groups: Sequence[PropertyGroup]) -> list[PropertyGroup]:
        """The groups of records that point to the one of the page."""
        kept = (replace(group, values=tuple(self._select(group.values))) for group in groups)
        return [group for group in kept if group.values]

    def _select(self, rows: Sequence[DatedRow]) -> list[DatedRow]:
        return [
            row
            for row in rows
            if is_on_day(*row.dates, self.day) is not False
            and all(self.may_exist(iri, self.day) for iri in row.other_iris)
        ]


def describe_day(
    item: Item | None, day: Interval, written: str, left_out: int, path: str, site: PageContext
) -> DayNotice:
    """The notice of a page; `written` is the day as it was asked for."""
    period = ""
    if item is not None:
        begin, end = item.dates
        first, last = compute_extent(item.kind, [begin or ""], [end or ""], item.zone)
        if is_on_day(first or "", last or "", day) is False:
            period = format_interval(begin, end, site.language, item.zone)
    return DayNotice(
        format_days(*day, site.language),
        left_out,
        period,
        site.href(path),
        site.href(f"/graph{path}", on=written),
    )
