"""What sources disagree on is all in the release, each value with its source, one of them first."""

import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

from api.dependencies import AppConfig
from kg import pipeline
from kg.dry_run import check_files
from kg.dry_run.result import Model
from kg.installation import InstallationPaths
from kg.namespaces import BASE, ID
from kg.pipeline import BuildResult
from kg.releases.inference import DERIVED_SOURCE
from kg.shacl.pyshacl_adapter import validate_all
from kg.shacl.shapes import load_shapes
from kg.shacl.terms import iter_statements
from kg.sparql.backend import QueryLimits
from tests.api.conftest import opened
from tests.disagreeing import ROOT, write_source

TERRITORIES = (
    "id,label_fr,kind,code,within,population,latitude,longitude\n"
    "commune-59350,Lille,city,59350,,238695,50.6,3.06\n"
    "commune-13055,Marseille,city,13055,,,,\n"
)
PARTNER = (
    "id,label_fr,kind,code,population\n"
    "commune-59350,LILLE,city,59350,\n"
    "commune-13055,Marseille,city,13055,870000\n"
)
ORGANISATIONS = (
    "id,label_fr,kind,founded_on,address,post_code,territory\n"
    "o-1,Maison des communs,association,2006,1 rue du Pont,59000,territory/commune-59350\n"
)
RDF = """:territory\\/commune-59350 a ess:Territory ; ess:population 240000 .
:organisation\\/o-1 a org:Organization ; ess:foundedOn "2006-03-01"^^xsd:date .
"""
LILLE = f"{ID}territory/commune-59350"
PREFIXES = """PREFIX ess: <https://w3id.org/ess-kg/ontology#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
"""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, small_model: Path) -> BuildResult:
    """A release of the register alone."""
    return pipeline.build(_places(tmp_path_factory.mktemp("alone"), small_model))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, small_model: Path) -> BuildResult:
    """A release of the register and of two others that say otherwise."""
    places = _places(tmp_path_factory.mktemp("together"), small_model)
    write_source(places.sources, "partenaire", {"territories.csv": PARTNER})
    write_source(places.sources, "en-rdf", {"more.ttl": RDF}, retrieved="2026-02-01")
    return pipeline.build(places)


def _places(folder: Path, model: Path) -> InstallationPaths:
    files = {"territories.csv": TERRITORIES, "organisations.csv": ORGANISATIONS}
    write_source(folder / "sources", "registre", files, more="[expect]\nrefused_share_max = 0.0")
    return InstallationPaths(folder, model)


@pytest.fixture
async def client(built: BuildResult) -> AsyncIterator[httpx.AsyncClient]:
    config = AppConfig(built.release.folder.parent, QueryLimits(seconds=20), query_workers=1)
    async with opened(config) as one:
        yield one


def test_the_line_of_the_source_that_did_not_change_is_the_same(
    alone: BuildResult, built: BuildResult
) -> None:
    (before,) = alone.lines
    after = next(line for line in built.lines if line.source == "registre")
    same = ("read", "accepted", "refused", "warned", "triples")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert (before.discrepancies, after.discrepancies) == (0, 2)
    assert [line.refused for line in built.lines] == [0, 0, 0]
    sources = {source["name"]: source for source in built.release.read_manifest()["sources"]}
    assert {name: source["discrepancies"] for name, source in sources.items()} == {
        "registre": 2, "partenaire": 1, "en-rdf": 2,
    }  # fmt: skip


def test_each_source_keeps_what_it_says(built: BuildResult) -> None:
    store = ox.Store.read_only(str(built.release.store))
    said = {
        str(quad)
        for quad in store.quads_for_pattern(ox.NamedNode(LILLE), None, None)
        if "/graph/" in str(quad.graph_name)
    }
    assert sum('"Lille"@fr' in quad and "graph/registre" in quad for quad in said) == 1
    assert sum('"LILLE"@fr' in quad and "graph/partenaire" in quad for quad in said) == 1
    assert sum('"240000"' in quad and "graph/en-rdf" in quad for quad in said) == 1


def test_sparql_tells_the_preferred_value_and_the_others(built: BuildResult) -> None:
    store = ox.Store.read_only(str(built.release.store))
    rows = store.query(
        PREFIXES + "SELECT ?of ?property ?value ?source ?first { ?d a ess:Discrepancy ; "
        "ess:discrepancyOf ?of ; rdf:predicate ?property ; ess:statedValue ?v . "
        "?v rdf:value ?value ; dct:source ?source . "
        "BIND(EXISTS { ?d ess:preferredValue ?v } AS ?first) }",
        use_default_graph_as_union=True,
    )
    assert isinstance(rows, ox.QuerySolutions)
    found = {
        (
            row["of"].value.removeprefix(ID),
            row["property"].value.rpartition("#")[2],
            row["value"].value,
            row["source"].value.rpartition("/")[2],
            row["first"].value,
        )
        for row in rows
    }
    lille, house = "territory/commune-59350", "organisation/o-1"
    assert found == {
        (lille, "prefLabel", "Lille", "registre", "true"),
        (lille, "prefLabel", "LILLE", "partenaire", "false"),
        (lille, "population", "240000", "en-rdf", "true"),  # the newer source
        (lille, "population", "238695", "registre", "false"),
        (house, "foundedOn", "2006-03-01", "en-rdf", "true"),  # the more precise
        (house, "foundedOn", "2006", "registre", "false"),
    }


