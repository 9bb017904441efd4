"""Linked data: a thing's IRI leads to its document, which comes in the form asked for.

`/id/{kind}/{key}` is the thing: 303 to its document `/{kind}/{key}`, at the suffix of the format
that `Accept` prefers (https://www.w3.org/TR/cooluris/). A key that was replaced is 301, one that
was withdrawn, or that no source has any more, 410; the key of a commune that is none any more leads
to what it became, 300 where that is several.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import pyoxigraph as ox
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import links, negotiation, profiles
from api.bodies import ClientGone, unless_gone
from api.deps import Served
from api.profiles import Profile
from api.redirects import MovedElsewhere, SharedOut
from api.render.document import as_rdf
from api.render.entity import entity_page
from api.render.source import source_page
from api.representation import FRESH, Representation
from api.serving.served_releases import ServedRelease
from kg import iris
from kg.documents.assemble import Entity, assemble_entity
from kg.errors import Gone, NotFound
from kg.formats import ENTITY_FORMATS, HTML
from kg.kinds import BY_NAME, Text
from kg.namespaces import BASE, ID
from kg.offload import run_in_thread_if_large

SOURCE: Final = "source"
TERRITORY: Final = "territory"

router = APIRouter(tags=["Linked data"])


@router.get("/id/{kind}/{key}", status_code=303, response_class=Response)
async def thing(kind: str, key: str, request: Request, served: Served) -> Response:
    """Leads from a thing to its document, in the format the client prefers."""
    name, suffix = _named(served, kind, key)
    _must_exist(served, kind, name)
    chosen = negotiation.choose(request, ENTITY_FORMATS, suffix)
    ending = "" if chosen == HTML and not suffix else f".{chosen.extension}"
    location = links.address(f"/{kind}/{name}{ending}", request.query_params.multi_items())
    return links.redirect(location, 303, {"Vary": "Accept", "Cache-Control": FRESH})


@router.get("/{kind}/{key}", summary="One thing", response_class=Response)
async def document(kind: str, key: str, request: Request, served: Served) -> Response:
    """What is said of one thing, in HTML, JSON-LD, Turtle, N-Triples or RDF/XML."""
    name, suffix = _named(served, kind, key)
    iri = _must_exist(served, kind, name)
    path = f"/{kind}/{name}"
    profile = profiles.chosen(request)
    shown = Representation.of(
        request, served, ENTITY_FORMATS, suffix=suffix, path=path, key=profile.token
    )
    labels, others = profiles.headers(profile, path)
    described = [
        links.link(links.address(iri), "describes"),
        *_signposts(kind, name, served),
        *others,
    ]
    if shown.unchanged:
        return shown.not_modified()
    try:
        found = await unless_gone(
            request, assemble_entity(served.executor, served.direct_reader, iri)
        )
    except ClientGone:
        return Response(status_code=499)
    if found is None:
        raise NotFound(f"nothing is said of {kind}/{name}", f"rien n'est dit de {kind}/{name}")
    body = await _body(shown, found, kind, name, profile)
    labels |= {"Vary": "Accept, Accept-Language, Accept-Profile"}
    return shown.response(body, labels, described)


async def _ahead(request: Request, served: ServedRelease) -> Response:
    return await document(**request.path_params, request=request, served=served)


KIND_ROUTES: Final = dict.fromkeys(BY_NAME, _ahead)
"""What is open ahead of the framework."""


def _signposts(kind: str, key: str, served: ServedRelease) -> list[str]:
    """What a robot needs to know of a record without reading it (https://signposting.org/FAIR/)."""
    item = served.catalogue.entity(kind, key) if kind in BY_NAME else None
    sources = item.sources if item is not None else (key,)
    return [
        links.link(links.address(iris.record(kind, key)), "cite-as"),
        links.link(f"{BASE}catalogue", "collection"),
        links.link("https://schema.org/AboutPage", "type"),
        *(links.link(licence, "license") for licence in served.licences(sources)),
    ]


async def _body(
    shown: Representation, found: Entity, kind: str, key: str, profile: Profile
) -> str | bytes:
    if kind == SOURCE and shown.format == HTML:
        return await source_page(shown, found, key)
    make: Callable[[], str | bytes] = partial(entity_page, shown, found, kind, key)
    if shown.format != HTML:

        def own(triples: list[ox.Triple]) -> bytes:
            return as_rdf(triples, found.iri, shown.format, shown.served.release, shown.origin)

        make = partial(profiles.written, found.triples, found.iri, profile, shown.format, own)
    return await run_in_thread_if_large(make, len(found.triples))


def _named(served: ServedRelease, kind: str, key: str) -> tuple[str, str | None]:
    """The key of a thing and the suffix after it."""
    return negotiation.split_suffix(key, ENTITY_FORMATS, lambda name: _exists(served, kind, name))


def _exists(served: ServedRelease, kind: str, key: str) -> bool:
    if kind == SOURCE and any(s["name"] == key for s in served.manifest.get("sources", ())):
        return True
    return kind in BY_NAME and served.catalogue.entity(kind, key) is not None


def _must_exist(served: ServedRelease, kind: str, key: str) -> str:
    """The IRI of a thing. Raises what says why it is not there, or where it is."""
    iri = iris.record(kind, key)
    if _exists(served, kind, key):
        return iri
    replacement = served.catalogue.moved(iri)
    if replacement is not None:
        raise MovedElsewhere(links.address(links.local(replacement)))
    since = served.catalogue.is_gone(iri)
    if since is not None:
        raise Gone(f"{kind}/{key} was withdrawn ({since})", f"{kind}/{key} a été retiré ({since})")
    if kind == TERRITORY and (today := served.catalogue.today(key)):
        addresses = [links.address(f"/{TERRITORY}/{each}") for each in today]
        if len(addresses) == 1:
            raise MovedElsewhere(addresses[0])
        raise SharedOut(f"{kind}/{key}", addresses)
    left = served.catalogue.has_left(iri)
    if left is not None:
        raise Gone(
            f"{kind}/{key} is in no source any more, since the release of {left}",
            f"{kind}/{key} n'est plus dans aucune source, depuis l'édition du {left}",
        )
    if kind not in BY_NAME and kind != SOURCE:
        raise NotFound(f"there is nothing at /{kind}/{key}", f"il n'y a rien à /{kind}/{key}")
    label = BY_NAME[kind].label if kind in BY_NAME else Text("Source", "Source")
    raise NotFound(
        f"{label.en}: no record has the key “{key}” in this release ({ID}{kind}/…)",
        f"{label.fr} : aucune fiche n'a la clé « {key} » dans cette édition ({ID}{kind}/…)",
    )
