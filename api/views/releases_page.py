"""View model of the comparison of two releases: counts, what changed most, and each record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.http.links import build_url
from api.serving.representation import Representation
from api.views.changed_cells import describe_cells, list_cell_iris
from api.views.jinja import render_page
from api.views.page_context import PageContext, build_page_context
from kg.catalogue.changes import ReleaseInfo
from kg.catalogue.release_comparison import ComparedRecord, ReleaseComparison
from kg.formats import ATOM, CSV, JSON
from kg.iris import build_record_iri
from kg.kinds import KIND_BY_NAME

MAX_SHOWN_COLUMNS = 30
"""Columns that a page counts changes of, those that changed most."""
DOWNLOAD_ROWS = "5000"
"""Changes of one page of a download."""


@dataclass(frozen=True)
class ComparedPage:
    """What is looked at: two releases, what differs, and one page of the records that do."""

    editions: Sequence[ReleaseInfo]
    before: ReleaseInfo
    after: ReleaseInfo
    comparison: ReleaseComparison
    selected: int
    """Changes under the filters of the page."""
    records: Sequence[ComparedRecord]
    filters: Sequence[tuple[str, str]]
    """`kind` and `change`, where they are asked for."""
    next: str | None
    dumps: Sequence[tuple[ReleaseInfo, Sequence[str]]]
    """Releases after the first with the files of what each added and removed, as N-Quads."""


def serialize_comparison(shown: ComparedPage) -> dict[str, Any]:
    """The counts as JSON."""
    comparison = shown.comparison
    return {
        "since": shown.before.id,
        "until": shown.after.id,
        "kept": [{"release": one.id, "created": one.created} for one in shown.editions],
        "total": len(comparison.changes),
        "kinds": [vars(one) for one in comparison.kinds],
        "columns": [vars(one) for one in comparison.columns],
        "sources": [vars(one) for one in comparison.sources],
        "counted_over": comparison.counted,
        "dumps": [
            build_url(f"/dumps/{edition.id}/{name}")
            for edition, names in shown.dumps
            for name in names
        ],
    }


def render_releases_page(variant: Representation, shown: ComparedPage) -> str:
    """The page of two releases side by side."""
    site = build_page_context(variant)
    comparison, catalogue = shown.comparison, variant.served.catalogue
    columns = {
        kind: {column.name: column for column in fields}
        for kind, fields in catalogue.fields.items()
    }
    chain = [("since", shown.before.id), ("until", shown.after.id)]
    iris = [build_record_iri("source", one.source) for one in comparison.sources]
    for record in shown.records:
        iris += list_cell_iris(record.cells, columns[record.change.kind])
    labels = catalogue.read_labels(iris)

    def link(*more: tuple[str, str]) -> str:
        return site.href("/releases", [*chain, *more])

    def name_source(name: str) -> str:
        label = labels.get(build_record_iri("source", name))
        return site.localize(label) if label else name

    return render_page(
        "releases.html",
        site.language,
        site=site,
        title=site.t("releases_title"),
        editions=[(one.id, site.format_day(one.created[:10])) for one in reversed(shown.editions)],
        before=shown.before,
        after=shown.after,
        days=[site.format_day(one.created[:10]) for one in (shown.before, shown.after)],
        kinds=[
            {
                "name": one.kind,
                "text": site.localize(KIND_BY_NAME[one.kind].plural),
                "counts": one,
                "changes": [
                    (
                        getattr(one, change),
                        link(("kind", one.kind), ("change", change)),
                    )
                    for change in ("created", "updated", "deleted")
                ],
            }
            for one in comparison.kinds
        ],
        columns=[
            (
                site.localize(KIND_BY_NAME[one.kind].label),
                site.localize(columns[one.kind][one.column].title),
                one.records,
            )
            for one in comparison.columns
            if one.column in columns[one.kind]
        ][:MAX_SHOWN_COLUMNS],
        sources=[
            (name_source(one.source), site.href(f"/source/{one.source}"), one)
            for one in comparison.sources
        ],
        total=len(comparison.changes),
        read=comparison.counted,
        selected=shown.selected,
        chosen=[
            (
                site.localize(KIND_BY_NAME[value].plural)
                if name == "kind"
                else site.t(f"releases_{value}"),
                link(*(pair for pair in shown.filters if pair[0] != name)),
            )
            for name, value in shown.filters
        ],
        records=[
            _describe_record(record, shown, columns, labels, site) for record in shown.records
        ],
        next=shown.next,
        downloads=[
            (
                form.name,
                build_url(
                    f"/changes.{form.extension}",
                    [*chain, *shown.filters, ("limit", DOWNLOAD_ROWS)],
                ),
            )
            for form in (CSV, JSON, ATOM)
        ],
        dumps=[
            (
                site.format_day(edition.created[:10]),
                [(name, build_url(f"/dumps/{edition.id}/{name}")) for name in names],
            )
            for edition, names in shown.dumps
        ],
        counts_address=build_url("/releases.json", chain),
    )


def _describe_record(
    record: ComparedRecord, shown: ComparedPage, columns: Any, labels: Any, site: PageContext
) -> dict[str, Any]:
    change = record.change
    item = record.now or record.was
    path = f"/{change.kind}/{change.key}"
    release = shown.before.id if change.change == "deleted" else shown.after.id
    newest = release == shown.editions[-1].id
    return {
        "kind": change.kind,
        "kind_text": site.localize(KIND_BY_NAME[change.kind].label),
        "change": site.t(change.change),
        "name": site.localize(item.label) if item else change.key,
        "href": site.href(path) if newest else site.href(path, release=release),
        "history": site.href(f"/history{path}"),
        "cells": describe_cells(record.cells, columns[change.kind], labels, site),
    }
