"""Finding texts for discrepancies and duplicates: values of the other sources."""

from collections.abc import Iterable
from typing import Final

import duckdb

from kg.namespaces import ID, SCHEME
from kg.shacl.results import ValidationResult
from kg.shacl.terms import parse_term
from kg.validation.result_columns import parse_language
from kg.validation.result_components import DUPLICATE_COMPONENT
from kg.work_tables import DISCREPANCY, DUPLICATE

VALUE_SEPARATOR: Final = " | "


class OtherValues:
    """Values of `discrepancy` and `duplicate`, as a report shows them."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._values_by_source: dict[tuple[str, str], list[tuple[str, str]]] = {}
        rows = db.execute(f"SELECT s, p, source, o FROM {DISCREPANCY} ORDER BY s, p, place")
        for s, p, source, value in rows.fetchall():
            self._values_by_source.setdefault((s, p), []).append((source, value))
        self._duplicates: dict[tuple[str, str], list[str]] = {}
        rows = db.execute(f"SELECT s, o, other, label FROM {DUPLICATE} ORDER BY ALL")
        for s, name, other, label in rows.fetchall():
            self._duplicates.setdefault((s, name), []).append(f"{other.removeprefix(ID)}: {label}")

    def format_others(self, result: ValidationResult, source: str, others: Iterable[str]) -> str:
        """The values of other sources for a result, each after the name of its source; where there
        are none, the sources that have part in it."""
        if result.component == DUPLICATE_COMPONENT:
            return VALUE_SEPARATOR.join(
                self._duplicates.get((result.focus, result.value or ""), ())
            )
        voices = self._values_by_source.get((result.focus, result.path or ""), ())
        language = parse_language(result.value)
        values = [
            f"{name}: {format_value(value)}"
            for name, value in voices
            if name != source and value != result.value and parse_language(value) == language
        ]
        return VALUE_SEPARATOR.join(dict.fromkeys(values or sorted(others)))


def format_value(term: str | None) -> str:
    """A term as a person reads it: a literal without its quotes and type, an IRI short."""
    if term is None:
        return ""
    if term.startswith('"'):
        if "\\" in term:
            return str(getattr(parse_term(term), "value", term))
        return term[1 : term.rindex('"')]
    iri = term.strip("<>")
    if iri.startswith(SCHEME):
        return iri.rpartition("/")[2]
    return iri.removeprefix(ID)
