"""The project's own shapes on all their examples: the gate finds what pyshacl alone finds."""

import pyoxigraph as ox

from kg.shacl.results import ValidationResult
from kg.shacl.shapes import Shapes
from kg.shacl.validator import validate_store


def test_the_gate_finds_what_pyshacl_alone_finds(
    shapes: Shapes, world: ox.Store, results: list[ValidationResult]
) -> None:
    found = validate_store(world, shapes)
    assert {result.key for result in found.results} == {result.key for result in results}
    assert len(found.results) > 300


def test_few_of_the_valid_records_are_suspects(shapes: Shapes, world: ox.Store) -> None:
    found = validate_store(world, shapes)
    guilty = {(result.focus, result.shape) for result in found.results}
    assert found.candidate_count < 1.2 * len(guilty)
