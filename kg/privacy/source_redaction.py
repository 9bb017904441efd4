"""Redaction of files of a source: rows about a record removed, its names taken out of others.

Whatever else a file holds stays byte for byte: encoding, delimiter, quotes, order. A file of a
format that is not written here is left, and told with its row: somebody has to edit it.
"""

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import zstandard

from kg import sql
from kg.errors import EssKgError
from kg.mapping.suppressed_records import drop_list_items
from kg.namespaces import ID
from kg.privacy.calendar_redaction import list_calendar_lines, redact_calendar
from kg.privacy.feed_redaction import list_feed_lines, redact_feed
from kg.privacy.file_content import GZIP_MAGIC, ZSTD_MAGIC, iter_bytes
from kg.privacy.file_redaction import iter_row_texts
from kg.privacy.source_rows import SourceRow
from kg.privacy.traces import Traces
from kg.releases.turtle_sql import open_gzip
from kg.sources.csv_dialect import NO_DELIMITER, find_dialect
from kg.sources.decompress import decompress
from kg.sources.encoding import open_as_utf8
from kg.sources.file_opener import (
    COMPRESSED_SUFFIXES,
    DELIMITED_EXTENSIONS,
    JSON_EXTENSIONS,
    detect_entries,
)

LIST_SEPARATORS: Final = re.compile(r"\s*[|;,]\s*")
SHEET_ROW: Final = r'<row\b[^>]*\br="{}"[^>]*?(?:/>|>.*?</row>)'
SHARED_CELL: Final = re.compile(r'<c\b(?=[^>]*\bt="s")[^>]*>\s*<v>(\d+)</v>\s*</c>', re.DOTALL)
SHARED_TEXT: Final = re.compile(r"<si\b[^>]*?(?:/>|>.*?</si>)", re.DOTALL)
XML_TAG: Final = re.compile(r"<[^>]*>")
EMPTY_SHARED_TEXT: Final = "<si><t></t></si>"
WRAPPING_MEMBERS: Final = ("properties", "fields", "_source")
"""Members of a record that hold its own members: GeoJSON, Opendatasoft, Elasticsearch."""
LINE_FORMATS: Final = ("nt", "nq")
ENTRY_HEAD_BYTES: Final = 1 << 16
"""Bytes by which a calendar or a feed is known."""


@dataclass(frozen=True)
class FileEdit:
    """What was, or would be, changed in a file, and the rows that somebody has to edit."""

    path: Path
    removed: int = 0
    emptied: int = 0
    left: tuple[int, ...] = ()
    """Rows that still tell of the record."""


@dataclass(frozen=True)
class _Rows:
    """The rows of one file: those to remove, and those to take names out of."""

    own: frozenset[int]
    beside: frozenset[int]
    column: str = ""
    """The only column to empty, where a field is forgotten."""


def edit_source_file(
    path: Path,
    own: Sequence[SourceRow],
    beside: Sequence[SourceRow],
    traces: Traces,
    *,
    write: bool,
) -> FileEdit:
    """Removes a record from one file, or says what that would change. Raises SourceError."""
    rows = _Rows(
        frozenset(each.row for each in own if each.row),
        frozenset(each.row for each in beside if each.row),
        traces.field,
    )
    if not path.is_file():
        return FileEdit(path)
    if editor := _find_entry_editor(path):
        return _edit_text(path, rows, traces, editor, write=write)
    extension = _get_extension(path)
    if extension in DELIMITED_EXTENSIONS:
        return _edit_text(path, rows, traces, _edit_delimited, write=write)
    if extension in ("jsonl", "ndjson"):
        return _edit_text(path, rows, traces, _edit_json_lines, write=write)
    if extension in JSON_EXTENSIONS:
        return _edit_text(path, rows, traces, _edit_json, write=write)
    if extension in LINE_FORMATS and not traces.field:
        return _edit_text(path, rows, traces, _edit_statements, write=write)
    if extension == "parquet" and not traces.field:
        return _edit_parquet(path, rows, write=write)
    if extension in ("xlsx", "xlsm") and not traces.field:
        return _edit_workbook(path, rows, traces, write=write)
    return FileEdit(path, left=tuple(sorted(rows.own | rows.beside)) or (0,))


