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
from kg.kinds import Kind, Text


def render_table_view(request: ViewRequest) -> str:
    """The records of a page as rows, the columns that any of them has as columns.

    Those by which a list sums a record up come first, its key last. A text that is there in both
    languages is one column.
    """
    site = build_page_context(request.representation)
    listing = request.listing
    filled = {name for item in listing.page.items for name in item.cells}
    others = {
        name: other
        for name in listing.fields
        if name.endswith(f"_{site.language}")
        and (other := f"{name[:-2]}{site.other_language}") in listing.fields
    }
    fields = [
        field
        for field in listing.fields.values()
        if filled.intersection((field.name, others.get(field.name, "")))
        and field.name not in others.values()
        and not field.name.startswith("label_")
    ]
    # of both languages it is the French one whose title does not name its language
    titled = {name: f"{name[:-2]}fr" for name in others}
    order = [*listing.kind.summary, *listing.fields, "id"]
    fields.sort(key=lambda field: (field.name == "id", order.index(field.name)))
    rows = [
        (
            site.href(item.path),
            item.label[site.language],
            [_join_cells(item, f, others.get(f.name, ""), listing, site) for f in fields],
        )
        for item in listing.page.items
    ]
    return render_page(
        "view_table.html",
        site.language,
        **request.selection,
        columns=[
            site.localize(listing.fields[titled.get(field.name, field.name)].title)
            for field in fields
        ],
        rows=rows,
        next=listing.links.get("next"),
    )


def _join_cells(item: Item, field: Field, other: str, listing: Listing, site: PageContext) -> str:
    """The values of a column; of one of texts where it has none, those of the `other` language."""
    cells = item.cells.get(field.name, ())
    if not cells and other in item.cells:
        texts = (Text(text, text, (site.other_language,)) for text in item.cells[other])
        return Markup(", ").join(map(site.spoken, texts))
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
