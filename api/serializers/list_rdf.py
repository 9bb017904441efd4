"""RDF serializer of a page of a list: a node of a TREE collection and its records.

https://w3id.org/tree/specification
"""

from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from kg.catalogue.cell_terms import build_cell_term
from kg.catalogue.listing import Listing
from kg.catalogue.records import Field, Item
from kg.kinds import KIND_BY_NAME
from kg.rdf.build import iri_triple, typed_triple


def build_page_triples(
    listing: Listing, origin: str, address: str, collection: str
) -> list[ox.Triple]:
    """The triples of the page and of the columns of each record.

    `address` is that of this page, `origin` that of the installation, which has the next one.
    """
    triples = [
        iri_triple(collection, "rdf:type", "tree:Collection"),
        iri_triple(collection, "tree:view", address),
        iri_triple(address, "rdf:type", "tree:Node"),
        typed_triple(address, "void:entities", listing.page.total, "xsd:integer"),
    ]
    next_page = listing.links.get("next")
    if next_page:
        relation = f"{address}#next"
        triples += [
            iri_triple(address, "tree:relation", relation),
            iri_triple(relation, "rdf:type", "tree:Relation"),
            iri_triple(relation, "tree:node", origin + next_page),
        ]
    for item in listing.page.items:
        triples.append(iri_triple(collection, "tree:member", item.iri))
        triples += _build_record_triples(listing.fields, item)
    return triples


def _build_record_triples(fields: Mapping[str, Field], item: Item) -> Iterable[ox.Triple]:
    subject = ox.NamedNode(item.iri)
    yield iri_triple(item.iri, "rdf:type", KIND_BY_NAME[item.kind].class_iri)
    for name, cells in item.cells.items():
        field = fields[name]
        if field.predicate is None or field.fragment:
            continue
        for cell in cells:
            value = build_cell_term(field, cell)
            if value is not None:
                yield ox.Triple(subject, ox.NamedNode(field.predicate), value)
