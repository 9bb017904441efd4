"""Reports of visitors: kept as rows, decided by a curator, applied as corrections once judged."""

import csv
from pathlib import Path

import pyoxigraph as ox
import pytest
from typer.testing import CliRunner

from kg import pipeline
from kg.catalogue.catalogue import Catalogue
from kg.cli.feedback import app
from kg.errors import BadRequest, JobOverload, SourceError
from kg.installation import InstallationPaths
from kg.namespaces import ID, expand
from kg.rdf.stores import open_release_store
from kg.release_layout import find_current_release
from kg.visitor_reports import (
    ANSWERED,
    FILE_NAME,
    MAX_WAITING,
    add_report,
    clean_proposal,
    clean_report,
    decide,
    read_reports,
)


def report(path: Path, **given: str) -> int:
    return add_report(path, "2026-11-29T10:00:00+00:00", "r1", clean_report(**given))


def test_reports_are_numbered_rows_that_a_spreadsheet_does_not_compute(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    assert report(path, record="person/a", problem="=1+1") == 1
    assert report(path, problem="deux\r\nlignes\u202e", contact="a@example.org") == 2
    first, second = read_reports(path)
    assert (first.problem, second.problem, second.contact) == (
        "=1+1",
        "deux lignes",
        "a@example.org",
    )
    with path.open(encoding="utf-8", newline="") as file:
        assert [row["problem"] for row in csv.DictReader(file)] == ["'=1+1", "deux lignes"]


def test_a_decision_is_noted_and_forgets_the_address(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    number = report(path, problem="x", contact="a@example.org")
    decide(path, number, ANSWERED, "merci", "2026-11-29", "c")
    [kept] = read_reports(path)
    assert (kept.state, kept.answer, kept.by, kept.contact) == (ANSWERED, "merci", "c", "")
    assert "a@example.org" not in path.read_text("utf-8")
    with pytest.raises(SourceError, match="no report 7"):
        decide(path, 7, ANSWERED, "", "", "")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "say what is wrong"),
        ({"problem": "x" * 2_001}, "2001 characters; at most 2000"),
        ({"problem": "x", "contact": "nobody"}, "no e-mail address"),
    ],
)
def test_what_is_wrong_with_a_report_is_told(given: dict[str, str], told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        clean_report(**given)


def test_no_more_wait_than_a_curator_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_WAITING > 100
    monkeypatch.setattr("kg.visitor_reports.MAX_WAITING", 1)
    path = tmp_path / FILE_NAME
    report(path, problem="x")
    with pytest.raises(JobOverload):
        report(path, problem="y")


def test_a_file_edited_wrongly_is_told_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    report(path, problem="x")
    path.write_text(path.read_text("utf-8").replace(",new,", ",nouveau,"), "utf-8")
    with pytest.raises(SourceError, match="row 2"):
        read_reports(path)


def test_a_curator_applies_reports_of_rows_about_a_record(
    released: InstallationPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memberships have a key; identifiers have none, and their address changes with their value."""
    path = released.data / FILE_NAME
    identifiers = "subject,scheme,value,assertion\norganisation/demo-labo,siren,732829320,stated\n"
    tables = released.sources / "demo" / "tables"
    (tables / "identifiers.csv").write_text(identifiers, "utf-8")
    monkeypatch.setenv("KG_DATA", str(released.data))
    monkeypatch.setenv("KG_MODEL", str(released.model))
    runner = CliRunner()

    def apply(record: str, column: str, proposed: str, *options: str) -> int:
        number = report(path, record=record, column=column, problem="x", proposed=proposed)
        done = runner.invoke(app, ["apply", str(number), "--by", "c", *options])
        if isinstance(done.exception, SourceError):
            raise done.exception
        return done.exit_code

    member = "person/demo-alix#membership-demo-1"
    assert apply(member, "memberships.role", "lecturer") == 0
    assert apply(member, "memberships", "2008", "--column", "start") == 0
    assert apply(member, "memberships.role", "aucun") == 1
    number = "organisation/demo-labo#identifier-siren-{}"
    assert apply(number.format("732829320"), "identifiers.value", "123456789") == 1  # no SIREN
    assert apply(number.format("732829320"), "identifiers.value", "552100554") == 0
    with pytest.raises(SourceError, match="no row of a source"):
        apply(number.format("732829320"), "identifiers.value", "404833048")
    assert apply(number.format("552100554"), "identifiers.value", "404833048") == 0
    with pytest.raises(SourceError, match="there are member, organisation"):
        apply(member, "memberships", "")
    with pytest.raises(SourceError, match="no row of a source"):
        apply("person/demo-alix#membership-1", "memberships.role", "lecturer")
    pipeline.build(released)
    store = open_release_store(find_current_release(released.releases).store)
    labo = store.quads_for_pattern(
        ox.NamedNode(f"{ID}organisation/demo-labo"), ox.NamedNode(expand("adms:identifier")), None
    )
    assert {q.object.value for q in labo} == {ID + number.format("404833048")}
    roles = store.quads_for_pattern(
        ox.NamedNode(ID + member), ox.NamedNode(expand("org:role")), None
    )
    assert {q.object.value.rpartition("/")[2] for q in roles} == {"lecturer"}


def test_a_curator_applies_a_report_and_the_next_build_has_it(
    released: InstallationPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = released.data / FILE_NAME
    report(path, record="organisation/demo-labo", column="acronym", problem="x", proposed="LDCX")
    report(path, record="organisation/demo-labo", column="kind", problem="x", proposed="rien")
    monkeypatch.setenv("KG_DATA", str(released.data))
    monkeypatch.setenv("KG_MODEL", str(released.model))
    runner = CliRunner()
    assert "demo-labo" in runner.invoke(app, ["list"]).output
    wrong = runner.invoke(app, ["apply", "2", "--by", "c"])
    assert wrong.exit_code == 1
    assert "rejected" in wrong.output
    done = runner.invoke(app, ["apply", "1", "--by", "c"])
    assert done.exit_code == 0, done.output
    assert [each.state for each in read_reports(path)] == ["applied", "new"]
    # a second correction of the record keeps the first
    report(path, record="organisation/demo-labo", column="label_fr", problem="x", proposed="Labo !")
    assert runner.invoke(app, ["apply", "3", "--by", "c"]).exit_code == 0
    assert "decided already" in str(runner.invoke(app, ["refuse", "1"]).exception)
    pipeline.build(released)
    catalogue = Catalogue(find_current_release(released.releases).catalogue)
    item = catalogue.find_entity("organisation", "demo-labo")
    assert item is not None
    assert (item.cells["acronym"], item.label.fr) == (["LDCX"], "Labo !")
    assert runner.invoke(app, ["refuse", "2", "--answer", "non"]).exit_code == 0
    assert "No report waits" in runner.invoke(app, ["list"]).output
    proposal = clean_proposal(name="Liste", address="https://example.org/a.csv?a=$(id)&b=1")
    number = add_report(path, "2026-11-29T10:00:00+00:00", "r1", proposal)
    assert "https://example.org/a.csv" in runner.invoke(app, ["list"]).output
    told = runner.invoke(app, ["apply", str(number)])
    assert "--from 'https://example.org/a.csv?a=$(id)&b=1'," in str(told.exception)
