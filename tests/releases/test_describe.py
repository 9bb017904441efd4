"""What the catalogue and the VoID of a release say of its files: licences, places, sums."""

import gzip
import hashlib

import pytest
from rdflib import DCAT, DCTERMS, RDF, Graph, Namespace, URIRef

from kg.installation import InstallationPaths
from kg.release_layout import Release, find_current_release

BASE = "https://w3id.org/ess-kg/"
SPDX = Namespace("http://spdx.org/rdf/terms#")
VOID = Namespace("http://rdfs.org/ns/void#")


@pytest.fixture(scope="module")
def release(national: InstallationPaths) -> Release:
    return find_current_release(national.releases)


@pytest.fixture(scope="module")
def catalogue(release: Release) -> Graph:
    return Graph().parse(release.dcat)


def licences(graph: Graph, node: str) -> set[str]:
    found = set(graph.objects(URIRef(node), DCTERMS.license))
    mixed = {part for licence in found for part in graph.objects(licence, DCTERMS.hasPart)}
    return {str(licence) for licence in mixed or found}


def test_the_licence_of_a_file_is_that_of_what_is_in_it(release: Release, catalogue: Graph) -> None:
    manifest = release.read_manifest()
    stated = {source["name"]: source["licence"] for source in manifest["sources"]}
    every = {*stated.values(), manifest["licence"]}
    assert len(every) > 2
    for dump in manifest["dumps"]:
        found = licences(catalogue, f"{BASE}dumps/latest/{dump['name']}")
        if dump["scope"] == "source":
            assert found == {stated[dump["subject"]]}
        elif dump["scope"] == "licence":
            assert len(found) == 1
            assert found <= set(stated.values())
        elif dump["scope"] == "whole":
            assert found == every
        else:
            assert found
            assert found <= every
    assert stated["territoires"] in licences(catalogue, f"{BASE}dumps/latest/territories.csv")
    assert stated["territoires"] not in licences(catalogue, f"{BASE}dumps/latest/people.csv")


def test_each_graph_has_its_licence(release: Release) -> None:
    described = Graph().parse(release.void)
    for source in release.read_manifest()["sources"]:
        assert licences(described, f"{BASE}graph/{source['name']}") == {source["licence"]}


def test_the_partitions_are_a_graph_of_the_release_too(released: InstallationPaths) -> None:
    release = find_current_release(released.releases)
    described, rest = Graph().parse(release.void), Graph()
    with gzip.open(release.dumps / "ess-kg.nq.gz", "rt", encoding="utf-8") as dump:
        own, others = [], []
        for line in dump:
            quad, mark, _ = line.rpartition(f" <{BASE}graph/void> .")
            (own if mark else others).append(f"{quad if mark else line.rpartition(' <')[0]} .")
    partitions = Graph().parse(data="\n".join(own), format="nt")
    dataset = URIRef(f"{BASE}void")
    counted = {VOID.entities, VOID.triples, VOID.property, VOID["class"]}
    assert {t for t in partitions if t[1] in counted} == {
        (s, p, o) for s, p, o in described if p in counted and str(s).startswith(f"{dataset}#")
    }
    rest.parse(data="\n".join(others), format="nt")
    for part in partitions.objects(dataset, VOID.classPartition):
        (cls,) = partitions.objects(part, VOID["class"])
        things = set(rest.subjects(RDF.type, cls))
        assert partitions.value(part, VOID.entities).toPython() == len(things)  # type: ignore[union-attr]
        used = {predicate for thing in things for predicate in rest.predicates(thing)}
        inside = partitions.objects(part, VOID.propertyPartition)
        assert {o for one in inside for o in partitions.objects(one, VOID.property)} == used
    assert len(others) == sum(
        count.toPython()  # type: ignore[union-attr]
        for part in partitions.objects(dataset, VOID.propertyPartition)
        for count in partitions.objects(part, VOID.triples)
    )


def test_a_sum_is_of_a_file_that_stays_the_same(release: Release, catalogue: Graph) -> None:
    files = set(catalogue.subjects(RDF.type, DCAT.Distribution))
    assert len(files) == len(release.read_manifest()["dumps"])
    for node in files:
        address = str(catalogue.value(node, DCAT.downloadURL))
        before, name = address.rsplit("/", 1)
        assert before == f"{BASE}dumps/{release.id}"
        data = (release.dumps / name).read_bytes()
        assert int(str(catalogue.value(node, DCAT.byteSize))) == len(data)
        told = catalogue.value(catalogue.value(node, SPDX.checksum), SPDX.checksumValue)
        assert str(told).lower() == hashlib.sha256(data).hexdigest()
        assert catalogue.value(node, DCTERMS["format"]) is not None


def test_a_portal_finds_what_it_sorts_datasets_by(catalogue: Graph) -> None:
    for dataset in catalogue.subjects(RDF.type, DCAT.Dataset):
        assert {k.language for k in catalogue.objects(dataset, DCAT.keyword)} == {"fr", "en"}
        for name in (DCAT.theme, DCAT.contactPoint, DCTERMS.language):
            assert catalogue.value(dataset, name) is not None, (dataset, name)
    whole = URIRef(f"{BASE}catalogue#whole")
    assert catalogue.value(whole, DCTERMS.spatial) is not None
