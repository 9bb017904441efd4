"""Cells of the catalogue as RDF terms, by the description of their column."""

import re
from typing import Final

import pyoxigraph as ox

from kg.catalogue.records import Field
from kg.namespaces import EDTF, expand

FORMS: Final = (
    (re.compile(r"-?\d{4}"), "xsd:gYear"),
    (re.compile(r"\d{4}-(0[1-9]|1[0-2])"), "xsd:gYearMonth"),
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "xsd:date"),
    (re.compile(r"\d{4}-\d{2}-\d{2}T.*"), "xsd:dateTime"),
)

Term = ox.NamedNode | ox.Literal


def term(field: Field, cell: str) -> Term | None:
    """The value a cell states, None where the cell alone does not tell (a passage)."""
    iri = field.iri(cell)
    if iri is not None:
        return ox.NamedNode(iri)
    if field.value:
        return None
    if field.datatype == "anyURI":
        return ox.NamedNode(cell)
    if field.temporal:
        return ox.Literal(cell, datatype=ox.NamedNode(_form(cell)))
    if field.lang:
        return ox.Literal(cell, language=field.lang)
    if field.datatype:
        return ox.Literal(cell, datatype=ox.NamedNode(expand(f"xsd:{field.datatype}")))
    return ox.Literal(cell)


def _form(written: str) -> str:
    return next((expand(name) for form, name in FORMS if form.fullmatch(written)), EDTF)
