"""SHACL as the standard tests it: every case through `check --shapes`, and beside pyshacl alone.

`SHACL_SUITE=…/manifest.ttl pytest tests/conformance/test_shacl.py` runs another suite in the same
format, such as the W3C's.
"""

import os
import re
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from typer.testing import CliRunner

from kg.cli.main import app
from kg.dry_run import DryRunResult, Model, check_files
from kg.shacl.pyshacl_adapter import validate_all
from kg.shacl.report_rdf import build_report_triples
from kg.shacl.results import ValidationResult
from kg.shacl.shapes import load_shapes
from kg.shacl.shapes_graph import ShapesError
from kg.shacl.terms import iter_statements
from kg.shacl.validator import ValidationReport
from tests.conformance.manifests import Entry, compared, entries, read, same
from tests.shacl import generated
from tests.shacl.test_equal_to_pyshacl import LONG, SEARCH

SUITE = Path(os.environ.get("SHACL_SUITE", Path(__file__).parent / "shacl" / "manifest.ttl"))
OWN = re.compile(r"^_:f\d+x")
CASES = {entry.name: entry for entry in entries(SUITE)}


@pytest.fixture(scope="session")
def model(root: Path) -> Model:
    return Model(root / "ontology", root / "shapes")


def told(checked: DryRunResult) -> rdflib.Graph:
    """The report of a check, as it is compared."""
    inspection = checked.inspection
    return compared(iter_statements(build_report_triples(inspection.report, inspection.shapes)))


@pytest.mark.parametrize("entry", CASES.values(), ids=CASES)
def test_the_check_gives_the_report_that_is_expected(entry: Entry, model: Model) -> None:
    if entry.fails:
        with (
            pytest.raises(ShapesError),
            check_files([entry.data], model, shapes=[entry.shapes]),
        ):
            pass
        return
    with check_files([entry.data], model, shapes=[entry.shapes]) as checked:
        assert [file.error for file in checked.files if file.error] == []
        found = told(checked)
        assert same(found, entry.report), found.serialize(format="nt")


@pytest.mark.parametrize(
    "entry",
    [e for e in CASES.values() if not e.fails],
    ids=[n for n in CASES if not CASES[n].fails],
)
def test_pyshacl_alone_gives_it_too(entry: Entry) -> None:
    shapes = load_shapes([entry.shapes])
    results = tuple(validate_all(shapes, read(entry.data)))
    report = ValidationReport(results, (), 0, 0, "")
    assert same(compared(iter_statements(build_report_triples(report, shapes))), entry.report)


@pytest.mark.parametrize("name", ["target-objects-of", "node-kind-iri"])
def test_the_command_gives_it_in_turtle(name: str, tmp_path: Path) -> None:
    entry, answer = CASES.get(name) or pytest.skip("another suite"), tmp_path / "report.ttl"
    words = ["check", str(entry.data), "--shapes", str(entry.shapes)]
    ended = CliRunner().invoke(app, [*words, "--format", "turtle", "-o", str(answer)])
    assert ended.exit_code == 1
    quads = ox.parse(answer.read_bytes(), format=ox.RdfFormat.TURTLE)
    assert same(compared(iter_statements(quads)), entry.report)


def test_a_failure_is_reported_by_the_command_and_exits_with_2() -> None:
    entry = CASES.get("failure-constraint") or pytest.skip("another suite")
    words = ["check", str(entry.data), "--shapes", str(entry.shapes), "--lang", "en"]
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 2
    assert "http://example.org/S" in ended.output
    assert "ill-formed" in ended.output


@given(generated.shapes_graph(), generated.data())
@settings(SEARCH, max_examples=int(LONG or 40))
def test_any_shapes_and_data_give_the_results_of_pyshacl(
    model: Model, tmp_path_factory: pytest.TempPathFactory, shapes_text: str, data_text: str
) -> None:
    folder = tmp_path_factory.mktemp("drawn")
    data, rules = folder / "data.ttl", folder / "shapes.ttl"
    data.write_text(generated.PROLOGUE + data_text, "utf-8")
    rules.write_text(generated.PROLOGUE + shapes_text, "utf-8")
    try:
        expected = Counter(map(plain, validate_all(load_shapes([rules]), read(data))))
    except ShapesError:
        return  # where pyshacl stops there is nothing to be equal to
    try:
        with check_files([data], model, shapes=[rules]) as checked:
            found = Counter(map(plain, checked.inspection.report.results))
    except ShapesError as error:
        assert "ill-formed" in str(error)  # noqa: PT017 - pyshacl tells it of what it meets only
        return
    assert found == expected


def plain(result: ValidationResult) -> tuple[str, ...]:
    """A result without its messages, blank nodes by the names that the file gives them."""
    key = (result.focus, result.path, result.value, result.component, result.shape)
    return (
        *(OWN.sub("_:", text or "") for text in key),
        result.stated_severity or result.severity.value,
    )
