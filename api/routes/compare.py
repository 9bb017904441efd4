"""Route of comparison: two records of one kind side by side."""

from functools import partial
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import ServedReleaseDep
from api.http.known_parameters import require_known_parameters
from api.serving.representation import Representation
from api.serving.thread_pool import LIST_THREADS
from api.views.compare_page import ComparedRecord, render_compare_page
from kg.catalogue.catalogue import Catalogue
from kg.catalogue.filters import MAX_TEXT_LENGTH
from kg.catalogue.named_records import find_meant
from kg.errors import BadRequest
from kg.formats import HTML

SIDES: Final = ("one", "other")
KNOWN_PARAMETERS: Final = (*SIDES, "lang", "format", "release")

router = APIRouter(include_in_schema=False)


@router.get("/compare", response_class=Response)
async def compare(request: Request, served: ServedReleaseDep) -> Response:
    """Two records side by side, by `kind/key` or by name: their columns, and of territories what is
    in them, also for each 10,000 inhabitants."""
    require_known_parameters(request, KNOWN_PARAMETERS)
    variant = Representation.negotiate(request, served, (HTML,), path="/compare", suffixed=False)
    if variant.unchanged:
        return variant.build_not_modified()
    return variant.build_response(await LIST_THREADS.run(partial(_render, variant)))


def _render(variant: Representation) -> str:
    catalogue, query = variant.served.catalogue, variant.request.query_params
    written = {side: query.get(side, "").strip() for side in SIDES}
    for side, text in written.items():
        if len(text) > MAX_TEXT_LENGTH:
            raise BadRequest(
                f"{side}: at most {MAX_TEXT_LENGTH} characters",
                f"{side} : au plus {MAX_TEXT_LENGTH} caractères",
            )
    sides = [_read_side(catalogue, side, text) for side, text in written.items()]
    return render_compare_page(variant, sides)


def _read_side(catalogue: Catalogue, side: str, written: str) -> ComparedRecord:
    if not written:
        return ComparedRecord(side, written, None, (), {})
    meant = find_meant(catalogue, written)
    record = meant.record
    counts, inhabitants = {}, None
    if record and record.kind == "territory":
        counts = catalogue.count_filtered("territory", record.key)
        inhabitants = catalogue.find_inhabitants(record)
    return ComparedRecord(side, written, record, tuple(meant.choices), counts, inhabitants)
