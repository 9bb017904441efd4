"""The W3C's own tests of the SPARQL 1.1 Protocol and of Service Description, from their manifests.

https://www.w3.org/2009/sparql/docs/tests/: what they say of updates is not for an endpoint that
takes none: each of those requests must be refused.
"""

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from api.dependencies import AppConfig
from kg.release_layout import Release
from kg.releases.atomic_publish import set_current
from tests.api.conftest import opened

SHARED = Path(__file__).parents[4] / "shared" / "conformance" / "sparql11"
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
TABLES = ("application/sparql-results+json", "application/sparql-results+xml", "text/csv")
RDF = ("text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json")


@dataclass(frozen=True)
class Exchange:
    """One request of a test and what must come back."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    statuses: tuple[str, ...]
    format: str
    boolean: str


def manifest() -> Graph:
    return Graph().parse(SHARED / "protocol" / "manifest.ttl")


def exchanges() -> list[tuple[str, list[Exchange]]]:
    """The tests of the manifest by name; none where the shared material is absent."""
    if not SHARED.is_dir():
        return []
    graph = manifest()
    (entries,) = graph.objects(None, MF.entries)
    return [
        (str(test).rpartition("#")[2], [_exchange(graph, r) for r in _requests(graph, test)])
        for test in Collection(graph, entries)
    ]


def _requests(graph: Graph, test: Node) -> list[Node]:
    action = graph.value(test, MF.action)
    listed = graph.value(action, HT.requests)
    return list(Collection(graph, listed)) if listed else []


def _exchange(graph: Graph, request: Node) -> Exchange:
    content = graph.value(request, HT.body)
    response = graph.value(request, HT.resp)
    headers = graph.value(request, HT.headers)
    encoding = str(graph.value(content, CNT.characterEncoding) or "UTF-8")
    return Exchange(
        str(graph.value(request, HT.methodName)),
        str(graph.value(request, HT.absolutePath)),
        {
            str(graph.value(h, HT.fieldName)): str(graph.value(h, HT.fieldValue))
            for h in (Collection(graph, headers) if headers else ())
        },
        str(graph.value(content, CNT.chars) or "").encode(encoding),
        tuple(str(s)[-3:] for s in graph.objects(response, MF.expectedStatus)),
        str(graph.value(response, MF.expectedFormat) or ""),
        str(graph.value(response, MF.expectedBoolean) or ""),
    )


CASES = exchanges()


def _seal_again(release: Release) -> None:
    """Lets the manifest say what the release holds now that its store is another."""
    manifest = release.read_manifest()
    files = {name: told for name, told in manifest["files"].items() if name[:6] != "store/"}
    store = ox.Store.read_only(str(release.store))
    graphs = {graph.value: len(list(store.quads_for_pattern(None, None, None, graph)))
              for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)}  # fmt: skip
    told = manifest | {"files": files, "graphs": graphs}
    release.manifest_file.write_text(json.dumps(told), "utf-8")


@pytest.fixture
async def endpoint(data: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The server over the graphs that the tests are about."""
    release = data / "releases" / "release-1"
    shutil.rmtree(release / "store")
    store = ox.Store(str(release / "store"))
    graph = manifest()
    for datum in set(graph.objects(None, UT.graphData)):
        file, name = graph.value(datum, UT.graph), graph.value(datum, RDFS.label)
        path = SHARED / "protocol" / str(file).rpartition("/")[2]
        for to in (ox.NamedNode(str(name)), ox.DefaultGraph()):
            store.load(path=str(path), format=ox.RdfFormat.N_TRIPLES, to_graph=to)
    store.flush()
    del store
    _seal_again(Release(release))
    set_current(data / "releases", Release(release))
    async with opened(AppConfig(data / "releases", query_workers=1)) as client:
        yield client


@pytest.mark.skipif(not CASES, reason="the shared material is not beside the project (../shared)")
@pytest.mark.parametrize(("name", "asked"), CASES, ids=[name for name, _ in CASES])
async def test_protocol(endpoint: httpx.AsyncClient, name: str, asked: list[Exchange]) -> None:
    assert asked
    update = name.startswith(("update", "bad_update"))
    for one in asked:
        answer = await endpoint.request(one.method, one.path, headers=one.headers, content=one.body)
        changes = b"update=" in one.body or "sparql-update" in str(one.headers)
        if update and (changes or "update=" in one.path):
            assert 400 <= answer.status_code < 500, answer.text
            continue
        if update:
            continue  # a question about what an update would have done
        told = str(answer.status_code)
        assert any(told[0] == s[0] for s in one.statuses), (told, one.statuses, answer.text)
        kind = answer.headers["content-type"].partition(";")[0]
        if one.format == "boolean":
            assert kind in TABLES
        if one.boolean:
            assert answer.json()["boolean"] is (one.boolean == "true")
        if one.format == "tabular":
            assert kind in TABLES
        if one.format == "RDF":
            assert kind in RDF


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
async def test_service_description(client: httpx.AsyncClient, path: str) -> None:
    """`returns-rdf`, `has-endpoint-triple` and the shape that `conforms-to-schema` asks for."""
    answer = await client.get(path)
    assert answer.headers["content-type"].partition(";")[0] in RDF
    graph = Graph().parse(data=answer.content, format="turtle")
    services = set(graph.subjects(None, SD.Service))
    (service,) = services
    assert (service, SD.endpoint, URIRef(f"http://test{path}")) in graph
    assert set(graph.objects(service, SD.defaultDataset))
    for dataset in graph.objects(service, SD.defaultDataset):
        assert len(set(graph.objects(dataset, SD.defaultGraph))) == 1
        for named in graph.objects(dataset, SD.namedGraph):
            assert len(set(graph.objects(named, SD.name))) == 1
    for extension in graph.objects(service, SD.extensionFunction):
        assert (extension, None, SD.Function) in graph
    assert not [o for o in graph.objects(service, SD.resultFormat) if isinstance(o, Literal)]
