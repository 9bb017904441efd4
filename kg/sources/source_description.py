"""Parser of `source.toml`, the description of a source."""

import codecs
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from kg.errors import SourceError
from kg.kinds import Text
from kg.namespaces import INTERNAL_GRAPHS
from kg.sources import toml_entries
from kg.sources.declared_mapping import DeclaredMapping, parse_declared_mapping
from kg.sources.fetch_plan import FetchPlan, parse_fetch_plan
from kg.sources.fetched_files import read_day_retrieved
from kg.sources.recognition import Recognition, parse_recognition

DESCRIPTION_FILE: Final = "source.toml"
SOURCE_KINDS: Final = ("document", "register")
REQUIRED_ENTRIES: Final = (
    "name",
    "kind",
    "title",
    "description",
    "publisher",
    "licence",
)
OPTIONAL_ENTRIES: Final = (
    *("retrieved", "language", "licence_note", "codes_on", "codes_on_column"),
    *("version", "url", "format", "text", "expect", "read", "precedence", "fetch", "recognise"),
    *("map", "views"),
)


@dataclass(frozen=True)
class TextSection:
    """Section of a text: where its heading begins, in characters, and how the text writes it."""

    start: int
    title: str


@dataclass(frozen=True)
class SourceText:
    """Text from which a document source was compiled: file, length (characters), SHA-256."""

    file: str
    characters: int
    sha256: str
    sections: tuple[TextSection, ...] = ()
    """In the order of the text; a section lasts until the next one begins."""


@dataclass(frozen=True)
class Bounds:
    """Expected bounds of a source; outside of them the build stops."""

    records_min: int = 1
    records_max: int = 0
    """Most records expected; 0 for no bound."""
    refused_share_max: float = 1.0
    removed_share_max: float = 1.0
    """Share of the records in service that the source may no longer have."""
    age_max_days: int = 0
    """Days after which the retrieved data counts as old; 0 for data that does not age."""


@dataclass(frozen=True)
class ReadOptions:
    """Stated options for reading files; None where they are to be detected."""

    delimiter: str | None = None
    encoding: str | None = None
    quote: str | None = None
    sheet: str | None = None
    records: str | None = None
    """Path of the records in a JSON object."""


