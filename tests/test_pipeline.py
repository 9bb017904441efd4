"""A build makes a release of what is accepted, and nothing it meets hurts what is served."""

import csv
import gzip
import json
import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg import pipeline
from kg.errors import BuildError, OutOfBounds, RecordsRefused, SourceError
from kg.installation import InstallationPaths
from kg.namespaces import ID
from kg.release_layout import find_current_release
from kg.releases import verify_release


def table(places: InstallationPaths, name: str) -> Path:
    return places.sources / "demo" / "tables" / f"{name}.csv"


def add(places: InstallationPaths, name: str, line: str) -> None:
    path = table(places, name)
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")


def counts(built: pipeline.BuildResult) -> tuple[int, int, int]:
    (line,) = built.lines
    return line.read, line.accepted, line.refused


def test_a_release_holds_all_its_parts(released: InstallationPaths) -> None:
    built = pipeline.build(released)
    release = find_current_release(released.releases)
    assert release == built.release
    assert counts(built) == (11, 11, 0)
    assert verify_release(release) == []
    manifest = release.read_manifest()
    assert manifest["records"]["event"] == 1
    dumped = {path.name for path in release.dumps.iterdir()}
    assert {"ess-kg.nq.gz", "ess-kg.ttl.gz", "source-demo.ttl.gz", "kind-event.ttl.gz"} <= dumped
    assert {"events.csv", "events.parquet"} <= dumped
    with (release.dumps / "events.csv").open(encoding="utf-8", newline="") as file:
        (event,) = csv.DictReader(file)
    assert event["start"] == "2026-03-05T09:00:00+01:00"
    assert event["topics"] == "topic/communs"


def test_a_release_says_how_many_values_things_have(released: InstallationPaths) -> None:
    release = find_current_release(released.releases)
    counted = ox.Store.read_only(str(release.store)).query(
        "SELECT ?p (MAX(?n) AS ?most) { { SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } "
        "GROUP BY ?s ?p } } GROUP BY ?p"
    )
    assert isinstance(counted, ox.QuerySolutions)
    most = {row["p"].value: int(row["most"].value) for row in counted}
    assert most == release.read_manifest()["most_values"]
    assert max(most.values()) > 1


def test_the_same_inputs_give_the_same_release(places: InstallationPaths) -> None:
    first = pipeline.build(places)
    again = pipeline.build(places)
    assert (again.release, again.fresh) == (first.release, False)
    assert again.lines == first.lines
    sums = first.release.read_manifest()["dumps"]
    forced = pipeline.build(places, force=True)
    assert forced.fresh
    assert forced.release.id == first.release.id
    assert forced.release.read_manifest()["dumps"] == sums  # byte for byte


def test_a_changed_input_gives_another_release_and_the_former_is_kept(
    released: InstallationPaths,
) -> None:
    first = find_current_release(released.releases)
    add(released, "topics", 'partage,partage,sharing,concept,stated,"1,2"')
    second = pipeline.build(released).release
    assert first.id != second.id
    assert find_current_release(released.releases) == second
    assert verify_release(first) == []


def test_a_refused_record_takes_what_hangs_on_it_and_is_kept(places: InstallationPaths) -> None:
    # the event ends before it begins: its participation cannot stand without it
    text = table(places, "events").read_text("utf-8")
    table(places, "events").write_text(text.replace("T17:00+01:00", "T07:00+01:00"), "utf-8")
    built = pipeline.build(places)
    assert counts(built) == (11, 8, 3)
    assert "event" not in built.release.read_manifest()["records"]
    with (places.quarantine / "demo" / "events.csv").open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["_file"], line["_row"], line["id"]) == ("events.csv", "2", "demo-2026-03-05")
    assert "commencer" in line["_raison"]
    assert "starts" in line["_reason"]
    with (places.quarantine / "demo" / "participations.csv").open(encoding="utf-8") as file:
        (hanging,) = csv.DictReader(file)
    assert "event/demo-2026-03-05" in hanging["_reason"]
    report = json.loads((built.release.report / "demo" / "problems.json").read_bytes())
    refusal = next(p for p in report["problems"] if p["table"] == "events" and p["refused"])
    assert (refusal["examples"][0]["row"], refusal["column"]) == (2, "end")


