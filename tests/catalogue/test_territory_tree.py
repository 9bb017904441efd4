"""Territories as a tree: each under the nearest of those shown that it lies in."""

from kg.catalogue.territory_tree import sort_as_tree


def test_each_territory_is_followed_by_those_in_it_in_their_order() -> None:
    keys = ["fr", "nord", "lille", "paris", "roubaix", "idf"]
    parents = {"nord": "fr", "lille": "nord", "roubaix": "nord", "paris": "idf", "idf": "fr"}
    assert sort_as_tree(keys, parents) == [
        ("fr", 0), ("nord", 1), ("lille", 2), ("roubaix", 2), ("idf", 1), ("paris", 2),
    ]  # fmt: skip


def test_none_of_a_circle_is_lost() -> None:
    assert sort_as_tree(["a", "b"], {"a": "b", "b": "a"}) == [("a", 0), ("b", 0)]
