"""A value has one form, that of the store, in whatever form of a release it is asked for."""

import asyncio
import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import httpx
import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.dependencies import AppConfig
from kg.kinds import KIND_BY_NAME
from kg.mapping.work_database import open_work_database
from kg.namespaces import GRAPH, ID, PREFIXES, expand
from kg.release_layout import Release, find_current_release
from kg.releases.canonical_values import canonicalize_values
from kg.sparql.backend import QueryLimits
from tests.api.conftest import freeze_small, opened

XSD = PREFIXES["xsd"]

number = st.from_regex(r"[+-]?0{0,3}\d{1,8}", fullmatch=True)
decimal = st.from_regex(r"[+-]?0{0,2}\d{1,6}(\.\d{1,6}0{0,3})?", fullmatch=True)
real = st.one_of(
    st.from_regex(r"[+-]?\d{1,4}(\.\d{0,4})?([eE][+-]?\d{1,2})?", fullmatch=True),
    st.sampled_from(["INF", "-INF", "NaN", "-0", "-0.0", "+INF"]),
)
zone = st.sampled_from(["", "Z", "+00:00", "-00:00", "+05:30", "-11:00"])
day = st.dates().map(lambda d: d.isoformat())
clock = st.one_of(
    st.from_regex(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,4}0{0,2})?", fullmatch=True),
    st.just("24:00:00"),
)
FORMS: dict[str, st.SearchStrategy[str]] = {
    "boolean": st.sampled_from(["1", "0", "true", "false"]),
    "decimal": decimal,
    "double": real,
    "float": real,
    "date": st.builds(str.__add__, day, zone),
    "time": st.builds(str.__add__, clock, zone),
    "dateTime": st.builds("{}T{}{}".format, day, clock, zone),
    "dateTimeStamp": st.builds("{}T{}Z".format, day, clock),
    "gYear": st.builds("{:04}{}".format, st.integers(1, 9999), zone),
    "gYearMonth": st.builds("{:04}-{:02}".format, st.integers(1, 9999), st.integers(1, 12)),
    "gMonthDay": st.builds("--{:02}-{:02}".format, st.integers(1, 12), st.integers(1, 28)),
    "gMonth": st.builds("--{:02}".format, st.integers(1, 12)),
    "gDay": st.builds("---{:02}".format, st.integers(1, 31)),
    "duration": st.builds(
        "P{}Y{}M{}DT{}H{}M{}.{}S".format,
        *[st.integers(0, 30)] * 6, st.sampled_from(["0", "50", "125"]),
    ),
    "yearMonthDuration": st.builds("P{}M".format, st.integers(1, 60)),
    "dayTimeDuration": st.builds("PT{}H".format, st.integers(1, 99)),
    **dict.fromkeys(
        ["integer", "long", "int", "short", "byte", "nonNegativeInteger", "unsignedInt",
         "positiveInteger", "negativeInteger", "nonPositiveInteger"], number,
    ),
}  # fmt: skip
literal = st.one_of(
    *[st.builds(lambda form, name=name: ox.Literal(form, datatype=ox.NamedNode(XSD + name)), forms)
      for name, forms in FORMS.items()],
    st.builds(
        lambda text, tag: ox.Literal(text, language=tag),
        st.text(max_size=8), st.sampled_from(["fr", "FR", "fr-BE", "en-gb", "zh-Hant-TW"]),
    ),
    st.builds(ox.Literal, st.text(max_size=8)),
    st.text(max_size=4).map(lambda x: ox.Literal(x, datatype=ox.NamedNode("urn:of:ours"))),
)  # fmt: skip


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    work = open_work_database()
    yield work
    work.close()


