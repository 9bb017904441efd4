"""View model of the entries of lists and search results, with suggestions and matching codes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any, Final

from markupsafe import Markup, escape

from api.http.links import build_url
from api.i18n.dates import format_duration, format_interval
from api.serializers.event_status import format_status
from api.views.labels import disambiguate_name
from api.views.page_context import PageContext, Parameters
from kg.catalogue.code_names import name_value
from kg.catalogue.concepts import MatchedConcept
from kg.catalogue.listing import find_department
from kg.catalogue.records import Field, Item
from kg.csvw_tables import OTHER_LABELS, OTHER_NAMES, split_tag
from kg.kinds import KIND_BY_NAME, Text
from kg.namespaces import SCHEME

MAX_DESCRIPTION: Final = 180
"""Characters of a description in a list."""


@dataclass(frozen=True)
class FilterLink:
    """A value of a facet or a filter in use, and the address that sets or removes it."""

    text: str
    href: str
    count: int | None = None
    chosen: bool = False
    level: int = 0
    """Number of values above it, of those that are shown."""


@dataclass(frozen=True)
class ListEntry:
    """A record in a list: its title, and the columns that summarise it."""

    title: Any
    href: str
    facts: tuple[str, ...]
    assertion: str
    kind: str = ""
    state: str = ""
    """The status of an event where it must be seen, such as cancelled."""
    symbol: str = ""
    """The name of the kind: its colour and pictogram."""
    description: Any = ""
    """What the record is, in a line."""


def build_entry(
    item: Item,
    fields: Mapping[str, Field],
    labels: Mapping[str, Text],
    statuses: Mapping[str, Text],
    site: PageContext,
) -> ListEntry:
    """The entry of a record; `labels` are of the IRIs in it, `statuses` of event statuses."""
    certainty = item.cells["assertion"][0] if item.inferred else ""
    return ListEntry(
        site.name(item.label),
        site.href(item.path),
        tuple(_summarize(item, fields, labels, site)),
        certainty,
        state=format_status(item, statuses, site.language),
        symbol=item.kind,
        description=_describe(item, site),
    )


def format_plain(text: Any) -> str:
    """A text of an entry without the markup that it may have."""
    return escape(text).striptags()


def _describe(item: Item, site: PageContext) -> str:
    """The beginning of its description: in the language of the page, else in the other."""
    for language in (site.language, site.other_language):
        for text in item.cells.get(f"description_{language}", ()):
            line = shorten(text, MAX_DESCRIPTION, placeholder="…")
            foreign = language != site.language
            return (
                Markup('<span lang="{}">{}</span>').format(language, line)
                if foreign
                else site.set_text(line)
            )
    return ""


def _summarize(
    item: Item, fields: Mapping[str, Field], labels: Mapping[str, Text], site: PageContext
) -> list[str]:
    """The summary columns of a kind in words, each once; two dates make one period."""
    kind = KIND_BY_NAME[item.kind]
    texts = []
    for name in kind.summary:
        cells = item.cells.get(name, ())
        if name in kind.dates:
            if name == kind.dates[0]:
                texts.append(_format_period(item, site))
        elif cells:
            values = [format_cell(fields[name], cell, labels, site) for cell in cells]
            if name != "acronym" or values != [item.label[site.language]]:
                texts.append(Markup(", ").join(values))
            if name == "kind" and (department := labels.get(find_department(item) or "")):
                texts.append(site.localize(department))
    return [text for text in dict.fromkeys(texts) if text]


def _format_period(item: Item, site: PageContext) -> str:
    begin, end = item.dates
    return format_interval(begin, end or begin, site.language, item.zone)


def format_cell(field: Field, cell: str, labels: Mapping[str, Text], site: PageContext) -> str:
    """A value of a record in words: the label of a code or a record, a date, a number."""
    iri = field.build_iri(cell) or ""
    label = labels.get(iri)
    if label:
        return format_label(label, iri, site)
    if field.temporal:
        return site.format_day(cell)
    if field.datatype == "duration":
        return format_duration(cell, site.language)
    if field.name == "population" and cell.isdigit():
        return site.ngettext("inhabitants_counted", int(cell))
    if field.name in (OTHER_LABELS, OTHER_NAMES):
        text, tag = split_tag(cell, field.lang)
        return site.name(Text(text, text, (tag,)))
    return site.localize(name_value(field.name, cell))


def format_label(label: Text, iri: str, site: PageContext) -> str:
    """A label: of a code, with its language where that is not the language of the page."""
    if iri.startswith(SCHEME):
        return site.spoken(label)
    return disambiguate_name(site.localize(label), iri, site)


@dataclass(frozen=True)
class CodeLinks:
    """A concept of a code list, and links to the lists that it filters."""

    href: str
    text: str
    lists: tuple[FilterLink, ...]
    column: str = ""
    """The names of its columns, where another concept has the same name; else empty."""


def build_suggestion(
    text: str, site: PageContext, path: str, parameters: Parameters
) -> FilterLink | None:
    """The link to a search for the suggested text, None without a suggestion."""
    if not text:
        return None
    other_parameters = [(name, value) for name, value in parameters if name != "q"]
    language = [("lang", site.language)] if site.language_chosen else []
    return FilterLink(text, build_url(path, [*other_parameters, ("q", text), *language]))


def build_codes(
    codes: Sequence[MatchedConcept], fields: Mapping[str, Sequence[Field]], site: PageContext
) -> list[CodeLinks]:
    """The links of concepts that match the search words, those that records have first.

    Where two have one name, each is followed by that of the column that it is a value of.
    """
    names = Counter(site.localize(code.label) for code in codes)
    columns = {(kind, field.name): field for kind, listed in fields.items() for field in listed}
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
            ", ".join(
                dict.fromkeys(
                    site.localize(columns[kind, column].title) for kind, column, _ in code.lists
                )
            )
            if names[site.localize(code.label)] > 1
            else "",
        )
        for code in sorted(codes, key=lambda code: not any(count for *_, count in code.lists))
    ]
