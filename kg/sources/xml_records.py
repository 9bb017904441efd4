"""XML reader: elements of a document as rows, whatever their depth.

An element of a row is a column by its local name: its text where it has nothing but text, else
JSON. There every element is a list, as it may be repeated, of objects with their attributes
(`@type`), their own elements, and their text (`#text`, with that of the elements in it):
`title[@lang=fr][0].#text`. Namespaces are left out of names, nothing is read from the network, and
a document that declares entities is refused.
"""

import html
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

import duckdb
import orjson

from kg.errors import SourceError
from kg.sources.opened_table import OpenedTable, no_rows
from kg.sources.text_rows import ReadEntries, TextRow, open_entries

ROOT: Final = "$"
TEXT: Final = "#text"
ELEMENT: Final = "element"
"""Column with the name of the element that a row is, where rows are of several."""
MAX_DEPTH: Final = 100
MAX_COLUMNS: Final = 2000
CHUNK_BYTES: Final = 1 << 20
NAMESPACE_SEPARATOR: Final = " "

ElementPath = tuple[str, ...]


def open_xml(
    db: duckdb.DuckDBPyConnection, path: Path, name: str, file: str, records: str | None
) -> OpenedTable:
    """Open an XML document as view `name`. Raises SourceError where it is none, or has no rows.

    `records` is the name of the elements that are rows or the end of their path
    (`listBibl.biblFull`), several of them with a bar between; `$` is the root. Where none is
    stated, they are the elements that are repeated nearest to the root.
    """
    asked = _parse_records(records) or (_find_repeated(path, file),)
    columns: dict[str, None] = {}
    for row in _iter_rows(path, file, asked):
        columns.update(dict.fromkeys(row.cells))
        if len(columns) > MAX_COLUMNS:
            raise SourceError(
                f"{file}, line {row.line}: its rows have more than {MAX_COLUMNS} different "
                "elements: say with `records` which elements are rows",
                f"{file}, ligne {row.line} : ses lignes ont plus de {MAX_COLUMNS} éléments "
                "différents : dites avec `records` quels éléments sont des lignes",
            )
    if not columns:
        raise no_rows(file)
    description = "XML, " + " | ".join(".".join(each) or ROOT for each in asked)
    rows = _iter_rows(path, file, asked)
    return open_entries(db, name, file, ReadEntries(list(columns), rows, (), description))


def _parse_records(records: str | None) -> tuple[ElementPath, ...]:
    stated = [each.strip() for each in (records or "").split("|") if each.strip()]
    return tuple(() if each == ROOT else tuple(each.split(".")) for each in stated)


@dataclass
class _Element:
    name: str
    line: int
    members: dict[str, Any]
    texts: list[str] = field(default_factory=list)
    """The text in it, with that of the elements in it."""
    has_own_text: bool = False

    def get_text(self) -> str:
        return " ".join("".join(self.texts).split()) if self.has_own_text else ""

    def build_value(self) -> dict[str, Any]:
        text = self.get_text()
        return {**self.members, TEXT: text} if text else self.members

    def build_cells(self) -> dict[str, str]:
        cells = {name: _format_cell(value) for name, value in self.build_value().items()}
        return {name: cell for name, cell in cells.items() if cell}


def _format_cell(value: str | list[dict[str, Any]]) -> str:
    if isinstance(value, str):
        return value
    filled = [each for each in value if each]
    texts = [each[TEXT] for each in filled if set(each) == {TEXT}]
    if len(texts) == len(filled) <= 1:
        return texts[0] if texts else ""
    return orjson.dumps(texts if len(texts) == len(filled) else filled).decode()


class _RowBuilder:
    """Handler of a parser that gathers the elements that are rows."""

    def __init__(self, asked: Sequence[ElementPath]) -> None:
        self.rows: list[TextRow] = []
        self._asked = asked
        self._path: list[str] = []
        self._open: list[_Element] = []

    def start(self, name: str, attributes: Mapping[str, str], line: int) -> None:
        self._path.append(name)
        if self._open or self._is_row():
            self._open.append(
                _Element(
                    name, line, {f"@{_get_local_name(n)}": v for n, v in attributes.items() if v}
                )
            )

    def end(self) -> None:
        self._path.pop()
        if not self._open:
            return
        element = self._open.pop()
        if not self._open:
            cells = element.build_cells()
            if len(self._asked) > 1:
                cells[ELEMENT] = element.name
            self.rows.append(TextRow(element.line, cells))
            return
        above = self._open[-1]
        above.texts += element.texts
        above.members.setdefault(element.name, []).append(element.build_value())

    def add_text(self, text: str) -> None:
        if self._open:
            self._open[-1].texts.append(text)
            self._open[-1].has_own_text = self._open[-1].has_own_text or not text.isspace()

    def _is_row(self) -> bool:
        return any(
            tuple(self._path[-len(each) :]) == each if each else len(self._path) == 1
            for each in self._asked
        )


class _RepetitionCounter:
    """Handler of a parser that counts how often elements stand beside their like."""

    def __init__(self) -> None:
        self.most: Counter[ElementPath] = Counter()
        self._path: list[str] = []
        self._beside: list[Counter[str]] = []

    def start(self, name: str, attributes: Mapping[str, str], line: int) -> None:
        del attributes, line
        if self._beside:
            self._beside[-1][name] += 1
        self._path.append(name)
        self._beside.append(Counter())

    def end(self) -> None:
        for name, times in self._beside.pop().items():
            place = (*self._path, name)
            self.most[place] = max(self.most[place], times)
        self._path.pop()

    def add_text(self, text: str) -> None:
        pass


def _find_repeated(path: Path, file: str) -> ElementPath:
    counter = _RepetitionCounter()
    for _ in _feed(path, file, counter):
        pass
    repeated = [place for place, times in counter.most.items() if times > 1]
    return min(repeated, key=lambda place: (len(place), -counter.most[place]), default=())


def _iter_rows(path: Path, file: str, asked: Sequence[ElementPath]) -> Iterator[TextRow]:
    builder = _RowBuilder(asked)
    for _ in _feed(path, file, builder):
        yield from builder.rows
        builder.rows.clear()


def _feed(path: Path, file: str, handler: _RowBuilder | _RepetitionCounter) -> Iterator[None]:
    """Parse a document piece by piece, each of which is followed by a pause."""
    parser = expat.ParserCreate(namespace_separator=NAMESPACE_SEPARATOR)
    parser.buffer_text = True
    depth = 0

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise SourceError(
                f"{file} is nested more than {MAX_DEPTH} levels deep: it is not read",
                f"{file} est imbriqué sur plus de {MAX_DEPTH} niveaux : il n’est pas lu",
            )
        handler.start(_get_local_name(name), attributes, parser.CurrentLineNumber)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end()

    def refuse_entities(*_: object) -> None:
        raise SourceError(
            f"{file} declares entities: write what they stand for in their place",
            f"{file} déclare des entités : écrivez à leur place ce qu’elles représentent",
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.add_text
    parser.EntityDeclHandler = refuse_entities
    # of a document type elsewhere, which is not read: `&eacute;`
    parser.SkippedEntityHandler = lambda name, _: handler.add_text(html.unescape(f"&{name};"))
    try:
        with path.open("rb") as content:
            while chunk := content.read(CHUNK_BYTES):
                parser.Parse(chunk, False)
                yield
            parser.Parse(b"", True)
            yield
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise SourceError(
            f"{file} is no well-formed XML: {error}",
            f"{file} n’est pas du XML bien formé : {error}",
        ) from error


def _get_local_name(name: str) -> str:
    return name.rpartition(NAMESPACE_SEPARATOR)[2]
