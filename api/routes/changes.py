"""Routes of changes since a release or a day: records created, updated and deleted."""

import csv
import io
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import AppConfigDep, ServedReleaseDep
from api.http import links
from api.http.known_parameters import require_known_parameters
from api.serializers.changes_atom import serialize_changes
from api.serving.representation import Representation
from api.serving.served_releases import ServedRelease
from api.views.history_page import render_history_page
from api.views.jinja import render_page
from api.views.page_context import build_page_context
from kg.catalogue import changes
from kg.catalogue.change_filters import COLUMNS, ChangeFilters, filter_changes
from kg.catalogue.changes import CHANGE_KINDS, RecordChange, ReleaseInfo
from kg.catalogue.record_versions import list_versions
from kg.errors import BadRequest, Gone, InvalidParameter, NotFound, ParameterFault
from kg.formats import ATOM, CSV, HTML, JSON
from kg.iris import build_record_iri
from kg.kinds import KIND_BY_NAME, Text
from kg.namespaces import ID
from kg.release_layout import list_kept_releases

FORMATS: Final = (HTML, JSON, CSV, ATOM)
KNOWN_PARAMETERS: Final = (
    "since",
    "until",
    "record",
    *COLUMNS,
    "kind",
    "change",
    "limit",
    "after",
    "lang",
    "format",
    "release",
)
PAGE_SIZE: Final = 500
MAX_PAGE_SIZE: Final = 5000
CSV_COLUMNS: Final = ("change", "kind", "key", "id", "release", "created")

FILTER_PARAMETERS: Final[list[dict[str, Any]]] = [
    {"name": name, "in": "query", "schema": {"type": "string"}, "description": told}
    for name, told in (
        ("kind", "A kind of records."),
        ("change", "`created`, `updated` or `deleted`."),
        ("record", "Kind and key of one record."),
        ("territory", "Key of a territory that the records are in."),
        ("topics", "A topic that the records carry."),
        ("source", "Name of a source that speaks of the records."),
    )
]

router = APIRouter(tags=["Changes"])


@router.get(
    "/changes",
    summary="What changed",
    response_class=Response,
    openapi_extra={"parameters": FILTER_PARAMETERS},
)
@router.get("/changes.{suffix}", include_in_schema=False)
def changed(
    request: Request,
    served: ServedReleaseDep,
    config: AppConfigDep,
    since: str = "",
    until: str = "",
    limit: int = PAGE_SIZE,
    after: int = 0,
) -> Response:
    """Records created, updated and deleted since a release (its id) or a day (2026-11-27).

    Without `since`, what the release in service changed. `until` is the id of the last release that
    counts, by default the one in service. `kind` and `change` (`created`, `updated`,
    `deleted`) narrow it; so do `record` (kind/key), `territory`, `topics` and `source` as in lists:
    with these and without `since`, what all kept releases changed. 410 where what `since` names is
    older than what is kept.
    """
    _check_parameters(request, limit, after)
    editions = changes.find_release_chain(list_kept_releases(config.releases), served.release.id)
    key = changes.identify_editions(editions)
    variant = Representation.negotiate(request, served, FORMATS, path="/changes", key=key)
    if variant.unchanged:
        return variant.build_not_modified()
    filters = _read_filters(request)
    ended = _end_at(editions, until)
    if since in [edition.id for edition in editions[len(ended) :]]:
        raise BadRequest(
            f"since={since} is after until={until}", f"since={since} est après until={until}"
        )
    chosen = _select_editions(ended, since, whole=bool(filters))
    merged = filter_changes(changes.merge_changes(chosen), filters, served.catalogue, editions)
    selected = [one for one in merged if _matches_filters(request, one)]
    part = selected[after : after + limit]
    extra = {"X-Total-Count": str(len(selected))}
    parameters = [(n, v) for n, v in request.query_params.multi_items() if n != "after"]
    following = None
    if len(selected) > after + limit:
        pairs = [*parameters, ("after", str(after + limit))]
        following = links.build_url(request.url.path, pairs)
        extra["Link"] = links.format_link_header([links.format_link(following, "next")])
    if variant.format == CSV:
        return variant.build_response(_serialize_csv(part), extra)
    first = chosen[0].previous if chosen else served.release.id
    if variant.format == ATOM:
        asked = [pair for pair in parameters if pair[0] not in ("lang", "format") and pair[1]]
        about = _name_filters(filters, served)[variant.language]
        feed = serialize_changes(part, served, variant.language, variant.origin, asked, about)
        return variant.build_response(feed, extra)
    if variant.format == HTML:
        shown = filter(None, (filters.record, *filters.values.values()))
        iris = [build_record_iri(one.kind, one.key) for one in part]
        values = {
            "changes": [*zip(part, iris, strict=True)],
            "labels": served.catalogue.read_labels(iris),
            "total": len(selected),
            "since": first,
            "next": following,
            "kinds": KIND_BY_NAME,
            "about": _name_filters(filters, served) if any(shown) else None,
            "feed": links.build_url("/changes.atom", [p for p in parameters if p[0] != "format"]),
        }
        kept_ids = [edition.id for edition in editions]
        body = render_page(
            "changes.html",
            variant.language,
            site=build_page_context(variant),
            kept=kept_ids,
            **values,
        )
        return variant.build_response(body, extra)
    content = {
        "release": served.release.id,
        "since": first,
        "total": len(selected),
        "changes": list(map(_serialize_change, part)),
        "next": following,
    }
    return variant.build_response(orjson.dumps(content), extra)


