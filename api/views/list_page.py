"""View models of the pages of lists, search, sources, API and home."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from api.http.links import build_url
from api.i18n.dates import format_interval
from api.serializers.event_status import format_status, load_status_labels
from api.serializers.list_json import Listing, find_facet_iri
from api.serializers.schema_org_catalogue import build_catalogue_block
from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.labels import LabelResolver, disambiguate_name
from api.views.page_context import PageContext, highlight
from api.views.request_context import build_page_context
from kg.catalogue.catalogue import Catalogue, SearchResults
from kg.catalogue.concepts import MatchedConcept
from kg.catalogue.facets import FacetCounts
from kg.catalogue.filters import Filters
from kg.catalogue.records import Field, Item
from kg.catalogue.text_analysis import fold
from kg.kinds import KIND_BY_NAME, KINDS, Text
from kg.namespaces import SCHEME

Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class FilterLink:
    """One value of a facet, or one filter in use, and the address that takes or drops it."""

    text: str
    href: str
    count: int | None = None
    chosen: bool = False


@dataclass(frozen=True)
class FacetPanel:
    """A facet as a page shows it."""

    title: str
    choices: tuple[FilterLink, ...]
    complete: bool


@dataclass(frozen=True)
class ListEntry:
    """A record in a list."""

    title: Any
    href: str
    facts: tuple[str, ...]
    assertion: str
    kind: str = ""
    state: str = ""
    """The state of an event that is not simply held as announced."""


def render_list_page(
    shown: Representation, here: Listing, filters: Filters, kept: Parameters
) -> str:
    """A page of a list with its filters, facets, order and the way to the next one."""
    site = build_page_context(shown)
    kind, found = here.kind, here.page
    named = load_status_labels(shown.served.catalogue, found.items)
    entries = [_build_entry(item, here.fields, here.labels, named, site) for item in found.items]
    return render_page(
        "list.html",
        site.language,
        site=site,
        kind=kind,
        title=site.localize(kind.plural),
        total=found.total,
        entries=entries,
        panels=[_build_panel(here, facet, site, kept) for facet in found.facets],
        used=_list_used_filters(here, filters, site, kept),
        kept=[(name, value) for name, value in kept if name not in ("q", "from", "to", "sort")],
        asked=dict(kept),
        suggestion=_build_suggestion(found.suggestion, site, kind.path, kept),
        codes=_build_codes(here.codes, site),
        sorts=[(sort, site.t(f"sort_{sort}"), sort == found.sort) for sort in found.sorts],
        next=here.links.get("next"),
        first=here.links["first"] if here.links["self"] != here.links["first"] else None,
        formats=[
            (f.name, build_url(f"{kind.path}.{f.extension}", kept), f.media_type)
            for f in shown.formats
            if f != shown.format
        ],
    )


def render_search_page(
    shown: Representation,
    catalogue: Catalogue,
    text: str,
    found: SearchResults | None,
    codes: Sequence[MatchedConcept],
) -> str:
    """The page of a search across kinds."""
    site = build_page_context(shown)
    words = found.words if found else ()
    labels = _load_labels(catalogue, found.items if found else ())
    named = load_status_labels(catalogue, found.items if found else ())
    entries = []
    for item in found.items if found else ():
        fields = {field.name: field for field in catalogue.fields[item.kind]}
        entry = _build_entry(item, fields, labels, named, site)
        label = highlight(item.label[site.language], words)
        entries.append(
            replace(entry, title=label, kind=site.localize(KIND_BY_NAME[item.kind].label))
        )
    totals = [
        FilterLink(site.localize(KIND_BY_NAME[name].plural), site.href(f"/{name}", q=text), count)
        for name, count in (found.totals.items() if found else ())
        if count
    ]
    return render_page(
        "search.html",
        site.language,
        site=site,
        title=site.t("search"),
        asked=text,
        entries=entries,
        totals=totals,
        total=sum(choice.count or 0 for choice in totals),
        suggestion=_build_suggestion(found.suggestion if found else "", site, "/search", ()),
        codes=_build_codes(codes, site),
        codes_first=bool(codes) and fold(codes[0].notation) == fold("".join(words)),
        partial=bool(found and found.partial),
    )


@dataclass(frozen=True)
class CodeLinks:
    """A concept of a code list with the lists that it filters, as links."""

    href: str
    text: str
    lists: tuple[FilterLink, ...]


def _build_suggestion(
    text: str, site: PageContext, path: str, kept: Parameters
) -> FilterLink | None:
    """The way to what may have been meant."""
    if not text:
        return None
    others = [(name, value) for name, value in kept if name != "q"]
    spoken = [("lang", site.language)] if site.language_chosen else []
    return FilterLink(text, build_url(path, [*others, ("q", text), *spoken]))


def _build_codes(codes: Sequence[MatchedConcept], site: PageContext) -> list[CodeLinks]:
    return [
        CodeLinks(
            site.href(code.path),
            site.spoken(code.label),
            tuple(
                FilterLink(
                    site.localize(KIND_BY_NAME[kind].plural),
                    site.href(f"/{kind}", [(column, code.notation)]),
                    count,
                )
                for kind, column, count in code.lists
            ),
        )
        for code in codes
    ]


def render_home_page(shown: Representation) -> str:
    """The home page: what this is, how much there is, ways in."""
    site, served = build_page_context(shown), shown.served
    counts = served.catalogue.count_by_kind()
    return render_page(
        "home.html",
        site.language,
        site=site,
        title=site.t("site"),
        counts=[(kind, counts[kind.name]) for kind in KINDS],
        block=build_catalogue_block(shown),
        sources=list_sources(served.manifest, site),
    )


def render_api_page(shown: Representation, description: Mapping[str, Any]) -> str:
    """The API in words, from its OpenAPI description."""
    site = build_page_context(shown)
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            told = {"method": method.upper(), "path": path, "parameters": [], **operation}
            groups.setdefault(operation.get("tags", [""])[0], []).append(told)
    return render_page(
        "api.html", site.language, site=site, title=site.t("api_title"), groups=groups
    )


def render_sources_page(shown: Representation) -> str:
    """The list of the sources."""
    site = build_page_context(shown)
    return render_page(
        "sources.html",
        site.language,
        site=site,
        title=site.t("sources"),
        sources=list_sources(shown.served.manifest, site),
    )


def list_sources(manifest: Mapping[str, Any], site: PageContext) -> list[dict[str, Any]]:
    """The sources of a release: title, address, licence, counts."""
    return [
        {
            **source,
            "title": source.get("title", {}).get(site.language) or source["name"],
            "href": site.href(f"/source/{source['name']}"),
        }
        for source in manifest.get("sources", ())
    ]


def _build_entry(
    item: Item,
    fields: Mapping[str, Field],
    labels: Mapping[str, Text],
    named: Mapping[str, Text],
    site: PageContext,
) -> ListEntry:
    certainty = item.cells["assertion"][0] if item.inferred else ""
    return ListEntry(
        item.label[site.language],
        site.href(item.path),
        tuple(_summarize(item, fields, labels, site)),
        certainty,
        state=format_status(item, named, site.language),
    )


def _summarize(
    item: Item, fields: Mapping[str, Field], labels: Mapping[str, Text], site: PageContext
) -> list[str]:
    """The columns a kind shows in lists, in words; a beginning and an end make one period."""
    kind = KIND_BY_NAME[item.kind]
    found = []
    for name in kind.summary:
        cells = item.cells.get(name, ())
        if name in kind.dates:
            if name == kind.dates[0]:
                found.append(_format_period(item, site))
        elif cells:
            told = (_format_cell(fields[name], cell, labels, site) for cell in cells)
            found.append(Markup(", ").join(told))
    return [text for text in found if text]


def _format_period(item: Item, site: PageContext) -> str:
    begin, end = item.dates
    return format_interval(begin, end or begin, site.language, item.zone)


def _format_cell(field: Field, cell: str, labels: Mapping[str, Text], site: PageContext) -> str:
    iri = field.build_iri(cell) or ""
    label = labels.get(iri)
    if label:
        return _told_apart(label, iri, site)
    if field.temporal:
        return site.format_day(cell)
    if field.name == "population" and cell.isdigit():
        return f"{site.format_number(int(cell))} {site.t('inhabitants')}"
    return cell


def _told_apart(label: Text, iri: str, site: PageContext) -> str:
    """A label; that of a code marked where it is in another language than the page."""
    if iri.startswith(SCHEME):
        return site.spoken(label)
    return disambiguate_name(site.localize(label), iri, site)


def _load_labels(catalogue: Catalogue, items: Sequence[Item]) -> dict[str, Text]:
    wanted = []
    for item in items:
        fields = {field.name: field for field in catalogue.fields[item.kind]}
        wanted += [
            iri
            for name in KIND_BY_NAME[item.kind].summary
            for cell in item.cells.get(name, ())
            if (iri := fields[name].build_iri(cell))
        ]
    return catalogue.read_labels(wanted)


def _build_panel(
    here: Listing, facet: FacetCounts, site: PageContext, kept: Parameters
) -> FacetPanel:
    choices = []
    for count in facet.counts:
        pair = (facet.field, count.value)
        rest = [p for p in kept if p != pair]
        href = site.href(here.kind.path, rest if count.chosen else [*rest, pair])
        text = _format_value(here, facet.field, count.value, site)
        choices.append(FilterLink(text, href, count.records, count.chosen))
    return FacetPanel(_find_facet_title(here, facet.field, site), tuple(choices), facet.complete)


def _find_facet_title(here: Listing, name: str, site: PageContext) -> str:
    if name in ("territory", "source", "assertion"):
        return site.t(name)
    return site.localize(here.fields[name].title)


def _format_value(here: Listing, name: str, value: str, site: PageContext) -> str:
    iri = find_facet_iri(here.fields, name, value) or ""
    label = here.labels.get(iri)
    if label:
        return _told_apart(label, iri, site)
    return (
        LabelResolver(site, lambda _: {}).resolve_language(value) if name == "language" else value
    )


def _list_used_filters(
    here: Listing, filters: Filters, site: PageContext, kept: Parameters
) -> list[FilterLink]:
    """The filters in use, each with the address of the list without it."""
    found = []
    for name, value in kept:
        if name in ("sort", "limit"):
            continue
        rest = [p for p in kept if p != (name, value)]
        if name in filters.values:
            shown = value.removeprefix("territory/") if name == "territory" else value
            told = _format_value(here, name, shown, site)
            text: str = Markup("{}{}{}").format(
                _find_facet_title(here, name, site), site.colon, told
            )
        else:
            text = f"{site.t({'q': 'words'}.get(name, name))}{site.colon}{value}"
        found.append(FilterLink(text, site.href(here.kind.path, rest), chosen=True))
    return found
