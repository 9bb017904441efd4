"""Tiles of an operator: described, sent in ranges, told where they are none."""

from pathlib import Path

import httpx
import pytest

from api.app_config import build_app_config
from api.dependencies import AppConfig
from api.serving.map_tiles import read_map_tiles
from kg.errors import SettingsError
from kg.settings import Settings
from kg.sparql.backend import QueryLimits
from tests.api.conftest import opened
from tests.api.tile_archive import MAX_ZOOM, write_archive


async def test_without_tiles_there_is_no_ground(client: httpx.AsyncClient) -> None:
    assert (await client.get("/tiles")).json() == {"ground": None}
    assert (await client.get("/tiles/ground.pmtiles")).status_code == 404


async def test_tiles_are_described_and_sent_in_ranges(frozen: Path, tmp_path: Path) -> None:
    path = write_archive(tmp_path / "ground.pmtiles")
    config = AppConfig(
        frozen / "releases", QueryLimits(seconds=5), query_workers=1,
        map_tiles=read_map_tiles(path),
    )  # fmt: skip
    async with opened(config) as client:
        ground = (await client.get("/tiles")).json()["ground"]
        assert ground["attribution"] == "© Relevé"
        assert (ground["raster"], ground["min_zoom"], ground["max_zoom"]) == (False, 0, MAX_ZOOM)
        part = await client.get(ground["address"], headers={"Range": "bytes=0-6"})
        assert (part.status_code, part.content) == (206, b"PMTiles")
        assert part.headers["content-range"] == f"bytes 0-6/{path.stat().st_size}"
        assert "immutable" in part.headers["cache-control"]
        for tags in (part.headers["etag"], "*"):
            known = {"If-None-Match": tags}
            assert (await client.get(ground["address"], headers=known)).status_code == 304
        # replaced, it has another address, and the old one is not kept any more
        write_archive(path, "© another")
        replaced = (await client.get("/tiles")).json()["ground"]
        assert replaced["address"] != ground["address"]
        assert replaced["attribution"] == "© another"
        again = await client.get(ground["address"], headers={"Range": "bytes=0-6"})
        assert again.headers["etag"] != part.headers["etag"]
        assert again.headers["cache-control"] == "no-cache"
        path.unlink()
        assert (await client.get("/tiles")).json() == {"ground": None}


@pytest.mark.parametrize("content", [b"", b"PMTiles", b"PK\x03\x04" + bytes(200)])
def test_what_is_no_archive_stops_the_start(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ground.pmtiles"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"KG_MAP_TILES='.*ground.pmtiles' cannot be read"):
        build_app_config(Settings(map_tiles=str(path)))
    with pytest.raises(SettingsError, match="No such file"):
        build_app_config(Settings(map_tiles=str(tmp_path / "none")))
