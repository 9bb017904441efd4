"""An update gives what a full build gives: store, catalogue, subjects, dumps, hashes and id."""

import csv
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import orjson
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zstandard import ZstdCompressionDict, ZstdDecompressor

from kg.catalogue import bitmap, catalogue_update, writer
from kg.catalogue.record_numbers import Numbering, number_records
from kg.csvw_tables import load_tables
from kg.installation import InstallationPaths
from kg.mapping import map_sources, open_work_database
from kg.mapping.moved_keys import apply_key_changes, filter_effective_moves, read_key_changes
from kg.mapping.provenance import describe_sources
from kg.mapping.rdf_mapping import load_model
from kg.namespaces import ID
from kg.progress import report_nothing
from kg.release_layout import Release, find_current_release
from kg.releases import (
    ReleaseContents,
    compute_identity,
    differences,
    freeze_release,
    verify_release,
)
from kg.releases import freeze as freeze_module
from kg.releases.canonical_quads import canonicalize_quads, write_quad_file
from kg.releases.changes import create_version_tables
from kg.releases.differences import stage_differences
from kg.releases.dumps import write_rdf_dumps
from kg.releases.previous_release import PreviousReleases
from kg.releases.release_id import list_inputs
from kg.releases.store_loader import StoreLoader
from kg.releases.store_update import StoreUpdater
from kg.releases.subject_index import update_subject_index
from kg.releases.subject_index_process import SubjectIndexWriter
from kg.resolution.statements import insert_resolution
from kg.sources import discover_sources
from kg.sparql.subject_index import GraphStatements

CREATED = "2026-01-01T00:00:00+00:00"
OF_STORES = ("store/", "catalogue.sqlite", "subjects.sqlite")
"""Files whose content is compared, not their bytes."""


def freeze(places: InstallationPaths, *, update: bool) -> Release:
    """A release of the model and of what the sources say, unchecked: as a build makes it."""
    sources = discover_sources(places.sources)
    tables = load_tables(places.ontology / "tables")
    identity = compute_identity(list_inputs(places, sources))
    previous = PreviousReleases(places.releases)
    followed = previous.find_followed(identity.id)
    changes = read_key_changes(places.data)
    shutil.rmtree(places.work, ignore_errors=True)
    places.work.mkdir(parents=True)
    with closing(open_work_database(places.work / "build.duckdb")) as db:
        load_model(db, places.ontology, places.shapes)
        describe_sources(db, sources, {"shapes": identity.compute_digest("shapes/")})
        map_sources(db, sources, tables, places.corrections, places.context, report_nothing)
        apply_key_changes(db, changes, previous.find_known, frozenset())
        insert_resolution(db, places.data)
        contents = ReleaseContents(
            identity=identity,
            created=CREATED,
            sources=sources,
            tables=tables,
            model=places.model,
            licence="https://example.org/licence",
            summary=[],
            reports={},
            moved=filter_effective_moves(db, changes.moves),
            withdrawn=[(each.iri, each.since) for each in changes.withdrawn],
            previous=followed,
            base=followed if update else None,
        )
        return freeze_release(db, contents, places.releases, report_nothing)


def read_content(release: Release) -> dict[str, Any]:
    """All that a release says, in a form in which the way it was made does not show."""
    manifest = release.read_manifest()
    files = {
        name: stated for name, stated in manifest["files"].items() if not name.startswith(OF_STORES)
    }
    return {
        "manifest": {**manifest, "files": files, "store_base": None},
        "store": read_store(release),
        "catalogue": read_catalogue(release.catalogue),
        "subjects": read_subjects(release.subject_index),
    }


def read_store(release: Release) -> tuple[list[str], list[str]]:
    store = ox.Store.read_only(str(release.store))
    quads = store.quads_for_pattern(None, None, None, None)
    return sorted(map(str, quads)), sorted(map(str, store.named_graphs()))


