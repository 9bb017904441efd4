"""Cursor pagination of SELECT results: `page-size=` and a resume token bound to a release.

A release never changes, and the engine gives the rows of a query over it in the same order each
time (a test holds this, in separate processes): a page is a slice of that answer, and a token says
where the next one begins. A token grants nothing; it is checked like any parameter.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from kg.cursor_token import decode_token, encode_token
from kg.errors import BadRequest
from kg.sparql.lexer import tokenize
from kg.sparql.query_inspection import Inspection

MAX_PAGE_ROWS: Final = 10_000
"""Rows of the largest page."""
MAX_OFFSET: Final = 10**9


@dataclass(frozen=True)
class ResultsPage:
    """A slice of the rows of an answer: its size and the position of its first row, from 0."""

    size: int
    first: int = 0

    def apply_to(self, text: str, inspection: Inspection) -> str:
        """The query of this page. Raises BadRequest where a query cannot be paged."""
        _reject_unpageable(inspection)
        prologue, body = text[: inspection.body_start], text[inspection.body_start :]
        outer = f"SELECT {_find_projection(body)} WHERE {{ {{ {body}\n}} }}"
        return f"{prologue}{outer} OFFSET {self.first} LIMIT {self.size}"

    def encode_next_token(self, text: str, release: str) -> str:
        """The resume token of the page after this one."""
        digest = _digest_query(text)
        return encode_token(
            {"r": release, "o": self.first + self.size, "n": self.size, "q": digest}
        )


def parse_page(text: str, size: str | None, token: str | None, release: str) -> ResultsPage | None:
    """The page that a request names, None where it names none. Raises BadRequest."""
    if token:
        return _decode_token(text, token, release)
    if not size:
        return None
    if not (
        size.isascii() and size.isdigit() and len(size) < 9 and 1 <= int(size) <= MAX_PAGE_ROWS
    ):
        raise BadRequest(
            f"page-size={size!r}: a page has 1 to {MAX_PAGE_ROWS:,} rows",
            f"page-size={size!r} : une page compte de 1 à {MAX_PAGE_ROWS} lignes",
        )
    return ResultsPage(int(size))


def _decode_token(text: str, token: str, release: str) -> ResultsPage:
    try:
        content = decode_token(token)
        first, size, of_release, digest = content["o"], content["n"], content["r"], content["q"]
    except (ValueError, KeyError, TypeError) as error:
        raise _build_token_error(
            "it is not a token of this server", "il n'est pas de ce serveur"
        ) from error
    if digest != _digest_query(text):
        raise _build_token_error("it belongs to another query", "il est d'une autre requête")
    if of_release != release:
        raise _build_token_error(
            f"it belongs to release {of_release}: add release={of_release}",
            f"il est de l'édition {of_release} : ajoutez release={of_release}",
        )
    integers = all(type(n) is int for n in (first, size))
    if not integers or not 0 <= first <= MAX_OFFSET or not 1 <= size <= MAX_PAGE_ROWS:
        raise _build_token_error("it is not a token of this server", "il n'est pas de ce serveur")
    return ResultsPage(size, first)


def _build_token_error(why: str, pourquoi: str) -> BadRequest:
    return BadRequest(
        f"the resume token cannot be used: {why}",
        f"le jeton de reprise ne peut pas servir : {pourquoi}",
    )


def _reject_unpageable(inspection: Inspection) -> None:
    if inspection.form != "SELECT":
        raise BadRequest(
            "only a SELECT is answered by pages", "seul un SELECT se lit page par page"
        )
    if inspection.has_dataset_clause:
        raise BadRequest(
            "a query with FROM is not answered by pages: name its graphs by default-graph-uri",
            "une requête avec FROM ne se lit pas page par page : nommez ses graphes par "
            "default-graph-uri",
        )
    if not inspection.deterministic:
        raise BadRequest(
            "a query whose answer differs each time (RAND, NOW, UUID, BNODE) is not answered by "
            "pages: they would repeat rows and leave others out",
            "une requête dont la réponse change à chaque fois (RAND, NOW, UUID, BNODE) ne se lit "
            "pas page par page : des lignes y reviendraient et d'autres manqueraient",
        )


def _find_projection(body: str) -> str:
    """The variables of a SELECT in their order, `*` where it names none.

    Raises BadRequest where its braces do not match: they could close the SELECT put around it.
    """
    names, parentheses, braces, naming, projecting = list[str](), 0, 0, False, True
    for token in tokenize(body):
        kind, text = token.lastgroup, token.group()
        if kind == "other":
            braces += {"{": 1, "}": -1}.get(text, 0)
            parentheses += {"(": 1, ")": -1}.get(text, 0)
            projecting = projecting and (parentheses > 0 or braces == 0)
            if braces < 0:
                break
        elif projecting and kind == "variable" and (parentheses == 0 or naming):
            names.append(text)
        elif kind == "word" and parentheses == 0 and text.upper() == "WHERE":
            projecting = False
        # `(expression AS ?name)`: of the variables in parentheses, only this one is a column
        naming = kind == "word" and text.upper().endswith("AS") and (parentheses, braces) == (1, 0)
    if braces:
        raise BadRequest(
            "the braces of the query do not match", "les accolades de la requête sont mal assorties"
        )
    return " ".join(names) or "*"


def _digest_query(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
