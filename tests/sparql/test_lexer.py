"""Reading a text takes time that grows with its length alone, whatever it is made of."""

import time
from collections.abc import Callable

import pytest

from kg.sparql import point_query_parser
from kg.sparql.lexer import tokenize
from kg.sparql.query_inspection import inspect
from kg.sparql.text_search import rewrite_searches

UNITS = (
    *("-", "({", ".a", "a", "a ", "1", "<", "<a", "<a>", "\\", "\\u0041", "<\\u0041", "?", "?v"),
    *('"', "'", '"\\', "'x\\", '"""\\', "'''", "\n\\'''", '"\n', "'\"\n", '"a" ', "\\'", '"\\"'),
    *("@", "@a", ":", "x:", "x:\\", "x:y ", "%", "#", "#\n", "é", " ", "service", "service ", "$"),
    *("service:", "service#", "service\n#", "rand", "now(", "matches(", "prefix ", "PREFIX a:<b>"),
)
"""What a text is made of that is the same over and over."""
BEGINNINGS = ("", 'SELECT * { ?x ?y """', "ASK { <urn:a#b> FILTER(")
LONG = 100_000
FACTOR = 10
TRIES = 4
BOUND = 0.05
"""Seconds for 100 kB."""


def least(work: Callable[[], object]) -> float:
    """The least processor time that some work takes in several tries."""
    taken = []
    for _ in range(TRIES):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
        if taken[-1] < BOUND / 4:
            break
    return min(taken)


def every_reader(text: str) -> None:
    """What reads the text of a query, from one end to the other."""
    inspect(text)
    rewrite_searches(text, lambda _: [])
    point_query_parser.parse(text)


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_with_length_alone(unit: str, beginning: str) -> None:
    text = beginning + unit * (LONG // len(unit))
    took = least(lambda: sum(1 for _ in tokenize(text)))
    short = text[: LONG // FACTOR]
    assert took < BOUND or took < 2 * FACTOR * least(lambda: sum(1 for _ in tokenize(short)))


@pytest.mark.parametrize("unit", UNITS)
def test_a_long_text_is_read_in_little_time(unit: str) -> None:
    text = BEGINNINGS[2] + unit * (LONG // len(unit))
    took = least(lambda: every_reader(text))
    short = text[: LONG // FACTOR]
    assert took < 4 * BOUND or took < 2 * FACTOR * least(lambda: every_reader(short))


@pytest.mark.parametrize("begin", ["SELECT * {", "ASK{", "SELECT * {<a:b> a ?c "])
@pytest.mark.parametrize("unit", ["?a", "a:b", "a:b.", "<a:b>", "; a:b ?c", ". <a:b> a ?c", "a-"])
def test_what_may_be_a_lookup_is_told_in_little_time(unit: str, begin: str) -> None:
    text = (begin + unit * point_query_parser.MAX_QUERY_LENGTH)[
        : point_query_parser.MAX_QUERY_LENGTH - 1
    ] + "}"
    body = text[len(begin) : -1]
    assert least(lambda: point_query_parser.POINT_QUERY_PATTERN.fullmatch(text)) < BOUND / 10
    assert least(lambda: point_query_parser.TRIPLE_PATTERN.fullmatch(body)) < BOUND / 10
    assert least(lambda: point_query_parser.STAR_PATTERN.fullmatch(body)) < BOUND / 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a-b.c", [("word", "a"), ("sign", "-"), ("word", "b"), ("sign", "."), ("word", "c")]),
        ("a-b:c.", [("name", "a-b:c.")]),
        ("?x<?y", [("variable", "?x"), ("sign", "<"), ("variable", "?y")]),
        ("'a\\'b'@fr-FR", [("string", "'a\\'b'"), ("tag", "@fr-FR")]),
        ("'a\nb'", [("quote", "'"), ("word", "a"), ("word", "b"), ("quote", "'")]),
        ('"""a"b""c"""', [("string", '"""a"b""c"""')]),
        ('"""a" ""', [("string", '""'), ("string", '"a"'), ("string", '""')]),
        ("# a\n<a\\u0041>", [("comment", "# a"), ("iri", "<a\\u0041>")]),
    ],
)
def test_tokens(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(token.lastgroup, token.group()) for token in tokenize(text)] == expected
