"""Forgetting: nothing of a person is left, what remains verifies, nothing brings them back."""

import csv
import gzip
import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import orjson
import pyoxigraph as ox
import pytest
from typer.testing import CliRunner

from kg import pipeline
from kg.cli.forget import app
from kg.dry_run import Model, check_files
from kg.dry_run.check_job import run_check
from kg.dry_run.source_difference import compare_source
from kg.errors import ForgetError
from kg.installation import InstallationPaths
from kg.kinds import Text
from kg.privacy.file_content import iter_bytes
from kg.privacy.forget import ForgetResult, forget
from kg.release_layout import Release, find_current_release, list_kept_releases
from kg.releases import verify_release
from kg.releases.redaction_record import Reason
from kg.reports import build_report, render_json
from kg.suppression_list import read_suppressions
from tests.conftest import ROOT, Start

ALIX = "person/demo-alix"
ORCID = "0000-0001-5109-3700"
TRACES = ("alix", "martin", ORCID, "demo-alix", "alix martin", "alix@example", "ancienne-cle")
LEAST_PACKED = 5
"""Letters of a trace that is looked for in packed bytes: four meet there by chance (three of a word
and the low byte of the place from which LZ4 copies the rest)."""
DAY = "2026-11-29"
MODEL = Model(ROOT / "ontology", ROOT / "shapes")


def add(paths: InstallationPaths, name: str, text: str) -> None:
    path = paths.sources / "demo" / "tables" / f"{name}.csv"
    path.write_text((path.read_text("utf-8") if path.is_file() else "") + text, "utf-8")


def fill(paths: InstallationPaths) -> None:
    """A person in every place that an installation has for people."""
    shutil.copytree(ROOT / "tests" / "installation" / "sources", paths.sources)
    add(paths, "people", 'demo-zoe,Zoé Petit,Zoé,Petit,stated,"61,70"\n')
    add(paths, "people", 'demo-alix,Alix Martin,Alix,Martin,stated,"1,2",one,cell,too,many\n')
    add(paths, "identifiers", "subject,scheme,value,assertion,read_at\n")
    add(paths, "identifiers", f'{ALIX},orcid,{ORCID},stated,"1,2"\n')
    add(paths, "contact_points", "id,subject,email,assertion,read_at\n")
    add(paths, "contact_points", f'1,{ALIX},alix@example.org,stated,"1,2"\n')
    add(paths, "participations", f'2,event/demo-2026-03-05,{ALIX},no-such-role,2,stated,"1,2"\n')
    register = paths.sources / "registre"
    (register / "raw").mkdir(parents=True)
    text = (paths.sources / "demo" / "source.toml").read_text("utf-8")
    text = text.replace('name = "demo"', 'name = "registre"').replace('"document"', '"register"')
    (register / "source.toml").write_text(text.replace("records_min = 5", "records_min = 1"))
    rows = "cle;nom;metier\ndemo-alix;MARTIN Alix;potière\ndemo-zoe;PETIT Zoé;ébéniste\n"
    (register / "raw" / "gens.csv.gz").write_bytes(gzip.compress(rows.encode("latin-1")))
    (register / "people.sql").write_text(
        "SELECT cle AS id, metier AS discipline, 'stated' AS assertion, nom AS label_fr, "
        "_file, _row FROM gens"
    )
    corrections = paths.corrections / "demo" / "people.csv"
    corrections.parent.mkdir(parents=True)
    corrections.write_text(
        "_file,_row,_digest,_on,_by,id,label_fr\n"
        "people.csv,9,0123456789abcdef,2026-01-01,somebody,demo-alix,Alix Martin\n"
    )
    (paths.data / "moved.csv").write_text(f"old,new\nperson/ancienne-cle,{ALIX}\n")
    (paths.data / "judgements.csv").write_text(
        "left,right,decision,who,when,why,evidence\n"
        f"{ALIX},person/demo-zoe,different,,,,\nperson/demo-zoe,person/x,different,,,,\n"
    )
    queue = paths.data / "resolution" / "candidates.csv"
    queue.parent.mkdir()
    queue.write_text(
        "id,left,right,left_name,right_name,status,score,certainty,reasons,evidence\n"
        f"0123abcd,{ALIX},person/demo-zoe,Alix Martin,Zoé Petit,doubtful,1.00,1.00,name,ab\n"
    )


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, small_model: Path) -> InstallationPaths:
    """Two releases with the person in them, the second of which changed her. Not to be changed."""
    paths = InstallationPaths(tmp_path_factory.mktemp("forget") / "before", small_model)
    fill(paths)
    pipeline.build(paths)
    add(paths, "memberships", f'3,{ALIX},organisation/demo-labo,director,,,stated,"1,2"\n')
    pipeline.build(paths)
    extracts = paths.data / "extracts"
    extracts.mkdir()
    (extracts / "part.csv").write_text("id,label_fr\ndemo-alix,Alix Martin\n")
    return paths