def as_stored(values: list[ox.Literal]) -> list[str]:
    """What a store gives back of each."""
    store = ox.Store()
    for n, value in enumerate(values):
        store.add(ox.Quad(ox.NamedNode(f"urn:{n}"), ox.NamedNode("urn:p"), value))
    told = {quad.subject.value: str(quad.object) for quad in store}
    return [told[f"urn:{n}"] for n in range(len(values))]


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(values=st.lists(literal, min_size=1, max_size=60))
def test_every_value_has_the_form_that_the_store_gives_it(values: list[ox.Literal]) -> None:
    db = open_work_database()
    rows = [(f"urn:{n}", str(value)) for n, value in enumerate(values)]
    db.executemany("INSERT INTO quads VALUES ('one', NULL, ?, 'urn:p', ?)", rows)
    canonicalize_values(db)
    found = dict(db.execute("SELECT s, o FROM quads").fetchall())
    assert [found[f"urn:{n}"] for n in range(len(values))] == as_stored(values)
    assert canonicalize_values(db) == 0
    db.close()


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (f'"P18M"^^<{XSD}duration>', f'"P1Y6M"^^<{XSD}duration>'),
        (f'"50.6400"^^<{XSD}decimal>', f'"50.64"^^<{XSD}decimal>'),
        (f'"1"^^<{XSD}boolean>', f'"true"^^<{XSD}boolean>'),
        (f'"2020-01-01T24:00:00"^^<{XSD}dateTime>', f'"2020-01-02T00:00:00"^^<{XSD}dateTime>'),
        (f'"not a date"^^<{XSD}date>', f'"not a date"^^<{XSD}date>'),
        ('"nom"@FR', '"nom"@fr'),
        (r'"\u00E9t\u00E9"', '"été"'),
        ('"a\tb"', r'"a\tb"'),
        (f'"x"^^<{XSD}string>', '"x"'),
    ],
)
def test_known_forms(db: duckdb.DuckDBPyConnection, written: str, told: str) -> None:
    db.execute("INSERT INTO quads VALUES ('one', 1, 'urn:s', 'urn:p', ?)", [written])
    canonicalize_values(db)
    assert db.execute("SELECT o FROM quads").fetchall() == [(told,)]


RECORDS = """
GRAPH <{graph}> {{
  <{id}project/p> a ess:Project ; skos:prefLabel "P"@fr ;
    ess:duration {duration} ; dct:description "été"@FR {more} .
  <{id}place/l> a schema:Place ; skos:prefLabel "L"@fr ;
    schema:latitude {latitude} ; schema:longitude {longitude} .
  <{id}territory/t> a ess:Territory ; skos:prefLabel "T"@fr ; ess:population {population} .
  <{id}event/e> a schema:Event ; skos:prefLabel "E"@fr ; schema:startDate {start} .
}}
"""


CELLS = (
    ("project", "p", "duration", "ess:duration"),
    ("place", "l", "latitude", "schema:latitude"),
    ("place", "l", "longitude", "schema:longitude"),
    ("territory", "t", "population", "ess:population"),
    ("event", "e", "start", "schema:startDate"),
)


