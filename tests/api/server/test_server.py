"""A real server on real sockets: limits, clients that leave, releases that change, processes."""

import asyncio
import http.client
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from rdflib import URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import JSON, SPARQLWrapper

from kg.release_layout import Release
from kg.releases.atomic_publish import set_current

Serve = Callable[..., str]

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o }"
TORRENT = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
GRAPHS = (
    "CONSTRUCT { ?a ?b ?text } WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l "
    'BIND(CONCAT(STR(?c), " ", STR(?f), " ", STR(?i), " ", STR(?l)) AS ?text) }'
)
LIGHT = "ASK { { ?s ?p ?o } }"
"""Asked of a process: braces within braces are no lookup."""
SLACK = 0.5


def workers_of(address: str) -> dict[str, int]:
    """What the pool of the process that answers is doing."""
    return dict(httpx.get(f"{address}/health").json()["queries"])


def wait_until_idle(address: str) -> float:
    """The seconds until no query runs any more."""
    start = time.perf_counter()
    while any(workers_of(address)[lane] for lane in ("quick", "long")):
        assert time.perf_counter() - start < 10
        time.sleep(0.02)
    return time.perf_counter() - start


def test_a_query_out_of_time_says_so_in_time(serve: Serve) -> None:
    address = serve(query_seconds=1)
    start = time.perf_counter()
    answer = httpx.get(f"{address}/sparql", params={"query": ENDLESS})
    assert time.perf_counter() - start < 1 + SLACK
    assert answer.status_code == 504
    assert "within 1 seconds" in answer.json()["detail"]


def test_an_answer_cut_late_is_never_a_whole_200(serve: Serve) -> None:
    address = serve(query_seconds=30, query_bytes=3_000_000)
    forms = [(TORRENT, name, "identity") for name in ("json", "xml", "csv", "tsv")]
    forms += [(GRAPHS, name, "identity") for name in ("ttl", "jsonld", "nt", "rdf", "nq", "trig")]
    packed = ("gzip", "zstd")
    forms += [
        (query, name, p) for p in packed for query, name in ((TORRENT, "csv"), (GRAPHS, "nt"))
    ]
    for query, name, packing in forms:
        parameters, headers = {"query": query, "format": name}, {"Accept-Encoding": packing}
        asked = httpx.stream("GET", f"{address}/sparql", params=parameters, headers=headers)
        with asked as answer:
            assert answer.status_code == 200, (name, packing)
            assert answer.headers["transfer-encoding"] == "chunked"
            with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
                for _ in answer.iter_raw():
                    pass


def test_an_answer_known_to_be_too_large_is_refused(serve: Serve) -> None:
    early = httpx.get(f"{serve(query_bytes=500_000)}/sparql", params={"query": TORRENT})
    assert early.status_code == 422
    assert "500,000 bytes" in early.json()["detail"]


@pytest.mark.parametrize("text", [ENDLESS, TORRENT])
def test_a_client_that_leaves_ends_its_query(serve: Serve, text: str) -> None:
    address = serve(query_seconds=30)
    place = urlsplit(address)
    connection = socket.create_connection((place.hostname, place.port))
    path = f"/sparql?{urlencode({'query': text})}"
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    while not any(workers_of(address)[lane] for lane in ("quick", "long")):
        time.sleep(0.02)
    time.sleep(0.2)
    connection.close()
    assert wait_until_idle(address) < SLACK


def test_light_queries_are_answered_beside_runaway_ones(serve: Serve) -> None:
    address = serve(query_seconds=5, query_workers=1)

    async def together() -> tuple[list[httpx.Response], list[httpx.Response]]:
        async with httpx.AsyncClient(timeout=20) as client:

            async def ask(text: str) -> httpx.Response:
                return await client.get(f"{address}/sparql", params={"query": text})

            heavy = [asyncio.create_task(ask(f"{ENDLESS} # {number}")) for number in range(3)]
            light = []
            while not all(task.done() for task in heavy):
                light.append(await ask(LIGHT))
                await asyncio.sleep(0.05)
            return [task.result() for task in heavy], light

    heavy, light = asyncio.run(together())
    assert {answer.status_code for answer in light} == {200}
    assert len(light) > 5
    assert sorted(answer.status_code for answer in heavy) == [503, 504, 504]
    refused = next(answer for answer in heavy if answer.status_code == 503)
    assert int(refused.headers["retry-after"]) > 0


