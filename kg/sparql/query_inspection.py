"""Inspection of a query text: form, updates, SERVICE, determinism, engine extensions.

Its form (which decides the formats it can be answered in), whether it is an update, whether two
runs can differ, and whether it calls another server. The last is a matter of safety: pyoxigraph
obeys SERVICE and has no switch, so a query is refused when a SERVICE clause can be seen in it
under *any* reading of its text, and the worker process cannot open a socket anyway.

A text has more than one reading because `<` opens an IRI or compares: Oxigraph reads
`FILTER(?a<?b#>...` as a comparison and a comment where a lexer sees the IRI `<?b#>`. Only an IRI
with `#` or `'` inside can put a lexer out of step (both open something that hides text), and one
that starts with `http://` cannot be a comparison. Where such an IRI stands, strings and comments
are no shelter: a text that has the shape of a SERVICE clause anywhere is refused. Nor does an
engine need a space between words (`1SERVICE`, `SERVICESILENT`, `SERVICEex:x`).

A text is read in one pass (kg.sparql.lexer), whose time grows with its length alone; a text of more
than `SHORT` characters is read where nobody waits for it (`read_aside`).
"""

import re
import sys
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, Literal

from kg.errors import QueryRefused
from kg.offload import run_in_thread_if_large
from kg.sparql.lexer import WHITE_SPACE, tokenize
from kg.sparql.point_query_parser import PointQuery, parse

QueryForm = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]
QUERY_FORMS: Final[tuple[QueryForm, ...]] = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
PROLOGUE_KEYWORDS: Final = ("PREFIX", "BASE", "VERSION")
UPDATE_KEYWORDS: Final = frozenset(
    ["INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"]
)
VOLATILE_FUNCTIONS: Final = ("RAND", "NOW", "UUID", "BNODE")
"""Functions that give something else each time; STRUUID is one that ends in another."""
VOLATILE_HINTS: Final = tuple(name.lower() for name in VOLATILE_FUNCTIONS)
FULL_READ_HINTS: Final = (*VOLATILE_HINTS, "service", "from")
"""What stands in a text of which more is to be told than its form: most need not be read whole."""
VOLATILE_CALLS: Final = tuple(f"{name}(" for name in VOLATILE_FUNCTIONS)
MAX_INLINE_CHARS: Final = 4096
"""Characters of a text that is read at once: a millisecond or two."""
MAX_SERVICE_SCAN_LENGTH: Final = 2000
"""Characters of a text with more than one reading that is looked through for a whole clause."""

