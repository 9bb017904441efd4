"""What is told of a query from its text: its form, and whether it may run here."""

import pytest

from kg.errors import QueryRefused
from kg.sparql.query_inspection import inspect, refuse_forbidden, reject_engine_extensions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * {}", "SELECT"),
        ("ask{}", "ASK"),
        ("# CONSTRUCT\nPREFIX select: <http://x/ask#> BASE <http://ask/> describe <x>", "DESCRIBE"),
        ('VERSION "1.2" construct where {}', "CONSTRUCT"),
        ("PREFIX ask: <urn:x> INSERT DATA {}", None),
        ("", None),
    ],
)
def test_form(text: str, expected: str | None) -> None:
    assert inspect(text).form == expected


ATTACKS = [
    "SELECT * { SERVICE <http://h/> {} }",
    "SELECT * { service silent<http://h/>{} }",
    "SELECT * {SERVICE ?x {}}",
    "PREFIX h: <http://h/> SELECT * { SERVICE h:x { ?s ?p ?o } }",
    "SELECT * { SERVICE # a comment\n SILENT # another\n <http://h/> #\n {} }",
    # Oxigraph reads `<` as a comparison where a lexer sees an IRI; each of these hides SERVICE
    "SELECT * { ?a ?b ?c FILTER(?a<?b).SERVICE#>\n<http://h/>{?s ?p ?o}}",
    'SELECT * { FILTER(?a<?b#>"""\n) SERVICE <http://h/> {?s ?p ?o} #"""\n}',
    "SELECT * { FILTER(?a<?b#>'''\n) SERVICE <http://h/> {?s ?p ?o} #'''\n}",
    'PREFIX ex: <http://h/> SELECT * { FILTER(?a<ex:b#>"""\n) SERVICE <http://h/> {} #"""\n}',
    # words that touch each other are words to it all the same
    "SELECT * { ?s ?p 1SERVICE <http://h/> {} }",
    "SELECT * { ?s ?p 1.SERVICE<http://h/>{} }",
    "SELECT * { SERVICESILENT<http://h/>{} }",
    "PREFIX x: <http://h/> SELECT * { SERVICEx:y {} }",
    "PREFIX x: <http://h/> SELECT * { SERVICE SILENTx:y {} }",
    # an IRI may have escapes, and what cannot be a long string is two short ones
    "SELECT * { <http://a\\u0041'b> ?p ?o . SERVICE <http://h/> {} ?x ?y '' }",
    'SELECT * { VALUES ?x { """a" } SERVICE <http://h/> {} }',
]


def test_a_clause_is_seen_in_a_long_text_that_can_be_read_in_two_ways() -> None:
    remarks = "# a remark\n" * 1000
    hidden = f"SELECT * {{ FILTER(?a<?b#>'''\n) {remarks} SERVICE <urn:h> {{}} #'''\n}}"
    assert inspect(hidden).calls_service
    assert not inspect(f"SELECT * {{ <urn:a#b> ?p ?o . {remarks} }}").calls_service


@pytest.mark.parametrize("text", ATTACKS)
def test_a_service_clause_is_seen_however_it_is_written(text: str) -> None:
    assert inspect(text).calls_service
    with pytest.raises(QueryRefused, match="SERVICE"):
        refuse_forbidden(inspect(text))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s <http://h/service#> ?o }",
        "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> ASK { ?s a sd:Service }",
        "SELECT * { ?service ?p ?o . ?x ?y ?service }",
        "PREFIX service: <http://h/> SELECT * { ?s service:x ?o {} }",
        "# SERVICE <http://h/> {}\nSELECT * {}",
        'SELECT * { ?s ?p "SERVICE <http://h/> { }" }',
        "SELECT * { ?s ?p '''SERVICE\n<http://h/> { }''' }",
        'SELECT * { ?s ?p "a \\" SERVICE <http://h/> { }" }',
    ],
)
def test_the_word_alone_is_no_reason_to_refuse(text: str) -> None:
    assert not inspect(text).calls_service
    refuse_forbidden(inspect(text))


@pytest.mark.parametrize("word", ["INSERT", "delete", "LOAD", "Clear", "DROP", "WITH"])
def test_an_update_is_refused(word: str) -> None:
    with pytest.raises(QueryRefused, match="update"):
        refuse_forbidden(inspect(f"PREFIX x: <urn:x> {word} <urn:y>"))


def test_what_differs_from_run_to_run_is_known() -> None:
    assert inspect("SELECT ?now ?rand { ?now ?rand 'NOW()' }").deterministic
    assert inspect("SELECT * { <urn:uuid:1> ?p <urn:x:now> }").deterministic
    assert not inspect("SELECT (now() AS ?t) {}").deterministic
    assert not inspect("SELECT * { BIND(RAND() AS ?x) }").deterministic
    assert not inspect("SELECT * { ?s ?p ?a FILTER(?a<RAND()&&1>0) }").deterministic
    assert not inspect("SELECT * { ?s ?p ?a FILTERRAND() }").deterministic
    assert not inspect("SELECT * { FILTER(?a<?b#>'''\n||RAND()>0.5) #'''\n}").deterministic


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (bif:http_get('http://127.0.0.1/') AS ?x) {}",
        "SELECT (<bif:file_to_string>('/etc/passwd') AS ?x) {}",
        "PREFIX b: <bif:> SELECT (b:sys_stat('st_build_date') AS ?x) {}",
        "PREFIX b: <SQL:x> SELECT (b:y(1) AS ?x) {}",
        "SELECT (`file_to_string('/etc/passwd')` AS ?x) {}",
        'PREFIX x: <urn:x> DEFINE get:soft "add" SELECT * FROM <http://127.0.0.1/> { ?s ?p ?o }',
        "SELECT (\\u0062if:http_get('http://127.0.0.1/') AS ?x) {}",
        "SELECT * { \\u0053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { SERVIC\\U00000045 <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "define input:inference <urn:rules> SELECT * {}",
    ],
)
def test_what_an_engine_adds_to_sparql_is_refused(text: str) -> None:
    with pytest.raises(QueryRefused, match=r"no SPARQL|SERVICE"):
        reject_engine_extensions(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?bif ?sql { ?bif <urn:sql> ?sql }",
        "PREFIX define: <urn:define:> SELECT * { ?s define:get ?o }",
        "SELECT * { <http://example.org/bif> ?p 'to define: a word' }",
    ],
)
def test_other_words_are_no_extension(text: str) -> None:
    assert reject_engine_extensions(text) is None  # type: ignore[func-returns-value]
    with pytest.raises(QueryRefused):
        reject_engine_extensions(f"{text} VALUES ?x {{ bif:x }}")  # beside them, one that is
