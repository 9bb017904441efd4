"""What can be told of a SPARQL query from its text, before an engine reads it.

Its form (which decides the formats it can be answered in), whether it is an update, whether two
runs can differ, and whether it calls another server. The last is a matter of safety: pyoxigraph
obeys SERVICE and has no switch, so a query is refused when a SERVICE clause can be seen in it
under *any* reading of its text, and the worker process cannot open a socket anyway.

A text has more than one reading because `<` opens an IRI or compares: Oxigraph reads
`FILTER(?a<?b#>...` as a comparison and a comment where a lexer sees the IRI `<?b#>`. Only an IRI
with `#` or `'` inside can put a lexer out of step (both open something that hides text), and one
that starts with `http://` cannot be a comparison. Where such an IRI stands, strings and comments
are no shelter: a text that has the shape of a SERVICE clause anywhere is refused.
"""

import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal

from kg.errors import QueryRefused

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]
FORMS: Final[tuple[Form, ...]] = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
PROLOGUE: Final = ("PREFIX", "BASE", "VERSION")
UPDATES: Final = frozenset(
    ["INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"]
)
VOLATILE: Final = frozenset(["RAND", "NOW", "UUID", "STRUUID", "BNODE"])
HINTS: Final = ("rand", "now", "uuid", "bnode")
"""What stands in a text that holds any of them: most do not, and need not be read to their end."""

TOKEN: Final = re.compile(
    r"""(?P<comment>\#[^\n\r]*)
      | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
      | (?P<string>\"{3}(?:\"{0,2}(?:[^"\\]|\\.))*\"{3} | '{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}
          | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*')
      | (?P<variable>[?$]\w+)
      | (?P<tag>@[a-zA-Z][\w-]*)
      | (?P<name>[\w.-]*:(?:[\w:.%-]|\\.)*)
      | (?P<word>\w+)
      | (?P<other>[^\s])""",
    re.VERBOSE | re.DOTALL,
)
USUAL: Final = re.compile(
    r"""(?: \s+ | \#[^\n\r]*+ | PREFIX\s+[\w.-]*:\s*<[^<>"{}|^`\\\x00-\x20]*>
      | BASE\s+<[^<>"{}|^`\\\x00-\x20]*> )*+ (SELECT|ASK|CONSTRUCT|DESCRIBE)\b""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
"""A query whose prologue is written as most are: its form is read at once, not token by token."""
GAP: Final = r"(?:\s|\#[^\n\r]*[\n\r])*"
SERVICE: Final = re.compile(
    rf"service{GAP}(?:silent{GAP})?(?:<[^<>\s]*>|[?$]\w+|[\w.-]*:[^\s{{]*){GAP}\{{", re.IGNORECASE
)

ESCAPED: Final = re.compile(r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}")
EXTENSION: Final = re.compile(
    r"\b(?:bif|sql):(?!/)|<(?:bif|sql)\b|`|\bdefine\s+[\w-]+:[\w-]+\s+[\"'<\d]", re.I
)
"""In strings as well, since engines differ on where a string ends."""


def words(text: str) -> Iterator[str]:
    """The keywords and bare words of a query, in capitals; not those in IRIs, names or strings."""
    for token in TOKEN.finditer(text):
        if token.lastgroup == "word":
            yield token.group().upper()


def form(text: str) -> Form | None:
    """What a query asks for, None where it is not a query."""
    first = _first_word(text)
    return first if first in FORMS else None


def repeatable(text: str) -> bool:
    """Whether two runs over the same data give the same answer."""
    lower = text.casefold()
    for hint in HINTS:
        if hint in lower:
            return VOLATILE.isdisjoint(words(text))
    return True


def refuse_what_is_not_allowed(text: str) -> None:
    """Raises QueryRefused for an update and for a query that calls another server."""
    first = _first_word(text)
    if first in UPDATES:
        raise QueryRefused(
            f"{first} is an update; this endpoint only answers queries",
            f"{first} est une mise à jour ; ce point d'accès ne répond qu'à des requêtes",
        )
    if calls_a_server(text):
        raise QueryRefused(
            "SERVICE is not available here: this endpoint calls no other server;"
            " send the other part of the query to the other server and join the two answers",
            "SERVICE n'est pas disponible ici : ce point d'accès n'appelle aucun autre serveur ;"
            " envoyez l'autre partie de la requête à l'autre serveur et joignez les réponses",
        )


def refuse_extensions(text: str) -> None:
    """Raises QueryRefused for what is no SPARQL but some engine would obey.

    Virtuoso takes `bif:` and `sql:` functions (its SQL, file and network functions) and text in
    backquotes; its DEFINE, which can fetch, is refused as no form of a query. Its account should
    be allowed nothing but reading all the same. A letter may be written `\\u0053` anywhere in a
    query (SPARQL 1.1, 19.2), and an engine elsewhere may reach others: SERVICE is looked for again.
    """
    plain = ESCAPED.sub(_character, text)
    if plain != text:
        refuse_what_is_not_allowed(plain)
    found = EXTENSION.search(plain)
    if found:
        said = found.group().strip("<")
        raise QueryRefused(f"{said!r} is no SPARQL 1.1", f"{said!r} n'est pas du SPARQL 1.1")


def _character(escaped: re.Match[str]) -> str:
    code = int(escaped.group()[2:], 16)
    return chr(code) if code <= sys.maxunicode else escaped.group()


@lru_cache(maxsize=16)
def calls_a_server(text: str) -> bool:
    """Whether a SERVICE clause can be read in a query."""
    if "service" not in text.casefold() or not SERVICE.search(text):
        return False
    return "SERVICE" in words(text) or any(map(_doubtful, TOKEN.finditer(text)))


@lru_cache(maxsize=16)
def _first_word(text: str) -> str:
    if usual := USUAL.match(text):
        return usual[1].upper()
    for token in TOKEN.finditer(text):
        if token.lastgroup == "word" and (word := token.group().upper()) not in PROLOGUE:
            return word
    return ""


def _doubtful(token: re.Match[str]) -> bool:
    iri = token.group()
    return (
        token.lastgroup == "iri"
        and not iri.startswith(("<http://", "<https://"))
        and ("#" in iri or "'" in iri)
    )