def _get_extension(path: Path) -> str:
    name = path.name
    for suffix in COMPRESSED_SUFFIXES:
        name = name.removesuffix(suffix)
    return name.rpartition(".")[2].lower()


TextEditor = Callable[[Path, str, _Rows, Traces], tuple[str, FileEdit]]


def _edit_text(
    path: Path, rows: _Rows, traces: Traces, edit: TextEditor, *, write: bool
) -> FileEdit:
    text, encode = _read_text(path)
    fresh, result = edit(path, text, rows, traces)
    if write and fresh != text:
        replace_content(path, encode(fresh))
    return result


def is_entry_file(path: Path) -> bool:
    """Whether a file is a calendar or a feed: people are named in it whom no row has."""
    return _find_entry_editor(path) is not None


def find_entry_lines(path: Path, traces: Traces) -> list[int]:
    """The lines of a calendar or a feed that tell of a record."""
    lister = list_calendar_lines if _find_entry_format(path) == "calendar" else list_feed_lines
    return lister(_read_text(path)[0], traces)


def _find_entry_editor(path: Path) -> TextEditor | None:
    found = _find_entry_format(path)
    redact = {"calendar": redact_calendar, "feed": redact_feed}.get(found or "")
    if redact is None:
        return None

    def edit(path: Path, text: str, rows: _Rows, traces: Traces) -> tuple[str, FileEdit]:
        if rows.column:
            return text, FileEdit(path, left=tuple(sorted(rows.own)))
        fresh, removed, emptied, left = redact(text, rows.own, traces)
        return fresh, FileEdit(path, removed, emptied, tuple(left))

    return edit


def _find_entry_format(path: Path) -> str | None:
    try:
        head = next(iter_bytes(path), b"")[:ENTRY_HEAD_BYTES]
    except (OSError, ValueError, zlib.error, zstandard.ZstdError, zipfile.BadZipFile, duckdb.Error):
        return None  # damaged: what is left in it is looked for as in any file
    return detect_entries(path, head)


def _read_text(path: Path) -> tuple[str, Callable[[str], bytes]]:
    """The text of a file in its encoding, and how a text is written in it."""
    data = b"".join(iter_bytes(path))
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8"), lambda text: text.encode("utf-8")
    with duckdb.connect() as db:
        encoding = open_as_utf8(db, decompress(db, path)).encoding
    return (
        data.decode(encoding, errors="surrogateescape"),
        lambda text: text.encode(encoding, errors="surrogateescape"),
    )


def replace_content(path: Path, data: bytes) -> None:
    """Puts a content in the place of that of a file, packed as it was, in one step."""
    with path.open("rb") as file:
        head = file.read(4)
    fresh = path.with_name(f".{path.name}.fresh")
    if head.startswith(GZIP_MAGIC):
        with open_gzip(fresh) as packed:
            packed.write(data)
    elif head.startswith(ZSTD_MAGIC):
        fresh.write_bytes(zstandard.ZstdCompressor(10).compress(data))
    else:
        fresh.write_bytes(data)
    fresh.chmod(path.stat().st_mode)
    fresh.replace(path)


def _edit_delimited(path: Path, text: str, rows: _Rows, traces: Traces) -> tuple[str, FileEdit]:
    delimiter, quote = _find_dialect(path)
    lines = iter_row_texts(text, delimiter, quote)
    headings = _parse_row(lines[0].lstrip("\ufeff"), delimiter, quote) if lines else []
    kept, removed, emptied, left = [], 0, 0, []
    for number, line in enumerate(lines, 1):
        if number in rows.own and not rows.column and number > 1:
            removed += 1
            continue
        if number in rows.own | rows.beside and number > 1:
            cells = _parse_row(line, delimiter, quote)
            fresh = [
                _empty_cell(cell, traces)
                if not rows.column or _is_column(headings, place, rows.column)
                else cell
                for place, cell in enumerate(cells)
            ]
            if fresh != cells:
                emptied += 1
                line = _format_row(fresh, delimiter, quote) + _get_line_end(line)
            elif traces.are_in_text(line):
                left.append(number)
        kept.append(line)
    return "".join(kept), FileEdit(path, removed, emptied, tuple(left))


