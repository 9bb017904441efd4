"""Record history in a catalogue: last changes, moves, withdrawals, departures."""

from collections.abc import Iterable, Mapping, Sequence

from kg.catalogue import insee_codes
from kg.catalogue.catalogue_file import CatalogueFile
from kg.catalogue.records import Item


class RecordHistory(CatalogueFile):
    """Catalogue with the history of its records, and the replacements of removed ones."""

    def read_versions(self, first: int, most: int) -> Sequence[tuple[str, str, str]]:
        """Return (kind, key, digest) of `most` records, without the `first` ones."""
        return self._connection.execute(
            "SELECT kind, key, digest FROM version JOIN entity USING (id) "
            "WHERE id IN (SELECT id FROM version ORDER BY id LIMIT ? OFFSET ?) ORDER BY id",
            (most, first),
        ).fetchall()

    def read_last_changes(self, items: Iterable[Item]) -> Mapping[str, str]:
        """Return the time of the last change of records, by IRI, where known."""
        iris = {item.id: item.iri for item in items}
        slots = ", ".join("?" * len(iris))
        rows = self._connection.execute(
            f"SELECT id, changed FROM version WHERE id IN ({slots})", tuple(iris)
        )
        return {iris[number]: str(moment) for number, moment in rows}

    def find_replacement(self, iri: str) -> str | None:
        """Return the IRI that replaces a withdrawn one, if any."""
        return self._read_value("SELECT new FROM moved WHERE old = ?", iri)

    def resolve_commune(self, key: str) -> Sequence[str]:
        """Return the current keys for the key of a commune (`kg.catalogue.insee_codes`)."""
        return insee_codes.resolve_commune(self._connection, key)

    def resolve_territory(self, key: str) -> Sequence[str]:
        """Return the current keys for the key of a territory. Raises BadRequest if ambiguous."""
        return insee_codes.resolve_territory(self._connection, key)

    def find_withdrawal_date(self, iri: str) -> str | None:
        """Return the date of withdrawal of an entity, if it was withdrawn."""
        return self._read_value("SELECT since FROM gone WHERE iri = ?", iri)

    def find_departure_date(self, iri: str) -> str | None:
        """Return the time of the first release without an entity; None if sources have it."""
        return self._read_value("SELECT since FROM departed WHERE iri = ?", iri)

    def _read_value(self, question: str, iri: str) -> str | None:
        row = self._connection.execute(question, (iri,)).fetchone()
        return str(row[0]) if row else None
