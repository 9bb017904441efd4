"""Update base: the earlier release whose files a new one may share and build upon.

Only what the same code, model and engines made is built upon: all else is written anew.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from kg.errors import ReleaseError
from kg.release_layout import Release
from kg.releases.atomic_publish import find_altered_files
from kg.releases.differences import VERSIONS_FILE, WHOLE_DUMP
from kg.releases.release_id import ReleaseIdentity

STORE_BASE_KEY: Final = "store_base"
"""Where a manifest names the release on whose store its own is built, None where it is on none."""
MODEL_PREFIXES: Final = ("ontology/", "shapes/")

log = logging.getLogger(__name__)


def is_of_same_make(release: Release, identity: ReleaseIdentity) -> bool:
    """Whether a release was made by this code and these engines, of this model."""
    manifest = release.read_manifest()
    return manifest.get("versions") == identity.versions and _select_model(
        manifest.get("inputs", {})
    ) == _select_model(identity.inputs)


def find_store_base(previous: Release, identity: ReleaseIdentity) -> Release | None:
    """The release whose store is updated where `previous` is followed; None where all is loaded.

    It is the last one that was loaded as a whole: so a store is never more than one difference
    away from data in order, and RocksDB has nothing to merge.
    """
    try:
        name = previous.read_manifest().get(STORE_BASE_KEY) or previous.id
        base = Release(previous.folder.with_name(name))
        if not is_of_same_make(base, identity) or base.read_manifest().get(STORE_BASE_KEY):
            return None
        problems = find_altered_files(base, [VERSIONS_FILE, WHOLE_DUMP, *_list_store_files(base)])
    except (OSError, ReleaseError) as error:
        problems = [str(error)]
    if problems:
        log.warning("a store was not built upon", extra={"reason": "; ".join(problems[:5])})
        return None
    return base


def _list_store_files(release: Release) -> list[str]:
    prefix = f"{release.store.name}/"
    return [name for name in release.read_manifest().get("files", {}) if name.startswith(prefix)]


def _select_model(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if name.startswith(MODEL_PREFIXES)}
