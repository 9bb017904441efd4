"""What the benchmarks are made of: the country, the cost of a command, reports compared."""

import sys
import tomllib
from pathlib import Path

import measure
import pyoxigraph as ox
import reports
import stock
from national.planted import errors
from national.records import TABLES

from kg import csvw_tables as canonical
from tests.benchmarks.conftest import ROOT, generate

SH = "http://www.w3.org/ns/shacl#"


def test_a_seed_gives_the_same_files(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        generate(tmp_path / name, 100, errors=0.5, seed=seed, territories="none")
    one, same, other = (_files(tmp_path / name) for name in ("one", "same", "other"))
    assert one == same
    assert one["organisations.csv"] != other["organisations.csv"]
    assert one["expected.csv"] != other["expected.csv"]


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*.csv")}


def test_nothing_is_planted_unless_asked(tmp_path: Path) -> None:
    rows, expected = generate(tmp_path, 100, errors=0, territories="none")
    assert rows > 100
    assert expected == 0


def test_errors_are_in_columns_that_are_there() -> None:
    tables = canonical.load_tables(ROOT / "ontology" / "tables")
    for error in errors():
        assert error.table in TABLES
        assert {*error.cells, error.found.column} <= {*tables[error.table].names}


def test_a_stock_is_recognised_by_the_recipe_that_builds_it() -> None:
    described = tomllib.loads((stock.RECIPE / "source.toml").read_text("utf-8"))
    before, after = (list(stock.iter_rows(300, changed=changed)) for changed in (False, True))
    assert {*described["recognise"]["headings"]} <= {*stock.HEADINGS}
    assert {*before[0]} <= {*stock.HEADINGS}
    assert len({row["siren"] for row in before}) == 300
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 3


def test_a_cost_is_that_of_all_processes() -> None:
    child = "import time; kept = bytearray(60_000_000); time.sleep(0.4)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); print(7)"
    cost = measure.run([sys.executable, "-c", parent])
    assert (cost.status, cost.output) == (0, "7\n")
    assert cost.wall > 0.4
    assert 60e6 < cost.peak < 200e6


def test_a_command_that_takes_too_long_is_stopped() -> None:
    cost = measure.run([sys.executable, "-c", "import time; time.sleep(60)"], limit=0.2)
    assert cost.status < 0
    assert cost.wall < 20


def test_reports_are_compared_whatever_the_writing_of_their_paths(tmp_path: Path) -> None:
    flat = _report(tmp_path / "flat.nt", "(<x:a> <x:b> [ sh:inversePath <x:c> ])")
    nested = _report(
        tmp_path / "nested.nt",
        "([ sh:alternativePath (<x:a> <x:b>) ] [ sh:inversePath <x:c> ])",
        "[ a sh:ValidationResult ; sh:resultSeverity sh:Info ]",
    )
    other = _report(tmp_path / "other.nt", "(<x:a> <x:b> <x:c>)")
    assert flat.keys == nested.keys
    assert flat.count == nested.count == 1
    assert flat.told != nested.told
    assert flat.keys != other.keys


def _report(path: Path, alternatives: str, detail: str = "[]") -> reports.Results:
    """A report of one result; with a detail, of which it says something else too."""
    text = f"""
    PREFIX sh: <{SH}>
    [] a sh:ValidationReport ; sh:result [
        sh:focusNode <x:n> ; sh:resultSeverity sh:Warning ; sh:sourceShape <x:s> ;
        sh:resultPath [ sh:alternativePath {alternatives} ] ; sh:detail {detail} ;
        sh:resultMessage "{path.stem}"
    ] .
    """
    triples = ox.parse(text, ox.RdfFormat.TURTLE)
    ox.serialize((quad.triple for quad in triples), str(path), ox.RdfFormat.N_TRIPLES)
    return reports.read_report(path)
