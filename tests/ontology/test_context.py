"""The JSON-LD context names every term, needs nothing from the network and loses nothing."""

import json
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from rdflib import Graph

from kg.namespaces import PREFIXES, expand

ROOT = Path(__file__).parents[2]

EXAMPLE = """
<https://w3id.org/ess-kg/id/event/x> a schema:Event ;
    skos:prefLabel "Séminaire"@fr, "Seminar"@en ;
    skos:altLabel "INOCREA"@fr, "cycle"@fr, "no language" ;
    schema:startDate "XXXX-03-22"^^<http://id.loc.gov/datatypes/edtf>, "2011"^^xsd:gYear ;
    schema:latitude 50.63 ;
    schema:maximumAttendeeCapacity 20 ;
    foaf:homepage <https://example.org/> ;
    ess:eventKind <https://w3id.org/ess-kg/scheme/event-kind/seminar> ;
    ess:territory <https://w3id.org/ess-kg/id/territory/commune-59350> ;
    prov:wasDerivedFrom <https://w3id.org/ess-kg/id/source/inocrea#char=120,164> ;
    m8g:hasParticipation <https://w3id.org/ess-kg/id/event/x#participation-1> .
<https://w3id.org/ess-kg/id/topic/y> a skos:Concept ;
    skos:definition "en mots"@fr, <https://w3id.org/ess-kg/id/topic/y#definition-1> .
<https://w3id.org/ess-kg/id/topic/y#begin> a time:Instant ;
    time:inXSDgYear "2009"^^xsd:gYear ;
    ess:edtf "2009?"^^<http://id.loc.gov/datatypes/edtf> .
"""


@pytest.fixture(scope="module")
def context() -> dict[str, Any]:
    document = json.loads((ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8"))
    assert list(document) == ["@context"]
    return document["@context"]


@pytest.fixture(scope="module")
def example() -> Graph:
    prologue = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    return Graph().parse(data=prologue + EXAMPLE, format="turtle")


def named(context: dict[str, Any]) -> list[str]:
    """The IRI each term stands for, prefixes and keywords left out."""
    values = (v["@id"] if isinstance(v, dict) else v for k, v in context.items() if k != "@version")
    return [expand(v) for v in values if not v.startswith("@") and v not in PREFIXES.values()]


def test_the_context_is_whole_in_itself(context):
    assert context["@version"] == 1.1
    assert "@import" not in context
    assert {k: v for k, v in context.items() if k in PREFIXES} == dict(PREFIXES)


def test_every_declared_term_has_exactly_one_name(context, terms):
    names = named(context)
    assert sorted(names) == sorted(terms.declared() - {expand("rdf:type")})


def test_object_properties_are_read_as_iris(context, terms):
    linking = {node.value for node in terms.subjects("rdf:type", "owl:ObjectProperty")}
    coerced = {
        expand(entry["@id"])
        for entry in context.values()
        if isinstance(entry, dict) and entry.get("@type") == "@id"
    }
    assert coerced == linking - {expand("rdf:type")}


def test_compacting_then_reading_gives_the_same_graph(context, example):
    compacted = example.serialize(format="json-ld", context=context)
    read = {quad.triple for quad in ox.parse(compacted, format=ox.RdfFormat.JSON_LD)}
    written = example.serialize(format="nt")
    assert read == {quad.triple for quad in ox.parse(written, format=ox.RdfFormat.N_TRIPLES)}


def test_the_compact_form_uses_the_short_names(context, example):
    items = json.loads(example.serialize(format="json-ld", context=context))["@graph"]
    event = next(item for item in items if item["id"].endswith("/event/x"))
    assert event["type"] == "Event"
    assert event["prefLabel"] == {"fr": "Séminaire", "en": "Seminar"}
    assert event["territory"] == "https://w3id.org/ess-kg/id/territory/commune-59350"
    assert event["maximumAttendeeCapacity"] == "20"
