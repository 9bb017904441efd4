"""Releases: frozen, sealed, listed, verified, compared and put back."""

from kg.releases.compare import Change, Difference, compare
from kg.releases.freeze import Contents, freeze
from kg.releases.identity import Identity, identify
from kg.releases.seal import build_lock, keep_only, move_current, verify

__all__ = [
    "Change",
    "Contents",
    "Difference",
    "Identity",
    "build_lock",
    "compare",
    "freeze",
    "identify",
    "keep_only",
    "move_current",
    "verify",
]
