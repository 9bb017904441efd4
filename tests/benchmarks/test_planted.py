"""What is planted in a made-up country is found, and nothing else; pyshacl alone finds the same."""

import pyoxigraph as ox
import pytest

from kg import tables as canonical
from kg.mapping.export import export_triples
from kg.validation import inspect
from kg.validation.judge import judge_all
from kg.validation.results import Result
from kg.validation.shapes import load_shapes
from tests.benchmarks.conftest import ROOT, Country, Line

SHAPES = sorted((ROOT / "shapes").glob("*.ttl"))


@pytest.fixture(scope="module")
def triples(country: Country, tmp_path_factory: pytest.TempPathFactory) -> list[ox.Triple]:
    """The graph as the mapping writes it: a store would rewrite its numbers and dates."""
    path = tmp_path_factory.mktemp("graph") / "data.nt"
    export_triples(country.db, path)
    return [quad.triple for quad in ox.parse(path=path, format=ox.RdfFormat.N_TRIPLES)]


@pytest.fixture(scope="module")
def inspection(country: Country, triples: list[ox.Triple]) -> inspect.Inspection:
    """The country inspected; asks for the triples first, since what is refused leaves them."""
    tables = canonical.load(ROOT / "ontology" / "tables")
    return inspect.inspect(country.db, SHAPES, tables)


def test_findings_are_those_planted(country: Country, inspection: inspect.Inspection) -> None:
    found: list[Line] = sorted(
        (f.file, f.row or 0, f.column, f.shape, f.component, f.severity.value)
        for f in inspection.findings
    )
    assert set(found) - set(country.expected) == set()
    assert set(country.expected) - set(found) == set()
    assert len(found) == len(country.expected)


def test_gate_finds_what_pyshacl_alone_finds(
    inspection: inspect.Inspection, triples: list[ox.Triple]
) -> None:
    alone = judge_all(load_shapes(SHAPES), triples)
    assert {_told(result) for result in inspection.report.results} == {_told(r) for r in alone}
    assert len(inspection.report.results) == len(alone)


def _told(result: Result) -> tuple[str, ...]:
    """A result; without the texts of a query, whose languages pyshacl loses."""
    return result.key[:6] if result.component.endswith("#SPARQLConstraintComponent") else result.key
