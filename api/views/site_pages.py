"""View models of the home page, the list of sources and the API documentation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.serializers.schema_org_catalogue import build_catalogue_block
from api.serving.operator import Operator
from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.list_entries import build_entry
from api.views.map_view import METROPOLE, draw_map
from api.views.outlines import fit_window
from api.views.page_context import PageContext, Parameters, build_page_context
from kg.catalogue.record_maps import PlacedRecords
from kg.catalogue.records import Item
from kg.kinds import KINDS, Text
from kg.licences import NOT_STATED, name_licence

WAYS: Final[Sequence[tuple[str, Sequence[tuple[str, str, Parameters]]]]] = (
    (
        "for_citizens",
        (
            ("way_near", "/place", ()),
            ("way_events", "/event", ()),
            ("way_definitions", "/topic", ()),
        ),
    ),
    (
        "for_chambers",
        (
            ("way_table", "/organisation", (("view", "table"),)),
            ("way_validate", "/validate", ()),
            ("reports", "/reports/", ()),
        ),
    ),
    (
        "for_researchers",
        (("queries", "/queries", ()), ("way_sparql", "/sparql", ()), ("ontology", "/ontology", ())),
    ),
    (
        "for_partners",
        (("way_dumps", "/dumps", ()), ("way_api", "/docs", ()), ("changes", "/changes", ())),
    ),
)
"""Ways in for those who come: who, then text, address and parameters of each link."""
HOME_MAP_PIXELS: Final = 420.0
CHANGES: Final = ("created", "updated", "deleted")
"""What a release does to records."""
ORDER: Final = sorted(KINDS, key=lambda kind: kind.name == "territory")
"""Kinds as the home page shows them: territories do not come before actors."""


@dataclass(frozen=True)
class Agenda:
    """Events of the home page: the next ones, else the last ones."""

    items: Sequence[Item]
    upcoming: bool
    labels: Mapping[str, Text]
    statuses: Mapping[str, Text]


def render_home_page(
    variant: Representation, counts: Mapping[str, int], agenda: Agenda, placed: PlacedRecords
) -> str:
    """The home page: presentation, search, map, records by kind, events, news, entry points.

    `placed` are the organisations, of which the map shows where they are.
    """
    site = build_page_context(variant)
    manifest = variant.served.manifest
    fields = {field.name: field for field in variant.served.catalogue.fields["event"]}
    changes = manifest.get("changes", {})
    return render_page(
        "home.html",
        site.language,
        site=site,
        title=site.t("site"),
        counts=[(kind, counts[kind.name]) for kind in ORDER],
        events=[
            build_entry(item, fields, agenda.labels, agenda.statuses, site) for item in agenda.items
        ],
        upcoming=agenda.upcoming,
        picture=draw_map(
            variant,
            "organisation",
            placed,
            fit_window(METROPOLE, HOME_MAP_PIXELS, HOME_MAP_PIXELS, 0),
            site,
            (),
        )
        if placed.placed
        else None,
        placed=placed.placed,
        triples=manifest.get("triples", 0),
        news=[(name, changes[name]) for name in CHANGES if changes.get(name)],
        follows=bool(manifest.get("previous")),
        ways=WAYS,
        block=build_catalogue_block(variant),
        sources=list_sources(variant.served.manifest, site),
    )


def render_about_page(variant: Representation, name: str, operator: Operator) -> str:
    """A page of what a public site must say: `name` is that of its text in `templates/about`."""
    site = build_page_context(variant)
    return render_page(
        "about.html",
        site.language,
        site=site,
        title=site.t(f"{name}_page"),
        text_name=name,
        operator=operator,
        triples=variant.served.manifest.get("triples", 0),
        sources=list_sources(variant.served.manifest, site),
    )


def render_api_page(variant: Representation, description: Mapping[str, Any]) -> str:
    """The API documentation, from the OpenAPI description."""
    site = build_page_context(variant)
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            entry = {"method": method.upper(), "path": path, "parameters": [], **operation}
            groups.setdefault(operation.get("tags", [""])[0], []).append(entry)
    return render_page(
        "api.html", site.language, site=site, title=site.t("api_title"), groups=groups
    )


def render_sources_page(variant: Representation) -> str:
    """The list of the sources."""
    site = build_page_context(variant)
    return render_page(
        "sources.html",
        site.language,
        site=site,
        title=site.t("sources"),
        sources=list_sources(variant.served.manifest, site),
    )


def list_sources(manifest: Mapping[str, Any], site: PageContext) -> list[dict[str, Any]]:
    """The sources of a release: title, address, licence, counts."""
    return [
        {
            **source,
            "title": source.get("title", {}).get(site.language) or source["name"],
            "href": site.href(f"/source/{source['name']}"),
            "licence_name": _name_licence(source.get("licence", ""), site),
        }
        for source in manifest.get("sources", ())
    ]


def _name_licence(address: str, site: PageContext) -> str:
    return site.t("unstated") if address == NOT_STATED else name_licence(address)
