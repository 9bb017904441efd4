"""Routes of search across kinds."""

from collections.abc import Sequence

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import ServedReleaseDep
from api.http.known_parameters import require_known_parameters
from api.openapi.lists import (
    KIND_NAMES,
    SearchDocument,
    describe_common_parameters,
    describe_responses,
)
from api.serializers.list_json import serialize_code, serialize_label
from api.serving.representation import Representation
from api.views.search_page import render_search_page
from kg.catalogue.concepts import MatchedConcept
from kg.catalogue.filters import MAX_TEXT_LENGTH, parse_kinds, parse_search_text
from kg.catalogue.listing import load_status_labels, load_summary_labels
from kg.catalogue.placed_search import find_placed_lists
from kg.catalogue.record_search import SearchResults
from kg.catalogue.records import Item
from kg.errors import InvalidParameter, ParameterFault
from kg.formats import HTML, JSON

FORMATS = (HTML, JSON)
KNOWN_PARAMETERS = ("q", "kind", "limit", "lang", "format", "release")
PARAMETERS = [
    {
        "name": "q", "in": "query", "schema": {"type": "string", "maxLength": MAX_TEXT_LENGTH},
        "description": "Words of names, codes or descriptions; accents do not matter, "
        "`St` is `Saint`, initials have stops or not.",
        "example": "innovation sociale",
    },
    {
        "name": "kind", "in": "query", "explode": True, "example": ["event", "person"],
        "schema": {"type": "array", "items": {"type": "string", "enum": KIND_NAMES}},
        "description": "Kinds to look in; all by default.",
    },
    {
        "name": "limit", "in": "query", "description": "Records of the answer.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    },
    *describe_common_parameters(FORMATS),
]  # fmt: skip

router = APIRouter(tags=["Lists"])


@router.get(
    "/search",
    summary="Search across kinds",
    operation_id="search",
    response_class=Response,
    responses=describe_responses(SearchDocument, FORMATS),
    openapi_extra={"parameters": PARAMETERS},
)
def search(request: Request, served: ServedReleaseDep) -> Response:
    """The records of all kinds, or of some, that a text names: best first, French- and
    English-aware, accents ignored, the beginnings of words found; the codes of the code lists
    that have its words. Where nothing has them all, what may have been meant is offered."""
    return _respond(request, served, None)


@router.get("/search.{suffix}", include_in_schema=False)
def search_with_suffix(request: Request, served: ServedReleaseDep, suffix: str) -> Response:
    """The same, by suffix."""
    return _respond(request, served, suffix)


def _respond(request: Request, served: ServedReleaseDep, suffix: str | None) -> Response:
    variant = Representation.negotiate(request, served, FORMATS, suffix=suffix, path="/search")
    if variant.unchanged:
        return variant.build_not_modified()
    text, catalogue = _parse_text(request), served.catalogue
    results = SearchResults((), {})
    codes: Sequence[MatchedConcept] = ()
    if text:
        kinds = parse_kinds(request.query_params.getlist("kind"))
        results = catalogue.search(text, kinds, _parse_limit(request))
        codes = catalogue.search_concepts(text, kinds)
    if variant.format == HTML:
        labels = load_summary_labels(catalogue, results.items)
        statuses = load_status_labels(catalogue, results.items)
        placed = find_placed_lists(catalogue, text)
        return variant.build_response(
            render_search_page(variant, text, results, codes, placed, labels, statuses)
        )
    content = _serialize_results(text, served.release.id, results, codes, variant.language)
    return variant.build_response(orjson.dumps(content))


def _parse_text(request: Request) -> str:
    require_known_parameters(request, KNOWN_PARAMETERS)
    for name in KNOWN_PARAMETERS:
        occurrences = len(request.query_params.getlist(name))
        if occurrences > 1 and name != "kind":
            raise InvalidParameter(
                f"the parameter {name!r} is given {occurrences} times",
                f"le paramètre {name!r} est donné {occurrences} fois",
                ParameterFault.REPEATED,
                (name,),
            )
    return parse_search_text(request.query_params.get("q", ""))


def _parse_limit(request: Request) -> int:
    text = request.query_params.get("limit") or "20"
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= 100):
        raise InvalidParameter(
            f"limit={text!r}: an answer has 1 to 100 records",
            f"limit={text!r} : une réponse compte de 1 à 100 fiches",
            ParameterFault.NO_NUMBER,
            ("limit",),
            text,
        )
    return int(text)


def _serialize_results(
    text: str, release: str, results: SearchResults, codes: Sequence[MatchedConcept], language: str
) -> dict[str, object]:
    return {
        "q": text,
        "release": release,
        "suggestion": results.suggestion or None,
        "partial": results.partial,
        "totals": {kind: count for kind, count in results.totals.items() if count},
        "items": [_serialize_hit(item, language) for item in results.items],
        "codes": [serialize_code(code, language) for code in codes],
    }


def _serialize_hit(item: Item, language: str) -> dict[str, object]:
    return {
        "id": item.iri,
        "url": item.path,
        "kind": item.kind,
        "key": item.key,
        **serialize_label(item.label, language),
        "inferred": item.inferred,
        "sources": list(item.sources),
    }
