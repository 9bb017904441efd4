"""Streaming parser of multipart/form-data: files go to disk as they arrive (RFC 7578).

The parser is python-multipart's; what it is fed and what it may bring are bounded here.

Specification: https://www.rfc-editor.org/rfc/rfc7578
"""

from collections.abc import Callable
from typing import IO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from kg.errors import BadRequest

MAX_PARTS: Final = 40
MAX_FIELD_BYTES: Final = 1000

FileOpener = Callable[[str, str], IO[bytes]]
"""Opens the file for what is sent under a name and a media type."""


class MultipartReader:
    """Reads a form. `write` raises BadRequest, and whatever `create` and `count` raise."""

    def __init__(self, boundary: bytes, create: FileOpener, count: Callable[[int], None]) -> None:
        self.fields: dict[str, str] = {}
        self._create = create
        self._count = count
        self._part_count = 0
        self._header: list[bytes] = [b"", b""]
        self._headers: dict[bytes, bytes] = {}
        self._field: tuple[str, bytearray] | None = None
        self._file: IO[bytes] | None = None
        self._complete = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._start_part,
                "on_header_begin": self._start_header,
                "on_header_field": lambda data, start, end: self._append_header(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._append_header(1, data[start:end]),
                "on_header_end": self._finish_header,
                "on_headers_finished": self._open_part,
                "on_part_data": lambda data, start, end: self._append_data(data[start:end]),
                "on_part_end": self._finish_part,
                "on_end": self._finish_form,
            },
        )

    def write(self, chunk: bytes) -> None:
        """What came next."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _unreadable_form_error(str(error)) from error

    def finish(self) -> None:
        """To be called when nothing comes any more. Raises BadRequest where the end is missing."""
        if not self._complete:
            raise _unreadable_form_error("its end is missing")

    def close(self) -> None:
        """Closes a file that is not complete."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _start_part(self) -> None:
        self._part_count += 1
        self._headers = {}
        if self._part_count > MAX_PARTS:
            raise BadRequest(
                f"a form may have {MAX_PARTS} parts, this one has more",
                f"un formulaire peut avoir {MAX_PARTS} parties, celui-ci en a davantage",
            )

    def _start_header(self) -> None:
        self._header = [b"", b""]

    def _append_header(self, side: int, data: bytes) -> None:
        self._header[side] += data

    def _finish_header(self) -> None:
        name, value = self._header
        self._headers[name.lower()] = value

    def _open_part(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if b"filename" in options:
            name = _decode(options[b"filename"])
            media_type, _ = parse_options_header(self._headers.get(b"content-type", b""))
            self._file = self._create(name, _decode(media_type)) if name else None
        else:
            self._field = _decode(options.get(b"name", b"")), bytearray()

    def _append_data(self, data: bytes) -> None:
        if self._file is not None:
            self._count(len(data))
            self._file.write(data)
        elif self._field is not None:
            self._field[1].extend(data)
            if len(self._field[1]) > MAX_FIELD_BYTES:
                raise BadRequest(
                    f"the field {self._field[0]!r} is too long",
                    f"le champ {self._field[0]!r} est trop long",
                )

    def _finish_part(self) -> None:
        self.close()
        if self._field is not None:
            self.fields[self._field[0]] = _decode(bytes(self._field[1])).strip()
            self._field = None

    def _finish_form(self) -> None:
        self._complete = True


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _unreadable_form_error(why: str) -> BadRequest:
    return BadRequest(
        f"the form cannot be read: {why}", f"le formulaire ne peut pas être lu : {why}"
    )
