"""The model and the descriptions of a release at their own addresses."""

import csv
import gzip
import hashlib
import io

import httpx
import pyoxigraph as ox
import pytest

PAGES = ["/ontology", "/shapes", "/scheme", "/scheme/weekday", "/scheme/nafr2/01.11",
         "/.well-known/void", "/catalogue"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
async def test_every_form(client: httpx.AsyncClient, path: str) -> None:
    sizes = set()
    for accept in ("text/turtle", "application/n-triples", "application/rdf+xml"):
        answer = await client.get(path, headers={"Accept": accept})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].split(";")[0] == accept
        found = ox.parse(answer.content, ox.RdfFormat.from_media_type(accept), base_iri="urn:x")
        sizes.add(len({quad.triple for quad in found}))
    assert len(sizes) == 1
    assert min(sizes) > 2
    page = await client.get(path, headers={"Accept": "text/html"})
    assert page.text.startswith("<!doctype html>")
    json_ld = await client.get(f"{path}.jsonld")
    assert json_ld.json()["@context"] == "http://test/context.jsonld"


async def test_one_turtle_file_comes_as_it_was_written(
    client: httpx.AsyncClient, request: pytest.FixtureRequest
) -> None:
    served = (await client.get("/ontology.ttl")).content
    assert served == (request.config.rootpath / "ontology" / "ontology.ttl").read_bytes()


async def test_one_code(client: httpx.AsyncClient) -> None:
    text = (await client.get("/scheme/nafr2/01.1.nt")).text
    assert '"01.1"' in text
    assert "/nafr2/01.11> <http://www.w3.org/2004/02/skos/core#broader>" in text
    assert "/nafr2/02>" not in text


async def test_tables(client: httpx.AsyncClient) -> None:
    described = await client.get("/tables/events")
    assert described.headers["content-type"] == "application/csvm+json"
    assert described.json()["url"] == "http://test/dumps/release-2/events.csv"
    page = await client.get("/tables/events", headers={"Accept": "text/html"})
    assert "label_fr" in page.text
    assert (await client.get("/tables/events.json")).headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "path",
    ["/scheme/none", "/scheme/weekday/holiday", "/tables/none", "/tables/..%2Fcontext",
     "/graph/none",
     "/scheme/..%2Fontology", "/ontology.csv"],
)  # fmt: skip
async def test_what_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code in (404, 406)


