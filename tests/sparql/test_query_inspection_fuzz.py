"""Whatever text is put to the door of the engine, it answers or says why not, and stays up."""

import random

import pytest

from kg.errors import QueryError
from kg.queries.named_queries import load_named_queries
from kg.sparql.backend import Question
from kg.sparql.executor import QueryExecutor
from kg.sparql.query_inspection import inspect, refuse_forbidden
from kg.sparql.text_search import rewrite_searches
from tests.sparql.conftest import Open

PIECES = (
    "SERVICE", "SELECT", "<", ">", "{", "}", "(", ")", '"', "'", '"""', "#", "\\", "?x", "$", "@fr",
    "^^", "FILTER", "ess:matches(", "REGEX(?o, '(a+)+$')", "<http://127.0.0.1/>", "<file:///etc>",
    "FROM", "LOAD", "\x00", "\ud7ff", "\U0001f600", "1e999", "VALUES ?x { UNDEF }", "OPTIONAL", ";",
    "!", "*", "/", "BIND(", "AS", "LIMIT 1", "ORDER BY", "INSERT", "<< ?s ?p ?o >>", "LATERAL",
)  # fmt: skip
ROUNDS = 400


def mutated(chance: random.Random) -> str:
    """A query of ours with pieces taken out, doubled and put in."""
    text = chance.choice([query.text for query in load_named_queries().values()])
    for _ in range(chance.randint(1, 6)):
        place, length = chance.randrange(len(text) + 1), chance.randint(0, 40)
        piece = chance.choice((*PIECES, text[place : place + length]))
        text = text[:place] + piece + text[place + chance.randint(0, length) :]
    return text


def found(text: str) -> list[tuple[str, float]]:
    return [("https://example.org/found", 1.0)]


async def outcome(endpoint: QueryExecutor, text: str) -> str:
    """What becomes of a text: `answered`, or the error that says why not."""
    try:
        refuse_forbidden(inspect(text))
        answer = await endpoint.run(Question(rewrite_searches(text, found)))
        answer.close()
    except QueryError as error:
        return type(error).__name__ if str(error) else "nothing said"
    return "answered"


@pytest.mark.parametrize("seed", range(4))
async def test_the_door_holds(seed: int, open_endpoint: Open) -> None:
    chance = random.Random(seed)
    async with open_endpoint(seconds=2, rows=1000, bytes=1 << 20) as endpoint:
        told = [await outcome(endpoint, mutated(chance)) for _ in range(ROUNDS // 4)]
        assert "nothing said" not in told
        assert told.count("QuerySyntaxError") > 10
        whole = await endpoint.run(Question("ASK { ?s ?p ?o }"))
        assert b"true" in await whole.read()


async def test_an_expression_that_backtracks_without_end_is_no_danger(
    open_endpoint: Open,
) -> None:
    """The engine's regular expressions do not backtrack: time grows with the text alone."""
    text = f'SELECT (REGEX("{"a" * 5000}b", "^(a+)+$") AS ?is) {{}}'
    async with open_endpoint(seconds=5) as endpoint:
        answer = await endpoint.run(Question(text))
        assert b"false" in await answer.read()
