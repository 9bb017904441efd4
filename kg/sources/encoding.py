"""Encoding detection for text files, and their conversion to UTF-8.

A file is UTF-8 if all of it decodes. Otherwise it is in one of the single-byte encodings common in
France: the one that yields the most French letters.
"""

import codecs
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from kg.errors import SourceError
from kg.sources.decompress import READ_CHUNK_BYTES, read_first_bytes
from kg.sources.temp_files import make_temp_path

BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SINGLE_BYTE_ENCODINGS: Final = ("windows-1252", "iso8859-15", "mac-roman", "cp850")
FRENCH_CHARACTERS: Final = frozenset(
    "éèêëàâäîïôöûùüÿçœæÉÈÊËÀÂÄÎÏÔÖÛÙÜÇŒÆñáíóúãõßÑÁ«»’‘“”–—…€°²³·£€§\xa0"
)
SAMPLE_BYTES: Final = 1 << 16


@dataclass(frozen=True)
class PlainText:
    """A UTF-8 text file, with the encoding and line ends of the original."""

    path: Path
    encoding: str
    bom: bool
    valid: bool
    newlines: frozenset[bytes]
    blank_lines: bool
    """True where the file has empty lines."""

    @classmethod
    def from_own_file(cls, path: Path) -> "PlainText":
        """Describe a file that this project wrote, in UTF-8."""
        return cls(path, "utf-8", False, True, *_scan_newlines(path))

    @property
    def encoding_name(self) -> str:
        """Name of the encoding as people write it."""
        return self.encoding.upper() + (" (BOM)" if self.bom else "")


def open_as_utf8(
    db: duckdb.DuckDBPyConnection, path: Path, encoding: str | None = None
) -> PlainText:
    """Return a text file, or its copy in UTF-8. Raises SourceError where it is not a text."""
    head = read_first_bytes(path)
    bom, bom_encoding = next(((b, name) for b, name in BOMS if head.startswith(b)), (b"", None))
    stated = _find_codec_name(encoding, path) if encoding else None
    name = stated or bom_encoding or _detect_utf16(head, path)
    valid = False
    if name is None or name == "utf-8":
        valid = _is_utf8(path)
        name = name or ("utf-8" if valid else _detect_by_decoding(path))
    if name != "utf-8":
        copy = make_temp_path(db, "txt")
        valid = _transcode(path, copy, name, len(bom))
        path = copy
    return PlainText(path, name, bool(bom), valid, *_scan_newlines(path))


def _find_codec_name(encoding: str, path: Path) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise SourceError(
            f"{path.name}: no encoding is called {encoding!r}",
            f"{path.name} : aucun encodage ne s’appelle {encoding!r}",
        ) from error


def _detect_utf16(head: bytes, path: Path) -> str | None:
    """Detect UTF-16 without a byte order mark, by its zero bytes; any other zero is an error."""
    if head.count(0) < max(1, len(head) // 1000):
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > 9 * even and 4 * odd > len(head) // 2:
        return "utf-16-le"
    if even > 9 * odd and 4 * even > len(head) // 2:
        return "utf-16-be"
    raise SourceError(
        f"{path.name} is not a text: save the table as CSV or XLSX",
        f"{path.name} n’est pas un texte : enregistrez la table en CSV ou en XLSX",
    )


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(READ_CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _detect_by_decoding(path: Path) -> str:
    """Choose UTF-8 if most non-ASCII characters decode, else the best single-byte encoding."""
    good = bad = 0
    sample = b""
    for chunk in _iter_line_chunks(path):
        try:
            text = chunk.decode()
        except UnicodeDecodeError as error:
            text = chunk.decode(errors="replace")
            bad += text.count("\ufffd")
            if len(sample) < SAMPLE_BYTES:
                sample += chunk[
                    max(0, error.start - SAMPLE_BYTES // 2) : error.start + SAMPLE_BYTES // 2
                ]
        if not text.isascii():
            good += len(text) - len(text.encode("ascii", "ignore")) - text.count("\ufffd")
    return "utf-8" if good >= bad else _detect_single_byte(sample)


def _detect_single_byte(sample: bytes) -> str:
    counted = Counter(byte for byte in sample if byte > 0x7F)

    def expected(encoding: str) -> int:
        letters = {byte: bytes([byte]).decode(encoding, "replace") for byte in counted}
        return sum(times for byte, times in counted.items() if letters[byte] in FRENCH_CHARACTERS)

    return max(SINGLE_BYTE_ENCODINGS, key=expected)


def _iter_line_chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in chunks that end with a line, where it has lines."""
    remainder = b""
    with path.open("rb") as file:
        while chunk := file.read(READ_CHUNK_BYTES):
            cut = chunk.rfind(b"\n") + 1
            yield remainder + chunk[:cut]
            remainder = chunk[cut:]
    yield remainder


def _transcode(path: Path, copy: Path, encoding: str, skip: int) -> bool:
    """Write a file as UTF-8; return whether all of it could be decoded.

    Undecodable bytes are written as invalid UTF-8, so that their lines are rejected, not guessed.
    """
    wide = encoding.startswith("utf-16")
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass" if wide else "surrogateescape")
    valid = True
    with path.open("rb") as file, copy.open("wb") as written:
        file.seek(skip)
        while chunk := file.read(READ_CHUNK_BYTES):
            text = decoder.decode(chunk)
            try:
                data = text.encode()
            except UnicodeEncodeError:
                data, valid = text.encode(errors="surrogatepass"), False
            written.write(data)
        if decoder.getstate()[0]:
            written.write(b"\xff")
            valid = False
    return valid


def _scan_newlines(path: Path) -> tuple[frozenset[bytes], bool]:
    """Return the line ends of a file, and whether it has empty lines."""
    blank = False
    newlines: set[bytes] = set()
    tail = b"\n"
    with path.open("rb") as file:
        while chunk := file.read(READ_CHUNK_BYTES):
            chunk += file.read(1) if chunk.endswith(b"\r") else b""
            newlines |= _find_newlines(chunk)
            twice = (b"\n\n", b"\n\r\n", b"\r\r") if newlines - {b"\n"} else (b"\n\n",)
            seam = tail[-3:] + chunk[:3]
            blank = blank or any(one in chunk or one in seam for one in twice)
            tail = chunk
    return frozenset(newlines), blank


def _find_newlines(chunk: bytes) -> set[bytes]:
    if b"\r" not in chunk:
        return {b"\n"} if b"\n" in chunk else set()
    pairs = chunk.count(b"\r\n")
    presence = {
        b"\r\n": pairs > 0,
        b"\n": chunk.count(b"\n") > pairs,
        b"\r": chunk.count(b"\r") > pairs,
    }
    return {newline for newline, is_present in presence.items() if is_present}
