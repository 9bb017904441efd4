"""What every row of a file leaves out is told once, with how many rows there are."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rdflib

from kg.dry_run import DryRunResult, Model, check_files
from kg.kinds import Text
from kg.reports import Report, build_report, render_html, render_json, render_shacl, render_text
from kg.reports.as_csv import write_csv
from kg.shacl.vocabulary import SHACL
from kg.validation.whole_file_notes import MIN_ROWS

HEAD = "id,label_fr,kind,territory"
NO_PLACE = "will not appear on the map"


@contextmanager
def check(
    root: Path, folder: Path, files: dict[str, list[str]]
) -> Iterator[tuple[DryRunResult, Report]]:
    for name, rows in files.items():
        (folder / name).write_text("\n".join([HEAD, *rows]) + "\n", "utf-8")
    model = Model(root / "ontology", root / "shapes")
    paths = [folder / name for name in files]
    with check_files(paths, model, table="organisations") as checked:
        yield checked, build_report(checked.db, checked.inspection, Text("essai", "trial"))


def make_rows(count: int, name: str = "a") -> list[str]:
    return [f"{name}-{n},Association {name} {n},association," for n in range(count)]


def test_every_row_without_a_place_is_one_problem(root: Path, tmp_path: Path) -> None:
    with check(root, tmp_path, {"o.csv": make_rows(MIN_ROWS)}) as (checked, told):
        (problem,) = (p for p in told.problems if NO_PLACE in p.message.en)
        findings = [f for f in told.findings if NO_PLACE in f.message.en]
        write_csv(checked.db, told, tmp_path / "findings.csv")
        shacl = rdflib.Graph().parse(render_shacl(told, checked.inspection), format="turtle")
    assert (problem.records, problem.count, problem.more) == (MIN_ROWS, MIN_ROWS, 0)
    assert problem.column == "territory"
    assert len(findings) == 1
    assert findings[0].row is None
    assert (told.counts.accepted, told.counts.suggested) == (MIN_ROWS, MIN_ROWS)
    assert "all lines (100)" in render_text(told, "en")
    assert "toutes les lignes (100)" in render_html(told, "fr")
    (stated,) = (p for p in render_json(told)["problems"] if NO_PLACE in p["message"]["en"])
    assert stated["records"] == MIN_ROWS
    with (tmp_path / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = [row for row in csv.DictReader(file, delimiter=";") if NO_PLACE in row["problem"]]
    (line,) = lines
    assert line["row"] == ""
    assert line["problem"].endswith("(all lines (100))")
    # one result stands for all of them, and the report says so
    messages = [str(text) for text in shacl.objects(None, rdflib.URIRef(SHACL + "resultMessage"))]
    assert sum(NO_PLACE in text for text in messages) == 1
    comments = [str(text) for text in shacl.objects(None, rdflib.RDFS.comment)]
    said = "One result is given for the 100 lines of o.csv. Nothing says where this organisation is"
    assert sum(text.startswith(said) for text in comments) == 1


def test_one_row_that_says_it_makes_each_other_row_a_finding(root: Path, tmp_path: Path) -> None:
    rows = make_rows(MIN_ROWS)
    rows[7] += "territory/commune-59350"
    with check(root, tmp_path, {"o.csv": rows}) as (_, told):
        (problem,) = (p for p in told.problems if NO_PLACE in p.message.en)
    assert problem.records == MIN_ROWS - 1
    assert not problem.is_of_all_rows
    assert [example.row for example in problem.examples][:2] == [2, 3]


def test_a_short_file_is_told_row_by_row(root: Path, tmp_path: Path) -> None:
    with check(root, tmp_path, {"o.csv": make_rows(MIN_ROWS - 1)}) as (_, told):
        (problem,) = (p for p in told.problems if NO_PLACE in p.message.en)
    assert (problem.records, problem.is_of_all_rows) == (MIN_ROWS - 1, False)


def test_rows_that_cannot_be_read_do_not_count(root: Path, tmp_path: Path) -> None:
    rows = [*make_rows(MIN_ROWS), ",Sans clé,association,"]
    with check(root, tmp_path, {"o.csv": rows}) as (_, told):
        (problem,) = (p for p in told.problems if NO_PLACE in p.message.en)
    assert problem.is_of_all_rows
    assert (told.counts.read, told.counts.refused) == (MIN_ROWS + 1, 1)
    assert told.counts.suggested == MIN_ROWS


def test_files_are_told_apart(root: Path, tmp_path: Path) -> None:
    placed = [row + "territory/commune-59350" for row in make_rows(MIN_ROWS, "b")]
    with check(root, tmp_path, {"a.csv": make_rows(MIN_ROWS), "b.csv": placed}) as (_, told):
        findings = [f for f in told.findings if NO_PLACE in f.message.en]
        suggested = {each.file: each.counts.suggested for each in told.files}
    assert [f.file for f in findings] == ["a.csv"]
    assert suggested == {"a.csv": MIN_ROWS, "b.csv": 0}


def test_a_note_on_one_file_leaves_the_rows_of_another(root: Path, tmp_path: Path) -> None:
    bare = [f"a-{n},Association a {n},," for n in range(MIN_ROWS)]
    half = MIN_ROWS // 2
    placed = [f"b-{n},Association b {n},,territory/commune-59350" for n in range(half)]
    files = {"a.csv": bare, "b.csv": [*bare[:half], *placed]}
    with check(root, tmp_path, files) as (_, told):
        findings = [f for f in told.findings if NO_PLACE in f.message.en]
        kinds = [f.file for f in told.findings if f.column == "kind" and f.whole_file]
    # both files leave out the kind, and only the first the place, of which the second has rows too
    assert kinds == ["a.csv", "b.csv"]
    assert [f.file for f in findings if f.whole_file] == ["a.csv"]
    assert len([f for f in findings if f.file == "b.csv"]) == half
