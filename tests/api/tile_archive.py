"""A small tile archive (PMTiles 3): the whole world is earth (vector tiles) or red (pictures)."""

import gzip
import struct
import zlib
from pathlib import Path
from typing import Final

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

EARTH: Final = bytes.fromhex(
    "1a340a0565617274681217120200001803220f090080401a00ff3f8040000080400f"
    "1a046b696e6422070a0565617274682880207802"
)
"""A Mapbox Vector Tile: one polygon as large as itself, in the layer `earth` of Protomaps."""
ATTRIBUTION: Final = '<a href="https://example.org">© <b>Relevé</b></a><img src=x onerror=hit()>'
MAX_ZOOM: Final = 3
RED: Final = (204, 0, 0)
TILE_PIXELS: Final = 256


def write_archive(path: Path, attribution: str = ATTRIBUTION, *, raster: bool = False) -> Path:
    """Writes the archive, of vector tiles or of pictures; its path."""
    tile = _draw_png() if raster else gzip.compress(EARTH)
    with path.open("wb") as file:
        writer = Writer(file)
        for zoom in range(MAX_ZOOM + 1):
            for x in range(2**zoom):
                for y in range(2**zoom):
                    writer.write_tile(zxy_to_tileid(zoom, x, y), tile)
        header = {
            "tile_type": TileType.PNG if raster else TileType.MVT,
            "tile_compression": Compression.NONE if raster else Compression.GZIP,
            "min_zoom": 0, "max_zoom": MAX_ZOOM, "center_zoom": 1,
            "min_lon_e7": -1_800_000_000, "max_lon_e7": 1_800_000_000,
            "min_lat_e7": -850_000_000, "max_lat_e7": 850_000_000,
            "center_lon_e7": 0, "center_lat_e7": 0,
        }  # fmt: skip
        layers = [{"id": "earth", "fields": {"kind": "String"}}]
        writer.finalize(header, {"attribution": attribution, "vector_layers": layers})
    return path


def _draw_png() -> bytes:
    """A red square (https://www.w3.org/TR/png-3/): 8 bits a channel, without alpha."""
    head = struct.pack(">IIBBBBB", TILE_PIXELS, TILE_PIXELS, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes(RED) * TILE_PIXELS) * TILE_PIXELS)
    chunks = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
