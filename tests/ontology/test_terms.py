"""Every term the project writes is declared, named and defined in French and English."""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.csvw_tables import Table
from kg.namespaces import ONTOLOGY, PREFIXES, expand

ROOT = Path(__file__).parents[2]
BOTH = ["en", "fr"]
LABEL = ox.NamedNode(expand("rdfs:label"))
COMMENT = ox.NamedNode(expand("rdfs:comment"))
WRITTEN = re.compile(r"(?<![\w{])ess:([A-Za-z]\w*)(?![\w{/-])")
"""A term of ours in code, a query, shapes or a table; `ess:{name}Version` is made at run time."""

INSTANTS = ("inXSDDate", "inXSDDateTimeStamp", "inXSDgYear", "inXSDgYearMonth")
DERIVED = ("org:memberOf", "schema:subEvent", "ess:withinTransitive", "ess:edtf")


def used_by(tables: Mapping[str, Table]) -> set[str]:
    used = {f"time:{name}" for name in INSTANTS} | set(DERIVED)
    for table in tables.values():
        for column in table.columns:
            if column.predicate and "{" not in column.predicate:
                used.add(column.predicate)
            if column.predicate == "rdf:type" and column.value:
                used.add(column.value)
    return used


def written_files() -> Iterator[Path]:
    for folder, pattern in (
        ("ontology/tables", "*.json"),
        ("ontology/schemes", "*.ttl"),
        ("shapes", "*.ttl"),
        ("kg", "**/*.rq"),
        ("kg", "**/*.py"),
        ("api", "**/*.py"),
    ):
        yield from sorted((ROOT / folder).glob(pattern))


def test_every_term_of_the_tables_is_declared_in_both_languages(terms, tables):
    declared = terms.declared()
    used = used_by(tables)
    assert [term for term in sorted(used) if expand(term) not in declared] == []
    labels = {term: terms.languages(ox.NamedNode(expand(term)), LABEL) for term in used}
    assert {term: found for term, found in labels.items() if found != BOTH} == {}


def test_the_tables_use_object_properties_for_things_and_the_others_for_texts(terms, tables):
    linking = {node.value for node in terms.subjects("rdf:type", "owl:ObjectProperty")}
    both = {node.value for node in terms.subjects("rdf:type", "owl:AnnotationProperty")}
    wrong = [
        f"{table.name}.{column.name}"
        for table in tables.values()
        for column in table.columns
        if column.predicate and "{" not in column.predicate
        if (iri := expand(column.predicate)) not in both
        and (iri in linking) != (column.datatype == "anyURI" or column.value is not None)
    ]
    assert wrong == []


def test_every_term_of_ours_written_anywhere_is_declared(terms):
    declared = terms.declared()
    missing = {
        f"{path.relative_to(ROOT)}: ess:{name}"
        for path in written_files()
        for name in WRITTEN.findall(path.read_text(encoding="utf-8"))
        if expand(f"ess:{name}") not in declared
    }
    assert missing == set()


def test_every_predicate_of_the_curated_relations_is_declared(terms):
    declared = terms.declared()
    missing = set()
    for path in sorted((ROOT / "data" / "sources").glob("*/tables/relations.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            found = {line["predicate"] for line in csv.DictReader(lines)}
        missing |= {f"{path.parts[-3]}: {p}" for p in found if expand(p) not in declared}
    assert missing == set()


def test_every_reused_term_is_named_in_both_languages_and_says_where_it_comes_from(terms):
    defined_by = ox.NamedNode(expand("rdfs:isDefinedBy"))
    for iri in terms.declared():
        term = ox.NamedNode(iri)
        assert terms.languages(term, LABEL) == BOTH, iri
        (vocabulary,) = terms.objects(term, defined_by)
        assert iri.startswith(vocabulary.value.rstrip("#/").removesuffix("-o")), iri


def test_every_term_of_ours_is_defined_in_both_languages(terms):
    ours = [iri for iri in terms.declared() if iri.startswith(ONTOLOGY + "#")]
    assert len(ours) > 100
    lacking = [iri for iri in ours if terms.languages(ox.NamedNode(iri), COMMENT) != BOTH]
    assert lacking == []


@pytest.mark.parametrize(
    "predicate",
    ["rdfs:domain", "rdfs:range", "rdfs:subClassOf", "rdfs:subPropertyOf", "owl:inverseOf"],
)
def test_terms_lean_only_on_declared_terms(terms, predicate):
    known = terms.declared() | {
        expand(name) for name in ("rdfs:Class", "rdfs:Literal", "rdf:Property", "rdf:langString")
    }
    outside = (PREFIXES["xsd"], "http://id.loc.gov/datatypes/")
    missing = {
        target.value
        for _, target in terms.pairs(predicate)
        if target.value not in known and not target.value.startswith(outside)
    }
    assert missing == set()


def test_what_a_code_implies_is_declared(terms, schemes):
    declared = terms.declared()
    for predicate in ("ess:impliesClass", "ess:impliesProperty"):
        implied = {target.value for _, target in schemes.pairs(predicate)}
        assert implied
        assert implied - declared == set()


def test_the_ontology_says_its_version_and_licence(terms):
    ontology = ox.NamedNode(ONTOLOGY)
    (version,) = terms.objects(ontology, ox.NamedNode(expand("owl:versionInfo")))
    (version_iri,) = terms.objects(ontology, ox.NamedNode(expand("owl:versionIRI")))
    assert version_iri.value == f"{ONTOLOGY}/{version.value}"
    assert terms.objects(ontology, ox.NamedNode(expand("dct:license")))
    for predicate in ("dct:title", "dct:description"):
        assert terms.languages(ontology, ox.NamedNode(expand(predicate))) == BOTH
