"""Near values: those that somebody may have meant who wrote another one."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from kg.catalogue.text_analysis import fold

MAX_NEAR: Final = 3
LIKENESS: Final = 0.75
"""Share of letters in common from which one word may stand for another (difflib)."""
MIN_PART: Final = 3
"""Letters of a part of a name from which it may stand for the name."""


def find_near(written: str, names: Mapping[str, str]) -> list[str]:
    """Return the values whose name is nearest to what was written, best first.

    `names` leads from each name to its value: the order decides among names that contain it.
    """
    folded: dict[str, str] = {}
    for name, value in names.items():
        folded.setdefault(_normalize(name), value)
    wanted = _normalize(written)
    same = [folded[wanted]] if wanted in folded else []
    parts = [value for name, value in folded.items() if len(wanted) >= MIN_PART and wanted in name]
    alike = [folded[name] for name in get_close_matches(wanted, folded, MAX_NEAR, LIKENESS)]
    return list(dict.fromkeys([*same, *alike, *parts]))[:MAX_NEAR]


def _normalize(name: str) -> str:
    return fold(name.rpartition("/")[2]).replace("-", " ").strip()
