"""Lookups: which texts are, that they are answered as by a process, within bounds."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.errors import QuerySyntaxError, QueryTooLarge
from kg.formats import N_TRIPLES, SOLUTION_FORMATS, SPARQL_JSON, Format
from kg.sparql.backend import Answer, QueryLimits, Question
from kg.sparql.executor import QueryExecutor
from kg.sparql.point_query import PointQueries
from kg.sparql.point_query_parser import (
    MAX_PATTERNS,
    MAX_QUERY_LENGTH,
    RDF_TYPE,
    _parse_text,
    parse,
)
from kg.sparql.query_inspection import inspect
from kg.sparql.subject_index import MAX_PART_BYTES as LONGEST_PART
from tests.sparql.gathered import gather

Open = Callable[..., AbstractAsyncContextManager[QueryExecutor]]

PREFIXES = "PREFIX x: <urn:>\nprefix s:<urn:s:> "
ONE = [
    "SELECT * { <urn:s:5> ?p ?o }",
    "select*{<urn:s:5>?p?o}",
    "SELECT ?p WHERE { s:a ?p ?o . } LIMIT 20",
    "SELECT ?one ?p { ?one ?p <urn:s:5> } LIMIT 20",
    "SELECT * { ?s a <urn:s:5> }",
    "SELECT * { ?s ?p ?o }",
    "ASK { ?s ?p ?o }",
    "ASK WHERE{ <urn:s:5> <urn:p:5> x:o }",
]
STARS = {
    "SELECT ?o { <urn:s:5> <urn:p:5> ?o ; a ?type }": ["urn:p:5", RDF_TYPE],
    "SELECT ?o { <urn:s:5> <urn:p:5> ?o . <urn:s:6> x:p ?o . }": ["urn:p:5", "urn:p"],
    "ASK { s:b a<urn:;.a> ; x:p x:d .<urn:x> s:q ?o }": [RDF_TYPE, "urn:p", "urn:s:q"],
}


def star(patterns: int) -> str:
    """A star of so many patterns."""
    return f"SELECT * {{ <urn:s:5> {' ; '.join(f'<urn:p> ?o{n}' for n in range(patterns))} }}"


OTHERS = [
    "SELECT * { ?s ?p ?s }",
    "SELECT * { ?s ?p ?o } OFFSET 9",
    "SELECT * { ?s ?p ?o } ORDER BY ?o",
    "SELECT DISTINCT * { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT * { ?s ?p ?o FILTER(?o = 1) }",
    "SELECT * { ?s x:a/x:b ?o }",
    "SELECT * { ?s x:a+ ?o }",
    "SELECT * { ?s ?p 'text' }",
    "SELECT * { ?s ?p ?o . ?o ?q ?r }",
    "SELECT * { <urn:s:5> ?p ?o ; x:p ?q }",
    "SELECT * { <urn:s:5> x:p ?o . ?o x:p ?q }",
    "SELECT * { <urn:s:5> x:p ?o . x:p ?q }",
    "SELECT * { <urn:s:5> x:p ?o ; }",
    "SELECT * { { ?s ?p ?o } }",
    "SELECT * { GRAPH ?g { ?s ?p ?o } }",
    "SELECT * { SERVICE <urn:s:5> { ?s ?p ?o } }",
    "SELECT * FROM <urn:g:1> { ?s ?p ?o }",
    "SELECT * { ?s ?p ?o } VALUES ?s { x:a }",
    "SELECT * { ?s ?p ?o # a comment\n }",
    "SELECT * { [] ?p ?o }",
    "SELECT * { << ?s ?p ?o >> ?q ?r }",
    "SELECT * { ?s ?p }",
    "SELECT * { ?s ?p ?o ?q }",
    "SELECT * { }",
    "SELECT * { ?s\\u0020 ?p ?o }",
    "CONSTRUCT WHERE { ?s ?p ?o }",
    "DESCRIBE <urn:s:5>",
    "SELECT *\f{ ?s ?p ?o }",
    "SELECT * {\v?s ?p ?o }",
    "SELECT * { ?ab:c ?p ?o }",
    star(MAX_PATTERNS + 1),
]


@pytest.fixture
def lookups(store: Path) -> PointQueries:
    return PointQueries(
        ox.Store.read_only(str(store)),
        QueryLimits(),
        dict.fromkeys(["urn:p", "urn:p:5", "urn:s:q", RDF_TYPE], 1),
    )


def run(lookups: PointQueries, question: Question) -> Answer | None:
    """The answer to a point query, None where the question is none."""
    point_query = inspect(question.text).point_query
    return None if point_query is None else lookups.run(question, point_query)


def properties_of(text: str) -> list[str] | None:
    """The properties of a lookup, pattern by pattern."""
    lookup = parse(text)
    return None if lookup is None else [property_ for _, property_, _ in lookup.patterns]


@pytest.mark.parametrize("text", ONE)
def test_one_pattern(text: str) -> None:
    assert len(properties_of(PREFIXES + text) or ()) == 1


@pytest.mark.parametrize(("text", "properties"), STARS.items())
def test_a_star(text: str, properties: list[str]) -> None:
    assert properties_of(PREFIXES + text) == properties


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_no_lookup(text: str) -> None:
    assert parse(PREFIXES + text) is None


@pytest.mark.parametrize("syntax", SOLUTION_FORMATS)
def test_the_longest_star_takes_an_instant(lookups: PointQueries, syntax: Format) -> None:
    """The engine plans it in this process, whatever the names of its variables."""
    for text in (star(MAX_PATTERNS), star(MAX_PATTERNS).replace("?o1 ", "?o2 ")):
        taken = []
        for _ in range(10):
            began = time.process_time()
            assert run(lookups, Question(text, syntax)) is not None
            taken.append(time.process_time() - began)
        assert min(taken) < 0.005


@pytest.mark.parametrize(
    "iri", ["urn:s:5", "urn:s:é", "urn:", "x", "", "urn:a b", "urn:a/../b", "a:b>c"]
)
@pytest.mark.parametrize("text", [*ONE, *STARS, *OTHERS, "SELECT * { ?s ?p <urn:s:5", "<urn:s:5>"])
def test_a_parsed_template_gives_what_the_text_gives(text: str, iri: str) -> None:
    other = (PREFIXES + text).replace("<urn:s:5>", f"<{iri}>")
    assert parse(other) == _parse_text(other)
    assert parse(other) == _parse_text(other)  # from the template that is kept


def test_a_long_text_is_not_read() -> None:
    assert parse("SELECT * { ?s ?p ?o }" + " " * MAX_QUERY_LENGTH) is None


@pytest.mark.parametrize("syntax", SOLUTION_FORMATS)
@pytest.mark.parametrize("text", [*ONE[:5], *STARS, "SELECT ?s { ?s ?p ?o } LIMIT 0"])
async def test_it_is_answered_as_by_a_process(
    endpoint: QueryExecutor, lookups: PointQueries, text: str, syntax: Format
) -> None:
    found = run(lookups, Question(PREFIXES + text, syntax))
    nested = text.replace("{", "{ {", 1).replace("}", "} }", 1)
    asked = await endpoint.run(Question(PREFIXES + nested, syntax))
    assert found is not None
    assert (found.kind, found.format, found.rows) == (asked.kind, asked.format, asked.rows)
    assert found.body == await asked.read()


async def test_it_is_answered_while_every_process_is_busy(open_endpoint: Open) -> None:
    async with open_endpoint(workers=1) as endpoint:
        lent = await endpoint.backend.pool.acquire(asyncio.get_running_loop().time() + 1)
        answer = await endpoint.run(Question("SELECT ?o { <urn:s:5> ?p ?o }"))
        assert b"value 5 " in answer.body
        assert endpoint.backend.pool.count_workers()["waiting"] == 0
        endpoint.backend.pool.release(lent, reusable=True)


async def test_what_is_long_is_left_to_a_process(
    endpoint: QueryExecutor, lookups: PointQueries
) -> None:
    question = Question("SELECT * { ?s ?p ?o } LIMIT 2000", SPARQL_JSON)
    assert run(lookups, question) is None
    answer = await endpoint.run(question)
    assert answer.rows == 2000


async def test_limits_are_told_by_a_process(open_endpoint: Open) -> None:
    async with open_endpoint(rows=2) as endpoint:
        with pytest.raises(QueryTooLarge, match="more than 2 rows"):
            await endpoint.run(Question("SELECT * { ?s ?p ?o } LIMIT 3"))


async def test_errors_are_told_by_a_process(endpoint: QueryExecutor) -> None:
    with pytest.raises(QuerySyntaxError):
        await endpoint.run(Question("SELECT * { no:prefix ?p ?o }"))


@pytest.mark.parametrize(
    "question",
    [
        Question(ONE[0], N_TRIPLES),
        Question(ONE[0], default_graphs=("urn:g:1",)),
        Question(ONE[0], named_graphs=("urn:g:1",)),
    ],
)
def test_other_questions_about_the_same_text(lookups: PointQueries, question: Question) -> None:
    assert run(lookups, question) is None


@pytest.mark.parametrize(
    ("most_values", "is_looked_up"),
    [
        ({"urn:one": 20, "urn:two": 50}, True),
        ({"urn:one": 21, "urn:two": 50}, False),
        ({"urn:two": 1}, False),
        (None, False),
    ],
)
def test_a_star_is_bounded_by_what_the_release_holds(
    most_values: dict[str, int] | None, is_looked_up: bool
) -> None:
    store = ox.Store()
    store.bulk_load(b"<urn:thing> <urn:one> 1, 2 ; <urn:two> 3 .", ox.RdfFormat.TURTLE)
    lookups = PointQueries(store, QueryLimits(), most_values)
    found = run(lookups, Question("SELECT * { <urn:thing> <urn:one> ?a ; <urn:two> ?b }"))
    assert (found is not None) == is_looked_up
    assert found is None or found.rows == 2
    assert run(lookups, Question("SELECT * { <urn:thing> ?p ?o }")) is not None


# What is read where the statements of a subject stand together is what the engine reads.
GRAPH = """
PREFIX x: <http://x.org/>
x:a x:label "a"@fr, "a"@en-gb, "a \\" \\\\ \\n \\t é 😀", "" ; x:size 3, 0.5 .
x:a a x:Thing ; x:in x:b, x:c .
x:b x:label "b" ; x:in x:c ; x:about <http://x.org/é> . _:anonymous x:in x:c ; x:about x:b .
x:long x:label "%s" ; a x:Thing .
""" % ("x" * LONGEST_PART)
ASKED = [
    "SELECT * { x:a ?p ?o }",
    "SELECT ?o { x:a ?p ?o } LIMIT 2",
    "SELECT ?p ?o { x:nothing ?p ?o }",
    "SELECT ?o { x:a x:label ?o }",
    "SELECT ?p { x:a ?p x:b }",
    "SELECT ?p { x:a ?p x:nothing }",
    "SELECT * { x:a x:in ?o . }",
    "SELECT ?o ?p { x:a ?p ?o } LIMIT 0",
    "SELECT * { ?s x:in x:c }",
    "SELECT ?p ?s { ?s ?p <http://x.org/é> }",
    "SELECT * { ?s a x:Thing }",
    "SELECT * { ?a x:about ?b }",
    "SELECT * { ?s ?p x:nothing }",
    "SELECT ?label ?in { x:a x:label ?label ; x:in ?in ; a x:Thing }",
    "SELECT ?label { x:a x:label ?label ; x:in x:nothing }",
    "SELECT * { x:a x:in ?in . x:b x:label ?label }",
    "SELECT ?c { x:a x:in ?a . x:b x:in ?c } LIMIT 1",
    "ASK { x:a x:in x:b }",
    "ASK { x:a x:in x:a }",
    "ASK { x:nothing ?p ?o }",
    "ASK { ?s ?p x:b }",
    "ASK { x:a x:in ?in ; x:label ?label }",
]
LEFT_TO_THE_ENGINE = [
    "SELECT ?z { x:a ?p ?o }",
    "SELECT ?o ?o { x:a ?p ?o }",
    "SELECT * { x:a x:in x:b }",
    "SELECT * { x:a x:in ?o ; x:label ?o }",
    "SELECT * { x:a A ?o }",
    "SELECT * { a ?p ?o }",
    "SELECT * { ?s ?p a }",
    "SELECT ?in { x:a x:in ?in ; x:in a }",
    "ASK { x:a ?p ?o } LIMIT 0",
    "SELECT * { y:a ?p ?o }",
    "SELECT * { <http://x.org/./a> ?p ?o }",
    "SELECT * { <http://x.org/b/../a> ?p ?o }",
    "SELECT * { <http://[> ?p ?o }",
    "SELECT * { <http://x.org/long> ?p ?o } LIMIT 1",
]


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> PointQueries:
    store = ox.Store()
    store.bulk_load(GRAPH.encode(), ox.RdfFormat.TURTLE)
    most = {"http://x.org/label": 4, "http://x.org/in": 4, RDF_TYPE: 1}
    return PointQueries(
        store, QueryLimits(), most, gather(store, tmp_path_factory.mktemp("gathered") / "subjects")
    )


def without_order(answer: bytes) -> tuple[object, list[str]]:
    """The head and the solutions of an answer."""
    told = json.loads(answer)
    bindings = told.get("results", {}).pop("bindings", [])
    return told, sorted(json.dumps(one, sort_keys=True) for one in bindings)


@pytest.mark.parametrize("text", [*ASKED, *LEFT_TO_THE_ENGINE])
@pytest.mark.parametrize(
    "prologue", ["PREFIX x: <http://x.org/> ", "PREFIX x:<http://x.org/b/../>"]
)
def test_it_is_what_the_engine_tells(gathered: PointQueries, text: str, prologue: str) -> None:
    question = Question(prologue + text, SPARQL_JSON, base="http://x.org/")
    found, asked = run(gathered, question), run(replace(gathered, subject_index=None), question)
    if found is None or asked is None:
        assert found == asked
        return
    assert (found.kind, found.format, found.rows) == (asked.kind, asked.format, asked.rows)
    if "LIMIT 1" in text or "LIMIT 2" in text:  # which of them is not said
        assert len(found.body) > 0
    else:
        assert without_order(found.body) == without_order(asked.body)


TERMS = st.sampled_from(
    ["x:a", "x:b", "x:c", "x:in", "x:label", "a", "A", "?a", "?b", "?c", "<http://x.org/a>",
     "<http://x.org/../a>", "y:a", "x:nothing", ";", "."]
)  # fmt: skip
LIKELY = st.tuples(
    st.sampled_from(["x:a", "x:b", "?a"]), st.sampled_from(["x:in", "x:label", "a", "?b"]), TERMS
).map(list)


def test_whatever_is_read_here_is_what_the_engine_tells(gathered: PointQueries) -> None:
    compared = []

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.sampled_from(["SELECT *", "SELECT ?a", "SELECT ?b ?a", "SELECT ?a ?a", "ASK"]),
        st.one_of(LIKELY, st.lists(TERMS, min_size=3, max_size=9), st.tuples(LIKELY, LIKELY).map(
            lambda two: [*two[0], ".", *two[1]]
        )),
        st.sampled_from(["", "LIMIT 0", "LIMIT 9"]),
    )  # fmt: skip
    def compare(form: str, body: list[str], limit: str) -> None:
        text = f"PREFIX x: <http://x.org/> {form} {{ {' '.join(body)} }} {limit}"
        lookup = parse(text)
        try:
            found = None if lookup is None else gathered._answer_without_engine(lookup)
        except QueryTooLarge:  # left to a query process
            return
        if found is not None:
            question = Question(text, SPARQL_JSON, base="http://x.org/")
            asked = gathered._query_engine(question, SPARQL_JSON)
            assert found.rows == asked.rows
            assert without_order(found.body) == without_order(asked.body)
            compared.append(text)

    compare()
    assert compared


def test_what_is_read_without_the_engine(gathered: PointQueries) -> None:
    def is_read(text: str, prologue: str = "PREFIX x: <http://x.org/> ") -> bool:
        lookup = parse(prologue + text)
        assert lookup is not None
        return gathered._answer_without_engine(lookup) is not None

    assert all(map(is_read, ASKED))
    assert not any(map(is_read, LEFT_TO_THE_ENGINE))
    for prefix in ("http://x.org/./", "x.org/", "", "http://["):
        assert not is_read(ASKED[0], f"PREFIX x: <http://x.org/> PREFIX unused: <{prefix}> ")
        assert not is_read(ASKED[0], f"PREFIX x: <{prefix}> PREFIX x: <http://x.org/> ")


@pytest.mark.parametrize(("limits", "is_answered"), [({"rows": 8}, False), ({"rows": 9}, True)])
def test_limits_hold_without_the_engine(
    gathered: PointQueries, limits: dict[str, int], is_answered: bool
) -> None:
    limited = replace(gathered, limits=QueryLimits(**limits))
    found = run(limited, Question("SELECT * { <http://x.org/a> ?p ?o }"))
    assert (found is not None) == is_answered


def test_bytes_are_limited_without_the_engine(gathered: PointQueries) -> None:
    question = Question("SELECT * { <http://x.org/a> ?p ?o }")
    found = run(gathered, question)
    assert found is not None
    size = len(found.body)
    assert run(replace(gathered, limits=QueryLimits(bytes=size)), question) is not None
    assert run(replace(gathered, limits=QueryLimits(bytes=size - 1)), question) is None


# Whatever is read as a lookup is one for the engine as well, or no query at all.
PIECES = st.sampled_from(
    [
        "SELECT * ", "SELECT ?a ", "ASK ", "WHERE ", "{", "}", "?a", "?b", " ", "\n", ".", ";", "a",
        "<urn:x>", "x:y", "x:", ":y", "<", ">", "#", "'",
        '"', "\\", "LIMIT 1", "OFFSET 1",
        "FILTER(?a = ?b)", "PREFIX x: <urn:> ",
        "é", "?é", "/", "^", "|", "(", ")", "1", "_:b", "[]",
    ]
)  # fmt: skip
BODY = st.lists(st.sampled_from(["?a", "?b", "?c", "a", "<urn:x>", "x:y", " ; ", " . ", " "]))


PATTERN = st.tuples(*[st.sampled_from(["?a", "?b", "<urn:x>", "x:y", "a"])] * 3).map(list)


def test_nothing_else_is_read_as_a_lookup() -> None:
    lookups = []

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.one_of(
            st.lists(PIECES, max_size=20).map("".join),
            st.one_of(BODY, PATTERN).map(
                lambda parts: f"PREFIX x: <urn:> SELECT * {{ {' '.join(parts)} }}"
            ),
        )
    )
    def hold(text: str) -> None:
        lookup = parse(text)
        assert lookup == _parse_text(text)
        if lookup is None:
            return
        try:
            results = ox.Store().query(text)
        except SyntaxError:
            assert not lookup.needs_no_engine
            return
        body = text.partition("{")[2]
        assert isinstance(results, ox.QuerySolutions | ox.QueryBoolean)
        assert not set("#'\"\\()[]/^|{") & set(body)
        assert "OFFSET" not in text
        lookups.append(text)

    hold()
    assert lookups


@pytest.mark.parametrize("prefix", ["ontology#", "https://x.example/a/../ontology#"])
def test_a_property_named_in_a_roundabout_way_is_no_lookup(prefix: str) -> None:
    lookups = PointQueries(ox.Store(), QueryLimits(), {"https://x.example/ontology#p": 900})
    text = f"PREFIX p: <{prefix}> SELECT * {{ <urn:x> p:p ?a ; p:p ?b ; p:p ?c }}"
    assert run(lookups, Question(text, base="https://x.example/sparql")) is None
