"""Rows of other records that a finding names: duplicates, or the record with the same number."""

from collections.abc import Iterator, Sequence
from typing import Final

import duckdb

from kg.namespaces import ID
from kg.shacl.results import ValidationResult
from kg.validation.result_components import DUPLICATE_COMPONENT
from kg.work_tables import DUPLICATE, RECORDS

MAX_ROWS: Final = 5
"""Rows named in one finding, at most."""
Row = tuple[str, int]
"""A file, and the row in it."""


class OtherRows:
    """Index of the file rows of the other records of results."""

    def __init__(self, db: duckdb.DuckDBPyConnection, results: Sequence[ValidationResult]) -> None:
        self._duplicates: dict[tuple[str, str], list[str]] = {}
        rows = db.execute(f"SELECT DISTINCT s, o, other FROM {DUPLICATE} ORDER BY ALL").fetchall()
        for s, name, other in rows:
            self._duplicates.setdefault((s, name), []).append(other)
        wanted = {node for result in results for other in self._iter_others(result)
                  for node in (other, _get_record_iri(other))}  # fmt: skip
        self._rows: dict[str, list[Row]] = {}
        if not wanted:
            return
        rows = db.execute(
            f'SELECT DISTINCT subject, file, "row" FROM {RECORDS} '
            'WHERE subject IN (SELECT unnest(?::VARCHAR[])) AND "row" > 0 ORDER BY ALL',
            [sorted(wanted)],
        ).fetchall()
        for subject, file, row in rows:
            self._rows.setdefault(subject, []).append((file, row))

    def find_rows(self, result: ValidationResult) -> tuple[Row, ...]:
        """The rows of the other records of a result; empty where they are in no file."""
        rows = [row for other in self._iter_others(result) for row in self._get_rows(other)]
        return tuple(dict.fromkeys(rows))[:MAX_ROWS]

    def _get_rows(self, node: str) -> Sequence[Row]:
        return self._rows.get(node) or self._rows.get(_get_record_iri(node)) or ()

    def _iter_others(self, result: ValidationResult) -> Iterator[str]:
        if result.component == DUPLICATE_COMPONENT:
            yield from self._duplicates.get((result.focus, result.value or ""), ())
        elif node := get_other_node(result):
            yield node


def get_other_node(result: ValidationResult) -> str:
    """The value of a result where it is a fragment of another record; else empty."""
    value = (result.value or "").strip("<>")
    apart = value.startswith(ID) and "#" in value
    return value if apart and _get_record_iri(value) != _get_record_iri(result.focus) else ""


def _get_record_iri(node: str) -> str:
    return node.partition("#")[0]