def test_a_line_without_a_key_is_refused_with_its_row(places: InstallationPaths) -> None:
    add(places, "topics", ",sans clé,,concept,stated,")
    built = pipeline.build(places)
    assert counts(built) == (12, 11, 1)
    with (places.quarantine / "demo" / "topics.csv").open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert line["_row"] == "3"
    assert "id" in line["_reason"]


def test_strict_fails_on_a_refusal_and_serves_what_was_served(released: InstallationPaths) -> None:
    first = find_current_release(released.releases)
    add(released, "topics", ",sans clé,,concept,stated,")
    with pytest.raises(RecordsRefused, match=r"topics\.csv, row 3"):
        pipeline.build(released, strict=True)
    assert find_current_release(released.releases) == first
    assert not list(released.releases.glob(".staging*"))


def test_a_source_outside_its_bounds_stops_the_build(released: InstallationPaths) -> None:
    first = find_current_release(released.releases)
    for number in range(30):
        add(released, "topics", f",sans clé {number},,concept,stated,")
    with pytest.raises(OutOfBounds, match="source demo: 30 of 41 records are refused"):
        pipeline.build(released)
    assert find_current_release(released.releases) == first
    assert "sans clé 29" in (released.data / "stopped" / "demo" / "findings.csv").read_text("utf-8")


def test_a_source_that_loses_more_than_it_allows_stops_the_build(
    released: InstallationPaths,
) -> None:
    first = find_current_release(released.releases)
    description = released.sources / "demo" / "source.toml"
    description.write_text(description.read_text("utf-8") + "removed_share_max = 0.01\n", "utf-8")
    lines = table(released, "memberships").read_text("utf-8").splitlines(keepends=True)
    network = table(released, "organisations")
    network.write_text(network.read_text("utf-8").replace("demo-reseau", "demo-federation"))
    table(released, "memberships").write_text("".join(lines[:-1]), "utf-8")
    with pytest.raises(OutOfBounds, match=r"lost \d+ .* removed_share_max = 0\.01"):
        pipeline.build(released)
    assert find_current_release(released.releases) == first
    assert pipeline.build(released, accept_loss=["demo"]).fresh


def test_an_unreadable_source_stops_the_build(released: InstallationPaths) -> None:
    first = find_current_release(released.releases)
    table(released, "topics").write_bytes(b"<html>not a table</html>")
    with pytest.raises(SourceError, match=r"topics\.csv"):
        pipeline.build(released)
    assert find_current_release(released.releases) == first


def test_a_damaged_release_is_built_again(released: InstallationPaths) -> None:
    first = find_current_release(released.releases)
    (first.dumps / "events.csv").write_text("not what was sealed")
    assert verify_release(first) != []
    again = pipeline.build(released)
    assert again.fresh
    assert verify_release(again.release) == []


def test_what_is_withdrawn_leaves_the_next_release(released: InstallationPaths) -> None:
    withdrawn = "record,since,reason\nperson/demo-alix,2026-04-01,asked\n"
    (released.data / "gone.csv").write_text(withdrawn)
    built = pipeline.build(released)
    assert "person" not in built.release.read_manifest()["records"]
    dump = gzip.decompress((built.release.dumps / "ess-kg.nq.gz").read_bytes()).decode()
    assert ID + "person/demo-alix" not in dump


def test_a_model_at_fault_is_said(places: InstallationPaths, tmp_path: Path) -> None:
    model = tmp_path / "model"
    for folder in ("ontology", "shapes"):
        shutil.copytree(places.model / folder, model / folder)
    broken = model / "ontology" / "schemes" / "weekday.ttl"
    broken.write_text(broken.read_text() + "\n<http://example.org/x> a ")
    with pytest.raises(SourceError, match=r"weekday\.ttl"):
        pipeline.build(InstallationPaths(places.data, model))


def test_no_source_at_all(tmp_path: Path, root: Path) -> None:
    with pytest.raises(SourceError, match="no source in"):
        pipeline.build(InstallationPaths(tmp_path, root))


def test_a_folder_that_cannot_be_written(places: InstallationPaths) -> None:
    (places.data / "work").write_text("a file where the build wants a folder")
    with pytest.raises(BuildError, match="what was served has not changed"):
        pipeline.build(places)
