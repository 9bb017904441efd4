"""History of records in a catalogue: last changes, moves, withdrawals, departures."""

from collections.abc import Iterable, Mapping, Sequence

from kg.catalogue import insee_codes
from kg.catalogue.catalogue_file import CatalogueFile
from kg.catalogue.records import Item


class RecordHistory(CatalogueFile):
    """A catalogue that knows how its records have changed, and what replaces those that left."""

    def read_versions(self, first: int, most: int) -> Sequence[tuple[str, str, str]]:
        """(kind, key, digest) of the records numbered from `first` (from 1) on, in their order."""
        return self._connection.execute(
            "SELECT kind, key, digest FROM version JOIN entity USING (id) "
            "WHERE id BETWEEN ? AND ? ORDER BY id",
            (first, first + most - 1),
        ).fetchall()

    def read_last_changes(self, items: Iterable[Item]) -> Mapping[str, str]:
        """The time of the release that last changed each record, by IRI, where it is known."""
        iris = {item.id: item.iri for item in items}
        slots = ", ".join("?" * len(iris))
        rows = self._connection.execute(
            f"SELECT id, changed FROM version WHERE id IN ({slots})", tuple(iris)
        )
        return {iris[number]: str(moment) for number, moment in rows}

    def find_replacement(self, iri: str) -> str | None:
        """The IRI that replaces a withdrawn one, None where none does."""
        return self._read_value("SELECT new FROM moved WHERE old = ?", iri)

    def resolve_commune(self, key: str) -> Sequence[str]:
        """The keys of today's communes for the key of a commune (kg.catalogue.insee_codes)."""
        return insee_codes.resolve_commune(self._connection, key)

    def resolve_territory(self, key: str) -> Sequence[str]:
        """The keys of today's territories for a key. Raises BadRequest where it is ambiguous."""
        return insee_codes.resolve_territory(self._connection, key)

    def find_withdrawal_date(self, iri: str) -> str | None:
        """The date since when the entity of an IRI is withdrawn, None where it is not."""
        return self._read_value("SELECT since FROM gone WHERE iri = ?", iri)

    def find_departure_date(self, iri: str) -> str | None:
        """The time of the first release without an entity, None where sources have it."""
        return self._read_value("SELECT since FROM departed WHERE iri = ?", iri)

    def _read_value(self, question: str, iri: str) -> str | None:
        row = self._connection.execute(question, (iri,)).fetchone()
        return str(row[0]) if row else None
