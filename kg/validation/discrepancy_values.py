"""The other values of a discrepancy, and the likely doubles of a record, for its finding."""

from collections.abc import Iterable
from typing import Final

import duckdb

from kg.namespaces import ID, SCHEME
from kg.validation.columns import language_of
from kg.validation.results import DUPLICATE, Result
from kg.validation.terms import parse

BETWEEN: Final = " | "


class Elsewhere:
    """What `discrepancy` and `duplicate` hold, in the words of a report."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._voices: dict[tuple[str, str], list[tuple[str, str]]] = {}
        rows = db.execute("SELECT s, p, source, o FROM discrepancy ORDER BY s, p, place")
        for s, p, source, value in rows.fetchall():
            self._voices.setdefault((s, p), []).append((source, value))
        self._alike: dict[tuple[str, str], list[str]] = {}
        rows = db.execute("SELECT s, o, other, label FROM duplicate ORDER BY ALL")
        for s, name, other, label in rows.fetchall():
            self._alike.setdefault((s, name), []).append(f"{other.removeprefix(ID)}: {label}")

    def told(self, result: Result, source: str, others: Iterable[str]) -> str:
        """What is said elsewhere of what a result is about, each after its name; where that is no
        value, the sources that have a part in it."""
        if result.component == DUPLICATE:
            return BETWEEN.join(self._alike.get((result.focus, result.value or ""), ()))
        voices = self._voices.get((result.focus, result.path or ""), ())
        language = language_of(result.value)
        found = [
            f"{name}: {plain_term(value)}"
            for name, value in voices
            if name != source and value != result.value and language_of(value) == language
        ]
        return BETWEEN.join(dict.fromkeys(found or sorted(others)))


def plain_term(term: str | None) -> str:
    """A term as a person reads it: a literal without its quotes and type, an IRI short."""
    if term is None:
        return ""
    if term.startswith('"'):
        if "\\" in term:
            return str(getattr(parse(term), "value", term))
        return term[1 : term.rindex('"')]
    iri = term.strip("<>")
    if iri.startswith(SCHEME):
        return iri.rpartition("/")[2]
    return iri.removeprefix(ID)
