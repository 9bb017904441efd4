"""Lexical forms of literals, protected in a store that would canonicalise them.

A store keeps values: it returns `"1.50"^^xsd:decimal` as `1.5`, `"5"^^xsd:int` as an xsd:integer. A
literal that it might change is stored under a datatype of this project, which it leaves alone: two
terms are one in the store exactly where they are one in the data.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from kg.shacl.terms import XSD, Term, iter_statements

PROTECTED_PREFIX: Final = "urn:ess-kg:as-written:"
"""Prefix before the datatype of a protected literal."""

TIME_ZONE_PATTERN: Final = "(Z|[+-](0[1-9]|1[0-3]):[0-5][0-9])?"
TIME_PATTERN: Final = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{0,8}[1-9])?"
DURATION_PATTERN: Final = "P[1-9][0-9]{0,8}D|P[1-9][0-9]{0,8}Y|P([1-9]|1[01])M"
STABLE_FORMS: Final = {
    "boolean": "true|false",
    "integer": "0|-?[1-9][0-9]{0,17}",
    "decimal": "0|-?[1-9][0-9]{0,17}|-?(0|[1-9][0-9]{0,14})[.][0-9]{0,14}[1-9]",
    "double": "0|INF|-INF|NaN|-?[1-9][0-9]{0,11}|-?(0|[1-9][0-9]{0,5})[.][0-9]{0,5}[1-9]",
    "float": "0|INF|-INF|NaN|-?[1-9][0-9]{0,5}|-?(0|[1-9][0-9]{0,2})[.][0-9]{0,2}[1-9]",
    "date": f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{TIME_ZONE_PATTERN}",
    "time": f"{TIME_PATTERN}{TIME_ZONE_PATTERN}",
    "dateTime": f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{TIME_PATTERN}{TIME_ZONE_PATTERN}",
    "duration": DURATION_PATTERN,
    "yearMonthDuration": DURATION_PATTERN,
    "dayTimeDuration": DURATION_PATTERN,
    "gYear": f"[0-9]{{4}}{TIME_ZONE_PATTERN}",
    "gYearMonth": f"[0-9]{{4}}-[0-9]{{2}}{TIME_ZONE_PATTERN}",
    "gMonth": f"--[0-9]{{2}}{TIME_ZONE_PATTERN}",
    "gDay": f"---[0-9]{{2}}{TIME_ZONE_PATTERN}",
    "gMonthDay": f"--[0-9]{{2}}-[0-9]{{2}}{TIME_ZONE_PATTERN}",
}
"""Datatypes whose values the store parses, and the lexical forms it surely leaves alone."""

REPLACED_DATATYPES: Final = (
    "dateTimeStamp", "byte", "short", "int", "long", "unsignedByte", "unsignedShort",
    "unsignedInt", "unsignedLong", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger",
    "negativeInteger",
)  # fmt: skip
"""Datatypes that the store replaces by another."""

CANONICALISED_DATATYPES: Final = frozenset(
    XSD + name for name in (*STABLE_FORMS, *REPLACED_DATATYPES)
)
STABLE_LITERAL: Final = re.compile(
    r'"(?:'
    + "|".join(rf'(?:{forms})"\^\^<{XSD}{name}>' for name, forms in STABLE_FORMS.items())
    + ")"
)
"""Literal of such a datatype, in N-Triples, that the store leaves alone."""


@lru_cache(maxsize=4096)
def protect(term: Term) -> Term:
    """The term that the store holds for a term of the data."""
    return next(protect_all([term]))


def protect_all(terms: Sequence[Term]) -> Iterator[Term]:
    """The terms that the store holds for terms of the data, in their order."""
    # The pattern errs on the safe side; a small store is the judge of the rest, in one load.
    doubtful = [term for term in terms if _may_change(term)]
    changed = doubtful and _find_changed(doubtful)
    for term in terms:
        if isinstance(term, ox.Literal) and term in changed:
            yield ox.Literal(
                term.value, datatype=ox.NamedNode(PROTECTED_PREFIX + term.datatype.value)
            )
        else:
            yield term


def _may_change(term: Term) -> bool:
    if not isinstance(term, ox.Literal):
        return False
    iri = term.datatype.value
    return (
        STABLE_LITERAL.fullmatch(str(term)) is None
        if iri in CANONICALISED_DATATYPES
        else _is_protected_datatype(iri)
    )


def is_surely_unchanged(text: str) -> bool:
    """Whether the store surely leaves a typed literal in N-Triples as it is."""
    iri = text.rpartition("^^<")[2].rstrip(">")
    return (
        STABLE_LITERAL.fullmatch(text) is not None
        if iri in CANONICALISED_DATATYPES
        else not _is_protected_datatype(iri)
    )


def _find_changed(terms: Sequence[Term]) -> set[Term]:
    """Terms that a store changes, and terms that are protected already."""
    names = [ox.NamedNode(f"urn:n:{n}") for n in range(len(terms))]
    store, predicate = ox.Store(), ox.NamedNode("urn:p")
    store.bulk_extend(
        ox.Quad(name, predicate, term) for name, term in zip(names, terms, strict=True)
    )
    stored = {subject: value for subject, _, value in iter_statements(store)}
    pairs = zip(names, terms, strict=True)
    return {term for name, term in pairs if term != stored[name] or _is_protected(term)}


def unprotect(term: Term) -> Term:
    """The term of the data for a term of the store."""
    if not isinstance(term, ox.Literal) or not _is_protected_datatype(iri := term.datatype.value):
        return term
    return ox.Literal(term.value, datatype=ox.NamedNode(iri[len(PROTECTED_PREFIX) :]))


def _is_protected(term: Term) -> bool:
    return isinstance(term, ox.Literal) and _is_protected_datatype(term.datatype.value)


def _is_protected_datatype(iri: str) -> bool:
    return iri.startswith(PROTECTED_PREFIX)


# --- in queries


def build_datatype_condition(var: str, *iris: str) -> str:
    """Whether the datatype of a literal, as it is written, is one of these; may err."""
    names = [f"<{name}>" for iri in iris for name in _list_datatype_iris(iri)]
    if len(names) == 1:
        return f"DATATYPE({var}) = {names[0]}"
    return f"DATATYPE({var}) IN ({', '.join(names)})"


def _list_datatype_iris(iri: str) -> tuple[str, ...]:
    if _is_protected_datatype(iri):
        return (PROTECTED_PREFIX + iri,)
    return (iri, PROTECTED_PREFIX + iri) if iri in CANONICALISED_DATATYPES else (iri,)


def build_value_expression(var: str, is_value: str) -> str:
    """The value of a literal, for comparisons; `is_value`: whether the store has it; may err."""
    iri = f"IRI(STRAFTER(STR(DATATYPE({var})), {ox.Literal(PROTECTED_PREFIX)}))"
    return f"IF({is_value}, {var}, STRDT(STR({var}), {iri}))"
