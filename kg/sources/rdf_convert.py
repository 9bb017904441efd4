"""RDF conversion: files of any syntax to N-Quads by pyoxigraph, without network access.

Parsing goes on after an error wherever the syntax lets it. Values are checked only where the text
cannot be read otherwise: an address with a blank in it is written as it came, and found later.
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
"""Bytes an XML entity may stand for: an address, and not a bomb."""
REMOTE_CONTEXT_ERROR: Final = "LoadDocumentCallback"
MAX_ERRORS: Final = 10_000
MAX_JSON_LD_BYTES: Final = 512 << 20
"""Bytes of a JSON-LD file in which the address of our context is looked for."""
OWN_CONTEXT: Final = re.compile(
    rb'("@context"\s*:\s*(?:\[\s*)?)"[^"\s]*/context\.jsonld(?:\?[^"]*)?"'
)
"""Our context, by its name or by the address of an installation."""


@dataclass
class ConversionResult:
    """What came of a conversion: how the file shortens addresses, and what could not be read."""

    prefixes: dict[str, str] = field(default_factory=dict)
    entities: dict[str, str] = field(default_factory=dict)
    base: str = BASE
    errors: list[tuple[int | None, str]] = field(default_factory=list)
    """The line (where the syntax has lines) and what is wrong there."""


def find_syntax(name: str) -> ox.RdfFormat | None:
    """The syntax of a file by the extension of its name, without that of a compression."""
    extension = name.rpartition(".")[2].lower()
    return SYNTAX_BY_EXTENSION.get(extension) or ox.RdfFormat.from_extension(extension)


def convert_to_nquads(
    path: Path, syntax: ox.RdfFormat, target: Path, file: str, context: Path | None = None
) -> ConversionResult:
    """Writes a file as N-Quads. Raises SourceError where it is not RDF at all.

    `context` is our own JSON-LD context: it stands for its address wherever a file names it.
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
    """The file with our context in the place of its address, line by line as it was."""
    data = path.read_bytes()
    if not OWN_CONTEXT.search(data):
        return path
    own = json.dumps(json.loads(context.read_bytes())["@context"]).encode()
    target.write_bytes(OWN_CONTEXT.sub(lambda context_match: context_match[1] + own, data))
    return target


def _write_parsable(parser: ox.QuadParser, written: IO[bytes]) -> Iterator[tuple[int | None, str]]:
    """Writes what can be parsed; each error on the way."""
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
    """The entities of a file; one where they are more than short names for addresses is refused."""
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
    """How long an entity is, or as much of it as is too long."""
    if depth > len(values):  # it names itself
        return MAX_ENTITY_LENGTH + 1
    value = values.get(name, b"")
    total = len(value)
    for inner in ENTITY_REFERENCE.findall(value):
        if total > MAX_ENTITY_LENGTH:
            break
        total += _measure_entity(inner, values, depth + 1)
    return total


def _require_well_formed_xml(path: Path, file: str) -> None:
    """The line where a file stops being XML: the parser of RDF does not tell it."""
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
