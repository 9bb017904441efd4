"""Source fetch: every file of a source staged, then put into its `raw/` folder together.

Nothing of the source changes before all of its files are there, and what did not change stays as
it is, with the day on which it was brought.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from kg.errors import FetchError
from kg.fetching.api_pages import download_pages
from kg.fetching.fetch_state import FetchState, read_fetch_state, write_fetch_state
from kg.fetching.http_download import Validators, download_file
from kg.fetching.http_requests import Connection, Wait
from kg.fetching.sparql_construct import construct_graph
from kg.fetching.xml_pages import download_xml_pages
from kg.fetching.zip_member import extract_member
from kg.file_hash import hash_file
from kg.sources import Source
from kg.sources.fetch_plan import FileOrigin
from kg.sources.fetched_files import FetchedFile, read_fetched_files, write_fetched_files

RAW: Final = "raw"
LOCK_FILE: Final = ".lock"
FileStatus = Literal["new", "changed", "unchanged"]


@dataclass(frozen=True)
class StagedFile:
    """One file as it was brought: where it waits, and whether it differs from the one in `raw/`."""

    name: str
    status: FileStatus
    bytes: int
    path: Path | None = None
    """Where it waits; None where it is unchanged."""
    about: FetchedFile | None = None


@dataclass(frozen=True)
class FetchedSource:
    """The files of a source, brought and not yet in their place."""

    source: Source
    folder: Path
    """The folder of its fetches."""
    files: Sequence[StagedFile]
    validators: Mapping[str, Validators] = field(default_factory=dict)

    @property
    def has_changed(self) -> bool:
        return any(file.path for file in self.files)

    def put_in_place(self) -> None:
        """Replaces the files of `raw/` that changed, each in one step."""
        raw = self.source.folder / RAW
        raw.mkdir(exist_ok=True)
        noted = read_fetched_files(self.source.folder)
        for file in self.files:
            if file.path and file.about:
                _move(file.path, raw / file.name)
                noted[file.name] = file.about
        if self.has_changed:
            write_fetched_files(self.source.folder, noted)
        write_fetch_state(self.folder, self.validators)

    def put_aside(self) -> Path:
        """Keeps the files that changed out of the source, for somebody to look at; where."""
        held = self.folder / "held"
        shutil.rmtree(held, ignore_errors=True)
        held.mkdir()
        for file in self.files:
            if file.path:
                _move(file.path, held / file.name)
        write_fetch_state(self.folder, {})
        return held


def fetch_source(
    source: Source, folder: Path, *, local: Path | None = None, wait: Wait = time.sleep
) -> FetchedSource:
    """Brings the files of a source into its `raw/` folder. Raises FetchError."""
    with stage_source(source, folder, local=local, wait=wait) as fetched:
        fetched.put_in_place()
        return fetched


@contextmanager
def stage_source(
    source: Source, folder: Path, *, local: Path | None = None, wait: Wait = time.sleep
) -> Iterator[FetchedSource]:
    """Brings the files of a source to `folder`, that of its fetches, and leaves `raw/` as it is.

    `local` is a file of this machine that is taken instead of the one file to be fetched. Raises
    FetchError where one of them cannot be had, or another process fetches the source.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(source, folder):
        if local is not None:
            name = _find_local_name(source, local)
            staged = folder / name
            shutil.copyfile(local, staged)
            yield FetchedSource(source, folder, [_compare(source, name, staged, Validators())])
            return
        if source.fetch is None:
            raise FetchError(
                f"source {source.name} does not say where its files come from: write [fetch] in "
                f"its source.toml, or give a file with --from",
                f"la source {source.name} ne dit pas d'où viennent ses fichiers : écrivez [fetch] "
                "dans son source.toml, ou donnez un fichier avec --from",
            )
        state = read_fetch_state(folder)
        files, validators = [], {}
        for origin in source.fetch.files:
            brought, fresh = _bring(source, origin, folder, state, wait)
            files.append(_compare(source, origin.file, brought, fresh))
            validators[origin.file] = fresh
        yield FetchedSource(source, folder, files, validators)


