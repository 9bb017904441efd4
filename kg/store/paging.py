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
from kg.store.query_text import TOKEN, form

MOST: Final = 10_000
"""Rows of the largest page."""
FARTHEST: Final = 10**9


@dataclass(frozen=True)
class Page:
    """Which rows of an answer: those from `first` (from 0) on."""

    size: int
    first: int = 0

    def of(self, text: str) -> str:
        """The query of this page. Raises BadRequest where a query cannot be paged."""
        begin = _select(text)
        prologue, body = text[:begin], text[begin:]
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


def _select(text: str) -> int:
    """Where the SELECT of a query begins. Raises BadRequest where it cannot be paged."""
    if form(text) != "SELECT":
        raise BadRequest(
            "only a SELECT is answered by pages", "seul un SELECT se lit page par page"
        )
    begin = -1
    for token in TOKEN.finditer(text):
        if token.lastgroup != "word":
            continue
        word = token.group().upper()
        if word == "SELECT" and begin < 0:
            begin = token.start()
        elif word == "FROM" and begin >= 0:
            raise BadRequest(
                "a query with FROM is not answered by pages: name its graphs by default-graph-uri",
                "une requête avec FROM ne se lit pas page par page : nommez ses graphes par "
                "default-graph-uri",
            )
    return begin


def _projected(body: str) -> str:
    """The variables of a SELECT in their order, `*` where it names none."""
    names, depth, naming = [], 0, False
    for token in TOKEN.finditer(body):
        text = token.group()
        if token.lastgroup == "other":
            depth += {"(": 1, ")": -1}.get(text, 0)
            if text == "{":
                break
        elif token.lastgroup == "variable" and (depth == 0 or naming):
            names.append(text)
        elif token.lastgroup == "word" and text.upper() == "WHERE":
            break
        naming = token.lastgroup == "word" and text.upper() == "AS" and depth == 1
    return " ".join(names) or "*"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
