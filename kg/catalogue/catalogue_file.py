"""Catalogue file: its connections, columns, records and labels."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson

from kg.catalogue import record_sets, records
from kg.catalogue.extent_index import VALUED_FIELD
from kg.catalogue.record_sets import LISTED, RecordRange
from kg.catalogue.records import ENTITY_COLUMNS, OTHER_LABEL_SQL, Field, Inhabitants, Item
from kg.catalogue.schema import open_read_only
from kg.iris import build_record_iri
from kg.kinds import KIND_BY_NAME, KINDS, Text
from kg.namespaces import ID, SCHEME

MAX_CACHED_LABELS: Final = 10_000
"""Size of the label cache of one catalogue (concepts, terms, sources and territories)."""
UNCACHED_LABELS: Final = tuple(f"{ID}{kind.name}/" for kind in KINDS if kind.name != "territory")


class CatalogueFile:
    """Connections to one catalogue file, one per thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._fallback_connection: sqlite3.Connection | None = None
        self._labels: dict[str, Text] = {}
        self._enclosing: dict[str, tuple[str, ...]] = {}
        self._postings = record_sets.PostingCache()
        file = self._connection
        self.release = str(
            next(file.execute("SELECT value FROM meta WHERE name = 'release'"), [""])[0]
        )
        self.fields: Mapping[str, tuple[Field, ...]] = records.read_fields(file)
        self._ranges = {
            row[0]: RecordRange(*row)
            for row in file.execute("SELECT name, first, size, records FROM kind")
        }

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "file", None)
        if connection is None:
            try:
                connection = open_read_only(self._path)
            except sqlite3.OperationalError:  # a deleted release: files already open stay readable
                if self._fallback_connection is None:
                    raise
                connection = self._fallback_connection
            self._local.file = connection
            self._fallback_connection = self._fallback_connection or connection
        return connection

    def count_by_kind(self) -> dict[str, int]:
        """Count the records of each kind."""
        return {name: self._ranges[name].records for name in KIND_BY_NAME}

    def find_field(self, kind: str, name: str) -> Field | None:
        """Return a column of a kind."""
        return next((f for f in self.fields.get(kind, ()) if f.name == name), None)

    def find_entity(self, kind: str, key: str) -> Item | None:
        """Return one record."""
        row = self._connection.execute(
            f"SELECT {ENTITY_COLUMNS} FROM entity WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
        return records.read_item(row) if row else None

    def find_inhabitants(self, item: Item) -> Inhabitants | None:
        """The inhabitants of a territory, where they or those of its communes are known."""
        if item.kind != "territory":
            return None
        if item.population is not None:
            return Inhabitants(item.population, item.sources)
        row = self._connection.execute(
            "SELECT population, sources, counted, communes FROM population_sum WHERE id = ?",
            (item.id,),
        ).fetchone()
        if row is None:
            return None
        number, sources, *communes = row
        return Inhabitants(number, tuple(orjson.loads(sources)), *communes)

    def read_enclosing(self, key: str) -> tuple[str, ...]:
        """Return the keys of the territories that one lies directly in."""
        found = self._enclosing.get(key)
        if found is None:
            item = self.find_entity("territory", key)
            cells = item.cells.get("within", ()) if item else ()
            found = tuple(cell.removeprefix("territory/") for cell in cells)
            self._enclosing[key] = found
        return found

    def read_keys(self, kind: str, first: int, most: int) -> Sequence[tuple[str, str | None]]:
        """Return (key, time of last change) of `most` records of a kind, from position `first`."""
        span = self._ranges[kind]
        listed = self._postings.get(self._connection, span, VALUED_FIELD, LISTED)
        numbers = [span.first + position for position in listed[first : first + most]]
        return self._connection.execute(
            "SELECT key, changed FROM entity LEFT JOIN version USING (id) "
            "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (orjson.dumps(numbers).decode(),),
        ).fetchall()

    def read_labels(self, iris: Iterable[str]) -> dict[str, Text]:
        """Return the labels of records, concepts, sources and terms; unknown IRIs are absent."""
        labels: dict[str, Text] = {}
        missing = []
        for iri in dict.fromkeys(iris):
            label = self._labels.get(iri)
            if label is None:
                missing.append(iri)
            else:
                labels[iri] = label
        if missing:
            fresh = self._read_labels(missing)
            # cache these only: pages repeat the same concepts and territories, but rarely other
            # records
            shared = {iri: fresh[iri] for iri in fresh if not iri.startswith(UNCACHED_LABELS)}
            if len(self._labels) + len(shared) > MAX_CACHED_LABELS:
                self._labels = {}
            self._labels.update(shared)
            labels |= fresh
        return labels

    def _read_labels(self, iris: Sequence[str]) -> dict[str, Text]:
        roots = {iri: iri.partition("#")[0] for iri in iris if iri.startswith(ID)}
        kinds_and_keys = (root[len(ID) :].partition("/") for root in roots.values())
        pairs = [[kind, key] for kind, _, key in kinds_and_keys if kind in KIND_BY_NAME]
        entities = {
            build_record_iri(kind, key): Text.with_fallback(fr, en, key, other)
            for kind, key, fr, en, other in self._connection.execute(
                f"SELECT kind, entity.key, label_fr, label_en, {OTHER_LABEL_SQL} "
                "FROM json_each(?) JOIN entity "
                "ON kind = value ->> 0 AND entity.key = value ->> 1",
                (orjson.dumps(pairs).decode(),),
            )
        }
        labels = {iri: entities[root] for iri, root in roots.items() if root in entities}
        unlabelled_iris = orjson.dumps([iri for iri in iris if iri not in labels]).decode()
        for iri, fr, en in self._connection.execute(
            "SELECT iri, fr, en FROM json_each(?) JOIN label ON iri = value", (unlabelled_iris,)
        ):
            labels[iri] = Text.with_fallback(fr, en, "")
        return labels

    def read_concepts(self, scheme: str) -> dict[str, Text]:
        """Return the concepts of a code list: notation to label."""
        first, last = f"{SCHEME}{scheme}/", f"{SCHEME}{scheme}0"  # "0" is the character after "/"
        rows = self._connection.execute(
            "SELECT iri, fr, en FROM label WHERE iri > ? AND iri < ? ORDER BY iri", (first, last)
        )
        return {iri.removeprefix(first): Text.with_fallback(fr, en, "") for iri, fr, en in rows}

    def _read_items(self, numbers: Sequence[int]) -> Iterator[Item]:
        """Return the records with some numbers, in the order of the numbers."""
        rows = self._connection.execute(
            f"SELECT {ENTITY_COLUMNS} FROM entity WHERE id IN (SELECT value FROM json_each(?))",
            (orjson.dumps(numbers).decode(),),
        )
        items = {row[0]: records.read_item(row) for row in rows}
        return (items[number] for number in numbers)
