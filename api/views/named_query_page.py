"""View model of the page of a named query: its form, its answer in words, how it is cited."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.serving.representation import Representation
from api.views.answer_views import AnswerViews, build_answer_views
from api.views.jinja import render_page
from api.views.labels import LabelResolver, LinkedText, disambiguate_name
from api.views.page_context import PageContext, build_page_context
from api.views.query_columns import COLUMNS
from api.views.sparql_page import Cell, build_rows, find_largest
from kg.catalogue.named_records import Meant
from kg.kinds import KIND_BY_NAME, Text

MAX_LISTED_CODES = 80
"""Codes that a menu lists; of longer lists a code is typed."""


@dataclass(frozen=True)
class QueryTable:
    """The answer of a named query, as it came."""

    names: Sequence[str]
    bindings: Sequence[Mapping[str, Mapping[str, str]]]
    count: int
    labels: Mapping[str, Text]
    codes: Mapping[str, Mapping[str, Text]]
    """The names of the codes of a column."""


@dataclass(frozen=True)
class QueryField:
    """A parameter as the form shows it."""

    name: str
    about: str
    type: str
    optional: bool
    value: str
    example: str
    record: str
    """The name of the record that the value is the key of; empty where it is none."""
    href: str
    """The page of that record."""
    same: Sequence[LinkedText]
    """The other records judged the same, for which it stands too."""
    change: str
    """The address of the form with another value to choose."""
    options: Sequence[tuple[str, str]]
    """Codes and their names, where there are few."""
    choices: Sequence[tuple[str, str, str]]
    """(name, kind, address) of the records that may be meant."""


def build_fields(
    path: str,
    parameters: Iterable[Any],
    values: Mapping[str, str],
    unclear: Mapping[str, Meant],
    records: Mapping[str, Text],
    same: Mapping[str, Sequence[LinkedText]],
    codes: Mapping[str, Mapping[str, Text]],
    site: PageContext,
) -> list[QueryField]:
    """The form of a query.

    `records` are the names of the records that values are keys of, `same` the other records judged
    the same, `codes` the short code lists, all by parameter.
    """
    fields = []
    for each in parameters:
        rest = [(name, value) for name, value in values.items() if name != each.name]
        value = values.get(each.name) or each.default or ""
        own = each.type in KIND_BY_NAME
        known = records.get(each.name)
        meant = unclear.get(each.name)
        options = codes.get(each.name, {})
        fields.append(
            QueryField(
                each.name,
                site.localize(each.about),
                each.type,
                each.optional,
                value,
                each.example or "",
                site.localize(known) if known else "",
                site.href(f"/{each.type}/{value}" if own else f"/{value}") if known else "",
                same.get(each.name, ()),
                site.href(path, [*rest, ("form", "1")]),
                [(code, site.localize(text)) for code, text in options.items()]
                if len(options) <= MAX_LISTED_CODES
                else (),
                [
                    (
                        disambiguate_name(item.label[site.language], item.iri, site),
                        site.localize(KIND_BY_NAME[item.kind].label),
                        site.href(
                            path,
                            [*rest, (each.name, item.key if own else f"{item.kind}/{item.key}")],
                        ),
                    )
                    for item in (meant.choices if meant else ())
                ],
            )
        )
    return fields


def build_table(table: QueryTable, site: PageContext) -> dict[str, Any]:
    """The answer with names and links: a column that only repeats the names of another is left
    out."""
    coded = [table.codes.get(name, {}) for name in table.names]
    rows = [
        [_name_code(cell, codes, site) for codes, cell in zip(coded, row, strict=True)]
        for row in build_rows(table.names, table.bindings, table.labels, site)
    ]
    left_out = {
        other
        for column in range(len(table.names))
        for other in range(len(table.names))
        if other != column and rows and _repeats(rows, column, other)
    }
    shown = [column for column in range(len(table.names)) if column not in left_out]
    kept = [[row[column] for column in shown] for row in rows]
    names = [table.names[column] for column in shown]
    return {
        "names": [site.localize(COLUMNS[name]) if name in COLUMNS else name for name in names],
        "rows": kept,
        "largest": [find_largest(kept, column) for column in range(len(names))],
        "count": table.count,
    }


def _name_code(cell: Cell | None, codes: Mapping[str, Text], site: PageContext) -> Cell | None:
    """A cell with the name of its code, where it has one."""
    label = codes.get(cell.linked_text.text) if cell is not None else None
    return Cell(LinkedText(site.localize(label))) if label else cell


def _repeats(rows: Sequence[Sequence[Cell | None]], column: int, other: int) -> bool:
    """Whether a column of texts has the names that a column of links shows."""
    for row in rows:
        linked, text = row[column], row[other]
        if linked is None or text is None or not linked.linked_text.href:
            return False
        if text.linked_text.href or not linked.linked_text.text.startswith(text.linked_text.text):
            return False
    return True


def render_query_page(
    variant: Representation,
    query: Any,
    fields: Sequence[QueryField],
    table: QueryTable | None,
    **values: Any,
) -> str:
    """The page of a query, with its answer where there is one."""
    site = build_page_context(variant)
    return render_page(
        "query.html",
        variant.language,
        site=site,
        query=query,
        fields=fields,
        kind_paths={kind.path for kind in KIND_BY_NAME.values()},
        table=build_table(table, site) if table else None,
        views=build_answer_views(
            table.names,
            table.bindings,
            (),
            LabelResolver(site, table.labels),
            variant.served.catalogue.locate_records,
            site,
        )
        if table
        else AnswerViews(),
        **values,
    )