def typed(name: str, forms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return forms.map(lambda form: str(ox.Literal(form, datatype=ox.NamedNode(XSD + name))))


@settings(max_examples=4, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    values=st.lists(literal, min_size=40, max_size=80),
    duration=typed("duration", st.builds("P{}M".format, st.integers(1, 40))),
    latitude=typed("decimal", st.builds("{:+09.6f}".format, st.integers(-90, 90))),
    longitude=typed("decimal", st.builds("{}.50".format, st.integers(-179, 179))),
    population=typed("integer", st.builds("{:012}".format, st.integers(0, 10**8))),
    start=typed("dateTime", st.builds("{}T24:00:00.0{}".format, day, zone)),
)
def test_a_value_is_the_same_wherever_it_is_asked_for(
    tmp_path_factory: pytest.TempPathFactory, values: list[ox.Literal], **cells: str
) -> None:
    folder = tmp_path_factory.mktemp("values")
    more = "".join(f" ; <urn:p:{n}> {value}" for n, value in enumerate(values))
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    text = RECORDS.format(graph=f"{GRAPH}values", id=ID, more=more, **cells)
    freeze_small(folder / "releases", "release-1", prefixes + text)
    asyncio.run(_every_door_says_the_same(folder))


async def _every_door_says_the_same(folder: Path) -> None:
    release = find_current_release(folder / "releases")
    with gzip.open(release.dumps / "ess-kg.nq.gz") as file:
        text = file.read()
    dumped = set(ox.parse(text, ox.RdfFormat.N_QUADS))
    graph = ox.NamedNode(f"{GRAPH}values")
    wanted = {quad.triple for quad in dumped if quad.graph_name == graph}
    with gzip.open(release.dumps / "ess-kg.ttl.gz") as file:
        assert wanted <= {quad.triple for quad in ox.parse(file, ox.RdfFormat.TURTLE)}
    hashed = release.read_manifest()["hashes"][graph.value]
    lines = [
        line for line in text.splitlines(True) if line.endswith(f" <{graph.value}> .\n".encode())
    ]
    assert hash_of(lines) == hashed
    async with opened(
        AppConfig(folder / "releases", QueryLimits(seconds=30), query_workers=1)
    ) as client:
        query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph.value}> {{ ?s ?p ?o }} }}"
        answer = await client.get("/sparql", params={"query": query, "format": "nt"})
        found = list(ox.parse(answer.content, ox.RdfFormat.N_TRIPLES))
        assert {quad.triple for quad in found} == wanted
        assert hash_of([f"{quad.triple} {graph} .\n".encode() for quad in found]) == hashed
        for suffix, syntax in (
            ("ttl", ox.RdfFormat.TURTLE), ("nt", ox.RdfFormat.N_TRIPLES),
            ("rdf", ox.RdfFormat.RDF_XML), ("jsonld", ox.RdfFormat.JSON_LD),
        ):  # fmt: skip
            said: set[ox.Triple] = set()
            for record in ("project/p", "place/l", "territory/t", "event/e"):
                said |= await _told(client, f"/{record}.{suffix}", syntax)
            # XML has no character for some of what a text may hold
            if suffix != "rdf":
                mine = {triple for triple in said if triple in wanted}
                assert mine == wanted, suffix
                assert hash_of([f"{triple} {graph} .\n".encode() for triple in mine]) == hashed
        await _tables_say_so(client, wanted, release)


def hash_of(lines: list[bytes]) -> str:
    return hashlib.sha256(b"".join(sorted(lines))).hexdigest()


async def _told(client: httpx.AsyncClient, path: str, syntax: ox.RdfFormat) -> set[ox.Triple]:
    """The triples of a record; the context of JSON-LD is put in by hand, nothing is fetched."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    text = answer.content
    if syntax == ox.RdfFormat.JSON_LD:
        context = (await client.get("/context.jsonld")).json()
        text = json.dumps(answer.json() | context).encode()
    return {quad.triple for quad in ox.parse(text, syntax)}


async def _tables_say_so(
    client: httpx.AsyncClient, wanted: set[ox.Triple], release: Release
) -> None:
    for kind, key, column, predicate in CELLS:
        about = ox.NamedNode(f"{ID}{kind}/{key}")
        (value,) = (
            triple.object.value
            for triple in wanted
            if triple.subject == about and triple.predicate.value == expand(predicate)
        )
        dump = release.dumps / f"{KIND_BY_NAME[kind].table}.csv"
        listed = (await client.get(f"/{kind}.csv")).text
        for table in (listed, dump.read_text("utf-8")):
            assert rows_of(table)[key][column] == value
        items = (await client.get(f"/{kind}.json")).json()["items"]
        (told,) = (item["columns"][column] for item in items if item["key"] == key)
        assert told == value if isinstance(told, str) else told == float(value)


def rows_of(table: str) -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in csv.DictReader(io.StringIO(table))}
