"""Validity and order of literals, decided only where pySHACL surely agrees.

pyshacl compares the Python values rdflib makes of literals; pyoxigraph compares XSD values. Each
condition here holds only where both agree: the same kind of values, in lexical forms both read
alike. Everything else makes a candidate, which pySHACL validates.
"""

from typing import Final

import pyoxigraph as ox

from kg.shacl.lexical_forms import build_datatype_condition, build_value_expression
from kg.shacl.sparql_conditions import FALSE, all_of, any_of
from kg.shacl.terms import XSD, Term

EXACT_NUMERIC_TYPES: Final = ("integer", "decimal")
FLOAT_TYPES: Final = ("double", "float")
COLLAPSED_DATATYPES: Final = (XSD + "token", XSD + "normalizedString")
"""Datatypes whose lexical forms rdflib rewrites, so that forms which differ become equal."""

WELL_FORMED_PATTERNS: Final = {
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
"""Lexical forms that are valid for both; pySHACL decides on all others."""

WELL_FORMED_DATETIME: Final = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?"
    "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?$"
)
"""The same of a moment, whose day and month have to be right too."""

UNCHECKED_DATATYPES: Final = frozenset({"string", "anyURI"})
"""Datatypes rdflib knows and finds no lexical form wrong for."""

RDFLIB_DATATYPES: Final = frozenset(
    XSD + name
    for name in (
        *WELL_FORMED_PATTERNS, *UNCHECKED_DATATYPES, "date", "dateTime", "dayTimeDuration",
        "yearMonthDuration",
        "hexBinary", "base64Binary", "normalizedString", "token", "language",
    )
) | {
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#HTML",
}  # fmt: skip
"""The datatypes whose literals rdflib may find ill-typed; it takes every other at its word."""


def quote_string(value: str) -> str:
    """A string as SPARQL writes it."""
    return str(ox.Literal(value))


def has_xsd_type(var: str, names: tuple[str, ...]) -> str:
    """Whether the datatype of a literal is one of these XSD names."""
    return build_datatype_condition(var, *(XSD + name for name in names))


def build_collapsed_condition(var: str) -> str:
    """Whether rdflib may change the lexical form of a literal."""
    names = ", ".join(f"<{name}>" for name in COLLAPSED_DATATYPES)
    return f"COALESCE(DATATYPE({var}) IN ({names}), false)"


def is_well_typed(var: str, iri: str) -> str:
    """Whether a literal surely has a datatype and a lexical form that fits it; may err."""
    same = build_datatype_condition(var, iri)
    name = iri.removeprefix(XSD)
    if iri not in RDFLIB_DATATYPES or (iri.startswith(XSD) and name in UNCHECKED_DATATYPES):
        return same
    if name in ("date", "dateTime"):
        return f"{same} && {_build_date_condition(var, name)}"
    if iri.startswith(XSD) and name in WELL_FORMED_PATTERNS:
        return f"{same} && REGEX(STR({var}), {quote_string(WELL_FORMED_PATTERNS[name])})"
    return FALSE


def _build_date_condition(var: str, name: str) -> str:
    """A date without a time zone or a moment that both read, in the years 1 to 9999."""
    if name == "date":
        return f"STRLEN(STR({var})) = 10 && YEAR({var}) > 0 && YEAR({var}) < 10000"
    return (
        f"REGEX(STR({var}), {quote_string(WELL_FORMED_DATETIME)}) && "
        f"YEAR({_build_datetime_value(var)}) > 0"
    )


def _build_datetime_value(var: str) -> str:
    return build_value_expression(var, f"DATATYPE({var}) = <{XSD}dateTime>")


def _build_number_value(var: str) -> str:
    return build_value_expression(var, f"isNUMERIC({var})")


def build_same_term_condition(var: str, constant: Term) -> str:
    """Whether a term is this constant, lexical form included."""
    if isinstance(constant, ox.NamedNode):
        return f"COALESCE({var} = {constant}, false)"
    if isinstance(constant, ox.BlankNode):
        return FALSE
    form = f"STR({var}) = {quote_string(constant.value)}"
    if constant.language:
        language = quote_string(constant.language.lower())
        return f"COALESCE(LCASE(LANG({var})) = {language} && {form}, false)"
    return f"COALESCE({build_datatype_condition(var, constant.datatype.value)} && {form}, false)"


