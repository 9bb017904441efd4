"""Incremental validation: what makes the results of an earlier run unusable."""

from pathlib import Path

import pytest

from kg import shacl, validation
from kg.validation import incremental


@pytest.mark.parametrize(
    "file",
    [
        Path(shacl.__file__).with_name("compiler.py"),
        Path(shacl.__file__).with_name("pyshacl_adapter.py"),
        Path(validation.__file__).with_name("partition.py"),
    ],
    ids=lambda file: f"{file.parent.name}/{file.name}",
)
def test_changed_code_invalidates_earlier_results(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    compute = incremental._digest_code.__wrapped__
    before, read_bytes = compute(), Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read_bytes(path) + b"#" * (path == file))
    assert compute() != before
