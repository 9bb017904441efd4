"""What the tests of recipes share: one build of all of them, and dry runs on real files.

Each folder here is named after a recipe and holds small files in its format, written for the tests.
All of them are sources of one installation, as `ess-kg source new` makes them, and are built once;
`communes.csv` has the communes they refer to. A test for each recipe says what comes out of it.
"""

import itertools
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.dry_run import DryRunResult, Model, check_files
from kg.installation import InstallationPaths
from kg.namespaces import GRAPH, ID, SCHEME, shorten
from kg.proposals import SourceFacts, copy_recipe
from kg.release_layout import find_current_release
from kg.sources import read_source_description
from tests.conftest import ROOT, built_once

RECIPES = ROOT / "data" / "recipes"
FILES = Path(__file__).parent
RETRIEVED = "2026-11-01"
COMMUNES = """name = "communes"
kind = "register"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
retrieved = "2026-11-01"
title = { fr = "Communes" }
description = { fr = "Celles dont les fichiers parlent." }
publisher = { fr = "ess-kg" }
"""


def list_recipes_with_files() -> list[str]:
    """The recipes that have small files here."""
    return sorted(path.name for path in FILES.iterdir() if (RECIPES / path.name).is_dir())


def add_source(
    sources: Path, recipe: str, files: Mapping[str, Path] | None = None, name: str = ""
) -> Path:
    """Makes a source of a recipe, with these files in `raw/` or else its small ones."""
    folder = sources / (name or recipe)
    facts = SourceFacts(folder.name, retrieved=RETRIEVED)
    copy_recipe(read_source_description(RECIPES / recipe), folder, facts)
    (folder / "raw").mkdir()
    small = {path.name: path for path in (FILES / recipe).iterdir()}
    for file, path in (small if files is None else files).items():
        shutil.copy(path, folder / "raw" / file)
    return folder


@pytest.fixture(scope="session")
def built_recipes(tmp_path_factory: pytest.TempPathFactory) -> InstallationPaths:
    """An installation with the small files of all recipes, built once. Not to be changed."""

    def fill(paths: InstallationPaths) -> None:
        communes = paths.sources / "communes"
        (communes / "tables").mkdir(parents=True)
        (communes / "source.toml").write_text(COMMUNES, "utf-8")
        shutil.copy(FILES / "communes.csv", communes / "tables" / "territories.csv")
        for recipe in list_recipes_with_files():
            add_source(paths.sources, recipe)

    return built_once(tmp_path_factory, "recipes", ROOT, fill)


@dataclass(frozen=True)
class RecipeGraph:
    """What the sources of the recipes say, each in a graph of its own."""

    store: ox.Store

    def list_keys(self, source: str, kind: str) -> list[str]:
        """The records of a kind that a source has, as `siren-900000019`."""
        return [key for key in self.list_nodes(source, kind) if "#" not in key]

    def list_nodes(self, source: str, kind: str) -> list[str]:
        """Its records of a kind, and the nodes that hang on them."""
        graph = ox.NamedNode(GRAPH + source)
        prefix = f"{ID}{kind}/"
        found = {
            quad.subject.value.removeprefix(prefix)
            for quad in self.store.quads_for_pattern(None, None, None, graph)
            if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(prefix)
        }
        return sorted(found)

    def describe(self, source: str, key: str) -> dict[str, list[str]]:
        """What a source says of `organisation/…`: values by CURIE; codes and keys shortened."""
        graph = ox.NamedNode(GRAPH + source)
        found: dict[str, list[str]] = {}
        for quad in self.store.quads_for_pattern(ox.NamedNode(ID + key), None, None, graph):
            found.setdefault(shorten(quad.predicate.value), []).append(_write(quad.object))
        return {predicate: sorted(values) for predicate, values in sorted(found.items())}

    def list_identifiers(self, source: str, key: str) -> list[str]:
        """The identifiers of a record, as `siren-900000019`."""
        prefix = f"{key}#identifier-"
        values = self.describe(source, key).get("adms:identifier", [])
        return [value.removeprefix(prefix) for value in values]

    def find_point(self, source: str, key: str) -> tuple[float, float] | None:
        """Latitude and longitude of a record."""
        about = self.describe(source, key)
        if "schema:latitude" not in about:
            return None
        return float(about["schema:latitude"][0]), float(about["schema:longitude"][0])


def _write(term: object) -> str:
    if isinstance(term, ox.NamedNode):
        for namespace in (ID, SCHEME):
            if term.value.startswith(namespace):
                return term.value.removeprefix(namespace)
        return shorten(term.value)
    return term.value if isinstance(term, ox.Literal) else str(term)


@pytest.fixture(scope="session")
def recipe_graph(built_recipes: InstallationPaths) -> RecipeGraph:
    """The graph that the recipes give of their small files."""
    release = find_current_release(built_recipes.releases)
    return RecipeGraph(ox.Store.read_only(str(release.store)))


CheckRecipe = Callable[..., Iterator[DryRunResult]]


@pytest.fixture
def check_recipe(shared: Path, tmp_path: Path) -> CheckRecipe:
    """Judges files of the shared material as the data of a recipe, by their first rows."""

    @contextmanager
    def checking(recipe: str, *files: str, rows: int = 100) -> Iterator[DryRunResult]:
        chosen = {}
        for file in files:
            path = shared / "data" / file
            chosen[path.name] = cut_rows(path, tmp_path, rows)
        folder = add_source(tmp_path / "sources", recipe, chosen)
        with check_files([], Model(ROOT / "ontology", ROOT / "shapes"), source=folder) as checked:
            yield checked

    return checking


def cut_rows(path: Path, folder: Path, rows: int) -> Path:
    """A copy of a file of lines with its first rows; another file as it is."""
    if path.suffix not in (".csv", ".jsonl"):
        return path
    cut = folder / path.name
    with path.open("rb") as whole, cut.open("wb") as copy:
        copy.writelines(itertools.islice(whole, rows + 1))
    return cut


def count_rows(checked: DryRunResult) -> tuple[int, int]:
    """The rows that a dry run accepts and refuses, in all tables together."""
    counts = [file.counts for file in checked.files]
    return sum(each.accepted for each in counts), sum(each.refused for each in counts)
