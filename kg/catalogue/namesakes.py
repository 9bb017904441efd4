"""Territories that share a name, ranked: the commune first, mostly."""

from typing import Final

from kg.catalogue.name_similarity import normalize_name
from kg.catalogue.records import Item

ARRONDISSEMENT: Final = "arrondissement"
PREFERRED_KINDS: Final = ("commune", "departement", "region", "country")
"""Kinds of territories of which a name is said first, where several have it."""
FAR_LARGER: Final = 50
"""Times the inhabitants of a village that had the name of a city, whose name means the city."""


def rank_by_kind(item: Item) -> int:
    """The place of a territory among those that have its name; 0 of other records."""
    kind = item.cells.get("kind", [""])[0]
    if item.kind != "territory":
        return 0
    return PREFERRED_KINDS.index(kind) if kind in PREFERRED_KINDS else len(PREFERRED_KINDS)


def is_named_after(one: Item, other: Item) -> bool:
    """Whether a territory is called after another, which is meant where both have the name.

    So are an arrondissement or a département called after their seat, and a delegated commune
    after the commune in which it is.
    """
    if (one.kind, other.kind) != ("territory", "territory"):
        return False
    if other.cells.get("kind") != ["commune"]:
        return False
    id_ = f"territory/{other.key}"
    same_name = normalize_name(one.label.fr) == normalize_name(other.label.fr)
    return same_name and (id_ in one.cells.get("seat", ()) or id_ in one.cells.get("within", ()))


def is_city_beside(one: Item, other: Item) -> bool:
    """Whether a territory has so many more inhabitants that a name which both had means it.

    Avignon is not the hamlet that is called Avignon-lès-Saint-Claude today; nobody can tell of a
    village. Unknown populations tell nothing.
    """
    return bool(one.population and other.population) and (
        (one.population or 0) >= FAR_LARGER * (other.population or 0)
    )


def is_named_after_seat(item: Item) -> bool:
    """Whether a record is an arrondissement: of that of Évry the seat is Évry-Courcouronnes today.

    Who writes its name alone means the commune, whatever that is called.
    """
    return item.kind == "territory" and item.cells.get("kind") == [ARRONDISSEMENT]