async def test_a_named_graph_leads_to_its_dump(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graph/demo")
    assert answer.headers["location"] == "/dumps/release-2/source-demo.ttl.gz"
    assert (await client.get(answer.headers["location"])).status_code == 200
    assert (await client.get("/graph/schemes")).headers["location"] == "/scheme"
    assert (await client.get("/graph/void")).headers["location"] == "/.well-known/void"
    derived = await client.get("/graph/derived")
    assert derived.headers["location"].endswith("ess-kg.nq.gz")


async def test_dumps_are_listed_with_their_sums(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/dumps.json")).json()
    assert [release["id"] for release in listed["releases"]] == ["release-2", "release-1"]
    for file in listed["releases"][0]["files"]:
        body = (await client.get(file["address"])).content
        assert len(body) == file["bytes"]
        assert hashlib.sha256(body).hexdigest() == file["sha256"]
    page = await client.get("/dumps", headers={"Accept": "text/html"})
    assert listed["releases"][0]["files"][0]["sha256"] in page.text


async def test_a_dump_can_be_resumed(client: httpx.AsyncClient) -> None:
    path = "/dumps/release-2/ess-kg.nq.gz"
    whole = await client.get(path)
    assert whole.headers["content-type"] == "application/gzip"
    assert "release-2-ess-kg.nq.gz" in whole.headers["content-disposition"]
    part = await client.get(path, headers={"Range": "bytes=10-", "If-Range": whole.headers["etag"]})
    assert part.status_code == 206
    assert part.content == whole.content[10:]
    changed = await client.get(path, headers={"Range": "bytes=10-", "If-Range": '"other"'})
    assert (changed.status_code, changed.content) == (200, whole.content)
    same = await client.get(path, headers={"If-None-Match": whole.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


@pytest.mark.parametrize("accepted", ["gzip", "identity", "zstd", "gzip;q=0", "*"])
async def test_a_packed_dump_is_had_as_text(client: httpx.AsyncClient, accepted: str) -> None:
    """For readers of Turtle and N-Quads that unpack a coding, or nothing, but no file."""
    coding = {"Accept-Encoding": accepted}
    for name, media_type in (
        ("source-demo.ttl", "text/turtle; charset=utf-8"),
        ("ess-kg.nq", "application/n-quads"),
    ):
        packed = (await client.get(f"/dumps/release-2/{name}.gz")).content
        led = await client.get(f"/dumps/latest/{name}")
        assert led.headers["location"] == f"/dumps/release-2/{name}"
        plain = await client.get(f"/dumps/release-2/{name}", headers=coding)
        assert plain.headers["content-type"] == media_type
        assert plain.content == gzip.decompress(packed)
        assert f'filename="release-2-{name}"' in plain.headers["content-disposition"]
        assert "Accept-Encoding" in plain.headers["vary"]
        known = {**coding, "If-None-Match": plain.headers["etag"]}
        same = await client.get(f"/dumps/release-2/{name}", headers=known)
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == plain.headers["etag"]
        head = await client.head(f"/dumps/release-2/{name}", headers=coding)
        assert (head.status_code, head.content) == (200, b"")


async def test_packed_and_unpacked_are_no_copies_of_each_other(client: httpx.AsyncClient) -> None:
    path, tags = "/dumps/release-2/source-demo.ttl", set()
    for accepted in ("gzip", "identity", "zstd"):
        tags.add((await client.get(path, headers={"Accept-Encoding": accepted})).headers["etag"])
    tags.add((await client.get(f"{path}.gz")).headers["etag"])
    assert len(tags) == 4
    for missing in ("people.csv.gz", "source-demo", "source-demo.ttl.gz.gz", "none.ttl"):
        assert (await client.get(f"/dumps/release-2/{missing}")).status_code == 404


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("text/turtle", "source-demo.ttl"),
        ("application/ld+json, text/turtle;q=0.5", "source-demo.ttl"),
        ("application/rdf+xml, application/n-quads", "source-demo.ttl.gz"),
        ("text/turtle;q=0, */*", "source-demo.ttl.gz"),
        ("*/*", "source-demo.ttl.gz"),
        ("text/html, */*;q=0.8", "source-demo.ttl.gz"),
    ],
)
async def test_a_named_graph_is_read_by_who_reads_turtle(
    client: httpx.AsyncClient, accept: str, name: str
) -> None:
    answer = await client.get("/graph/demo", headers={"Accept": accept})
    assert answer.headers["location"] == f"/dumps/release-2/{name}"
    assert "Accept" in answer.headers["vary"]


async def test_the_latest_dump_has_a_stable_address(client: httpx.AsyncClient) -> None:
    answer = await client.get("/dumps/latest/organisations.csv")
    assert answer.headers["location"] == "/dumps/release-2/organisations.csv"
    followed = await client.get("/dumps/latest/organisations.csv", follow_redirects=True)
    assert followed.headers["content-type"] == "text/csv; charset=utf-8"
    assert "demo-labo" in followed.text


@pytest.mark.parametrize(
    "path",
    ["/dumps/release-2/manifest.json", "/dumps/release-2/..%2Fmanifest.json", "/dumps/../current/x",
     "/dumps/..%2Frelease-2/ess-kg.nq.gz", "/dumps/none/ess-kg.nq.gz", "/dumps/release-2/none",
     "/dumps/release-2/%2Fetc%2Fpasswd", "/dumps/current/ess-kg.nq.gz"],
)  # fmt: skip
async def test_nothing_else_is_read(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_editors_complete_queries_from_the_endpoint(client: httpx.AsyncClient) -> None:
    query = """PREFIX void: <http://rdfs.org/ns/void#>
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        SELECT ?class ?things ?labels { ?part void:class ?class ; void:entities ?things ;
            void:propertyPartition [ void:property skos:prefLabel ; void:triples ?labels ] }"""
    answer = await client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"})
    rows = {row["class"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    organisations = rows["http://www.w3.org/ns/org#Organization"]
    assert int(organisations["labels"]) >= int(organisations["things"]) > 0
    stated = "SELECT (COUNT(*) AS ?n) { [] a <http://www.w3.org/ns/org#Organization> }"
    counted = await client.get("/sparql", params={"query": stated}, headers={"Accept": "text/csv"})
    assert counted.text.split()[1] == organisations["things"]


async def test_health(client: httpx.AsyncClient) -> None:
    state = (await client.get("/health")).json()
    assert state["status"] == "ok"
    assert state["release"] == "release-2"
    assert state["queries"]["network"] is False
    assert state["sources"][0]["name"] == "demo"


async def test_openapi_describes_it(client: httpx.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()
    assert {"/sparql", "/id/{kind}/{key}", "/health", "/dumps"} <= set(described["paths"])
