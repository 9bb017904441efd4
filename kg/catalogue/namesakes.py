"""Namesakes among territories, ranked by which one a bare name usually means."""

from typing import Final

from kg.catalogue.name_similarity import normalize_name
from kg.catalogue.records import Item

ARRONDISSEMENT: Final = "arrondissement"
PREFERRED_KINDS: Final = ("commune", "departement", "region", "country")
"""Kinds of territories in the order in which a shared name usually means them."""
MIN_POPULATION_RATIO: Final = 50
"""Ratio of populations from which a shared name means the larger place."""


def rank_by_kind(item: Item) -> int:
    """Return the rank of a territory among namesakes; 0 for other records."""
    kind = item.cells.get("kind", [""])[0]
    if item.kind != "territory":
        return 0
    return PREFERRED_KINDS.index(kind) if kind in PREFERRED_KINDS else len(PREFERRED_KINDS)


def is_named_after(one: Item, other: Item) -> bool:
    """Tell whether a territory is named after another, which the shared name then means.

    Examples are an arrondissement or a département named after its seat, and a delegated commune
    after its commune.
    """
    if (one.kind, other.kind) != ("territory", "territory"):
        return False
    if other.cells.get("kind") != ["commune"]:
        return False
    id_ = f"territory/{other.key}"
    same_name = normalize_name(one.label.fr) == normalize_name(other.label.fr)
    return same_name and (id_ in one.cells.get("seat", ()) or id_ in one.cells.get("within", ()))


def is_far_larger(one: Item, other: Item) -> bool:
    """Tell whether the first place is so much larger that a shared name means it.

    Avignon is not the hamlet now called Avignon-lès-Saint-Claude. Unknown populations decide
    nothing.
    """
    return bool(one.population and other.population) and (
        (one.population or 0) >= MIN_POPULATION_RATIO * (other.population or 0)
    )


def is_named_after_seat(item: Item) -> bool:
    """Tell whether a record is an arrondissement, which is named after its seat.

    A bare name means the commune, even if that was renamed: the seat of the arrondissement of Évry
    is now Évry-Courcouronnes.
    """
    return item.kind == "territory" and item.cells.get("kind") == [ARRONDISSEMENT]
