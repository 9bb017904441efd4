"""Route of suggestions: records and codes for the words that somebody is typing."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import ServedReleaseDep
from api.http.known_parameters import require_known_parameters
from api.openapi.lists import KIND_NAMES, describe_common_parameters
from api.serving.representation import Representation
from api.serving.served_releases import ServedRelease
from api.serving.thread_pool import LIST_THREADS
from api.views.list_entries import FilterLink, build_codes, build_entry, format_plain
from api.views.page_context import PageContext, build_page_context
from kg.catalogue.filters import MAX_TEXT_LENGTH, parse_kinds, parse_search_text
from kg.catalogue.listing import load_status_labels, load_summary_labels
from kg.catalogue.records import Item
from kg.formats import JSON
from kg.kinds import KIND_BY_NAME

KNOWN_PARAMETERS: Final = ("q", "kind", "lang", "format", "release")
MAX_RECORDS: Final = 8
MAX_CODES: Final = 3
PARAMETERS: Final[list[dict[str, Any]]] = [
    {
        "name": "q", "in": "query", "schema": {"type": "string", "maxLength": MAX_TEXT_LENGTH},
        "description": "What was typed so far.", "example": "innov",
    },
    {
        "name": "kind", "in": "query", "explode": True, "example": ["organisation"],
        "schema": {"type": "array", "items": {"type": "string", "enum": KIND_NAMES}},
        "description": "Kinds to look in; all by default, and then the code lists too.",
    },
    *describe_common_parameters((JSON,)),
]  # fmt: skip

router = APIRouter(tags=["Lists"])


@router.get(
    "/suggest",
    summary="Suggest records while somebody types",
    operation_id="suggest",
    response_class=Response,
    openapi_extra={"parameters": PARAMETERS},
)
async def suggest(request: Request, served: ServedReleaseDep) -> Response:
    """At most eight records whose names begin with or have the words, best first, each with what
    it is and where; and at most three codes, each with the list that it filters."""
    require_known_parameters(request, KNOWN_PARAMETERS)
    variant = Representation.negotiate(
        request, served, (JSON,), path="/suggest", suffixed=False, placed=False
    )
    if variant.unchanged:
        return variant.build_not_modified()
    text = parse_search_text(request.query_params.get("q", ""))
    kinds = parse_kinds(request.query_params.getlist("kind"))
    site = build_page_context(variant)
    content = await LIST_THREADS.run(partial(find_suggestions, served, text, kinds, site))
    return variant.build_response(orjson.dumps(content))


def find_suggestions(
    served: ServedRelease, text: str, kinds: Sequence[str], site: PageContext
) -> dict[str, Any]:
    """The suggestions for a text."""
    catalogue = served.catalogue
    items = catalogue.suggest(text, kinds, MAX_RECORDS) if text else ()
    codes = catalogue.search_concepts(text, ())[:MAX_CODES] if text and not kinds else ()
    labels = load_summary_labels(catalogue, items)
    statuses = load_status_labels(catalogue, items)
    records = []
    for item in items:
        fields = {field.name: field for field in catalogue.fields[item.kind]}
        entry = build_entry(item, fields, labels, statuses, site)
        records.append(_serialize_record(item, entry.title, entry.facts, site))
    links = [
        (code, use) for code in build_codes(codes, catalogue.fields, site) for use in code.lists
    ]
    return {
        "q": text,
        "items": records,
        "codes": [_serialize_code(code.text, use, site) for code, use in links[:MAX_CODES]],
    }


def _serialize_record(
    item: Item, title: str, facts: Sequence[str], site: PageContext
) -> dict[str, str]:
    return {
        "kind": item.kind,
        "kind_name": site.localize(KIND_BY_NAME[item.kind].label),
        "key": item.key,
        "name": format_plain(title),
        "detail": " · ".join(map(format_plain, facts[:2])),
        "url": site.href(item.path),
    }


def _serialize_code(name: str, use: FilterLink, site: PageContext) -> dict[str, str]:
    count = site.format_number(use.count or 0)
    return {
        "name": format_plain(name),
        "detail": f"{format_plain(use.text)} {count}",
        "url": use.href,
    }
