"""ZIP member: the one file that is wanted out of an archive."""

import fnmatch
import lzma
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from kg.errors import FetchError
from kg.fetching.http_download import too_large
from kg.sources.fetch_plan import FileOrigin

CHUNK_BYTES: Final = 1 << 20
MAX_SHOWN_NAMES: Final = 10
UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError)
"""Errors of damaged bytes; RuntimeError of an encrypted member, or of an unknown method."""


def extract_member(origin: FileOrigin, archive: Path, path: Path) -> None:
    """Writes the file of an archive that has the name wanted. Raises FetchError."""
    try:
        with zipfile.ZipFile(archive) as opened:
            names = [info.filename for info in opened.infolist() if not info.is_dir()]
            matching = [
                name
                for name in names
                if fnmatch.fnmatchcase(name, origin.member)
                or fnmatch.fnmatchcase(PurePosixPath(name).name, origin.member)
            ]
            if len(matching) != 1:
                listed = ", ".join(names[:MAX_SHOWN_NAMES])
                raise FetchError(
                    f"{origin.url}: {len(matching)} files of the archive are called "
                    f"{origin.member!r}; it has {listed}",
                    f"{origin.url} : {len(matching)} fichiers de l'archive s'appellent "
                    f"« {origin.member} » ; elle a {listed}",
                )
            size = 0
            with opened.open(matching[0]) as member, path.open("wb") as file:
                while chunk := member.read(CHUNK_BYTES):
                    size += len(chunk)
                    if size > origin.max_bytes:
                        raise too_large(f"{origin.url} ({matching[0]})", origin.max_bytes)
                    file.write(chunk)
    except UNREADABLE as error:
        raise FetchError(
            f"{origin.url} is no ZIP archive that can be read: {error}",
            f"{origin.url} n'est pas une archive ZIP lisible : {error}",
        ) from error
