"""Kept releases: in the order of what follows what, and one that is damaged stops nothing."""

import json
import logging
import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest

from kg import pipeline
from kg.errors import BuildError, OutOfBounds
from kg.installation import InstallationPaths
from kg.release_layout import CURRENT, find_current_release, list_kept_releases
from kg.releases import prune_releases, verify_release
from kg.releases.build_bounds import check_record_losses, check_sources
from kg.releases.differences import VERSIONS_FILE


def make(folder: Path, name: str, created: str, previous: str | None = None) -> None:
    (folder / name).mkdir(parents=True)
    told = {"id": name, "created": created, "previous": previous, "files": {}}
    (folder / name / "manifest.json").write_text(json.dumps(told))


def test_a_wrong_clock_does_not_change_what_follows_what(tmp_path: Path) -> None:
    make(tmp_path, "a", "2026-11-20T10:00:00+00:00")
    make(tmp_path, "b", "2026-11-28T10:00:00+00:00", "a")  # made a week ahead
    make(tmp_path, "c", "2026-11-21T10:00:00+00:00", "b")
    make(tmp_path, "d", "2026-11-14T10:00:00+00:00", "c")  # and a week back
    make(tmp_path, "e", "2026-11-22T10:00:00+00:00", "d")
    assert [release.id for release in list_kept_releases(tmp_path)] == ["a", "b", "c", "d", "e"]
    (tmp_path / CURRENT).write_text("e")
    assert prune_releases(tmp_path, 3) == ["a", "b"]
    # one that follows itself, or what follows it, ends nowhere
    make(tmp_path, "f", "2026-11-23T10:00:00+00:00", "g")
    make(tmp_path, "g", "2026-11-23T11:00:00+00:00", "f")
    assert {release.id for release in list_kept_releases(tmp_path)} == {"c", "d", "e", "f", "g"}


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", '{"id": "b", "created": 3}'])
def test_one_that_does_not_say_what_it_is_is_passed_over_and_goes_first(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    for day, name in enumerate("abcd", 1):
        make(tmp_path, name, f"2026-11-0{day}T10:00:00+00:00")
    (tmp_path / "b" / "manifest.json").write_text(text)
    (tmp_path / CURRENT).write_text("d")
    assert [release.id for release in list_kept_releases(tmp_path)] == ["a", "c", "d"]
    assert prune_releases(tmp_path, 4) == []
    assert prune_releases(tmp_path, 3) == ["b"]
    assert prune_releases(tmp_path, 3) == []
    (tmp_path / CURRENT).write_bytes(b"\xff\xfe")
    assert prune_releases(tmp_path, 1) == []  # nobody knows what is served


def add(places: InstallationPaths, line: str) -> None:
    path = places.sources / "demo" / "tables" / "topics.csv"
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")


def test_what_is_damaged_of_the_release_before_stops_no_build(
    released: InstallationPaths, caplog: pytest.LogCaptureFixture
) -> None:
    first = find_current_release(released.releases)
    (first.dumps / "ess-kg.nq.gz").write_bytes(b"")
    for path in (first.report / "checked").iterdir():
        path.write_bytes(path.read_bytes()[:10])
    (first.report / "summary.json").write_text("{")
    add(released, 'partage,partage,sharing,concept,stated,"1,2"')
    with caplog.at_level(logging.WARNING):
        second = pipeline.build(released).release
    assert "differences were not written" in caplog.text
    assert "a release before was passed over" in caplog.text
    assert verify_release(second) == []
    assert second.read_manifest()["changes"]["created"] == 1
    assert not list(second.dumps.glob("added-since-*"))
    # without its versions nothing is known of what changed since
    (second.folder / VERSIONS_FILE).write_bytes(b"PAR1")
    add(released, 'don,don,gift,concept,stated,"1,2"')
    third = pipeline.build(released).release
    assert third.read_manifest()["previous"] is None
    assert third.read_manifest()["changes"] == {"created": 0, "updated": 0, "deleted": 0}
    (third.folder / "manifest.json").write_text("[]")
    fourth = pipeline.build(released)
    assert fourth.fresh
    assert verify_release(fourth.release) == []


def second_source(places: InstallationPaths, lines: int) -> Path:
    folder = places.sources / "autre"
    if not folder.exists():
        shutil.copytree(places.sources / "demo", folder)
        for path in (folder / "tables").iterdir():
            path.unlink()
        text = (folder / "source.toml").read_text("utf-8").replace('"demo"', '"autre"')
        text = text.replace("records_min = 5", "records_min = 1")
        (folder / "source.toml").write_text(text)
    rows = [f'autre-{n},autre {n},other {n},concept,stated,"1,2"\n' for n in range(lines)]
    table = folder / "tables" / "topics.csv"
    table.write_text("id,label_fr,label_en,kind,assertion,read_at\n" + "".join(rows), "utf-8")
    return folder


def test_a_source_that_lost_much_stops_the_build_unless_told(places: InstallationPaths) -> None:
    folder = second_source(places, 12)
    first = pipeline.build(places).release
    second_source(places, 5)
    with pytest.raises(OutOfBounds, match=r"fewer than half of the 12 .*--accept-loss autre"):
        pipeline.build(places, accept_loss=["demo"])
    assert (places.releases / CURRENT).read_text().strip() == first.id
    assert (places.stopped_report / "index.en.html").is_file()
    shutil.rmtree(folder)
    with pytest.raises(OutOfBounds, match=r"source autre, .* is not there any more"):
        pipeline.build(places, force=True)
    assert [line.source for line in pipeline.build(places, accept_loss=["autre"]).lines] == ["demo"]
    assert pipeline.build(places).fresh is False


def test_a_name_that_is_no_source_accepts_nothing() -> None:
    check_sources([], {"sources": [{"name": "autre"}]}, ["autre", "gone.csv"])
    with pytest.raises(OutOfBounds, match="--accept-loss autr: there is no such source"):
        check_sources([], {"sources": [{"name": "autre"}]}, ["autre", "autr"])


@pytest.mark.parametrize(("now", "passes"), [(12, True), (6, True), (5, False), (0, False)])
def test_half_is_not_less_than_half(now: int, passes: bool) -> None:
    before = {"sources": [{"name": "autre", "accepted": 12}, {"name": "gone", "accepted": 3}]}
    lines = [
        pipeline.SourceSummary("autre", now, now, 0, 0, 0, 0.0),
        pipeline.SourceSummary("new", 1, 1, 0, 0, 0, 0),
    ]
    check_record_losses(lines, before, ["autre"])
    check_record_losses(lines, {}, [])
    with nullcontext() if passes else pytest.raises(OutOfBounds):
        check_record_losses(lines, before, ["new"])


def test_a_source_that_is_edited_while_it_is_read_stops_the_build(
    released: InstallationPaths,
) -> None:
    first = find_current_release(released.releases)
    add(released, 'partage,partage,sharing,concept,stated,"1,2"')

    def edit(steps, told, total=None):  # type: ignore[no-untyped-def]
        if told == "Settling":  # it has been read
            add(released, 'don,don,gift,concept,stated,"1,2"')
        return steps

    with pytest.raises(BuildError, match=r"sources/demo/tables/topics\.csv changed while"):
        pipeline.build(released, track=edit)
    assert (released.releases / CURRENT).read_text().strip() == first.id
    assert not list(released.releases.glob(".staging*"))
    assert pipeline.build(released).release.read_manifest()["changes"]["created"] == 2
