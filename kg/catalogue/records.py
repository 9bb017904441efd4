"""Records and columns of their kinds, as the catalogue gives them."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import orjson

from kg.csvw_tables import PER_SOURCE_COLUMNS
from kg.formats import MAX_SAFE_INTEGER
from kg.iris import build_record_iri
from kg.kinds import KIND_BY_NAME, Text
from kg.namespaces import ID, SCHEME

ENTITY_COLUMNS: Final = (
    "id, kind, key, label_fr, label_en, begins, ends, zone, population, latitude, longitude, "
    "sources, cells"
)


@dataclass(frozen=True)
class Field:
    """One column of the canonical table of a kind."""

    name: str
    title: Text
    predicate: str | None
    value: str | None
    """URI template of its values, None where they are literals."""
    fragment: str
    """Where the statement hangs on the record (`#address`), empty for the record itself."""
    lang: str | None
    datatype: str | None
    temporal: bool
    scheme: str | None
    reference: bool
    multiple: bool

    @cached_property
    def numeric(self) -> bool:
        """Whether its cells are numbers."""
        return self.datatype in ("integer", "decimal")

    def parse_number(self, cell: str) -> str | int | float:
        """A cell of a numeric column as JSON has it, as it is where it cannot be read so."""
        try:
            number = int(cell) if self.datatype == "integer" else float(cell)
        except ValueError:
            return cell
        return number if abs(number) <= MAX_SAFE_INTEGER else cell

    @cached_property
    def has_one_value(self) -> bool:
        """Whether a record has one value in it, whatever the number of sources."""
        return not self.multiple and self.name not in PER_SOURCE_COLUMNS

    @cached_property
    def has_one_text(self) -> bool:
        """Whether that value is told as it stands: one cell, which is no number."""
        return self.has_one_value and not self.numeric

    def format_cells(self, cells: Sequence[str]) -> list[str] | str:
        """What a record has in the column: the list of its values, or its value.

        Where sources disagree on a value, it is the one that is shown first.
        """
        if self.multiple:
            return list(cells)
        return cells[0] if self.has_one_value else "|".join(cells)

    def build_iri(self, value: str) -> str | None:
        """The IRI a cell names, None where it names nothing."""
        if self.scheme:
            return f"{SCHEME}{self.scheme}/{value}"
        return ID + value if self.reference else None


@dataclass  # not frozen, which makes it in a third of the time: a list has many; nobody changes it
class Item:
    """A record: its labels, its dates as sortable text, its place and its columns."""

    id: int
    kind: str
    key: str
    label: Text
    begins: str | None
    """First moment, as text that compares, on the clock of its place."""
    ends: str | None
    """Last moment, likewise."""
    zone: str | None
    """The time zone of its place (IANA name), None where it is not known or has no time of day."""
    population: int | None
    latitude: float | None
    longitude: float | None
    sources: tuple[str, ...]
    cells: Mapping[str, Sequence[str]]
    """Column name to values; a column without a value is absent."""

    @property
    def iri(self) -> str:
        return build_record_iri(self.kind, self.key)

    @property
    def path(self) -> str:
        """The local address of its page."""
        return f"/{self.kind}/{self.key}"

    @property
    def dates(self) -> tuple[str, str]:
        """Beginning and end as they are stated, empty where they are not."""
        stated = [
            next(iter(self.cells.get(name, ())), "") for name in KIND_BY_NAME[self.kind].dates
        ]
        begin, end = (*stated, "", "")[:2]
        return begin, end

    @property
    def inferred(self) -> bool:
        """Whether no source states it: it was deduced, or comes from elsewhere."""
        assertions = self.cells.get("assertion", ())
        return bool(assertions) and "stated" not in assertions


def read_item(row: Sequence[Any]) -> Item:
    """The record of a row of `ENTITY`."""
    number, kind, key, label_fr, label_en, *rest, sources, cells = row
    begins, ends, zone, population, latitude, longitude = rest
    return Item(
        number, kind, key, Text.with_fallback(label_fr, label_en, key),
        begins, ends, zone, population, latitude, longitude,
        tuple(orjson.loads(sources)), orjson.loads(cells),
    )  # fmt: skip


def read_fields(file: sqlite3.Connection) -> dict[str, tuple[Field, ...]]:
    """The columns of every kind, in order."""
    fields_by_kind: dict[str, list[Field]] = {}
    rows = file.execute(
        "SELECT kind, name, title_fr, title_en, predicate, value, fragment, lang, datatype, "
        "temporal, scheme, reference, multiple FROM field ORDER BY kind, position"
    )
    for kind, name, fr, en, predicate, value, fragment, lang, datatype, *flags in rows:
        temporal, scheme, reference, multiple = flags
        fields_by_kind.setdefault(kind, []).append(
            Field(
                name,
                Text(fr, en),
                predicate,
                value,
                fragment,
                lang,
                datatype,
                bool(temporal),
                scheme,
                bool(reference),
                bool(multiple),
            )
        )
    return {kind: tuple(columns) for kind, columns in fields_by_kind.items()}
