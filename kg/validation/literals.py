"""When a literal is surely well-typed, and surely on one side of another, for pyshacl too.

pyshacl compares the Python values rdflib makes of literals; pyoxigraph compares XSD values. Each
condition here holds only where both agree: the same kind of values, in lexical forms both read
alike. Everything else is left to the judge.
"""

from typing import Final

import pyoxigraph as ox

from kg.validation.boolean import FALSE, all_of, any_of
from kg.validation.terms import XSD, Term

EXACT_NUMBERS: Final = ("integer", "decimal")
FLOATS: Final = ("double", "float")
COLLAPSED: Final = (XSD + "token", XSD + "normalizedString")
"""Datatypes whose lexical forms rdflib rewrites: it finds equal what the store tells apart."""

WELL_FORMED: Final = {
    "integer": "^[+-]?[0-9]{1,100}$",
    "decimal": "^[+-]?[0-9]{1,100}([.][0-9]{1,100})?$",
    "double": "^[+-]?[0-9]{1,100}([.][0-9]{1,100})?([eE][+-]?[0-9]{1,3})?$",
    "float": "^[+-]?[0-9]{1,100}([.][0-9]{1,100})?([eE][+-]?[0-9]{1,3})?$",
    "boolean": "^(true|false)$",
    "time": "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$",
    "duration": "^P([0-9]{1,9}Y)?([0-9]{1,9}M)?[0-9]{1,9}D$|^P[0-9]{1,9}[YMD]$",
}
"""Lexical forms that are right for both; others may be, the judge says."""

ANY_FORM: Final = frozenset({"string", "anyURI"})
"""Datatypes rdflib knows and finds no lexical form wrong for."""

RECOGNISED: Final = frozenset(
    XSD + name
    for name in (
        *WELL_FORMED, *ANY_FORM, "date", "dateTime", "dayTimeDuration", "yearMonthDuration",
        "hexBinary", "base64Binary", "normalizedString", "token", "language", "nonPositiveInteger",
        "long", "nonNegativeInteger", "negativeInteger", "int", "unsignedLong", "positiveInteger",
        "short", "unsignedInt", "byte", "unsignedShort", "unsignedByte",
    )
) | {
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#HTML",
}  # fmt: skip
"""The datatypes whose literals rdflib may find ill-typed; it takes every other at its word."""


def text(value: str) -> str:
    """A string as SPARQL writes it."""
    return str(ox.Literal(value))


def datatype(var: str, names: tuple[str, ...]) -> str:
    """Whether the datatype of a literal is one of these XSD names."""
    if len(names) == 1:
        return f"DATATYPE({var}) = <{XSD}{names[0]}>"
    return f"DATATYPE({var}) IN ({', '.join(f'<{XSD}{name}>' for name in names)})"


def collapsed(var: str) -> str:
    """Whether rdflib may change the lexical form of a literal."""
    names = ", ".join(f"<{name}>" for name in COLLAPSED)
    return f"COALESCE(DATATYPE({var}) IN ({names}), false)"


def well_typed(var: str, iri: str) -> str:
    """Whether a literal surely has a datatype and a lexical form that fits it; may err."""
    same = f"DATATYPE({var}) = <{iri}>"
    name = iri.removeprefix(XSD)
    if iri not in RECOGNISED or (iri.startswith(XSD) and name in ANY_FORM):
        return same
    if name in ("date", "dateTime"):
        return f"{same} && {_plain_moment(var, name)}"
    if iri.startswith(XSD) and name in WELL_FORMED:
        return f"{same} && REGEX(STR({var}), {text(WELL_FORMED[name])})"
    return FALSE


def _plain_moment(var: str, name: str) -> str:
    """A date or a moment that both read: years 1 to 9999, at most seconds, no date time zone."""
    length = f"STRLEN(STR({var})) = 10" if name == "date" else f"STRLEN(STR({var})) <= 25"
    return f"{length} && YEAR({var}) > 0 && YEAR({var}) < 10000"


def same_term(var: str, constant: Term) -> str:
    """Whether a term is this constant, lexical form included (pyoxigraph stores values)."""
    if isinstance(constant, ox.NamedNode):
        return f"COALESCE({var} = {constant}, false)"
    if isinstance(constant, ox.BlankNode):
        return FALSE
    form = f"STR({var}) = {text(constant.value)}"
    if constant.language:
        return f"COALESCE(LCASE(LANG({var})) = {text(constant.language.lower())} && {form}, false)"
    return f"COALESCE(DATATYPE({var}) = {constant.datatype} && {form}, false)"


def surely(var: str, operator: str, constant: Term) -> str:
    """Whether `var operator constant` surely holds for pyshacl (operator: < <= > >=)."""
    if not isinstance(constant, ox.Literal):
        return FALSE
    name = constant.datatype.value.removeprefix(XSD)
    strict = operator[0]
    if name in EXACT_NUMBERS:
        return _total(any_of([
            all_of([datatype(var, EXACT_NUMBERS), f"{var} {operator} {constant}"]),
            all_of([datatype(var, FLOATS), f"{var} {strict} {constant}"]),
        ]))  # fmt: skip
    if name in FLOATS:
        numbers = datatype(var, (*EXACT_NUMBERS, *FLOATS))
        return _total(all_of([numbers, f"{var} {strict} {constant}"]))
    if name == "date" and len(constant.value) == 10:
        plain = well_typed(var, XSD + name)
        return _total(f"{plain} && {var} {operator} {constant}")
    if name == "dateTime" and len(constant.value) <= 25:
        zoned = f"(TZ({var}) = '') = (TZ({constant}) = '')"
        return _total(f"{well_typed(var, XSD + name)} && {zoned} && {var} {operator} {constant}")
    if name == "string":
        return _total(f"{datatype(var, ('string',))} && STR({var}) {operator} {constant}")
    return FALSE


def surely_not(var: str, operator: str, constant: Term) -> str:
    """Whether `var operator constant` surely does not hold for pyshacl."""
    if not isinstance(constant, ox.Literal):
        return FALSE
    other = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}[operator]
    return any_of([f"!isLITERAL({var})", surely(var, other, constant)])


def surely_before(first: str, second: str, operator: str) -> str:
    """Whether one literal surely is before another, as sh:lessThan asks (operator: < or <=)."""

    def both(names: tuple[str, ...]) -> str:
        return f"{datatype(first, names)} && {datatype(second, names)}"

    def moments(name: str) -> str:
        return f"{well_typed(first, XSD + name)} && {well_typed(second, XSD + name)}"

    years = " || ".join(
        f"({both((name,))} && STRLEN(STR({first})) = {length} && STRLEN(STR({second})) = {length})"
        for name, length in (("gYear", 4), ("gYearMonth", 7))
    )
    zones = f"(TZ({first}) = '') = (TZ({second}) = '')"
    return any_of([
        _total(f"{both(EXACT_NUMBERS)} && {first} {operator} {second}"),
        _total(f"{both((*EXACT_NUMBERS, *FLOATS))} && {first} < {second}"),
        _total(f"{moments('date')} && {first} {operator} {second}"),
        _total(f"{moments('dateTime')} && {zones} && {first} {operator} {second}"),
        _total(f"({years}) && STR({first}) {operator} STR({second})"),
        _total(f"{both(('string',))} && STR({first}) {operator} STR({second})"),
    ])  # fmt: skip


def _total(condition: str) -> str:
    return f"COALESCE({condition}, false)" if condition != FALSE else FALSE
