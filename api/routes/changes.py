"""What changed since a release or a day: records created, updated and deleted."""

import csv
import io
from typing import Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import links
from api.deps import Config, Served
from api.render.changes import feed
from api.render.frame import site_of
from api.render.templates import page
from api.representation import Representation
from kg.catalogue import changes
from kg.catalogue.changes import Change, Edition
from kg.errors import BadRequest, Gone
from kg.formats import ATOM, CSV, HTML, JSON
from kg.iris import record
from kg.kinds import BY_NAME
from kg.release import kept

FORMATS: Final = (HTML, JSON, CSV, ATOM)
KNOWN: Final = ("since", "kind", "change", "limit", "after", "lang", "format", "release")
SORTS: Final = ("created", "updated", "deleted")
PAGE: Final = 500
MOST: Final = 5000
COLUMNS: Final = ("change", "kind", "key", "id", "release", "created")

router = APIRouter(tags=["Changes"])


@router.get("/changes", summary="What changed", response_class=Response)
@router.get("/changes.{suffix}", include_in_schema=False)
def changed(
    request: Request,
    served: Served,
    config: Config,
    since: str = "",
    limit: int = PAGE,
    after: int = 0,
) -> Response:
    """Records created, updated and deleted since a release (its id) or a day (2026-11-27).

    Without `since`, what the release in service changed. `kind` and `change` (`created`, `updated`,
    `deleted`) narrow it. 410 where what `since` names is older than what is kept.
    """
    _check(request, limit, after)
    editions = changes.chain(kept(config.releases), served.release.id)
    key = " ".join(edition.id for edition in editions)
    shown = Representation.of(request, served, FORMATS, path="/changes", key=key)
    if shown.unchanged:
        return shown.not_modified()
    chosen = _since(editions, since)
    found = [one for one in changes.together(chosen) if _wanted(request, one)]
    part = found[after : after + limit]
    extra = {"X-Total-Count": str(len(found))}
    parameters = [(n, v) for n, v in request.query_params.multi_items() if n != "after"]
    following = None
    if len(found) > after + limit:
        pairs = [*parameters, ("after", str(after + limit))]
        following = links.address(request.url.path, pairs)
        extra["Link"] = links.header([links.link(following, "next")])
    if shown.format == CSV:
        return shown.response(_csv(part), extra)
    first = chosen[0].previous if chosen else served.release.id
    if shown.format == ATOM:
        asked = [pair for pair in parameters if pair[0] not in ("lang", "format") and pair[1]]
        return shown.response(feed(part, served, shown.language, shown.origin, asked), extra)
    if shown.format == HTML:
        values = {"changes": part, "total": len(found), "since": first, "next": following}
        kept_ids = [edition.id for edition in editions]
        body = page("changes.html", shown.language, site=site_of(shown), kept=kept_ids, **values)
        return shown.response(body, extra)
    told = {
        "release": served.release.id,
        "since": first,
        "total": len(found),
        "changes": list(map(_told, part)),
        "next": following,
    }
    return shown.response(orjson.dumps(told), extra)


def _since(editions: list[Edition], since: str) -> list[Edition]:
    """The releases whose changes are asked for. Raises Gone for what is older than the oldest."""
    if not since:
        return editions[-1:] if editions[-1].previous else []
    known = {edition.id: number for number, edition in enumerate(editions)}
    if since in known:
        return editions[known[since] + 1 :]
    first = editions[0]
    if first.previous == since:  # not kept itself, but what followed it is
        return editions
    if since[:4].isdigit() and since[4:5] == "-":
        if since >= first.created[: len(since)]:
            return [edition for edition in editions[1:] if edition.created > since]
        raise _older(since, first)
    raise _older(since, first)


def _older(since: str, first: Edition) -> Gone:
    return Gone(
        f"what changed since {since!r} is not known: the oldest release kept is {first.id}, of "
        f"{first.created}; take everything again (/dumps/latest), then ask since {first.id}",
        f"ce qui a changé depuis {since!r} n'est pas connu : la plus ancienne édition gardée est "
        f"{first.id}, du {first.created} ; reprenez tout (/dumps/latest), puis demandez depuis "
        f"{first.id}",
    )


def _wanted(request: Request, change: Change) -> bool:
    kinds = request.query_params.getlist("kind")
    sorts = request.query_params.getlist("change")
    return (not kinds or change.kind in kinds) and (not sorts or change.change in sorts)


def _check(request: Request, limit: int, after: int) -> None:
    """Raises BadRequest for a parameter or a value that means nothing here."""
    allowed = {"kind": tuple(BY_NAME), "change": SORTS}
    for name, value in request.query_params.multi_items():
        if name not in KNOWN:
            raise BadRequest(
                f"unknown parameter {name!r}; changes know {', '.join(KNOWN)}",
                f"paramètre inconnu {name!r} ; les changements connaissent {', '.join(KNOWN)}",
            )
        if value not in allowed.get(name, (value,)):
            there = ", ".join(allowed[name])
            raise BadRequest(
                f"{name}={value!r} is not one of {there}", f"{name}={value!r} : attendu {there}"
            )
    if not 1 <= limit <= MOST or after < 0:
        raise BadRequest(
            f"limit: 1 to {MOST}, after: from 0 on", f"limit : de 1 à {MOST}, after : à partir de 0"
        )


def _told(change: Change) -> dict[str, str]:
    told = {"id": record(change.kind, change.key), "url": f"/{change.kind}/{change.key}"}
    return {**told, **vars(change)}


def _csv(part: list[Change]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_told(change)[name] for name in COLUMNS] for change in part)
    return text.getvalue().encode()
