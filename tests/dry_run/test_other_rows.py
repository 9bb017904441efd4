"""Findings that name another record say where it stands, and are counted as what they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from kg.cli.check_report import print_check_report
from kg.dry_run import DryRunResult, Model, check_files
from kg.kinds import Text
from kg.reports import build_report, render_html, render_json, render_text, write_csv
from kg.validation.findings import Finding

TITLE = Text("essai", "trial")
TWICE = (
    "id,label_fr,kind,territory\n"
    "un,Café des Rives,association,territory/commune-59350\n"
    "deux,CAFE DES RIVES,association,territory/commune-59350\n"
    "trois,Autre Lieu,association,territory/commune-59350\n"
)
SHARED = (
    "siren,rna,label_fr,kind\n"
    "552100554,W751000001,Maison Une,association\n"
    "542065479,W751000001,Maison Deux,association\n"
)
OTHER = "siren,rna,label_fr,kind\n552081317,W751000001,Maison Trois,association\n"


@contextmanager
def checked(root: Path, folder: Path, **files: str) -> Iterator[DryRunResult]:
    paths = []
    for name, content in files.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_text(content, "utf-8")
    with check_files(
        paths, Model(root / "ontology", root / "shapes"), table="organisations"
    ) as found:
        yield found


def shared(found: DryRunResult) -> list[Finding]:
    return [f for f in found.inspection.findings if f.shape.endswith("#Identifier-shared")]


def test_a_record_twice_in_a_file_is_no_discrepancy_of_sources(root: Path, tmp_path: Path) -> None:
    with checked(root, tmp_path, lieux=TWICE) as found:
        (file,) = found.files
        assert (file.counts.duplicates, file.counts.discrepancies) == (2, 0)
        assert found.inspection.count_duplicates("check") == 2
        assert found.inspection.count_discrepancies("check") == 0
        told = build_report(found.db, found.inspection, TITLE)
        data = render_json(told)
        for counts in (data["counts"], *data["files"]):
            assert (counts["duplicates"], counts["discrepancies"]) == (2, 0)
        rows = [
            example["other_rows"]
            for problem in data["problems"]
            if problem["component"].endswith("#LikelyDuplicate")
            for example in problem["examples"]
        ]
        assert rows == [[{"file": "lieux.csv", "row": 3}], [{"file": "lieux.csv", "row": 2}]]
        write_csv(found.db, told, tmp_path / "report.csv")
        words = {"fr": ("2 doublons possibles", "ligne 3"), "en": ("2 likely duplicates", "row 3")}
        for language, (counted, row) in words.items():
            console = Console(file=StringIO(), width=400)
            print_check_report(console, found, told, language)
            page = render_html(told, language).replace("<b>2</b>", "2")
            for form in (console.file.getvalue(), render_text(told, language), page):  # type: ignore[attr-defined]
                assert counted in form
                assert row in form
                assert "autre source" not in form
                assert "another source" not in form
    spreadsheet = (tmp_path / "report.csv").read_text("utf-8-sig")
    assert ";doublon;" in spreadsheet
    assert ";divergence;" not in spreadsheet
    assert ";lieux.csv:3;" in spreadsheet


def test_a_number_of_two_records_is_reported_in_its_column_with_the_other_row(
    root: Path, tmp_path: Path
) -> None:
    with checked(root, tmp_path, assos=SHARED) as found:
        told = [
            (f.row, f.heading, f.letter, f.value, f.other_values, f.other_rows)
            for f in shared(found)
        ]
        page = render_html(build_report(found.db, found.inspection, TITLE), "fr")
    number = ("rna", "B", "W751000001")
    assert told == [
        (2, *number, "organisation/siren-542065479", (("assos.csv", 3),)),
        (3, *number, "organisation/siren-552100554", (("assos.csv", 2),)),
    ]
    assert "organisation/siren-542065479, ligne 3" in page


def test_the_other_row_may_be_in_another_file(root: Path, tmp_path: Path) -> None:
    with checked(root, tmp_path, une=SHARED.rpartition("542065479")[0], autre=OTHER) as found:
        rows = [(f.file, f.row, f.other_rows) for f in shared(found)]
        lines = render_text(build_report(found.db, found.inspection, TITLE), "en")
    assert sorted(rows) == [
        ("autre.csv", 2, (("une.csv", 2),)),
        ("une.csv", 2, (("autre.csv", 2),)),
    ]
    assert "cf. organisation/siren-552081317, autre.csv, row 2" in lines


@pytest.mark.parametrize(("number", "heading"), [("W12", "rna"), ("75100", "rna")])
def test_a_malformed_number_is_reported_in_its_column(
    root: Path, tmp_path: Path, number: str, heading: str
) -> None:
    content = SHARED.replace("W751000001", number, 1)
    with checked(root, tmp_path, assos=content) as found:
        told = {
            (f.row, f.heading, f.value)
            for f in found.inspection.findings
            if f.omitted and f.focus.endswith("#identifier-rna")
        }
    assert told == {(2, heading, number)}
