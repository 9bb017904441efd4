"""Territory tree: which of some territories lies directly inside which other of them."""

from collections.abc import Mapping, Sequence
from typing import Final

from kg.catalogue.catalogue_file import CatalogueFile

MAX_LEVELS: Final = 8
"""Levels above a territory that are looked at: quarter, commune, department … continent."""


def find_parents(catalogue: CatalogueFile, keys: Sequence[str]) -> Mapping[str, str]:
    """Key of a territory to that of the nearest of the others that it lies in, where one does."""
    shown = set(keys)
    parents = {}
    for key in keys:
        above = [key]
        for _ in range(MAX_LEVELS):
            above = list(
                dict.fromkeys(one for inner in above for one in catalogue.read_enclosing(inner))
            )
            nearest = next((one for one in above if one in shown and one != key), None)
            if nearest:
                parents[key] = nearest
                break
            if not above:
                break
    return parents


def sort_as_tree(keys: Sequence[str], parents: Mapping[str, str]) -> Sequence[tuple[str, int]]:
    """(key, level) of each territory, each followed by those in it; their order is kept."""
    children: dict[str | None, list[str]] = {}
    for key in keys:
        children.setdefault(parents.get(key), []).append(key)
    ordered: list[tuple[str, int]] = []
    waiting = [(key, 0) for key in reversed(children.get(None, []))]
    while waiting:
        key, level = waiting.pop()
        ordered.append((key, level))
        waiting += [(inner, level + 1) for inner in reversed(children.pop(key, []))]
    reached = {key for key, _ in ordered}
    return ordered + [(key, 0) for key in keys if key not in reached]  # those that lie in a circle
