"""Format recognition: the `[recognise]` table of a recipe, compared with a file."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kg.sources import toml_entries
from kg.sources.header_row import fold_heading

RECOGNISE_ENTRIES: Final = ("headings", "members", "namespaces", "values", "file")
MIN_SHARE: Final = 0.9
"""Share of the values of a column that begin as the format says."""


@dataclass(frozen=True)
class Recognition:
    """Features of a format: headings, members of records and namespaces, all of them required."""

    headings: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    """Paths of JSON members: `names`, `locations.geonames_id`, `response.docs`."""
    namespaces: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    """Patterns of how the values of a column begin, by heading."""
    file: str = ""
    """Name for such a file in `raw/`; empty to keep its own."""

    def count_features(
        self,
        headings: Collection[str],
        members: Collection[str],
        namespaces: Collection[str],
        values: Mapping[str, Sequence[str]],
    ) -> int:
        """Count the features of the format in a file; 0 unless it has all of them."""
        pairs = (
            ({fold_heading(each) for each in self.headings}, {*map(fold_heading, headings)}),
            ({*self.members}, {*members}),
            ({*self.namespaces}, {*namespaces}),
        )
        wanted = sum(len(features) for features, _ in pairs) + len(self.values)
        found_all = all(features <= found for features, found in pairs)
        return wanted if found_all and self._has_values(values) else 0

    def _has_values(self, values: Mapping[str, Sequence[str]]) -> bool:
        """Tell whether the columns of a file have values of the format."""
        folded = {fold_heading(heading): found for heading, found in values.items()}
        for heading, pattern in self.values.items():
            found = folded.get(fold_heading(heading), ())
            matching = sum(bool(re.match(pattern, value)) for value in found)
            if not found or matching < MIN_SHARE * len(found):
                return False
        return True


def parse_recognition(entries: Mapping[str, Any]) -> Recognition | None:
    """Parse a `[recognise]` table; None where it is empty. Raises ValueError."""
    if not entries:
        return None
    toml_entries.require_known_entries(entries, RECOGNISE_ENTRIES, "recognise.")
    return Recognition(
        _get_texts(entries, "headings"),
        _get_texts(entries, "members"),
        _get_texts(entries, "namespaces"),
        _get_patterns(entries),
        toml_entries.get_text(entries, "file", "recognise."),
    )


def _get_texts(entries: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = entries.get(name, [])
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise ValueError(f"recognise.{name} = {values!r} is no list of texts")
    return tuple(values)


def _get_patterns(entries: Mapping[str, Any]) -> dict[str, str]:
    table = toml_entries.get_table(entries, "values")
    patterns = {name: toml_entries.get_text(table, name, "recognise.values.") for name in table}
    for name, pattern in patterns.items():
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(
                f"recognise.values.{name} = {pattern!r} is no regular expression: {error}"
            ) from None
    return patterns
