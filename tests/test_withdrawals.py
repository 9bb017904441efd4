"""Withdrawn and moved records: each row is checked, and what is wrong stops the build with it."""

import csv
import sqlite3
from pathlib import Path

import duckdb
import pyoxigraph as ox
import pytest

from kg import pipeline
from kg.dry_run.result import Model
from kg.dry_run.run import check_files
from kg.errors import BuildError
from kg.installation import InstallationPaths
from kg.mapping.moved_keys import WithdrawnRecord, read_key_moves, read_withdrawn_records
from kg.namespaces import ID
from kg.release_layout import Release


def add(places: InstallationPaths, name: str, line: str) -> None:
    path = places.sources / "demo" / "tables" / f"{name}.csv"
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")


def said(release: Release, subject: str) -> set[str]:
    store = ox.Store.read_only(str(release.store))
    found = store.quads_for_pattern(ox.NamedNode(ID + subject), None, None, ox.DefaultGraph())
    return {str(quad.object) for quad in found}


@pytest.mark.parametrize(
    "text",
    [
        "record,since,reason\n person/demo-alix ,2026-04-01,à sa demande\n",
        "record;since;reason\nperson/demo-alix;2026-04-01;à sa demande\n",
        "\ufeffRecord,Since\n,\nperson/demo-alix,2026-04-01\n",
        "\ufeffrecord\tsince\n" + ID + "person/demo-alix\t2026-04-01\n",
    ],
)
def test_a_withdrawal_is_read_however_it_was_saved(tmp_path: Path, text: str) -> None:
    (tmp_path / "gone.csv").write_text(text, "utf-8")
    (found,) = read_withdrawn_records(tmp_path / "gone.csv")
    assert (found.iri, found.since) == (f"{ID}person/demo-alix", "2026-04-01")


def test_what_is_withdrawn_is_not_beside_the_graph_either(places: InstallationPaths) -> None:
    text = "record;since;reason\n person/demo-alix ;2026-04-01;à sa demande\n"
    (places.data / "gone.csv").write_text(text, "utf-8")
    built = pipeline.build(places)
    assert "person" not in built.release.read_manifest()["records"]
    with duckdb.connect() as db:
        lines = db.read_parquet(str(built.release.folder / "lines.parquet"))
        assert not lines.filter("subject LIKE '%demo-alix%'").fetchall()
        assert lines.fetchall()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("people/demo-alix,2026-04-01", "row 2: 'people/demo-alix' is no kind/key"),
        ("person,2026-04-01", "row 2: 'person' is no kind/key"),
        ("person/demo-alix,bientôt", "row 2: since = 'bientôt' is no day"),
        ("person/demo-alix,2026-13-01", "is no day"),
        ("person/demo-alix,", "row 2: no since"),
        ("person/demo-alix", "row 2: the line cannot be read"),
    ],
)
def test_a_withdrawal_that_means_nothing_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "gone.csv"
    path.write_text(f"record,since\n{text}\n", "utf-8")
    with pytest.raises(BuildError, match=r"gone\.csv, row 2") as caught:
        read_withdrawn_records(path)
    assert told in str(caught.value)


def test_a_withdrawal_that_is_misspelt_stops_the_build(places: InstallationPaths) -> None:
    (places.data / "gone.csv").write_text("record,since\nperson/demo-alex,2026-04-01\n", "utf-8")
    with pytest.raises(BuildError, match=r"gone\.csv, row 2: person/demo-alex is no record"):
        pipeline.build(places)
    assert not Path(places.releases / "current").exists()


def test_what_has_left_its_source_since_stays_withdrawn(places: InstallationPaths) -> None:
    add(places, "topics", "ancien,ancien,old,concept,stated,")
    (places.data / "gone.csv").write_text("record,since\ntopic/ancien,2026-04-01\n")
    pipeline.build(places)
    path = places.sources / "demo" / "tables" / "topics.csv"
    path.write_text(path.read_text("utf-8").replace("ancien,ancien,old,concept,stated,\n", ""))
    pipeline.build(places)
    # where there is no release before, nobody knows of it any more: it has to be told
    other = InstallationPaths(places.data.parent / "other", places.model)
    other.data.mkdir()
    for name in ("sources", "gone.csv"):
        (other.data / name).symlink_to(places.data / name)
    with pytest.raises(BuildError, match=r"--accept-loss gone\.csv"):
        pipeline.build(other)
    assert pipeline.build(other, accept_loss=["gone.csv"]).fresh


