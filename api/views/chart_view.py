"""View model of the chart of a selection: its records counted by one column, or by two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.http.links import build_url
from api.views.jinja import render_page
from api.views.list_entries import format_label
from api.views.page_context import PageContext, Parameters, build_page_context
from api.views.selection_view import ViewRequest
from kg.catalogue.code_names import name_value
from kg.catalogue.crosstab import check_columns
from kg.catalogue.listing import find_facet_iri
from kg.catalogue.record_maps import COUNTRY
from kg.catalogue.records import Field
from kg.kinds import Kind, find_relation

MAX_ROWS: Final = 300
MAX_COLUMNS: Final = 10
SHADES: Final = 5
"""Steps of colour of the cells of a table of two columns."""
TERRITORY: Final = "territory"


@dataclass(frozen=True)
class ChartCell:
    """A number in a chart, with the list that it counts."""

    count: int
    href: str
    share: float
    """Of the largest, from 0 to 100."""
    shade: int


@dataclass(frozen=True)
class ChartRow:
    """A value of the first column, with its count and those of the values of the second."""

    name: str
    total: ChartCell
    cells: tuple[ChartCell, ...]


@dataclass(frozen=True)
class KnownShare:
    """How many records have a value in a column."""

    title: str
    known: int
    percent: str


@dataclass(frozen=True)
class Chart:
    """Counts of a selection by one column, or by two."""

    columns: tuple[str, ...]
    """Names of the values of the second column."""
    rows: tuple[ChartRow, ...]
    rows_left_out: int
    columns_left_out: int


def render_chart_view(request: ViewRequest) -> str:
    """The chart of a selection, which is a table of counts with bars."""
    site = build_page_context(request.representation)
    kind, catalogue = request.listing.kind, request.representation.served.catalogue
    columns = catalogue.list_filters(kind.name)
    by = read_columns(columns, kind, request.options)
    chart = build_chart(request, by, site)
    kept = [pair for pair in request.parameters if pair[0] not in ("sort", "limit")]
    titles = {name: find_column_title(kind, request.listing.fields, name, site) for name in columns}
    total = request.listing.page.total
    return render_page(
        "view_chart.html",
        site.language,
        **request.selection,
        next=None,
        chart=chart,
        by_title=titles[by[0]],
        and_title=titles[by[1]] if len(by) > 1 else "",
        menus=[
            (
                "by",
                site.t("chart_by"),
                [(name, titles[name], name == by[0]) for name in columns],
            ),
            (
                "and",
                site.t("chart_and"),
                [
                    ("", site.t("chart_alone"), len(by) == 1),
                    *((name, titles[name], name in by[1:]) for name in columns),
                ],
            ),
        ],
        hidden=kept,
        known=[
            KnownShare(titles[name], known, _format_percent(known, total, site))
            for name in by
            for known in (catalogue.count_known(kind.name, request.filters, name),)
        ],
        data=[
            (name, build_url(f"/counts/{kind.name}.{ending}", [("by", ",".join(by)), *kept]))
            for name, ending in (("CSV", "csv"), ("JSON", "json"))
        ],
    )


def read_columns(columns: Sequence[str], kind: Kind, options: Mapping[str, str]) -> list[str]:
    """The one or two columns of a chart. Raises InvalidParameter for others."""
    by = [options.get("by") or columns[0]]
    if options.get("and") not in (None, "", by[0]):
        by.append(options["and"])
    check_columns(kind.name, by)
    return by


def build_chart(request: ViewRequest, by: Sequence[str], site: PageContext) -> Chart:
    """Count a selection by one column, or by two; the most frequent values are shown."""
    totals = _count(request, by[:1])
    values = [value for value, _ in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))]
    shown = values[:MAX_ROWS]
    seconds: list[str] = []
    pairs: Mapping[tuple[str, ...], int] = {}
    left_out = 0
    if len(by) > 1:
        of_second = _count(request, by[1:])
        seconds = sorted(of_second, key=lambda value: (-of_second[value], value))
        left_out = max(0, len(seconds) - MAX_COLUMNS)
        seconds = seconds[:MAX_COLUMNS]
        pairs = _count_pairs(request, by)
    labels = _load_labels(request, by, [shown, seconds], site)
    most = max(totals.values(), default=1)
    most_of_pairs = max((pairs.get((v, w), 0) for v in shown for w in seconds), default=1) or 1
    rows = []
    for value in shown:
        chosen = [(by[0], value)]
        rows.append(
            ChartRow(
                labels[by[0], value],
                _build_cell(totals[value], most, chosen, request, site),
                tuple(
                    _build_cell(
                        pairs.get((value, other), 0),
                        most_of_pairs,
                        [*chosen, (by[1], other)],
                        request,
                        site,
                    )
                    for other in seconds
                ),
            )
        )
    return Chart(
        tuple(labels[by[1], value] for value in seconds),
        tuple(rows),
        len(values) - len(shown),
        left_out,
    )


def _count(request: ViewRequest, by: Sequence[str]) -> dict[str, int]:
    return {values[0]: count for values, count in _count_pairs(request, by).items()}


def _count_pairs(request: ViewRequest, by: Sequence[str]) -> Mapping[tuple[str, ...], int]:
    """Counts by values; territories are those one level below that of the filter."""
    catalogue, kind = request.representation.served.catalogue, request.listing.kind.name
    counts = catalogue.compute_crosstab(kind, request.filters, by, COUNTRY)
    if TERRITORY not in by:
        return dict(counts)
    at = list(by).index(TERRITORY)
    below = set(catalogue.list_territories_below(request.filters))
    return {values: count for values, count in counts if not below or values[at] in below}


def _build_cell(
    count: int,
    most: int,
    chosen: Parameters,
    request: ViewRequest,
    site: PageContext,
) -> ChartCell:
    names = {name for name, _ in chosen}
    others = [pair for pair in request.parameters if pair[0] not in (*names, "sort", "limit")]
    href = site.href(request.listing.kind.path, [*others, *chosen]) if count else ""
    shade = min(SHADES, 1 + int(SHADES * count / (most + 1))) if count else 0
    return ChartCell(count, href, round(100 * count / most, 1), shade)


def _load_labels(
    request: ViewRequest,
    by: Sequence[str],
    values: Sequence[Sequence[str]],
    site: PageContext,
) -> dict[tuple[str, str], str]:
    catalogue, fields = request.representation.served.catalogue, request.listing.fields
    pairs = [(name, value) for name, some in zip(by, values, strict=False) for value in some]
    iris = {pair: find_facet_iri(fields, *pair) or "" for pair in pairs}
    labels = catalogue.read_labels(iri for iri in iris.values() if iri)
    return {
        pair: format_label(labels[iri], iri, site)
        if iri in labels
        else name_value(*pair)[site.language]
        for pair, iri in iris.items()
    }


def find_column_title(kind: Kind, fields: Mapping[str, Field], name: str, site: PageContext) -> str:
    """What a column that records are counted by is called."""
    relation = find_relation(kind.name, name)
    if relation is not None:
        return site.localize(relation.title)
    return site.localize(fields[name].title) if name in fields else site.t(name)


def _format_percent(part: int, whole: int, site: PageContext) -> str:
    percent = 100 * part / whole if whole else 0
    text = f"{percent:.0f}" if percent in (0, 100) or 1 <= percent <= 99 else f"{percent:.1f}"
    return f"{text.replace('.', ',')}\u00a0%" if site.language == "fr" else f"{text}%"
