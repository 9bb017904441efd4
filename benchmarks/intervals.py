"""Shares with the interval in which they lie (Wilson, 95 %)."""

from math import sqrt
from typing import Final

Z: Final = 1.959964


def compute_interval(hits: int, among: int) -> tuple[float, float]:
    """The score interval of Wilson of a share."""
    if not among:
        return 0.0, 1.0
    share = hits / among
    centre = share + Z * Z / (2 * among)
    spread = Z * sqrt(share * (1 - share) / among + Z * Z / (4 * among * among))
    scale = 1 + Z * Z / among
    return (centre - spread) / scale, (centre + spread) / scale


def describe_share(hits: int, among: int) -> str:
    """A share with its interval: `0.981 [0.976, 0.985] of 3,667`."""
    low, high = compute_interval(hits, among)
    share = hits / among if among else 1.0
    return f"{share:.3f} [{low:.3f}, {high:.3f}] of {among:,}"
