"""Linked Data Event Stream of versions: the oldest kept release, then each later change.

The first page (`/ldes`) is the only one that changes. The others are of one release, and the same
for as long as it is kept; then they are gone (410), and the stream begins with a younger one.
"""

import io
from typing import Final

import pyoxigraph as ox
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import AppConfigDep, ServedReleaseDep
from api.http.disconnect import ClientDisconnected, cancel_on_disconnect
from api.serializers import ldes
from api.serializers.ldes import StreamPage
from api.serving.representation import Representation
from api.serving.served_releases import ServedRelease, ServedReleases
from kg import queries
from kg.catalogue import changes
from kg.catalogue.changes import RecordChange, ReleaseInfo
from kg.errors import Gone, NotFound
from kg.formats import JSON_LD, N_QUADS, TRIG, TURTLE, Format
from kg.iris import build_record_iri
from kg.namespaces import PREFIXES
from kg.rdf.io import write_rdf
from kg.release_layout import list_kept_releases
from kg.sparql.client import construct

FORMATS: Final = (TRIG, TURTLE, N_QUADS, JSON_LD)
PAGE_SIZE: Final = 100
"""Versions of a page."""
IMMUTABLE_HEADERS: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
USED_PREFIXES: Final = ("ess", "dct", "tree", "ldes", "xsd", "skos", "org", "schema", "rdf")

router = APIRouter(tags=["Changes"])


@router.get("/ldes", summary="The stream of versions", response_class=Response)
def root(request: Request, served: ServedReleaseDep, config: AppConfigDep) -> Response:
    """Where the stream begins: the pages of the kept releases, the oldest first."""
    editions = changes.find_release_chain(list_kept_releases(config.releases), served.release.id)
    key = " ".join(edition.id for edition in editions)
    variant = Representation.negotiate(
        request, served, FORMATS, path="/ldes", key=key, suffixed=False
    )
    if variant.unchanged:
        return variant.build_not_modified()
    view = f"{variant.origin}/ldes"
    first, *later_editions = editions
    pages = [(f"{view}/{first.id}/all/1", first.created)]
    pages += [(f"{view}/{one.id}/changes/1", one.created) for one in later_editions]
    licences = served.list_licences()
    quads = [
        *ldes.describe_stream(view, first.created, licences),
        *ldes.describe_page(StreamPage(view, pages)),
    ]
    return variant.build_response(_serialize_quads(quads, variant.format))


@router.get(
    "/ldes/{release}/{part}/{number}", summary="A page of the stream", response_class=Response
)
async def page(
    request: Request,
    config: AppConfigDep,
    served: ServedReleaseDep,
    release: str,
    part: str,
    number: int,
) -> Response:
    """Versions of the records of a kept release: all of them, or those that it changed."""
    edition = _find_edition(config, release)
    path = f"/ldes/{release}/{part}/{number}"
    variant = Representation.negotiate(request, served, FORMATS, path=path, suffixed=False)
    if part not in ("all", "changes") or number < 1:
        raise _no_page_error(path)
    if variant.unchanged:
        return variant.build_not_modified()
    current: ServedReleases = request.app.state.current
    async with current.acquire(release) as past:
        work = _load_members(past, edition, part, number)
        try:
            members, more = await cancel_on_disconnect(request, work)
            licences = past.list_licences()
        except ClientDisconnected:
            return Response(status_code=499)
    if not members and number > 1:
        raise _no_page_error(path)
    view, here = f"{variant.origin}/ldes", f"{variant.origin}{path}"
    after = [(f"{view}/{release}/{part}/{number + 1}", edition.created)] if more else []
    quads = [
        *ldes.describe_stream(view, edition.created, licences),
        *ldes.describe_page(StreamPage(here, after)),
        *ldes.add_hash(here, members),
    ]
    return variant.build_response(_serialize_quads(quads, variant.format), IMMUTABLE_HEADERS)


async def _load_members(
    served: ServedRelease, edition: ReleaseInfo, part: str, number: int
) -> tuple[list[ox.Quad], bool]:
    """The members of a page, and whether there are more."""
    first = (number - 1) * PAGE_SIZE
    if part == "all":
        rows = served.catalogue.read_versions(first, PAGE_SIZE + 1)
        record_changes = [
            RecordChange(kind, key, "created", digest, edition.id, edition.created)
            for kind, key, digest in rows
        ]
    else:
        record_changes = list(changes.read_changes(edition)[first : first + PAGE_SIZE + 1])
    chosen = record_changes[:PAGE_SIZE]
    record_nodes = [
        queries.parse_iri(build_record_iri(c.kind, c.key)) for c in chosen if c.change != "deleted"
    ]
    triples = []
    if record_nodes:
        triples = list(
            await construct(served.executor, queries.fill("members", thing=record_nodes))
        )
    return ldes.build_members(chosen, ldes.group_by_record(triples)), len(
        record_changes
    ) > PAGE_SIZE


def _find_edition(config: AppConfigDep, release: str) -> ReleaseInfo:
    edition = next((one for one in list_kept_releases(config.releases) if one.id == release), None)
    if edition is None:
        raise Gone(
            f"release {release!r} is not kept any more; begin again at /ldes",
            f"l'édition {release!r} n'est plus gardée ; recommencez à /ldes",
        )
    return changes.read_release_info(edition)


def _no_page_error(path: str) -> NotFound:
    return NotFound(f"there is no page {path}", f"il n'y a pas de page {path}")


def _serialize_quads(quads: list[ox.Quad], syntax: Format) -> bytes:
    """The quads in a format; Turtle, which has no graphs, has the triples of all of them."""
    output = io.BytesIO()
    statements = [quad.triple for quad in quads] if syntax == TURTLE else quads
    write_rdf(statements, output, syntax, {name: PREFIXES[name] for name in USED_PREFIXES})
    return output.getvalue()
