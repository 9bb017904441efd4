"""Route of the queue of pairs: records that may be one thing, in the order to look at them."""

from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import ServedReleaseDep
from api.http import links
from api.http.known_parameters import require_known_parameters
from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.page_context import build_page_context
from api.views.same_things import describe_queue
from kg.catalogue.same_things import Pair
from kg.errors import BadRequest
from kg.formats import HTML, JSON
from kg.iris import build_record_iri

FORMATS: Final = (HTML, JSON)
KNOWN_PARAMETERS: Final = ("limit", "after", "lang", "format", "release")
PAGE_SIZE: Final = 50
MAX_PAGE_SIZE: Final = 500

router = APIRouter(tags=["Linked data"])


@router.get("/resolution", summary="Records that may be one thing", response_class=Response)
@router.get("/resolution.{suffix}", include_in_schema=False)
def list_pairs(
    request: Request, served: ServedReleaseDep, limit: int = PAGE_SIZE, after: int = 0
) -> Response:
    """The pairs of records that nobody has judged yet, those first whose decision is least sure.

    Each has its score (logarithm to base 2 of the odds that both are one thing), its reasons, and
    the id by which `ess-kg resolve` is told a decision.
    """
    _check_parameters(request, limit, after)
    variant = Representation.negotiate(request, served, FORMATS, path="/resolution")
    if variant.unchanged:
        return variant.build_not_modified()
    pairs, counts = served.catalogue.read_queue(after, limit)
    numbers = {name: counts.get(name, 0) for name in ("doubtful", "sure", "judged")}
    total = numbers["doubtful"] + numbers["sure"]
    extra = {"X-Total-Count": str(total)}
    following = None
    if total > after + limit:
        parameters = [(n, v) for n, v in request.query_params.multi_items() if n != "after"]
        following = links.build_url(request.url.path, [*parameters, ("after", str(after + limit))])
        extra["Link"] = links.format_link_header([links.format_link(following, "next")])
    if variant.format == HTML:
        iris = [build_record_iri(*r.split("/", 1)) for p in pairs for r in (p.one, p.other)]
        site = build_page_context(variant)
        body = render_page(
            "resolution.html",
            variant.language,
            site=site,
            pairs=describe_queue(pairs, served.catalogue.read_labels(iris), site),
            counts=numbers,
            total=total,
            next=following,
        )
        return variant.build_response(body, extra)
    content = {
        "release": served.release.id,
        "total": total,
        **numbers,
        "pairs": list(map(_serialize_pair, pairs)),
        "next": following,
    }
    return variant.build_response(orjson.dumps(content), extra)


def _serialize_pair(pair: Pair) -> dict[str, Any]:
    return {
        "id": pair.id,
        "one": build_record_iri(*pair.one.split("/", 1)),
        "other": build_record_iri(*pair.other.split("/", 1)),
        "status": "sure" if pair.sure else "doubtful",
        "score": pair.score,
        "reasons": pair.reasons.split("; ") if pair.reasons else [],
    }


def _check_parameters(request: Request, limit: int, after: int) -> None:
    """Raises BadRequest for a parameter or a value that means nothing here."""
    require_known_parameters(request, KNOWN_PARAMETERS)
    if not 1 <= limit <= MAX_PAGE_SIZE or not 0 <= after <= 2**53:
        raise BadRequest(
            f"limit: 1 to {MAX_PAGE_SIZE}, after: from 0 on",
            f"limit : de 1 à {MAX_PAGE_SIZE}, after : à partir de 0",
        )