@dataclass(frozen=True)
class Source:
    """Description of one source: metadata, licence, reading options and expected bounds."""

    name: str
    folder: Path
    title: Text
    description: Text
    publisher: Text
    kind: str
    language: str
    licence: str
    licence_note: Text
    retrieved: str
    """Day on which its files were retrieved; empty where they are still to be fetched."""
    codes_on: str = ""
    """Reference date (ISO 8601) of its commune codes; empty where unknown."""
    codes_on_column: str = ""
    """Column with the reference date of the commune codes in its row; empty where absent."""
    version: str = ""
    url: str = ""
    format: str = ""
    text: SourceText | None = None
    bounds: Bounds = field(default_factory=Bounds)
    read_options: Mapping[str, ReadOptions] = field(default_factory=dict)
    """Options by file pattern, relative to the folder (`raw/*.csv`)."""
    precedence: Mapping[str, int] = field(default_factory=dict)
    """Precedence by column (`label_fr`, `label` for both languages, `default`).

    Where sources disagree, the value of the source with the highest number is shown first.
    """
    fetch: FetchPlan | None = None
    """Origins of the files and their interval; None for files that are not fetched."""
    recognition: Recognition | None = None
    """For a recipe: how files of its format are recognised."""
    mapping: DeclaredMapping = field(default_factory=DeclaredMapping)

    def has_read_options(self, path: Path) -> bool:
        """Tell whether the description has reading options for a file."""
        return any(path.relative_to(self.folder).match(pattern) for pattern in self.read_options)

    def get_read_options(self, path: Path) -> ReadOptions:
        """Return the reading options for a file."""
        relative = path.relative_to(self.folder)
        return next(
            (how for glob, how in self.read_options.items() if relative.match(glob)), ReadOptions()
        )

    def list_files(self) -> list[Path]:
        """List the files of the source, sorted."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())


def discover_sources(folder: Path, recipes: Sequence[Path] = ()) -> list[Source]:
    """Read the descriptions of all sources in a folder, by name. Raises SourceError.

    `recipes` are the folders of recipes that are read as sources beside them.
    """
    folders = [path.parent for path in folder.glob(f"*/{DESCRIPTION_FILE}")]
    if not folders and not recipes:
        raise SourceError(f"no source in {folder}: each is a folder with a {DESCRIPTION_FILE}")
    folders = sorted([*folders, *recipes], key=lambda path: path.name)
    for one, other in pairwise(folders):
        if one.name == other.name:
            raise SourceError(f"{one} and {other}: a recipe has the name of a source; use one")
    sources = [read_source_description(path) for path in folders]
    for source in sources:
        _require_fetched(source)
    return sources


def _require_fetched(source: Source) -> None:
    if not source.retrieved:
        raise SourceError(
            f"source {source.name} has not been fetched yet: ess-kg fetch {source.name}; or put "
            f"its files into raw/ and write retrieved in its {DESCRIPTION_FILE}"
        )


def read_source_description(folder: Path) -> Source:
    """Read the description of a source. Raises SourceError."""
    path = folder / DESCRIPTION_FILE
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: {error}") from error
    try:
        return _parse_source(folder, data)
    except KeyError as error:
        raise SourceError(f"{path}: the entry {error} is missing") from error
    except ValueError as error:
        raise SourceError(f"{path}: {error}") from error


def _parse_source(folder: Path, data: Mapping[str, Any]) -> Source:
    toml_entries.require_known_entries(data, (*REQUIRED_ENTRIES, *OPTIONAL_ENTRIES), "")
    is_dated_later = "fetch" in data or "recognise" in data
    required = REQUIRED_ENTRIES if is_dated_later else (*REQUIRED_ENTRIES, "retrieved")
    if missing := [name for name in required if name not in data]:
        raise ValueError(f"missing: {', '.join(missing)}")
    if data["name"] in INTERNAL_GRAPHS:
        raise ValueError(f"name = {data['name']!r} (a graph of every release is called so)")
    if data["name"] != folder.name:
        raise ValueError(f"name = {data['name']!r} (the folder is called {folder.name!r})")
    if data["kind"] not in SOURCE_KINDS:
        raise ValueError(f"kind = {data['kind']!r} (one of {', '.join(SOURCE_KINDS)})")
    return Source(
        name=data["name"],
        folder=folder,
        title=_parse_text(data, "title"),
        description=_parse_text(data, "description"),
        publisher=_parse_text(data, "publisher"),
        kind=data["kind"],
        language=toml_entries.get_language(data, "language", "fr"),
        licence=toml_entries.get_iri(data, "licence", needed=True),
        licence_note=_parse_text(data, "licence_note"),
        retrieved=_find_retrieved(folder, data),
        codes_on=toml_entries.get_day(data, "codes_on") if "codes_on" in data else "",
        codes_on_column=toml_entries.get_text(data, "codes_on_column"),
        version=str(data.get("version", "")),
        url=toml_entries.get_iri(data, "url"),
        format=toml_entries.get_text(data, "format"),
        text=_parse_source_text(data["text"]) if "text" in data else None,
        bounds=_parse_bounds(toml_entries.get_table(data, "expect")),
        read_options={
            pattern: _parse_read_options(
                toml_entries.get_table(data["read"], pattern), f"read.{pattern}"
            )
            for pattern in toml_entries.get_table(data, "read")
        },
        precedence={
            column: toml_entries.get_whole_number(
                toml_entries.get_table(data, "precedence"), column, "precedence."
            )
            for column in toml_entries.get_table(data, "precedence")
        },
        fetch=parse_fetch_plan(toml_entries.get_table(data, "fetch")),
        recognition=parse_recognition(toml_entries.get_table(data, "recognise")),
        mapping=parse_declared_mapping(data, folder),
    )


def _find_retrieved(folder: Path, data: Mapping[str, Any]) -> str:
    """Return the day of the last fetch or the one that is stated, the later of them."""
    stated = toml_entries.get_day(data, "retrieved") if "retrieved" in data else ""
    return max(stated, read_day_retrieved(folder))


def _parse_text(data: Mapping[str, Any], name: str) -> Text:
    entries = toml_entries.get_table(data, name)
    toml_entries.require_known_entries(entries, ("fr", "en"), f"{name}.")
    french = toml_entries.get_text(entries, "fr", f"{name}.")
    return Text(french, toml_entries.get_text(entries, "en", f"{name}.") or french)


def _parse_source_text(entries: Any) -> SourceText:
    entries = toml_entries.get_table({"text": entries}, "text")
    known = ("file", "characters", "sha256", "sections")
    toml_entries.require_known_entries(entries, known, "text.")
    characters = toml_entries.get_whole_number(entries, "characters", "text.")
    return SourceText(
        toml_entries.get_text(entries, "file", "text.", needed=True),
        characters,
        toml_entries.get_text(entries, "sha256", "text.", needed=True),
        _parse_sections(entries.get("sections", []), characters),
    )


def _parse_sections(entries: Any, characters: int) -> tuple[TextSection, ...]:
    """The sections of a text. Raises ValueError for entries of another form or order."""
    where = "text.sections."
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise ValueError("text.sections is a list of tables with start and title")
    for each in entries:
        toml_entries.require_known_entries(each, ("start", "title"), where)
    sections = tuple(
        TextSection(
            toml_entries.get_whole_number(each, "start", where),
            toml_entries.get_text(each, "title", where, needed=True),
        )
        for each in entries
    )
    starts = [each.start for each in sections]
    if starts != sorted(set(starts)) or any(start >= characters for start in starts):
        raise ValueError("text.sections: they begin one after another, within the text")
    return sections


def _parse_bounds(entries: Mapping[str, Any]) -> Bounds:
    toml_entries.require_known_entries(
        entries,
        (
            *("records_min", "records_max", "refused_share_max", "removed_share_max"),
            "age_max_days",
        ),
        "expect.",
    )
    usual = Bounds()
    return Bounds(
        toml_entries.get_whole_number(entries, "records_min", "expect.", usual.records_min),
        toml_entries.get_whole_number(entries, "records_max", "expect.", usual.records_max),
        toml_entries.get_share(entries, "refused_share_max", "expect.", usual.refused_share_max),
        toml_entries.get_share(entries, "removed_share_max", "expect.", usual.removed_share_max),
        toml_entries.get_whole_number(entries, "age_max_days", "expect.", usual.age_max_days),
    )


def _parse_read_options(entries: Mapping[str, Any], where: str) -> ReadOptions:
    names = ("delimiter", "encoding", "quote", "sheet", "records")
    toml_entries.require_known_entries(entries, names, f"{where}: ")
    options = {
        name: toml_entries.get_text(entries, name, f"{where}: ")
        for name in names
        if name in entries
    }
    for name in ("delimiter", "quote"):
        if len(options.get(name, "")) > 1:
            raise ValueError(f"{where}: {name} = {options[name]!r} is more than one sign")
    try:
        codecs.lookup(options.get("encoding", "utf-8"))
    except LookupError:
        raise ValueError(f"{where}: encoding = {options['encoding']!r} is not known") from None
    return ReadOptions(**options)
