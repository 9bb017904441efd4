"""Routes of the model of a release: ontology, shapes, code lists, tables, VoID, DCAT."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.dependencies import ServedReleaseDep
from api.http import links, negotiation
from api.serializers import csvw, model
from api.serializers.rdf import serialize_rdf
from api.serializers.schema_org_catalogue import build_catalogue_block
from api.serving.model_files import Triples, read_file, read_triples
from api.serving.representation import Representation
from api.serving.served_releases import ServedRelease
from api.views import model_pages, ontology_pages, table_page
from api.views.graph_page import render_graph_page
from api.views.page_context import PageContext, build_page_context
from api.views.void_counts import count_terms
from kg import iris
from kg.documents.term_examples import find_examples
from kg.errors import NotFound
from kg.formats import CSVW, ENTITY_FORMATS, GZIP, HTML, JSON, JSON_LD, TEXT, TURTLE
from kg.kinds import KINDS
from kg.namespaces import BASE, ONTOLOGY, SHAPES

CATALOGUE_IRI: Final = f"{BASE}catalogue"
NAME_PATTERN: Final = re.compile(r"[a-z0-9_-]{1,100}")
MODEL_FORMATS: Final = (TURTLE, *(f for f in ENTITY_FORMATS if f != TURTLE))
TABLE_FORMATS: Final = (CSVW, JSON, HTML)
GRAPH_PAGES: Final = {
    "ontology": "/ontology",
    "schemes": "/scheme",
    "shapes": "/shapes",
    "queries": "/queries",
    "void": "/.well-known/void",
}

PageRenderer = Callable[[Triples, PageContext], str]
"""Writes the page of a document of the model from its triples."""

router = APIRouter(tags=["Model"])


@router.get("/ontology", summary="The ontology", response_class=Response)
@router.get("/ontology.{suffix}", include_in_schema=False)
def ontology(request: Request, served: ServedReleaseDep) -> Response:
    """Every class and property of our own, in French and English."""
    folder = _get_ontology_folder(served)

    def render(triples: Triples, site: PageContext) -> str:
        return ontology_pages.render_ontology_page(
            triples, _read_vocabulary(served), served.catalogue.count_by_kind(), site
        )

    return _respond_with_files(request, served, [folder / "ontology.ttl"], ONTOLOGY, render=render)


@router.get("/ontology/{term}", summary="One term of the ontology", response_class=Response)
def ontology_term(term: str, request: Request, served: ServedReleaseDep) -> Response:
    """A class or a property: what it means, what it goes with, how often it is used.

    Ours by its name (`Accreditation`), one of others with its prefix (`org:Membership`).
    """
    vocabulary = _read_vocabulary(served)
    name, suffix = negotiation.split_suffix(
        term,
        MODEL_FORMATS,
        lambda name: ontology_pages.read_term_name(name) in vocabulary.terms,
    )
    iri = ontology_pages.read_term_name(name)
    if iri not in vocabulary.terms:
        raise NotFound(
            f"the ontology has no term {name!r}; /ontology lists them",
            f"l'ontologie n'a pas de terme {name!r} ; /ontology les énumère",
        )
    variant = Representation.negotiate(
        request, served, MODEL_FORMATS, suffix=suffix, path=f"/ontology/{name}"
    )
    if variant.unchanged:
        return variant.build_not_modified()
    folder = _get_ontology_folder(served)
    alignments = _read_present([folder / "alignments.ttl"])
    if variant.format != HTML:
        every = [*_read_ontology(served), *alignments]
        triples = [triple for triple in every if triple.subject == ox.NamedNode(iri)]
        return variant.build_response(
            serialize_rdf(triples, iri, variant.format, served.json_ld_context, variant.origin)
        )
    local = served.executor.store
    examples = find_examples(local.store, (iri,)).get(iri, ()) if local is not None else ()
    shapes = _read_present(sorted((served.release.model / "shapes").glob("*.ttl")))
    return variant.build_response(
        ontology_pages.render_term_page(
            iri,
            vocabulary,
            alignments,
            shapes,
            examples,
            served.catalogue.read_labels(examples),
            served.catalogue.count_by_kind(),
            ontology_pages.find_kinds_of_class(iri, served.tables),
            build_page_context(variant),
        )
    )


@router.get("/shapes", summary="The SHACL shapes", response_class=Response)
@router.get("/shapes.{suffix}", include_in_schema=False)
def shapes(request: Request, served: ServedReleaseDep) -> Response:
    """What every record is checked against."""
    files = sorted((served.release.model / "shapes").glob("*.ttl"))

    def render(_: Triples, site: PageContext) -> str:
        parts = [(file.stem, _read_present([file])) for file in files]
        targets = {
            t.object.value for _, part in parts for t in part if isinstance(t.object, ox.NamedNode)
        }
        return model_pages.render_shapes_page(parts, served.catalogue.read_labels(targets), site)

    return _respond_with_files(request, served, files, SHAPES, render=render)


@router.get("/.well-known/void", summary="VoID description", response_class=Response)
@router.get("/.well-known/void.{suffix}", include_in_schema=False)
def void(request: Request, served: ServedReleaseDep) -> Response:
    """What the graph holds: classes, properties, datasets, dumps."""
    return _respond_with_files(request, served, [served.release.void], f"{BASE}.well-known/void")


@router.get("/catalogue", summary="DCAT catalogue", response_class=Response)
@router.get("/catalogue.{suffix}", include_in_schema=False)
def catalogue(request: Request, served: ServedReleaseDep) -> Response:
    """The datasets published here and their distributions."""
    return _respond_with_files(request, served, [served.release.dcat], CATALOGUE_IRI)


@router.get("/scheme", summary="The code lists", response_class=Response)
@router.get("/scheme.{suffix}", include_in_schema=False)
def schemes(request: Request, served: ServedReleaseDep) -> Response:
    """Every code list by name."""
    files = sorted((_get_ontology_folder(served) / "schemes").glob("*.ttl"))

    def render(_: Triples, site: PageContext) -> str:
        return model_pages.render_schemes_page(
            _read_present(files), served.catalogue.count_by_kind(), site
        )

    return _respond_with_files(
        request, served, files, f"{BASE}scheme", select=model.select_schemes, render=render
    )


@router.get("/scheme/{scheme}", summary="One code list", response_class=Response)
def scheme(scheme: str, request: Request, served: ServedReleaseDep) -> Response:
    """A code list with all its concepts."""
    name, suffix = negotiation.split_suffix(
        scheme, MODEL_FORMATS, lambda name: _find_scheme_file(served, name) is not None
    )

    def render(triples: Triples, site: PageContext) -> str:
        return model_pages.render_scheme_page(
            triples, name, _count_uses(served, name), served.catalogue.count_by_kind(), site
        )

    file = _require_scheme_file(served, name)
    return _respond_with_files(
        request, served, [file], f"{BASE}scheme/{name}", suffix, render=render
    )


@router.get("/scheme/{scheme}/{code}", summary="One code", response_class=Response)
def concept(scheme: str, code: str, request: Request, served: ServedReleaseDep) -> Response:
    """One concept of a code list, and those just under it."""
    file = _require_scheme_file(served, scheme)
    name, suffix = negotiation.split_suffix(
        code, MODEL_FORMATS, lambda code: _has_code(file, scheme, code)
    )
    iri = iris.build_concept_iri(scheme, name)
    if not _has_code(file, scheme, name):
        raise NotFound(
            f"the code list {scheme} has no code {name!r}",
            f"la liste de codes {scheme} n'a pas de code {name!r}",
        )

    def render(_: Triples, site: PageContext) -> str:
        uses = _count_uses(served, scheme)
        return model_pages.render_concept_page(_read_present([file]), scheme, name, uses, site)

    return _respond_with_files(request, served, [file], iri, suffix, model.select_concept, render)


@router.get("/context.jsonld", summary="The JSON-LD context", response_class=Response)
def context(request: Request, served: ServedReleaseDep) -> Response:
    """The context of every JSON-LD document of this server."""
    variant = Representation.negotiate(request, served, (JSON_LD,), suffix=JSON_LD.extension)
    if variant.unchanged:
        return variant.build_not_modified()
    return variant.build_response(read_file(_get_ontology_folder(served) / "context.jsonld"))


@router.get("/tables/{name}", summary="One canonical table", response_class=Response)
def table(name: str, request: Request, served: ServedReleaseDep) -> Response:
    """A canonical table: its columns and what they mean, as a page or as CSVW of its file."""
    stem, suffix = negotiation.split_suffix(
        name, TABLE_FORMATS, lambda name: _find_table_file(served, name) is not None
    )
    path = _find_table_file(served, stem)
    if path is None:
        raise NotFound(
            f"there is no canonical table {stem!r}", f"il n'y a pas de table canonique {stem!r}"
        )
    variant = Representation.negotiate(
        request, served, TABLE_FORMATS, suffix=suffix, path=f"/tables/{stem}"
    )
    if variant.unchanged:
        return variant.build_not_modified()
    file = f"/dumps/{served.release.id}/{stem}.csv"
    if variant.format == HTML:
        return variant.build_response(
            table_page.render_table_page(build_page_context(variant), served.tables[stem], file)
        )
    return variant.build_response(csvw.build_metadata(path.read_bytes(), f"{variant.origin}{file}"))


@router.get("/csvm", summary="What a CSV holds", response_class=Response)
def metadata(request: Request, served: ServedReleaseDep, url: str = "") -> Response:
    """The CSVW metadata of a CSV of this server, by its address (https://www.w3.org/TR/tabular-data-model/)."""
    variant = Representation.negotiate(request, served, (CSVW, JSON), path="/csvm", suffixed=False)
    if variant.unchanged:
        return variant.build_not_modified()
    here = url.removeprefix(variant.origin)
    name = csvw.find_table(here)
    path = _find_table_file(served, name) if name else None
    if path is None:
        raise NotFound(
            f"{url!r} is no CSV of this server that has the columns of a table",
            f"{url!r} n'est pas un CSV de ce serveur qui ait les colonnes d'une table",
        )
    return variant.build_response(csvw.build_metadata(path.read_bytes(), f"{variant.origin}{here}"))


@router.get("/.well-known/csvm", include_in_schema=False)
def csvm_locations() -> Response:
    """Where the metadata of a CSV is, from its address (tabular data model, 5.3)."""
    return Response(csvw.METADATA_URI_TEMPLATES, media_type=TEXT.content_type)


def _find_table_file(served: ServedRelease, name: str) -> Path | None:
    return _find_file(_get_ontology_folder(served) / "tables", name, "json")


@router.get("/graph/{source}", summary="One named graph", response_class=Response)
def graph(source: str, request: Request, served: ServedReleaseDep) -> Response:
    """Leads to the dump of a source's graph, or to where a graph of the model is shown.

    A client that accepts its RDF format by name gets it as such, any other one the packed file.
    """
    if source in GRAPH_PAGES:
        return RedirectResponse(GRAPH_PAGES[source], 303)
    dumps = served.manifest.get("dumps", ())
    own = (d for d in dumps if d["scope"] == "source" and d["subject"] == source)
    whole = (d for d in dumps if d["scope"] == "whole")
    listed = iris.build_graph_iri(source) in served.manifest.get("graphs", {})
    dump = next(own, None) or (next(whole, None) if listed else None)
    if dump is None:
        raise NotFound(f"there is no graph {source!r}", f"il n'y a pas de graphe {source!r}")
    name: str = dump["name"]
    if negotiation.names_media_type(request, dump["media_type"]):
        name = name.removesuffix(f".{GZIP.extension}")
    return RedirectResponse(
        links.build_url(f"/dumps/{served.release.id}/{name}"),
        303,
        {"Cache-Control": "no-cache", "Vary": "Accept"},
    )


def _read_present(files: Sequence[Path]) -> Triples:
    return read_triples(tuple(file for file in files if file.is_file()))


def _read_ontology(served: ServedRelease) -> Triples:
    """Our own terms and those that we take from others."""
    folder = _get_ontology_folder(served)
    return _read_present([folder / "ontology.ttl", folder / "reused.ttl"])


def _read_vocabulary(served: ServedRelease) -> ontology_pages.Vocabulary:
    """The terms of a release, with how often it uses each."""
    return _load_vocabulary(_get_ontology_folder(served), served.release.void)


@lru_cache(maxsize=4)
def _load_vocabulary(folder: Path, void: Path) -> ontology_pages.Vocabulary:
    return ontology_pages.Vocabulary.read(
        _read_present([folder / "ontology.ttl"]),
        _read_present([folder / "reused.ttl"]),
        count_terms(tuple(_read_present([void]))),
    )


def _count_uses(served: ServedRelease, scheme: str) -> model_pages.ListCounts:
    """The lists that a code list filters, with the number of records by code."""
    return [
        (kind, column.name, served.catalogue.count_by_value(kind.name, column.name))
        for kind in KINDS
        for column in served.catalogue.fields.get(kind.name, ())
        if column.scheme == scheme and column.name in kind.facets
    ]


def _get_ontology_folder(served: ServedRelease) -> Path:
    return served.release.model / "ontology"


def _find_file(folder: Path, name: str, extension: str) -> Path | None:
    """A file of the release, where there is one of that name."""
    path = folder / f"{name}.{extension}"
    return path if NAME_PATTERN.fullmatch(name) and path.is_file() else None


def _find_scheme_file(served: ServedRelease, name: str) -> Path | None:
    return _find_file(_get_ontology_folder(served) / "schemes", name, "ttl")


def _has_code(file: Path, scheme: str, code: str) -> bool:
    iri = f"<{iris.build_concept_iri(scheme, code)}>"
    return any(str(triple.subject) == iri for triple in read_triples((file,)))


def _require_scheme_file(served: ServedRelease, name: str) -> Path:
    path = _find_scheme_file(served, name)
    if path is None:
        raise NotFound(
            f"there is no code list {name!r}; /scheme lists them",
            f"il n'y a pas de liste de codes {name!r} ; /scheme les énumère",
        )
    return path


def _respond_with_files(
    request: Request,
    served: ServedRelease,
    files: Sequence[Path],
    root: str,
    suffix: str | None = None,
    select: model.PartSelector = model.select_all,
    render: PageRenderer | None = None,
) -> Response:
    """Some files of the release, or a part of their triples, in the negotiated format."""
    path = links.to_local_path(root)
    variant = Representation.negotiate(request, served, MODEL_FORMATS, suffix=suffix, path=path)
    if variant.unchanged:
        return variant.build_not_modified()
    present = tuple(file for file in files if file.is_file())
    if not present:
        raise NotFound(f"this release has nothing at {path}", f"cette édition n'a rien à {path}")
    if variant.format == HTML:
        site = build_page_context(variant)
        triples = select(read_triples(present), root)
        if render is not None:
            return variant.build_response(render(triples, site))
        block = build_catalogue_block(variant) if root == CATALOGUE_IRI else ""
        return variant.build_response(render_graph_page(triples, root, path, site, block))
    context = served.json_ld_context
    return variant.build_response(
        model.serialize_model(present, root, variant.format, context, variant.origin, select)
    )