def build_surely_condition(var: str, operator: str, constant: Term) -> str:
    """Whether `var operator constant` surely holds for pyshacl (operator: < <= > >=)."""
    if not isinstance(constant, ox.Literal):
        return FALSE
    name = constant.datatype.value.removeprefix(XSD)
    strict = operator[0]
    # Floats are compared strictly: near the bound, Python and the store round differently.
    if name in EXACT_NUMERIC_TYPES:
        value = _build_number_value(var)
        return _is_total(any_of([
            all_of([has_xsd_type(var, EXACT_NUMERIC_TYPES), f"{value} {operator} {constant}"]),
            all_of([has_xsd_type(var, FLOAT_TYPES), f"{value} {strict} {constant}"]),
        ]))  # fmt: skip
    if name in FLOAT_TYPES:
        numbers = has_xsd_type(var, (*EXACT_NUMERIC_TYPES, *FLOAT_TYPES))
        return _is_total(all_of([numbers, f"{_build_number_value(var)} {strict} {constant}"]))
    # rdflib drops the time zone of a date; a date without one is the same for both.
    if name == "date" and len(constant.value) == 10:
        plain = is_well_typed(var, XSD + name)
        return _is_total(f"{plain} && {var} {operator} {constant}")
    # Python cannot compare a moment with a time zone and one without: pyshacl then gives a result.
    if name == "dateTime" and len(constant.value) <= 25:
        moment = _build_datetime_value(var)
        zoned = f"(TZ({moment}) = '') = (TZ({constant}) = '')"
        return _is_total(
            f"{is_well_typed(var, XSD + name)} && {zoned} && {moment} {operator} {constant}"
        )
    if name == "string":
        return _is_total(f"{has_xsd_type(var, ('string',))} && STR({var}) {operator} {constant}")
    return FALSE


def build_surely_not_condition(var: str, operator: str, constant: Term) -> str:
    """Whether `var operator constant` surely does not hold for pyshacl."""
    if not isinstance(constant, ox.Literal):
        return FALSE
    other = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}[operator]
    return any_of([f"!isLITERAL({var})", build_surely_condition(var, other, constant)])


def build_surely_before_condition(first: str, second: str, operator: str) -> str:
    """Whether one literal surely is before another, as sh:lessThan asks (operator: < or <=)."""

    def both(names: tuple[str, ...]) -> str:
        return f"{has_xsd_type(first, names)} && {has_xsd_type(second, names)}"

    def moments(name: str) -> str:
        return f"{is_well_typed(first, XSD + name)} && {is_well_typed(second, XSD + name)}"

    years = " || ".join(
        f"({both((name,))} && STRLEN(STR({first})) = {length} && STRLEN(STR({second})) = {length})"
        for name, length in (("gYear", 4), ("gYearMonth", 7))
    )
    numbers, times = [
        [f(v) for v in (first, second)] for f in (_build_number_value, _build_datetime_value)
    ]
    zones = f"(TZ({times[0]}) = '') = (TZ({times[1]}) = '')"
    return any_of([
        _is_total(f"{both(EXACT_NUMERIC_TYPES)} && {f' {operator} '.join(numbers)}"),
        _is_total(f"{both((*EXACT_NUMERIC_TYPES, *FLOAT_TYPES))} && {' < '.join(numbers)}"),
        _is_total(f"{moments('date')} && {first} {operator} {second}"),
        _is_total(f"{moments('dateTime')} && {zones} && {f' {operator} '.join(times)}"),
        _is_total(f"({years}) && STR({first}) {operator} STR({second})"),
        _is_total(f"{both(('string',))} && STR({first}) {operator} STR({second})"),
    ])  # fmt: skip


def _is_total(condition: str) -> str:
    return f"COALESCE({condition}, false)" if condition != FALSE else FALSE
