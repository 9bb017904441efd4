"""What changed is told, streamed and proved: a replica ends with the graph of the release."""

import csv
import gzip
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from xml.etree import ElementTree as Xml

import httpx
import pyoxigraph as ox
import pytest

from api.dependencies import AppConfig
from api.routes import ldes
from api.serializers.ldes import DELETE_CLASS, STREAM_IRI, hash_quads
from kg import pipeline
from kg.catalogue.changes import read_release_info
from kg.catalogue.release_comparison import compare_releases
from kg.installation import InstallationPaths
from kg.kinds import KINDS
from kg.namespaces import GRAPH, ID, expand
from kg.release_layout import Release, list_kept_releases
from tests.api.conftest import opened

HERE = Path(__file__).parents[2]
CLIENT = "ldes-client@0.3.0"
MEMBER, NODE = expand("tree:member"), expand("tree:node")
VERSION_OF, CREATED = expand("dct:isVersionOf"), expand("dct:created")
RECORDS = tuple(f"{ID}{kind.name}/" for kind in KINDS)


def edit(
    places: InstallationPaths, table: str, change: dict[str, str | None], more: str = ""
) -> None:
    """Replaces texts in a table, takes lines out (None), adds one."""
    path = places.sources / "demo" / "tables" / f"{table}.csv"
    lines = path.read_text("utf-8").splitlines()
    for text, new in change.items():
        lines = [line if text not in line else line.replace(text, new or "\0") for line in lines]
    kept_lines = [line for line in lines if "\0" not in line]
    path.write_text("\n".join([*kept_lines, *([more] if more else [])]) + "\n", "utf-8")


@pytest.fixture(scope="module")
def two(
    tmp_path_factory: pytest.TempPathFactory, small_model: Path
) -> tuple[InstallationPaths, Release, Release]:
    """A release, and the next, with a record changed, one added and one taken out."""
    data = tmp_path_factory.mktemp("changes") / "data"
    shutil.copytree(HERE / "installation" / "sources", data / "sources")
    places = InstallationPaths(data, small_model)
    edit(places, "topics", {}, "ancien,ancien,old,concept,stated,")
    first = pipeline.build(places).release
    edit(places, "topics", {"ancien,": None}, "nouveau,nouveau,new,concept,stated,")
    edit(places, "events", {"T09:00": "T10:00"})
    second = pipeline.build(places).release
    return places, first, second


@pytest.fixture(scope="module")
async def client(
    two: tuple[InstallationPaths, Release, Release],
) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(AppConfig(two[0].releases, query_workers=1)) as one:
        yield one


async def test_two_releases_are_side_by_side(
    client: httpx.AsyncClient, two: tuple[InstallationPaths, Release, Release]
) -> None:
    _, first, second = two
    counts = (await client.get("/releases.json")).json()
    assert (counts["since"], counts["until"]) == (first.id, second.id)
    kinds = {one["kind"]: one for one in counts["kinds"]}
    assert [kinds["topic"][name] for name in ("created", "updated", "deleted")] == [1, 0, 1]
    assert kinds["topic"]["before"] == kinds["topic"]["after"]
    assert {"kind": "event", "column": "start", "records": 1} in counts["columns"]
    assert counts["sources"] == [{"source": "demo", "created": 1, "updated": 1, "deleted": 1}]
    assert f"/dumps/{second.id}/added-since-{first.id}.nq.gz" in counts["dumps"]
    page = await client.get("/releases?lang=fr", headers={"Accept": "text/html"})
    assert f"/dumps/{second.id}/removed-since-{first.id}.nq.gz" in page.text
    assert "/topic/nouveau" in page.text
    assert f"/topic/ancien?release={first.id}" in page.text  # as it was
    assert re.search(r'<span class="hidden">avant\s:\s</span><del>', page.text)
    narrowed = await client.get(
        "/releases?change=updated&kind=event&lang=en", headers={"Accept": "text/html"}
    )
    assert "/topic/nouveau" not in narrowed.text.partition('id="changes"')[2]
    # the newer one first is the same
    turned = {"since": second.id, "until": first.id}
    assert (await client.get("/releases.json", params=turned)).json()["total"] == counts["total"]
    none = (await client.get("/changes.json", params={"until": first.id})).json()
    assert none["changes"] == []
    for address in ("/releases?since=x", "/changes?until=x"):
        assert (await client.get(address)).status_code == 404
    for address in ("/releases?kind=x", "/releases?after=-1", "/releases?x=1"):
        assert (await client.get(address)).status_code == 400


