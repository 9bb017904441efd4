"""Namespaces and prefixes of the graph: CURIE to IRI and back."""

from types import MappingProxyType
from typing import Final

BASE: Final = "https://w3id.org/ess-kg/"
ID: Final = BASE + "id/"
SCHEME: Final = BASE + "scheme/"
GRAPH: Final = BASE + "graph/"
ONTOLOGY: Final = BASE + "ontology"
SHAPES: Final = BASE + "shapes"

PREFIXES: Final = MappingProxyType(
    {
        "ess": ONTOLOGY + "#",
        "sh": "http://www.w3.org/ns/shacl#",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "owl": "http://www.w3.org/2002/07/owl#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "dct": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "prov": "http://www.w3.org/ns/prov#",
        "dcat": "http://www.w3.org/ns/dcat#",
        "void": "http://rdfs.org/ns/void#",
        "adms": "http://www.w3.org/ns/adms#",
        "org": "http://www.w3.org/ns/org#",
        "legal": "http://www.w3.org/ns/legal#",
        "m8g": "http://data.europa.eu/m8g/",
        "locn": "http://www.w3.org/ns/locn#",
        "time": "http://www.w3.org/2006/time#",
        "geo": "http://www.opengis.net/ont/geosparql#",
        "igeo": "http://rdf.insee.fr/def/geo#",
        "schema": "https://schema.org/",
        "bibo": "http://purl.org/ontology/bibo/",
        "vivo": "http://vivoweb.org/ontology/core#",
        "pair": "http://virtual-assembly.org/ontologies/pair#",
        "essglobal": "http://purl.org/essglobal/vocab/",
        "vcard": "http://www.w3.org/2006/vcard/ns#",
        "ldes": "https://w3id.org/ldes#",
        "tree": "https://w3id.org/tree#",
        "sd": "http://www.w3.org/ns/sparql-service-description#",
        "csvw": "http://www.w3.org/ns/csvw#",
        "vann": "http://purl.org/vocab/vann/",
    }
)

RDF_TYPE: Final = PREFIXES["rdf"] + "type"
INTERNAL_GRAPHS: Final = (
    "derived", "resolution", "schemes", "ontology", "shapes", "sources", "queries", "void",
)  # fmt: skip
"""Graphs that do not come from a source."""
EDTF_DATATYPE: Final = "http://id.loc.gov/datatypes/edtf"


def expand(curie: str) -> str:
    """The IRI of a CURIE whose prefix is known; any other text comes back unchanged."""
    prefix, colon, local = curie.partition(":")
    return PREFIXES[prefix] + local if colon and prefix in PREFIXES else curie


def shorten(iri: str) -> str:
    """The CURIE of an IRI in a known namespace; any other IRI comes back unchanged."""
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and iri != namespace:
            local = iri[len(namespace) :]
            if "/" not in local and "#" not in local:
                return f"{prefix}:{local}"
    return iri
