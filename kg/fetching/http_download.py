"""HTTP download of one file: conditional, resumed where it was broken off, checked and limited.

https://www.rfc-editor.org/rfc/rfc9110 (conditional requests, ranges).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import httpx

from kg.errors import FetchError
from kg.fetching.http_requests import BUSY_STATUSES, Connection, raise_for_status
from kg.file_hash import hash_file
from kg.sources.fetch_plan import FileOrigin

CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
MARKUP_TYPES: Final = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True)
class Validators:
    """What tells one version of a file from another: its address, ETag and Last-Modified."""

    url: str = ""
    etag: str = ""
    last_modified: str = ""

    @property
    def range_condition(self) -> str:
        """What If-Range takes: a strong ETag, else the date; empty where there is neither."""
        if self.etag:
            return "" if self.etag.startswith("W/") else self.etag
        return self.last_modified

    def build_conditions(self) -> dict[str, str]:
        """The headers that ask for the file only if it is another one."""
        if self.etag:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.last_modified} if self.last_modified else {}


def download_file(
    connection: Connection, origin: FileOrigin, path: Path, known: Validators
) -> Validators | None:
    """Downloads a file to a path; None where it is the one that is known already.

    What was received of it before goes on from there. Raises FetchError; what was received stays
    for the next time, unless it is not what was to come.
    """
    part = PartialFile(path)
    attempt = 0
    while True:
        attempt += 1
        try:
            received = _receive(connection, origin, part, known)
        except httpx.HTTPError as error:
            if not connection.try_again(attempt, repr(error)):
                raise _make_broken_error(origin, part, error) from error
            continue
        if isinstance(received, _Busy):
            if not connection.try_again(attempt, str(received.status), received.retry_after):
                raise FetchError(
                    f"{origin.url} answers {received.status}: it is busy; try again later",
                    f"{origin.url} répond {received.status} : il est surchargé ; réessayez plus "
                    "tard",
                )
            continue
        if received is not None:
            _require_checksum(origin, part)
            part.finish()
        return received


class PartialFile:
    """What was received of a file so far, with the version that it is of."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.received = path.with_name(f"{path.name}.part")
        self._about = path.with_name(f"{path.name}.part.json")

    def read_version(self) -> Validators:
        """The version that the part is of; nothing where it cannot be gone on with."""
        try:
            return Validators(**json.loads(self._about.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return Validators()

    def begin(self, version: Validators) -> None:
        """Forgets what was received, and notes what comes now."""
        self.received.unlink(missing_ok=True)
        self._about.write_text(json.dumps(asdict(version)), "utf-8")

    def count_bytes(self) -> int:
        return self.received.stat().st_size if self.received.is_file() else 0

    def discard(self) -> None:
        self.received.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)

    def finish(self) -> None:
        self.received.replace(self.path)
        self._about.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Busy:
    status: int
    retry_after: str


def _receive(
    connection: Connection, origin: FileOrigin, part: PartialFile, known: Validators
) -> Validators | _Busy | None:
    headers = known.build_conditions() if known.url == origin.url else {}
    there = part.count_bytes()
    version = part.read_version()
    if there and version.url == origin.url and version.range_condition:
        headers |= {"Range": f"bytes={there}-", "If-Range": version.range_condition}
    else:
        part.discard()
        there = 0
    with connection.get(origin.url, headers) as response:
        if response.status_code == httpx.codes.NOT_MODIFIED:
            part.discard()
            return None
        if response.status_code in BUSY_STATUSES:
            return _Busy(response.status_code, response.headers.get("retry-after", ""))
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.discard()  # all of it was there, or it is another file: from the beginning
            return _receive(connection, origin, part, known)
        raise_for_status(response, origin.url)
        _require_no_web_page(response, origin)
        fresh = Validators(
            origin.url,
            response.headers.get("etag", ""),
            response.headers.get("last-modified", ""),
        )
        if response.status_code == httpx.codes.PARTIAL_CONTENT:
            if _find_range_start(response) != there:
                part.discard()
                raise httpx.RemoteProtocolError("the range is not the one that was asked for")
            fresh = version
        else:
            part.begin(fresh)
            there = 0
        _append(response, origin, part, there)
        return fresh


def _append(response: httpx.Response, origin: FileOrigin, part: PartialFile, there: int) -> None:
    stated = response.headers.get("content-length", "")
    if stated.isdigit():
        _require_size(origin, part, there + int(stated))
    with part.received.open("ab") as file:
        for chunk in _iter_body(response):
            there += len(chunk)
            _require_size(origin, part, there)
            file.write(chunk)
    if not there:
        part.discard()
        raise FetchError(f"{origin.url} is empty", f"{origin.url} est vide")


def _iter_body(response: httpx.Response) -> Iterator[bytes]:
    """The body as it comes, decoded where a server compresses what it was asked not to.

    Not in chunks of a size: what httpx has gathered for one is lost when the connection breaks off.
    """
    return response.iter_bytes()


def _find_range_start(response: httpx.Response) -> int:
    match = CONTENT_RANGE.match(response.headers.get("content-range", ""))
    return int(match[1]) if match else -1


def _require_size(origin: FileOrigin, part: PartialFile, size: int) -> None:
    if size > origin.max_bytes:
        part.discard()
        raise too_large(origin.url, origin.max_bytes)


def too_large(url: str, most: int) -> FetchError:
    """What is said of what is larger than it may be."""
    megabytes = f"{most / 1000**2:g}"
    return FetchError(
        f"{url} is larger than {megabytes} MB: if that is meant, write size_max in [fetch]",
        f"{url} dépasse {megabytes} Mo : si c'est voulu, écrivez size_max dans [fetch]",
    )


def _require_no_web_page(response: httpx.Response, origin: FileOrigin) -> None:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in MARKUP_TYPES and not origin.file.endswith((".html", ".htm", ".xhtml")):
        raise FetchError(
            f"{origin.url} gives a web page, not the file {origin.file}: its publisher has moved "
            "it, or wants an account; open it in a browser",
            f"{origin.url} donne une page web, et non le fichier {origin.file} : il a été déplacé, "
            "ou demande un compte ; ouvrez-la dans un navigateur",
        )


def _require_checksum(origin: FileOrigin, part: PartialFile) -> None:
    if not origin.sha256:
        return
    found = hash_file(part.received)
    if found != origin.sha256:
        part.discard()
        raise FetchError(
            f"{origin.url} has the SHA-256 {found}, not {origin.sha256} as [fetch] states: it was "
            "damaged on the way, or its publisher has changed it",
            f"{origin.url} a pour SHA-256 {found}, et non {origin.sha256} comme [fetch] l'indique :"
            " il a été abîmé en chemin, ou son éditeur l'a changé",
        )


def _make_broken_error(origin: FileOrigin, part: PartialFile, error: Exception) -> FetchError:
    there = part.count_bytes()
    resumable = bool(part.read_version().range_condition and there)
    reason = str(error) or type(error).__name__
    english = f"; the {there:,} bytes received are kept: fetch again to go on" if resumable else ""
    french = (
        f" ; les {there} octets reçus sont gardés : relancez pour continuer" if resumable else ""
    )
    return FetchError(
        f"{origin.url} cannot be fetched: {reason}{english}",
        f"{origin.url} ne se rapatrie pas : {reason}{french}",
    )
