"""View model of the page that shows two records of one kind side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from api.serving.representation import Representation
from api.views.chosen_records import ChosenRecord, build_chosen_record, name_record
from api.views.inhabitants import describe_population, format_rate
from api.views.jinja import render_page
from api.views.list_entries import format_cell
from api.views.page_context import PageContext, build_page_context
from kg.catalogue.records import Field, Inhabitants, Item
from kg.kinds import KIND_BY_NAME, Text

LEFT_OUT: Final = ("id", "label_fr", "label_en", "reference", "read_at", "assertion", "date_text")
"""Columns that are not compared."""
TERRITORY: Final = "territory"
"""The kind of which a number for inhabitants says nothing."""


@dataclass(frozen=True)
class ComparedRecord:
    """One side: what was written, the record that is meant, or those among which to choose."""

    parameter: str
    written: str
    record: Item | None
    choices: tuple[Item, ...]
    counts: Mapping[str, int]
    """Of a territory: kind to number of records in it."""
    inhabitants: Inhabitants | None = None
    """Likewise."""


@dataclass(frozen=True)
class ComparedRow:
    """A line of the table: what, and on each side."""

    title: str
    cells: tuple[str, ...]
    hrefs: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    """For each 10,000 inhabitants, where their number is known."""


def render_compare_page(variant: Representation, sides: Sequence[ComparedRecord]) -> str:
    """The page: two boxes to choose by, and the table once both are known."""
    site = build_page_context(variant)
    records = [side.record for side in sides if side.record]
    kinds = {record.kind for record in records}
    comparable = len(records) == len(sides) and len(kinds) == 1
    rows: list[ComparedRow] = []
    counted: list[ComparedRow] = []
    if comparable:
        fields = variant.served.catalogue.fields[records[0].kind]
        iris = [
            iri
            for record in records
            for field in fields
            for cell in record.cells.get(field.name, ())
            if (iri := field.build_iri(cell))
        ]
        labels = variant.served.catalogue.read_labels(iris)
        rows = list(_compare_columns(records, fields, labels, site))
        counted = list(_compare_counts(sides, site))
    return render_page(
        "compare.html",
        site.language,
        site=site,
        title=site.t("compare"),
        sides=[_build_side(side, sides, site) for side in sides],
        different=len(kinds) > 1,
        rows=rows,
        counted=counted,
        populations=[
            (name_record(side.record, site), told)
            for side in sides
            if side.record
            and (told := describe_population(side.inhabitants, variant.served.manifest, site))
        ],
    )


def _compare_columns(
    records: Sequence[Item], fields: Sequence[Field], labels: Mapping[str, Text], site: PageContext
) -> Iterator[ComparedRow]:
    for field in fields:
        if field.name in LEFT_OUT or not any(record.cells.get(field.name) for record in records):
            continue
        cells = tuple(
            Markup(", ").join(
                format_cell(field, cell, labels, site) for cell in record.cells.get(field.name, ())
            )
            for record in records
        )
        yield ComparedRow(site.localize(field.title), cells)


def _compare_counts(sides: Sequence[ComparedRecord], site: PageContext) -> Iterator[ComparedRow]:
    for name, kind in KIND_BY_NAME.items():
        counts = [side.counts.get(name, 0) for side in sides]
        if any(counts):
            yield ComparedRow(
                site.localize(kind.plural),
                tuple(site.format_number(count) for count in counts),
                tuple(
                    site.href(kind.path, territory=side.record.key) if side.record else ""
                    for side in sides
                ),
                tuple(
                    format_rate(count, side.inhabitants, site)
                    if side.record and name != TERRITORY
                    else ""
                    for count, side in zip(counts, sides, strict=True)
                ),
            )


def _build_side(
    side: ComparedRecord, sides: Sequence[ComparedRecord], site: PageContext
) -> ChosenRecord:
    others = [(each.parameter, _name(each)) for each in sides if each is not side and each.written]
    label = site.t(f"compare_{side.parameter}")
    return build_chosen_record(
        side.parameter, label, side.written, side.record, side.choices, "/compare", others, site
    )


def _name(side: ComparedRecord) -> str:
    return f"{side.record.kind}/{side.record.key}" if side.record else side.written
