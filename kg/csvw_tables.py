"""CSVW tables: the canonical tables, read from `ontology/tables/*.json`.

https://www.w3.org/TR/tabular-metadata/ and https://www.w3.org/TR/csv2rdf/, with annotations
of our own: `ess:when` (a virtual column is given only where one of these columns has a value),
`ess:temporal` (a date is typed by its form), `ess:curie` (the cell is a CURIE) `ess:hangsOn`
(the line is refused with the record this column names), `ess:instead` (columns of which one makes
this required column needless), `ess:tagged` (values have the tag of their language: `Wien@de`) and
`ess:country` (cells are countries, by their code or their name).

Columns that several tables have are in `ontology/tables/_columns.json`, by name. A table refers to
one by its name (`"reference"`), or by an object that replaces some of its members, where null
removes one (`{"column": "label_fr", "ess:example": "Communecter"}`).
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

from kg.errors import SourceError
from kg.kinds import Text
from kg.namespaces import ID, expand

COLUMNS_FILE: Final = "_columns.json"
"""The columns that several tables have; a release has none, its tables are whole."""
BUILT_IN_SLOTS: Final = ("_source", "_row")
ADDED_COLUMNS: Final = ("record", "sources")
"""Columns of the tables that a release gives: the address of what a row describes below that of
all records, by which tables are joined, and the sources that state it."""
DATE_SUFFIXES: Final = ("earliest", "latest", "precision")
"""What a release gives beside a date as it is stated."""
PER_SOURCE_COLUMNS: Final = frozenset(
    {"note_fr", "note_en", "reference", "assertion", "date_text", "weekday_stated"}
)
"""Columns in which each source speaks of itself or in its own words: that two differ in one of them
says nothing of the thing."""
OTHER_LABELS: Final = "labels"
OTHER_NAMES: Final = "alt_labels"
LANGUAGE_COLUMN: Final = re.compile(
    r"(?:label_(?!fr$|en$)|(?P<other>alt_labels_))(?P<tag>[a-z]{2,3})"
)
"""A column of names in one language, which are values of the column `labels` or `alt_labels`."""
UNKNOWN_LANGUAGE: Final = "und"
"""The tag of BCP 47 of a text whose language is not known."""
TAG_PATTERN: Final = "[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*"
"""Pattern of the tag of a language (BCP 47), for Python and for SQL."""
TAGGED: Final = re.compile(f"(?P<text>.+)@(?P<tag>{TAG_PATTERN})", re.DOTALL)
TYPE_COLUMN: Final = "type"
"""The virtual column with the class of what a row describes."""
DECISIVE_COLUMNS: Final = frozenset({"kind", "assertion"})
"""Optional columns without which the rest of a line would be read as something else: what a thing
is, and how sure it is."""
TEMPLATE_SLOT: Final = re.compile(r"\{(\+?)(\w+)\}")


@dataclass(frozen=True)
class Column:
    """One column of a table, real or virtual."""

    name: str
    title: Text
    titles: tuple[str, ...]
    """Every way people and registers call it, in any language; the name itself left out."""
    description: Text
    example: str
    required: bool
    virtual: bool
    suppressed: bool
    separator: str | None
    about: str | None
    predicate: str | None
    value: str | None
    lang: str | None
    datatype: str | None
    temporal: Literal["value", "instant"] | None
    curie: bool
    is_dependency: bool
    when: tuple[str, ...]
    instead: tuple[str, ...]
    tagged: bool
    country: bool

    @property
    def has_one_value(self) -> bool:
        """Whether a thing has one value in it, whatever the number of sources."""
        return self.separator is None and self.name not in PER_SOURCE_COLUMNS

    @property
    def scheme(self) -> str | None:
        """The code list its cells are codes of."""
        match = re.fullmatch(r".*/scheme/([\w-]+)/\{" + self.name + r"\}", self.value or "")
        return match[1] if match else None

    @property
    def is_reference(self) -> bool:
        """Whether its cells name records (`kind/key`)."""
        return bool(self.value and self.value.endswith("/id/{+" + self.name + "}"))


@dataclass(frozen=True)
class Table:
    """One canonical table: what a line describes and what each column says of it."""

    name: str
    title: Text
    description: Text
    kind: str | None
    about: str
    columns: tuple[Column, ...]

    @cached_property
    def real(self) -> tuple[Column, ...]:
        """The columns a person fills, in order."""
        return tuple(column for column in self.columns if not column.virtual)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.real)

    @cached_property
    def added_columns(self) -> frozenset[str]:
        """The columns that the files of a release have besides: they come back in unread."""
        dates = [column.name for column in self.real if column.temporal]
        return frozenset(ADDED_COLUMNS) | {
            f"{name}_{part}" for name in dates for part in DATE_SUFFIXES
        }

    def get_column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def find_missing(self, given: Collection[str]) -> list[str]:
        """The required columns that are not among some, nor what may stand instead of them."""
        has_labels = any(self.find_tagged_column(name) == OTHER_LABELS for name in given)
        names = {*given, OTHER_LABELS} if has_labels else {*given}
        return [
            column.name
            for column in self.real
            if column.required and not names.intersection((column.name, *column.instead))
        ]

    def find_tagged_column(self, name: str) -> str:
        """The column to which one of names in another language adds (`label_de`), if it is one."""
        match = LANGUAGE_COLUMN.fullmatch(name)
        column = (OTHER_NAMES if match["other"] else OTHER_LABELS) if match else ""
        return column if column in self.names else ""

    @cached_property
    def key_column(self) -> str:
        """The column that is the record's key, for the tables of a kind."""
        return "id"

    @cached_property
    def node_class(self) -> str:
        """The class of what a row describes."""
        typed = next((column for column in self.columns if column.name == TYPE_COLUMN), None)
        return expand(typed.value) if typed is not None and typed.value else ""

    @cached_property
    def _about_pattern(self) -> re.Pattern[str]:
        parts, last = [], 0
        template = self.about.removeprefix(ID)
        for match in TEMPLATE_SLOT.finditer(template):
            parts.append(re.escape(template[last : match.start()]))
            signs = "[^#]+" if match[1] else ".+"  # a record has no fragment
            parts.append(signs if match[2] in BUILT_IN_SLOTS else f"(?P<{match[2]}>{signs})")
            last = match.end()
        return re.compile("".join([*parts, re.escape(template[last:])]))

    def parse_row_path(self, path: str) -> Mapping[str, str] | None:
        """The cells that the address of a row names, below that of all records.

        None where it is the address of no row of the table. Where a hyphen stands between two
        cells, only the record that it begins with is sure.
        """
        match = self._about_pattern.fullmatch(path)
        return match.groupdict() if match else None

    @cached_property
    def dependency_columns(self) -> tuple[str, ...]:
        """The columns that name a record without which a line cannot stand."""
        return tuple(column.name for column in self.real if column.is_dependency)

    @cached_property
    def optional_columns(self) -> frozenset[str]:
        """The columns without which a line stands: a bad cell there costs that cell alone."""
        return frozenset(
            column.name
            for column in self.real
            if not (column.required or column.is_dependency or column.name in DECISIVE_COLUMNS)
        ) - set(find_slots(self.about))


