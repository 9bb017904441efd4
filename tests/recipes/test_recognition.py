"""The files of each format are recognised, and every recipe is tested."""

import runpy
from pathlib import Path

import pytest

from kg.proposals import find_recipe, read_file_features
from kg.sources import Source, read_source_description
from tests.recipes.conftest import FILES, RECIPES, list_recipes_with_files

OF_SEVERAL_FILES = ("sirene",)
"""Recipes that join several files, none of which tells them: they are asked for by name."""
SMALL_FILES = [
    path
    for recipe in list_recipes_with_files()
    if recipe not in OF_SEVERAL_FILES
    for path in sorted((FILES / recipe).iterdir())
]


@pytest.fixture(scope="module")
def recipes() -> list[Source]:
    return [read_source_description(path.parent) for path in RECIPES.glob("*/source.toml")]


def test_every_recipe_has_files_of_its_format_here() -> None:
    assert list_recipes_with_files() == sorted(path.name for path in RECIPES.iterdir())


@pytest.mark.parametrize("path", SMALL_FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_is_recognised_by_its_recipe(path: Path, recipes: list[Source]) -> None:
    found, count = find_recipe(read_file_features(path), recipes)
    assert found is not None
    assert found.name == path.parent.name
    assert count >= 2


def test_recipes_say_in_both_languages_what_they_are(recipes: list[Source]) -> None:
    for recipe in recipes:
        assert recipe.title.en != recipe.title.fr
        assert recipe.description.en != recipe.description.fr
        assert bool(recipe.recognition) == (recipe.name not in OF_SEVERAL_FILES)
        assert recipe.licence.startswith("https://")


def test_the_documentation_lists_the_recipes(root: Path) -> None:
    page = (root / "docs" / "sources.md").read_text("utf-8")
    program = runpy.run_path(str(root / "data" / "recipes_table.py"))
    written = program["replace_table"](page, program["build_table"]())
    assert page == written, "run: python data/recipes_table.py"