def _find_dialect(path: Path) -> tuple[str, str]:
    with duckdb.connect() as db:
        dialect = find_dialect(open_as_utf8(db, decompress(db, path)), path.name)
    return ("" if dialect.delimiter == NO_DELIMITER else dialect.delimiter), dialect.quote


def _parse_row(line: str, delimiter: str, quote: str) -> list[str]:
    source = io.StringIO(line, newline="")
    if not quote:
        return line.rstrip("\r\n").split(delimiter or NO_DELIMITER)
    return next(csv.reader(source, delimiter=delimiter or NO_DELIMITER, quotechar=quote), [])


def _format_row(cells: Sequence[str], delimiter: str, quote: str) -> str:
    if not quote:
        return (delimiter or NO_DELIMITER).join(cells)
    out = io.StringIO()
    csv.writer(
        out, delimiter=delimiter or NO_DELIMITER, quotechar=quote, lineterminator=""
    ).writerow(cells)
    return out.getvalue()


def _get_line_end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _is_column(headings: Sequence[str], place: int, column: str) -> bool:
    return place < len(headings) and headings[place].strip().casefold() == column


def _empty_cell(cell: str, traces: Traces) -> str:
    """A cell without the record; a text that only mentions it stays as it is."""
    if traces.field:
        return ""
    names = {traces.reference, traces.key, traces.iri, *traces.identifiers, *traces.names}
    if cell.strip() in names:
        return ""
    without = drop_list_items(cell, [traces.reference]) or ""
    if without != cell:
        return without
    parts = LIST_SEPARATORS.split(cell)
    if len(parts) > 1 and any(part in names for part in parts):
        separator = next(sign for sign in "|;," if sign in cell)
        return separator.join(part for part in parts if part not in names)
    return cell


def _edit_json_lines(
    path: Path,
    text: str,
    rows: _Rows,  # noqa: ARG001
    traces: Traces,
) -> tuple[str, FileEdit]:
    kept, removed = [], 0
    for line in text.splitlines(keepends=True):
        if line.strip() and is_about(_load_json(line), traces) and not traces.field:
            removed += 1
        else:
            kept.append(line)
    left = [n for n, line in enumerate(kept, 1) if traces.are_in_text(line)]
    return "".join(kept), FileEdit(path, removed, 0, tuple(left))


