"""A dry run: every row is accepted or refused, with its row, its column and what to do."""

import json
from pathlib import Path

import pytest

from kg.errors import EssKgError
from kg.shacl.results import Severity
from kg.validation.findings import Finding
from tests.dry_run.conftest import Check

ORGANISATIONS = "id,label_fr,kind,territory\n"
LILLE = "territory/commune-59350"


def refusals(findings: object) -> list[tuple[str, int | None, str, str]]:
    assert isinstance(findings, list)
    return [(f.file, f.row, f.heading, f.value) for f in findings if f.refused]


def of(findings: object, component: str) -> list[Finding]:
    assert isinstance(findings, list)
    return [f for f in findings if f.component == component]


def test_one_bad_row_is_named_and_the_others_are_accepted(check: Check) -> None:
    text = ORGANISATIONS + f"x-a,Une,association,{LILLE}\nx-b,Deux,asociation,{LILLE}\n"
    with check(("organisations.csv", text)) as checked:
        assert checked.exit_code == 1
        assert refusals(checked.inspection.findings) == [
            ("organisations.csv", 3, "kind", "asociation")
        ]
        [file] = checked.files
        assert (file.counts.read, file.counts.accepted, file.counts.refused) == (2, 1, 1)


def test_files_are_checked_together_and_references_outside_are_counted(check: Check) -> None:
    memberships = "id,member,organisation\n1,person/p,organisation/x-a\n"
    with check(
        ("organisations.csv", ORGANISATIONS + "x-a,Une,association,\n"),
        ("memberships.csv", memberships),
    ) as checked:
        assert checked.exit_code == 0
        assert checked.external_count == 1
        assert [file.name for file in checked.files] == ["organisations.csv", "memberships.csv"]


def test_a_row_falls_with_the_record_it_hangs_on(check: Check) -> None:
    memberships = "id,member,organisation\n1,organisation/x-b,organisation/x-a\n"
    with check(
        ("organisations.csv", ORGANISATIONS + "x-a,Une,association,\nx-b,,association,\n"),
        ("memberships.csv", memberships),
    ) as checked:
        assert [file.counts.refused for file in checked.files] == [1, 1]
        assert of(checked.inspection.findings, "hangs-on-refused")[0].file == "memberships.csv"


def test_references_are_looked_up_in_a_release(check: Check, national: object) -> None:
    release = max((national.data / "releases").glob("*/manifest.json")).parent  # type: ignore[attr-defined]
    rows = f"x-a,Une,association,{LILLE}\nx-b,Deux,association,territory/commune-99999\n"
    definitions = 'id,subject,text_fr,read_at\n1,topic/ess,Autre chose.,"1,2"\n'
    with check(
        ("organisations.csv", ORGANISATIONS + rows),
        ("definitions.csv", definitions),
        release=release,
    ) as checked:
        assert checked.release == release.name
        assert checked.external_count == 0
        told = [(f.row, f.value) for f in checked.inspection.findings if f.column == "territory"]
        assert told == [(3, "territory/commune-99999")]
        assert [file.counts.refused for file in checked.files] == [0, 0]


def test_a_missing_column_is_reported_once_and_rejects_every_row(check: Check) -> None:
    rows = "".join(f"x-{n},association\n" for n in range(50))
    with check(("organisations.csv", "id,kind\n" + rows)) as checked:
        found = [f for f in checked.inspection.findings if f.severity is Severity.VIOLATION]
        assert [(f.row, f.column, f.component) for f in found] == [
            (0, "label_fr", "column-missing")
        ]
        assert checked.files[0].counts.refused == 50
        reasons = checked.db.execute("SELECT DISTINCT reason_fr FROM reasons").fetchall()
        assert "label_fr" in reasons[0][0]


def test_missing_keys_are_reported_once_and_the_cells_are_validated(check: Check) -> None:
    rows = "Une,association\nDeux,asociation\n"
    with check(("x.csv", "Nom,Nature\n" + rows), table="organisation") as checked:
        told = [(f.row, f.heading, f.component) for f in checked.inspection.findings if f.refused]
        assert told[0] == (0, "id", "key-column-missing")
        assert told[1][:2] == (3, "Nature")
        assert len(told) == 2
        assert checked.files[0].counts.refused == 2


def test_relations_without_the_records_they_depend_on_are_read(check: Check) -> None:
    with check(("memberships.csv", "id,organisation\n1,organisation/x\n2,organisation/x\n")) as c:
        assert [f.column for f in c.inspection.findings if f.refused] == ["member"]
        assert (c.files[0].counts.read, c.files[0].counts.refused) == (2, 2)


