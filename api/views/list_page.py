"""View model of the page of a list: entries, facets, filters in use, links to other pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from markupsafe import Markup

from api.http.links import build_url
from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.list_entries import (
    FilterLink,
    build_codes,
    build_entry,
    build_suggestion,
    format_label,
)
from api.views.list_view_names import LIST, VIEW_OPTIONS, VIEW_PARAMETER, list_views
from api.views.page_context import PageContext, Parameters, build_page_context
from api.views.timeline_view import format_period
from kg.catalogue.code_names import name_value
from kg.catalogue.facets import FacetCounts, FacetValue
from kg.catalogue.filters import UNSTATED, Filters
from kg.catalogue.listing import Listing, find_facet_iri
from kg.catalogue.record_search import MAX_PAGE_RECORDS
from kg.catalogue.records import Field
from kg.catalogue.territory_tree import sort_as_tree
from kg.kinds import Kind, Text, find_relation

FORM_FIELDS: Final = ("q", "from", "to", "sort")
"""Parameters that the form of filters has a field for."""

MAX_LEVEL: Final = 4
"""Levels of a facet that are set apart on a page."""
UNLISTED_PARAMETERS: Final = frozenset(
    ("sort", "limit", VIEW_PARAMETER, *(name for names in VIEW_OPTIONS.values() for name in names))
)
"""Parameters that are no filters."""


@dataclass(frozen=True)
class ViewLink:
    """A way to look at a selection, and its address."""

    name: str
    text: str
    href: str
    chosen: bool


@dataclass(frozen=True)
class FacetPanel:
    """A facet: its title, and a link for each of its values."""

    title: str
    choices: tuple[FilterLink, ...]
    complete: bool
    all_values: str
    """The address of the counts of all values."""


def render_list_page(
    variant: Representation,
    listing: Listing,
    filters: Filters,
    parameters: Parameters,
    statuses: Mapping[str, Text],
) -> str:
    """The page of a list.

    `parameters` are those that choose what is listed; `statuses` the labels of event statuses.
    """
    site = build_page_context(variant)
    page = listing.page
    return render_page(
        "list.html",
        site.language,
        **build_selection(variant, listing, filters, parameters),
        entries=[
            build_entry(item, listing.fields, listing.labels, statuses, site) for item in page.items
        ],
        codes=build_codes(listing.codes, variant.served.catalogue.fields, site),
        next=listing.links.get("next"),
        first=listing.links["first"] if listing.links["self"] != listing.links["first"] else None,
    )


def build_selection(
    variant: Representation,
    listing: Listing,
    filters: Filters,
    parameters: Parameters,
    options: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """What the pages of a selection share, whatever the view: filters, exports, links to views.

    `options` are the view and its own parameters, which links to other filters keep.
    """
    site = build_page_context(variant)
    kind, page = listing.kind, listing.page
    return {
        "layout": "selection.html",
        "embedded": False,
        "site": site,
        "kind": kind,
        "title": site.localize(kind.plural),
        "total": page.total,
        "views": _link_views(kind, options.get(VIEW_PARAMETER, LIST), site, parameters),
        "panels": [
            _build_panel(listing, facet, site, [*parameters, *options.items()])
            for facet in page.facets
        ],
        "used": _list_used_filters(listing, filters, site, [*parameters, *options.items()]),
        "kept": [
            (name, value)
            for name, value in [*parameters, *options.items()]
            if name not in FORM_FIELDS
        ],
        "asked": dict(parameters),
        "faulty_fields": frozenset(),
        "suggestion": build_suggestion(page.suggestion, site, kind.path, parameters),
        "sorts": [(sort, site.t(f"sort_{sort}"), sort == page.sort) for sort in page.sorts],
        "embed": site.href("/embed", _list_embed_options(kind, parameters, options)),
        "query": _link_query(variant, kind, filters, site),
        "oembed": variant.origin
        + build_url("/oembed", [("url", _build_address(variant, kind, parameters, options))]),
        "formats": [
            (f.name, build_url(f"{kind.path}.{f.extension}", parameters), f.media_type)
            for f in variant.formats
            if f != variant.format
        ],
    }


def _list_embed_options(
    kind: Kind, parameters: Parameters, options: Mapping[str, str]
) -> list[tuple[str, str]]:
    """What the page that builds embedded pages is told of a selection."""
    filters = [pair for pair in parameters if pair[0] not in ("sort", "limit", "lang")]
    own = [pair for pair in options.items() if pair[0] in ("by", "and")]
    return [("of", kind.name), ("shape", options.get(VIEW_PARAMETER, LIST)), *own, *filters]


def _link_query(variant: Representation, kind: Kind, filters: Filters, site: PageContext) -> str:
    """The address of the query that gives the same; empty where there is none."""
    comments = [f"{site.localize(kind.plural)}{site.colon}{site.t('query_of_list')}"]
    if filters.has_words:
        comments.append(site.t("query_of_words").format(most=MAX_PAGE_RECORDS))
    query = variant.served.catalogue.write_query(kind, filters, comments)
    return site.href("/sparql", [("query", query), ("format", "html")]) if query else ""


def _build_address(
    variant: Representation, kind: Kind, parameters: Parameters, options: Mapping[str, str]
) -> str:
    spoken = [("lang", variant.language)]
    return variant.origin + build_url(kind.path, [*parameters, *options.items(), *spoken])


def _link_views(
    kind: Kind, chosen: str, site: PageContext, parameters: Parameters
) -> list[ViewLink]:
    shown = [(name, value) for name, value in parameters if name not in ("sort", "limit")]
    return [
        ViewLink(
            name,
            site.t(f"view_{name}"),
            site.href(kind.path, shown if name == LIST else [*shown, (VIEW_PARAMETER, name)]),
            name == chosen,
        )
        for name in list_views(kind)
    ]


def _build_panel(
    listing: Listing, facet: FacetCounts, site: PageContext, parameters: Parameters
) -> FacetPanel:
    choices = []
    counts = {count.value: count for count in facet.counts if _tells_apart(count, facet, listing)}
    parents = listing.parents if facet.field == "territory" else {}
    for value, level in sort_as_tree(list(counts), parents):
        count = counts[value]
        pair = (facet.field, count.value)
        rest = [p for p in parameters if p != pair]
        href = site.href(listing.kind.path, rest if count.chosen else [*rest, pair])
        text = _format_value(listing.fields, listing.labels, facet.field, count.value, site)
        choices.append(FilterLink(text, href, count.records, count.chosen, min(level, MAX_LEVEL)))
    if facet.unstated and (choices or (facet.field, UNSTATED) in parameters):
        choices.append(_link_unstated(listing, facet, site, parameters))
    chosen = [(n, v) for n, v in parameters if n not in UNLISTED_PARAMETERS]
    return FacetPanel(
        find_facet_title(listing.kind, listing.fields, facet.field, site),
        tuple(choices),
        facet.complete,
        site.href(f"/counts/{listing.kind.name}", [("by", facet.field), *chosen]),
    )


def _link_unstated(
    listing: Listing, facet: FacetCounts, site: PageContext, parameters: Parameters
) -> FilterLink:
    pair = (facet.field, UNSTATED)
    rest = [p for p in parameters if p != pair]
    is_chosen = len(rest) < len(parameters)
    href = site.href(listing.kind.path, rest if is_chosen else [*rest, pair])
    return FilterLink(site.t("unstated"), href, facet.unstated, is_chosen)


def _tells_apart(count: FacetValue, facet: FacetCounts, listing: Listing) -> bool:
    """Whether choosing a territory would leave anything out: a continent often would not."""
    whole = facet.field == "territory" and count.records == listing.page.total
    return count.chosen or not whole or len(facet.counts) == 1


def find_facet_title(kind: Kind, fields: Mapping[str, Field], name: str, site: PageContext) -> str:
    """What a filter is called."""
    if name in ("territory", "source", "assertion"):
        return site.t(name)
    relation = find_relation(kind.name, name)
    return site.localize(relation.title if relation else fields[name].title)


def _format_value(
    fields: Mapping[str, Field],
    labels: Mapping[str, Text],
    name: str,
    value: str,
    site: PageContext,
) -> str:
    if value == UNSTATED:
        return site.t("unstated")
    iri = find_facet_iri(fields, name, value) or ""
    label = labels.get(iri)
    if label:
        return format_label(label, iri, site)
    return name_value(name, value)[site.language]


def format_filter(
    name: str,
    value: str,
    kind: Kind,
    fields: Mapping[str, Field],
    labels: Mapping[str, Text],
    site: PageContext,
) -> str:
    """A filter by a value in words: the title of the column, and the name of the value."""
    bare = value.removeprefix("territory/") if name == "territory" else value
    label = _format_value(fields, labels, name, bare, site)
    return Markup("{}{}{}").format(find_facet_title(kind, fields, name, site), site.colon, label)


def format_other_filter(name: str, value: str, site: PageContext) -> str:
    """A filter that is by no column in words: a period, the words of a search."""
    shown = value
    if name == "begun":
        shown = format_period(value, site)
    elif name == "bbox":
        shown = site.t("box_of_map")
    elif name in ("from", "to") and "/" not in value:  # which is how a French day is written
        shown = site.format_day(value)
    return f"{site.t({'q': 'words'}.get(name, name))}{site.colon}{shown}"


def _list_used_filters(
    listing: Listing, filters: Filters, site: PageContext, parameters: Parameters
) -> list[FilterLink]:
    """The filters in use, each with the address of the list without it."""
    links = []
    for name, value in parameters:
        if name in UNLISTED_PARAMETERS:
            continue
        rest = [p for p in parameters if p != (name, value)]
        if name in filters.values:
            text = format_filter(name, value, listing.kind, listing.fields, listing.labels, site)
        else:
            text = format_other_filter(name, value, site)
        links.append(FilterLink(text, site.href(listing.kind.path, rest), chosen=True))
    return links