def test_fields_and_sources_are_counted_in_parts_of_all_records(
    two: tuple[InstallationPaths, Release, Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = map(read_release_info, two[1:])
    whole = compare_releases(before, after, (after,), "whole")
    assert whole.counted == len(whole.changes) > 1
    monkeypatch.setattr("kg.catalogue.release_comparison.BATCH_RECORDS", 1)
    assert compare_releases(before, after, (after,), "in parts") == whole
    monkeypatch.setattr("kg.catalogue.release_comparison.MAX_COUNTED", 1)
    assert compare_releases(before, after, (after,), "bounded").counted == 1


async def test_what_changes_of_a_record_a_topic_or_a_source_can_be_followed(
    client: httpx.AsyncClient,
) -> None:
    async def list_changed(**filters: str) -> set[str]:
        answer = await client.get("/changes.json", params=filters)
        assert answer.status_code == 200, answer.text
        return {f"{one['kind']}/{one['key']}" for one in answer.json()["changes"]}

    whole = await list_changed(source="demo")
    assert {"topic/nouveau", "topic/ancien"} < whole  # the one that is gone, too
    (event,) = {key for key in whole if key.startswith("event/")}
    assert await list_changed(record=event) == {event}
    assert await list_changed(record="topic/ancien") == {"topic/ancien"}
    assert await list_changed(topics="topic/nouveau") == {"topic/nouveau"}
    assert await list_changed(territory="demo-region", source="demo") == {event}
    feed = await client.get("/changes.atom", params={"record": event, "lang": "en"})
    assert feed.text.count("<entry>") == 1
    for asked in (
        "territory=nowhere",
        "source=nothing",
        "record=topic/nowhere",
        "record=%01",
        "source=demo&source=else",
    ):
        assert (await client.get(f"/changes.atom?{asked}")).status_code == 400
    page = await client.get(f"/{event}?lang=en", headers={"Accept": "text/html"})
    assert f'href="/changes.atom?record={event.replace("/", "%2F")}&amp;lang=en"' in page.text
    topic = await client.get("/topic/nouveau?lang=fr", headers={"Accept": "text/html"})
    assert 'href="/changes.atom?topics=topic%2Fnouveau"' in topic.text
    source = await client.get("/source/demo?lang=fr", headers={"Accept": "text/html"})
    assert 'href="webcal://test/event.ics?source=demo"' in source.text
    assert (await client.get("/event.ics?source=demo")).text.count("BEGIN:VEVENT") == 1


async def test_changes_are_told_in_every_form(
    client: httpx.AsyncClient, two: tuple[InstallationPaths, Release, Release]
) -> None:
    _, first, second = two
    told = (await client.get("/changes.json")).json()
    assert (told["since"], told["release"]) == (first.id, second.id)
    changes = {change["change"]: change for change in told["changes"]}
    assert changes["created"]["id"] == f"{ID}topic/nouveau"
    assert changes["updated"]["kind"] == "event"
    assert changes["deleted"]["id"] == f"{ID}topic/ancien"
    same = (await client.get("/changes.json", params={"since": first.id})).json()
    assert same["changes"] == told["changes"]
    none = (await client.get("/changes.json", params={"since": second.id})).json()
    assert none["changes"] == []
    only = await client.get("/changes.json?kind=event&change=updated&limit=1")
    assert [c["kind"] for c in only.json()["changes"]] == ["event"]
    rows = list(csv.DictReader((await client.get("/changes.csv")).text.splitlines()))
    assert len(rows) == told["total"] == len(told["changes"])
    feed = Xml.fromstring((await client.get("/changes.atom")).content)
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == told["total"] - 1
    (gone,) = feed.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    assert gone.get("ref") == f"{ID}topic/ancien"
    for language, title in (("fr", "Ce qui a changé"), ("en", "What changed")):
        page = await client.get(f"/changes?lang={language}", headers={"Accept": "text/html"})
        assert title in page.text
        assert "topic/nouveau" in page.text


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("since=0123456789abcdef", 410, "/dumps/latest"),
        ("since=2001-01-01", 410, "/dumps/latest"),
        ("since=2999-01-01", 200, ""),
        ("kind=colour", 400, "kind='colour'"),
        ("colour=red", 400, "unknown parameter"),
        ("limit=0", 400, "limit"),
        ("limit=x", 400, "limit"),
    ],
)
async def test_what_cannot_be_told_is_said(
    client: httpx.AsyncClient, query: str, status: int, told: str
) -> None:
    answer = await client.get(f"/changes.json?{query}")
    assert answer.status_code == status, answer.text
    assert told in answer.text