@router.get("/history/{kind}/{key}", include_in_schema=False)
def history(
    kind: str, key: str, request: Request, served: ServedReleaseDep, config: AppConfigDep
) -> Response:
    """The life of a record over the releases kept: its versions, and what changed in each."""
    editions = changes.find_release_chain(list_kept_releases(config.releases), served.release.id)
    variant = Representation.negotiate(
        request,
        served,
        (HTML,),
        path=f"/history/{kind}/{key}",
        key=changes.identify_editions(editions),
        suffixed=False,
    )
    if variant.unchanged:
        return variant.build_not_modified()
    versions = list_versions(editions, kind, key) if kind in KIND_BY_NAME else []
    if not versions or served.is_forgotten(kind, key):
        raise NotFound(
            f"no release that is kept has {kind}/{key}",
            f"aucune édition gardée n'a {kind}/{key}",
        )
    return variant.build_response(render_history_page(variant, kind, key, versions))


def _end_at(editions: list[ReleaseInfo], until: str) -> list[ReleaseInfo]:
    """The releases up to one of them. Raises NotFound for one that is not kept."""
    if not until:
        return editions
    kept = [edition.id for edition in editions]
    if until not in kept:
        raise NotFound(
            f"no release that is kept is {until!r}; kept: {', '.join(kept)}",
            f"aucune édition gardée n'est {until!r} ; gardées : {', '.join(kept)}",
        )
    return editions[: kept.index(until) + 1]


def _read_filters(request: Request) -> ChangeFilters:
    """The record, or the filters of lists, that changes are asked of; one value of each."""
    asked = request.query_params
    for name in ("record", *COLUMNS):
        if (times := len(asked.getlist(name))) > 1:
            raise InvalidParameter(
                f"the parameter {name!r} is given {times} times",
                f"le paramètre {name!r} est donné {times} fois",
                ParameterFault.REPEATED,
                (name,),
            )
    return ChangeFilters(
        asked.get("record", ""), {name: asked[name] for name in COLUMNS if asked.get(name)}
    )


def _name_filters(filters: ChangeFilters, served: ServedRelease) -> Text:
    """What changes are asked of, by its name."""
    values = filters.values
    keys = [
        filters.record,
        f"territory/{values['territory']}" if "territory" in values else "",
        values.get("topics", ""),
        f"source/{values['source']}" if "source" in values else "",
    ]
    named = [key for key in keys if key]
    labels = served.catalogue.read_labels(ID + key for key in named)
    texts = [labels.get(ID + key, Text(key, key)) for key in named]
    french, english = (", ".join(t[language] for t in texts) for language in ("fr", "en"))
    return Text(french, english)


def _select_editions(editions: list[ReleaseInfo], since: str, *, whole: bool) -> list[ReleaseInfo]:
    """The releases whose changes are asked for. Raises Gone for what is older than the oldest.

    Without `since` these are the last one, or all of which changes are known (`whole`).
    """
    if not since and whole:
        return editions if editions[0].previous else editions[1:]
    if not since:
        return editions[-1:] if editions[-1].previous else []
    position_by_id = {edition.id: number for number, edition in enumerate(editions)}
    if since in position_by_id:
        return editions[position_by_id[since] + 1 :]
    first = editions[0]
    if first.previous == since:  # not kept itself, but what followed it is
        return editions
    if since[:4].isdigit() and since[4:5] == "-":
        if since >= first.created[: len(since)]:
            return [edition for edition in editions[1:] if edition.created > since]
        raise _too_old_error(since, first)
    raise _too_old_error(since, first)


def _too_old_error(since: str, first: ReleaseInfo) -> Gone:
    return Gone(
        f"what changed since {since!r} is not known: the oldest release kept is {first.id}, of "
        f"{first.created}; take everything again (/dumps/latest), then ask since {first.id}",
        f"ce qui a changé depuis {since!r} n'est pas connu : la plus ancienne édition gardée est "
        f"{first.id}, du {first.created} ; reprenez tout (/dumps/latest), puis demandez depuis "
        f"{first.id}",
    )


def _matches_filters(request: Request, change: RecordChange) -> bool:
    kinds = request.query_params.getlist("kind")
    sorts = request.query_params.getlist("change")
    return (not kinds or change.kind in kinds) and (not sorts or change.change in sorts)


def _check_parameters(request: Request, limit: int, after: int) -> None:
    """Raises BadRequest for a parameter or a value that means nothing here."""
    require_known_parameters(request, KNOWN_PARAMETERS)
    allowed = {"kind": tuple(KIND_BY_NAME), "change": CHANGE_KINDS}
    for name, value in request.query_params.multi_items():
        if value not in allowed.get(name, (value,)):
            choices = ", ".join(allowed[name])
            raise InvalidParameter(
                f"{name}={value!r} is not one of {choices}",
                f"{name}={value!r} : attendu {choices}",
                ParameterFault.NOT_A_CHOICE,
                (name,),
                value,
            )
    if not 1 <= limit <= MAX_PAGE_SIZE or after < 0:
        raise BadRequest(
            f"limit: 1 to {MAX_PAGE_SIZE}, after: from 0 on",
            f"limit : de 1 à {MAX_PAGE_SIZE}, after : à partir de 0",
        )


def _serialize_change(change: RecordChange) -> dict[str, str]:
    content = {
        "id": build_record_iri(change.kind, change.key),
        "url": f"/{change.kind}/{change.key}",
    }
    return {**content, **vars(change)}


def _serialize_csv(part: list[RecordChange]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    writer.writerows([_serialize_change(change)[name] for name in CSV_COLUMNS] for change in part)
    return text.getvalue().encode()
