"""The identity of a release: a fingerprint of everything it is built from."""

import hashlib
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from kg.errors import BuildError

ENGINES: Final = ("pyoxigraph", "duckdb", "pyshacl", "rdflib")
CODE: Final = Path(__file__).parents[1]
CODED: Final = ("*.py", "*.rq", "*.html")


@dataclass(frozen=True)
class Identity:
    """The id of a release, the inputs it follows from (name to SHA-256) and the versions used."""

    id: str
    inputs: Mapping[str, str]
    versions: Mapping[str, str]

    def digest_of(self, prefix: str) -> str:
        """A short fingerprint of the inputs whose name begins so."""
        digest = hashlib.sha256()
        for name, value in self.inputs.items():
            if name.startswith(prefix):
                digest.update(f"{name}\0{value}\n".encode())
        return digest.hexdigest()[:12]


def identify(files: Iterable[tuple[str, Path]]) -> Identity:
    """The identity of a build from these named files: the same inputs give the same id."""
    inputs = {name: sha256(path) for name, path in sorted(files)}
    versions = {name: metadata.version(name) for name in ("ess-kg", *ENGINES)}
    digest = hashlib.sha256()
    for name, value in (*sorted(inputs.items()), *sorted(versions.items()), ("code", _code())):
        digest.update(f"{name}\0{value}\n".encode())
    return Identity(
        digest.hexdigest()[:16], inputs, {**versions, "python": platform.python_version()}
    )


def hold(identity: Identity, files: Iterable[tuple[str, Path]]) -> None:
    """Raises BuildError where these files are not those that the identity was taken of any more."""
    try:
        now = {name: sha256(path) for name, path in files}
    except OSError as error:
        raise BuildError(f"an input went while it was read ({error}): build again") from error
    before = identity.inputs
    changed = [name for name in before.keys() | now.keys() if before.get(name) != now.get(name)]
    if changed:
        raise BuildError(
            f"{', '.join(sorted(changed)[:5])} changed while the build was reading: build again"
        )


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _code() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for kind in CODED for path in CODE.rglob(kind)):
        digest.update(path.relative_to(CODE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
