"""The dumps of the kept releases: what there is, and the files themselves, resumable."""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from api import links
from api.current import ServedRelease
from api.deps import AppConfig, Config, Served
from api.problems import RangeOutside
from api.ranges import Ranges
from api.render.frame import site_of
from api.render.templates import page
from api.representation import Representation
from kg.errors import NotFound, ReleaseError
from kg.formats import GZIP, HTML, JSON
from kg.release import Release, kept

LATEST: Final = "latest"
RELEASE_ID: Final = re.compile(r"[\w-]+")
FOREVER: Final = "public, max-age=31536000, immutable"

router = APIRouter(tags=["Dumps"])


@router.get("/dumps", summary="The dumps there are", response_class=Response)
@router.get("/dumps.{suffix}", include_in_schema=False)
def dumps(request: Request, served: Served, config: Config) -> Response:
    """Every file of every kept release with its size and SHA-256, the newest release first."""
    releases = [_described(release) for release in reversed(kept(config.releases))]
    ids = " ".join(release["id"] for release in releases)
    shown = Representation.of(request, served, (HTML, JSON), path="/dumps", key=ids)
    if shown.unchanged:
        return shown.not_modified()
    content = {"latest": served.release.id, "releases": releases}
    if shown.format == JSON:
        return shown.response(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    return shown.response(page("dumps.html", shown.language, site=site_of(shown), **content))


@router.get("/dumps/{release}/{file}", summary="One dump", response_class=FileResponse)
def dump(release: str, file: str, request: Request, served: Served, config: Config) -> Response:
    """A file of a release (`latest` is the one in service). `Range` and `If-Range` are honoured."""
    if release == LATEST:
        found = _file(served.release, file)
        location = links.address(f"/dumps/{served.release.id}/{found['name']}")
        return RedirectResponse(location, 302, {"Cache-Control": "no-cache"})
    chosen = _kept_release(served, config, release)
    found = _file(chosen, file)
    headers = _headers(found)
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    path = chosen.dumps / found["name"]
    ranges = Ranges(request.headers.get("range", ""), path.stat().st_size)
    asked = request.headers.get("if-range") in (None, headers["ETag"])
    if asked and ranges.outside:
        raise RangeOutside(ranges.size)
    if not ranges.usable or ranges.outside:  # passed over, where the framework would complain
        request.scope["headers"] = [h for h in request.scope["headers"] if h[0] != b"range"]
    packed = found["name"].endswith(f".{GZIP.extension}")
    return FileResponse(
        path,
        headers=headers,
        media_type=GZIP.media_type if packed else found["media_type"],
        filename=f"{chosen.id}-{found['name']}",
    )


def _described(release: Release) -> dict[str, Any]:
    manifest = release.manifest()
    files = [
        dict(entry) | {"address": f"/dumps/{release.id}/{entry['name']}"}
        for entry in _entries(manifest)
    ]
    return {"id": release.id, "created": manifest.get("created"), "files": files}


def _kept_release(served: ServedRelease, config: AppConfig, name: str) -> Release:
    if name == served.release.id:
        return served.release
    release = Release(config.releases / name)
    if not RELEASE_ID.fullmatch(name) or not release.manifest_file.is_file():
        raise NotFound(
            f"there is no release {name!r}; /dumps lists those kept",
            f"il n'y a pas d'édition {name!r} ; /dumps énumère celles qui sont gardées",
        )
    return release


def _file(release: Release, name: str) -> Mapping[str, Any]:
    """What the manifest says of a dump; only files it names are ever opened."""
    try:
        return next(entry for entry in _entries(release.manifest()) if entry["name"] == name)
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


def _entries(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from manifest.get("dumps", ())


def _headers(entry: Mapping[str, Any]) -> dict[str, str]:
    digest = base64.b64encode(bytes.fromhex(entry["sha256"])).decode()
    return {
        "ETag": f'"{entry["sha256"]}"',
        "Repr-Digest": f"sha-256=:{digest}:",  # RFC 9530
        "Cache-Control": FOREVER,
    }
