"""A line that moves changes nothing; what changes, leaves or comes back is told once, with when."""

import gzip
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as Xml

import duckdb
import httpx
import pytest

from api.dependencies import AppConfig
from kg import pipeline
from kg.installation import InstallationPaths
from kg.namespaces import ID
from kg.release_layout import Release
from kg.releases.changes import ADDED_SCOPE, REMOVED_SCOPE
from kg.releases.line_positions import LINE_POSITIONS_FILE
from tests.api.conftest import opened

HERE = Path(__file__).parents[1]
ATOM = "{http://www.w3.org/2005/Atom}"
NAMES = ("forge", "halle", "jardin", "lavoir", "moulin")
HEAD = "id,label_fr,kind,assertion\n"


def write(places: InstallationPaths, names: tuple[str, ...], source: str = "registre") -> None:
    """A register of organisations, one a line."""
    folder = places.sources / source
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    text = (places.sources / "demo" / "source.toml").read_text("utf-8")
    text = re.sub(r"(?ms)^\[text\].*?(?=^\[|\Z)", "", text)
    text = re.sub(r"records_min = \d+", "records_min = 1", text)
    described = text.replace('"demo"', f'"{source}"').replace('"document"', '"register"')
    (folder / "source.toml").write_text(described, "utf-8")
    lines = [f"{name},{name.title()},association,stated\n" for name in names]
    (folder / "tables" / "organisations.csv").write_text(HEAD + "".join(lines), "utf-8")


@pytest.fixture(scope="module")
def four(
    tmp_path_factory: pytest.TempPathFactory, small_model: Path
) -> tuple[InstallationPaths, list[Release]]:
    """Five lines; the second taken out; said by another source too; back where it was."""
    data = tmp_path_factory.mktemp("positions") / "data"
    shutil.copytree(HERE / "installation" / "sources", data / "sources")
    places = InstallationPaths(data, small_model)
    found = []
    write(places, NAMES)
    found.append(pipeline.build(places).release)
    write(places, tuple(name for name in NAMES if name != "halle"))
    found.append(pipeline.build(places).release)
    write(places, NAMES[2:])  # `forge` leaves, but another source has it
    write(places, ("forge",), "voisin")
    found.append(pipeline.build(places).release)
    write(places, NAMES)
    found.append(pipeline.build(places).release)
    return places, found


@pytest.fixture(scope="module")
async def client(four: tuple[InstallationPaths, list[Release]]) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(AppConfig(four[0].releases, query_workers=1)) as one:
        yield one


def lines_of(release: Release, scope: str, before: Release) -> list[str]:
    """What a difference says, but for how much there is of each sort."""
    path = release.dumps / f"{scope}-since-{before.id}.nq.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return [line for line in lines if not line.endswith("/graph/void> .")]


def test_a_line_taken_out_is_one_change(four: tuple[InstallationPaths, list[Release]]) -> None:
    first, second, *_ = four[1]
    assert second.read_manifest()["changes"] == {"created": 0, "updated": 0, "deleted": 1}
    gone = lines_of(second, REMOVED_SCOPE, first)
    assert gone
    assert all("organisation/halle" in line for line in gone)
    assert lines_of(second, ADDED_SCOPE, first) == []


def test_where_each_line_stood_is_kept_beside_the_graph(
    four: tuple[InstallationPaths, list[Release]],
) -> None:
    second = four[1][1]
    with duckdb.connect() as db:
        rows = db.execute(
            f"SELECT file, \"row\", subject FROM '{second.folder / LINE_POSITIONS_FILE}' "
            "WHERE source = 'registre' ORDER BY \"row\""
        ).fetchall()
    assert rows == [
        ("organisations.csv", row, f"{ID}organisation/{name}")
        for row, name in enumerate(("forge", "jardin", "lavoir", "moulin"), 2)
    ]


async def test_what_left_its_source_is_gone_until_it_is_back(
    client: httpx.AsyncClient, four: tuple[InstallationPaths, list[Release]]
) -> None:
    _, second, third, fourth = four[1]
    assert (await client.get("/organisation/halle.ttl")).status_code == 200
    point = four[0].releases / "current"
    try:
        for release, name, status in (
            (second, "halle", 410), (second, "forge", 200), (third, "halle", 410),
            (third, "forge", 200), (fourth, "halle", 200), (third, "jamais", 404),
        ):  # fmt: skip
            point.write_text(release.id)
            await client.app.state.current.reload_if_changed()  # type: ignore[attr-defined]
            answer = await client.get(f"/id/organisation/{name}", follow_redirects=True)
            assert answer.status_code == status, (release, name)
            if status == 410:  # since the release that it was missing in first
                assert second.read_manifest()["created"] in answer.text
                page = f"/organisation/{name}?lang=fr"
                told = await client.get(page, headers={"Accept": "text/html"})
                assert "aucune source" in told.text
    finally:
        point.write_text(fourth.id)
        await client.app.state.current.reload_if_changed()  # type: ignore[attr-defined]


async def test_an_entry_is_dated_by_the_release_that_changed_it(
    client: httpx.AsyncClient, four: tuple[InstallationPaths, list[Release]]
) -> None:
    first, _, third, fourth = (release.read_manifest()["created"] for release in four[1])
    feed = Xml.fromstring((await client.get("/organisation.atom?limit=100")).content)
    dated = {
        entry.findtext(f"{ATOM}id"): entry.findtext(f"{ATOM}updated")
        for entry in feed.iter(f"{ATOM}entry")
    }
    assert dated[f"{ID}organisation/jardin"] == first
    assert dated[f"{ID}organisation/halle"] == fourth
    # said by both sources again, as never before
    assert dated[f"{ID}organisation/forge"] == fourth != third
    plan = (await client.get("/sitemap/organisation-1.xml")).text
    assert f"/organisation/jardin</loc><lastmod>{first[:10]}<" in plan