async def test_pages_of_changes_follow_each_other(client: httpx.AsyncClient) -> None:
    whole = (await client.get("/changes.json")).json()["changes"]
    found, address = [], "/changes.json?limit=1"
    while address:
        page = (await client.get(address)).json()
        found += page["changes"]
        address = page["next"]
    assert found == whole


async def test_the_stream_replicates_the_records(
    client: httpx.AsyncClient,
    two: tuple[InstallationPaths, Release, Release],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ldes, "PAGE_SIZE", 3)
    _, first, second = two
    latest: dict[str, tuple[str, str, set[ox.Triple]]] = {}
    waiting, seen, members = ["http://test/ldes"], set(), 0
    while waiting:
        address = waiting.pop(0)
        seen.add(address)
        answer = await client.get(address, headers={"Accept": "application/trig"})
        assert answer.status_code == 200, answer.text
        assert ("immutable" in answer.headers["Cache-Control"]) is (address != "http://test/ldes")
        quads = list(ox.parse(answer.content, ox.RdfFormat.TRIG))
        links = {q.predicate.value: q for q in quads if isinstance(q.graph_name, ox.DefaultGraph)}
        assert links
        for quad in quads:
            if quad.predicate.value == NODE and quad.object.value not in seen:  # type: ignore[union-attr]
                waiting.append(quad.object.value)  # type: ignore[union-attr]
        members += _apply(quads, latest)
    assert members > len(latest)
    alive = {triple for gone, _, said in latest.values() if not gone for triple in said}
    store = ox.Store.read_only(str(second.store))
    wanted = {
        quad.triple
        for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph())
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(RECORDS)
    }
    assert alive == wanted
    pages = {address.split("/ldes/")[1] for address in seen if "/ldes/" in address}
    assert f"{first.id}/all/1" in pages
    assert f"{second.id}/changes/1" in pages
    assert f"{first.id}/all/2" in pages


def _apply(quads: list[ox.Quad], latest: dict[str, tuple[str, str, set[ox.Triple]]]) -> int:
    """Keeps the latest version of each record of a page; how many members it had."""
    said: dict[str, dict[str, str]] = {}
    graphs: dict[str, set[ox.Triple]] = {}
    members = [q.object for q in quads if q.predicate.value == MEMBER]
    for quad in quads:
        if isinstance(quad.graph_name, ox.NamedNode):
            graphs.setdefault(quad.graph_name.value, set()).add(quad.triple)
        elif quad.subject in members:
            assert isinstance(quad.subject, ox.NamedNode)
            assert isinstance(quad.object, ox.NamedNode | ox.Literal)
            said.setdefault(quad.subject.value, {})[quad.predicate.value] = quad.object.value
    for name, facts in said.items():
        gone = DELETE_CLASS if facts.get(expand("rdf:type")) == DELETE_CLASS else ""
        before = latest.get(facts[VERSION_OF])
        if before is None or before[1] <= facts[CREATED]:
            latest[facts[VERSION_OF]] = gone, facts[CREATED], graphs.get(name, set())
    return len(members)


async def test_a_page_proves_itself_and_speaks_every_format(client: httpx.AsyncClient) -> None:
    root = await client.get("/ldes", headers={"Accept": "text/turtle"})
    assert STREAM_IRI in root.text or "ldes:EventStream" in root.text
    address = next(
        quad.object.value
        for quad in ox.parse(root.content, ox.RdfFormat.TURTLE)
        if quad.predicate.value == NODE and isinstance(quad.object, ox.NamedNode)
    )
    formats = {
        "application/trig": ox.RdfFormat.TRIG,
        "application/n-quads": ox.RdfFormat.N_QUADS,
        "application/ld+json": ox.RdfFormat.JSON_LD,
    }
    found = []
    for accept, syntax in formats.items():
        answer = await client.get(address, headers={"Accept": accept})
        found.append(set(ox.parse(answer.content, syntax)))
    assert found[0] == found[1] == found[2]
    told = next(q for q in found[0] if q.predicate.value == expand("ess:canonicalHash"))
    about = ("tree:Node", "tree:relation", "ldes:", "ess:canonicalHash")
    page = {q for q in found[0] if isinstance(q.subject, ox.NamedNode)}
    members = {
        q
        for q in page
        if isinstance(q.graph_name, ox.NamedNode)
        or q.predicate.value in (MEMBER, VERSION_OF, CREATED)
    }
    assert about
    assert isinstance(told.object, ox.Literal)
    assert told.object.value == hash_quads(members)


