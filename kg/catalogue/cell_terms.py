"""RDF terms of catalogue cells, by the datatype of their column."""

import re
from typing import Final

import pyoxigraph as ox

from kg.catalogue.records import Field
from kg.csvw_tables import OTHER_LABELS, OTHER_NAMES, split_tag
from kg.namespaces import EDTF_DATATYPE, expand

DATE_DATATYPES: Final = (
    (re.compile(r"-?\d{4}"), "xsd:gYear"),
    (re.compile(r"\d{4}-(0[1-9]|1[0-2])"), "xsd:gYearMonth"),
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "xsd:date"),
    (re.compile(r"\d{4}-\d{2}-\d{2}T.*"), "xsd:dateTime"),
)

CellTerm = ox.NamedNode | ox.Literal


def build_cell_term(field: Field, cell: str) -> CellTerm | None:
    """Return the term of a cell; None where the cell alone does not determine it (a passage)."""
    iri = field.build_iri(cell)
    if iri is not None:
        return ox.NamedNode(iri)
    if field.value:
        return None
    if field.datatype == "anyURI":
        return ox.NamedNode(cell)
    if field.temporal:
        return ox.Literal(cell, datatype=ox.NamedNode(_choose_date_datatype(cell)))
    if field.name in (OTHER_LABELS, OTHER_NAMES):
        text, tag = split_tag(cell, field.lang)
        return ox.Literal(text, language=tag)
    if field.lang:
        return ox.Literal(cell, language=field.lang)
    if field.datatype:
        return ox.Literal(cell, datatype=ox.NamedNode(expand(f"xsd:{field.datatype}")))
    return ox.Literal(cell)


def _choose_date_datatype(written: str) -> str:
    return next(
        (expand(name) for form, name in DATE_DATATYPES if form.fullmatch(written)), EDTF_DATATYPE
    )
