"""What a wheel takes with it, and where an installation without the project's folder finds it."""

import tomllib
from pathlib import Path

import pytest

from kg import settings


def test_a_wheel_takes_the_whole_model(root: Path) -> None:
    told = tomllib.loads((root / "pyproject.toml").read_text())
    globs = told["tool"]["setuptools"]["data-files"]
    taken = {
        f"{folder.removeprefix('share/ess-kg/')}/{path.name}"
        for folder, patterns in globs.items()
        for pattern in patterns
        for path in root.glob(pattern)
    }
    model = {
        path.relative_to(root).as_posix()
        for folder in ("ontology", "shapes")
        for path in (root / folder).rglob("*")
        if path.is_file()
    }
    assert taken == model


def test_without_a_model_in_the_working_folder_the_installed_one_is_taken(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "INSTALLED_MODEL", root)
    assert settings.read_settings({}).model == root
    assert settings.read_settings({"KG_MODEL": "elsewhere"}).model == Path("elsewhere")
    (tmp_path / "ontology").mkdir()
    assert settings.read_settings({}).model == Path()


def test_a_copy_installed_in_place_brings_its_own_model(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "INSTALLED_MODEL", tmp_path / "none")
    assert settings.read_settings({}).model == root
