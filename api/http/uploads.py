"""Uploaded files, streamed to a private folder within limits of size, number and time.

Two ways: a form (`multipart/form-data`), or one file as the body with its Content-Type. A name
that was sent is cleaned of what a path could be made of; it only serves to say which file is meant.
"""

import re
import unicodedata
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import unquote

from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from api.http import request_body
from api.http.multipart import MultipartReader
from api.http.problems import RequestTooLarge, UnsupportedMediaType
from kg.errors import BadRequest
from kg.formats import (
    ATOM,
    CSV,
    GEOJSON,
    GRAPH_FORMATS,
    ICALENDAR,
    JSON,
    JSON_LD,
    JSON_LINES,
    MULTIPART,
    OCTETS,
    PARQUET,
    RDF_XML,
    RSS,
    SPARQL_TSV,
    TEXT,
    XLSX,
)

TABLE_FORMATS: Final = (
    *(CSV, SPARQL_TSV, XLSX, JSON, JSON_LINES, GEOJSON, PARQUET, ICALENDAR, ATOM, RSS),
)
OTHER_MEDIA_TYPES: Final = {
    TEXT.media_type: CSV.extension,
    "application/x-ndjson": JSON_LINES.extension,
    "application/xml": RDF_XML.extension,
    "text/xml": RDF_XML.extension,
    "application/x-turtle": "ttl",
    "application/vnd.ms-excel": CSV.extension,  # what Windows calls a CSV file
}
EXTENSION_BY_MEDIA_TYPE: Final = OTHER_MEDIA_TYPES | {
    f.media_type: f.extension for f in (*TABLE_FORMATS, *GRAPH_FORMATS, JSON_LD)
}
OTHER_EXTENSIONS: Final = (
    "txt",
    "tab",
    "ndjson",
    "xls",
    "xlsm",
    "ods",
    "xml",
    "tei",
    "owl",
    "skos",
    "ical",
)
EXTENSIONS: Final = frozenset((*EXTENSION_BY_MEDIA_TYPE.values(), *OTHER_EXTENSIONS))

FORM_OVERHEAD_BYTES: Final = 256 * 1024
"""Bytes that a form may have beside its files."""
MAX_FILES: Final = 20
MAX_BOUNDARY_LENGTH: Final = 70
"""Characters of the boundary of a form (RFC 2046, 5.1.1)."""
MAX_NAME_BYTES: Final = 120
"""Bytes of a name without its extension."""
UNSAFE_CHARACTERS: Final = re.compile(r"[^\w .()-]+")


@dataclass(frozen=True)
class Upload:
    """What was sent: the files, and the fields beside them."""

    files: tuple[Path, ...]
    fields: Mapping[str, str]


async def receive_files(request: Request, folder: Path, most: int) -> Upload:
    """The files of a request in a folder.

    Raises RequestTooLarge as soon as there is too much, RequestTooSlow, UnsupportedMediaType,
    BadRequest.
    """
    stated = request.headers.get("content-length", "0")
    media_type, options = parse_options_header(request.headers.get("content-type", ""))
    form = media_type.decode("latin-1") == MULTIPART.media_type
    if stated.isdigit() and int(stated) > most + FORM_OVERHEAD_BYTES * form:
        raise _upload_too_large_error(most)
    tray = UploadFolder(folder, most)
    chunks = _stream_chunks(request, most + FORM_OVERHEAD_BYTES)
    if not form:
        await _receive_body(request, tray, chunks, media_type.decode("latin-1"))
        return Upload(tuple(tray.files), {})
    if not 0 < len(options.get(b"boundary", b"")) <= MAX_BOUNDARY_LENGTH:
        raise BadRequest(
            f"the form has no boundary, or one of more than {MAX_BOUNDARY_LENGTH} characters",
            f"le formulaire n'a pas de délimiteur, ou il a plus de {MAX_BOUNDARY_LENGTH} "
            "caractères",
        )
    parts = MultipartReader(options[b"boundary"], tray.create_file, tray.count_bytes)
    try:
        async for chunk in chunks:
            parts.write(chunk)
    finally:
        parts.close()
    parts.finish()
    return Upload(tuple(tray.files), parts.fields)


