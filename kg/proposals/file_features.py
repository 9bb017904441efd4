"""File features: what can be seen of a file: headings, values, members of JSON, namespaces."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import duckdb
import orjson

from kg import sql
from kg.proposals.value_patterns import measure_shares
from kg.sources import OpenedTable, ReadOptions, detect_file_kind, open_tables
from kg.sources.decompress import decompress, read_first_bytes
from kg.sources.opened_table import is_plain_text_sheet

SAMPLE_ROWS: Final = 2_000
MAX_TEXT_BYTES: Final = 4 << 20
MAX_DEPTH: Final = 6
MAX_ELEMENTS: Final = 20
MAX_JSON_CELLS: Final = 200
"""How many cells of a column with JSON in them are looked into."""
COUNTED_AT_ONCE: Final = 100
"""Columns whose values one query counts: DuckDB takes far longer for many of them at once."""
IRI: Final = re.compile(r"https?://[^\s\"'<>{}|\\^`]+")
ELEMENT: Final = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
DECLARED_NAMESPACE: Final = re.compile(r"""xmlns(?::[\w.-]+)?\s*=\s*["']([^"']+)""")


@dataclass(frozen=True)
class TableFeatures:
    """One table of a file, with a sample of its values."""

    opened: OpenedTable
    values: Mapping[str, list[str]]
    """The values of the first rows by heading, empty ones left out."""
    filled: Mapping[str, int]
    """How many rows have a value, by heading."""
    distinct: Mapping[str, int]

    @cached_property
    def shares(self) -> dict[str, dict[str, float]]:
        """By heading, the share of values that look like each pattern."""
        return {heading: measure_shares(values) for heading, values in self.values.items()}

    def is_unique(self, heading: str) -> bool:
        """Whether a column tells the rows apart: all of them have it, and nearly none twice."""
        rows = self.opened.rows
        return (
            bool(rows)
            and self.filled.get(heading, 0) >= rows
            and self.distinct.get(heading, 0) >= 0.995 * rows
        )


@dataclass(frozen=True)
class FileFeatures:
    """What a file is seen to have."""

    path: Path
    kind: str
    """`table`, `rdf`, or nothing where it is of no format that is read."""
    tables: tuple[TableFeatures, ...] = ()
    members: frozenset[str] = frozenset()
    """Paths of members in JSON, from the file and from each record; local names of elements in
    XML."""
    namespaces: frozenset[str] = frozenset()
    headings: frozenset[str] = field(default=frozenset())

    @property
    def values(self) -> dict[str, list[str]]:
        """The values of the first rows of every table, by heading."""
        return {name: found for one in self.tables for name, found in one.values.items()}


def read_file_features(path: Path, records: str = "") -> FileFeatures:
    """What a file has. Raises SourceError where it is of a known format and cannot be read.

    `records` is the path to its records, as `[read]` of a source states it.
    """
    with duckdb.connect() as db:
        return _read_features(db, path, ReadOptions(records=records))


def _read_features(db: duckdb.DuckDBPyConnection, path: Path, reading: ReadOptions) -> FileFeatures:
    kind = detect_file_kind(path) or ""
    tables: tuple[TableFeatures, ...] = ()
    if kind == "table":
        opened = open_tables(db, path, "proposed", reading)
        full = [one for one in opened if not is_plain_text_sheet(one)] or opened[:1]
        tables = tuple(_sample(db, one) for one in full)
    head = read_first_bytes(decompress(db, path), MAX_TEXT_BYTES)
    members = {*_find_elements(head)} if kind == "table" else set()
    if kind == "table" and _is_json(head):
        members.update(_find_members(head), *map(_find_record_members, tables))
    columns = frozenset(name for one in tables for name in one.opened.columns)
    return FileFeatures(
        path, kind, tables, columns.union(members),
        frozenset(_find_namespaces(head, kind)), columns,
    )  # fmt: skip


def _sample(db: duckdb.DuckDBPyConnection, opened: OpenedTable) -> TableFeatures:
    names = list(opened.columns)
    view = sql.identifier(opened.view)
    columns = ", ".join(f"v.{sql.identifier(name)}" for name in names)
    rows = db.execute(f"SELECT {columns} FROM {view} AS v LIMIT {SAMPLE_ROWS}").fetchall()
    counted: list[int] = []
    for first in range(0, len(names), COUNTED_AT_ONCE):
        counts = ", ".join(
            f"count(v.{sql.identifier(name)}), count(DISTINCT v.{sql.identifier(name)})"
            for name in names[first : first + COUNTED_AT_ONCE]
        )
        counted += db.execute(f"SELECT {counts} FROM {view} AS v").fetchone() or ()
    return TableFeatures(
        opened,
        {name: [row[n] for row in rows if row[n]] for n, name in enumerate(names)},
        dict(zip(names, counted[::2], strict=True)),
        dict(zip(names, counted[1::2], strict=True)),
    )


def _strip(head: bytes) -> bytes:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")


def _is_json(head: bytes) -> bool:
    return _strip(head).startswith((b"{", b"["))


def _find_record_members(table: TableFeatures) -> Iterator[str]:
    """The paths of the members of the records of a JSON file, wherever in it they are."""
    for heading, cells in table.values.items():
        names = heading.split(".")
        yield from (".".join(names[:n]) for n in range(1, len(names)))
        for cell in cells[:MAX_JSON_CELLS]:
            if cell.startswith(("{", "[")):
                with contextlib.suppress(orjson.JSONDecodeError):
                    yield from _walk(orjson.loads(cell), heading, 1)


def _find_members(head: bytes) -> Iterator[str]:
    """The paths of the members of a JSON file from its root, and from each list in it on."""
    text = _strip(head)
    try:
        content: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        first, _, _ = text.partition(b"\n")
        try:
            content = orjson.loads(first)
        except orjson.JSONDecodeError:
            return
    yield from _walk(content, "", 0)
    for records in _iter_lists(content, 0):
        yield from _walk(records, "", 0)


def _find_elements(head: bytes) -> Iterator[str]:
    """The local names of the elements of an XML file."""
    text = _strip(head)
    if text.startswith(b"<"):
        yield from {name.decode("utf-8", "replace") for name in ELEMENT.findall(text)}


def _iter_lists(content: Any, depth: int) -> Iterator[list[Any]]:
    if isinstance(content, list):
        yield content
    elif isinstance(content, dict) and depth < 3:
        for inner in content.values():
            yield from _iter_lists(inner, depth + 1)


def _walk(content: Any, above: str, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        return
    if isinstance(content, list):
        for element in content[:MAX_ELEMENTS]:
            yield from _walk(element, above, depth + 1)
    elif isinstance(content, dict):
        for name, inner in content.items():
            path = f"{above}.{name}" if above else name
            yield path
            yield from _walk(inner, path, depth + 1)


def _find_namespaces(head: bytes, kind: str) -> Iterator[str]:
    """Every beginning of an address in RDF that may be a namespace; those that XML declares."""
    if kind != "rdf":
        if _strip(head).startswith(b"<"):
            yield from DECLARED_NAMESPACE.findall(head.decode("utf-8", "replace"))
        return
    for iri in {match.group() for match in IRI.finditer(head.decode("utf-8", "replace"))}:
        for place, sign in enumerate(iri):
            if sign in "/#" and place > 8:
                yield iri[: place + 1]
