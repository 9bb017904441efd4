"""Route of paths: how two records are linked, in words, as JSON and as a network."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import ServedReleaseDep
from api.http.known_parameters import require_known_parameters
from api.openapi.graph import PATH_PARAMETERS
from api.serializers.network_files import serialize_gexf, serialize_graphml
from api.serving.link_notes import find_dates, read_notes, require_link_reader
from api.serving.representation import Representation
from api.serving.thread_pool import LIST_THREADS
from api.views import paths_page
from api.views.labels import LabelResolver
from api.views.link_texts import LinkDescriber, list_mentioned
from api.views.page_context import build_page_context
from api.views.paths_page import MAX_THROUGH, End
from kg.catalogue.filters import MAX_TEXT_LENGTH
from kg.catalogue.named_records import Meant, find_meant
from kg.documents.paths import PathSearch, find_paths
from kg.errors import BadRequest
from kg.formats import GEXF, GRAPHML, HTML, JSON
from kg.namespaces import ID

FORMATS: Final = (HTML, JSON, GEXF, GRAPHML)
ENDS: Final = ("from", "to")
THROUGH: Final = "through"
HUBS: Final = "hubs"
KNOWN_PARAMETERS: Final = (*ENDS, THROUGH, HUBS, "lang", "format", "release")

router = APIRouter(tags=["Linked data"])


@router.get(
    "/paths",
    summary="How two records are linked",
    response_class=Response,
    openapi_extra={"parameters": PATH_PARAMETERS},
)
@router.get("/paths.{suffix}", include_in_schema=False)
async def show_paths(request: Request, served: ServedReleaseDep) -> Response:
    """The shortest chains of links between two records, each link with its relation, its dates,
    its certainty and its sources.

    Records with very many links, such as a country or a large topic, are not crossed unless that is
    asked for. That nothing was found within five links is said, and so is a search that was cut.
    """
    _check_parameters(request)
    variant = Representation.negotiate(request, served, FORMATS, path="/paths")
    if variant.unchanged:
        return variant.build_not_modified()
    body = await LIST_THREADS.run(partial(_answer, variant))
    return variant.build_response(body)


def _answer(variant: Representation) -> str | bytes:
    served, query = variant.served, variant.request.query_params
    site = build_page_context(variant)
    ends = [_read_end(variant, name) for name in ENDS]
    chosen = {
        THROUGH: [value for value in query.getlist(THROUGH) if value],
        HUBS: [value for value in (query.get(HUBS),) if value],
    }
    search = _search(variant, ends, chosen[THROUGH], bool(chosen[HUBS]))
    paths = search.paths if search else ()
    links = [link for path in paths for step in path.steps for link in step]
    notes = read_notes(served, links)
    records = [iri for path in paths for iri in path.records]
    hub_iris = list(search.hubs) if search else []
    labels = served.catalogue.read_labels([*records, *hub_iris, *list_mentioned(notes, links)])
    names = LabelResolver(site, labels)
    describer = LinkDescriber(notes, names, site, partial(find_dates, served.catalogue))
    texts = paths_page.describe_paths(search, describer, names, site) if search else []
    hubs = [(iri.removeprefix(ID), names.disambiguate(iri)) for iri in hub_iris]
    if variant.format == HTML:
        return paths_page.render_paths_page(variant, ends, search, texts, hubs, chosen, FORMATS)
    if variant.format == JSON:
        return orjson.dumps(paths_page.serialize_paths(variant, ends, search, texts, hubs))
    network = paths_page.build_network(paths, texts)
    title = " – ".join(end.key for end in ends)
    if variant.format == GEXF:
        return serialize_gexf(network, title, served.created)
    return serialize_graphml(network, title)


def _search(
    variant: Representation, ends: Sequence[End], through: Sequence[str], cross_hubs: bool
) -> PathSearch | None:
    """The search, where both ends are known and differ; the hubs of the best paths through them,
    where there is no other."""
    start, goal = (end.meant.record for end in ends)
    reader = require_link_reader(variant.served)
    if start is None or goal is None or start.iri == goal.iri:
        return None
    crossed = {ID + key for key in through}
    search = find_paths(reader, start.iri, goal.iri, crossed, cross_hubs=cross_hubs)
    if search.paths or cross_hubs:
        return search
    wider = find_paths(reader, start.iri, goal.iri, cross_hubs=True)
    hubs = dict.fromkeys(iri for path in wider.paths for iri in path.hubs)
    return PathSearch((), tuple(hubs), search.read + wider.read, search.cut)


def _read_end(variant: Representation, name: str) -> End:
    written = variant.request.query_params.get(name, "").strip()
    if len(written) > MAX_TEXT_LENGTH:
        raise BadRequest(
            f"{name}: at most {MAX_TEXT_LENGTH} characters",
            f"{name} : au plus {MAX_TEXT_LENGTH} caractères",
        )
    meant = find_meant(variant.served.catalogue, written) if written else Meant(None)
    return End(name, written, meant)


def _check_parameters(request: Request) -> None:
    """Raises BadRequest for a parameter that means nothing here, or is given too often."""
    require_known_parameters(request, KNOWN_PARAMETERS)
    if len(request.query_params.getlist(THROUGH)) > MAX_THROUGH:
        raise BadRequest(
            f"{THROUGH}: at most {MAX_THROUGH} records",
            f"{THROUGH} : au plus {MAX_THROUGH} fiches",
        )
