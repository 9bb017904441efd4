"""The pages of lists, of search, of the sources and the home page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from api.links import address
from api.render.dataset import catalogue_block
from api.render.dates import between
from api.render.frame import site_of
from api.render.listing import Listing, facet_iri
from api.render.names import Names, told_apart
from api.render.site import Site, marked
from api.render.states import state_of, states
from api.render.templates import page
from api.representation import Representation
from kg.catalogue.concepts import Code
from kg.catalogue.facets import Facet
from kg.catalogue.filters import Filters
from kg.catalogue.read import Catalogue, Found
from kg.catalogue.records import Field, Item
from kg.catalogue.words import fold
from kg.kinds import BY_NAME, KINDS, Text
from kg.namespaces import SCHEME

Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Choice:
    """One value of a facet, or one filter in use, and the address that takes or drops it."""

    text: str
    href: str
    count: int | None = None
    chosen: bool = False


@dataclass(frozen=True)
class Panel:
    """A facet as a page shows it."""

    title: str
    choices: tuple[Choice, ...]
    complete: bool


@dataclass(frozen=True)
class Entry:
    """A record in a list."""

    title: Any
    href: str
    facts: tuple[str, ...]
    assertion: str
    kind: str = ""
    state: str = ""
    """The state of an event that is not simply held as announced."""


def list_page(shown: Representation, here: Listing, filters: Filters, kept: Parameters) -> str:
    """A page of a list with its filters, facets, order and the way to the next one."""
    site = site_of(shown)
    kind, found = here.kind, here.page
    named = states(shown.served.catalogue, found.items)
    entries = [_entry(item, here.fields, here.labels, named, site) for item in found.items]
    return page(
        "list.html",
        site.language,
        site=site,
        kind=kind,
        title=site.in_(kind.plural),
        total=found.total,
        entries=entries,
        panels=[_panel(here, facet, site, kept) for facet in found.facets],
        used=_used(here, filters, site, kept),
        kept=[(name, value) for name, value in kept if name not in ("q", "from", "to", "sort")],
        asked=dict(kept),
        suggestion=_suggested(found.suggestion, site, kind.path, kept),
        codes=_codes(here.codes, site),
        sorts=[(sort, site.t(f"sort_{sort}"), sort == found.sort) for sort in found.sorts],
        next=here.links.get("next"),
        first=here.links["first"] if here.links["self"] != here.links["first"] else None,
        formats=[
            (f.name, address(f"{kind.path}.{f.extension}", kept), f.media_type)
            for f in shown.formats
            if f != shown.format
        ],
    )


def search_page(
    shown: Representation,
    catalogue: Catalogue,
    text: str,
    found: Found | None,
    codes: Sequence[Code],
) -> str:
    """The page of a search across kinds."""
    site = site_of(shown)
    words = found.words if found else ()
    labels = _labels(catalogue, found.items if found else ())
    named = states(catalogue, found.items if found else ())
    entries = []
    for item in found.items if found else ():
        fields = {field.name: field for field in catalogue.fields[item.kind]}
        entry = _entry(item, fields, labels, named, site)
        label = marked(item.label[site.language], words)
        entries.append(replace(entry, title=label, kind=site.in_(BY_NAME[item.kind].label)))
    totals = [
        Choice(site.in_(BY_NAME[name].plural), site.href(f"/{name}", q=text), count)
        for name, count in (found.totals.items() if found else ())
        if count
    ]
    return page(
        "search.html",
        site.language,
        site=site,
        title=site.t("search"),
        asked=text,
        entries=entries,
        totals=totals,
        total=sum(choice.count or 0 for choice in totals),
        suggestion=_suggested(found.suggestion if found else "", site, "/search", ()),
        codes=_codes(codes, site),
        codes_first=bool(codes) and fold(codes[0].notation) == fold("".join(words)),
        partial=bool(found and found.partial),
    )


@dataclass(frozen=True)
class Coded:
    """A concept of a code list with the lists that it filters, as links."""

    href: str
    text: str
    lists: tuple[Choice, ...]


def _suggested(text: str, site: Site, path: str, kept: Parameters) -> Choice | None:
    """The way to what may have been meant."""
    if not text:
        return None
    others = [(name, value) for name, value in kept if name != "q"]
    spoken = [("lang", site.language)] if site.chosen else []
    return Choice(text, address(path, [*others, ("q", text), *spoken]))


def _codes(codes: Sequence[Code], site: Site) -> list[Coded]:
    return [
        Coded(
            site.href(code.path),
            site.spoken(code.label),
            tuple(
                Choice(
                    site.in_(BY_NAME[kind].plural),
                    site.href(f"/{kind}", [(column, code.notation)]),
                    count,
                )
                for kind, column, count in code.lists
            ),
        )
        for code in codes
    ]


def home_page(shown: Representation) -> str:
    """The home page: what this is, how much there is, ways in."""
    site, served = site_of(shown), shown.served
    counts = served.catalogue.counts()
    return page(
        "home.html",
        site.language,
        site=site,
        title=site.t("site"),
        counts=[(kind, counts[kind.name]) for kind in KINDS],
        block=catalogue_block(shown),
        sources=sources(served.manifest, site),
    )


def api_page(shown: Representation, description: Mapping[str, Any]) -> str:
    """The API in words, from its OpenAPI description."""
    site = site_of(shown)
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            told = {"method": method.upper(), "path": path, "parameters": [], **operation}
            groups.setdefault(operation.get("tags", [""])[0], []).append(told)
    return page("api.html", site.language, site=site, title=site.t("api_title"), groups=groups)


def sources_page(shown: Representation) -> str:
    """The list of the sources."""
    site = site_of(shown)
    return page(
        "sources.html",
        site.language,
        site=site,
        title=site.t("sources"),
        sources=sources(shown.served.manifest, site),
    )


def sources(manifest: Mapping[str, Any], site: Site) -> list[dict[str, Any]]:
    """The sources of a release: title, address, licence, counts."""
    return [
        {
            **source,
            "title": source.get("title", {}).get(site.language) or source["name"],
            "href": site.href(f"/source/{source['name']}"),
        }
        for source in manifest.get("sources", ())
    ]


def _entry(
    item: Item,
    fields: Mapping[str, Field],
    labels: Mapping[str, Text],
    named: Mapping[str, Text],
    site: Site,
) -> Entry:
    certainty = item.cells["assertion"][0] if item.inferred else ""
    return Entry(
        item.label[site.language],
        site.href(item.path),
        tuple(_summary(item, fields, labels, site)),
        certainty,
        state=state_of(item, named, site.language),
    )


def _summary(
    item: Item, fields: Mapping[str, Field], labels: Mapping[str, Text], site: Site
) -> list[str]:
    """The columns a kind shows in lists, in words; a beginning and an end make one period."""
    kind = BY_NAME[item.kind]
    found = []
    for name in kind.summary:
        cells = item.cells.get(name, ())
        if name in kind.dates:
            if name == kind.dates[0]:
                found.append(_period(item, site))
        elif cells:
            told = (_cell(fields[name], cell, labels, site) for cell in cells)
            found.append(Markup(", ").join(told))
    return [text for text in found if text]


def _period(item: Item, site: Site) -> str:
    begin, end = item.dates
    return between(begin, end or begin, site.language, item.zone)


def _cell(field: Field, cell: str, labels: Mapping[str, Text], site: Site) -> str:
    iri = field.iri(cell) or ""
    label = labels.get(iri)
    if label:
        return _told_apart(label, iri, site)
    if field.temporal:
        return site.day(cell)
    if field.name == "population" and cell.isdigit():
        return f"{site.number(int(cell))} {site.t('inhabitants')}"
    return cell


def _told_apart(label: Text, iri: str, site: Site) -> str:
    """A label; that of a code marked where it is in another language than the page."""
    if iri.startswith(SCHEME):
        return site.spoken(label)
    return told_apart(site.in_(label), iri, site)


def _labels(catalogue: Catalogue, items: Sequence[Item]) -> dict[str, Text]:
    wanted = []
    for item in items:
        fields = {field.name: field for field in catalogue.fields[item.kind]}
        wanted += [
            iri
            for name in BY_NAME[item.kind].summary
            for cell in item.cells.get(name, ())
            if (iri := fields[name].iri(cell))
        ]
    return catalogue.labels(wanted)


def _panel(here: Listing, facet: Facet, site: Site, kept: Parameters) -> Panel:
    choices = []
    for count in facet.counts:
        pair = (facet.field, count.value)
        rest = [p for p in kept if p != pair]
        href = site.href(here.kind.path, rest if count.chosen else [*rest, pair])
        text = _value(here, facet.field, count.value, site)
        choices.append(Choice(text, href, count.records, count.chosen))
    return Panel(_title(here, facet.field, site), tuple(choices), facet.complete)


def _title(here: Listing, name: str, site: Site) -> str:
    if name in ("territory", "source", "assertion"):
        return site.t(name)
    return site.in_(here.fields[name].title)


def _value(here: Listing, name: str, value: str, site: Site) -> str:
    iri = facet_iri(here.fields, name, value) or ""
    label = here.labels.get(iri)
    if label:
        return _told_apart(label, iri, site)
    return Names(site, lambda _: {}).language(value) if name == "language" else value


def _used(here: Listing, filters: Filters, site: Site, kept: Parameters) -> list[Choice]:
    """The filters in use, each with the address of the list without it."""
    found = []
    for name, value in kept:
        if name in ("sort", "limit"):
            continue
        rest = [p for p in kept if p != (name, value)]
        if name in filters.values:
            shown = value.removeprefix("territory/") if name == "territory" else value
            told = _value(here, name, shown, site)
            text: str = Markup("{}{}{}").format(_title(here, name, site), site.colon, told)
        else:
            text = f"{site.t({'q': 'words'}.get(name, name))}{site.colon}{value}"
        found.append(Choice(text, site.href(here.kind.path, rest), chosen=True))
    return found
