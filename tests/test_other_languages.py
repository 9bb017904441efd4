"""Names in any language: accepted, found, sorted, shown with their language, exported and back."""

import gzip
import shutil
from pathlib import Path

import httpx
import pytest

from kg import pipeline
from kg.dry_run import Model, check_files
from kg.installation import InstallationPaths
from kg.privacy.forget import forget
from kg.release_layout import find_current_release
from kg.releases.redaction_record import Reason
from tests.conftest import ROOT, Start, built_once

MODEL = Model(ROOT / "ontology", ROOT / "shapes")
TABLE = (
    "id,label_fr,label_de,label_br,labels,alt_labels,alt_labels_en,kind,assertion\n"
    "v-zug,,Genossenschaft Zug,,,,Cooperative of Zug|Zuger coop,association,stated\n"
    "v-kevre,,,Kevredigezh ar Mor,,,,association,stated\n"
    "v-naoned,Nantes solidaire,,Naoned kengred,Nantes solidària@oc,Les Nantais|Naoned-Vreizh@br,,"
    "association,stated\n"
    "v-plain,,,,Ohne Sprache,,,association,stated\n"
    "v-none,,,,,,,association,stated\n"
)
MAPPING = """
[map.places]
files = ["raw/llocs.csv"]
[map.places.columns]
id = "lloc-{codi}"
labels = "{nom}@{llengua}"
assertion = { value = "stated" }
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, small_model: Path) -> InstallationPaths:
    """A source with names in several languages. Not to be changed."""

    def fill(places: InstallationPaths) -> None:
        folder = places.sources / "voisins"
        (folder / "tables").mkdir(parents=True)
        (folder / "raw").mkdir()
        demo = ROOT / "tests" / "installation" / "sources" / "demo" / "source.toml"
        text = demo.read_text("utf-8").replace('"demo"', '"voisins"')
        text = text.replace('"document"', '"register"').replace("records_min = 5", "")
        (folder / "source.toml").write_text(text + MAPPING, "utf-8")
        (folder / "tables" / "organisations.csv").write_text(TABLE, "utf-8")
        (folder / "raw" / "llocs.csv").write_text(
            "codi,nom,llengua\n1,Casa de la Vila,ca\n", "utf-8"
        )

    return built_once(tmp_path_factory, "languages", small_model, fill)


@pytest.fixture(scope="module")
def server(built: InstallationPaths, start_server: Start) -> str:
    return start_server(built.data)


def test_a_record_needs_one_name_in_any_language(built: InstallationPaths) -> None:
    release = pipeline.build(built).release
    records = release.read_manifest()["records"]
    assert (records["organisation"], records["place"]) == (4, 1)
    quarantined = (built.quarantine / "voisins" / "organisations.csv").read_text("utf-8")
    assert "v-none" in quarantined
    assert "La fiche n'a pas de nom" in quarantined


def test_lists_give_the_name_with_its_language_and_sort_by_it(server: str) -> None:
    listed = httpx.get(f"{server}/organisation.json?lang=en").json()["items"]
    assert [(each["name"], each["name_lang"]) for each in listed] == [
        ("Genossenschaft Zug", "de"),
        ("Kevredigezh ar Mor", "br"),
        ("Nantes solidaire", "fr"),
        ("Ohne Sprache", "und"),
    ]
    assert listed[0]["label"] == {"de": "Genossenschaft Zug"}
    (place,) = httpx.get(f"{server}/place.json").json()["items"]
    assert (place["name"], place["name_lang"]) == ("Casa de la Vila", "ca")


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("genossenschaft", "v-zug"),
        ("kengred", "v-naoned"),
        ("Kevredigezh", "v-kevre"),
        ("zuger coop", "v-zug"),
        ("naoned vreizh", "v-naoned"),
    ],
)
def test_search_finds_a_name_in_any_language(server: str, words: str, key: str) -> None:
    found = httpx.get(f"{server}/organisation.json", params={"q": words}).json()["items"]
    assert [each["id"].rpartition("/")[2] for each in found] == [key]


def test_other_names_have_a_language_each(server: str) -> None:
    turtle = httpx.get(f"{server}/organisation/v-naoned.ttl").text
    assert '"Les Nantais"@fr' in turtle
    assert '"Naoned-Vreizh"@br' in turtle
    page = httpx.get(f"{server}/organisation/v-zug", headers={"Accept": "text/html"}).text
    assert '<span lang="en">Zuger coop</span>' in page
    query = {"queries": '{"q": {"query": "Zuger Coop", "type": "organisation"}}'}
    (found, *_) = httpx.post(f"{server}/reconcile", data=query).json()["q"]["result"]
    assert (found["id"], found["match"]) == ("organisation/v-zug", True)


def test_pages_mark_the_language(server: str) -> None:
    page = httpx.get(f"{server}/organisation/v-zug", headers={"Accept": "text/html"}).text
    assert '<span lang="de">Genossenschaft Zug</span>' in page
    assert "<title>Genossenschaft Zug" in page
    listed = httpx.get(f"{server}/organisation", headers={"Accept": "text/html"}).text
    assert '<span lang="br">Kevredigezh ar Mor</span>' in listed


def test_an_export_comes_back_in(built: InstallationPaths, server: str, tmp_path: Path) -> None:
    file = tmp_path / "organisations.csv"
    file.write_bytes(httpx.get(f"{server}/organisation.csv").content)
    assert "Genossenschaft Zug@de" in file.read_text("utf-8")
    assert "Nantes solidària@oc|Naoned kengred@br" in file.read_text("utf-8")
    assert "Les Nantais|Naoned-Vreizh@br" in file.read_text("utf-8")
    release = pipeline.build(built).release
    with check_files([file], MODEL, release=release.folder) as checked:
        assert checked.exit_code == 0
        assert checked.files[0].counts.accepted == 4


def test_a_check_takes_a_column_of_any_language(tmp_path: Path) -> None:
    file = tmp_path / "organisations.csv"
    file.write_text("id,Label_DE,kind\nv-a,Bürgerhaus,association\nv-b,,association\n", "utf-8")
    with check_files([file], MODEL) as checked:
        told = [(f.row, f.component) for f in checked.inspection.findings if f.refused]
        assert [row for row, _ in told] == [3]
        assert not [f for f in checked.inspection.findings if f.heading == "Label_DE"]


def test_lists_in_rdf_say_the_language_as_the_store_does(server: str) -> None:
    turtle = httpx.get(f"{server}/organisation.ttl").text
    assert '"Genossenschaft Zug"@de' in turtle
    assert '"Zuger coop"@en' in turtle
    assert "Zug@de" not in turtle.replace('"Genossenschaft Zug"@de', "")


def test_to_forget_the_other_names_leaves_those_with_columns_of_their_own(
    built: InstallationPaths, tmp_path: Path
) -> None:
    places = InstallationPaths(tmp_path / "data", built.model)
    shutil.copytree(built.data, places.data)
    forget(places, "organisation/v-naoned", Reason.ERROR, "2026-11-29", column="labels")
    release = find_current_release(places.releases)
    dump = gzip.decompress((release.dumps / "ess-kg.nq.gz").read_bytes()).decode()
    assert '"Nantes solidaire"@fr' in dump
    assert "Naoned kengred" not in dump
    assert "Nantes solidària" not in dump
