"""The terms we align to, and those we reuse, exist in their vocabularies as published."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.namespaces import BASE, ONTOLOGY, expand

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT.parent / "shared" / "data" / "vocab"
FORMATS = {
    ".nq": ox.RdfFormat.N_QUADS,
    ".ttl": ox.RdfFormat.TURTLE,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".owl": ox.RdfFormat.RDF_XML,
}
FOLDERS = ("core-business", "essglobal", "insee", "pair", "vivo", "w3c-nq")
BROKEN = {"pair.owl": "is Turtle, and the same as pair.ttl"}

RDF_ITSELF = {
    expand(f"rdf:{name}")
    for name in ("Statement", "object", "predicate", "subject", "type", "value")
}
ELSEWHERE = {
    expand("m8g:Participation"): "Core Public Event Vocabulary 1.1.1",
    expand("m8g:hasParticipation"): "Core Public Event Vocabulary 1.1.1, JSON-LD context",
    expand("m8g:PublicOrganisation"): "Core Public Organisation Vocabulary 2.1.2",
}
EURIO = "http://data.europa.eu/s66#"


@pytest.fixture(scope="module")
def published() -> set[str]:
    """Every IRI in the published vocabularies; schema.org's are kept under https, as ours."""
    if not PUBLISHED.is_dir():
        pytest.skip("the published vocabularies (../shared/data/vocab) are not here")
    found: set[str] = set()
    for path in sorted(p for folder in FOLDERS for p in (PUBLISHED / folder).iterdir()):
        if path.suffix in FORMATS and path.name not in BROKEN:
            for quad in ox.parse(path=path, format=FORMATS[path.suffix], lenient=True):
                found |= {
                    term.value
                    for term in (quad.subject, quad.predicate, quad.object)
                    if isinstance(term, ox.NamedNode)
                }
    return {iri.replace("http://schema.org/", "https://schema.org/") for iri in found}


def alignments() -> list[ox.Quad]:
    path = ROOT / "ontology" / "alignments.ttl"
    return list(ox.parse(path=path, format=ox.RdfFormat.TURTLE))


def test_what_we_align_is_declared(terms):
    declared = terms.declared()
    assert {q.subject.value for q in alignments()} - declared == set()


def test_what_we_align_to_exists(published):
    targets = {q.object.value for q in alignments()}
    unknown = {iri for iri in targets - published if not iri.startswith(EURIO)}
    assert unknown == set()


def test_what_is_known_only_from_documentation_is_only_close():
    close = expand("skos:closeMatch"), expand("skos:narrowMatch")
    stronger = [
        quad
        for quad in alignments()
        if quad.object.value.startswith(EURIO) and quad.predicate.value not in close
    ]
    assert stronger == []


def test_what_we_reuse_exists(terms, published):
    reused = {iri for iri in terms.declared() if not iri.startswith(ONTOLOGY)}
    assert reused - published - RDF_ITSELF - set(ELSEWHERE) == set()


def test_what_the_lists_match_exists(schemes, published):
    lists_elsewhere = ("http://id.insee.fr/", "http://data.europa.eu/")
    targets = {
        target.value
        for predicate in ("skos:exactMatch", "skos:closeMatch")
        for _, target in schemes.pairs(predicate)
    }
    unknown = {iri for iri in targets - published if not iri.startswith((BASE, *lists_elsewhere))}
    assert unknown == set()
