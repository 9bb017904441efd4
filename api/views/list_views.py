"""Views of a selection beside the list: what each shows, by name."""

from collections.abc import Callable, Mapping
from typing import Final

from markupsafe import Markup

from api.views.calendar_view import read_month, render_calendar_view
from api.views.chart_view import read_columns, render_chart_view
from api.views.jinja import render_page
from api.views.list_entries import format_cell
from api.views.list_view_names import CALENDAR, CHART, MAP, NETWORK, TABLE, TIMELINE
from api.views.map_view import render_map_view
from api.views.network_view import render_network_view
from api.views.page_context import PageContext, build_page_context
from api.views.selection_view import ViewRequest
from api.views.timeline_view import read_step, render_timeline_view
from kg.catalogue.filters import list_filter_columns
from kg.catalogue.listing import Listing
from kg.catalogue.records import Field, Item
from kg.kinds import Kind


def render_table_view(request: ViewRequest) -> str:
    """The records of a page as rows, the columns that any of them has as columns.

    Those by which a list sums a record up come first, its key last.
    """
    site = build_page_context(request.representation)
    listing = request.listing
    filled = {name for item in listing.page.items for name in item.cells}
    fields = [
        field
        for field in listing.fields.values()
        if field.name in filled and not field.name.startswith("label_")
    ]
    order = [*listing.kind.summary, *listing.fields, "id"]
    fields.sort(key=lambda field: (field.name == "id", order.index(field.name)))
    rows = [
        (
            site.href(item.path),
            item.label[site.language],
            [_join_cells(item, f, listing, site) for f in fields],
        )
        for item in listing.page.items
    ]
    return render_page(
        "view_table.html",
        site.language,
        **request.selection,
        columns=[site.localize(field.title) for field in fields],
        rows=rows,
        next=listing.links.get("next"),
    )


def _join_cells(item: Item, field: Field, listing: Listing, site: PageContext) -> str:
    cells = item.cells.get(field.name, ())
    return Markup(", ").join(format_cell(field, cell, listing.labels, site) for cell in cells)


def check_view_options(kind: Kind, view: str, options: Mapping[str, str]) -> None:
    """Raises InvalidParameter for what a view cannot be made by."""
    if view == CALENDAR:
        read_month(options.get("month", ""))
    elif view == TIMELINE:
        read_step(options.get("by", ""))
    elif view == CHART:
        read_columns(list_filter_columns(kind), kind, options)


VIEWS: Final[Mapping[str, Callable[[ViewRequest], str]]] = {
    TABLE: render_table_view,
    MAP: render_map_view,
    CALENDAR: render_calendar_view,
    TIMELINE: render_timeline_view,
    CHART: render_chart_view,
    NETWORK: render_network_view,
}
