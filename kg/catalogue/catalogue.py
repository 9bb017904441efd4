"""Catalogue of a release: its lists, search, reconciliation and history of records."""

from collections.abc import Sequence

from kg.catalogue import reconcile
from kg.catalogue.certainty import Candidate
from kg.catalogue.record_history import RecordHistory
from kg.catalogue.record_lists import RecordLists


class Catalogue(RecordLists, RecordHistory):
    """One catalogue file, read from any thread."""

    def reconcile(self, query: reconcile.ReconciliationQuery) -> Sequence[Candidate]:
        """The records that a name, an identifier or values may stand for, the most likely first."""
        access = reconcile.CatalogueAccess(
            self._connection,
            self._ranges,
            self._postings,
            self.fields,
            self._read_items,
            self.read_labels,
        )
        return reconcile.reconcile(access, query)
