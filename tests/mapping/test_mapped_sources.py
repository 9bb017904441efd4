"""Mapped sources: rows that are kept are those that mapping gives, and used for no other input."""

import re
import shutil
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from kg import pipeline
from kg.csvw_tables import load_tables
from kg.errors import BuildError
from kg.installation import InstallationPaths
from kg.mapping import map_sources, open_work_database
from kg.mapping.mapped_sources import KEPT_TABLES, MappedSources
from kg.progress import report_nothing
from kg.releases import ReleaseIdentity
from kg.sources import discover_sources
from kg.work_tables import TABLE_COLUMNS

ORGANISATIONS = "id,label_fr,kind\n{key},{name},association\n"
DIGESTS = {name: name for name in ("a-demo", "anct-programmes", "clicc", "etranger", "linked")}
LINKED = """
@prefix schema: <https://schema.org/> . @prefix ess: <https://w3id.org/ess-kg/ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://w3id.org/ess-kg/id/organisation/liee> a ess:Organisation ;
    skos:prefLabel "Liée"@fr ; schema:address [ schema:postalCode "59000" ] .
"""


@pytest.fixture
def several(places: InstallationPaths, root: Path) -> InstallationPaths:
    """Sources of every make: canonical tables, raw files, RDF, a row that cannot be read, a
    correction."""
    (places.sources / "demo").rename(places.sources / "a-demo")
    demo = places.sources / "a-demo"
    description = (demo / "source.toml").read_text("utf-8")
    (demo / "source.toml").write_text(description.replace('"demo"', '"a-demo"'), "utf-8")
    (demo / "tables" / "topics.csv").write_text("id,label_fr,kind\na,A,concept\nb\n", "utf-8")
    for name in ("anct-programmes", "clicc", "etranger"):
        shutil.copytree(root / "data" / "sources" / name, places.sources / name)
    linked = places.sources / "linked"
    (linked / "rdf").mkdir(parents=True)
    (linked / "rdf" / "all.ttl").write_text(LINKED, "utf-8")
    (linked / "source.toml").write_text(description.replace('"demo"', '"linked"'), "utf-8")
    fixes = places.corrections / "clicc"
    fixes.mkdir(parents=True)
    with (places.sources / "clicc" / "tables" / "topics.csv").open(encoding="utf-8") as file:
        heading, first = file.readline(), file.readline()
    corrected = f"_file,_row,_digest,_on,_by,{heading}topics.csv,2,x,2026-01-01,me,{first}"
    (fixes / "topics.csv").write_text(corrected, "utf-8")
    return places


def mapped(places: InstallationPaths, kept: MappedSources) -> Mapping[str, list[str]]:
    """What mapping leaves in the work tables, row by row."""
    with closing(open_work_database()) as db:
        sources = discover_sources(places.sources)
        tables = load_tables(places.ontology / "tables")
        map_sources(db, sources, tables, places.corrections, places.context, report_nothing, kept)
        return {table: read_rows(db, table) for table in TABLE_COLUMNS}


