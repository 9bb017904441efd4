"""Search across kinds."""

from collections.abc import Sequence

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.deps import Served
from api.render import pages
from api.render.listing import coded, named
from api.representation import Representation
from api.routes.described import KIND_NAMES, SearchDocument, common_parameters, responses
from kg.catalogue.concepts import Code
from kg.catalogue.filters import LONGEST, words_of
from kg.catalogue.read import Found
from kg.catalogue.records import Item
from kg.errors import BadRequest
from kg.formats import HTML, JSON
from kg.kinds import BY_NAME

FORMATS = (HTML, JSON)
"""Characters of the longest text looked for."""
KNOWN = ("q", "kind", "limit", "lang", "format", "release")
PARAMETERS = [
    {
        "name": "q", "in": "query", "schema": {"type": "string", "maxLength": LONGEST},
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
    *common_parameters(FORMATS),
]  # fmt: skip

router = APIRouter(tags=["Lists"])


@router.get(
    "/search",
    summary="Search across kinds",
    operation_id="search",
    response_class=Response,
    responses=responses(SearchDocument, FORMATS),
    openapi_extra={"parameters": PARAMETERS},
)
def search(request: Request, served: Served) -> Response:
    """The records of all kinds, or of some, that a text names: best first, French- and
    English-aware, accents ignored, the beginnings of words found; the codes of the code lists
    that have its words. Where nothing has them all, what may have been meant is offered."""
    return _answer(request, served, None)


@router.get("/search.{suffix}", include_in_schema=False)
def suffixed(request: Request, served: Served, suffix: str) -> Response:
    """The same, by suffix."""
    return _answer(request, served, suffix)


def _answer(request: Request, served: Served, suffix: str | None) -> Response:
    shown = Representation.of(request, served, FORMATS, suffix=suffix, path="/search")
    if shown.unchanged:
        return shown.not_modified()
    asked = _text(request)
    found = served.catalogue.search(asked, _kinds(request), _limit(request)) if asked else None
    codes = served.catalogue.codes(asked, _kinds(request)) if asked else ()
    if shown.format == HTML:
        return shown.response(pages.search_page(shown, served.catalogue, asked, found, codes))
    content = _document(asked, served.release.id, found or Found((), {}), codes, shown.language)
    return shown.response(orjson.dumps(content))


def _text(request: Request) -> str:
    unknown = [name for name in request.query_params if name not in KNOWN]
    if unknown:
        raise BadRequest(
            f"unknown parameter {unknown[0]!r}; a search knows {', '.join(KNOWN)}",
            f"paramètre inconnu {unknown[0]!r} ; une recherche connaît {', '.join(KNOWN)}",
        )
    for name in KNOWN:
        given = len(request.query_params.getlist(name))
        if given > 1 and name != "kind":
            raise BadRequest(
                f"the parameter {name!r} is given {given} times",
                f"le paramètre {name!r} est donné {given} fois",
            )
    return words_of(request.query_params.get("q", ""))


def _kinds(request: Request) -> tuple[str, ...]:
    kinds = tuple(kind for kind in request.query_params.getlist("kind") if kind)
    for kind in kinds:
        if kind not in BY_NAME:
            raise BadRequest(
                f"kind={kind!r} is not a kind; the kinds are {', '.join(BY_NAME)}",
                f"kind={kind!r} n'est pas un type de fiche ; ce sont {', '.join(BY_NAME)}",
            )
    return kinds


def _limit(request: Request) -> int:
    asked = request.query_params.get("limit") or "20"
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 3 and 1 <= int(asked) <= 100):
        raise BadRequest(
            f"limit={asked!r}: an answer has 1 to 100 records",
            f"limit={asked!r} : une réponse compte de 1 à 100 fiches",
        )
    return int(asked)


def _document(
    asked: str, release: str, found: Found, codes: Sequence[Code], language: str
) -> dict[str, object]:
    return {
        "q": asked,
        "release": release,
        "suggestion": found.suggestion or None,
        "partial": found.partial,
        "totals": {kind: count for kind, count in found.totals.items() if count},
        "items": [_hit(item, language) for item in found.items],
        "codes": [coded(code, language) for code in codes],
    }


def _hit(item: Item, language: str) -> dict[str, object]:
    return {
        "id": item.iri,
        "url": item.path,
        "kind": item.kind,
        "key": item.key,
        **named(item.label, language),
        "inferred": item.inferred,
        "sources": list(item.sources),
    }
