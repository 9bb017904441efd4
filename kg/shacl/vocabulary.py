"""IRIs of SHACL, RDF, RDFS and OWL."""

from typing import Final

import pyoxigraph as ox

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
SHACL: Final = "http://www.w3.org/ns/shacl#"

RDF_TYPE: Final = ox.NamedNode(RDF + "type")
RDF_FIRST: Final = ox.NamedNode(RDF + "first")
RDF_REST: Final = ox.NamedNode(RDF + "rest")
RDF_NIL: Final = ox.NamedNode(RDF + "nil")
RDFS_CLASS: Final = ox.NamedNode(RDFS + "Class")
RDFS_SUBCLASS: Final = ox.NamedNode(RDFS + "subClassOf")
OWL_CLASS: Final = ox.NamedNode(OWL + "Class")
OWL_IMPORTS: Final = ox.NamedNode(OWL + "imports")


def SH(name: str) -> ox.NamedNode:  # noqa: N802 - reads as the prefix it stands for
    """A name of SHACL."""
    return ox.NamedNode(SHACL + name)
