import io

import pyoxigraph as ox
import pytest

from kg.formats import JSON_LD, N_TRIPLES, RDF_XML, TURTLE
from kg.kinds import Text
from kg.rdf.build import iri_triple, string_triple, text_triples, typed_triple
from kg.rdf.io import OX_FORMATS, write_rdf, write_with_used_prefixes
from kg.rdf.serialize import serialize_graph

NODE = "https://w3id.org/ess-kg/catalogue"
GRAPH = [
    string_triple(NODE, "dct:title", "Catalogue"),
    *text_triples(NODE, "skos:note", Text("un", "one")),
    typed_triple(NODE, "void:triples", 3, "xsd:integer"),
    iri_triple(NODE, "rdf:type", "dcat:Catalog"),
]


@pytest.mark.parametrize("syntax", [TURTLE, N_TRIPLES, RDF_XML, JSON_LD])
def test_a_graph_reads_back_the_same_whatever_the_order_of_its_triples(syntax):
    data = serialize_graph(GRAPH, syntax)
    assert data == serialize_graph(GRAPH[::-1], syntax)
    assert {quad.triple for quad in ox.parse(data, OX_FORMATS[syntax])} == set(GRAPH)


def test_only_prefixes_in_use_are_declared():
    output = io.BytesIO()
    write_with_used_prefixes(GRAPH, output, TURTLE)
    declared = {line.split()[1] for line in output.getvalue().decode().splitlines() if "@p" in line}
    assert declared == {"dct:", "skos:", "void:", "dcat:", "rdf:", "xsd:"}


def test_prefixes_are_left_out_of_formats_without_any():
    output = io.BytesIO()
    write_rdf(GRAPH, output, N_TRIPLES)
    assert len(output.getvalue().splitlines()) == len(GRAPH)


def test_classes_come_first():
    assert serialize_graph(GRAPH, N_TRIPLES).splitlines()[0] == f"{GRAPH[-1]} .".encode()
