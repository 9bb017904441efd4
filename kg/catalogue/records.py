"""Records and columns, as read from the catalogue."""

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

OTHER_LABEL_SQL: Final = (
    "CASE WHEN label_fr IS NULL AND label_en IS NULL THEN cells ->> '$.labels[0]' END"
)
"""SQL of the name of a record that has none in French and English, with the tag of its language."""
ENTITY_COLUMNS: Final = (
    f"id, kind, key, label_fr, label_en, {OTHER_LABEL_SQL}, begins, ends, zone, population, "
    "latitude, longitude, point_of, sources, cells"
)


@dataclass(frozen=True)
class Field:
    """Column of the canonical table of a kind."""

    name: str
    title: Text
    predicate: str | None
    value: str | None
    """URI template of the values; None for literals."""
    fragment: str
    """Fragment of the subject (`#address`); empty for the record itself."""
    lang: str | None
    datatype: str | None
    temporal: bool
    scheme: str | None
    reference: bool
    multiple: bool

    @cached_property
    def numeric(self) -> bool:
        """True for columns of numbers."""
        return self.datatype in ("integer", "decimal")

    def parse_number(self, cell: str) -> str | int | float:
        """Parse a number for JSON; an invalid one is returned unchanged."""
        try:
            number = int(cell) if self.datatype == "integer" else float(cell)
        except ValueError:
            return cell
        return number if abs(number) <= MAX_SAFE_INTEGER else cell

    @cached_property
    def has_one_value(self) -> bool:
        """True where a record has at most one value, whatever the number of sources."""
        return not self.multiple and self.name not in PER_SOURCE_COLUMNS

    @cached_property
    def has_one_text(self) -> bool:
        """True for columns of one value that is not a number."""
        return self.has_one_value and not self.numeric

    def format_cells(self, cells: Sequence[str]) -> list[str] | str:
        """Return the list of values, or the preferred value of a single-valued column."""
        if self.multiple:
            return list(cells)
        return cells[0] if self.has_one_value else "|".join(cells)

    def build_iri(self, value: str) -> str | None:
        """Return the IRI that a cell denotes, if any."""
        if self.scheme:
            return f"{SCHEME}{self.scheme}/{value}"
        return ID + value if self.reference else None


@dataclass  # not frozen: construction is three times faster, and lists have many items
class Item:
    """Record: its labels, sortable dates, coordinates and cells."""

    id: int
    kind: str
    key: str
    label: Text
    begins: str | None
    """First moment, as sortable text in local time."""
    ends: str | None
    """Last moment, likewise."""
    zone: str | None
    """Time zone (IANA name); None where unknown, or without times of day."""
    population: int | None
    latitude: float | None
    longitude: float | None
    sources: tuple[str, ...]
    cells: Mapping[str, Sequence[str]]
    """Values by column; columns without a value are absent."""
    point_of: str | None = None
    """kind/key of the record whose coordinates they are; None where they are its own."""

    @property
    def iri(self) -> str:
        return build_record_iri(self.kind, self.key)

    @property
    def path(self) -> str:
        """Local path of its page."""
        return f"/{self.kind}/{self.key}"

    @property
    def dates(self) -> tuple[str, str]:
        """Stated beginning and end; empty where absent."""
        stated = [
            next(iter(self.cells.get(name, ())), "") for name in KIND_BY_NAME[self.kind].dates
        ]
        begin, end = (*stated, "", "")[:2]
        return begin, end

    @property
    def is_at_territory(self) -> bool:
        """True where its coordinates are the point of a territory, which is no address."""
        return self.point_of is not None and self.point_of.startswith("territory/")

    @property
    def inferred(self) -> bool:
        """True where no source states the record itself."""
        assertions = self.cells.get("assertion", ())
        return bool(assertions) and "stated" not in assertions


@dataclass(frozen=True)
class Inhabitants:
    """The inhabitants of a territory: as it states them, or as those of its communes add up."""

    number: int
    sources: tuple[str, ...]
    """Who states it, of the territory or of its communes."""
    counted: int = 0
    """Of how many communes it is the sum; 0 where the territory states it."""
    communes: int = 0
    """How many it has."""


def read_item(row: Sequence[Any]) -> Item:
    """Read a record from a row of `ENTITY`."""
    number, kind, key, label_fr, label_en, other, *rest, sources, cells = row
    begins, ends, zone, population, latitude, longitude, point_of = rest
    return Item(
        number, kind, key, Text.with_fallback(label_fr, label_en, key, other),
        begins, ends, zone, population, latitude, longitude,
        tuple(orjson.loads(sources)), orjson.loads(cells), point_of,
    )  # fmt: skip


def read_fields(file: sqlite3.Connection) -> dict[str, tuple[Field, ...]]:
    """Read the columns of each kind, in order."""
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
