"""What the tests of the dry run share: the model, and files written as a person would."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kg.dry_run import DryRunResult, Model, check_files

Check = Callable[..., Any]


@pytest.fixture(scope="session")
def model(root: Path) -> Model:
    """The project's own model."""
    return Model(root / "ontology", root / "shapes")


@pytest.fixture
def check(model: Model, tmp_path: Path) -> Check:
    """Checks files given as name=text or as paths; the result lasts as long as the block."""

    @contextmanager
    def checking(*files: tuple[str, str] | Path, **options: Any) -> Iterator[DryRunResult]:
        paths = []
        for file in files:
            if isinstance(file, Path):
                paths.append(file)
            else:
                paths.append(tmp_path / file[0])
                paths[-1].write_text(file[1], "utf-8")
        with check_files(paths, model, **options) as checked:
            yield checked

    return checking
