"""A small tile archive (PMTiles 3): the whole world is earth, in the layers of Protomaps."""

import gzip
from pathlib import Path
from typing import Final

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

EARTH: Final = bytes.fromhex(
    "1a340a0565617274681217120200001803220f090080401a00ff3f8040000080400f"
    "1a046b696e6422070a0565617274682880207802"
)
"""A Mapbox Vector Tile: one polygon as large as itself, of kind `earth` in a layer `earth`."""
ATTRIBUTION: Final = '<a href="https://example.org">© <b>Relevé</b></a><img src=x onerror=hit()>'
MAX_ZOOM: Final = 3


def write_archive(path: Path, attribution: str = ATTRIBUTION) -> Path:
    """Writes the archive; its path."""
    with path.open("wb") as file:
        writer = Writer(file)
        for zoom in range(MAX_ZOOM + 1):
            for x in range(2**zoom):
                for y in range(2**zoom):
                    writer.write_tile(zxy_to_tileid(zoom, x, y), gzip.compress(EARTH))
        header = {
            "tile_type": TileType.MVT, "tile_compression": Compression.GZIP,
            "min_zoom": 0, "max_zoom": MAX_ZOOM, "center_zoom": 1,
            "min_lon_e7": -1_800_000_000, "max_lon_e7": 1_800_000_000,
            "min_lat_e7": -850_000_000, "max_lat_e7": 850_000_000,
            "center_lon_e7": 0, "center_lat_e7": 0,
        }  # fmt: skip
        layers = [{"id": "earth", "fields": {"kind": "String"}}]
        writer.finalize(header, {"attribution": attribution, "vector_layers": layers})
    return path
