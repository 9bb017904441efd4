"""The stream of versions: the records of the oldest kept release, then what each later one changed.

The first page (`/ldes`) is the only one that changes. The others are of one release, and the same
for as long as it is kept; then they are gone (410), and the stream begins with a younger one.
"""

import io
from typing import Final

import pyoxigraph as ox
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import bodies
from api.bodies import ClientGone
from api.deps import Config, Served
from api.render import stream
from api.render.stream import Node
from api.representation import Representation
from api.serving.served_releases import ServedRelease, ServedReleases
from kg import queries
from kg.catalogue import changes
from kg.catalogue.changes import Change, Edition
from kg.errors import Gone, NotFound
from kg.formats import JSON_LD, N_QUADS, TRIG, TURTLE, Format
from kg.iris import record
from kg.namespaces import PREFIXES
from kg.rdf import OX_FORMATS
from kg.release import kept
from kg.sparql.client import construct

FORMATS: Final = (TRIG, TURTLE, N_QUADS, JSON_LD)
PAGE: Final = 100
"""Versions of a page."""
IMMUTABLE: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
PREFIXED: Final = ("ess", "dct", "tree", "ldes", "xsd", "skos", "org", "schema", "rdf")

router = APIRouter(tags=["Changes"])


@router.get("/ldes", summary="The stream of versions", response_class=Response)
def root(request: Request, served: Served, config: Config) -> Response:
    """Where the stream begins: the pages of the kept releases, the oldest first."""
    editions = changes.chain(kept(config.releases), served.release.id)
    key = " ".join(edition.id for edition in editions)
    shown = Representation.of(request, served, FORMATS, path="/ldes", key=key, suffixed=False)
    if shown.unchanged:
        return shown.not_modified()
    view = f"{shown.origin}/ldes"
    first, *others = editions
    pages = [(f"{view}/{first.id}/all/1", first.created)]
    pages += [(f"{view}/{one.id}/changes/1", one.created) for one in others]
    licences = served.licences()
    quads = [*stream.stream(view, first.created, licences), *stream.node(Node(view, pages))]
    return shown.response(_written(quads, shown.format))


@router.get(
    "/ldes/{release}/{part}/{number}", summary="A page of the stream", response_class=Response
)
async def page(
    request: Request, config: Config, served: Served, release: str, part: str, number: int
) -> Response:
    """Versions of the records of a kept release: all of them, or those that it changed."""
    edition = _edition(config, release)
    path = f"/ldes/{release}/{part}/{number}"
    shown = Representation.of(request, served, FORMATS, path=path, suffixed=False)
    if part not in ("all", "changes") or number < 1:
        raise _nowhere(path)
    if shown.unchanged:
        return shown.not_modified()
    current: ServedReleases = request.app.state.current
    async with current.lease(release) as past:
        work = _members(past, edition, part, number)
        try:
            members, more = await bodies.unless_gone(request, work)
            licences = past.licences()
        except ClientGone:
            return Response(status_code=499)
    if not members and number > 1:
        raise _nowhere(path)
    view, here = f"{shown.origin}/ldes", f"{shown.origin}{path}"
    after = [(f"{view}/{release}/{part}/{number + 1}", edition.created)] if more else []
    quads = [
        *stream.stream(view, edition.created, licences),
        *stream.node(Node(here, after)),
        *stream.with_hash(here, members),
    ]
    return shown.response(_written(quads, shown.format), IMMUTABLE)


async def _members(
    served: ServedRelease, edition: Edition, part: str, number: int
) -> tuple[list[ox.Quad], bool]:
    """The members of a page, and whether there are more."""
    first = (number - 1) * PAGE
    if part == "all":
        rows = served.catalogue.versions(first + 1, PAGE + 1)
        found = [
            Change(kind, key, "created", digest, edition.id, edition.created)
            for kind, key, digest in rows
        ]
    else:
        found = list(changes.of(edition)[first : first + PAGE + 1])
    chosen = found[:PAGE]
    there = [queries.iri(record(c.kind, c.key)) for c in chosen if c.change != "deleted"]
    said = []
    if there:
        said = list(await construct(served.executor, queries.filled("members", thing=there)))
    return stream.members(chosen, stream.by_record(said)), len(found) > PAGE


def _edition(config: Config, release: str) -> Edition:
    found = next((one for one in kept(config.releases) if one.id == release), None)
    if found is None:
        raise Gone(
            f"release {release!r} is not kept any more; begin again at /ldes",
            f"l'édition {release!r} n'est plus gardée ; recommencez à /ldes",
        )
    return changes.edition(found)


def _nowhere(path: str) -> NotFound:
    return NotFound(f"there is no page {path}", f"il n'y a pas de page {path}")


def _written(quads: list[ox.Quad], syntax: Format) -> bytes:
    """The quads in a format; Turtle, which has no graphs, has the triples of all of them."""
    output = io.BytesIO()
    told: list[ox.Quad] | list[ox.Triple] = quads
    if syntax == TURTLE:
        told = [quad.triple for quad in quads]
    prefixed = syntax in (TRIG, TURTLE)
    prefixes = {name: PREFIXES[name] for name in PREFIXED} if prefixed else None
    ox.serialize(told, output, OX_FORMATS[syntax], prefixes=prefixes)
    return output.getvalue()
