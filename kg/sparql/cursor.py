"""Pages of the answer of a SELECT, pinned to a release: `page-size=` and the token to resume with.

A release never changes, and the engine gives the rows of a query over it in the same order each
time (held by a test, in processes of their own): a page is a slice of that answer, and a token says
where the next one begins. A token is checked for what it is; it gives no right to anything.
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

import orjson

from kg.errors import BadRequest
from kg.sparql.lexer import tokens
from kg.sparql.query_inspection import Inspection

MOST: Final = 10_000
"""Rows of the largest page."""
FARTHEST: Final = 10**9


@dataclass(frozen=True)
class Page:
    """Which rows of an answer: those from `first` (from 0) on."""

    size: int
    first: int = 0

    def of(self, text: str, told: Inspection) -> str:
        """The query of this page. Raises BadRequest where a query cannot be paged."""
        _refuse_what_has_no_pages(told)
        prologue, body = text[: told.begins], text[told.begins :]
        outer = f"SELECT {_projected(body)} WHERE {{ {{ {body}\n}} }}"
        return f"{prologue}{outer} OFFSET {self.first} LIMIT {self.size}"

    def token(self, text: str, release: str) -> str:
        """What the page after this one is resumed with."""
        told = {"r": release, "o": self.first + self.size, "n": self.size, "q": _digest(text)}
        return base64.urlsafe_b64encode(orjson.dumps(told)).decode().rstrip("=")


def page(text: str, size: str | None, token: str | None, release: str) -> Page | None:
    """The page that is asked for, None where none is. Raises BadRequest for what cannot be used."""
    if token:
        return _resumed(text, token, release)
    if not size:
        return None
    if not (size.isascii() and size.isdigit() and len(size) < 9 and 1 <= int(size) <= MOST):
        raise BadRequest(
            f"page-size={size!r}: a page has 1 to {MOST:,} rows",
            f"page-size={size!r} : une page compte de 1 à {MOST} lignes",
        )
    return Page(int(size))


def _resumed(text: str, token: str, release: str) -> Page:
    try:
        told = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        first, size, named, asked = told["o"], told["n"], told["r"], told["q"]
    except (ValueError, KeyError, TypeError) as error:
        raise _unusable("it is no token of ours", "ce n'en est pas un d'ici") from error
    if asked != _digest(text):
        raise _unusable("it belongs to another query", "il est d'une autre requête")
    if named != release:
        raise _unusable(
            f"it belongs to release {named}: add release={named}",
            f"il est de l'édition {named} : ajoutez release={named}",
        )
    whole = all(isinstance(n, int) and not isinstance(n, bool) for n in (first, size))
    if not whole or not 0 <= first <= FARTHEST or not 1 <= size <= MOST:
        raise _unusable("it is no token of ours", "ce n'en est pas un d'ici")
    return Page(size, first)


def _unusable(why: str, pourquoi: str) -> BadRequest:
    return BadRequest(
        f"the resume token cannot be used: {why}",
        f"le jeton de reprise ne peut pas servir : {pourquoi}",
    )


def _refuse_what_has_no_pages(told: Inspection) -> None:
    if told.form != "SELECT":
        raise BadRequest(
            "only a SELECT is answered by pages", "seul un SELECT se lit page par page"
        )
    if told.names_graphs:
        raise BadRequest(
            "a query with FROM is not answered by pages: name its graphs by default-graph-uri",
            "une requête avec FROM ne se lit pas page par page : nommez ses graphes par "
            "default-graph-uri",
        )
    if not told.deterministic:
        raise BadRequest(
            "a query whose answer differs each time (RAND, NOW, UUID, BNODE) is not answered by "
            "pages: they would repeat rows and leave others out",
            "une requête dont la réponse change à chaque fois (RAND, NOW, UUID, BNODE) ne se lit "
            "pas page par page : des lignes y reviendraient et d'autres manqueraient",
        )


def _projected(body: str) -> str:
    """The variables of a SELECT in their order, `*` where it names none.

    Raises BadRequest where its braces do not match: what is put around it would be in them.
    """
    names, parentheses, braces, naming, shown = list[str](), 0, 0, False, True
    for token in tokens(body):
        kind, text = token.lastgroup, token.group()
        if kind == "other":
            braces += {"{": 1, "}": -1}.get(text, 0)
            parentheses += {"(": 1, ")": -1}.get(text, 0)
            shown = shown and (parentheses > 0 or braces == 0)
            if braces < 0:
                break
        elif shown and kind == "variable" and (parentheses == 0 or naming):
            names.append(text)
        elif kind == "word" and parentheses == 0 and text.upper() == "WHERE":
            shown = False
        naming = kind == "word" and text.upper().endswith("AS") and (parentheses, braces) == (1, 0)
    if braces:
        raise BadRequest(
            "the braces of the query do not match", "les accolades de la requête sont mal assorties"
        )
    return " ".join(names) or "*"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
