"""The model and the descriptions of a release, each at its own IRI."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import links, negotiation
from api.deps import Served
from api.render import csvw, model, tables
from api.render.dataset import catalogue_block
from api.render.frame import site_of
from api.representation import Representation
from api.serving.served_releases import ServedRelease
from kg import iris
from kg.errors import NotFound
from kg.formats import CSVW, ENTITY_FORMATS, HTML, JSON, JSON_LD, TEXT, TURTLE
from kg.namespaces import BASE, ONTOLOGY, SHAPES

CATALOGUE: Final = f"{BASE}catalogue"
NAME: Final = re.compile(r"[a-z0-9_-]{1,100}")
MODEL_FORMATS: Final = (TURTLE, *(f for f in ENTITY_FORMATS if f != TURTLE))
TABLE_FORMATS: Final = (CSVW, JSON, HTML)
GRAPH_PAGES: Final = {
    "ontology": "/ontology",
    "schemes": "/scheme",
    "shapes": "/shapes",
    "queries": "/queries",
}

router = APIRouter(tags=["Model"])


@router.get("/ontology", summary="The ontology", response_class=Response)
@router.get("/ontology.{suffix}", include_in_schema=False)
def ontology(request: Request, served: Served) -> Response:
    """Every class and property of our own, in French and English."""
    return _files(request, served, [_ontology(served) / "ontology.ttl"], ONTOLOGY)


@router.get("/shapes", summary="The SHACL shapes", response_class=Response)
@router.get("/shapes.{suffix}", include_in_schema=False)
def shapes(request: Request, served: Served) -> Response:
    """What every record is checked against."""
    files = sorted((served.release.model / "shapes").glob("*.ttl"))
    return _files(request, served, files, SHAPES)


@router.get("/.well-known/void", summary="VoID description", response_class=Response)
@router.get("/.well-known/void.{suffix}", include_in_schema=False)
def void(request: Request, served: Served) -> Response:
    """What the graph holds: classes, properties, datasets, dumps."""
    return _files(request, served, [served.release.void], f"{BASE}.well-known/void")


@router.get("/catalogue", summary="DCAT catalogue", response_class=Response)
@router.get("/catalogue.{suffix}", include_in_schema=False)
def catalogue(request: Request, served: Served) -> Response:
    """The datasets published here and their distributions."""
    return _files(request, served, [served.release.dcat], CATALOGUE)


@router.get("/scheme", summary="The code lists", response_class=Response)
@router.get("/scheme.{suffix}", include_in_schema=False)
def schemes(request: Request, served: Served) -> Response:
    """Every code list by name."""
    files = sorted((_ontology(served) / "schemes").glob("*.ttl"))
    return _files(request, served, files, f"{BASE}scheme", part=model.schemes)


@router.get("/scheme/{scheme}", summary="One code list", response_class=Response)
def scheme(scheme: str, request: Request, served: Served) -> Response:
    """A code list with all its concepts."""
    name, suffix = negotiation.split_suffix(
        scheme, MODEL_FORMATS, lambda name: _scheme_file(served, name) is not None
    )
    return _files(request, served, [_scheme(served, name)], f"{BASE}scheme/{name}", suffix)


@router.get("/scheme/{scheme}/{code}", summary="One code", response_class=Response)
def concept(scheme: str, code: str, request: Request, served: Served) -> Response:
    """One concept of a code list, and those just under it."""
    file = _scheme(served, scheme)
    name, suffix = negotiation.split_suffix(
        code, MODEL_FORMATS, lambda code: _has_code(file, scheme, code)
    )
    iri = iris.concept(scheme, name)
    if not _has_code(file, scheme, name):
        raise NotFound(
            f"the code list {scheme} has no code {name!r}",
            f"la liste de codes {scheme} n'a pas de code {name!r}",
        )
    return _files(request, served, [file], iri, suffix, model.concept)


@router.get("/context.jsonld", summary="The JSON-LD context", response_class=Response)
def context(request: Request, served: Served) -> Response:
    """The context of every JSON-LD document of this server."""
    shown = Representation.of(request, served, (JSON_LD,), suffix=JSON_LD.extension)
    if shown.unchanged:
        return shown.not_modified()
    return shown.response((_ontology(served) / "context.jsonld").read_bytes())


@router.get("/tables/{name}", summary="One canonical table", response_class=Response)
def table(name: str, request: Request, served: Served) -> Response:
    """A canonical table: its columns and what they mean, as a page or as CSVW of its file."""
    stem, suffix = negotiation.split_suffix(
        name, TABLE_FORMATS, lambda name: _table(served, name) is not None
    )
    path = _table(served, stem)
    if path is None:
        raise NotFound(
            f"there is no canonical table {stem!r}", f"il n'y a pas de table canonique {stem!r}"
        )
    shown = Representation.of(request, served, TABLE_FORMATS, suffix=suffix, path=f"/tables/{stem}")
    if shown.unchanged:
        return shown.not_modified()
    file = f"/dumps/{served.release.id}/{stem}.csv"
    if shown.format == HTML:
        return shown.response(tables.table_page(site_of(shown), served.tables[stem], file))
    return shown.response(csvw.described(path.read_bytes(), f"{shown.origin}{file}"))


@router.get("/csvm", summary="What a CSV holds", response_class=Response)
def metadata(request: Request, served: Served, url: str = "") -> Response:
    """The CSVW metadata of a CSV of this server, by its address (https://www.w3.org/TR/tabular-data-model/)."""
    shown = Representation.of(request, served, (CSVW, JSON), path="/csvm", suffixed=False)
    if shown.unchanged:
        return shown.not_modified()
    here = url.removeprefix(shown.origin)
    name = csvw.table_of(here)
    path = _table(served, name) if name else None
    if path is None:
        raise NotFound(
            f"{url!r} is no CSV of this server that has the columns of a table",
            f"{url!r} n'est pas un CSV de ce serveur qui ait les colonnes d'une table",
        )
    return shown.response(csvw.described(path.read_bytes(), f"{shown.origin}{here}"))


@router.get("/.well-known/csvm", include_in_schema=False)
def where_metadata_is() -> Response:
    """Where the metadata of a CSV is, from its address (tabular data model, 5.3)."""
    return Response(csvw.TEMPLATES, media_type=TEXT.content_type)


def _table(served: ServedRelease, name: str) -> Path | None:
    return _file(_ontology(served) / "tables", name, "json")


@router.get("/graph/{source}", summary="One named graph", response_class=Response)
def graph(source: str, served: Served) -> Response:
    """Leads to the dump of a source's graph, or to where a graph of the model is shown."""
    if source in GRAPH_PAGES:
        return RedirectResponse(GRAPH_PAGES[source], 303)
    dumps = served.manifest.get("dumps", ())
    own = (d for d in dumps if d["scope"] == "source" and d["subject"] == source)
    whole = (d for d in dumps if d["scope"] == "whole")
    listed = iris.graph(source) in served.manifest.get("graphs", {})
    found = next(own, None) or (next(whole, None) if listed else None)
    if found is None:
        raise NotFound(f"there is no graph {source!r}", f"il n'y a pas de graphe {source!r}")
    return RedirectResponse(
        links.address(f"/dumps/{served.release.id}/{found['name']}"),
        303,
        {"Cache-Control": "no-cache"},
    )


def _ontology(served: ServedRelease) -> Path:
    return served.release.model / "ontology"


def _file(folder: Path, name: str, extension: str) -> Path | None:
    """A file of the release, where there is one of that name."""
    path = folder / f"{name}.{extension}"
    return path if NAME.fullmatch(name) and path.is_file() else None


def _scheme_file(served: ServedRelease, name: str) -> Path | None:
    return _file(_ontology(served) / "schemes", name, "ttl")


def _has_code(file: Path, scheme: str, code: str) -> bool:
    iri = f"<{iris.concept(scheme, code)}>"
    return any(str(triple.subject) == iri for triple in model.triples((file,)))


def _scheme(served: ServedRelease, name: str) -> Path:
    path = _scheme_file(served, name)
    if path is None:
        raise NotFound(
            f"there is no code list {name!r}; /scheme lists them",
            f"il n'y a pas de liste de codes {name!r} ; /scheme les énumère",
        )
    return path


def _files(
    request: Request,
    served: ServedRelease,
    files: Sequence[Path],
    root: str,
    suffix: str | None = None,
    part: model.Part = model.everything,
) -> Response:
    """What some files of the release say, or a part of it, in the form asked for."""
    path = links.local(root)
    shown = Representation.of(request, served, MODEL_FORMATS, suffix=suffix, path=path)
    if shown.unchanged:
        return shown.not_modified()
    present = tuple(file for file in files if file.is_file())
    if not present:
        raise NotFound(f"this release has nothing at {path}", f"cette édition n'a rien à {path}")
    if shown.format == HTML:
        block = catalogue_block(shown) if root == CATALOGUE else ""
        return shown.response(model.model_page(present, root, path, site_of(shown), part, block))
    return shown.response(
        model.document(present, root, shown.format, served.release, shown.origin, part)
    )
