"""What the server gives is a file that can be checked and imported, in every form of a list."""

from pathlib import Path

import pytest

from api.dependencies import AppConfig
from kg import pipeline
from kg.dry_run import DryRunResult, Model, check_files
from kg.installation import InstallationPaths
from kg.sparql.backend import QueryLimits
from tests.api.conftest import opened

PLACES = (
    "id,label_fr,label_en,third_place_kind,address,post_code,latitude,longitude,assertion,kind\n"
    "demo-halle,La Halle,The Hall,coworking,1 rue A,59000,50.63,3.06,stated,\n"
    "demo-cour,La Cour,,coworking,2 rue B,59000,50.64,3.07,stated,\n"
    "demo-sans,Sans point,,coworking,3 rue C,59000,,,stated,\n"
)
PATHS = (
    "place.geojson",
    "place.json",
    "place.csv",
    "organisation.json",
    "person.json",
    "topic.json",
    "organisation/demo-labo.jsonld",
    "organisation/demo-labo.ttl",
    "place/demo-halle.jsonld",
    "place/demo-halle.ttl",
)


@pytest.fixture
def built(places: InstallationPaths) -> InstallationPaths:
    tables = places.sources / "demo" / "tables"
    (tables / "places.csv").write_text(PLACES, "utf-8")
    pipeline.build(places)
    return places


def stated_points(told: DryRunResult) -> set[str]:
    """The latitudes that the records of a file have."""
    rows = told.db.execute("SELECT o FROM quads WHERE p = 'https://schema.org/latitude'").fetchall()
    return {o.partition("^^")[0].strip('"') for (o,) in rows}


async def test_exports_come_back_in(built: InstallationPaths, root: Path, tmp_path: Path) -> None:
    config = AppConfig(built.releases, QueryLimits(seconds=20), query_workers=1)
    files = []
    async with opened(config) as client:
        for path in PATHS:
            answer = await client.get(f"/{path}")
            assert answer.status_code == 200, path
            folder = tmp_path / "files" / str(len(files))
            folder.mkdir(parents=True)
            name = path.partition("/")[0] if path.count("/") == 0 else path.replace("/", "-")
            files.append(folder / name)
            files[-1].write_bytes(answer.content)
    release = (built.releases / (built.releases / "current").read_text().strip()).resolve()
    model = Model(root / "ontology", root / "shapes")
    for file in files:
        with check_files([file], model, release=release) as told:
            [checked, *_] = told.files
            found = [
                (f.row, f.column or f.heading, f.value, f.message.en)
                for f in told.inspection.findings
                if f.refused
            ]
            assert checked.error is None, (file.name, checked.error)
            assert found == [], file.name
            assert checked.counts.accepted > 0, file.name
            if file.suffix == ".geojson":
                assert stated_points(told) == {"50.63", "50.64"}  # that of a commune is not its own
