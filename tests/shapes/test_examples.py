"""Each valid example raises nothing; each invalid one raises what it names, and nothing else."""

from collections import Counter
from pathlib import Path

import pytest

from kg.shacl.results import ValidationResult
from tests.shapes.conftest import EXAMPLES, Expected, expectations, local, subjects


def raised(results: list[ValidationResult], path: Path) -> list[Expected]:
    """The results on the records of an example."""
    return sorted(
        Expected(r.focus, local(r.shape), local(r.component), r.severity.value)
        for r in results
        if r.focus in subjects(path)
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_raises_what_it_names_and_nothing_else(path: Path, results: list[ValidationResult]) -> None:
    assert raised(results, path) == expectations(path)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_invalid_example_names_its_own_shape_and_a_valid_one_nothing(path: Path) -> None:
    shape, kind = path.stem.split(".")
    named = {expected.shape for expected in expectations(path)}
    assert named == ({shape} if kind.startswith("invalid") else set())


def test_nothing_is_raised_outside_the_examples(results: list[ValidationResult]) -> None:
    known = {subject for path in EXAMPLES for subject in subjects(path)}
    assert [r for r in results if r.focus not in known] == []


def test_no_record_stands_in_two_examples() -> None:
    count = Counter(subject for path in EXAMPLES for subject in subjects(path))
    assert [subject for subject, times in count.items() if times > 1] == []


def test_both_languages_reach_the_report(results: list[ValidationResult]) -> None:
    for result in results:
        assert sum(map(len, result.messages.values())) > 80, result
