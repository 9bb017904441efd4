"""Findings as problems, pages, lines and spreadsheets, whatever is in them."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kg.kinds import Text
from kg.mapping.work_database import open_work_database
from kg.reports import render_html, render_json, render_text, write_csv
from kg.reports.as_csv import guard_formula
from kg.reports.chart import draw_chart
from kg.reports.problem_groups import group_problems
from kg.reports.quality_history import (
    MAX_HISTORY_LENGTH,
    extend_history,
    list_points,
    make_history_entry,
)
from kg.reports.report_model import Report
from kg.reports.row_counts import FileCounts, RowCounts
from kg.reports.sanitize import sanitize
from kg.reports.texts import format_number
from kg.shacl.results import Severity
from kg.validation.findings import Finding

SHAPE = "https://example.org/shapes#S"


def finding(number: int = 1, **changed: Any) -> Finding:
    made = Finding(
        source="s",
        table="organisations",
        file="f.csv",
        row=number + 1,
        label=f"Record {number}",
        column="kind",
        value="x",
        severity=Severity.VIOLATION,
        refused=True,
        message=Text("Faux.", "Wrong."),
        advice=Text("Corrigez.", "Correct."),
        shape=SHAPE,
        component="sh:In",
        focus="",
        heading="Nature",
        letter="C",
        record=number,
        result=number,
    )
    return replace(made, **changed)


def reported(*findings: Finding) -> Report:
    counts = RowCounts(read=9, accepted=7, refused=2, warned=1, suggested=0, clean=6)
    return Report(
        title=Text("Essai", "Trial"),
        name="",
        counts=counts,
        files=(FileCounts("s", "f.csv", counts),),
        problems=group_problems(findings),
        findings=findings,
        shapes_version="1",
    )


def test_the_gravest_and_most_frequent_problem_comes_first() -> None:
    advised = [finding(n, severity=Severity.INFO, refused=False, shape="i") for n in range(9)]
    rare = [finding(20, shape="r")]
    often = [finding(n, shape="o", value=str(n % 2)) for n in range(30, 37)]
    warned = [finding(50, severity=Severity.WARNING, refused=False, shape="w")]
    found = group_problems([*advised, *rare, *often, *warned])
    assert [(p.shape, p.count) for p in found] == [("o", 7), ("r", 1), ("w", 1), ("i", 9)]
    assert [e.row for e in found[0].examples] == [31, 32, 33, 34, 35]
    assert found[0].values == (("0", 4), ("1", 3))


def test_a_record_with_two_wrong_values_counts_once() -> None:
    (problem,) = group_problems([finding(1, value="a"), finding(1, value="b"), finding(2)])
    assert (problem.count, problem.records) == (3, 2)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("where", ["label", "value", "file", "heading", "shape", "message"])
def test_a_page_escapes_everything(language: str, where: str) -> None:
    hostile = "<img src=x onerror=alert(1)>\u202e&\"'"
    value = Text(hostile, hostile) if where == "message" else hostile
    page = render_html(reported(finding(**{where: value})), language)
    assert "<img" not in page
    assert "&lt;img src=x" in page
    if where != "shape":
        assert "\u202e" not in page


def test_a_problem_of_a_file_names_no_line() -> None:
    told = reported(finding(record=0, row=0, result=None, value="Région(s)", file="a.csv"))
    assert told.problems[0].is_whole_file
    assert "REFUSÉ · 1 fichier · organisations" in render_text(told, "fr")
    page = render_html(told, "fr")
    assert "Fichier\u00a0: <bdi>a.csv</bdi>" in page
    assert "Exemples" not in page


def test_a_page_has_locations_and_advice_in_its_language() -> None:
    page = render_html(reported(finding()), "fr")
    assert '<html lang="fr">' in page
    assert "À faire : Corrigez." in page
    assert "C2" in page
    assert "To do: Correct." in render_html(reported(finding()), "en")


def test_lines_for_a_terminal_have_no_sign_that_acts_on_it() -> None:
    hostile = finding(value="\x1b[31mred\x07", label="tab\there\r\nnext")
    told = render_text(reported(hostile), "en")
    assert not [sign for sign in told if not sign.isprintable() and sign != "\n"]
    assert "column C “Nature” (kind)" in told
    assert "→ Correct." in told
    assert "f.csv: 9 read, 7 accepted, 2 refused, 1 of which warned" in told


def test_json_is_grouped_and_counted() -> None:
    data = render_json(reported(finding(1), finding(2)))
    assert data["counts"]["accepted"] + data["counts"]["refused"] == data["counts"]["read"]
    (problem,) = data["problems"]
    assert (problem["count"], problem["letter"], problem["heading"]) == (2, "C", "Nature")
    assert problem["advice"] == {"fr": "Corrigez.", "en": "Correct."}


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("-1.5", "-1.5"),
        ("plain", "plain"),
    ],
)
def test_no_cell_is_a_formula(cell: str, safe: str) -> None:
    assert guard_formula(cell) == safe


@pytest.fixture
def work() -> Iterator[duckdb.DuckDBPyConnection]:
    """A work database with one original row, under headings as hostile as its cells."""
    db = open_work_database()
    cells = (
        """{"Nom \\"a/b~c": "Été; fini", "=cmd": "=1+1", "ID": "1", "id": "-1.5", "vide": null}"""
    )
    db.execute("INSERT INTO originals VALUES (1, ?)", [cells])
    yield db
    db.close()


def test_the_csv_has_the_original_row_unchanged(
    work: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "findings.csv"
    write_csv(work, reported(finding(1, value="=x"), finding(2)), path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file, delimiter=";")
    assert (first['Nom "a/b~c'], first["'=cmd"], first["value"]) == ("Été; fini", "'=1+1", "'=x")
    assert (first["ID"], first["id_"]) == ("1", "-1.5")
    assert "vide" not in first
    assert (second["row"], second["ID"]) == ("3", "")


def test_a_history_goes_on_and_is_bounded() -> None:
    summary: dict[str, Any] = {}
    for n in range(MAX_HISTORY_LENGTH + 3):
        counted = {"read": n, "accepted": n, "refused": 0, "warned": 0, "score": 50.0 + n}
        made = make_history_entry(f"r{n}", "2026-01-01", [("s", counted)])
        summary = {"history": extend_history(summary, made)}
    assert len(summary["history"]) == MAX_HISTORY_LENGTH
    again = extend_history(
        summary,
        make_history_entry(
            f"r{MAX_HISTORY_LENGTH + 2}", "2026-02-02", [("s", {**counted, "read": 7})]
        ),
    )
    assert len(again) == MAX_HISTORY_LENGTH
    past = list_points(again, "s")
    assert (past[-1].read, past[-1].created) == (7, "2026-02-02")
    assert list_points(again, "another") == []
    drawn = draw_chart(past, "fr")
    assert drawn is not None
    assert drawn.count("<circle") == MAX_HISTORY_LENGTH


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain", "plain"),
        (" a ", "␣a␣"),
        ("a\u200bb", "a⟨U+200B⟩b"),
        ("a\nb", "a⟨U+000A⟩b"),
        ("x" * 500, "x" * 160 + "…"),
        ("الاقتصاد", "الاقتصاد"),
    ],
)
def test_invisible_characters_are_made_visible(given: str, shown: str) -> None:
    assert sanitize(given) == shown


def test_numbers_are_written_as_the_language_does() -> None:
    assert (format_number(12345, "fr"), format_number(12345, "en")) == ("12\u202f345", "12,345")
    assert format_number(78.5, "fr") == "78,5"
