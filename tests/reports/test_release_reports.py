"""The reports of a release: every line accounted for, problems with their place, hostile values."""

import csv
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kg.validation.quarantine import list_quarantine
from tests.reports.conftest import HOSTILE, Planted

FILES = ("index.fr.html", "index.en.html", "findings.csv", "problems.json", "report.ttl")


@pytest.fixture(scope="module")
def problems(planted: Planted) -> dict[tuple[str, str], dict[str, Any]]:
    """The problems of the source, by rule and column."""
    told = json.loads((planted.report / "demo" / "problems.json").read_bytes())["problems"]
    return {((p["shape"] or p["component"]).rpartition("#")[2], p["column"]): p for p in told}


def rows_of(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_every_source_has_its_report_in_every_form(planted: Planted) -> None:
    told = (p for p in planted.report.rglob("*.*") if p.parent.name != "checked")
    found = {p.relative_to(planted.report).as_posix() for p in told}
    assert found == {"index.fr.html", "index.en.html", "summary.json"} | {
        f"{source}/{name}" for source in ("demo", "graphe") for name in FILES
    }


def test_every_line_is_accepted_or_refused(planted: Planted) -> None:
    """Counted apart: lines of the files, rows of the dumps, rows of the quarantine."""
    summary = json.loads((planted.report / "summary.json").read_bytes())
    assert summary["counts"]["read"] == 29
    for counts in summary["sources"][0]["files"]:
        lines = (planted.tables / counts["file"]).read_text("utf-8").splitlines()
        waiting = planted.places.quarantine / "demo" / counts["file"]
        assert counts["read"] == len(lines) - 1, counts
        assert counts["accepted"] + counts["refused"] == counts["read"]
        assert counts["refused"] == (len(rows_of(waiting)) if waiting.is_file() else 0)
    organisations = next(
        f for f in summary["sources"][0]["files"] if f["file"] == "organisations.csv"
    )
    assert organisations["accepted"] == len(rows_of(planted.release.dumps / "organisations.csv"))
    assert organisations["warned"] == 1


def test_rejected_entities_are_in_the_quarantine_with_their_line(planted: Planted) -> None:
    told = json.loads((planted.report / "graphe" / "problems.json").read_bytes())
    counts = told["counts"]
    assert (counts["read"], counts["accepted"], counts["refused"]) == (3, 1, 2)
    missing = next(p for p in told["problems"] if p["shape"].endswith("Concept-scheme"))
    assert (missing["heading"], missing["examples"][0]["row"]) == ("skos:inScheme", 4)
    folder = planted.places.quarantine / "graphe"
    kept = ox.parse((folder / "rdf.ttl").read_bytes(), format=ox.RdfFormat.TURTLE)
    assert len(list(kept)) == 2
    (line,) = rows_of(folder / "lines.csv")
    assert "graphe- c" in line["_line"]
    assert [(w.table, w.count) for w in list_quarantine(planted.places.quarantine, "graphe")] == [
        ("", 1),
        ("lines", 1),
    ]


@pytest.mark.parametrize(
    ("rule", "column", "count", "row", "value"),
    [
        ("Organisation-kind", "kind", 9, 4, "associaton"),
        ("Event-order", "end", 1, 2, "2026-03-05T07:00:00+01:00"),
        ("Identifier-owner", "subject", 1, 3, "organisation/nowhere"),
        ("Identifier-siren", "value", 1, 2, "123"),
        ("Address-post-code", "post_code", 1, 15, "593500"),
        ("key-missing", "id", 1, 14, ""),
        ("key-illegal", "id", 1, 13, "demo z"),
        ("hangs-on-refused", "event", 1, 2, "event/demo-2026-03-05"),
        ("hangs-on-refused", "subject", 1, 2, "event/demo-2026-03-05"),
        ("line-malformed", "", 1, 16, "demo-m,too,many,cells,in,this,line,for,the,heading,of,it"),
    ],
)
def test_a_problem_names_the_cell_where_it_is_put_right(
    problems: dict[tuple[str, str], dict[str, Any]],
    rule: str,
    column: str,
    count: int,
    row: int,
    value: str,
) -> None:
    problem = problems[rule, column]
    assert problem["count"] == count
    assert (problem["examples"][0]["row"], problem["examples"][0]["value"]) == (row, value)
    assert len(problem["examples"]) == min(count, 5)
    assert problem["message"]["fr"] != problem["message"]["en"] != ""


def test_a_problem_on_many_records_is_one_with_its_frequent_values(
    problems: dict[tuple[str, str], dict[str, Any]],
) -> None:
    problem = problems["Organisation-kind", "kind"]
    assert problem["values"][0] == {"value": "associaton", "count": 7}
    assert problem["letter"] == "D"


class Page(HTMLParser):
    """The elements and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("name", ["index.fr.html", "index.en.html"])
@pytest.mark.parametrize("folder", ["", "demo"])
def test_pages_stand_alone(planted: Planted, folder: str, name: str) -> None:
    place = planted.report / folder
    page = Page((place / name).read_text("utf-8"))
    assert "script" not in page.tags
    assert "style" not in page.attributes
    assert (page.tags.count("style"), page.tags.count("main"), page.tags.count("h1")) == (2, 1, 1)
    for link in page.links:
        assert (place / link).is_file(), link


def test_hostile_values_are_escaped(planted: Planted) -> None:
    text = (planted.report / "demo" / "index.fr.html").read_text("utf-8")
    assert "a⟨U+200B⟩ssociation" in text
    assert not {"\u202e", "\u200b"} & set(text)
    cells = [
        cell
        for row in rows_of(planted.report / "demo" / "findings.csv", ";")
        for cell in row.values()
    ]
    assert "'=cmd|calc" in cells
    assert "'+33 1 23" in cells
    assert HOSTILE in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_the_spreadsheet_has_every_problem_and_the_original_row(planted: Planted) -> None:
    path = planted.report / "demo" / "findings.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = rows_of(path, ";")
    told = json.loads((planted.report / "demo" / "problems.json").read_bytes())["problems"]
    assert len(rows) == sum(problem["count"] for problem in told)
    row = next(row for row in rows if row["value"] == "593500")
    assert (row["file"], row["row"], row["column"]) == ("organisations.csv", "15", "G")
    assert (row["id"], row["label_fr"], row["post_code"]) == ("demo-w", "W", "593500")


def test_the_shacl_report_has_the_results_and_the_quality(planted: Planted) -> None:
    store = ox.Store()
    store.load(path=planted.report / "demo" / "report.ttl", format=ox.RdfFormat.TURTLE)
    prefixes = "PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX dqv: <http://www.w3.org/ns/dqv#> "
    told = json.loads((planted.report / "demo" / "problems.json").read_bytes())["problems"]
    of_shapes = sum(problem["count"] for problem in told if problem["shape"])
    results = store.query(prefixes + "SELECT ?r WHERE { ?r a sh:ValidationResult }")
    assert len(list(results)) == of_shapes
    values = store.query(
        prefixes + "SELECT ?v WHERE { ?m dqv:isMeasurementOf ?of ; dqv:value ?v } ORDER BY ?v"
    )
    assert len(list(values)) == 4


def test_the_score_is_the_mean_of_shares_that_can_be_counted_again(planted: Planted) -> None:
    summary = json.loads((planted.report / "summary.json").read_bytes())
    source, _ = summary["sources"]
    quality, counts = source["quality"], source["counts"]
    shares = quality["shares"]
    clean = counts["accepted"] - counts["warned"]
    assert shares["valid"] == round(clean / counts["read"], 4)
    assert shares["sourced"] == 1.0
    assert quality["score"] == round(100 * sum(shares.values()) / 4, 1)
    (point,) = summary["history"]
    assert point["release"] == planted.release.id
    assert point["sources"]["demo"]["score"] == quality["score"]
