"""Maps on the tiles of an operator, drawn by MapLibre under the same policy as all pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from kg.installation import InstallationPaths
from tests.api.tile_archive import write_archive
from tests.browser.conftest import Visitor, visit
from tests.conftest import Start


@pytest.fixture(scope="module")
def server_with_tiles(
    tmp_path_factory: pytest.TempPathFactory, national: InstallationPaths, start_server: Start
) -> str:
    """The address of a server of the project's own data over a small tile archive."""
    archive: Path = tmp_path_factory.mktemp("tiles") / "ground.pmtiles"
    return start_server(national.data, map_tiles=write_archive(archive))


@pytest.fixture
def visitor(browser: Browser, server_with_tiles: str) -> Iterator[Visitor]:
    with visit(browser, server_with_tiles) as one:
        yield one


def test_tiles_are_read_in_ranges_and_their_source_is_named_as_text(visitor: Visitor) -> None:
    page = visitor.open("/organisation?view=map&lang=fr")
    expect(page.locator(".map canvas.maplibregl-canvas")).to_be_visible(timeout=15_000)
    expect(page.locator(".map .mark").first).to_be_visible()
    named = page.locator(".leaflet-control-attribution")
    expect(named).to_have_text("© Relevé")
    assert named.locator("b, img, a").count() == 0
    expect(page.locator("[data-ground]")).to_have_count(0)
    for _ in range(200):  # the directory of the archive, then tiles
        if sum("range" in request.headers for request in visitor.requests) > 1:
            return
        page.wait_for_timeout(50)
    pytest.fail("no tile was read")
