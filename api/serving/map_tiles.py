"""Map tiles: the PMTiles file of an operator that is the ground of the maps.

Specification: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
"""

import json
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup
from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import MagicNumberNotFound, SpecVersionUnsupported, TileType

from kg.errors import SettingsError

RASTER_TYPES: Final = frozenset({TileType.PNG, TileType.JPEG, TileType.WEBP, TileType.AVIF})
SMALLEST_HEADER_BYTES: Final = 127
UNREADABLE: Final = (
    OSError, ValueError, KeyError, IndexError, EOFError, zlib.error, json.JSONDecodeError,
    MagicNumberNotFound, SpecVersionUnsupported,
)  # fmt: skip
"""What reading a file raises that is no such archive, or damaged."""


@dataclass(frozen=True)
class MapTiles:
    """A tile archive, as its header and metadata describe it."""

    path: Path
    version: str
    """Changes with the file."""
    is_raster: bool
    """Whether tiles are pictures; else they are vectors in the layers of Protomaps."""
    min_zoom: int
    max_zoom: int
    attribution: str
    """Who is to be named, as text."""


def read_map_tiles(path: Path) -> MapTiles:
    """Reads what an archive says of itself. Raises SettingsError where it is none."""
    try:
        stat = path.stat()
        return _read_archive(path, f"{stat.st_size:x}-{stat.st_mtime_ns:x}")
    except UNREADABLE as error:
        raise SettingsError(
            f"KG_MAP_TILES={str(path)!r} cannot be read as a PMTiles archive of version 3: "
            f"{error or type(error).__name__}"
        ) from error


@lru_cache(maxsize=4)
def _read_archive(path: Path, version: str) -> MapTiles:
    with path.open("rb") as file:
        reader = Reader(MmapSource(file))
        header: dict[str, Any] = reader.header()
        metadata = reader.metadata()
    if header["tile_type"] not in {*RASTER_TYPES, TileType.MVT}:
        raise ValueError("its tiles are neither pictures nor Mapbox Vector Tiles")
    return MapTiles(
        path=path,
        version=version,
        is_raster=header["tile_type"] in RASTER_TYPES,
        min_zoom=header["min_zoom"],
        max_zoom=header["max_zoom"],
        attribution=Markup(metadata.get("attribution") or "").striptags(),  # noqa: S704 - to text
    )
