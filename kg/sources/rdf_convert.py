"""RDF conversion: files of any syntax to N-Quads by pyoxigraph, without network access.

Parsing continues after errors where the syntax allows it. It is lenient: an IRI with a blank in it
is copied as it is, and reported by the reader of the N-Quads.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

import pyoxigraph as ox

from kg.errors import SourceError
from kg.namespaces import BASE
from kg.sources.decompress import READ_CHUNK_BYTES

SYNTAX_BY_EXTENSION: Final = {
    "owl": ox.RdfFormat.RDF_XML,
    "skos": ox.RdfFormat.RDF_XML,
    "xml": ox.RdfFormat.RDF_XML,
    "json": ox.RdfFormat.JSON_LD,
}
LINE_SYNTAXES: Final = (ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS)
DOCTYPE_BYTES: Final = 1 << 20
ENTITY_DECLARATION: Final = re.compile(
    rb"""<!ENTITY\s+(%\s+)?([^\s"']+)\s+("[^"]*"|'[^']*'|[A-Z]+)"""
)
ENTITY_KEYWORD: Final = b"<!ENTITY"
ENTITY_REFERENCE: Final = re.compile(rb"&([^;#]+);")
MAX_ENTITY_LENGTH: Final = 500
"""Longest expansion of an XML entity: enough for a namespace, too short for an entity bomb."""
REMOTE_CONTEXT_ERROR: Final = "LoadDocumentCallback"
MAX_ERRORS: Final = 10_000
MAX_JSON_LD_BYTES: Final = 512 << 20
"""Size limit of JSON-LD files in which references to our own context are replaced."""
OWN_CONTEXT: Final = re.compile(
    rb'("@context"\s*:\s*(?:\[\s*)?)"[^"\s]*/context\.jsonld(?:\?[^"]*)?"'
)
"""References to our own JSON-LD context, relative or at the address of an installation."""


@dataclass
class ConversionResult:
    """Result of a conversion: prefixes, base IRI, XML entities and parse errors."""

    prefixes: dict[str, str] = field(default_factory=dict)
    entities: dict[str, str] = field(default_factory=dict)
    base: str = BASE
    errors: list[tuple[int | None, str]] = field(default_factory=list)
    """Line number (None where the syntax has no lines) and message of each parse error."""


def find_syntax(name: str) -> ox.RdfFormat | None:
    """Return the RDF syntax for the extension of a file name, its compression suffix removed."""
    extension = name.rpartition(".")[2].lower()
    return SYNTAX_BY_EXTENSION.get(extension) or ox.RdfFormat.from_extension(extension)


def convert_to_nquads(
    path: Path, syntax: ox.RdfFormat, target: Path, file: str, context: Path | None = None
) -> ConversionResult:
    """Convert a file to N-Quads. Raises SourceError where it is not RDF at all.

    `context` is our own JSON-LD context, which replaces references to it in the file.
    """
    converted = ConversionResult()
    if (
        syntax == ox.RdfFormat.JSON_LD
        and context is not None
        and path.stat().st_size < MAX_JSON_LD_BYTES
    ):
        path = _inline_own_context(path, context, target.with_suffix(".jsonld"))
    if syntax == ox.RdfFormat.RDF_XML:
        converted.entities = _read_entities(path, file)
    with path.open("rb") as read, target.open("wb") as written:
        parser = ox.parse(read, format=syntax, base_iri=BASE, lenient=True)
        for line, error in _write_parsable(parser, written):
            converted.errors.append((line, error))
            if len(converted.errors) > MAX_ERRORS:
                break
        converted.prefixes = dict(parser.prefixes)
        converted.base = parser.base_iri or BASE
        empty = not written.tell()
    if any(REMOTE_CONTEXT_ERROR in error for _, error in converted.errors):
        raise SourceError(
            f"{file} has a remote JSON-LD context, and nothing is fetched: write the context in "
            "the file, or save what it says as plain JSON, without @context",
            f"{file} a un contexte JSON-LD distant, et rien n’est téléchargé : écrivez le contexte "
            "dans le fichier, ou enregistrez ce qu’il dit en JSON simple, sans @context",
        )
    if converted.errors and syntax == ox.RdfFormat.RDF_XML:
        _require_well_formed_xml(path, file)
    if converted.errors and empty:
        raise _make_unreadable_error(file, *converted.errors[0])
    return converted


def _inline_own_context(path: Path, context: Path, target: Path) -> Path:
    """Copy a file with our context inlined, without moving any line."""
    data = path.read_bytes()
    if not OWN_CONTEXT.search(data):
        return path
    own = json.dumps(json.loads(context.read_bytes())["@context"]).encode()
    target.write_bytes(OWN_CONTEXT.sub(lambda context_match: context_match[1] + own, data))
    return target


def _write_parsable(parser: ox.QuadParser, written: IO[bytes]) -> Iterator[tuple[int | None, str]]:
    """Write all parsable statements, and yield the errors between them."""
    while True:
        try:
            ox.serialize(parser, written, ox.RdfFormat.N_QUADS)
        except SyntaxError as error:
            yield error.lineno, error.msg
        except ValueError as error:
            yield None, str(error)
        else:
            return


def _read_entities(path: Path, file: str) -> dict[str, str]:
    """Return the XML entities of a file, which may only abbreviate IRIs. Raises SourceError."""
    with path.open("rb") as read:
        head = read.read(DOCTYPE_BYTES)
        below = any(
            ENTITY_KEYWORD in chunk for chunk in iter(lambda: read.read(READ_CHUNK_BYTES), b"")
        )
    values = {
        name: value[1:-1]
        for _, name, value in ENTITY_DECLARATION.findall(head)
        if value[:1] in b"\"'"
    }
    if below or any(_measure_entity(name, values, 0) > MAX_ENTITY_LENGTH for name in values):
        raise SourceError(
            f"{file} declares XML entities that stand for more than {MAX_ENTITY_LENGTH} "
            "characters: "
            "such files are not read",
            f"{file} déclare des entités XML de plus de {MAX_ENTITY_LENGTH} caractères : "
            "de tels fichiers ne sont pas lus",
        )
    return {name.decode(): value.decode(errors="replace") for name, value in values.items()}


def _measure_entity(name: bytes, values: dict[bytes, bytes], depth: int) -> int:
    """Return the expanded length of an entity, counted up to the limit."""
    if depth > len(values):  # a recursive entity
        return MAX_ENTITY_LENGTH + 1
    value = values.get(name, b"")
    total = len(value)
    for inner in ENTITY_REFERENCE.findall(value):
        if total > MAX_ENTITY_LENGTH:
            break
        total += _measure_entity(inner, values, depth + 1)
    return total


def _require_well_formed_xml(path: Path, file: str) -> None:
    """Raise SourceError at the line where a file is not XML, which pyoxigraph does not report."""
    parser = expat.ParserCreate()
    try:
        with path.open("rb") as read:
            parser.ParseFile(read)
    except expat.ExpatError as error:
        raise _make_unreadable_error(file, error.lineno, expat.ErrorString(error.code)) from error


def _make_unreadable_error(file: str, line: int | None, problem: str) -> SourceError:
    where, place = (f", line {line}", f", ligne {line}") if line else ("", "")
    return SourceError(
        f"{file}{where}: it cannot be read as RDF ({problem})",
        f"{file}{place} : il ne peut pas être lu comme du RDF ({problem})",
    )
