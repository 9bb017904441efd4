"""A part of a release as a file: complete, dated, verified, in any format."""

import csv
import gzip
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pyoxigraph as ox
import pytest
import zstandard
from pyshacl import validate
from rdflib import Graph, URIRef

from kg.errors import BadRequest
from kg.formats import EXTRACT_FORMATS
from kg.installation import InstallationPaths
from kg.namespaces import GRAPH, ID
from kg.release_layout import Release, find_current_release
from kg.releases.extract import ExtractChoice, build_file_name, write_extract

SYNTAXES = {
    "turtle": ox.RdfFormat.TURTLE,
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "jsonld": ox.RdfFormat.JSON_LD,
}
EVENTS = ExtractChoice(kind="event")


@pytest.fixture(scope="module")
def release(national: InstallationPaths) -> Release:
    return find_current_release(national.releases)


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".zst":
        return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
    return data


def written(release: Release, choice: ExtractChoice, name: str, packed: str, folder: Path) -> Any:
    path = folder / build_file_name(release, choice, EXTRACT_FORMATS[name], packed)
    made = write_extract(release, choice, EXTRACT_FORMATS[name], packed, path)
    told = json.loads(path.with_name(f"{path.name}.meta.json").read_bytes())
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert told["release"] == release.id
    assert told["count"] == made.count > 0
    assert all(source["licence"] for source in told["sources"])
    assert all(set(source["title"]) <= {"fr", "en"} for source in told["sources"])
    stated = {source["licence"] for source in told["sources"]}
    has_own = not choice.source and not choice.licence and name not in ("csv", "parquet")
    own = {release.read_manifest()["licence"]} if has_own else set()
    assert told["licences"] == sorted(stated | own)
    return unpacked(path), told


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("turtle", "gzip"),
        ("turtle", "zstd"),
        ("nquads", "none"),
        ("trig", "gzip"),
        ("jsonld", "zstd"),
    ],
)
def test_every_format_tells_the_same(
    release: Release, name: str, packed: str, tmp_path: Path
) -> None:
    text, told = written(release, EVENTS, name, packed, tmp_path)
    found = {quad.triple for quad in ox.parse(text, SYNTAXES[name])}
    with gzip.open(release.dumps / "kind-event.ttl.gz") as file:
        kept = {quad.triple for quad in ox.parse(file, ox.RdfFormat.TURTLE)}
    assert found == kept
    if name in ("turtle", "nquads", "trig"):
        assert text.startswith(f"# ess-kg, release {release.id} of ".encode())
    if name in ("nquads", "trig"):
        graphs = {str(quad.graph_name) for quad in ox.parse(text, SYNTAXES[name])}
        assert f"<{GRAPH}inocrea>" in graphs
    assert told["chosen"] == {"kind": "event"}


def test_a_source_and_a_licence_are_those_alone(release: Release, tmp_path: Path) -> None:
    text, told = written(release, ExtractChoice(source="inocrea"), "nquads", "gzip", tmp_path)
    graphs = {str(quad.graph_name) for quad in ox.parse(text, ox.RdfFormat.N_QUADS)}
    assert graphs == {f"<{GRAPH}inocrea>"}
    licence = told["sources"][0]["licence"]
    text, told = written(release, ExtractChoice(licence=licence), "nquads", "none", tmp_path)
    assert "inocrea" in {source["name"] for source in told["sources"]}
    assert {source["licence"] for source in told["sources"]} == {licence}


def test_a_region_has_what_is_inside_it(release: Release, tmp_path: Path) -> None:
    choice = ExtractChoice(kind="territory", region="region-53")
    text, _ = written(release, choice, "csv", "none", tmp_path)
    ids = {row["id"] for row in csv.DictReader(io.StringIO(text.decode()))}
    assert "commune-35238" in ids
    assert "commune-59350" not in ids
    text, _ = written(release, choice, "nquads", "none", tmp_path)
    subjects = {quad.subject.value for quad in ox.parse(text, ox.RdfFormat.N_QUADS)}  # type: ignore[union-attr]
    assert {f"{ID}territory/commune-35238", f"{ID}territory/region-53"} <= subjects
    assert f"{ID}territory/commune-59350" not in subjects


def test_tables_have_the_columns_of_the_kind(release: Release, tmp_path: Path) -> None:
    text, told = written(release, EVENTS, "csv", "none", tmp_path)
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    with (release.dumps / "events.csv").open(encoding="utf-8", newline="") as file:
        kept = list(csv.DictReader(file))
    assert {row["id"] for row in rows} == {row["id"] for row in kept}
    assert list(rows[0]) == list(kept[0])
    written(release, EVENTS, "parquet", "none", tmp_path)
    path = tmp_path / build_file_name(release, EVENTS, EXTRACT_FORMATS["parquet"], "none")
    db = duckdb.connect()
    counted = db.execute(f"SELECT count(*) FROM '{path}'").fetchone()
    assert counted == (len(rows),)
    metadata = db.execute(f"SELECT value FROM parquet_kv_metadata('{path}')").fetchall()
    assert (release.id.encode(),) in metadata
    assert told["count"] == len(rows)


@pytest.mark.parametrize(
    ("choice", "name", "told"),
    [
        (ExtractChoice(source="nothing"), "turtle", "inocrea"),
        (ExtractChoice(licence="https://example.org/"), "turtle", "licences:"),
        (ExtractChoice(kind="colour"), "turtle", "organisation"),
        (ExtractChoice(region="region-0"), "turtle", "region-53"),
        (ExtractChoice(), "csv", "a table is of one kind"),
    ],
)
def test_what_is_not_there_is_told(
    release: Release, choice: ExtractChoice, name: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(BadRequest, match=told):
        write_extract(release, choice, EXTRACT_FORMATS[name], "gzip", tmp_path / "x")


def test_dumps_by_licence_hold_the_sources_under_it(release: Release) -> None:
    dumps = {d["name"]: d for d in release.read_manifest()["dumps"] if d["scope"] == "licence"}
    assert len(dumps) == len({s["licence"] for s in release.read_manifest()["sources"]})
    for name, dump in dumps.items():
        with gzip.open(release.dumps / name) as file:
            assert len({q.triple for q in ox.parse(file, ox.RdfFormat.TURTLE)}) <= dump["count"]


def test_dcat_is_valid_dcat_ap(release: Release, shared: Path) -> None:
    shapes = Graph()
    for path in sorted((shared / "conformance" / "dcat-ap" / "3.0.1" / "shacl").glob("*.ttl")):
        shapes.parse(path)
    prop, has_path = (URIRef(f"http://www.w3.org/ns/shacl#{n}") for n in ("property", "path"))
    # five shapes of that release are named and nowhere described: no engine can apply them
    for shape, inner in list(shapes.subject_objects(prop)):
        if (inner, has_path, None) not in shapes:
            shapes.remove((shape, prop, inner))
    described = Graph().parse(release.dcat)
    conforms, _, report = validate(described, shacl_graph=shapes, inference="none", advanced=True)
    assert conforms, report
