"""Routes of the empty spreadsheets of the canonical tables."""

import io
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import ServedReleaseDep
from api.http import negotiation
from api.serving.representation import Representation
from kg import spreadsheet_template
from kg.errors import NotFound
from kg.formats import CSV, XLSX

FORMATS: Final = (XLSX, CSV)

router = APIRouter(tags=["Check"])


@router.get("/templates/{table}", summary="An empty spreadsheet", response_class=Response)
def empty(table: str, request: Request, served: ServedReleaseDep) -> Response:
    """The columns of a canonical table, what they mean and an example row, to be filled."""
    name, suffix = negotiation.split_suffix(table, FORMATS, served.tables.__contains__)
    if name not in served.tables:
        table_names = ", ".join(served.tables)
        raise NotFound(
            f"there is no table {name!r}; there are {table_names}",
            f"il n'y a pas de table {name!r} ; il y a {table_names}",
        )
    variant = Representation.negotiate(
        request, served, FORMATS, suffix=suffix, path=f"/templates/{name}"
    )
    if variant.unchanged:
        return variant.build_not_modified()
    made = io.BytesIO()
    form: spreadsheet_template.TemplateFormat = "xlsx" if variant.format == XLSX else "csv"
    schemes = served.release.model / "ontology" / "schemes"
    spreadsheet_template.write_template(served.tables[name], schemes, made, form, variant.language)
    disposition = f'attachment; filename="{name}.{variant.format.extension}"'
    return variant.build_response(made.getvalue(), {"Content-Disposition": disposition})
