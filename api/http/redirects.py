"""Redirect exceptions: a record that has another address now (301), or several (300)."""

from collections.abc import Sequence

from kg.errors import EssKgError


class MovedPermanently(EssKgError):
    """What is asked for has another address."""

    def __init__(self, location: str) -> None:
        super().__init__(f"this is now at {location}", f"ceci se trouve maintenant à {location}")
        self.location = location


class MultipleChoices(EssKgError):
    """What is asked for is several things today."""

    def __init__(self, name: str, locations: Sequence[str]) -> None:
        location_list = ", ".join(locations)
        super().__init__(
            f"{name} has been shared out: what it was is in {location_list} today",
            f"{name} a été partagé : ce qu'il était se trouve aujourd'hui dans {location_list}",
        )
        self.locations = locations
