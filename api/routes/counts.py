"""Counts of the records of a list by one or two of its columns, as a table."""

import csv
import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.deps import RELEASE, Served
from api.negotiation import LANGUAGES
from api.render.frame import site_of
from api.render.listing import facet_iri, named
from api.render.templates import page
from api.representation import Representation
from api.routes.described import common_parameters
from api.threads import LISTS
from kg.catalogue.counts import Counted
from kg.catalogue.filters import Filters, parse
from kg.errors import BadRequest, NotFound
from kg.formats import CSV, HTML, JSON
from kg.kinds import BY_NAME, Kind, Text

FORMATS: Final = (HTML, JSON, CSV)
SHOWN: Final = 500
"""Rows of the page; the other formats have all."""
NOT_FILTERS: Final = ("by", "lang", "format", RELEASE)
PARAMETERS: Final[list[dict[str, Any]]] = [
    {"name": "by", "in": "query", "required": True, "style": "form", "explode": False,
     "schema": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
     "description": "One or two columns that the list is filtered by, separated by a comma.",
     "example": ["topics", "kind"]},
    *common_parameters(FORMATS),
]  # fmt: skip

router = APIRouter(tags=["Lists"])


@router.get(
    "/counts/{kind}", summary="Counts of a list", response_class=Response,
    openapi_extra={"parameters": PARAMETERS},
)  # fmt: skip
@router.get("/counts/{kind}.{suffix}", include_in_schema=False)
async def counts(kind: str, request: Request, served: Served) -> Response:
    """How many records have each value of a column, or each pair of values of two.

    The filters are those of the list of that kind. With one `territory`, records are counted by the
    territories directly inside it.
    """
    if kind not in BY_NAME:
        raise NotFound(
            f"there is no kind {kind!r}; there are {', '.join(BY_NAME)}",
            f"il n'y a pas de type {kind!r} ; il y a {', '.join(BY_NAME)}",
        )
    shown = Representation.of(request, served, FORMATS, path=f"/counts/{kind}")
    if shown.unchanged:
        return shown.not_modified()
    by, filters = _asked(request, BY_NAME[kind])
    rows = await LISTS.run(partial(served.catalogue.counted, kind, filters, by))
    labels = await LISTS.run(partial(_labels, shown, kind, by, rows))
    return shown.response(_body(shown, BY_NAME[kind], by, rows, labels))


def _asked(request: Request, kind: Kind) -> tuple[list[str], Filters]:
    parameters = request.query_params
    by = [name.strip() for given in parameters.getlist("by") for name in given.split(",")]
    if not any(by):
        raise BadRequest(
            f"`by` is missing: /counts/{kind.name}?by=topics",
            f"il manque `by` : /counts/{kind.name}?by=topics",
        )
    given = {name: parameters.getlist(name) for name in parameters if name not in NOT_FILTERS}
    return by, parse(kind, given)


Labels = Mapping[tuple[str, str], Text]
"""The label of a column and a value of it."""


def _labels(shown: Representation, kind: str, by: Sequence[str], rows: Sequence[Counted]) -> Labels:
    catalogue = shown.served.catalogue
    fields = {field.name: field for field in catalogue.fields[kind]}
    pairs = {(name, value) for values, _ in rows for name, value in zip(by, values, strict=True)}
    iris = {pair: facet_iri(fields, *pair) for pair in pairs}
    known = catalogue.labels(iri for iri in iris.values() if iri)
    return {pair: known.get(iri or "", Text.of(None, None, pair[1])) for pair, iri in iris.items()}


def _body(
    shown: Representation, kind: Kind, by: Sequence[str], rows: Sequence[Counted], labels: Labels
) -> bytes | str:
    if shown.format == CSV:
        return _csv(by, rows, labels)
    if shown.format == JSON:
        told = {
            "kind": kind.name,
            "release": shown.served.release.id,
            "by": list(by),
            "counts": [
                {
                    "values": [
                        {"value": value, **named(labels[name, value], shown.language)}
                        for name, value in zip(by, values, strict=True)
                    ],
                    "count": count,
                }
                for values, count in rows
            ],
        }
        return orjson.dumps(told)
    fields = {field.name: field.title for field in shown.served.catalogue.fields[kind.name]}
    site = site_of(shown)
    return page(
        "counts.html",
        shown.language,
        site=site,
        kind=kind,
        columns=[fields.get(name, Text(name, name)) for name in by],
        rows=[
            ([site.spoken(labels[pair]) for pair in zip(by, values, strict=True)], count)
            for values, count in rows[:SHOWN]
        ],
        more=max(0, len(rows) - SHOWN),
    )


def _csv(by: Sequence[str], rows: Sequence[Counted], labels: Labels) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(
        [head for name in by for head in (name, f"{name}_fr", f"{name}_en")] + ["count"]
    )
    for values, count in rows:
        cells: list[str | int] = []
        for name, value in zip(by, values, strict=True):
            label = labels[name, value]
            cells += [value, *(label[each] if each in label.stated else "" for each in LANGUAGES)]
        writer.writerow([*cells, count])
    return written.getvalue().encode()
