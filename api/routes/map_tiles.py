"""Routes of the ground of maps: the tile archive of the operator, if there is one."""

from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import AppConfigDep
from api.http.links import build_url
from api.serving.file_response import send_file
from api.serving.map_tiles import MapTiles, read_map_tiles
from kg.errors import NotFound, SettingsError
from kg.formats import JSON

ARCHIVE_PATH: Final = "/tiles/ground.pmtiles"
MEDIA_TYPE: Final = "application/vnd.pmtiles"
CACHE_CONTROL: Final = "public, max-age=300"
IMMUTABLE_CACHE_CONTROL: Final = "public, max-age=31536000, immutable"

router = APIRouter(tags=["Pages"])


@router.get("/tiles", include_in_schema=False)
def describe_tiles(config: AppConfigDep) -> Response:
    """The archive that is the ground of the maps, as their script reads it; null where none is."""
    tiles = _find_tiles(config.map_tiles)
    content: dict[str, Any] = {"ground": None}
    if tiles is not None:
        content["ground"] = {
            "address": build_url(ARCHIVE_PATH, [("v", tiles.version)]),
            "raster": tiles.is_raster,
            "min_zoom": tiles.min_zoom,
            "max_zoom": tiles.max_zoom,
            "attribution": tiles.attribution,
        }
    return Response(orjson.dumps(content), 200, {"Cache-Control": CACHE_CONTROL}, JSON.content_type)


@router.get(ARCHIVE_PATH, include_in_schema=False)
def archive(request: Request, config: AppConfigDep) -> Response:
    """The archive, mostly asked for in ranges. With a version (`v`) its address changes with it."""
    tiles = _find_tiles(config.map_tiles)
    if tiles is None:
        raise NotFound("there are no tiles here", "il n'y a pas de tuiles ici")
    is_versioned = request.query_params.get("v") == tiles.version
    cache = IMMUTABLE_CACHE_CONTROL if is_versioned else "no-cache"
    headers = {"ETag": f'"{tiles.version}"', "Cache-Control": cache}
    return send_file(request, tiles.path, headers, MEDIA_TYPE)


def _find_tiles(chosen: MapTiles | None) -> MapTiles | None:
    """The archive as it is now: it may have been replaced, or be gone."""
    if chosen is None:
        return None
    try:
        return read_map_tiles(chosen.path)
    except SettingsError:
        return None