async def test_what_is_not_kept_is_gone(client: httpx.AsyncClient) -> None:
    assert (await client.get("/ldes/0123456789abcdef/all/1")).status_code == 410
    root = (await client.get("/ldes.ttl")).status_code
    assert root in (200, 404)
    release = (await client.get("/changes.json")).json()["release"]
    for path in (f"{release}/all/99", f"{release}/some/1", f"{release}/all/0"):
        assert (await client.get(f"/ldes/{path}")).status_code == 404


def test_the_differences_lead_from_one_dump_to_the_next(
    two: tuple[InstallationPaths, Release, Release],
) -> None:
    _, first, second = two

    def lines(release: Release, name: str) -> set[bytes]:
        with gzip.open(release.dumps / name) as file:
            return set(file.read().splitlines())

    old, new = lines(first, "ess-kg.nq.gz"), lines(second, "ess-kg.nq.gz")
    added = lines(second, f"added-since-{first.id}.nq.gz")
    removed = lines(second, f"removed-since-{first.id}.nq.gz")
    assert added
    assert removed
    assert (old - removed) | added == new
    assert added == new - old
    assert removed == old - new


def test_a_replica_proves_each_source_by_its_hash(
    two: tuple[InstallationPaths, Release, Release],
) -> None:
    """The hash is that of the canonical form as an RDFC-1.0 implementation gives it."""
    _, _, second = two
    hashes = second.read_manifest()["hashes"]
    assert f"{GRAPH}demo" in hashes
    with gzip.open(second.dumps / "ess-kg.nq.gz") as file:
        quads = list(ox.parse(file, ox.RdfFormat.N_QUADS))
    for name in (f"{GRAPH}demo", f"{GRAPH}derived"):
        graph = ox.Dataset(quad for quad in quads if quad.graph_name == ox.NamedNode(name))
        graph.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        canonical = b"".join(sorted(f"{quad} .\n".encode() for quad in graph))
        assert hashes[name] == hashlib.sha256(canonical).hexdigest()
    assert hashes[f"{GRAPH}demo"] != two[1].read_manifest()["hashes"][f"{GRAPH}demo"]


def test_the_first_release_changed_nothing_and_the_second_follows_it(
    two: tuple[InstallationPaths, Release, Release],
) -> None:
    places, first, second = two
    assert first.read_manifest()["previous"] is None
    assert first.read_manifest()["changes"] == {"created": 0, "updated": 0, "deleted": 0}
    assert second.read_manifest()["previous"] == first.id
    assert [release.id for release in list_kept_releases(places.releases)] == [first.id, second.id]


@pytest.fixture(scope="module")
def ldes_client() -> list[str]:
    """The client of the field, of one version, installed once beside the environment."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: the client of event streams is a package of Node.js")
    folder = Path(sys.prefix) / "ldes-client"
    program = folder / "node_modules" / ".bin" / "ldes-client"
    if not program.is_file():
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
        subprocess.run([*command, CLIENT], check=True, capture_output=True, timeout=180)
    return [str(program), "--only-default-graph", "--ordered", "ascending"]


def trig(text: str) -> str:
    """The lines of the client as TriG: it writes quads, with numbers short as in Turtle."""
    found = []
    for line in filter(None, text.splitlines()):
        subject, predicate, rest = line.removesuffix(" .").split(" ", 2)
        told, _, graph = rest.rpartition(" <")
        if told:
            found.append(f"<{graph} {{ {subject} {predicate} {told} }}")
        else:
            found.append(f"{subject} {predicate} {rest} .")
    return "\n".join(found)


def test_a_client_of_event_streams_ends_with_the_same_graph(
    two: tuple[InstallationPaths, Release, Release],
    start_server: Callable[..., str],
    ldes_client: list[str],
) -> None:
    places, _, second = two
    address = start_server(places.data)
    told = subprocess.run(
        [*ldes_client, f"{address}/ldes"], check=True, capture_output=True, timeout=60
    )
    quads = list(ox.parse(trig(told.stdout.decode()), ox.RdfFormat.TRIG))
    versions = {
        quad.subject.value: quad.object.value
        for quad in quads
        if quad.predicate.value == VERSION_OF
        and isinstance(quad.subject, ox.NamedNode)
        and isinstance(quad.object, ox.NamedNode)
    }
    assert len(versions) > len(set(versions.values()))
    latest = {record: name for name, record in versions.items()}  # in the order they came
    kept_graphs = {ox.NamedNode(name) for name in latest.values()}
    replica = {quad.triple for quad in quads if quad.graph_name in kept_graphs}
    store = ox.Store.read_only(str(second.store))
    assert replica == {
        quad.triple
        for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph())
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(RECORDS)
    }
