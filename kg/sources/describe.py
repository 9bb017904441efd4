"""What a source says of itself: `source.toml`, read and checked."""

import codecs
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kg.errors import SourceError
from kg.kinds import Text
from kg.sources import entries

DESCRIPTION: Final = "source.toml"
KINDS: Final = ("document", "register")
REQUIRED: Final = ("name", "kind", "title", "description", "publisher", "licence", "retrieved")
OPTIONAL: Final = (
    *("language", "licence_note", "codes_on", "codes_on_column"),
    *("version", "url", "format", "text", "expect", "read", "precedence"),
)


@dataclass(frozen=True)
class Passages:
    """The text a document source was read in: its name, length (characters) and SHA-256."""

    file: str
    characters: int
    sha256: str


@dataclass(frozen=True)
class Bounds:
    """What a source is expected to give; outside of it the build stops."""

    records_min: int = 1
    refused_share_max: float = 1.0
    age_max_days: int = 0
    """Days after which what was retrieved is told to be old; 0 where it does not age."""


@dataclass(frozen=True)
class Reading:
    """How files are to be read, where that is not to be found out."""

    delimiter: str | None = None
    encoding: str | None = None
    quote: str | None = None
    sheet: str | None = None
    records: str | None = None
    """The member of a JSON object that holds the records."""


@dataclass(frozen=True)
class Source:
    """One source: where it is, what it is, under which licence, and what to expect of it."""

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
    codes_on: str = ""
    """The day (ISO 8601) of which its codes of communes are; empty where it is not known."""
    codes_on_column: str = ""
    """The column of its tables with the date of which those of a row are; empty where none is."""
    version: str = ""
    url: str = ""
    format: str = ""
    text: Passages | None = None
    expect: Bounds = field(default_factory=Bounds)
    read: Mapping[str, Reading] = field(default_factory=dict)
    """By pattern of the files it is about, relative to the folder (`raw/*.csv`)."""
    precedence: Mapping[str, int] = field(default_factory=dict)
    """Where sources disagree, by column (`label_fr`, or `label` for both languages, or `default`):
    the source with the highest number is shown first."""

    def reads(self, path: Path) -> bool:
        """Whether the source states how one of its files is to be read."""
        return any(path.relative_to(self.folder).match(pattern) for pattern in self.read)

    def reading(self, path: Path) -> Reading:
        """How one file of the source is to be read."""
        relative = path.relative_to(self.folder)
        return next((how for glob, how in self.read.items() if relative.match(glob)), Reading())

    def files(self) -> list[Path]:
        """Every file of the source, in a fixed order."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())


def discover(folder: Path) -> list[Source]:
    """The sources of a folder, by name. Raises SourceError where one cannot be read."""
    found = sorted(path.parent for path in folder.glob(f"*/{DESCRIPTION}"))
    if not found:
        raise SourceError(f"no source in {folder}: each is a folder with a {DESCRIPTION}")
    return [describe(path) for path in found]


def describe(folder: Path) -> Source:
    """The source of one folder. Raises SourceError with what is wrong in its description."""
    path = folder / DESCRIPTION
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: {error}") from error
    try:
        return _source(folder, data)
    except KeyError as error:
        raise SourceError(f"{path}: the entry {error} is missing") from error
    except ValueError as error:
        raise SourceError(f"{path}: {error}") from error


def _source(folder: Path, data: Mapping[str, Any]) -> Source:
    entries.only(data, (*REQUIRED, *OPTIONAL), "")
    if missing := [name for name in REQUIRED if name not in data]:
        raise ValueError(f"missing: {', '.join(missing)}")
    if data["name"] != folder.name:
        raise ValueError(f"name = {data['name']!r} (the folder is called {folder.name!r})")
    if data["kind"] not in KINDS:
        raise ValueError(f"kind = {data['kind']!r} (one of {', '.join(KINDS)})")
    return Source(
        name=data["name"],
        folder=folder,
        title=_text(data, "title"),
        description=_text(data, "description"),
        publisher=_text(data, "publisher"),
        kind=data["kind"],
        language=entries.text(data, "language") or "fr",
        licence=entries.address(data, "licence", needed=True),
        licence_note=_text(data, "licence_note"),
        retrieved=entries.day(data, "retrieved"),
        codes_on=entries.day(data, "codes_on") if "codes_on" in data else "",
        codes_on_column=entries.text(data, "codes_on_column"),
        version=str(data.get("version", "")),
        url=entries.address(data, "url"),
        format=entries.text(data, "format"),
        text=_passages(data["text"]) if "text" in data else None,
        expect=_bounds(entries.table(data, "expect")),
        read={
            pattern: _reading(entries.table(data["read"], pattern), f"read.{pattern}")
            for pattern in entries.table(data, "read")
        },
        precedence={
            column: entries.whole(entries.table(data, "precedence"), column, "precedence.")
            for column in entries.table(data, "precedence")
        },
    )


def _text(data: Mapping[str, Any], name: str) -> Text:
    told = entries.table(data, name)
    entries.only(told, ("fr", "en"), f"{name}.")
    french = entries.text(told, "fr", f"{name}.")
    return Text(french, entries.text(told, "en", f"{name}.") or french)


def _passages(told: Any) -> Passages:
    told = entries.table({"text": told}, "text")
    entries.only(told, ("file", "characters", "sha256"), "text.")
    return Passages(
        entries.text(told, "file", "text.", needed=True),
        entries.whole(told, "characters", "text."),
        entries.text(told, "sha256", "text.", needed=True),
    )


def _bounds(told: Mapping[str, Any]) -> Bounds:
    entries.only(told, ("records_min", "refused_share_max", "age_max_days"), "expect.")
    usual = Bounds()
    return Bounds(
        entries.whole(told, "records_min", "expect.", usual.records_min),
        entries.share(told, "refused_share_max", "expect.", usual.refused_share_max),
        entries.whole(told, "age_max_days", "expect.", usual.age_max_days),
    )


def _reading(told: Mapping[str, Any], where: str) -> Reading:
    names = ("delimiter", "encoding", "quote", "sheet", "records")
    entries.only(told, names, f"{where}: ")
    found = {name: entries.text(told, name, f"{where}: ") for name in names if name in told}
    for name in ("delimiter", "quote"):
        if len(found.get(name, "")) > 1:
            raise ValueError(f"{where}: {name} = {found[name]!r} is more than one sign")
    try:
        codecs.lookup(found.get("encoding", "utf-8"))
    except LookupError:
        raise ValueError(f"{where}: encoding = {found['encoding']!r} is not known") from None
    return Reading(**found)
