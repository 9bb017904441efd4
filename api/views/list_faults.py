"""View model of a list with filters that cannot be used: which, why, what was meant."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from api.http.parameter_faults import Pairs, list_faulty
from api.serving.representation import Representation
from api.views.fault_texts import LABELS, explain_fault
from api.views.jinja import render_page
from api.views.list_entries import FilterLink
from api.views.list_page import build_selection, find_facet_title, format_filter
from api.views.list_view_names import CHART, VIEW_OPTIONS, VIEW_PARAMETER
from api.views.page_context import PageContext, build_page_context
from kg.catalogue.edtf import parse_typed_date
from kg.catalogue.filters import Filters, list_filter_columns, list_parameters, parse_filters
from kg.catalogue.listing import Listing, find_facet_iri
from kg.catalogue.near_values import find_near
from kg.errors import BadRequest, InvalidParameter, ParameterFault

COMPLETE_CHOICES: Final = (
    ParameterFault.NOT_A_CHOICE,
    ParameterFault.REPEATED,
    ParameterFault.SPLIT,
)
"""Faults that say which values there are."""
MAX_CHOICES: Final = 8
"""Other values that are offered for one."""
PARTIAL_DATE: Final = re.compile(r"\d{4}(?:-\d\d)?")


@dataclass(frozen=True)
class FaultNote:
    """One filter that was not understood."""

    label: str
    """What the filter is called; empty for one that there is not."""
    reason: str
    choices: tuple[FilterLink, ...]
    """Lists of what may have been meant, those without records last."""
    offered: str
    """What the choices are: all that there are, or those that are near."""


@dataclass(frozen=True)
class FaultyList:
    """A list asked for with filters of which some cannot be used."""

    variant: Representation
    """As negotiated without the faults."""
    listing: Listing
    filters: Filters
    parameters: Pairs
    """Those that choose what is listed, without the faults."""
    options: Mapping[str, str]
    """The view and its own parameters, without the faults."""
    asked: Pairs
    """All parameters of the address."""
    faults: Sequence[InvalidParameter]


def render_faulty_list(faulty: FaultyList) -> str:
    """The page of a list whose filters were not all understood: its form, and why."""
    site = build_page_context(faulty.variant)
    without = site.href(faulty.listing.kind.path, [*faulty.parameters, *faulty.options.items()])
    asked = tuple(pair for pair in faulty.asked if pair[0] != "lang")
    selection = build_selection(
        faulty.variant, faulty.listing, faulty.filters, faulty.parameters, faulty.options
    )
    settings = ("sort", "limit", "after", "lang", "by", "and", "month", VIEW_PARAMETER)
    what = "setting" if all(fault.names[0] in settings for fault in faulty.faults) else "filter"
    number = "one" if len(faulty.faults) == 1 else "many"
    return render_page(
        "list_faults.html",
        site.language,
        **{
            **selection,
            "site": replace(site, parameters=asked),
            "asked": {**selection["asked"], **dict(_list_form_fields(faulty))},
            "faulty_fields": {name for fault in faulty.faults for name in fault.names},
            "formats": (),
            "suggestion": None,
        },
        notes=[_FaultNotes(faulty, fault, site).build() for fault in faulty.faults],
        heading=site.t(f"faults_{what}_{number}"),
        without=without,
        without_text=site.t(f"without_{what}_{number}"),
        next=None,
    )


def _list_form_fields(faulty: FaultyList) -> Iterator[tuple[str, str]]:
    """The fields of the form as they were filled in."""
    for name, value in faulty.asked:
        if name in ("q", "from", "to") and name in list_parameters(faulty.listing.kind):
            yield name, value


@dataclass(frozen=True)
class _FaultNotes:
    """Writer of the note of one fault."""

    faulty: FaultyList
    fault: InvalidParameter
    site: PageContext

    def build(self) -> FaultNote:
        fault, site = self.fault, self.site
        choices = sorted([*self._list_choices()][:MAX_CHOICES], key=lambda link: not link.count)
        return FaultNote(
            self._find_label(),
            explain_fault(fault, self.faulty.asked, site),
            tuple(choices),
            site.t("fault_possible" if fault.fault in COMPLETE_CHOICES else "fault_choices"),
        )

    @property
    def name(self) -> str:
        """The parameter at fault, of those that it may be."""
        return next(iter(list_faulty(self.faulty.asked, self.fault)), self.fault.names)[0]

    def _find_label(self) -> str:
        fault, kind = self.fault, self.faulty.listing.kind
        name = self.name
        if fault.fault == ParameterFault.UNKNOWN_NAME:
            return ""
        if fault.fault == ParameterFault.REVERSED:
            return self.site.t("period")
        if name == "by":
            charted = dict(self.faulty.asked).get(VIEW_PARAMETER) == CHART
            return self.site.t("chart_by" if charted else "page_step")
        if name in LABELS:
            return self.site.t(LABELS[name])
        return find_facet_title(kind, self.faulty.listing.fields, name, self.site)

    def _list_choices(self) -> Iterator[FilterLink]:
        fault, name = self.fault, self.name
        if fault.fault == ParameterFault.UNKNOWN_NAME:
            yield from self._list_other_names()
        elif fault.fault == ParameterFault.REVERSED:
            asked = dict(self.faulty.asked)
            dates = [("from", asked["to"]), ("to", asked["from"])]
            text = (
                f"{self.site.t('from')} {asked['to']} {self.site.t('to').lower()} {asked['from']}"
            )
            yield from self._link(dates, text)
        elif fault.fault == ParameterFault.NO_DATE:
            yield from self._list_dates()
        elif fault.fault == ParameterFault.UNKNOWN_VALUE:
            kind = self.faulty.listing.kind.name
            near = fault.choices or self._catalogue.find_near_values(kind, name, fault.value)
            yield from self._list_values(name, near)
        elif fault.fault == ParameterFault.SPLIT:
            yield from self._list_values(name, fault.choices)
        else:
            for value in dict.fromkeys(fault.choices):
                yield from self._link([(name, value)], self._name_choice(name, value))

    @property
    def _catalogue(self) -> Any:
        return self.faulty.variant.served.catalogue

    def _list_other_names(self) -> Iterator[FilterLink]:
        """Lists by the filter that may have been meant, by the value as it is or by a near one."""
        kind = self.faulty.listing.kind
        written = self.name
        titles = {name: name for name in list_parameters(kind)}
        for column in list_filter_columns(kind):
            for language in ("fr", "en"):
                other = replace(self.site, language=language)
                title = find_facet_title(kind, self.faulty.listing.fields, column, other)
                titles[title] = column
        if "territory" in titles:
            levels = self._catalogue.count_by_value("territory", "kind")
            titles |= dict.fromkeys(levels, "territory")
        near = find_near(written, titles)
        if not near:
            return
        name = near[0]
        for value in [v for n, v in self.faulty.asked if n == written and v]:
            known = [*self._list_values(name, [value])]
            if not known and name in list_filter_columns(kind):
                others = self._catalogue.find_near_values(kind.name, name, value)
                known = [*self._list_values(name, others)]
            yield from known

    def _list_values(self, name: str, values: Iterable[str]) -> Iterator[FilterLink]:
        kind, fields = self.faulty.listing.kind, self.faulty.listing.fields
        for value in values:
            if name not in list_filter_columns(kind):
                yield from self._link(
                    [(name, value)], f"{self._name(name)}{self.site.colon}{value}"
                )
                continue
            iri = find_facet_iri(fields, name, value)
            labels = self._catalogue.read_labels([iri] if iri else [])
            text = format_filter(name, value, kind, fields, labels, self.site)
            yield from self._link([(name, value)], text)

    def _list_dates(self) -> Iterator[FilterLink]:
        """The month or the year with which what is no date begins."""
        if begun := PARTIAL_DATE.match(self.fault.value):
            for date in (begun[0], begun[0][:4]):
                if parse_typed_date(date):
                    yield from self._link([(self.name, date)], self.site.format_day(date))
                    return

    def _name(self, name: str) -> str:
        return self.site.t(LABELS[name]) if name in LABELS else name

    def _name_choice(self, name: str, value: str) -> str:
        if name == "sort":
            return self.site.t(f"sort_{value}")
        if name == VIEW_PARAMETER:
            return self.site.t(f"view_{value}")
        if name == "lang":
            return self.site.t(f"language_{value}")
        if name in ("by", "and"):
            kind, fields = self.faulty.listing.kind, self.faulty.listing.fields
            charted = value in list_filter_columns(kind)
            return (
                find_facet_title(kind, fields, value, self.site)
                if charted
                else self.site.t(f"by_{value}")
            )
        return value

    def _link(self, pairs: Pairs, text: str) -> Iterator[FilterLink]:
        """The list by other values instead, where there is one, with its number of records."""
        kind = self.faulty.listing.kind
        options = dict(self.faulty.options)
        filters = list[tuple[str, str]]()
        for name, value in pairs:
            if name in (VIEW_PARAMETER, *VIEW_OPTIONS.get(options.get(VIEW_PARAMETER, ""), ())):
                options[name] = value
            elif name != "lang":
                filters.append((name, value))
        parameters = [*self.faulty.parameters, *filters]
        values: dict[str, list[str]] = {}
        for name, value in parameters:
            values.setdefault(name, []).append(value)
        try:
            count = self._catalogue.count_list(kind.name, parse_filters(kind, values))
        except BadRequest:
            return
        spoken = dict(pairs).get("lang")
        site = self.site
        if spoken:
            site = replace(site, language=spoken, language_chosen=True)
        href = site.href(kind.path, dict.fromkeys([*parameters, *options.items()]))
        yield FilterLink(text, href, count)