def split_tag(text: str, otherwise: str | None = None) -> tuple[str, str]:
    """A value of a tagged column: its text, and the tag of its language."""
    match = TAGGED.fullmatch(text)
    return (match["text"], match["tag"]) if match else (text, otherwise or UNKNOWN_LANGUAGE)


def list_names(cells: Mapping[str, Sequence[str]], columns: Iterable[str]) -> list[str]:
    """The names in columns of a record, without the tags of their languages."""
    return [
        split_tag(text)[0] if column in (OTHER_LABELS, OTHER_NAMES) else text
        for column in columns
        for text in cells.get(column, ())
    ]


def find_slots(template: str) -> tuple[str, ...]:
    """The columns a URI template names, built-in ones left out."""
    return tuple(m[2] for m in TEMPLATE_SLOT.finditer(template) if m[2] not in BUILT_IN_SLOTS)


def load_tables(folder: Path) -> Mapping[str, Table]:
    """Every table described in a folder, by name, in the order of their file names."""
    tables = [_parse_table(description) for description in read_descriptions(folder).values()]
    return {table.name: table for table in tables}


def read_descriptions(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """The CSVW description of each table of a folder, whole, by the name of its file."""
    shared_file = folder / COLUMNS_FILE
    shared = json.loads(shared_file.read_bytes()) if shared_file.is_file() else {}
    paths = sorted(path for path in folder.glob("*.json") if path != shared_file)
    return {path.stem: _read_description(path, shared) for path in paths}


def _read_description(path: Path, shared: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    description: Mapping[str, Any] = json.loads(path.read_bytes())
    schema = description["tableSchema"]
    try:
        columns = [_resolve_column(column, shared) for column in schema["columns"]]
    except KeyError as error:
        raise SourceError(f"{path}: {COLUMNS_FILE} has no column {error}") from error
    return {**description, "tableSchema": {**schema, "columns": columns}}


def _resolve_column(
    column: str | Mapping[str, Any], shared: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any]:
    if isinstance(column, str):
        return shared[column]
    if "column" not in column:
        return column
    members = {**shared[column["column"]], **column}
    return {k: v for k, v in members.items() if k != "column" and v is not None}


def _parse_table(data: Mapping[str, Any]) -> Table:
    schema = data["tableSchema"]
    return Table(
        name=data["url"].removesuffix(".csv"),
        title=_parse_text(data.get("dc:title")),
        description=_parse_text(data.get("dc:description")),
        kind=data.get("ess:kind"),
        about=schema["aboutUrl"],
        columns=tuple(_parse_column(column) for column in schema["columns"]),
    )


def _parse_column(data: Mapping[str, Any]) -> Column:
    titles = {language: _as_list(texts) for language, texts in data.get("titles", {}).items()}
    first = {language: texts[0] for language, texts in titles.items() if texts}
    return Column(
        name=data["name"],
        title=Text(first.get("fr", data["name"]), first.get("en", data["name"])),
        titles=tuple(dict.fromkeys(title for texts in titles.values() for title in texts)),
        description=_parse_text(data.get("dc:description")),
        example=data.get("ess:example", ""),
        required=data.get("required", False),
        virtual=data.get("virtual", False),
        suppressed=data.get("suppressOutput", False),
        separator=data.get("separator"),
        about=data.get("aboutUrl"),
        predicate=data.get("propertyUrl"),
        value=data.get("valueUrl"),
        lang=data.get("lang"),
        datatype=data.get("datatype"),
        temporal=data.get("ess:temporal"),
        curie=data.get("ess:curie", False),
        is_dependency=data.get("ess:hangsOn", False),
        when=tuple(data.get("ess:when") or ()),
        instead=tuple(data.get("ess:instead") or ()),
        tagged=data.get("ess:tagged", False),
        country=data.get("ess:country", False),
    )


def _as_list(titles: str | list[str]) -> list[str]:
    """CSVW gives a title as a text or as several, the first being the one to show."""
    return [titles] if isinstance(titles, str) else titles


def _parse_text(values: object) -> Text:
    by_language = {v["@language"]: v["@value"] for v in values} if isinstance(values, list) else {}
    return Text(by_language.get("fr", ""), by_language.get("en", ""))
