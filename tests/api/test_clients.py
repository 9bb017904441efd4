"""What real clients get where w3id.org does not lead here: their defaults, nothing else."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import rdflib
import SPARQLWrapper
from rdflib import RDF, URIRef

from tests.api.conftest import freeze_small

BASE = "https://w3id.org/ess-kg/"
ID = f"{BASE}id/"
TREE = rdflib.Namespace("https://w3id.org/tree#")
DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
VOID = rdflib.Namespace("http://rdfs.org/ns/void#")
SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
SOLUTIONS = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
GRAPHS = {
    **dict.fromkeys(("xml", "rdf", "rdf+xml"), "application/rdf+xml"),
    **dict.fromkeys(("turtle", "n3"), "text/turtle"),
    "json-ld": "application/ld+json",
}
"""What SPARQLWrapper calls the formats, and what it should get."""
PUBLIC = "https://graph.example.org/ess"


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one release of three people and an organisation."""
    data = tmp_path_factory.mktemp("clients")
    people = "".join(
        f"<{ID}person/demo-{name}> a <http://xmlns.com/foaf/0.1/Person> ;"
        f' <http://www.w3.org/2004/02/skos/core#prefLabel> "{name.title()}"@fr .'
        for name in ("ada", "zoe")
    )
    freeze_small(data / "releases", "release-1", f"GRAPH <{BASE}graph/demo> {{ {people} }}")
    return data


@pytest.fixture(scope="module")
def address(frozen: Path, start_server: Callable[..., str]) -> str:
    """A server that knows no other name than the host that is asked."""
    return start_server(frozen)


@pytest.fixture(scope="module")
def public(frozen: Path, start_server: Callable[..., str]) -> str:
    """A server that was told where the world reaches it."""
    return start_server(frozen, public_address=f"{PUBLIC}/")


def places(graph: rdflib.Graph) -> set[str]:
    """The addresses to fetch something from that a description gives."""
    properties = (
        *(DCAT.downloadURL, DCAT.accessURL, DCAT.endpointURL),
        *(VOID.dataDump, VOID.sparqlEndpoint, SD.endpoint, TREE.node, TREE.view),
    )
    return {str(place) for name in properties for place in graph.objects(None, name)}


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph")  # of rdflib, within rdflib
@pytest.mark.parametrize(
    "path",
    ["/id/person/demo-camille", "/person/demo-camille", "/person", "/person.jsonld",
     "/person/demo-camille.jsonld", "/ontology.jsonld", "/catalogue.jsonld", "/graph/demo",
     "/graph/schemes", "/dumps/latest/source-demo.ttl"],
)  # fmt: skip
def test_rdflib_reads_an_address_as_it_is(address: str, path: str) -> None:
    """Also JSON-LD, whose context it fetches from the same server."""
    graph = rdflib.Graph().parse(f"{address}{path}")
    assert len(graph) > 3
    if "person" in path:
        assert (URIRef(f"{ID}person/demo-camille"), RDF.type, None) in graph


def test_at_equal_weight_what_needs_nothing_else_is_sent(address: str) -> None:
    accept = "application/ld+json, application/rdf+xml, text/turtle, application/n-triples"
    for path in ("/person/demo-camille", "/person", "/catalogue", "/sparql", "/scheme"):
        found = httpx.get(f"{address}{path}", headers={"Accept": accept})
        assert found.headers["content-type"].startswith("text/turtle"), path


def test_a_page_of_a_list_is_the_node_that_was_fetched(address: str) -> None:
    seen, here, members = set(), f"{address}/person.ttl?limit=1", set()
    while here:
        graph = rdflib.Graph().parse(here)
        assert (URIRef(here), RDF.type, TREE.Node) in graph
        collection = graph.value(None, RDF.type, TREE.Collection)
        assert str(collection).startswith(f"{BASE}person")
        assert graph.value(collection, TREE.view) == URIRef(here)
        members |= set(graph.objects(None, TREE.member))
        seen.add(here)
        following = next(graph.objects(None, TREE.node), None)
        here = str(following) if following else ""
        assert here not in seen
    assert len(members) == len(seen) == 3


@pytest.mark.parametrize("path", ["/catalogue", "/.well-known/void", "/sparql"])
def test_what_is_to_be_fetched_is_fetched_here(address: str, path: str) -> None:
    found = places(rdflib.Graph().parse(f"{address}{path}"))
    assert found
    for place in found:
        assert place.startswith(f"{address}/")
        assert httpx.head(place, follow_redirects=True).status_code in (200, 405), place


@pytest.mark.parametrize("path", ["/catalogue.ttl", "/.well-known/void.ttl", "/sparql?format=ttl",
                                  "/person.ttl?limit=1", "/catalogue.nt"])  # fmt: skip
