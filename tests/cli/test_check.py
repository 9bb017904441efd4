"""`ess-kg check`: output formats, languages and exit codes."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from typer.testing import CliRunner, Result

from kg.cli.main import app

GOOD = "id,label_fr,kind\nx-a,Une,association\n"
BAD = "Numéro SIREN;Nom;Nature\n552032534;Danone;asociation\n732829320;Thales;association\n"


@pytest.fixture
def run(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Run":
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("KG_", "LC_", "LANG"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KG_MODEL", str(root))
    monkeypatch.setenv("KG_DATA", str(tmp_path / "data"))
    Path("organisations.csv").write_text(GOOD)
    Path("structures.csv").write_text(BAD)
    return Run()


class Run:
    """Return a function that runs the command in this process."""

    def __call__(self, *words: str) -> Result:
        result = CliRunner().invoke(app, ["check", *words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


def test_the_report_has_row_column_value_and_advice(run: Run) -> None:
    told = run("structures.csv", "--lang", "fr")
    assert told.exit_code == 1
    lines = told.stdout.replace("\u00a0", " ").replace("\u202f", " ").splitlines()
    assert "  2 lignes lues, 1 acceptée, 1 refusée" in lines
    assert "  Format : UTF-8, séparateur : point-virgule." in lines
    assert any("colonne C « Nature » (kind)" in line for line in lines)
    assert any(line.split() == ["ligne", "2", "|", "asociation", "|", "Danone"] for line in lines)
    assert lines[-1].endswith("(code 1).")
    assert "\x1b" not in told.stdout


def test_success_exits_with_0_in_the_language_of_the_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert "Rien n'est refusé (code 0)." in run("organisations.csv").stdout
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    told = run("organisations.csv")
    assert (told.exit_code, "Nothing is refused" in told.stdout) == (0, True)


def test_a_cell_left_out_is_counted_as_a_warning_and_exits_with_1(run: Run) -> None:
    Path("organisations.csv").write_text("id,label_fr,kind,homepage\nx-a,Une,association,n/a\n")
    english, french = (run("organisations.csv", "--lang", each).stdout for each in ("en", "fr"))
    assert "Cell left out · 1 line" in english
    assert " accepted (1 of them warned), 0 refused" in english
    assert "Some rows or cells are refused or left out" in english
    assert " (dont 1 avertie), 0 refusée" in french.replace("\u00a0", " ")
    assert "cellules sont refusées ou laissées de côté" in french
    assert run("organisations.csv").exit_code == 1


def test_an_unreadable_file_exits_with_2_after_the_other_reports(run: Run) -> None:
    Path("autre.csv").write_text("a,b\n1,2\n")
    told = run("autre.csv", "structures.csv")
    assert told.exit_code == 2
    assert "  UNREADABLE: " in told.stdout
    assert "Headings found: a, b." in told.stdout
    assert "1 refused" in told.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say which files to check"),
        (("organisations.csv", "--release", "zzz"), "0 releases begin with 'zzz'"),
        (("absent.csv",), "absent.csv"),
        (("organisations.csv", "--shapes", "absent.ttl"), "absent.ttl"),
        (("organisations.csv", "--source", "absent"), "absent"),
    ],
)
def test_wrong_usage_exits_with_2(run: Run, words: tuple[str, ...], said: str) -> None:
    told = run(*words)
    assert told.exit_code == 2
    assert said in told.output
    assert "Traceback" not in told.output


def test_all_report_formats_agree(run: Run) -> None:
    def form(name: str) -> str:
        path = Path(f"report.{name}")
        assert run("structures.csv", "--format", name, "--output", str(path)).exit_code == 1
        return path.read_text("utf-8-sig")

    data = json.loads(form("json"))
    assert data["counts"]["refused"] == 1
    rows = list(csv.DictReader(io.StringIO(form("csv")), delimiter=";"))
    refused = [row for row in rows if row["gravite"] == "refus"]
    assert [(row["row"], row["heading"], row["value"]) for row in refused] == [
        ("2", "Nature", "asociation")
    ]
    assert refused[0]["Nom"] == "Danone"
    assert "asociation" in form("html")
    assert "asociation" in form("text")
    triples = {t.predicate.value for t in ox.parse(form("turtle"), format=ox.RdfFormat.TURTLE)}
    assert "http://www.w3.org/ns/shacl#conforms" in triples


def test_constraints_are_explained_shape_by_shape(run: Run, tmp_path: Path) -> None:
    shape = tmp_path / "shape.ttl"
    shape.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . <http://x/s> sh:targetClass <http://x/C> ; "
        "sh:property [ sh:path <http://x/p> ; sh:minCount 1 ] ."
    )
    told = run("--explain", "--shapes", str(shape), "--lang", "en")
    assert told.exit_code == 0
    assert "http://x/s" in told.stdout
    assert "minCount" in told.stdout
    assert "left to pyshacl" in told.stdout


def test_unjudged_records_exit_with_1_without_rejection(run: Run) -> None:
    Path("data.ttl").write_text("<http://x/a> a <http://x/C> .")
    told = run("data.ttl", "--lang", "en")
    assert told.exit_code == 1
    assert "1 row read, 0 accepted, 0 refused, 1 not judged" in told.stdout
    assert "Nothing is refused, but not all was judged" in told.stdout
    Path("shapes.ttl").write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . "
        "<http://x/s> sh:targetClass <http://x/C> ; sh:rule [ a sh:TripleRule ] ."
    )
    told = run("data.ttl", "--shapes", "shapes.ttl", "--lang", "en")
    assert told.exit_code == 1
    assert "http://x/s asks for sh:rule" in told.stdout


def test_the_output_has_no_progress_bar(run: Run) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "kg.cli", "check", "structures.csv", "--lang", "en"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert ended.returncode == 1
    assert ended.stdout.startswith("structures.csv\n  2 rows read, 1 accepted, 1 refused\n")
    assert "Traceback" not in ended.stderr
