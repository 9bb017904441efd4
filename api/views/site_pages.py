"""View models of the home page, the list of sources and the API documentation."""

from collections.abc import Mapping
from typing import Any

from api.serializers.schema_org_catalogue import build_catalogue_block
from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.page_context import PageContext, build_page_context
from kg.kinds import KINDS


def render_home_page(variant: Representation, counts: Mapping[str, int]) -> str:
    """The home page: presentation, number of records by kind, entry points."""
    site = build_page_context(variant)
    return render_page(
        "home.html",
        site.language,
        site=site,
        title=site.t("site"),
        counts=[(kind, counts[kind.name]) for kind in KINDS],
        block=build_catalogue_block(variant),
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
        }
        for source in manifest.get("sources", ())
    ]
