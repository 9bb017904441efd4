"""Release identifier: a hash of all inputs of a build."""

import hashlib
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from kg.errors import BuildError
from kg.file_hash import hash_file
from kg.installation import InstallationPaths
from kg.mapping.moved_keys import MOVED_FILE, WITHDRAWN_FILE
from kg.resolution.judgements import JUDGEMENTS_FILE
from kg.resolution.queue import QUEUE_FILE
from kg.sources import Source
from kg.suppression_list import FORGOTTEN_FOLDER, LIST_FILE

ENGINE_PACKAGES: Final = ("pyoxigraph", "duckdb", "pyshacl", "rdflib")
CODE_ROOT: Final = Path(__file__).parents[1]
CODE_PATTERNS: Final = ("*.py", "*.rq", "*.html")


@dataclass(frozen=True)
class ReleaseIdentity:
    """The id of a release, the inputs it follows from (name to SHA-256) and the versions used."""

    id: str
    inputs: Mapping[str, str]
    versions: Mapping[str, str]

    def compute_digest(self, prefix: str) -> str:
        """A short fingerprint of the inputs whose name begins so."""
        digest = hashlib.sha256()
        for name, value in self.inputs.items():
            if name.startswith(prefix):
                digest.update(f"{name}\0{value}\n".encode())
        return digest.hexdigest()[:12]

    def compute_source_digest(self, source: str) -> str:
        """A digest of all that the mapped rows of a source follow from: its files and corrections,
        the ontology, the code and the engines."""
        own = (f"sources/{source}/", f"corrections/{source}/", "ontology/")
        digest = hashlib.sha256()
        followed = (item for item in self.inputs.items() if item[0].startswith(own))
        for name, value in (*followed, *sorted(self.versions.items())):
            digest.update(f"{name}\0{value}\n".encode())
        return digest.hexdigest()


def compute_identity(files: Iterable[tuple[str, Path]]) -> ReleaseIdentity:
    """The identity of a build from these named files: the same inputs give the same id."""
    inputs = {name: hash_file(path) for name, path in sorted(files)}
    versions = {name: metadata.version(name) for name in ("ess-kg", *ENGINE_PACKAGES)}
    digest = hashlib.sha256()
    code = _hash_code()
    for name, value in (*sorted(inputs.items()), *sorted(versions.items()), ("code", code)):
        digest.update(f"{name}\0{value}\n".encode())
    versions |= {"python": platform.python_version(), "code": code[:16]}
    return ReleaseIdentity(digest.hexdigest()[:16], inputs, versions)


def list_inputs(paths: InstallationPaths, sources: Sequence[Source]) -> Iterator[tuple[str, Path]]:
    """The files that a release follows from, by the names that its identity has for them."""
    for source in sources:
        for path in source.list_files():
            yield f"sources/{source.name}/{path.relative_to(source.folder).as_posix()}", path
    for path in sorted(paths.corrections.glob("*/*.csv")):
        yield f"corrections/{path.parent.name}/{path.name}", path
    for folder in ("ontology", "shapes"):
        for path in sorted((paths.model / folder).rglob("*")):
            if path.is_file():
                yield path.relative_to(paths.model).as_posix(), path
    for name in (MOVED_FILE, WITHDRAWN_FILE, JUDGEMENTS_FILE, QUEUE_FILE):
        if (paths.data / name).is_file():
            yield name, paths.data / name
    suppressions = paths.data / FORGOTTEN_FOLDER / LIST_FILE
    if suppressions.is_file():
        yield f"{FORGOTTEN_FOLDER}/{LIST_FILE}", suppressions


def require_unchanged_inputs(identity: ReleaseIdentity, files: Iterable[tuple[str, Path]]) -> None:
    """Raises BuildError where these files are not those that the identity was taken of any more."""
    try:
        now = {name: hash_file(path) for name, path in files}
    except OSError as error:
        raise BuildError(f"an input went while it was read ({error}): build again") from error
    before = identity.inputs
    changed = [name for name in before.keys() | now.keys() if before.get(name) != now.get(name)]
    if changed:
        raise BuildError(
            f"{', '.join(sorted(changed)[:5])} changed while the build was reading: build again"
        )


def _hash_code() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for kind in CODE_PATTERNS for path in CODE_ROOT.rglob(kind)):
        digest.update(path.relative_to(CODE_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
