"""Format recognition: the `[recognise]` table of a recipe, compared with a file."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kg.sources import toml_entries
from kg.sources.header_row import fold_heading

RECOGNISE_ENTRIES: Final = ("headings", "members", "namespaces", "file")


@dataclass(frozen=True)
class Recognition:
    """Features of a format: headings, members of records and namespaces, all of them required."""

    headings: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    """Paths of JSON members: `names`, `locations.geonames_id`, `response.docs`."""
    namespaces: tuple[str, ...] = ()
    file: str = ""
    """Name for such a file in `raw/`; empty to keep its own."""

    def count_features(
        self, headings: Collection[str], members: Collection[str], namespaces: Collection[str]
    ) -> int:
        """Count the features of the format in a file; 0 unless it has all of them."""
        pairs = (
            ({fold_heading(each) for each in self.headings}, {*map(fold_heading, headings)}),
            ({*self.members}, {*members}),
            ({*self.namespaces}, {*namespaces}),
        )
        wanted = sum(len(features) for features, _ in pairs)
        return wanted if all(features <= found for features, found in pairs) else 0


def parse_recognition(entries: Mapping[str, Any]) -> Recognition | None:
    """Parse a `[recognise]` table; None where it is empty. Raises ValueError."""
    if not entries:
        return None
    toml_entries.require_known_entries(entries, RECOGNISE_ENTRIES, "recognise.")
    return Recognition(
        _get_texts(entries, "headings"),
        _get_texts(entries, "members"),
        _get_texts(entries, "namespaces"),
        toml_entries.get_text(entries, "file", "recognise."),
    )


def _get_texts(entries: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = entries.get(name, [])
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise ValueError(f"recognise.{name} = {values!r} is no list of texts")
    return tuple(values)
