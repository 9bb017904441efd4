"""Catalogue of a release: its lists, maps, search, reconciliation and history of records."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from kg.catalogue import reconcile, same_things
from kg.catalogue.certainty import Candidate
from kg.catalogue.filters import Filters
from kg.catalogue.record_dates import RecordDates
from kg.catalogue.record_history import RecordHistory
from kg.catalogue.same_things import Pair
from kg.catalogue.selection_query import write_selection_query
from kg.kinds import Kind


class Catalogue(RecordDates, RecordHistory):
    """Catalogue of a release, thread-safe."""

    def reconcile(self, query: reconcile.ReconciliationQuery) -> Sequence[Candidate]:
        """Return the candidates for a name, identifiers or values, best first."""
        access = reconcile.CatalogueAccess(
            self._connection,
            self._ranges,
            self._postings,
            self.fields,
            self._read_items,
            self.read_labels,
        )
        return reconcile.reconcile(access, query)

    def read_pairs(self, kind: str, key: str) -> Sequence[Pair]:
        """Return the records that are the same thing as one, or probably are."""
        return same_things.read_pairs(self._connection, f"{kind}/{key}")

    def list_same(self, iri: str) -> Sequence[str]:
        """Return the IRIs of the records judged the same as one, itself first."""
        return same_things.list_same(self._connection, iri)

    def write_query(self, kind: Kind, filters: Filters, comments: Sequence[str] = ()) -> str | None:
        """Return the SPARQL query of a list, None for one by a bounding box."""
        return write_selection_query(
            kind, self.resolve_filters(filters), self.fields, comments, has_same=self._has_same
        )

    @cached_property
    def _has_same(self) -> bool:
        return same_things.has_same(self._connection)

    def read_queue(self, first: int, most: int) -> tuple[Sequence[Pair], Mapping[str, int]]:
        """Return pairs that wait for a person, from a position, with counts of all pairs."""
        return same_things.read_queue(self._connection, first, most)