@pytest.mark.parametrize("readers", [6, 16])
def test_light_queries_are_answered_beside_clients_that_do_not_read(
    serve: Serve, readers: int
) -> None:
    address = serve(query_seconds=20, client_queries=100)
    place = urlsplit(address)
    stalled = [socket.socket() for _ in range(readers)]
    for number, connection in enumerate(stalled):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((place.hostname, place.port))
        path = f"/sparql?{urlencode({'query': f'{TORRENT} # {number}'})}"
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    time.sleep(0.2)
    waited = []
    for number in range(20):
        began = time.perf_counter()
        asked = {"query": f"ASK {{ {{ ?s ?p {number} }} }}"}
        other = {"X-Forwarded-For": "192.0.2.1"}
        found = httpx.get(f"{address}/sparql", params=asked, headers=other, timeout=30)
        assert found.status_code == 200
        waited.append(time.perf_counter() - began)
    for connection in stalled:
        connection.close()
    assert max(waited) < 6
    assert sorted(waited)[len(waited) // 2] < 1


def test_a_new_release_is_taken_up_without_a_restart(serve: Serve, data: Path) -> None:
    address = serve(workers=2)
    assert httpx.get(f"{address}/health").json()["release"] == "release-1"
    old = httpx.get(f"{address}/organisation/demo-labo.ttl")
    set_current(data / "releases", Release(data / "releases" / "release-2"))
    seen = []
    deadline = time.monotonic() + 20
    # each process looks for itself: all have changed once no answer is of the old release
    while seen[-20:] != ["release-2"] * 20:
        assert time.monotonic() < deadline, seen
        answer = httpx.get(f"{address}/sparql", params={"query": LIGHT})
        assert answer.status_code == 200
        seen.append(answer.headers["x-release"])
        time.sleep(0.05)
    tags = {"If-None-Match": old.headers["etag"]}
    assert httpx.get(f"{address}/organisation/demo-labo.ttl", headers=tags).status_code == 200
    asked = "ASK { <urn:x:second> ?p ?o }"
    assert httpx.get(f"{address}/sparql", params={"query": asked}).json()["boolean"] is True


def test_a_damaged_release_is_left_aside(serve: Serve, data: Path) -> None:
    address = serve()
    damaged = data / "releases" / "release-2"
    for file in (damaged / "store").iterdir():
        file.unlink()
    set_current(data / "releases", Release(damaged))
    time.sleep(3)
    assert httpx.get(f"{address}/health").json()["release"] == "release-1"
    assert httpx.get(f"{address}/sparql", params={"query": LIGHT}).status_code == 200


def test_without_a_release_it_says_so_and_waits_for_one(serve: Serve, data: Path) -> None:
    pointer = data / "releases" / "current"
    pointer.unlink()
    address = serve(plain=True)  # `ess-kg serve` says so at once, and ends
    answer = httpx.get(f"{address}/health")
    assert answer.status_code == 503
    assert "ess-kg build" in answer.json()["detail"]
    set_current(data / "releases", Release(data / "releases" / "release-1"))
    deadline = time.monotonic() + 10
    while httpx.get(f"{address}/health").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_query_processes_end_with_their_server(serve: Serve) -> None:
    address = serve()
    assert httpx.get(f"{address}/sparql", params={"query": LIGHT}).status_code == 200
    server = next(p for p in processes() if f"--port {urlsplit(address).port}" in p[2])
    children = {p[0] for p in processes() if p[1] == server[0] and "kg.sparql.local.worker" in p[2]}
    assert children
    os.kill(server[0], signal.SIGKILL)
    deadline = time.monotonic() + 5
    while children & {p[0] for p in processes()}:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def processes() -> list[tuple[int, int, str]]:
    """Number, parent and command of every process of this machine."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text().replace("\0", " ")
        except (OSError, ProcessLookupError):
            continue
        found.append((int(folder.name), parent, command))
    return found


def test_sparqlwrapper(serve: Serve) -> None:
    wrapper = SPARQLWrapper(f"{serve()}/sparql")
    wrapper.setReturnFormat(JSON)
    for method in ("GET", "POST"):
        wrapper.setMethod(method)
        wrapper.setQuery("SELECT ?s { ?s a <http://xmlns.com/foaf/0.1/Person> }")
        rows = wrapper.query().convert()["results"]["bindings"]
        assert [row["s"]["value"].rpartition("/")[2] for row in rows] == ["demo-camille"]


def test_rdflib(serve: Serve) -> None:
    store = SPARQLStore(f"{serve()}/sparql")
    labo = URIRef("https://w3id.org/ess-kg/id/organisation/demo-labo")
    label = URIRef("http://www.w3.org/2004/02/skos/core#prefLabel")
    found = {str(o) for (_, _, o), _ in store.triples((labo, label, None))}
    assert found == {"Laboratoire des lieux", "Laboratory of places"}


def test_http_1_0_gets_a_whole_answer(serve: Serve) -> None:
    place = urlsplit(serve())
    connection = http.client.HTTPConnection(place.hostname or "", place.port)
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]
    connection.request("GET", f"/sparql?{urlencode({'query': LIGHT})}")
    assert b"true" in connection.getresponse().read()
    connection.close()