def read_rows(db: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return sorted(map(repr, db.execute(f"SELECT * FROM {table}").fetchall()))


def test_the_rows_that_are_kept_are_those_of_the_mapping(
    several: InstallationPaths, tmp_path: Path
) -> None:
    first = MappedSources(tmp_path / "kept", tmp_path / "draft", DIGESTS)
    fresh = mapped(several, first)
    assert not (tmp_path / "kept").exists()
    first.keep()
    # the first source changes: the records of the others have other numbers then
    demo = several.sources / "a-demo" / "tables"
    (demo / "topics.csv").write_text("id,label_fr,kind\na,A,concept\nb\nc,C,concept\n", "utf-8")
    other = {**DIGESTS, "a-demo": "changed"}
    taken = mapped(several, MappedSources(tmp_path / "kept", tmp_path / "draft2", other))
    again = mapped(several, MappedSources(tmp_path / "none", tmp_path / "draft3", other))
    assert [path.name for path in (tmp_path / "draft2").iterdir()] == ["a-demo"]
    assert taken == again
    assert fresh != again
    # each table that is kept has rows in this test, and no other one has any
    filled = {table for table, rows in again.items() if rows}
    assert filled <= set(KEPT_TABLES)
    assert set(KEPT_TABLES) - filled == {"omitted", "unmapped", "code_dates"}


def test_altered_rows_are_mapped_again(several: InstallationPaths, tmp_path: Path) -> None:
    kept = MappedSources(tmp_path / "kept", tmp_path / "draft", DIGESTS)
    fresh = mapped(several, kept)
    kept.keep()
    quads = tmp_path / "kept" / "clicc" / "quads.parquet"
    quads.write_bytes(quads.read_bytes()[:-20])
    (tmp_path / "kept" / "etranger" / "records.parquet").unlink()
    (tmp_path / "kept" / "linked" / "mapped.json").write_text("{", "utf-8")
    taken = mapped(several, MappedSources(tmp_path / "kept", tmp_path / "draft2", DIGESTS))
    assert taken == fresh
    written = {path.name for path in (tmp_path / "draft2").iterdir()}
    assert written == {"clicc", "etranger", "linked"}


def add_source(places: InstallationPaths, name: str, key: str) -> Path:
    folder = places.sources / name
    (folder / "tables").mkdir(parents=True)
    description = (places.sources / "demo" / "source.toml").read_text("utf-8")
    description = re.sub(r"records_min = \d+", "records_min = 1", description)
    (folder / "source.toml").write_text(description.replace('"demo"', f'"{name}"'), "utf-8")
    path = folder / "tables" / "organisations.csv"
    path.write_text(ORGANISATIONS.format(key=key, name=key.title()), "utf-8")
    return path


def list_kept(places: InstallationPaths) -> dict[str, int]:
    """The sources whose rows are kept, with the file by which one knows that they were renewed."""
    return {path.name: (path / "mapped.json").stat().st_ino for path in places.mapped.iterdir()}


def test_a_build_maps_the_sources_that_changed(places: InstallationPaths) -> None:
    path = add_source(places, "other", "essai")
    pipeline.build(places)
    before = list_kept(places)
    assert before.keys() == {"demo", "other"}
    path.write_text(ORIGINAL_AND_MORE, "utf-8")
    updated = pipeline.build(places).release
    after = list_kept(places)
    assert after["demo"] == before["demo"]
    assert after["other"] != before["other"]
    # the same release as one for which everything is mapped
    contents = updated.read_manifest()
    shutil.rmtree(places.releases)
    shutil.rmtree(places.mapped)
    whole = pipeline.build(places).release
    for name in ("id", "hashes", "records", "graphs"):
        assert whole.read_manifest()[name] == contents[name]
    shutil.rmtree(places.sources / "other")
    pipeline.build(places, accept_loss=["other"])
    assert list_kept(places).keys() == {"demo"}


ORIGINAL_AND_MORE = ORGANISATIONS.format(key="essai", name="Essai") + "second,Second,association\n"


def test_the_rows_of_a_source_follow_from_its_own_inputs() -> None:
    inputs = {
        "sources/demo/tables/topics.csv": "1", "corrections/demo/topics.csv": "1",
        "ontology/tables/topics.json": "1", "sources/demonstration/tables/topics.csv": "1",
        "shapes/topic.ttl": "1", "moved.csv": "1",
    }  # fmt: skip
    versions = {"duckdb": "1", "code": "1"}

    def digest(**changed: Mapping[str, str]) -> str:
        identity = ReleaseIdentity(
            "id",
            {**inputs, **changed.get("inputs", {})},
            {**versions, **changed.get("versions", {})},
        )
        return identity.compute_source_digest("demo")

    followed = {name for name in inputs if digest(inputs={name: "2"}) != digest()}
    assert followed == set(list(inputs)[:3])
    assert all(digest(versions={name: "2"}) != digest() for name in versions)


def test_a_build_that_stops_keeps_no_rows(places: InstallationPaths) -> None:
    path = add_source(places, "other", "essai")
    pipeline.build(places)
    before = list_kept(places)
    description = path.parents[1] / "source.toml"
    text = description.read_text("utf-8")
    description.write_text(text.replace("records_min = 1", "records_min = 100"), "utf-8")
    with pytest.raises(BuildError):
        pipeline.build(places)
    assert list_kept(places) == before
