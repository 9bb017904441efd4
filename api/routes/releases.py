"""Route of two releases side by side: counts, what changed most, and the records that did."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import AppConfigDep, ServedReleaseDep
from api.http import links
from api.http.known_parameters import require_known_parameters
from api.serving.representation import Representation
from api.serving.thread_pool import LIST_THREADS
from api.views.releases_page import ComparedPage, render_releases_page, serialize_comparison
from kg.catalogue.changes import (
    CHANGE_KINDS,
    ReleaseInfo,
    find_release_chain,
    identify_editions,
    select_between,
)
from kg.catalogue.release_comparison import compare_releases, read_compared
from kg.errors import BadRequest, InvalidParameter, NotFound, ParameterFault
from kg.formats import HTML, JSON
from kg.kinds import KIND_BY_NAME
from kg.release_layout import Release, list_kept_releases

FORMATS: Final = (HTML, JSON)
FILTERS: Final = {"kind": tuple(KIND_BY_NAME), "change": CHANGE_KINDS}
KNOWN_PARAMETERS: Final = ("since", "until", *FILTERS, "after", "lang", "format", "release")
PAGE_SIZE: Final = 50

FILTER_PARAMETERS: Final[list[dict[str, Any]]] = [
    {"name": name, "in": "query", "schema": {"type": "string", "enum": list(values)},
     "description": "Narrows the records that a page shows."}
    for name, values in FILTERS.items()
]  # fmt: skip

router = APIRouter(tags=["Changes"])


@router.get(
    "/releases",
    summary="Two releases side by side",
    response_class=Response,
    openapi_extra={"parameters": FILTER_PARAMETERS},
)
@router.get("/releases.{suffix}", include_in_schema=False)
async def compare(
    request: Request,
    served: ServedReleaseDep,
    config: AppConfigDep,
    since: str = "",
    until: str = "",
    after: int = 0,
) -> Response:
    """What differs between two kept releases, `since` and `until` (ids; by default the last two).

    Records by kind, the columns and the sources that changed most; as a page, each record that
    changed, narrowed by `kind` and `change`. The records as data are at `/changes`.
    """
    require_known_parameters(request, KNOWN_PARAMETERS)
    filters = _read_filters(request, after)
    editions = find_release_chain(list_kept_releases(config.releases), served.release.id)
    variant = Representation.negotiate(
        request, served, FORMATS, path="/releases", key=identify_editions(editions)
    )
    if variant.unchanged:
        return variant.build_not_modified()
    pair = _choose_editions(editions, since, until)
    return variant.build_response(
        await LIST_THREADS.run(partial(_render, variant, editions, pair, filters, after))
    )


def _render(
    variant: Representation,
    editions: Sequence[ReleaseInfo],
    pair: tuple[ReleaseInfo, ReleaseInfo],
    filters: Sequence[tuple[str, str]],
    first: int,
) -> str | bytes:
    before, after = pair
    between = select_between(editions, before.id, after.id)
    comparison = compare_releases(before, after, tuple(between), identify_editions(pair))
    chosen = dict(filters)
    selected = [
        one
        for one in comparison.changes
        if chosen.get("kind", one.kind) == one.kind
        and chosen.get("change", one.change) == one.change
    ]
    following = None
    if len(selected) > first + PAGE_SIZE:
        kept = [p for p in variant.request.query_params.multi_items() if p[0] != "after"]
        following = links.build_url("/releases", [*kept, ("after", str(first + PAGE_SIZE))])
    shown = ComparedPage(
        editions,
        before,
        after,
        comparison,
        len(selected),
        read_compared(before, after, selected[first : first + PAGE_SIZE]),
        filters,
        following,
        [(edition, names) for edition in between if (names := _list_dumps(edition))],
    )
    if variant.format == JSON:
        return orjson.dumps({"release": variant.served.release.id, **serialize_comparison(shown)})
    return render_releases_page(variant, shown)


def _list_dumps(edition: ReleaseInfo) -> list[str]:
    """The files of what a release added to the one before, and removed from it."""
    folder = Release(edition.catalogue.parent).dumps
    names = [f"{scope}-since-{edition.previous}.nq.gz" for scope in ("added", "removed")]
    return [name for name in names if (folder / name).is_file()]


def _choose_editions(
    editions: Sequence[ReleaseInfo], since: str, until: str
) -> tuple[ReleaseInfo, ReleaseInfo]:
    """The two releases, the older first. Raises NotFound for one that is not kept."""
    by_id = {edition.id: edition for edition in editions}
    for name in (since, until):
        if name and name not in by_id:
            raise NotFound(
                f"no release that is kept is {name!r}; kept: {', '.join(by_id)}",
                f"aucune édition gardée n'est {name!r} ; gardées : {', '.join(by_id)}",
            )
    last = by_id.get(until, editions[-1])
    first = by_id.get(since, editions[max(0, editions.index(last) - 1)])
    return (first, last) if editions.index(first) <= editions.index(last) else (last, first)


def _read_filters(request: Request, after: int) -> list[tuple[str, str]]:
    """The filters in use. Raises BadRequest for a value that means nothing."""
    filters = [
        (name, value) for name, value in request.query_params.items() if name in FILTERS and value
    ]
    for name, value in filters:
        if value not in FILTERS[name]:
            choices = ", ".join(FILTERS[name])
            raise InvalidParameter(
                f"{name}={value!r} is not one of {choices}",
                f"{name}={value!r} : attendu {choices}",
                ParameterFault.NOT_A_CHOICE,
                (name,),
                value,
            )
    if after < 0:
        raise BadRequest("after: from 0 on", "after : à partir de 0")
    return filters