@pytest.fixture(scope="module")
def after(before: InstallationPaths) -> tuple[InstallationPaths, ForgetResult]:
    """The same once she is forgotten."""
    paths = InstallationPaths(before.data.with_name("after"), before.model)
    shutil.copytree(before.data, paths.data)
    return paths, forget(paths, ALIX, Reason.ERASURE, DAY)


def iter_found(folder: Path) -> Iterator[tuple[str, str]]:
    """Each trace in each file of a folder: in its bytes, unpacked, and as its engine reads it."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or "model" in path.parts or not path.stat().st_size:
            continue
        texts = [path.read_bytes(), b"".join(iter_bytes(path))]
        if path.suffix == ".sqlite":
            with closing(sqlite3.connect(path)) as file:
                names = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                for (name,) in names.fetchall():
                    texts.append(str(file.execute(f'SELECT * FROM "{name}"').fetchall()).encode())
        packed = path.suffix == ".sst"
        for trace in (t for t in TRACES if not packed or len(t) >= LEAST_PACKED):
            if any(trace.encode() in text.lower() for text in texts):
                yield str(path.relative_to(folder)), trace
    for store in folder.glob("releases/*/store"):
        quads = "\n".join(map(str, ox.Store.read_only(str(store)))).lower()
        yield from ((str(store), trace) for trace in TRACES if trace in quads)


def iter_manifests(paths: InstallationPaths) -> Iterator[Path]:
    """The manifests of the releases of an installation."""
    yield from paths.releases.glob("*/manifest.json")


def test_no_byte_is_left(
    before: InstallationPaths, after: tuple[InstallationPaths, ForgetResult]
) -> None:
    held = {name.partition("/")[0] for name, _ in iter_found(before.data)}
    assert held >= {"sources", "quarantine", "corrections", "releases", "extracts", "moved.csv"}
    # one store is the other's, updated: pyoxigraph 0.5.13 keeps what is removed in its files
    bases = [json.loads(path.read_bytes())["store_base"] for path in iter_manifests(before)]
    assert len([base for base in bases if base]) == 1
    paths, result = after
    assert list(iter_found(paths.data)) == []
    assert result.left == []


def test_others_stay(after: tuple[InstallationPaths, ForgetResult]) -> None:
    paths, _ = after
    people = (paths.sources / "demo" / "tables" / "people.csv").read_text("utf-8")
    assert "Zoé Petit" in people
    packed = paths.sources / "registre" / "raw" / "gens.csv.gz"
    assert gzip.decompress(packed.read_bytes()).decode("latin-1") == (
        "cle;nom;metier\ndemo-zoe;PETIT Zoé;ébéniste\n"
    )
    assert "person/demo-zoe,person/x,different" in (paths.data / "judgements.csv").read_text()
    with (paths.quarantine / "demo" / "participations.csv").open(encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == []
    for release in list_kept_releases(paths.releases):
        assert release.read_manifest()["records"]["person"] == 1


def test_no_pair_of_hers_is_left_to_judge(
    before: InstallationPaths, after: tuple[InstallationPaths, ForgetResult]
) -> None:
    for paths, count in ((before, 1), (after[0], 0)):
        assert (paths.data / "judgements.csv").read_text().count(ALIX) == count
        assert (paths.data / "resolution" / "candidates.csv").read_text().count(ALIX) == count
        for release in list_kept_releases(paths.releases):
            with closing(sqlite3.connect(release.catalogue)) as file:
                pairs = file.execute("SELECT one, other FROM pair").fetchall()
            assert len([pair for pair in pairs if ALIX in pair]) == count
    with (after[0].data / "judgements.csv").open(encoding="utf-8") as file:
        assert [row["right"] for row in csv.DictReader(file)] == ["person/x"]


def test_the_gap_is_signed_and_the_rest_verifies(
    after: tuple[InstallationPaths, ForgetResult],
) -> None:
    paths, _ = after
    releases = list_kept_releases(paths.releases)
    assert len(releases) == 2
    for release in releases:
        assert verify_release(release) == []
        (record,) = release.read_manifest()["redactions"]
        assert (record["on"], record["reason"], record["scope"]) == (DAY, "erasure", "record")
        assert (
            record["files"]["catalogue.sqlite"]["before"]
            != (record["files"]["catalogue.sqlite"]["after"])
        )
        assert "model/shapes/person.ttl" not in record["files"]


def test_a_gap_that_nobody_signed_is_told(
    after: tuple[InstallationPaths, ForgetResult], tmp_path: Path
) -> None:
    paths, _ = after
    shutil.copytree(paths.data, tmp_path / "data")
    release = find_current_release(tmp_path / "data" / "releases")
    manifest = release.read_manifest()
    manifest["redactions"][0]["reason"] = "error"
    release.manifest_file.write_text(json.dumps(manifest))
    assert verify_release(release) == [
        "redaction 1 does not have the signature of this installation"
    ]


def test_again_changes_nothing(after: tuple[InstallationPaths, ForgetResult]) -> None:
    paths, _ = after
    seals = {p: p.stat().st_mtime_ns for p in paths.releases.glob("*/manifest.json")}
    assert forget(paths, ALIX, Reason.ERASURE, DAY).removed == []
    assert seals == {p: p.stat().st_mtime_ns for p in seals}


def test_the_list_has_no_name_and_its_secret_is_closed(
    after: tuple[InstallationPaths, ForgetResult],
) -> None:
    folder = after[0].data / "forgotten"
    assert (folder / "secret.key").stat().st_mode & 0o077 == 0
    with (folder / "suppressions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3  # her key, the one before, her ORCID
    assert {row["since"] for row in rows} == {DAY}
    assert {len(row["hash"]) for row in rows} == {64}


def test_the_publisher_s_file_does_not_bring_her_back(
    before: InstallationPaths, after: tuple[InstallationPaths, ForgetResult], tmp_path: Path
) -> None:
    paths = InstallationPaths(tmp_path / "data", before.model)
    shutil.copytree(after[0].data, paths.data)
    shutil.rmtree(paths.sources)
    shutil.copytree(before.sources, paths.sources)
    # under another key of ours, with the same number
    add(paths, "people", 'demo-a,Alix Martin,Alix,Martin,stated,"1,2"\n')
    add(paths, "identifiers", f'person/demo-a,orcid,{ORCID},stated,"1,2"\n')
    redacted = find_current_release(paths.releases)
    built = pipeline.build(paths)
    assert built.fresh
    assert list(iter_found(paths.releases)) == []
    assert list(iter_found(paths.quarantine)) == []
    manifest, earlier = built.release.read_manifest(), redacted.read_manifest()
    assert manifest["previous"] == redacted.id
    # a build gives what the redaction left: nothing changed but that she is gone
    assert manifest["hashes"] == earlier["hashes"]
    assert manifest["changes"] == {"created": 0, "updated": 0, "deleted": 0}
    assert _read_catalogue(built.release) == _read_catalogue(redacted)


def test_a_check_tells_the_row_and_not_the_person(
    before: InstallationPaths, after: tuple[InstallationPaths, ForgetResult], tmp_path: Path
) -> None:
    file = tmp_path / "personnes.csv"
    file.write_text(
        "Clé;Nom;Métier\ndemo-alix;Alix Martin;\ndemo-zoe;Zoé Petit;\nx-y;A. Martin;potière\n"
    )
    numbers = tmp_path / "numeros.csv"
    numbers.write_text(f"subject,scheme,value,assertion\nperson/x-y,orcid,{ORCID},stated\n")
    report = tmp_path / "report.json"
    forgotten = read_suppressions(after[0].data)
    with check_files([file, numbers], MODEL, suppressions=forgotten) as checked:
        told = {(f.file, f.row): f.component for f in checked.inspection.findings if f.refused}
        assert told == dict.fromkeys(
            [(file.name, 2), (file.name, 4), (numbers.name, 2)], "record-forgotten"
        )
        told_as = build_report(checked.db, checked.inspection, Text("", ""))
        report.write_bytes(orjson.dumps(render_json(told_as)))
    assert "Alix" not in report.read_text()
    assert ORCID not in report.read_text()
    # what anybody may ask is not told: who was forgotten would be known by trying
    answer = tmp_path / "answer.json"
    job = {"files": [file], "model": ROOT, "answer": answer, "format": "application/json"}
    run_check({**job, "release": str(find_current_release(after[0].releases).folder),
               "table": "people", "language": "en"})  # fmt: skip
    assert "forgotten" not in answer.read_text()


def test_a_difference_leaves_out_what_a_build_leaves_out(
    before: InstallationPaths, after: tuple[InstallationPaths, ForgetResult], tmp_path: Path
) -> None:
    paths = InstallationPaths(tmp_path / "data", before.model)
    shutil.copytree(before.sources, paths.sources)
    shutil.copytree(after[0].data / "forgotten", paths.data / "forgotten")
    release = find_current_release(after[0].releases)
    difference = compare_source(paths, paths.sources / "registre", release)
    assert not difference.has_changes
    assert difference.counts["refused"] == 0


def _read_catalogue(release: Release) -> dict[str, list[tuple[object, ...]]]:
    names = ("kind", "entity", "posting", "carried", "label", "word", "part", "former", "concept")
    with closing(sqlite3.connect(release.catalogue)) as file:
        return {name: file.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def test_a_trial_changes_nothing(before: InstallationPaths) -> None:
    stamps = {p: p.stat().st_mtime_ns for p in before.data.rglob("*") if p.is_file()}
    result = forget(before, ALIX, Reason.OBJECTION, DAY, dry_run=True)
    assert not result.done
    assert any("people.csv" in line for line in result.removed)
    assert not any(" 1 rows " in line for line in result.removed)
    assert len([line for line in result.removed if line.startswith("releases/")]) == 2
    now = {p: p.stat().st_mtime_ns for p in before.data.rglob("*") if p.is_file()}
    assert {p for p in now if now[p] != stamps.get(p)} <= {before.releases / ".lock"}


def test_a_field_is_forgotten_alone(before: InstallationPaths, tmp_path: Path) -> None:
    paths = InstallationPaths(tmp_path / "data", before.model)
    shutil.copytree(before.data, paths.data)
    shutil.rmtree(list_kept_releases(paths.releases)[0].folder)  # one is enough here
    result = forget(paths, ALIX, Reason.ERROR, DAY, column="discipline")
    assert any("gens.csv.gz" in line for line in [*result.removed, *result.left])
    current = find_current_release(paths.releases)
    assert verify_release(current) == []
    quads = gzip.decompress((current.dumps / "ess-kg.nq.gz").read_bytes()).decode()
    assert "potière" not in quads
    assert "Alix Martin" in quads
    shutil.rmtree(paths.sources)
    shutil.copytree(before.sources, paths.sources)
    built = pipeline.build(paths)
    fresh = gzip.decompress((built.release.dumps / "ess-kg.nq.gz").read_bytes()).decode()
    assert "potière" not in fresh
    assert "ébéniste" in fresh
    assert built.release.read_manifest()["hashes"] == current.read_manifest()["hashes"]


@pytest.mark.parametrize(
    ("record", "column", "told"),
    [
        ("demo-alix", "", "is no kind/key"),
        ("person/nobody", "", "is in no source, release or quarantine"),
        (ALIX, "label_fr", "is no column of people that may be empty"),
    ],
)
def test_what_is_not_there_is_told(
    released: InstallationPaths, record: str, column: str, told: str
) -> None:
    with pytest.raises(ForgetError, match=told):
        forget(released, record, Reason.ERASURE, DAY, column=column)
    assert not (released.data / "forgotten").exists()


def test_nothing_is_done_unasked(
    released: InstallationPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KG_DATA", str(released.data))
    monkeypatch.setenv("KG_MODEL", str(released.model))
    result = CliRunner().invoke(app, [ALIX, "--reason", "erasure"])
    assert isinstance(result.exception, ForgetError)
    assert "Alix" in (released.sources / "demo" / "tables" / "people.csv").read_text("utf-8")


def test_a_running_server_answers_410(released: InstallationPaths, start_server: Start) -> None:
    address = start_server(released.data, workers=1)
    page = httpx.get(f"{address}/{ALIX}.ttl")
    assert page.status_code == 200
    people = httpx.get(f"{address}/person.csv")
    assert "Alix" in people.text
    forget(released, ALIX, Reason.ERASURE, DAY)
    for _ in range(200):
        answer = httpx.get(f"{address}/{ALIX}", headers={"Accept": "application/json"})
        if answer.status_code == 410:
            break
        time.sleep(0.1)
    assert answer.status_code == 410
    assert "Alix" not in answer.text
    assert httpx.get(f"{address}/id/{ALIX}").status_code == 410
    # whoever kept the list is not told that it is the same
    again = httpx.get(f"{address}/person.csv", headers={"If-None-Match": people.headers["ETag"]})
    assert again.status_code == 200
    assert "Alix" not in again.text
