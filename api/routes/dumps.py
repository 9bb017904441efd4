"""Routes of dump files and on-demand extracts, with byte ranges."""

import base64
import gzip
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from api.dependencies import AppConfig, AppConfigDep, ExtractsDep, ServedReleaseDep
from api.http import links, negotiation
from api.http.entity_tags import is_known
from api.serializers.csvw import find_table
from api.serving.file_response import send_file
from api.serving.rate_limit import RateLimiter, identify_client
from api.serving.representation import Representation
from api.serving.served_releases import ServedRelease
from api.views.jinja import render_page
from api.views.page_context import build_page_context
from kg.errors import BadRequest, NotFound, ReleaseError
from kg.formats import COMPRESSION_SUFFIXES, CSVW, EXTRACT_FORMATS, GZIP, HTML, JSON, ZSTD
from kg.kinds import KINDS
from kg.licences import make_licence_slug, name_licence
from kg.release_layout import Release, list_kept_releases

LATEST: Final = "latest"
RELEASE_ID_PATTERN: Final = re.compile(r"[\w-]+")
IMMUTABLE_CACHE_CONTROL: Final = "public, max-age=31536000, immutable"
COMPRESSION_MEDIA_TYPES: Final = {"gzip": GZIP.media_type, "zstd": ZSTD.media_type}
UNPACKED_BLOCK: Final = 1 << 18
"""Bytes of a packed dump that are unpacked at once."""
SELECTION_PARAMETERS: Final = ("source", "kind", "region", "licence", "table")
PARAMETERS: Final[list[dict[str, Any]]] = [
    {"name": "source", "in": "query", "schema": {"type": "string"},
     "description": "Only what this source says."},
    {"name": "kind", "in": "query",
     "schema": {"type": "string", "enum": [kind.name for kind in KINDS]},
     "description": "Only records of this kind."},
    {"name": "region", "in": "query", "schema": {"type": "string"},
     "description": "Only what is in this territory, of any level.", "example": "region-53"},
    {"name": "licence", "in": "query", "schema": {"type": "string"},
     "description": "Only what sources under this licence say (its address)."},
    {"name": "table", "in": "query", "schema": {"type": "string"},
     "description": "A table of relations, in `csv` or `parquet`.", "example": "memberships"},
    {"name": "format", "in": "query",
     "schema": {"type": "string", "enum": list(EXTRACT_FORMATS), "default": "turtle"},
     "description": "`csv` and `parquet` are tables: of one kind, or of relations."},
    {"name": "packed", "in": "query",
     "schema": {"type": "string", "enum": list(COMPRESSION_SUFFIXES), "default": "gzip"},
     "description": "How the file is packed; Parquet is inside."},
    {"name": "part", "in": "query", "schema": {"type": "string", "enum": ["meta"]},
     "description": "What the file holds instead of the file."},
]  # fmt: skip

router = APIRouter(tags=["Dumps"])