class UploadFolder:
    """The folder that files are put in, each in one of its own, counted together."""

    def __init__(self, folder: Path, most: int) -> None:
        self.files: list[Path] = []
        self._folder = folder
        self._most = most
        self._bytes = 0

    def count_bytes(self, size: int) -> None:
        """Raises RequestTooLarge where the files are together."""
        self._bytes += size
        if self._bytes > self._most:
            raise _upload_too_large_error(self._most)

    def create_file(self, name: str, media_type: str) -> IO[bytes]:
        """A file for what is sent under a name. Raises UnsupportedMediaType, BadRequest."""
        if len(self.files) >= MAX_FILES:
            raise BadRequest(
                f"{MAX_FILES} files may be sent at once",
                f"on peut envoyer {MAX_FILES} fichiers à la fois",
            )
        own = self._folder / str(len(self.files))
        own.mkdir(parents=True)
        path = own / sanitize_name(name, media_type)
        self.files.append(path)
        return path.open("xb")


def sanitize_name(name: str, media_type: str) -> str:
    """A name without what a path could be made of, with the extension that says what it is.

    Raises UnsupportedMediaType where neither the name nor the media type says it.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    stem, dot, extension = UNSAFE_CHARACTERS.sub("_", last).rpartition(".")
    if not dot:
        stem, extension = extension, ""
    if extension.lower() not in EXTENSIONS:
        mapped_extension = EXTENSION_BY_MEDIA_TYPE.get(media_type.strip().lower())
        if mapped_extension is None or extension:
            raise _unsupported_type_error(f".{extension}" if extension else media_type)
        extension = mapped_extension
    stem = stem.strip(" .").encode()[:MAX_NAME_BYTES].decode("utf-8", "ignore") or "file"
    return f"{stem}.{extension.lower()}"


async def _receive_body(
    request: Request, tray: UploadFolder, chunks: AsyncIterator[bytes], media_type: str
) -> None:
    name = request.query_params.get("name") or _read_disposition_name(request)
    with tray.create_file(name, media_type) as file:
        async for chunk in chunks:
            tray.count_bytes(len(chunk))
            file.write(chunk)


def _read_disposition_name(request: Request) -> str:
    """The name that a Content-Disposition header gives (RFC 6266)."""
    header = request.headers.get("content-disposition", "")
    extended = re.search(r"filename\*\s*=\s*utf-8'[^']*'([^;\s]+)", header, re.IGNORECASE)
    if extended:
        return unquote(extended[1])
    return parse_options_header(header)[1].get(b"filename", b"").decode("utf-8", "replace")


async def _stream_chunks(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body as it comes, no longer than it may be and not slower than it may come."""
    size = 0
    async for chunk in request_body.stream_body(request):
        size += len(chunk)
        if size > most:
            raise _upload_too_large_error(most - FORM_OVERHEAD_BYTES)
        yield chunk


def _upload_too_large_error(most: int) -> RequestTooLarge:
    english, french = f"{most / 1024 / 1024:,.3g}", f"{most / 1024 / 1024:.3g}".replace(".", ",")
    return RequestTooLarge(
        f"the files are limited to {english} MB together; these are larger; "
        "send fewer rows at a time, or check them locally with `ess-kg check`",
        f"les fichiers sont limités à {french} Mo en tout ; ceux-ci sont plus gros ; "
        "envoyez moins de lignes à la fois, ou vérifiez-les sur votre machine avec `ess-kg check`",
    )


def _unsupported_type_error(what: str) -> UnsupportedMediaType:
    tables, graphs = (
        ", ".join(f".{f.extension}" for f in formats) for formats in (TABLE_FORMATS, GRAPH_FORMATS)
    )
    if what in ("", OCTETS.media_type, "application/x-www-form-urlencoded"):
        return UnsupportedMediaType(
            "what kind of file this is was not said: send it as a form "
            "(curl -F file=@organisations.csv) or with its Content-Type (text/csv)",
            "il n'est pas dit de quelle sorte de fichier il s'agit : envoyez-le par un formulaire "
            "(curl -F file=@organisations.csv) ou avec son Content-Type (text/csv)",
        )
    return UnsupportedMediaType(
        f"{what} files are not read here; send a table ({tables}) or RDF ({graphs})",
        f"les fichiers {what} ne sont pas lus ici ; envoyez un tableau ({tables}) "
        f"ou du RDF ({graphs})",
    )
