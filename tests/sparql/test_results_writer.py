"""Answers in every format, from a real worker."""

import csv
import io
import json
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from kg.errors import QueryRefused, QuerySyntaxError, QueryTooLarge
from kg.formats import (
    CSV,
    GRAPH_FORMATS,
    RDF_XML,
    SOLUTION_FORMATS,
    SPARQL_JSON,
    SPARQL_TSV,
    SPARQL_XML,
    TURTLE,
    Format,
)
from kg.rdf.io import OX_FORMATS
from kg.sparql import results_writer
from kg.sparql.backend import Question
from kg.sparql.executor import QueryExecutor
from kg.sparql.results_writer import RowCounter

ROWS = "SELECT * { VALUES (?a ?b) { (1 <urn:x>) ('q\"}},{\"z' 'l1\\r\\nl2') ('\"}},{' UNDEF) } }"


async def read(endpoint: QueryExecutor, text: str, syntax: Format | None = None) -> bytes:
    answer = await endpoint.run(Question(text, syntax))
    assert answer.whole
    return await answer.read()


@pytest.mark.parametrize("syntax", SOLUTION_FORMATS)
async def test_solutions(endpoint: QueryExecutor, syntax: Format) -> None:
    answer = await endpoint.run(Question(ROWS, syntax))
    assert (answer.kind, answer.format) == ("solutions", syntax)
    text = await answer.read()
    if syntax == SPARQL_JSON:
        assert len(json.loads(text)["results"]["bindings"]) == 3
    elif syntax == SPARQL_XML:
        results = ElementTree.fromstring(text).iter(
            "{http://www.w3.org/2005/sparql-results#}result"
        )
        assert len(list(results)) == 3
    elif syntax == CSV:
        assert text.startswith(b"a,b\r\n1,urn:x\r\n")
    else:
        assert text.splitlines()[1] == b"1\t<urn:x>"


@pytest.mark.parametrize("syntax", [f for f in SOLUTION_FORMATS if f != CSV])
@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
async def test_rows_are_counted_wherever_the_chunks_are_cut(
    endpoint: QueryExecutor, syntax: Format, size: int
) -> None:
    text = await read(endpoint, ROWS, syntax)
    count = RowCounter(syntax, 3)
    for at in range(0, len(text), size):
        count.add(text[at : at + size])
    assert count.rows == 3
    with pytest.raises(QueryTooLarge, match="more than 2 rows"):
        RowCounter(syntax, 2).add(text)


async def test_csv_can_be_read_whatever_its_values_hold(endpoint: QueryExecutor) -> None:
    values = ("<urn:x:a,b>", '"a \\"quote\\", and\\na line"@fr', "1.5", "UNDEF", '"é"')
    rows = " ".join(f"({value} {number})" for number, value in enumerate(values))
    text = await read(endpoint, f"SELECT ?v ?n {{ VALUES (?v ?n) {{ {rows} }} }}", CSV)
    found = list(csv.reader(io.StringIO(text.decode(), newline="")))
    assert found == [
        ["v", "n"],
        ["urn:x:a,b", "0"],
        ['a "quote", and\na line', "1"],
        ["1.5", "2"],
        ["", "3"],
        ["é", "4"],
    ]


@pytest.mark.parametrize("syntax", GRAPH_FORMATS)
async def test_graphs(endpoint: QueryExecutor, syntax: Format) -> None:
    text = await read(endpoint, "CONSTRUCT { <urn:s> <urn:p> 'é\\n'@fr, 2 } {}", syntax)
    triples = {quad.triple for quad in ox.parse(text, OX_FORMATS[syntax])}
    assert {str(triple.object) for triple in triples} == {
        '"é\\n"@fr',
        '"2"^^<http://www.w3.org/2001/XMLSchema#integer>',
    }


async def test_turtle_has_our_prefixes(endpoint: QueryExecutor) -> None:
    text = await read(endpoint, "CONSTRUCT { <urn:s> a <https://schema.org/Event> } {}", TURTLE)
    assert b"a schema:Event" in text


@pytest.mark.parametrize(("text", "said"), [("ASK {}", True), ("ASK { <urn:no> ?p ?o }", False)])
async def test_booleans(endpoint: QueryExecutor, text: str, said: bool) -> None:
    answer = await endpoint.run(Question(text))
    assert answer.kind == "boolean"
    assert json.loads(await answer.read())["boolean"] is said
    assert await read(endpoint, text, SPARQL_TSV) == str(said).lower().encode()


async def test_a_syntax_error_has_its_place(endpoint: QueryExecutor) -> None:
    with pytest.raises(QuerySyntaxError, match="line 2, column 16") as caught:
        await endpoint.run(Question("SELECT *\nWHERE { ?s no:p ?o }"))
    assert (caught.value.line, caught.value.column) == (2, 16)
    with pytest.raises(QuerySyntaxError, match="a variable that is unbound"):
        await endpoint.run(Question("SELECT ?s (COUNT(?o) AS ?n) { ?s ?p ?o }"))
    assert "\\u{" not in str(caught.value)


async def test_a_graph_is_not_a_table(endpoint: QueryExecutor) -> None:
    with pytest.raises(QueryRefused, match="CSV"):
        await endpoint.run(Question("CONSTRUCT { <urn:s> <urn:p> 1 } {}", CSV))
    assert await read(endpoint, "ASK {}", CSV) == b"true"


@pytest.mark.parametrize(
    ("default", "named", "in_default", "in_named"),
    [
        ((), (), 100_000, 2),
        (("urn:g:1",), (), 1, 0),
        (("urn:g:1", "urn:g:2"), (), 2, 0),
        ((), ("urn:g:2",), 0, 1),
        (("urn:g:1",), ("urn:g:1", "urn:g:2"), 1, 2),
        (("http://127.0.0.1:9/nowhere",), (), 0, 0),
    ],
)
async def test_the_dataset_of_the_protocol(
    endpoint: QueryExecutor,
    default: tuple[str, ...],
    named: tuple[str, ...],
    in_default: int,
    in_named: int,
) -> None:
    counts = []
    for pattern in ("{ ?s ?p ?o }", "{ GRAPH ?g { ?s ?p ?o } }"):
        text = f"SELECT (COUNT(*) AS ?n) {pattern}"
        answer = await endpoint.run(Question(text, CSV, default, named))
        counts.append(int((await answer.read()).split()[1]))
    assert counts == [in_default, in_named]


@pytest.mark.parametrize(
    ("text", "syntax"),
    [
        ("SELECT ('a\\u0001\\u001fb\\t' AS ?x) {}", SPARQL_XML),
        ("CONSTRUCT { <urn:s> <urn:p> ?x } { BIND('a\\u0001\\u001fb\\t' AS ?x) }", RDF_XML),
    ],
)
def test_xml_is_well_formed_whatever_the_characters(text: str, syntax: Format) -> None:
    parts: list[bytes] = []
    results_writer.write_results(ox.Store().query(text), syntax, parts.append, 10, 10_000)
    told = "".join(ElementTree.fromstring(b"".join(parts)).itertext())
    assert "ab\t" in told
