"""Territories and the public bodies that are their authority: one SIREN, or stated by a source."""

import gzip
from pathlib import Path

import httpx
import pytest

from kg import pipeline
from kg.dry_run import Model, check_files
from kg.installation import InstallationPaths
from kg.namespaces import ID, expand
from tests.conftest import ROOT, Start, built_once

MODEL = Model(ROOT / "ontology", ROOT / "shapes")
TABLES = {
    "territories": "id,label_fr,kind,code,assertion\n"
    "epci-200093201,Métropole européenne de Lille,epci,200093201,stated\n"
    "commune-59350,Lille,commune,59350,stated\n",
    "identifiers": "subject,scheme,value,assertion\n"
    "territory/epci-200093201,siren,200093201,stated\n"
    "territory/commune-59350,siren,215903501,stated\n"
    "organisation/mairie,siren,215903501,stated\n",
    "organisations": "id,label_fr,kind,authority_of,assertion\n"
    "siren-200093201,MEL,local-authority,,stated\n"
    "mairie,Mairie de Lille,local-authority,,stated\n"
    "lomme,Mairie de Lomme,local-authority,territory/commune-59350,stated\n"
    "siren-552100554,Une société,enterprise,,stated\n",
}
LINKS = {
    ("organisation/siren-200093201", "territory/epci-200093201"),
    ("organisation/mairie", "territory/commune-59350"),
    ("organisation/lomme", "territory/commune-59350"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, small_model: Path) -> InstallationPaths:
    def fill(places: InstallationPaths) -> None:
        folder = places.sources / "collectivites"
        (folder / "tables").mkdir(parents=True)
        demo = ROOT / "tests" / "installation" / "sources" / "demo" / "source.toml"
        text = demo.read_text("utf-8").replace('"demo"', '"collectivites"')
        (folder / "source.toml").write_text(text.replace('"document"', '"register"'), "utf-8")
        for name, table in TABLES.items():
            (folder / "tables" / f"{name}.csv").write_text(table, "utf-8")

    return built_once(tmp_path_factory, "authorities", small_model, fill)


def test_one_siren_makes_an_organisation_the_authority(built: InstallationPaths) -> None:
    release = pipeline.build(built).release
    with gzip.open(release.dumps / "ess-kg.nq.gz", "rt", encoding="utf-8") as file:
        lines = [line for line in file if f"> <{expand('ess:authorityOf')}> <" in line]
    said = [(s[1:-1], o[1:-1], graph[1:-1]) for s, _, o, graph, _ in map(str.split, lines)]
    said = [statement for statement in said if statement[0].startswith(ID)]
    assert {(s.removeprefix(ID), o.removeprefix(ID)) for s, o, _ in said} == LINKS
    assert sorted(graph.rpartition("/")[2] for *_, graph in said) == [
        "collectivites", "derived", "derived",
    ]  # fmt: skip


def test_one_siren_is_no_warning(built: InstallationPaths) -> None:
    with check_files([], MODEL, source=built.sources / "collectivites") as checked:
        shapes = {finding.shape.rpartition("#")[2] for finding in checked.inspection.findings}
    assert "Identifier-shared" not in shapes


def test_both_pages_show_it(built: InstallationPaths, start_server: Start) -> None:
    server = start_server(built.data)
    html = {"Accept": "text/html"}
    page = httpx.get(f"{server}/organisation/siren-200093201", headers=html).text
    assert "/territory/epci-200093201" in page
    assert "Collectivité de" in page
    page = httpx.get(f"{server}/territory/commune-59350", headers=html).text
    assert "/organisation/mairie" in page
    assert "/organisation/lomme" in page