def _load_json(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return {"": line}


def _edit_json(path: Path, text: str, rows: _Rows, traces: Traces) -> tuple[str, FileEdit]:
    content = json.loads(text)
    if traces.field:
        return text, FileEdit(path, left=tuple(sorted(rows.own)))
    counted = [0]
    pruned = _prune(content, traces, counted)
    if not counted[0]:
        return text, FileEdit(path, left=tuple(sorted(rows.own | rows.beside)))
    indent = 1 if "\n" in text.strip() else None
    fresh = json.dumps(pruned, ensure_ascii=False, indent=indent)
    left = sorted(rows.own | rows.beside) if traces.are_in_text(fresh) else []
    return fresh, FileEdit(path, counted[0], 0, tuple(left))


def _prune(content: Any, traces: Traces, counted: list[int]) -> Any:
    if isinstance(content, list):
        kept = [each for each in content if not is_about(each, traces)]
        counted[0] += len(content) - len(kept)
        return [_prune(each, traces, counted) for each in kept]
    if isinstance(content, dict):
        return {name: _prune(value, traces, counted) for name, value in content.items()}
    return content


def is_about(content: Any, traces: Traces) -> bool:
    """Whether a member of an object, or of what it wraps, is the record."""
    names = {traces.reference, traces.iri, *traces.identifiers}
    if traces.is_key_unique:
        names.add(traces.key)
    if isinstance(content, dict):
        return any(
            str(value).removeprefix(ID) in names
            if isinstance(value, str | int)
            else name in WRAPPING_MEMBERS and is_about(value, traces)
            for name, value in content.items()
        )
    return isinstance(content, str) and content in names


def _edit_statements(
    path: Path,
    text: str,
    rows: _Rows,  # noqa: ARG001
    traces: Traces,
) -> tuple[str, FileEdit]:
    lines = text.splitlines(keepends=True)
    marks = (f"<{traces.iri}>", f"<{traces.iri}#")
    dropped = {line for line in lines if any(mark in line for mark in marks)}
    nodes = {line.partition(" ")[0] for line in dropped}
    nodes = {node for node in nodes if "#" in node or node.startswith("_:")}
    kept = [line for line in lines if line not in dropped and line.partition(" ")[0] not in nodes]
    return "".join(kept), FileEdit(path, len(lines) - len(kept))


def _edit_parquet(path: Path, rows: _Rows, *, write: bool) -> FileEdit:
    if write and rows.own:
        fresh = path.with_name(f".{path.name}.fresh")
        with duckdb.connect() as db:
            numbers = ", ".join(map(str, sorted(rows.own)))
            db.execute(
                "COPY (SELECT * EXCLUDE (_n) FROM (SELECT *, row_number() OVER () AS _n FROM "
                f"read_parquet({sql.literal(str(path))})) WHERE _n NOT IN ({numbers}) ORDER BY _n) "
                f"TO {sql.literal(str(fresh))} (FORMAT parquet, COMPRESSION zstd)"
            )
        fresh.replace(path)
    return FileEdit(path, len(rows.own), 0, tuple(sorted(rows.beside)))


def _edit_workbook(path: Path, rows: _Rows, traces: Traces, *, write: bool) -> FileEdit:
    """Removes rows of the sheets of a workbook, and the texts that only they had."""
    with zipfile.ZipFile(path) as archive:
        members = {info: archive.read(info) for info in archive.infolist()}
    sheets = {i: d.decode() for i, d in members.items() if _is_sheet(i.filename)}
    removed, fresh_sheets = 0, {}
    for info, text in sheets.items():
        for number in rows.own:
            match = re.search(SHEET_ROW.format(number), text, re.DOTALL)
            if match and _tells(match[0], members, traces):
                text = text[: match.start()] + text[match.end() :]
                removed += 1
        fresh_sheets[info] = text
    if write and removed:
        used = {int(n) for text in fresh_sheets.values() for n in SHARED_CELL.findall(text)}
        fresh = path.with_name(f".{path.name}.fresh")
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
            for info, data in members.items():
                if info in fresh_sheets:
                    data = fresh_sheets[info].encode()
                elif info.filename.endswith("sharedStrings.xml"):
                    data = _blank_unused_texts(data.decode(), used).encode()
                archive.writestr(info, data, zipfile.ZIP_DEFLATED)
        fresh.replace(path)
    left = sorted(rows.beside) if removed else sorted(rows.own | rows.beside)
    return FileEdit(path, removed, 0, tuple(left))


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/") and name.endswith(".xml")


def _tells(row: str, members: dict[zipfile.ZipInfo, bytes], traces: Traces) -> bool:
    """Whether a row of a sheet tells of the record: each sheet has rows of that number."""
    shared = next(
        (d.decode() for i, d in members.items() if i.filename.endswith("sharedStrings.xml")), ""
    )
    texts = SHARED_TEXT.findall(shared)
    cells = [texts[int(n)] for n in SHARED_CELL.findall(row) if int(n) < len(texts)]
    return traces.are_in_text(XML_TAG.sub(" ", " ".join([row, *cells])))


def _blank_unused_texts(text: str, used: Collection[int]) -> str:
    numbers: Iterator[int] = iter(range(1 << 62))
    return SHARED_TEXT.sub(lambda m: m[0] if next(numbers) in used else EMPTY_SHARED_TEXT, text)


def edit_or_tell(
    path: Path,
    own: Sequence[SourceRow],
    beside: Sequence[SourceRow],
    traces: Traces,
    *,
    write: bool,
) -> FileEdit:
    """As `edit_source_file`; a file that cannot be edited is told with its rows."""
    try:
        return edit_source_file(path, own, beside, traces, write=write)
    except (EssKgError, ValueError, OSError, zipfile.BadZipFile):
        rows = {each.row or 0 for each in (*own, *beside)}
        return FileEdit(path, left=tuple(sorted(rows)) or (0,))
