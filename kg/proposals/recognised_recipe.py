"""Recognised recipe: the recipe whose format a file has, the most particular of several."""

from collections.abc import Sequence

from kg.proposals.file_features import FileFeatures
from kg.sources import Source


def find_recipe(features: FileFeatures, recipes: Sequence[Source]) -> tuple[Source | None, int]:
    """The recipe that most features of the file speak for, and how many they are."""
    best: tuple[Source | None, int] = (None, 0)
    for recipe in recipes:
        if recipe.recognition is None:
            continue
        count = recipe.recognition.count_features(
            features.headings, features.members, features.namespaces, features.values
        )
        if count > best[1]:
            best = (recipe, count)
    return best