def read_catalogue(path: Path) -> dict[str, list[Any]]:
    """The rows of all tables, sets of records decoded, and the terms of the texts."""
    with closing(sqlite3.connect(path)) as file:
        content: dict[str, list[Any]] = {}
        for table, kind in (("text", "instance"), ("concept_text", "instance"), ("near", "row")):
            name = f"terms_of_{table}"
            file.execute(
                f"CREATE VIRTUAL TABLE temp.{name} USING fts5vocab(main, '{table}', '{kind}')"
            )
            content[name] = list(file.execute(f"SELECT * FROM {name}"))
        names = [
            name
            for (name,) in file.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\\_%' "
                "ESCAPE '\\' ORDER BY name"
            )
        ]
        for name in names:
            if name in ("text", "concept_text", "near", "sqlite_stat1"):
                continue
            content[name] = sorted(file.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
        content["docsize"] = list(file.execute("SELECT * FROM text_docsize ORDER BY id"))
        rank_numbers(content)
        content["averages"] = list(file.execute("SELECT block FROM text_data WHERE id = 1"))
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        content["schema"] = sorted(file.execute("SELECT name, sql FROM sqlite_master"), key=repr)
        return content


def rank_numbers(content: dict[str, list[Any]]) -> None:
    """Replaces the numbers of records, between which there is room, by their ranks."""
    numbers = sorted(row[0] for row in content["entity"])
    ranks = {number: rank for rank, number in enumerate(numbers)}
    starts = {kind: first for kind, first, *_ in content["kind"]}
    content["kind"] = [(kind, first, records) for kind, first, _, records in content["kind"]]
    content["posting"] = [
        (*row[:-1], [ranks[starts[row[1]] + p] for p in bitmap.decode(row[-1])])
        for row in content["posting"]
    ]
    places = {
        "entity": [0], "carried": [0], "spot": [0], "docsize": [0], "version": [0], "named": [0],
        "same": [0, 1], "succession": [0, 1], "name": [1], "terms_of_text": [1],
    }  # fmt: skip
    for name, columns in places.items():
        content[name] = sorted(
            (
                tuple(ranks[v] if n in columns else v for n, v in enumerate(row))
                for row in content[name]
            ),
            key=repr,
        )
    content["named"] = [
        (number, places, [ranks[n] for n in orjson.loads(wholes)], *rest)
        for number, places, wholes, *rest in content["named"]
    ]


def read_subjects(path: Path) -> list[GraphStatements | None]:
    """The parts of every subject, those of one subject in their order."""
    with closing(sqlite3.connect(path)) as file:
        (common,) = file.execute("SELECT content FROM dictionary").fetchone()
        unpack = ZstdDecompressor(dict_data=ZstdCompressionDict(common)).decompress
        rows = file.execute("SELECT subject, part FROM said ORDER BY subject, id")
        return [GraphStatements.decode(unpack(part)) if part else None for _, part in rows]


def compare(places: InstallationPaths, change: Callable[[InstallationPaths], None]) -> Release:
    """Makes a change, and the release that follows in both ways; the update."""
    other = InstallationPaths(places.data.with_name("full"), places.model)
    shutil.rmtree(other.data, ignore_errors=True)
    change(places)
    shutil.copytree(places.data, other.data)
    updated, full = freeze(places, update=True), freeze(other, update=False)
    assert updated.id == full.id
    one, same = read_content(updated), read_content(full)
    files, expected = (part["manifest"]["files"] for part in (one, same))
    assert [name for name in expected if files.get(name) != expected[name]] == []
    for part in one:
        assert one[part] == same[part], part
    assert verify_release(updated) == []
    return updated


def add_line(places: InstallationPaths, source: str, table: str, line: str) -> None:
    path = places.sources / source / "tables" / f"{table}.csv"
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")


def replace_text(places: InstallationPaths, source: str, table: str, old: str, new: str) -> None:
    path = places.sources / source / "tables" / f"{table}.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_two_updates_give_the_releases_of_full_builds(
    tmp_path: Path, root: Path, small_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # of so few records a change is a large share
    monkeypatch.setattr(differences, "MAX_CHANGED_SHARE", 10)
    places = InstallationPaths(tmp_path / "data", small_model)
    shutil.copytree(root / "tests" / "installation" / "sources", places.sources)
    shutil.copytree(places.sources / "demo", places.sources / "other")
    description = places.sources / "other" / "source.toml"
    description.write_text(description.read_text("utf-8").replace('"demo"', '"other"'), "utf-8")
    first = freeze(places, update=False)

    def change(places: InstallationPaths) -> None:
        add_line(places, "demo", "people", "demo-zoe,Zoé Durand,Zoé,Durand,stated,")
        add_line(places, "other", "topics", "partage,partage,sharing,concept,stated,")
        replace_text(places, "demo", "organisations", "59000", "59800")
        replace_text(places, "other", "territories", "demo-region,Région", "demo-pays,Pays")
        (places.data / "gone.csv").write_text("record,since,reason\nevent/demo-2026-03-05,2026,\n")

    second = compare(places, change)
    assert second.read_manifest()["store_base"] == first.id
    shared = [path.name for path in second.store.iterdir() if path.stat().st_nlink > 1]
    assert shared
    table = Path("dumps", "memberships.csv")
    assert (first.folder / table).samefile(second.folder / table)

    def drop(places: InstallationPaths) -> None:
        shutil.rmtree(places.sources / "other")
        replace_text(places, "demo", "people", "demo-zoe,Zoé Durand", "demo-zoe,Zoé Petit")

    third = compare(places, drop)
    assert third.read_manifest()["store_base"] == first.id
    assert shared == [path.name for path in third.store.iterdir() if path.stat().st_nlink > 2]
    # what is damaged is not built upon
    (first.store / shared[0]).unlink()
    fourth = compare(
        places, lambda p: add_line(p, "demo", "topics", "don,don,gift,concept,stated,")
    )
    assert fourth.read_manifest()["store_base"] is None


REGISTER: dict[str, list[dict[str, str]]] = {
    "territories": [
        {"id": "commune-1", "label_fr": "Lille", "kind": "commune", "within": "territory/d-59",
         "latitude": "50.6", "longitude": "3.0", "code": "59350"},
        {"id": "commune-2", "label_fr": "Douai", "kind": "commune", "within": "territory/d-59"},
        {"id": "d-59", "label_fr": "Nord", "kind": "department"},
    ],
    "places": [
        {"id": "halle", "label_fr": "Halle", "territory": "territory/commune-1"},
        {"id": "salle", "label_fr": "Salle", "contained_in": "place/halle",
         "territory": "territory/commune-1"},
        {"id": "gare", "label_fr": "Gare", "territory": "territory/commune-1", "absent": "yes"},
    ],
    "events": [
        {"id": "fete", "label_fr": "Fête", "start": "2026-03-05T09:00", "place": "place/salle"},
        {"id": "foire", "label_fr": "Foire", "start": "2026-04", "place": "place/halle"},
        {"id": "fanfare", "label_fr": "Fanfare", "start": "2026-04-02", "place": "place/gare",
         "absent": "yes"},
    ],
    "organisations": [
        {"id": f"o-{n}", "label_fr": f"Atelier {name}", "kind": kind, "post_code": f"5900{n}",
         "territory": f"territory/commune-{1 + n % 2}", "founded_on": f"19{n}9"}
        for n, (name, kind) in enumerate(
            [("Alpha", "laboratory"), ("Bêta", "laboratory"), ("Gamma", "association"),
             ("Delta", "association"), ("Alpha", "association"), ("Été", "company"),
             ("Zêta", "laboratory")])
    ] + [
        {"id": "o-00", "label_fr": "Atelier Alpha", "kind": "university", "absent": "yes",
         "territory": "territory/commune-1", "acronym": "AA"},
        {"id": "o-8", "label_fr": "Zou", "kind": "association", "absent": "yes"},
        {"id": "o-9", "label_fr": "Abeille", "kind": "company", "absent": "yes"},
    ],
    "organisation_relations": [
        {"id": "r1", "subject": "organisation/o-0", "object": "organisation/o-1",
         "relation": "part-of", "assertion": "stated"},
        {"id": "r2", "subject": "organisation/o-2", "object": "organisation/o-1",
         "relation": "member-of", "assertion": "stated"},
        {"id": "r3", "subject": "organisation/o-1", "object": "organisation/o-6",
         "relation": "successor-of", "assertion": "stated"},
        {"id": "r4", "subject": "organisation/o-6", "object": "organisation/o-00",
         "relation": "part-of", "assertion": "stated"},
    ],
    "identifiers": [
        {"subject": "organisation/o-2", "scheme": "siren", "value": "552 100 554"},
        {"subject": "organisation/o-0", "scheme": "ror", "value": "02feahw73"},
    ],
}  # fmt: skip
"""Records that point to one another in every way in which a catalogue follows them.

Those that have something in `absent` are not in the register.
"""
CELLS = [
    ("organisations", 0, "alt_labels", ["Fabrique|Usine", "Fabrique", "Manufacture", ""]),
    ("organisations", 0, "territory", ["territory/commune-2", ""]),
    ("organisations", 1, "acronym", ["AB", "ABC", ""]),
    ("organisations", 1, "label_fr", ["atelier beta", "Atelier Bêta !"]),
    ("organisations", 2, "label_fr", ["Atelier Gimel", "Atelier Kappa"]),
    ("organisations", 2, "post_code", ["59100", "59200"]),
    ("organisations", 2, "founded_on", ["1970-01-02", ""]),
    ("organisations", 3, "kind", ["company", "network"]),
    ("organisations", 3, "latitude", ["50.1", ""]),
    ("organisations", 4, "dissolved_on", ["2020", ""]),
    ("organisations", 5, "description_fr", ["Une description", "Une autre"]),
    ("places", 0, "latitude", ["50.2", "50.3"]),
    ("places", 1, "territory", ["territory/commune-2"]),
    ("events", 0, "start", ["2026-03-06T10:00", "2026"]),
    ("events", 1, "place", ["place/salle", ""]),
    ("identifiers", 0, "value", ["552 100 555", "123"]),
    ("identifiers", 1, "value", ["01an7q238"]),
    ("organisation_relations", 0, "relation", ["member-of"]),
    ("organisation_relations", 1, "object", ["organisation/o-3"]),
    ("organisations", 3, "label_fr", ["Abeille", "Zoo"]),
    ("organisations", 1, "absent", ["", "yes"]),
    ("organisations", 6, "absent", ["yes", ""]),
    ("organisations", 7, "absent", ["", "yes"]),
    ("organisations", 8, "absent", [""]),
    ("organisations", 9, "absent", ["", "yes"]),
    ("places", 0, "absent", ["yes", ""]),
    ("places", 2, "absent", [""]),
    ("events", 0, "absent", ["", "yes"]),
    ("events", 2, "absent", [""]),
    # what reaches far
    ("territories", 0, "label_fr", ["Lyon"]),
    ("organisations", 4, "absent", ["yes"]),
]
"""Cells that are changed, and to what."""
FIRST_FAR_CELL = -2
LONGITUDES = {"50.1": "3.1", "50.2": "3.2", "50.3": "3.3", "": ""}
edits = st.sampled_from(CELLS).flatmap(
    lambda cell: st.tuples(*map(st.just, cell[:3]), st.sampled_from(cell[3]))
)


def write_register(places: InstallationPaths, tables: dict[str, list[dict[str, str]]]) -> None:
    folder = places.sources / "demo" / "tables"
    for path in folder.glob("*.csv"):
        path.unlink()
    for name, every in tables.items():
        rows = [
            {column: value for column, value in row.items() if column != "absent"}
            for row in every
            if not row.get("absent")
        ]
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, "")
            writer.writeheader()
            writer.writerows(rows)


