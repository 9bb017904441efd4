"""Literals as the data writes them, in a store that would rewrite them.

A store keeps values: it gives `"1.50"^^xsd:decimal` back as `1.5`, `"5"^^xsd:int` as an
xsd:integer. A literal that it might change is handed to it under a datatype of our own, which it
leaves alone: two terms are one in the store exactly where they are one in the data.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from kg import sql
from kg.validation.terms import XSD, Term, statements

KEPT: Final = "urn:ess-kg:as-written:"
"""What stands before the datatype of a literal kept as it is written."""

ZONE: Final = "(Z|[+-](0[1-9]|1[0-3]):[0-5][0-9])?"
CLOCK: Final = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{0,8}[1-9])?"
DURATION: Final = "P[1-9][0-9]{0,8}D|P[1-9][0-9]{0,8}Y|P([1-9]|1[01])M"
UNCHANGED: Final = {
    "boolean": "true|false",
    "integer": "0|-?[1-9][0-9]{0,17}",
    "decimal": "0|-?[1-9][0-9]{0,17}|-?(0|[1-9][0-9]{0,14})[.][0-9]{0,14}[1-9]",
    "double": "0|INF|-INF|NaN|-?[1-9][0-9]{0,11}|-?(0|[1-9][0-9]{0,5})[.][0-9]{0,5}[1-9]",
    "float": "0|INF|-INF|NaN|-?[1-9][0-9]{0,5}|-?(0|[1-9][0-9]{0,2})[.][0-9]{0,2}[1-9]",
    "date": f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{ZONE}",
    "time": f"{CLOCK}{ZONE}",
    "dateTime": f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{CLOCK}{ZONE}",
    "duration": DURATION,
    "yearMonthDuration": DURATION,
    "dayTimeDuration": DURATION,
    "gYear": f"[0-9]{{4}}{ZONE}",
    "gYearMonth": f"[0-9]{{4}}-[0-9]{{2}}{ZONE}",
    "gMonth": f"--[0-9]{{2}}{ZONE}",
    "gDay": f"---[0-9]{{2}}{ZONE}",
    "gMonthDay": f"--[0-9]{{2}}-[0-9]{{2}}{ZONE}",
}
"""The datatypes whose values the store knows, and the lexical forms it surely leaves alone."""

REPLACED: Final = (
    "dateTimeStamp", "byte", "short", "int", "long", "unsignedByte", "unsignedShort",
    "unsignedInt", "unsignedLong", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger",
    "negativeInteger",
)  # fmt: skip
"""The datatypes the store puts another in the place of."""

REWRITTEN: Final = frozenset(XSD + name for name in (*UNCHANGED, *REPLACED))
TEXT: Final = re.compile(
    r'"(?:' + "|".join(rf'(?:{forms})"\^\^<{XSD}{name}>' for name, forms in UNCHANGED.items()) + ")"
)
"""A literal of such a datatype, in N-Triples, that the store leaves alone."""


@lru_cache(maxsize=4096)
def kept(term: Term) -> Term:
    """The term that stands in the store for a term of the data."""
    return next(all_kept([term]))


def all_kept(terms: Sequence[Term]) -> Iterator[Term]:
    """The terms that stand in the store for terms of the data, each in its place."""
    doubtful = [term for term in terms if _doubtful(term)]
    changed = doubtful and _changed(doubtful)
    for term in terms:
        if isinstance(term, ox.Literal) and term in changed:
            yield ox.Literal(term.value, datatype=ox.NamedNode(KEPT + term.datatype.value))
        else:
            yield term


def _doubtful(term: Term) -> bool:
    if not isinstance(term, ox.Literal):
        return False
    iri = term.datatype.value
    return TEXT.fullmatch(str(term)) is None if iri in REWRITTEN else _ours(iri)


def surely_kept(text: str) -> bool:
    """Whether a typed literal in N-Triples surely stands in the store as it is."""
    iri = text.rpartition("^^<")[2].rstrip(">")
    return TEXT.fullmatch(text) is not None if iri in REWRITTEN else not _ours(iri)


def _changed(terms: Sequence[Term]) -> set[Term]:
    """Those that a store changes, and those under a datatype of ours."""
    names = [ox.NamedNode(f"urn:n:{n}") for n in range(len(terms))]
    store, told = ox.Store(), ox.NamedNode("urn:p")
    store.bulk_extend(ox.Quad(name, told, term) for name, term in zip(names, terms, strict=True))
    found = {subject: value for subject, _, value in statements(store)}
    pairs = zip(names, terms, strict=True)
    return {term for name, term in pairs if term != found[name] or _is_ours(term)}


def written(term: Term) -> Term:
    """The term of the data that a term of the store stands for."""
    if not isinstance(term, ox.Literal) or not _ours(iri := term.datatype.value):
        return term
    return ox.Literal(term.value, datatype=ox.NamedNode(iri[len(KEPT) :]))


def _is_ours(term: Term) -> bool:
    return isinstance(term, ox.Literal) and _ours(term.datatype.value)


def _ours(iri: str) -> bool:
    return iri.startswith(KEPT)


def doubtful_sql(column: str) -> str:
    """Whether a store may change a literal in N-Triples, in SQL."""
    known = "|".join(name.removeprefix(XSD) for name in sorted(REWRITTEN))
    typed = rf'".*"\^\^<(?:{re.escape(XSD)}(?:{known})|{re.escape(KEPT)}[^<>]*)>'
    return (
        f"(ends_with({column}, '>') AND regexp_full_match({column}, {sql.text(typed)}) "
        f"AND NOT regexp_full_match({column}, {sql.text(TEXT.pattern)}))"
    )


# --- in queries


def has_datatype(var: str, *iris: str) -> str:
    """Whether the datatype of a literal, as it is written, is one of these; may err."""
    names = [f"<{name}>" for iri in iris for name in _both(iri)]
    if len(names) == 1:
        return f"DATATYPE({var}) = {names[0]}"
    return f"DATATYPE({var}) IN ({', '.join(names)})"


def _both(iri: str) -> tuple[str, ...]:
    if _ours(iri):
        return (KEPT + iri,)
    return (iri, KEPT + iri) if iri in REWRITTEN else (iri,)


def valued(var: str, known: str) -> str:
    """The value of a literal, for comparisons; `known` tells where the store has it; may err."""
    iri = f"IRI(STRAFTER(STR(DATATYPE({var})), {ox.Literal(KEPT)}))"
    return f"IF({known}, {var}, STRDT(STR({var}), {iri}))"