def test_unknown_columns_get_a_warning_with_the_nearest_name(check: Check) -> None:
    text = "id,label_fr,legal_fom,téléphone\nx-a,Une,9220,0320\n"
    with check(("organisations.csv", text)) as checked:
        told = {f.heading: f.advice.fr for f in of(checked.inspection.findings, "column-unknown")}
        assert told.keys() == {"legal_fom", "téléphone"}
        assert "legal_form" in told["legal_fom"]
        assert told["téléphone"] == ""
        assert checked.exit_code == 0


def test_numbers_of_registers_are_keys_and_identifiers(check: Check) -> None:
    text = (
        "Numéro SIREN;Nom;code_insee\n"
        "552032534;Danone;75109\n552032535;Faux;59350\n552 032 534;Espaces;x\n;Rien;\n"
    )
    with check(("x.csv", text)) as checked:
        subjects = checked.db.execute("SELECT subject FROM records ORDER BY record").fetchall()
        keys = [subject.rpartition("/")[2] for (subject,) in subjects]
        assert keys[:2] == ["siren-552032534", "siren-552032535"]
        assert all(key.startswith("sans-cle-") for key in keys[2:])
        found = {(f.row, f.component, f.heading) for f in checked.inspection.findings if f.refused}
        assert (5, "key-number-missing", "Numéro SIREN") in found
        assert {row for row, _, _ in found} == {3, 4, 5}
        assert {heading for _, _, heading in found} == {"Numéro SIREN"}
        place = checked.db.execute("SELECT o FROM quads WHERE p LIKE '%headquarteredIn'")
        assert place.fetchall() == [("<https://w3id.org/ess-kg/id/territory/commune-75109>",)]
        assert any("SIREN" in note.fr and "2" in note.fr for note in checked.files[0].notes)


def test_the_original_row_is_kept_with_its_own_headings(check: Check) -> None:
    with check(("x.csv", "siren,Nom,Téléphone\n552032534,Danone,01\n")) as checked:
        [(cells,)] = checked.db.execute("SELECT cells FROM originals").fetchall()
        assert json.loads(cells) == {"siren": "552032534", "Nom": "Danone", "Téléphone": "01"}


def test_a_malformed_line_is_a_refused_record(check: Check) -> None:
    text = ORGANISATIONS + f"x-a,Une,association,{LILLE}\nx-b,Deux\nx-c,Trois,association,\n"
    with check(("organisations.csv", text)) as checked:
        counts = checked.files[0].counts
        assert (counts.read, counts.accepted, counts.refused) == (3, 2, 1)
        assert [f.row for f in of(checked.inspection.findings, "line-malformed")] == [3]


def test_a_file_that_is_no_table_does_not_stop_the_others(check: Check, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with check(
        tmp_path / "photo.png", ("organisations.csv", ORGANISATIONS + "x-a,Une,association,\n")
    ) as checked:
        assert checked.exit_code == 2
        first, second = checked.files
        assert isinstance(first.error, EssKgError)
        assert first.error.french
        assert second.counts.accepted == 1


def test_two_files_of_one_name_are_distinct_in_the_report(check: Check, tmp_path: Path) -> None:
    paths = [tmp_path / folder / "organisations.csv" for folder in ("a", "b")]
    for number, path in enumerate(paths):
        path.parent.mkdir()
        path.write_text(ORGANISATIONS + f"x-{number},Une,asociation,\n")
    with check(*paths) as checked:
        assert [file.name for file in checked.files] == [path.as_posix() for path in paths]
        assert [file.counts.refused for file in checked.files] == [1, 1]


def test_files_take_the_place_of_those_of_a_source(check: Check, root: Path) -> None:
    source = root / "tests" / "installation" / "sources" / "demo"
    text = 'id,label_fr,assertion,read_at\ncommuns,,stated,"90,97"\n'
    with check(("topics.csv", text), source=source) as checked:
        counts = {file.name: file.counts.refused for file in checked.files}
        assert counts["topics.csv"] == 1
        assert counts["people.csv"] == 0
    with (
        pytest.raises(EssKgError, match="has no file of that name"),
        check(("other.csv", text), source=source),
    ):
        pass


def test_custom_shapes_replace_those_of_the_model(check: Check, tmp_path: Path) -> None:
    shape = tmp_path / "shape.ttl"
    shape.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix org: <http://www.w3.org/ns/org#> .\n"
        "<http://x/s> sh:targetClass org:Organization ; sh:property [ sh:path "
        "<https://w3id.org/ess-kg/ontology#acronym> ; sh:minCount 1 ] ."
    )
    text = "id,label_fr,acronym\nx-a,,ABC\nx-b,Deux,\n"
    with check(("organisations.csv", text), shapes=[shape]) as checked:
        assert [(f.row, f.column) for f in checked.inspection.findings] == [(3, "acronym")]


def test_nothing_is_left_behind(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    with check(("organisations.csv", ORGANISATIONS + "x-a,Une,association,\n")):
        assert list(scratch.iterdir())
    assert list(scratch.iterdir()) == []
