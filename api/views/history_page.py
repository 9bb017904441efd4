"""View model of the life of a record: its versions, with what changed in each column."""

from collections.abc import Sequence

from api.serving.representation import Representation
from api.views.changed_cells import describe_cells, list_cell_iris
from api.views.jinja import render_page
from api.views.labels import LinkedText
from api.views.page_context import build_page_context
from kg.catalogue.record_versions import RecordVersion
from kg.iris import build_record_iri
from kg.kinds import KIND_BY_NAME


def render_history_page(
    variant: Representation, kind: str, key: str, versions: Sequence[RecordVersion]
) -> str:
    """The page of the versions of a record, the newest first."""
    site = build_page_context(variant)
    catalogue = variant.served.catalogue
    columns = {column.name: column for column in catalogue.fields[kind]}
    iris = [iri for version in versions for iri in list_cell_iris(version.cells, columns)]
    sources = [build_record_iri("source", name) for v in versions for name in v.sources]
    own = build_record_iri(kind, key)
    labels = catalogue.read_labels([*iris, *sources, own])
    told = [
        (
            version,
            site.format_day(version.created[:10]),
            site.href(f"/{kind}/{key}", release=version.release),
            describe_cells(version.cells, columns, labels, site),
            [
                LinkedText(
                    site.localize(labels[iri]) if iri in labels else name,
                    site.href(f"/source/{name}"),
                )
                for name in version.sources
                for iri in (build_record_iri("source", name),)
            ],
        )
        for version in versions
    ]
    return render_page(
        "history.html",
        site.language,
        site=site,
        kind=KIND_BY_NAME[kind],
        title=site.localize(labels[own]) if own in labels else key,
        href=site.href(f"/{kind}/{key}"),
        versions=told,
    )
