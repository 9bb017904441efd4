"""When a literal is surely well-typed, and surely on one side of another, for pyshacl too.

pyshacl compares the Python values rdflib makes of literals; pyoxigraph compares XSD values. Each
condition here holds only where both agree: the same kind of values, in lexical forms both read
alike. Everything else is left to the judge.
"""

from typing import Final

import pyoxigraph as ox

from kg.validation.boolean import FALSE, all_of, any_of
from kg.validation.lexical import has_datatype, valued
from kg.validation.terms import XSD, Term

EXACT_NUMBERS: Final = ("integer", "decimal")
FLOATS: Final = ("double", "float")
COLLAPSED: Final = (XSD + "token", XSD + "normalizedString")
"""Datatypes whose lexical forms rdflib rewrites: it finds equal what the store tells apart."""

WELL_FORMED: Final = {
    "integer": "^[+-]?[0-9]{1,100}$",
    "decimal": "^[+-]?([0-9]{1,100}([.][0-9]{0,100})?|[.][0-9]{1,100})$",
    "double": "^[+-]?[0-9]{1,100}([.][0-9]{1,100})?([eE][+-]?[0-9]{1,3})?$",
    "float": "^[+-]?[0-9]{1,100}([.][0-9]{1,100})?([eE][+-]?[0-9]{1,3})?$",
    "boolean": "^(true|false|0|1)$",
    "time": "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$",
    "duration": "^P([0-9]{1,9}Y)?([0-9]{1,9}M)?[0-9]{1,9}D$|^P[0-9]{1,9}[YMD]$",
    "byte": "^[+-]?[0-9]{1,2}$",
    "short": "^[+-]?[0-9]{1,4}$",
    "int": "^[+-]?[0-9]{1,9}$",
    "long": "^[+-]?[0-9]{1,18}$",
    "unsignedByte": "^[+]?[0-9]{1,2}$",
    "unsignedShort": "^[+]?[0-9]{1,4}$",
    "unsignedInt": "^[+]?[0-9]{1,9}$",
    "unsignedLong": "^[+]?[0-9]{1,18}$",
    "nonNegativeInteger": "^[+]?[0-9]{1,100}$",
    "positiveInteger": "^[+]?0{0,100}[1-9][0-9]{0,100}$",
    "nonPositiveInteger": "^0$|^-[0-9]{1,100}$",
    "negativeInteger": "^-0{0,100}[1-9][0-9]{0,100}$",
}
"""Lexical forms that are right for both; others may be, the judge says."""

MOMENT: Final = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?"
    "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?$"
)
"""The same of a moment, whose day and month have to be right too."""

ANY_FORM: Final = frozenset({"string", "anyURI"})
"""Datatypes rdflib knows and finds no lexical form wrong for."""

RECOGNISED: Final = frozenset(
    XSD + name
    for name in (
        *WELL_FORMED, *ANY_FORM, "date", "dateTime", "dayTimeDuration", "yearMonthDuration",
        "hexBinary", "base64Binary", "normalizedString", "token", "language",
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
    return has_datatype(var, *(XSD + name for name in names))


def collapsed(var: str) -> str:
    """Whether rdflib may change the lexical form of a literal."""
    names = ", ".join(f"<{name}>" for name in COLLAPSED)
    return f"COALESCE(DATATYPE({var}) IN ({names}), false)"


def well_typed(var: str, iri: str) -> str:
    """Whether a literal surely has a datatype and a lexical form that fits it; may err."""
    same = has_datatype(var, iri)
    name = iri.removeprefix(XSD)
    if iri not in RECOGNISED or (iri.startswith(XSD) and name in ANY_FORM):
        return same
    if name in ("date", "dateTime"):
        return f"{same} && {_plain_moment(var, name)}"
    if iri.startswith(XSD) and name in WELL_FORMED:
        return f"{same} && REGEX(STR({var}), {text(WELL_FORMED[name])})"
    return FALSE


def _plain_moment(var: str, name: str) -> str:
    """A date without a time zone or a moment that both read, in the years 1 to 9999."""
    if name == "date":
        return f"STRLEN(STR({var})) = 10 && YEAR({var}) > 0 && YEAR({var}) < 10000"
    return f"REGEX(STR({var}), {text(MOMENT)}) && YEAR({_moment(var)}) > 0"


def _moment(var: str) -> str:
    return valued(var, f"DATATYPE({var}) = <{XSD}dateTime>")


def _number(var: str) -> str:
    return valued(var, f"isNUMERIC({var})")


def same_term(var: str, constant: Term) -> str:
    """Whether a term is this constant, lexical form included."""
    if isinstance(constant, ox.NamedNode):
        return f"COALESCE({var} = {constant}, false)"
    if isinstance(constant, ox.BlankNode):
        return FALSE
    form = f"STR({var}) = {text(constant.value)}"
    if constant.language:
        return f"COALESCE(LCASE(LANG({var})) = {text(constant.language.lower())} && {form}, false)"
    return f"COALESCE({has_datatype(var, constant.datatype.value)} && {form}, false)"


def surely(var: str, operator: str, constant: Term) -> str:
    """Whether `var operator constant` surely holds for pyshacl (operator: < <= > >=)."""
    if not isinstance(constant, ox.Literal):
        return FALSE
    name = constant.datatype.value.removeprefix(XSD)
    strict = operator[0]
    if name in EXACT_NUMBERS:
        return _total(any_of([
            all_of([datatype(var, EXACT_NUMBERS), f"{_number(var)} {operator} {constant}"]),
            all_of([datatype(var, FLOATS), f"{_number(var)} {strict} {constant}"]),
        ]))  # fmt: skip
    if name in FLOATS:
        numbers = datatype(var, (*EXACT_NUMBERS, *FLOATS))
        return _total(all_of([numbers, f"{_number(var)} {strict} {constant}"]))
    if name == "date" and len(constant.value) == 10:
        plain = well_typed(var, XSD + name)
        return _total(f"{plain} && {var} {operator} {constant}")
    if name == "dateTime" and len(constant.value) <= 25:
        moment = _moment(var)
        zoned = f"(TZ({moment}) = '') = (TZ({constant}) = '')"
        return _total(f"{well_typed(var, XSD + name)} && {zoned} && {moment} {operator} {constant}")
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
    numbers, times = [[f(v) for v in (first, second)] for f in (_number, _moment)]
    zones = f"(TZ({times[0]}) = '') = (TZ({times[1]}) = '')"
    return any_of([
        _total(f"{both(EXACT_NUMBERS)} && {f' {operator} '.join(numbers)}"),
        _total(f"{both((*EXACT_NUMBERS, *FLOATS))} && {' < '.join(numbers)}"),
        _total(f"{moments('date')} && {first} {operator} {second}"),
        _total(f"{moments('dateTime')} && {zones} && {f' {operator} '.join(times)}"),
        _total(f"({years}) && STR({first}) {operator} STR({second})"),
        _total(f"{both(('string',))} && STR({first}) {operator} STR({second})"),
    ])  # fmt: skip


def _total(condition: str) -> str:
    return f"COALESCE({condition}, false)" if condition != FALSE else FALSE