def test_what_is_said_of_an_old_key_is_said_of_the_new_one(places: InstallationPaths) -> None:
    add(places, "organisations", 'demo-neuf,Nouvelle fiche,,association,,,,,stated,"3,4"')
    add(places, "memberships", '9,person/demo-alix,organisation/vieille,,,,stated,"3,4"')
    add(places, "topics", 'vieux,vieux,old,concept,stated,"1,2"')
    add(places, "topics", 'neuf,neuf,new,concept,stated,"1,2"')
    moved = [
        "old;new", "organisation/vieille ; organisation/moyenne",
        "organisation/moyenne;organisation/demo-neuf", "topic/vieux;topic/neuf",
        "topic/jamais;topic/neuf",
    ]  # fmt: skip
    (places.data / "moved.csv").write_text("\n".join(moved) + "\n")
    built = pipeline.build(places)
    held = "person/demo-alix#membership-demo-9"
    assert f"<{ID}organisation/demo-neuf>" in said(built.release, held)
    # a source that has both lines has said the old key's twice: the second is told as taken
    assert said(built.release, "topic/vieux") == set()
    assert said(built.release, "topic/neuf") >= {'"neuf"@fr'}
    assert '"vieux"@fr' not in said(built.release, "topic/neuf")
    with (places.quarantine / "demo" / "topics.csv").open(encoding="utf-8") as file:
        (waiting,) = csv.DictReader(file)
    assert waiting["id"] == "vieux"
    assert "taken" in waiting["_reason"]
    page = (built.release.report / "demo" / "index.en.html").read_text("utf-8")
    assert "One line names a key that was replaced" in page
    assert [told for told in built.notes if "topic/jamais" in told]
    assert not [told for told in built.notes if "vieille" in told]
    file = ox.Store.read_only(str(built.release.store))
    assert not list(file.quads_for_pattern(None, None, ox.NamedNode(f"{ID}organisation/vieille")))
    moves = dict(_moved(built.release))
    assert moves[f"{ID}organisation/vieille"] == f"{ID}organisation/demo-neuf"  # in one step
    # a file that is checked may name the old key too
    given = places.data / "memberships.csv"
    lines = [
        f"{n},person/demo-alix,organisation/{key}" for n, key in enumerate(("vieille", "nulle"))
    ]
    given.write_text("\n".join(["id,member,organisation", *lines]) + "\n")
    model = Model(places.ontology, places.model / "shapes")
    with check_files([given], model, release=built.release.folder) as checked:
        told = [f.value for f in checked.inspection.findings if f.column == "organisation"]
    assert told == ["organisation/nulle"]


def _moved(release: Release) -> list[tuple[str, str]]:
    with sqlite3.connect(release.catalogue) as file:
        return file.execute("SELECT old, new FROM moved").fetchall()


def test_another_source_that_says_an_old_key_adds_to_the_new_one(places: InstallationPaths) -> None:
    add(places, "topics", 'neuf,neuf,new,concept,stated,"1,2"')
    other = places.sources / "autre"
    (other / "tables").mkdir(parents=True)
    text = (places.sources / "demo" / "source.toml").read_text("utf-8")
    (other / "source.toml").write_text(text.replace('"demo"', '"autre"'), "utf-8")
    head = "id,label_fr,label_en,kind,assertion,read_at,description_fr"
    (other / "tables" / "topics.csv").write_text(
        f'{head}\nvieux,neuf,new,concept,stated,"1,2",Décrit ailleurs\n'
        + "".join(f'autre-{n},autre {n},other {n},concept,stated,"1,2",\n' for n in range(10)),
        "utf-8",
    )
    (places.data / "moved.csv").write_text("old,new\ntopic/vieux,topic/neuf\n")
    built = pipeline.build(places)
    assert '"Décrit ailleurs"@fr' in said(built.release, "topic/neuf")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["topic/communs,topic/communs"], "row 2: topic/communs leads back to topic/communs"),
        (["topic/a,topic/b", "topic/b,topic/a"], "row 2: topic/a leads back to topic/a"),
        (["topic/x,topic/a", "topic/a,topic/b", "topic/b,topic/a"], "row 2: topic/x leads back"),
        (["topic/b,topic/communs", "topic/b,topic/autre"], "row 3: topic/b is moved in row 2"),
        (["topic/a,person/demo-alix"], "row 2: person/demo-alix is withdrawn (row 5 of gone.csv)"),
        (["topic/a,"], "row 2: no new"),
        (["sujet/a,topic/communs"], "row 2: 'sujet/a' is no kind/key"),
    ],
)
def test_a_move_that_means_nothing_is_told(tmp_path: Path, rows: list[str], told: str) -> None:
    path = tmp_path / "moved.csv"
    path.write_text("\n".join(["old,new", *rows]) + "\n")
    with pytest.raises(BuildError) as caught:
        read_key_moves(path, [WithdrawnRecord(5, f"{ID}person/demo-alix", "2026-04-01")])
    assert f"moved.csv, {told}" in str(caught.value)


def test_a_move_to_nothing_stops_the_build(places: InstallationPaths) -> None:
    (places.data / "moved.csv").write_text("old,new\ntopic/a,topic/nulle\n")
    told = r"moved\.csv, row 2: topic/a leads to topic/nulle, which is no record"
    with pytest.raises(BuildError, match=told):
        pipeline.build(places)
    assert not Path(places.releases / "current").exists()