COMMON_PROLOGUE: Final = re.compile(
    r"""(?: \s++ | \#[^\n\r]*+ | PREFIX\s++[\w.-]*+:\s*+<[^<>"{}|^`\\\x00-\x20]*+>
      | BASE\s++<[^<>"{}|^`\\\x00-\x20]*+> )*+ (SELECT|ASK|CONSTRUCT|DESCRIBE)\b""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
"""A query whose prologue is written as most are: its form is read at once, not token by token."""
TOKEN_GAP: Final = rf"(?:{WHITE_SPACE}|\#[^\n\r]*[\n\r])*+"
SERVICE_CLAUSE: Final = re.compile(
    rf"service{TOKEN_GAP}(?:silent{TOKEN_GAP})?(?:<[^<>\s]*+>|[?$]\w++|[\w.-]*+:[^\s{{]*+){TOKEN_GAP}\{{",
    re.IGNORECASE,
)

CODEPOINT_ESCAPE: Final = re.compile(r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}")
ENGINE_EXTENSION: Final = re.compile(
    r"\b(?:bif|sql):(?!/)|<(?:bif|sql)\b|`|\bdefine\s++[\w-]++:[\w-]++\s++[\"'<\d]", re.I
)
"""In strings as well, since engines differ on where a string ends."""


@dataclass(frozen=True)
class Inspection:
    """What is told of one text."""

    form: QueryForm | None
    """What it asks for, None where it is not a query."""
    update: str | None
    """The operation it begins with, None where it is no update."""
    deterministic: bool
    """Whether two runs over the same data give the same answer."""
    calls_service: bool
    """Whether a SERVICE clause can be read in it."""
    has_dataset_clause: bool
    """Whether it says what its dataset is (`FROM`)."""
    body_start: int
    """Where its first word stands after the prologue."""
    point_query: PointQuery | None = None
    """What it looks up, where it is a point query (kg.sparql.point_query_parser)."""


def inspect(text: str) -> Inspection:
    """What is told of a text; of short ones, what was told last is known."""
    return _inspect_cached(text) if len(text) <= MAX_INLINE_CHARS else _inspect(text)


async def inspect_in_thread(text: str) -> Inspection:
    """The same, from a thread where the text is long."""
    return await run_in_thread_if_large(partial(inspect, text), len(text), MAX_INLINE_CHARS)


def refuse_forbidden(told: Inspection) -> None:
    """Raises QueryRefused for an update and for a query that calls another server."""
    if told.update is not None:
        raise QueryRefused(
            f"{told.update} is an update; this endpoint only answers queries",
            f"{told.update} est une mise à jour ; ce point d'accès ne répond qu'à des requêtes",
        )
    if told.calls_service:
        raise QueryRefused(
            "SERVICE is not available here: this endpoint calls no other server;"
            " send the other part of the query to the other server and join the two answers",
            "SERVICE n'est pas disponible ici : ce point d'accès n'appelle aucun autre serveur ;"
            " envoyez l'autre partie de la requête à l'autre serveur et joignez les réponses",
        )


def reject_engine_extensions(text: str) -> None:
    """Raises QueryRefused for what is no SPARQL but some engine would obey.

    Virtuoso takes `bif:` and `sql:` functions (its SQL, file and network functions) and text in
    backquotes; its DEFINE, which can fetch, is refused as no form of a query. Its account should
    be allowed nothing but reading all the same. A letter may be written `\\u0053` anywhere in a
    query (SPARQL 1.1, 19.2), and an engine elsewhere may reach others: SERVICE is looked for again.
    """
    plain = CODEPOINT_ESCAPE.sub(_decode_escape, text)
    if plain != text:
        refuse_forbidden(inspect(plain))
    found = ENGINE_EXTENSION.search(plain)
    if found:
        said = found.group().strip("<")
        raise QueryRefused(f"{said!r} is no SPARQL 1.1", f"{said!r} n'est pas du SPARQL 1.1")


def _decode_escape(escaped: re.Match[str]) -> str:
    code = int(escaped.group()[2:], 16)
    return chr(code) if code <= sys.maxunicode else escaped.group()


def _inspect(text: str) -> Inspection:
    point_query = parse(text)
    if point_query is not None:  # its grammar has no FROM, no SERVICE, no function
        return Inspection(
            form=point_query.form,
            update=None,
            deterministic=True,
            calls_service=False,
            has_dataset_clause=False,
            body_start=point_query.begins,
            point_query=point_query,
        )
    lower = text.casefold()
    hints = [hint for hint in FULL_READ_HINTS if hint in lower]
    usual = COMMON_PROLOGUE.match(text)
    if usual and not hints:
        return _inspection(usual[1].upper(), usual.start(1))
    return _inspect_tokens(text, lower, doubt=any(hint in VOLATILE_HINTS for hint in hints))


# a query is inspected by the fast path, and once more by its route where that has no answer
_inspect_cached = lru_cache(maxsize=64)(_inspect)


def _inspect_tokens(text: str, lower: str, *, doubt: bool) -> Inspection:
    """A text told from its tokens; `doubt`: whether some run may give something else."""
    first, begins, doubtful, changes, calls, graphs, near = "", 0, False, False, False, False, -1
    for token in tokenize(text):
        kind = token.lastgroup
        if kind == "comment":
            continue
        near -= 1  # tokens among which the brace of a SERVICE may still come
        if kind == "word":
            word = token.group().upper()
            if not first and word not in PROLOGUE_KEYWORDS:
                first, begins = word, token.start()
            changes = changes or word.endswith(VOLATILE_FUNCTIONS)
            graphs = graphs or word == "FROM"
            if "SERVICE" in word:
                near = 3
        elif kind == "other":
            calls = calls or (near >= 0 and token.group() == "{")
        elif kind == "name":
            if "service" in token.group().partition(":")[0].lower():
                near = 1
        elif kind == "iri" and not (iri := token.group()).startswith(("<http://", "<https://")):
            doubtful = doubtful or "#" in iri or "'" in iri
            changes = changes or any(name in iri.upper() for name in VOLATILE_CALLS)
    calls = calls or (doubtful and _has_service_clause(text, lower))
    changes = changes or (doubtful and doubt)
    return _inspection(first, begins, repeatable=not changes, calls=calls, names_graphs=graphs)


def _inspection(
    first: str,
    begins: int,
    *,
    repeatable: bool = True,
    calls: bool = False,
    names_graphs: bool = False,
) -> Inspection:
    form = next((known for known in QUERY_FORMS if known == first), None)
    update = first if first in UPDATE_KEYWORDS else None
    return Inspection(form, update, repeatable, calls, names_graphs, begins)


def _has_service_clause(text: str, lower: str) -> bool:
    """Whether a text has the shape of a SERVICE clause anywhere; of a long one, parts of it."""
    if len(text) <= MAX_SERVICE_SCAN_LENGTH:
        return SERVICE_CLAUSE.search(text) is not None
    place = lower.find("service")
    return place >= 0 and "{" in lower[place:]
