"""Label properties in the order in which one of them names an entity."""

from collections.abc import Iterable
from typing import Final

from kg import sql
from kg.namespaces import expand

# The order is that of the catalogue, so that lists, search and reconciliation call an entity what
# they always did: a title comes before foaf:name, since documents and datasets have both where the
# second is the name of who made them. Documents hold all of them and need no order.
LABEL_PROPERTIES: Final = tuple(
    map(expand, ("skos:prefLabel", "rdfs:label", "dct:title", "foaf:name"))
)
"""IRIs of the label properties of a release, the best first (kg/queries/labels.rq reads them)."""

# Files of others name by these as well. In a release they are facts beside a preferred label (the
# legal name of an organisation), so they are no labels there: each page that refers to an
# organisation would repeat its legal name.
FOREIGN_LABEL_PROPERTIES: Final = (
    *LABEL_PROPERTIES,
    *map(expand, ("schema:name", "legal:legalName")),
)
"""IRIs of the label properties of RDF files of others, the best first."""


def build_label_filter_sql(column: str, properties: Iterable[str] = LABEL_PROPERTIES) -> str:
    """An SQL condition: whether a column holds a label property."""
    return f"{column} IN ({', '.join(map(sql.literal, properties))})"


def build_label_rank_sql(column: str, properties: Iterable[str] = LABEL_PROPERTIES) -> str:
    """An SQL expression: the rank of the label property in a column, from 0."""
    ranks = " ".join(f"WHEN {sql.literal(iri)} THEN {n}" for n, iri in enumerate(properties))
    return f"CASE {column} {ranks} END"
