"""What a build would change of a source is told before, and is what the build then changes."""

import csv
from pathlib import Path

from kg import pipeline
from kg.dry_run.source_difference import compare_source
from kg.installation import InstallationPaths
from kg.namespaces import ID
from kg.release_layout import find_current_release
from kg.releases.compare import compare_releases


def edit(paths: InstallationPaths, table: str, change) -> None:
    """Changes the rows of a table of the demonstration source."""
    path = paths.sources / "demo" / "tables" / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows = change(rows)
    names = list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def demo(paths: InstallationPaths) -> Path:
    return paths.sources / "demo"


def test_the_difference_is_what_the_build_then_changes(released: InstallationPaths) -> None:
    before = find_current_release(released.releases)
    unchanged = compare_source(released, demo(released), before)
    assert not unchanged.has_changes
    assert unchanged.counts["unchanged"] == 8
    assert not unchanged.guards

    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        rows[0]["label_fr"] = "Communs (renommé)"
        fresh = {**rows[0], "id": "nouveau", "label_fr": "Nouveau thème"}
        bad = {**rows[0], "id": "sans-nom", "label_fr": "", "label_en": ""}
        return [*rows, fresh, bad]

    edit(released, "topics", change)
    told = compare_source(released, demo(released), before)
    assert [record.label for record in told.added] == ["Nouveau thème"]
    assert told.added[0].iri == f"{ID}topic/nouveau"
    assert [each.label for each in told.removed] == []
    (renamed,) = told.changed
    assert [(field.field, field.after) for field in renamed.fields] == [
        ("label", ("Communs (renommé)",))
    ]
    assert told.fields == {"label": 1}
    assert told.counts["refused"] == 1
    assert [finding.file for finding in told.refused] == ["topics.csv"]

    after = pipeline.build(released).release
    topics = next(k for k in compare_releases(before, after).kinds if k.name == "topic")
    assert (topics.added, topics.removed, topics.changed) == (1, 0, 1)
    assert not compare_source(released, demo(released), after).has_changes


def test_bounds_are_told_before_they_stop_a_build(released: InstallationPaths) -> None:
    release = find_current_release(released.releases)
    description = demo(released) / "source.toml"
    text = description.read_text("utf-8")
    description.write_text(f"{text}\nremoved_share_max = 0.01\n", "utf-8")
    edit(released, "topics", lambda rows: [{**rows[0], "id": "autre"}])
    told = compare_source(released, demo(released), release, limit=1)
    assert told.counts["removed"] == 1
    assert [record.label for record in told.removed] == ["communs"]
    assert "removed_share_max = 0.01" in told.guards[0].en


def test_cells_that_are_left_out_are_told(released: InstallationPaths) -> None:
    def break_cell(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return [{**row, "homepage": "" if n else "pas une adresse"} for n, row in enumerate(rows)]

    edit(released, "organisations", break_cell)
    told = compare_source(released, demo(released), find_current_release(released.releases))
    assert told.counts["refused"] == 0
    assert [(each.column, each.value) for each in told.omitted] == [("homepage", "pas une adresse")]


def test_communes_by_name_are_no_difference_where_there_are_no_territories(
    places: InstallationPaths,
) -> None:
    folder = places.sources / "liste"
    (folder / "raw").mkdir(parents=True)
    (folder / "source.toml").write_text(
        """name = "liste"
kind = "register"
licence = "https://e.org/l"
retrieved = 2026-11-22
title = { fr = "X" }
description = { fr = "X" }
publisher = { fr = "X" }
[map.organisations.columns]
id = "liste-{n}"
label_fr = "{n}"
kind = { value = "association" }
territory = { as = "commune", post_code = "cp", name = "ville" }
assertion = { value = "stated" }
""",
        "utf-8",
    )
    (folder / "raw" / "liste.csv").write_text("n,cp,ville\na,59000,Lille\n", "utf-8")
    pipeline.build(places)
    told = compare_source(places, folder, find_current_release(places.releases))
    assert not told.has_changes
    assert not told.omitted
