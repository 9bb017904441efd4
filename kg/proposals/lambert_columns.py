"""Lambert columns: the two columns of a file that are coordinates in Lambert-93."""

import re
from collections.abc import Sequence
from typing import Final

from kg.proposals.file_features import TableFeatures
from kg.sources.header_row import fold_heading

NUMBER: Final = re.compile(r"-?\d{1,3}(?: \d{3})*(?:[.,]\d+)?|-?\d+(?:[.,]\d+)?")
MIN_SHARE: Final = 0.8
X_HEADINGS: Final = re.compile(r"^x|x$|xl93|lambertx|xlambert|abscisse|easting")
Y_HEADINGS: Final = re.compile(r"^y|y$|yl93|lamberty|ylambert|ordonnee|northing")
X_BOUNDS: Final = (0, 1_300_000)
Y_BOUNDS: Final = (6_000_000, 7_200_000)
"""Metropolitan France; coordinates of other projections lie elsewhere."""


def find_lambert_pair(features: TableFeatures) -> tuple[str, str] | None:
    """The headings of x and y; None where no two columns are called so and have such values."""
    x = _find(features, X_HEADINGS, X_BOUNDS)
    y = _find(features, Y_HEADINGS, Y_BOUNDS)
    return (x, y) if x and y else None


def _find(features: TableFeatures, names: re.Pattern[str], bounds: tuple[int, int]) -> str:
    return next(
        (
            heading
            for heading, values in features.values.items()
            if names.search(fold_heading(heading.rpartition(".")[2]))
            and _lie_within(values, bounds)
        ),
        "",
    )


def _lie_within(values: Sequence[str], bounds: tuple[int, int]) -> bool:
    numbers = [
        float(value.replace(" ", "").replace(",", "."))
        for value in values
        if NUMBER.fullmatch(value)
    ]
    inside = [number for number in numbers if bounds[0] <= number <= bounds[1] and number > 1000]
    return bool(values) and len(inside) >= MIN_SHARE * len(values)
