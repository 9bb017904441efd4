"""Routes of cross-tabulations: counts of a list by one or two of its columns."""

import csv
import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import RELEASE_PARAMETER, ServedReleaseDep
from api.http import links
from api.http.negotiation import LANGUAGES
from api.openapi.lists import describe_common_parameters
from api.serializers.list_json import serialize_label
from api.serving.representation import Representation
from api.serving.thread_pool import LIST_THREADS
from kg.catalogue.code_names import name_value
from kg.catalogue.crosstab import CrosstabRow, check_columns
from kg.catalogue.filters import Filters, parse_filters
from kg.catalogue.listing import find_facet_iri
from kg.errors import BadRequest, NotFound
from kg.formats import CSV, HTML, JSON
from kg.kinds import KIND_BY_NAME, Kind, Text

FORMATS: Final = (HTML, JSON, CSV)
NON_FILTER_PARAMETERS: Final = ("by", "lang", "format", RELEASE_PARAMETER)
PARAMETERS: Final[list[dict[str, Any]]] = [
    {"name": "by", "in": "query", "required": True, "style": "form", "explode": False,
     "schema": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
     "description": "One or two columns that the list is filtered by, separated by a comma.",
     "example": ["topics", "kind"]},
    *describe_common_parameters(FORMATS),
]  # fmt: skip

router = APIRouter(tags=["Lists"])


@router.get(
    "/counts/{kind}", summary="Counts of a list", response_class=Response,
    openapi_extra={"parameters": PARAMETERS},
)  # fmt: skip
@router.get("/counts/{kind}.{suffix}", include_in_schema=False)
async def counts(kind: str, request: Request, served: ServedReleaseDep) -> Response:
    """How many records have each value of a column, or each pair of values of two.

    The value `-` is that of the records of which none is stated.
    The filters are those of the list of that kind. With one `territory`, records are counted by the
    territories directly inside it.
    """
    if kind not in KIND_BY_NAME:
        raise NotFound(
            f"there is no kind {kind!r}; there are {', '.join(KIND_BY_NAME)}",
            f"il n'y a pas de type {kind!r} ; il y a {', '.join(KIND_BY_NAME)}",
        )
    variant = Representation.negotiate(request, served, FORMATS, path=f"/counts/{kind}")
    if variant.unchanged:
        return variant.build_not_modified()
    by, filters = _parse_request(request, KIND_BY_NAME[kind])
    if variant.format == HTML:
        check_columns(kind, by)
        return links.redirect(_build_chart_address(request, kind, by), 303, {"Vary": "Accept"})
    count = partial(served.catalogue.compute_crosstab, kind, filters, by, with_unstated=True)
    rows = await LIST_THREADS.run(count)
    labels = await LIST_THREADS.run(partial(_load_labels, variant, kind, by, rows))
    return variant.build_response(_build_body(variant, KIND_BY_NAME[kind], by, rows, labels))


def _parse_request(request: Request, kind: Kind) -> tuple[list[str], Filters]:
    parameters = request.query_params
    by = [name.strip() for raw_values in parameters.getlist("by") for name in raw_values.split(",")]
    if not any(by):
        raise BadRequest(
            f"`by` is missing: /counts/{kind.name}?by=topics",
            f"il manque `by` : /counts/{kind.name}?by=topics",
        )
    raw_values = {
        name: parameters.getlist(name) for name in parameters if name not in NON_FILTER_PARAMETERS
    }
    return by, parse_filters(kind, raw_values)


def _build_chart_address(request: Request, kind: str, by: Sequence[str]) -> str:
    """The page that shows the same counts."""
    others = [p for p in request.query_params.multi_items() if p[0] not in ("by", "format")]
    chosen = [("view", "chart"), *zip(("by", "and"), by, strict=False)]
    return links.build_url(f"/{kind}", [*others, *chosen])


ValueLabels = Mapping[tuple[str, str], Text]
"""The label of a column and a value of it."""


def _load_labels(
    variant: Representation, kind: str, by: Sequence[str], rows: Sequence[CrosstabRow]
) -> ValueLabels:
    catalogue = variant.served.catalogue
    fields = {field.name: field for field in catalogue.fields[kind]}
    pairs = {(name, value) for values, _ in rows for name, value in zip(by, values, strict=True)}
    iris = {pair: find_facet_iri(fields, *pair) for pair in pairs}
    labels = catalogue.read_labels(iri for iri in iris.values() if iri)
    return {pair: labels.get(iri or "") or name_value(*pair) for pair, iri in iris.items()}


def _build_body(
    variant: Representation,
    kind: Kind,
    by: Sequence[str],
    rows: Sequence[CrosstabRow],
    labels: ValueLabels,
) -> bytes | str:
    if variant.format == CSV:
        return _serialize_csv(by, rows, labels)
    content = {
        "kind": kind.name,
        "release": variant.served.release.id,
        "by": list(by),
        "counts": [
            {
                "values": [
                    {"value": value, **serialize_label(labels[name, value], variant.language)}
                    for name, value in zip(by, values, strict=True)
                ],
                "count": count,
            }
            for values, count in rows
        ],
    }
    return orjson.dumps(content)


def _serialize_csv(by: Sequence[str], rows: Sequence[CrosstabRow], labels: ValueLabels) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(
        [head for name in by for head in (name, f"{name}_fr", f"{name}_en")] + ["count"]
    )
    for values, count in rows:
        cells: list[str | int] = []
        for name, value in zip(by, values, strict=True):
            label = labels[name, value]
            cells += [
                value,
                *(label[each] if each in label.stated_languages else "" for each in LANGUAGES),
            ]
        writer.writerow([*cells, count])
    return written.getvalue().encode()
