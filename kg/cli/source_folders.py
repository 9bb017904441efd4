"""Folders of sources as commands name them: a source, or a recipe."""

from collections.abc import Sequence
from pathlib import Path

from kg.errors import SourceError
from kg.installation import InstallationPaths
from kg.settings import Settings
from kg.sources import Source, read_source_description
from kg.sources.source_description import DESCRIPTION_FILE


def find_paths(configuration: Settings) -> InstallationPaths:
    """The folders of this installation."""
    return InstallationPaths(configuration.data, configuration.model)


def find_source(paths: InstallationPaths, name: str) -> Source:
    """The source of a name, else the recipe of that name. Raises SourceError."""
    for folder in (paths.sources, *list_recipe_folders(paths)):
        if (folder / name / DESCRIPTION_FILE).is_file():
            return read_source_description(folder / name)
    known = sorted(path.parent.name for path in paths.sources.glob(f"*/{DESCRIPTION_FILE}"))
    names = ", ".join(known) or "-"
    raise SourceError(
        f"there is no source {name!r} in {paths.sources} (there are {names}): "
        f"ess-kg source new {name} --from FILE",
        f"il n'y a pas de source « {name} » dans {paths.sources} (il y a {names}) : "
        f"ess-kg source new {name} --from FICHIER",
    )


def list_recipe_folders(paths: InstallationPaths) -> list[Path]:
    """The folders of recipes: that of the data, and the one that comes with the project."""
    folders = [paths.recipes, paths.model / "data" / "recipes"]
    return [
        folder
        for n, folder in enumerate(folders)
        if folder.is_dir() and folder.resolve() not in [each.resolve() for each in folders[:n]]
    ]


def list_recipes(paths: InstallationPaths) -> list[Source]:
    """Every recipe, by name; that of the data goes before another of the same name."""
    found: dict[str, Source] = {}
    for folder in list_recipe_folders(paths):
        for path in sorted(folder.glob(f"*/{DESCRIPTION_FILE}")):
            if path.parent.name not in found:
                found[path.parent.name] = read_source_description(path.parent)
    return [found[name] for name in sorted(found)]


def find_recipe_folders(paths: InstallationPaths, names: Sequence[str]) -> list[Path]:
    """The folders of these recipes. Raises SourceError for one that is not there."""
    folders = {}
    for name in names:
        found = [folder / name for folder in list_recipe_folders(paths)]
        folder = next((each for each in found if (each / DESCRIPTION_FILE).is_file()), None)
        if folder is None:
            raise SourceError(
                f"there is no recipe {name!r}: ess-kg source recipes",
                f"il n'y a pas de recette « {name} » : ess-kg source recipes",
            )
        folders[name] = folder
    return list(folders.values())