def edit(tables: dict[str, list[dict[str, str]]], changes: list[tuple[str, int, str, str]]) -> None:
    for table, row, column, value in changes:
        tables[table][row][column] = value
        if column == "latitude":
            tables[table][row]["longitude"] = LONGITUDES[value]


@pytest.fixture(scope="module")
def register(
    tmp_path_factory: pytest.TempPathFactory, root: Path, small_model: Path
) -> InstallationPaths:
    """An installation whose release is of REGISTER, two organisations judged the same.

    There is no room between the numbers of its records, so that some move.
    """
    places = InstallationPaths(tmp_path_factory.mktemp("register") / "data", small_model)
    shutil.copytree(root / "tests" / "installation" / "sources", places.sources)
    write_register(places, REGISTER)
    places.data.joinpath("judgements.csv").write_text(
        "left,right,decision,who,when,why,evidence\n"
        "organisation/o-4,organisation/o-5,same,A,2026-01-01T00:00:00Z,,x\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "SPACING", 1)
        freeze(places, update=False)
    return places


def change_register(
    register: InstallationPaths, steps: list[list[tuple[str, int, str, str]]]
) -> Release:
    """Makes several releases after that of the fixture, each in both ways; the last."""
    with TemporaryDirectory() as folder:
        places = InstallationPaths(Path(folder) / "data", register.model)
        shutil.copytree(register.data, places.data)
        tables = deepcopy(REGISTER)
        for changes in steps:
            edit(tables, changes)
            release = compare(places, lambda p: write_register(p, tables))
    return release


def test_changed_cells_are_replaced_in_the_catalogue_of_the_release_before(
    register: InstallationPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differences, "MAX_CHANGED_SHARE", 10)
    updated: list[bool] = []
    moved: list[dict[int, int]] = []

    def number(*arguments: Any) -> Numbering[str]:
        found: Numbering[str] = number_records(*arguments)
        moved.append(found.moved)
        return found

    def update(*arguments: Any, **named: Any) -> bool:
        updated.append(catalogue_update.update_catalogue(*arguments, **named))
        return updated[-1]

    monkeypatch.setattr(freeze_module, "update_catalogue", update)
    monkeypatch.setattr(catalogue_update, "number_records", number)
    near = CELLS[:FIRST_FAR_CELL]
    steps = [[(*cell[:3], cell[3][n % len(cell[3])]) for cell in near] for n in range(2)]
    change_register(register, steps)
    assert updated == [True, True]
    assert any(moved)


def test_a_changed_organisation_keeps_what_it_succeeds(
    register: InstallationPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differences, "MAX_CHANGED_SHARE", 10)
    catalogue = find_current_release(register.releases).catalogue
    with closing(sqlite3.connect(catalogue)) as file:
        assert file.execute("SELECT count(*) FROM succession").fetchall() == [(1,)]
    change_register(register, [[("organisations", 1, "acronym", "AB")]])


@settings(max_examples=3, deadline=None, derandomize=True)
@given(changes=st.lists(edits, min_size=2, max_size=5))
def test_any_changed_cells_give_the_release_of_a_full_build(
    register: InstallationPaths, changes: list[tuple[str, int, str, str]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differences, "MAX_CHANGED_SHARE", 10)
        change_register(register, [changes])


SUBJECTS = [f"{ID}{name}" for name in ("person/a", "person/a#b", "person/c", "topic/d", "source/e")]
quads = st.sets(
    st.tuples(
        st.sampled_from(["one", "two"]),
        st.sampled_from(SUBJECTS),
        st.sampled_from(["urn:p", "urn:q"]),
        st.sampled_from(['"é"@fr', '"1"', "<urn:o>", r'"a \" <b> ."']),
    ),
    min_size=1,
)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(before=quads, after=quads)
def test_any_difference_gives_the_store_and_the_subjects_of_all_quads(
    before: set[tuple[str, ...]], after: set[tuple[str, ...]]
) -> None:
    with TemporaryDirectory() as folder:
        first, updated, full = (Release(Path(folder) / name) for name in ("1", "2", "3"))
        for release in (first, updated, full):
            release.dumps.mkdir(parents=True)
        with settle(before) as db:
            write_all(db, first)
            create_version_tables(db, None, first.folder, CREATED)
        with settle(after) as db:
            write_all(db, full)
            create_version_tables(db, first, updated.folder, CREATED)
            stage_differences(db, first)
            StoreUpdater(db, first, updated.store)
            update_subject_index(db, first.subject_index, updated.subject_index)
        assert read_store(updated) == read_store(full)
        assert read_subjects(updated.subject_index) == read_subjects(full.subject_index)


@contextmanager
def settle(quads: set[tuple[str, ...]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A work database in which these quads are settled."""
    with closing(open_work_database()) as db:
        db.executemany("INSERT INTO quads VALUES (?, NULL, ?, ?, ?)", sorted(quads))
        canonicalize_quads(db)
        yield db


def write_all(db: duckdb.DuckDBPyConnection, release: Release) -> None:
    """Writes what an update reads of a release, as a full build does."""
    quads = write_quad_file(db, release.folder / "quads.nq")
    with closing(StoreLoader(release.store, quads.path)) as store:
        store.finish(report_nothing)
    SubjectIndexWriter(db, quads, release.subject_index).finish(report_nothing)
    write_rdf_dumps(db, {}, quads, release.dumps, report_nothing)
