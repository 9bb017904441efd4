"""A query that cannot be read is told with its line and a mark under the place."""

import pyoxigraph as ox
import pytest

from kg.sparql.syntax_errors import explain_syntax_error


def complaint(text: str) -> dict[str, object]:
    with pytest.raises(SyntaxError) as caught:
        ox.Store().query(text)
    return explain_syntax_error(str(caught.value), text)


def test_the_line_is_shown_with_a_mark_under_the_place() -> None:
    said = explain_syntax_error(
        "error at 2:9: expected one of OPTIONAL, [_]", "SELECT * {\n  ?s ?p }\n"
    )
    first, line, mark = str(said["message"]).split("\n")
    assert first.startswith("line 2, column 9: '}' cannot stand here")
    assert line[mark.index("^")] == "}"
    assert str(said["french"]).startswith("ligne 2, colonne 9 : '}' ne peut pas")
    assert (said["line"], said["column"]) == (2, 9)


def test_what_the_engine_says_in_words_is_kept() -> None:
    said = complaint("SELECT ?x { ?x a ?y } GROUP BY ?y")
    assert "The SELECT contains a variable that is unbound" in str(said["message"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ASK { ?x a nowhere:Thing }", "the prefix nowhere: is not declared\n"),
        (
            "ASK {\n  ?x ess:territory ?y ; schema:name ?z }",
            "the prefix ess: is not declared (PREFIX ess: <https://w3id.org/ess-kg/ontology#>)\n",
        ),
        ("ASK { ?x a :Thing }", "the prefix : is not declared\n"),
        ("ASK { ?x a <https://a.example/> , é.è-1:b }", "the prefix é.è-1: is not declared\n"),
    ],
)
def test_an_undeclared_prefix_is_named(text: str, told: str) -> None:
    said = complaint(text)
    assert told in str(said["message"])
    assert str(said["french"]).startswith("ligne ")
    assert "n'est pas déclaré" in str(said["french"])


@pytest.mark.parametrize(
    ("text", "line", "column", "told"),
    [
        ("SELECT * {\n { SELECT (YEAR(?d) AS ?y) (COUNT(*) AS ?n) { ?e ?p ?d }\n"
         "   GROUP BY (YEAR(?d)) } }", 2, 4, "expression with a variable that is unbound"),
        ("SELECT * { { SELECT (COUNT(*) AS ?n) ?e { ?e ?p ?d } } }", 1, 14,
         "contains a variable that is unbound"),
        ("PREFIX ex: <urn:ex:>\nSELECT * { { SELECT ?a { { SELECT ?b (SUM(?c) AS ?d) "
         "{ ?b ex:p ?c } } } } }", 2, 28, "contains a variable that is unbound"),
        ("SELECT * { { ?a ?b ?c } UNION { ?a nowhere:b ?c } }", 1, 45,
         "the prefix nowhere: is not declared"),
        ("PREFIX ex: <urn:ex:> ASK { { SELECT ?x { ?x ex:a 'no:prefix' ; skos:b ?z } } }",
         1, 70, "the prefix skos: is not declared (PREFIX skos:"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_group_is_told(text: str, line: int, column: int, told: str) -> None:
    """The engine tells of the place after it, where it expected something else."""
    said = complaint(text)
    assert told in str(said["message"])
    assert (said["line"], said["column"]) == (line, column)


@pytest.mark.parametrize(
    "inside",
    ["?x (COUNT(*) AS ?n) { ?x a _:b } GROUP BY ?x", "* { ?x ?y ?z } LIMIT 1 VALUES ?x { 1 }",
     # more rows than anybody can wait for, if it were asked
     "(COUNT(*) AS ?n) { " + "{ {} UNION {} } " * 80 + "}",
     "DISTINCT ?x { " + "{ {} UNION {} } " * 80 + "} ORDER BY ?x",
     "(COUNT(*) AS ?n) { { SELECT (COUNT(*) AS ?x) { " + "{ {} UNION {} } " * 80 + "} } }"],
)  # fmt: skip
def test_what_is_right_in_a_group_is_neither_blamed_nor_asked(inside: str) -> None:
    said = complaint(f"SELECT * {{ {{ SELECT {inside} }}\n ?x ) }}")
    assert "unbound" not in str(said["message"])
    assert said["line"] == 2  # where the engine says it


@pytest.mark.parametrize("text", ["", " ", "# nothing", "}", "SELECT", "{ SELECT", "PREFIX", "x:"])
def test_a_text_that_is_no_query_is_told(text: str) -> None:
    assert complaint(text)["error"] == "QuerySyntaxError"


def test_of_a_long_word_the_beginning_is_shown() -> None:
    said = complaint("-" * 60_000)
    assert len(str(said["message"])) < 500


def test_of_a_long_line_only_the_surroundings_are_shown() -> None:
    text = "ASK { " + "?a ?b ?c . " * 100 + "?a ?b }" + "?x" * 300
    place = text.index("}") + 1
    said = explain_syntax_error(f"error at 1:{place}: expected [_]", text)
    line, mark = str(said["message"]).split("\n")[1:]
    assert len(line) <= 120
    assert line[mark.index("^")] == "}"


def test_a_complaint_without_a_place_is_passed_on() -> None:
    assert explain_syntax_error("something else", "ASK {}")["message"] == "something else"
