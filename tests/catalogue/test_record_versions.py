"""Versions of a record: came, changed by column, went; nothing where nothing changed."""

import csv

from kg import pipeline
from kg.catalogue.changes import find_release_chain
from kg.catalogue.record_versions import CellChange, list_versions
from kg.installation import InstallationPaths
from kg.release_layout import find_current_release, list_kept_releases


def test_each_version_tells_what_changed(released: InstallationPaths) -> None:
    path = released.sources / "demo" / "tables" / "organisations.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    changed = [{**row, "acronym": "LC"} if row["id"] == "demo-labo" else row for row in rows]
    for content in (changed, [row for row in changed if row["id"] != "demo-labo"]):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(content)
        pipeline.build(released)
    current = find_current_release(released.releases).id
    editions = find_release_chain(list_kept_releases(released.releases), current)
    versions = list_versions(editions, "organisation", "demo-labo")
    assert [version.change for version in versions] == ["deleted", "updated", "first"]
    assert versions[1].cells == (CellChange("acronym", ("LDC",), ("LC",)),)
    assert versions[1].sources == ("demo",)
    unchanged = list_versions(editions, "organisation", "demo-reseau")
    assert [version.change for version in unchanged] == ["first"]
    assert list_versions(editions, "organisation", "nothing") == []