def test_the_public_address_stands_where_it_was_given(public: str, path: str) -> None:
    body = httpx.get(f"{public}{path}", headers={"Host": "evil.example"}).content
    found = places(rdflib.Graph().parse(body, format="nt" if path.endswith("nt") else "turtle"))
    assert found
    assert {place[: len(PUBLIC)] for place in found} == {PUBLIC}
    assert ID.encode() in body or f"{BASE}catalogue".encode() in body or b"void" in body


@pytest.mark.parametrize(
    "path",
    ["/person.atom", "/person.jsonld", "/ldes", "/reconcile", "/sitemap.xml", "/robots.txt",
     "/changes.atom", "/queries/timeline.bib"],
)  # fmt: skip
def test_every_door_tells_the_public_address(public: str, path: str) -> None:
    told = httpx.get(f"{public}{path}", headers={"Host": "evil.example"}).text
    assert f"{PUBLIC}/" in told
    assert "evil.example" not in told
    assert urlsplit(public).netloc not in told


def test_a_host_is_told_to_whoever_asked_it_alone(address: str) -> None:
    """Neither a copy of an answer nor its tag is good for another host."""
    told = {}
    for host in ("a.example", "b.example:81", "a.example"):
        for _ in range(3):  # what is asked again is remembered
            found = httpx.get(f"{address}/person.jsonld", headers={"Host": host})
            assert found.json()["@context"] == f"http://{host}/context.jsonld"
            told.setdefault(host, set()).add(found.headers["etag"])
    (one,), (other,) = told.values()
    assert one != other


@pytest.mark.parametrize("host", ['a"><script>', "a b", "user@a.example", "a.example/x?", "ü"])
def test_an_odd_host_is_never_repeated(address: str, host: str) -> None:
    found = httpx.get(f"{address}/catalogue.nt", headers={"Host": host.encode()})
    assert found.status_code in (200, 400)
    if found.status_code == 200:
        assert f"<{BASE}dumps" in found.text
        assert host not in found.text


def test_only_the_host_and_no_other_header_names_this_place(address: str) -> None:
    odd = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    assert "evil.example" not in httpx.get(f"{address}/catalogue.nt", headers=odd).text


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph", "ignore:Sending Accept", "ignore:Format")
@pytest.mark.parametrize("method", [SPARQLWrapper.GET, SPARQLWrapper.POST])
@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize(
    ("form", "name", "media_type"),
    [
        *(("SELECT ?s", name, told) for name, told in SOLUTIONS.items()),
        *(("CONSTRUCT", name, told) for name, told in GRAPHS.items()),
        *(("DESCRIBE ?s", name, told) for name, told in GRAPHS.items()),
        *(("ASK", name, SOLUTIONS[name]) for name in ("json", "xml")),
    ],
)
def test_sparqlwrapper_gets_every_format(
    address: str, form: str, name: str, media_type: str, method: str, alone: bool
) -> None:
    client = SPARQLWrapper.SPARQLWrapper(f"{address}/sparql")
    client.setMethod(method)
    client.setOnlyConneg(alone)
    client.setReturnFormat(name)
    client.setQuery(f"{form} WHERE {{ ?s a <http://xmlns.com/foaf/0.1/Person> }}")
    answer = client.query()
    allowed = {media_type, "text/turtle"} if name == "rdf" else {media_type}  # any RDF
    assert answer.info()["content-type"].split(";")[0] in allowed
    assert len(answer.response.read()) > 4


def test_a_form_names_the_format_too(address: str) -> None:
    fields = {"query": "ASK {}", "format": "csv", "default-graph-uri": "", "named-graph-uri": ""}
    for found in (
        httpx.post(f"{address}/sparql", data=fields),
        httpx.get(f"{address}/sparql", params=fields),
    ):
        assert found.status_code == 200, found.text
        assert found.headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize(
    ("name", "extension"),
    [("ttl", "ttl"), ("turtle", "ttl"), ("json-ld", "jsonld"), ("n-quads", "nq"), ("nq", "nq")],
)
def test_extracts_know_the_same_names(address: str, name: str, extension: str) -> None:
    asked = {"format": name, "source": "demo", "packed": "none"}
    found = httpx.get(
        f"{address}/dumps/latest/extract", params=asked, follow_redirects=True, timeout=60
    )
    assert found.status_code == 200, found.text
    assert f".{extension}" in found.headers["content-disposition"]


def test_a_record_and_the_stream_are_under_the_licence_of_their_sources(address: str) -> None:
    of_demo = "https://creativecommons.org/publicdomain/zero/1.0/"
    found = httpx.get(f"{address}/person/demo-camille.ttl")
    assert f'<{of_demo}>; rel="license"' in found.headers["link"]
    assert found.headers["link"].count('rel="license"') == 1
    stream = rdflib.Graph().parse(f"{address}/ldes", format="turtle")
    ours = "https://creativecommons.org/licenses/by/4.0/"
    told = set(stream.objects(URIRef(f"{BASE}ldes#stream"), rdflib.DCTERMS.license))
    assert told == {URIRef(of_demo), URIRef(ours)}
