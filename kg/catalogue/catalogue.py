"""Catalogue of a release: its lists, search, reconciliation and history of records."""

from collections.abc import Sequence

from kg.catalogue import reconcile
from kg.catalogue.certainty import Candidate
from kg.catalogue.record_history import RecordHistory
from kg.catalogue.record_lists import RecordLists


class Catalogue(RecordLists, RecordHistory):
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