def _bring(
    source: Source, origin: FileOrigin, folder: Path, state: FetchState, wait: Wait
) -> tuple[Path | None, Validators]:
    """Where a file waits, None where its publisher says that it is the one of before."""
    path = folder / origin.file
    with Connection(origin.headers, wait) as connection:
        if origin.endpoint:
            construct_graph(connection, origin, _read_query(source, origin), path)
            return path, Validators(origin.endpoint)
        if origin.pages:
            download = download_xml_pages if origin.has_xml_pages else download_pages
            download(connection, origin, origin.pages, path)
            return path, Validators(origin.url)
        known = state.validators.get(origin.file, Validators())
        if not _is_as_fetched(source, origin):
            known = Validators()
        wanted = path.with_name(f"{path.name}.zip") if origin.member else path
        fresh = download_file(connection, origin, wanted, known)
        if fresh is None:
            return None, known
        if origin.member:
            extract_member(origin, wanted, path)
            wanted.unlink()
        return path, fresh


def _is_as_fetched(source: Source, origin: FileOrigin) -> bool:
    """Whether `raw/` has the file as it was brought from the same address."""
    noted = read_fetched_files(source.folder).get(origin.file)
    path = source.folder / RAW / origin.file
    return (
        noted is not None
        and noted.url == origin.url
        and path.is_file()
        and hash_file(path) == noted.sha256
    )


def _compare(source: Source, name: str, staged: Path | None, validators: Validators) -> StagedFile:
    there = source.folder / RAW / name
    if staged is None:
        return StagedFile(name, "unchanged", there.stat().st_size)
    sha256, size = hash_file(staged), staged.stat().st_size
    noted = read_fetched_files(source.folder).get(name)
    if there.is_file() and hash_file(there) == sha256 and noted:
        staged.unlink()
        return StagedFile(name, "unchanged", size)
    about = FetchedFile(
        validators.url, sha256, size, datetime.now(UTC).date().isoformat(),
        validators.etag, validators.last_modified,
    )  # fmt: skip
    return StagedFile(name, "changed" if there.is_file() else "new", size, staged, about)


def _find_local_name(source: Source, local: Path) -> str:
    """The name in `raw/` of the file that a file of this machine stands for."""
    if not local.is_file():
        raise FetchError(f"{local} is no file", f"{local} n'est pas un fichier")
    planned = [origin.file for origin in source.fetch.files] if source.fetch else []
    there = [path.name for path in sorted((source.folder / RAW).glob("*")) if path.is_file()]
    names = list(dict.fromkeys([*planned, *there]))
    if local.name in names:
        return local.name
    if len(planned) == 1 or len(names) == 1:
        return (planned or names)[0]
    if not names:
        return local.name
    raise FetchError(
        f"source {source.name} has the files {', '.join(names)}: call {local.name} as one of them",
        f"la source {source.name} a les fichiers {', '.join(names)} : nommez {local.name} comme "
        "l'un d'eux",
    )


def _read_query(source: Source, origin: FileOrigin) -> str:
    if not origin.query.endswith(".rq"):
        return origin.query
    path = (source.folder / origin.query).resolve()
    if not path.is_relative_to(source.folder.resolve()) or not path.is_file():
        raise FetchError(
            f"source {source.name}: there is no file {origin.query} in its folder",
            f"source {source.name} : il n'y a pas de fichier {origin.query} dans son dossier",
        )
    return path.read_text("utf-8")


def _move(path: Path, place: Path) -> None:
    """Moves a file in one step, also between file systems."""
    if path.stat().st_dev == place.parent.stat().st_dev:
        path.replace(place)
        return
    beside = place.with_name(f".{place.name}.fresh")
    shutil.copyfile(path, beside)
    beside.replace(place)
    path.unlink()


@contextmanager
def _lock(source: Source, folder: Path) -> Iterator[None]:
    handle = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FetchError(
                f"source {source.name} is being fetched by another process",
                f"la source {source.name} est en cours de rapatriement par un autre processus",
            ) from error
        yield
    finally:
        os.close(handle)