def test_what_is_stated_of_discrepancies_has_their_shape(built: BuildResult) -> None:
    store = ox.Store.read_only(str(built.release.store))
    derived = ox.NamedNode(f"{BASE}graph/{DERIVED_SOURCE}")
    told = {quad.subject for quad in store.quads_for_pattern(None, None, None, derived)}
    nodes = [node for node in told if "#discrepancy" in node.value]
    assert nodes
    shapes = load_shapes([ROOT / "shapes" / "discrepancies.ttl", ROOT / "shapes" / "common.ttl"])
    assert not [
        result
        for result in validate_all(
            shapes,
            iter_statements(set(store.quads_for_pattern(None, None, None, ox.DefaultGraph()))),
        )
        if "#discrepancy" in result.focus
    ]


def test_the_tables_have_the_preferred_value_alone(built: BuildResult) -> None:
    with (built.release.dumps / "territories.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    lille, marseille = rows["commune-59350"], rows["commune-13055"]
    assert (lille["label_fr"], lille["population"]) == ("Lille", "240000")
    assert (marseille["label_fr"], marseille["population"]) == ("Marseille", "870000")


def test_the_reports_name_both_values_and_both_sources(built: BuildResult) -> None:
    for source, own, other in (
        ("registre", "Lille", "partenaire: LILLE"),
        ("partenaire", "LILLE", "registre: Lille"),
    ):
        folder = built.release.report / source
        data = json.loads((folder / "problems.json").read_bytes())
        told = [p for p in data["problems"] if p["component"].endswith("shapes#Discrepancy")]
        assert data["counts"]["discrepancies"]
        assert not any(problem["refused"] for problem in told)
        examples = [e for problem in told for e in problem["examples"]]
        assert (own, other) in {(e["value"], e["elsewhere"]) for e in examples}
        assert other in (folder / "findings.csv").read_text("utf-8")
        page = (folder / "index.en.html").read_text("utf-8")
        assert "Discrepancy" in page
        assert other in page


async def test_the_page_shows_the_preferred_first_and_who_says_otherwise(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get("/territory/commune-59350.html?lang=en")).text
    assert "<h1><bdi>Lille</bdi>" in page
    section = page.partition('class="disputes"')[2].partition("</section>")[0]
    assert section.index("Lille") < section.index("LILLE")
    assert section.index("240,000") < section.index("238,695")
    assert "according to" in section
    assert section.count("shown first") == 3
    french = (await client.get("/territory/commune-59350.html?lang=fr")).text
    differing = french.partition('class="disputes"')[2]
    assert "selon" in differing
    assert "<dt>Libellé<" in differing
    house = (await client.get("/organisation/o-1.html?lang=en")).text
    facts = house.partition('class="facts"')[2]
    assert facts.index("1 March 2006") < facts.index("according to")


async def test_every_door_shows_the_preferred_value(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/territory.json")).json()["items"]
    lille = next(item for item in listed if item["key"] == "commune-59350")
    assert lille["label"] == {"fr": "Lille"}
    assert lille["columns"]["label_fr"] == "Lille"
    assert lille["columns"]["population"] == 240000
    assert lille["otherwise"] == {"label_fr": ["LILLE"], "population": [238695]}
    rows = list(csv.DictReader((await client.get("/territory.csv")).text.splitlines()))
    assert {row["label_fr"] for row in rows} == {"Lille", "Marseille"}
    places = (await client.get("/territory.geojson")).json()["features"]
    assert [str(p["properties"]["population"]) for p in places] == ["240000"]
    document = (await client.get("/territory/commune-59350.jsonld")).json()
    assert document["prefLabel"]["fr"] == ["Lille", "LILLE"]
    other = (await client.get("/territory/commune-59350.jsonld?profile=schema")).json()
    assert "LILLE" not in json.dumps(other)
    found = (await client.get("/search.json?q=lille")).json()
    assert found["items"][0]["label"] == {"fr": "Lille"}


def test_a_check_tells_in_advance_what_the_release_says_otherwise(
    built: BuildResult, tmp_path: Path
) -> None:
    file = tmp_path / "territories.csv"
    file.write_text(
        "id,label_fr,kind,code,population\n"
        "commune-59350,lille,city,59350,238695\n"
        "commune-13055,Marseille,city,13055,870000\n"
        "commune-69123,Lyon,city,69123,520000\n",
        "utf-8",
    )
    folder = built.release.folder
    model = Model(ROOT / "ontology", ROOT / "shapes")
    with check_files([file], model, release=folder) as checked:
        (told,) = checked.files
        assert checked.exit_code == 0
        assert (told.counts.refused, told.counts.warned, told.counts.discrepancies) == (0, 0, 1)
        assert {
            (f.row, f.column, f.value, f.other_values)
            for f in checked.inspection.findings
            if f.is_discrepancy
        } == {
            (2, "label_fr", "lille", "registre: Lille | partenaire: LILLE"),
            (2, "population", "238695", "en-rdf: 240000"),
        }
    with check_files([], model, release=folder, source=_register(built)) as checked:
        found = {
            (f.column, f.other_values) for f in checked.inspection.findings if f.is_discrepancy
        }
        assert ("label_fr", "partenaire: LILLE") in found  # and not what it said itself
        assert not any("registre" in elsewhere for _, elsewhere in found)


def _register(built: BuildResult) -> Path:
    return built.release.folder.parents[1] / "sources" / "registre"