@router.get("/dumps", summary="The dumps there are", response_class=Response)
@router.get("/dumps.{suffix}", include_in_schema=False)
def dumps(request: Request, served: ServedReleaseDep, config: AppConfigDep) -> Response:
    """Every file of every kept release with its size and SHA-256, the newest release first."""
    releases = [
        _describe_release(release) for release in reversed(list_kept_releases(config.releases))
    ]
    ids = " ".join(release["id"] for release in releases)
    variant = Representation.negotiate(request, served, (HTML, JSON), path="/dumps", key=ids)
    if variant.unchanged:
        return variant.build_not_modified()
    content: dict[str, Any] = {"latest": served.release.id, "releases": releases}
    if variant.format == JSON:
        return variant.build_response(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    content |= {"kinds": KINDS, "syntaxes": EXTRACT_FORMATS, "sources": served.manifest["sources"]}
    content["names"] = _name_subjects(served, variant.language)
    content["licences"] = sorted({source["licence"] for source in content["sources"]})
    return variant.build_response(
        render_page("dumps.html", variant.language, site=build_page_context(variant), **content)
    )


@router.get(
    "/dumps/{release}/extract", summary="A part of a release, made to order",
    response_class=FileResponse, openapi_extra={"parameters": PARAMETERS},
)  # fmt: skip
async def extract(
    release: str,
    request: Request,
    served: ServedReleaseDep,
    config: AppConfigDep,
    extracts: ExtractsDep,
) -> Response:
    """One file: by source, kind, territory, licence, in any format, packed or not; resumable.

    It is made when it is first asked for. What takes more than 20 s answers 503 with `Retry-After`
    until it is there. With `part=meta`, what it holds: release, date, sources, licences, SHA-256.
    """
    if release == LATEST:
        parameters = request.query_params.multi_items()
        location = links.build_url(f"/dumps/{served.release.id}/extract", parameters)
        return links.redirect(location, 302, {"Cache-Control": "no-cache"})
    chosen = _find_release(served, config, release)
    extract_request = _parse_request(request)
    budgets: RateLimiter = request.app.state.budgets
    with budgets.limit(identify_client(request)):
        made = await extracts.get(chosen, extract_request)
    headers = _build_headers(made.metadata) | {"Link": _build_metadata_link(request)}
    if request.query_params.get("part") == "meta":
        body = orjson.dumps(made.metadata, option=orjson.OPT_INDENT_2)
        return Response(body, 200, {"Cache-Control": IMMUTABLE_CACHE_CONTROL}, JSON.content_type)
    media_type = (
        COMPRESSION_MEDIA_TYPES.get(extract_request["packed"])
        or EXTRACT_FORMATS[extract_request["format"]].media_type
    )
    return send_file(request, made.path, headers, media_type, made.metadata["name"])


def _parse_request(request: Request) -> dict[str, Any]:
    """The content of a job. Raises BadRequest for a parameter that is not known or usable."""
    parameters = dict(request.query_params.multi_items())
    unknown = sorted(set(parameters) - {*SELECTION_PARAMETERS, "format", "packed", "part", "lang"})
    if unknown:
        raise BadRequest(
            f"unknown parameter {', '.join(unknown)}; there are {', '.join(SELECTION_PARAMETERS)},"
            " format, "
            "packed and part",
            f"paramètre inconnu {', '.join(unknown)} ; il y a {', '.join(SELECTION_PARAMETERS)}, "
            "format, "
            "packed et part",
        )
    syntax, compression = (
        _find_extract_format(parameters.get("format") or "turtle"),
        parameters.get("packed") or "",
    )
    for name, value, allowed in (
        ("format", syntax, EXTRACT_FORMATS),
        ("packed", compression or "none", COMPRESSION_SUFFIXES),
    ):
        if value not in allowed:
            names = ", ".join(allowed)
            raise BadRequest(
                f"{name}={value!r} is not one of {names}",
                f"{name}={value!r} n'est pas l'un de {names}",
            )
    if syntax == "parquet":  # packed inside
        compression = "none"
    choice = {name: parameters.get(name, "") for name in SELECTION_PARAMETERS}
    return {"choice": choice, "format": syntax, "packed": compression or "gzip"}


def _find_extract_format(text: str) -> str:
    """The name of an extract's format, by any name that the other doors know it by."""
    if text in EXTRACT_FORMATS:
        return text
    chosen = negotiation.find_format(text, tuple(EXTRACT_FORMATS.values()))
    return next((name for name, syntax in EXTRACT_FORMATS.items() if syntax == chosen), text)


def _build_metadata_link(request: Request) -> str:
    parameters = [*request.query_params.multi_items(), ("part", "meta")]
    return links.format_link_header(
        [links.format_link(links.build_url(request.url.path, parameters), "describedby")]
    )


@router.get("/dumps/{release}/{file}", summary="One dump", response_class=FileResponse)
def dump(
    release: str, file: str, request: Request, served: ServedReleaseDep, config: AppConfigDep
) -> Response:
    """A file of a release (`latest` is the one in service). `Range` and `If-Range` are honoured.

    Without the `.gz` of its name it is the text in it, to be read as it comes.
    """
    if release == LATEST:
        _find_dump(served.release, file)
        location = links.build_url(f"/dumps/{served.release.id}/{file}")
        return links.redirect(location, 302, {"Cache-Control": "no-cache"})
    chosen = _find_release(served, config, release)
    entry = _find_dump(chosen, file)
    if entry["name"] != file:
        return _send_unpacked(request, chosen, entry, file)
    headers = _build_headers(entry)
    if find_table(request.url.path):
        described = links.build_url("/csvm", [("url", request.url.path)])
        headers["Link"] = links.format_link(described, "describedby", type=CSVW.media_type)
    is_compressed = entry["name"].endswith(f".{GZIP.extension}")
    media_type = GZIP.media_type if is_compressed else entry["media_type"]
    name = f"{chosen.id}-{entry['name']}"
    return send_file(request, chosen.dumps / entry["name"], headers, media_type, name)


def _send_unpacked(
    request: Request, release: Release, entry: Mapping[str, Any], file: str
) -> Response:
    """A packed dump as the text it holds.

    Its bytes are not sent as the content coding gzip: many clients read the first member alone.
    """
    etag = f'"{entry["sha256"]}-text"'
    headers = {"ETag": etag, "Cache-Control": IMMUTABLE_CACHE_CONTROL}
    if is_known(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{release.id}-{file}"'
    media_type = _label_text(entry["media_type"])
    return StreamingResponse(_unpack(release.dumps / entry["name"]), 200, headers, media_type)


def _label_text(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def _unpack(path: Path) -> Iterator[bytes]:
    with gzip.open(path) as text:
        while block := text.read(UNPACKED_BLOCK):
            yield block


def _describe_release(release: Release) -> dict[str, Any]:
    manifest = release.read_manifest()
    files = [
        dict(entry) | {"address": f"/dumps/{release.id}/{entry['name']}"}
        for entry in _list_dumps(manifest)
    ]
    return {"id": release.id, "created": manifest.get("created"), "files": files}


def _name_subjects(served: ServedRelease, language: str) -> dict[tuple[str, str], str]:
    """The names of what files hold, by scope and subject."""
    names = {("relation", name): table.title[language] for name, table in served.tables.items()}
    for kind in KINDS:
        names["kind", kind.name] = names["table", kind.name] = kind.plural[language]
    for source in served.manifest["sources"]:
        names["source", source["name"]] = source["title"][language]
        licence = source["licence"]
        names["licence", make_licence_slug(licence)] = name_licence(licence)
    return names


def _find_release(served: ServedRelease, config: AppConfig, name: str) -> Release:
    if name == served.release.id:
        return served.release
    release = Release(config.releases / name)
    if not RELEASE_ID_PATTERN.fullmatch(name) or not release.manifest_file.is_file():
        raise NotFound(
            f"there is no release {name!r}; /dumps lists those kept",
            f"il n'y a pas d'édition {name!r} ; /dumps énumère celles qui sont gardées",
        )
    return release


def _find_dump(release: Release, name: str) -> Mapping[str, Any]:
    """What the manifest says of a dump, also without its `.gz`; only files it names are opened."""
    names = (name, f"{name}.{GZIP.extension}")
    try:
        return next(
            entry for entry in _list_dumps(release.read_manifest()) if entry["name"] in names
        )
    except StopIteration:
        raise NotFound(
            f"release {release.id} has no dump {name!r}; /dumps lists them",
            f"l'édition {release.id} n'a pas de fichier {name!r} ; /dumps les énumère",
        ) from None
    except ReleaseError as error:
        raise NotFound(
            f"release {release.id} is not kept any more",
            f"l'édition {release.id} n'est plus gardée",
        ) from error


def _list_dumps(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from manifest.get("dumps", ())


def _build_headers(entry: Mapping[str, Any]) -> dict[str, str]:
    digest = base64.b64encode(bytes.fromhex(entry["sha256"])).decode()
    return {
        "ETag": f'"{entry["sha256"]}"',
        "Repr-Digest": f"sha-256=:{digest}:",  # RFC 9530
        "Cache-Control": IMMUTABLE_CACHE_CONTROL,
    }
