"""Columns of `SELECT *`: the variables of a query in the order in which its text names them.

SPARQL leaves their order open (18.2.4.4), and pyoxigraph gives them by the alphabet: `?s ?p ?o` is
answered as o, p, s. People, and other engines, expect the order that was written.
"""

import re
from typing import Final

import pyoxigraph as ox

from kg.sparql.lexer import tokenize
from kg.sparql.query_inspection import COMMON_PROLOGUE, TOKEN_GAP

STAR_PATTERN: Final = re.compile(
    rf"{TOKEN_GAP}(?:(?:DISTINCT|REDUCED)\b{TOKEN_GAP})?(\*)", re.IGNORECASE
)
_NO_DATA: Final = ox.Store()


def write_out_star(text: str, base: str | None = None) -> str:
    """A query with the variables that `SELECT *` stands for; any other query as it is.

    Raises SyntaxError where the engine cannot read it.
    """
    star = _find_star(text)
    if star is None:
        return text
    # the engine knows which variables a query binds; without data, to ask it costs a reading
    results = _NO_DATA.query(text, base_iri=base)
    if not isinstance(results, ox.QuerySolutions):
        return text
    names = [variable.value for variable in results.variables]
    places = {
        name: place
        for place, name in enumerate(
            dict.fromkeys(t.group()[1:] for t in tokenize(text) if t.lastgroup == "variable")
        )
    }
    ordered = sorted(names, key=lambda name: places.get(name, len(places)))
    if ordered == names:
        return text
    return f"{text[:star]} {' '.join(f'?{name}' for name in ordered)} {text[star + 1 :]}"


def _find_star(text: str) -> int | None:
    if "*" not in text:
        return None
    prologue = COMMON_PROLOGUE.match(text)
    if prologue is None or prologue[1].upper() != "SELECT":
        return None
    found = STAR_PATTERN.match(text, prologue.end())
    return found.start(1) if found else None
