"""Releases: frozen, sealed, listed, verified, compared and restored."""

from kg.releases.atomic_publish import build_lock, prune_releases, restore_release, verify_release
from kg.releases.compare import ChangeCounts, ReleaseDifference, compare_releases
from kg.releases.freeze import ReleaseContents, freeze_release
from kg.releases.release_id import ReleaseIdentity, compute_identity

__all__ = [
    "ChangeCounts",
    "ReleaseContents",
    "ReleaseDifference",
    "ReleaseIdentity",
    "build_lock",
    "compare_releases",
    "compute_identity",
    "freeze_release",
    "prune_releases",
    "restore_release",
    "verify_release",
]
