"""The parts of a form as they arrive: files go to disk, fields are kept, nothing is spooled.

The parser is python-multipart's; what it is fed and what it may bring are bounded here.

Specification: https://www.rfc-editor.org/rfc/rfc7578
"""

from collections.abc import Callable
from typing import IO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from kg.errors import BadRequest

MOST_PARTS: Final = 40
LONGEST_FIELD: Final = 1000

Create = Callable[[str, str], IO[bytes]]
"""Opens the file for what is sent under a name and a media type."""


class Parts:
    """Reads a form. `write` raises BadRequest, and whatever `create` and `count` raise."""

    def __init__(self, boundary: bytes, create: Create, count: Callable[[int], None]) -> None:
        self.fields: dict[str, str] = {}
        self._create = create
        self._count = count
        self._seen = 0
        self._header: list[bytes] = [b"", b""]
        self._headers: dict[bytes, bytes] = {}
        self._field: tuple[str, bytearray] | None = None
        self._file: IO[bytes] | None = None
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_begin": self._header_begin,
                "on_header_field": lambda data, start, end: self._add(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._add(1, data[start:end]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._described,
                "on_part_data": lambda data, start, end: self._data(data[start:end]),
                "on_part_end": self._end,
                "on_end": self._whole,
            },
        )

    def write(self, chunk: bytes) -> None:
        """What came next."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _unreadable(str(error)) from error

    def finish(self) -> None:
        """To be called when nothing comes any more. Raises BadRequest where the end is missing."""
        if not self._ended:
            raise _unreadable("its end is missing")

    def close(self) -> None:
        """Closes a file that is not complete."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self._seen += 1
        self._headers = {}
        if self._seen > MOST_PARTS:
            raise BadRequest(
                f"a form may have {MOST_PARTS} parts, this one has more",
                f"un formulaire peut avoir {MOST_PARTS} parties, celui-ci en a davantage",
            )

    def _header_begin(self) -> None:
        self._header = [b"", b""]

    def _add(self, side: int, data: bytes) -> None:
        self._header[side] += data

    def _header_end(self) -> None:
        name, value = self._header
        self._headers[name.lower()] = value

    def _described(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if b"filename" in options:
            name = _text(options[b"filename"])
            media_type, _ = parse_options_header(self._headers.get(b"content-type", b""))
            self._file = self._create(name, _text(media_type)) if name else None
        else:
            self._field = _text(options.get(b"name", b"")), bytearray()

    def _data(self, data: bytes) -> None:
        if self._file is not None:
            self._count(len(data))
            self._file.write(data)
        elif self._field is not None:
            self._field[1].extend(data)
            if len(self._field[1]) > LONGEST_FIELD:
                raise BadRequest(
                    f"the field {self._field[0]!r} is too long",
                    f"le champ {self._field[0]!r} est trop long",
                )

    def _end(self) -> None:
        self.close()
        if self._field is not None:
            self.fields[self._field[0]] = _text(bytes(self._field[1])).strip()
            self._field = None

    def _whole(self) -> None:
        self._ended = True


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _unreadable(why: str) -> BadRequest:
    return BadRequest(
        f"the form cannot be read: {why}", f"le formulaire ne peut pas être lu : {why}"
    )
