"""Every question has one readable query and exact expected rows, given by the release."""

import json
import re
from pathlib import Path

import pyoxigraph
import pytest
import SPARQLWrapper

HERE = Path(__file__).parent
QUESTIONS = sorted(HERE.glob("*.rq")) + sorted(HERE.glob("more/*.rq"))

Row = dict[str, str]


def expected(question: Path) -> list[Row]:
    """The rows a question must give: the value of each bound variable."""
    answer = question.parent / "expected" / f"{question.stem}.json"
    rows: list[Row] = json.loads(answer.read_text("utf-8"))
    return rows


def comparable(rows: list[Row], query: str) -> list[Row]:
    """The rows as they are if the query orders them, else in one fixed order."""
    if re.search(r"^ORDER BY\b", query, re.MULTILINE):
        return rows
    return sorted(rows, key=lambda row: sorted(row.items()))


def answer(server: str, query: str) -> list[Row]:
    """The rows a server gives to a SELECT, asked as any SPARQL client asks."""
    client = SPARQLWrapper.SPARQLWrapper(f"{server}/sparql", returnFormat=SPARQLWrapper.JSON)
    client.setMethod(SPARQLWrapper.POST)
    # without its two lines of comment: SPARQLWrapper reads the ADD of "address" as an update
    client.setQuery(query.split("\n", 2)[2])
    found = client.queryAndConvert()
    return [
        {name: term["value"] for name, term in row.items()} for row in found["results"]["bindings"]
    ]


def test_there_are_twenty_questions_and_more() -> None:
    assert len([path for path in QUESTIONS if path.parent == HERE]) == 20
    assert len([path for path in QUESTIONS if path.parent.name == "more"]) >= 15


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda path: path.stem)
def test_a_question_is_asked_in_plain_words_and_its_rows_use_its_variables(question: Path) -> None:
    query = question.read_text("utf-8")
    french, english, third = query.split("\n", 2)
    assert french.startswith("# ")
    assert english.startswith("# ")
    assert third.startswith("PREFIX ")
    solutions = pyoxigraph.Store().query(query)
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    names = {variable.value for variable in solutions.variables}
    for row in expected(question):
        assert set(row) <= names


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda path: path.stem)
def test_the_server_gives_exactly_the_expected_rows(question: Path, national_server: str) -> None:
    query = question.read_text("utf-8")
    rows = comparable(answer(national_server, query), query)
    assert rows == comparable(expected(question), query)
