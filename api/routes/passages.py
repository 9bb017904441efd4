"""Route of passages: what was read in one place of a source."""

import re
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import ServedReleaseDep
from api.http.known_parameters import require_known_parameters
from api.serving.representation import Representation
from api.views.entity_page import list_iris_with_owners
from api.views.passage_page import render_passage_page
from kg import iris, queries
from kg.documents.assemble import assemble_entity
from kg.errors import BadRequest, NotFound
from kg.formats import HTML
from kg.sparql.client import construct

SOURCE_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
CHARACTERS: Final = re.compile(r"\d{1,9},\d{1,9}")
KNOWN_PARAMETERS: Final = ("char", "key", "file", "row", "lang", "format", "release")
FRAGMENT: Final = re.compile(r"[^\s#]{1,1000}")
ROW: Final = re.compile(r"\d{1,9}")

router = APIRouter(include_in_schema=False)


@router.get("/source/{name}/passage", response_class=Response)
async def passage(name: str, request: Request, served: ServedReleaseDep) -> Response:
    """The statements that were read in a passage of a text, or in a row of a register.

    `char=100,140` names the characters of a text, `key=` the key of a row, `file=` and `row=` its
    place; as in the IRI of the passage.
    """
    require_known_parameters(request, KNOWN_PARAMETERS)
    variant = Representation.negotiate(
        request, served, (HTML,), path=f"/source/{name}/passage", suffixed=False
    )
    if variant.unchanged:
        return variant.build_not_modified()
    known = any(source["name"] == name for source in served.manifest.get("sources", ()))
    if not SOURCE_NAME.fullmatch(name) or not known:
        raise NotFound(f"there is no source {name!r}", f"il n'y a pas de source {name!r}")
    fragment = _read_fragment(request)
    source = iris.build_record_iri("source", name)
    entity = await assemble_entity(served.executor, served.direct_reader, source)
    graph = queries.parse_iri(iris.build_graph_iri(name))
    try:
        place = queries.parse_iri(f"{source}#{fragment}")
    except ValueError:
        raise _build_passage_error() from None
    told = await construct(served.executor, queries.fill("passage", graph=graph, passage=place))
    if entity is None or not told:
        raise NotFound(
            "nothing of this release was read there", "rien de cette édition n'a été lu là"
        )
    labels = served.catalogue.read_labels(list_iris_with_owners([*entity.triples, *told]))
    return variant.build_response(
        render_passage_page(variant, entity, name, fragment, told, labels)
    )


def _read_fragment(request: Request) -> str:
    """The end of the IRI of the passage. Raises BadRequest."""
    given = request.query_params
    if CHARACTERS.fullmatch(given.get("char", "")):
        return f"char={given['char']}"
    if FRAGMENT.fullmatch(given.get("key", "")):
        return f"key={given['key']}"
    if FRAGMENT.fullmatch(given.get("file", "")) and ROW.fullmatch(given.get("row", "")):
        return f"file={given['file']}&row={given['row']}"
    raise _build_passage_error()


def _build_passage_error() -> BadRequest:
    return BadRequest(
        "which passage? char=START,END, key=KIND/KEY, or file=FILE&row=NUMBER",
        "quel passage ? char=DÉBUT,FIN, key=TYPE/CLÉ, ou file=FICHIER&row=NUMÉRO",
    )
