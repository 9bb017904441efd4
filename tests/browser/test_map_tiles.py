"""Maps on the tiles of an operator, drawn by MapLibre under the same policy as all pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kg.installation import InstallationPaths
from tests.api.tile_archive import RED, write_archive
from tests.browser.conftest import WEBGL_OPTIONS, Visitor, Windows, open_windows, visit
from tests.conftest import Start


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(tmp_path_factory.mktemp("tiles") / "ground.pmtiles")


@pytest.fixture(scope="module")
def server_with_tiles(archive: Path, national: InstallationPaths, start_server: Start) -> str:
    """The address of a server of the project's own data over a small tile archive."""
    return start_server(national.data, map_tiles=archive)


@pytest.fixture
def windows() -> Iterator[Windows]:
    """Those of a browser that draws WebGL, and keeps nothing of an archive that was replaced."""
    with open_windows(WEBGL_OPTIONS) as opened:
        yield opened


@pytest.fixture
def visitor(windows: Windows, server_with_tiles: str) -> Iterator[Visitor]:
    with visit(windows, server_with_tiles) as one:
        yield one


def test_tiles_are_read_in_ranges_and_their_source_is_named_as_text(visitor: Visitor) -> None:
    page = visitor.open("/organisation?view=map&lang=fr")
    expect(page.locator(".map canvas.maplibregl-canvas")).to_be_visible(timeout=15_000)
    expect(page.locator(".map .mark").first).to_be_visible()
    named = page.locator(".leaflet-control-attribution")
    expect(named).to_have_text("© Relevé")
    assert named.locator("b, img, a").count() == 0
    expect(page.locator("[data-ground]")).to_have_count(0)
    if count_ranges(visitor) < 2:  # the directory of the archive, then tiles
        page.wait_for_event("request", lambda _: count_ranges(visitor) > 1)


def test_pictures_put_in_their_place_are_drawn(visitor: Visitor, archive: Path) -> None:
    write_archive(archive, raster=True)
    page = visitor.open("/organisation?view=map&lang=fr")
    drawn = page.locator(".map canvas.maplibregl-canvas")
    expect(drawn).to_be_visible(timeout=15_000)
    expect(page.locator(".leaflet-control-attribution")).to_have_text("© Relevé")
    for _ in range(100):
        if measure_share(page, drawn.screenshot(), RED) > 0.5:  # markers and a cleared edge aside
            return
        page.wait_for_timeout(100)
    pytest.fail("no picture is drawn")


def count_ranges(visitor: Visitor) -> int:
    """The requests that were for a part of a file."""
    return sum("range" in request.headers for request in visitor.requests)


def measure_share(page: Page, picture: bytes, colour: tuple[int, int, int]) -> float:
    """The share of the pixels of a PNG that have a colour, as the browser reads it."""
    share = page.evaluate(
        """async ([bytes, colour]) => {
          const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
          const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
          canvas.drawImage(image, 0, 0);
          const { data } = canvas.getImageData(0, 0, image.width, image.height);
          let same = 0;
          for (let i = 0; i < data.length; i += 4) {
            same += colour.every((value, channel) => data[i + channel] === value);
          }
          return same * 4 / data.length;
        }""",
        [list(picture), colour],
    )
    return float(share)
