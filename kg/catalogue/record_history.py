"""History of records in a catalogue: last changes, moves, withdrawals, departures."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from kg.catalogue import insee_codes
from kg.catalogue.records import Item


class RecordHistory:
    """The part of a catalogue that tells it; `_file` is the connection of the thread."""

    @property
    def _connection(self) -> sqlite3.Connection:
        raise NotImplementedError

    def read_versions(self, first: int, most: int) -> Sequence[tuple[str, str, str]]:
        """(kind, key, digest) of the records numbered from `first` (from 1) on, in their order."""
        return self._connection.execute(
            "SELECT kind, key, digest FROM version JOIN entity USING (id) "
            "WHERE id BETWEEN ? AND ? ORDER BY id",
            (first, first + most - 1),
        ).fetchall()

    def read_last_changes(self, items: Iterable[Item]) -> Mapping[str, str]:
        """IRI to the moment of the release that last changed the record, where it is known."""
        known = {item.id: item.iri for item in items}
        slots = ", ".join("?" * len(known))
        rows = self._connection.execute(
            f"SELECT id, changed FROM version WHERE id IN ({slots})", tuple(known)
        )
        return {known[number]: str(moment) for number, moment in rows}

    def find_replacement(self, iri: str) -> str | None:
        """The IRI that replaces one."""
        return self._read_value("SELECT new FROM moved WHERE old = ?", iri)

    def resolve_commune(self, key: str) -> Sequence[str]:
        """The keys of what the key of a commune means today (kg.catalogue.insee_codes)."""
        return insee_codes.resolve_commune(self._connection, key)

    def resolve_territory(self, key: str) -> Sequence[str]:
        """A key, or what it means today. Raises BadRequest where that is several."""
        return insee_codes.resolve_territory(self._connection, key)

    def find_withdrawal_date(self, iri: str) -> str | None:
        """Since when what had this IRI is withdrawn, None where it is not."""
        return self._read_value("SELECT since FROM gone WHERE iri = ?", iri)

    def find_departure_date(self, iri: str) -> str | None:
        """Since which release (its moment) no source has what had this IRI, None otherwise."""
        return self._read_value("SELECT since FROM departed WHERE iri = ?", iri)

    def _read_value(self, question: str, iri: str) -> str | None:
        row = self._connection.execute(question, (iri,)).fetchone()
        return str(row[0]) if row else None
