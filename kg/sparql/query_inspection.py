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
than MAX_INLINE_CHARS is read in a thread (`inspect_in_thread`).
"""

import re
import sys
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, Literal

from kg.errors import QueryRefused
from kg.offload import run_in_thread_if_large
from kg.sparql.lexer import CODEPOINT_ESCAPE, WHITE_SPACE, tokenize
from kg.sparql.point_query_parser import PointQuery, parse

QueryForm = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]
QUERY_FORMS: Final[tuple[QueryForm, ...]] = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
PROLOGUE_KEYWORDS: Final = ("PREFIX", "BASE", "VERSION")
UPDATE_KEYWORDS: Final = frozenset(
    ["INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"]
)
VOLATILE_FUNCTIONS: Final = ("RAND", "NOW", "UUID", "BNODE")
"""Functions with a new result at each call; the name of STRUUID ends in that of another."""
VOLATILE_HINTS: Final = tuple(name.lower() for name in VOLATILE_FUNCTIONS)
FULL_READ_HINTS: Final = (*VOLATILE_HINTS, "service", "from")
"""Words without which a text need not be read token by token: most texts have none of them."""
VOLATILE_CALLS: Final = tuple(f"{name}(" for name in VOLATILE_FUNCTIONS)
MAX_INLINE_CHARS: Final = 4096
"""Characters of a text that is inspected on the event loop: a millisecond or two."""
MAX_SERVICE_SCAN_LENGTH: Final = 2000
"""Characters of an ambiguous text that is searched for a whole clause, not for its parts."""

COMMON_PROLOGUE: Final = re.compile(
    r"""(?: \s++ | \#[^\n\r]*+ | PREFIX\s++[\w.-]*+:\s*+<[^<>"{}|^`\\\x00-\x20]*+>
      | BASE\s++<[^<>"{}|^`\\\x00-\x20]*+> )*+ (SELECT|ASK|CONSTRUCT|DESCRIBE)\b""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
"""A prologue as most queries write it: the form is read by this alone, not token by token."""
TOKEN_GAP: Final = rf"(?:{WHITE_SPACE}|\#[^\n\r]*[\n\r])*+"
SERVICE_CLAUSE: Final = re.compile(
    rf"service{TOKEN_GAP}(?:silent{TOKEN_GAP})?(?:<[^<>\s]*+>|[?$]\w++|[\w.-]*+:[^\s{{]*+){TOKEN_GAP}\{{",
    re.IGNORECASE,
)

ESCAPED_CODEPOINT: Final = re.compile(CODEPOINT_ESCAPE)
ENGINE_EXTENSION: Final = re.compile(
    r"\b(?:bif|sql):(?!/)|<(?:bif|sql)\b|`|\bdefine\s++[\w-]++:[\w-]++\s++[\"'<\d]", re.I
)
"""In strings as well, since engines differ on where a string ends."""


@dataclass(frozen=True)
class Inspection:
    """The properties of a query that decide how it is run, or that it is refused."""

    form: QueryForm | None
    """Its form, None where it is not a query."""
    update: str | None
    """The update operation it begins with, None where it is no update."""
    deterministic: bool
    """Whether two runs on the same data give the same answer."""
    calls_service: bool
    """Whether a SERVICE clause can be read in it."""
    has_dataset_clause: bool
    """Whether it names its dataset (`FROM`)."""
    body_start: int
    """The position of its first word after the prologue."""
    point_query: PointQuery | None = None
    """The parsed query, where it is a point query (kg.sparql.point_query_parser)."""


def inspect(text: str) -> Inspection:
    """The inspection of a text; those of short texts are cached."""
    return _inspect_cached(text) if len(text) <= MAX_INLINE_CHARS else _inspect(text)


async def inspect_in_thread(text: str) -> Inspection:
    """The same, in a thread where the text is long."""
    return await run_in_thread_if_large(partial(inspect, text), len(text), MAX_INLINE_CHARS)


def refuse_forbidden(inspection: Inspection) -> None:
    """Raises QueryRefused for an update and for a query that calls another server."""
    if (update := inspection.update) is not None:
        raise QueryRefused(
            f"{update} is an update; this endpoint only answers queries",
            f"{update} est une mise à jour ; ce point d'accès ne répond qu'à des requêtes",
        )
    if inspection.calls_service:
        raise QueryRefused(
            "SERVICE is not available here: this endpoint calls no other server;"
            " send the other part of the query to the other server and join the two answers",
            "SERVICE n'est pas disponible ici : ce point d'accès n'appelle aucun autre serveur ;"
            " envoyez l'autre partie de la requête à l'autre serveur et joignez les réponses",
        )


def reject_engine_extensions(text: str) -> None:
    """Raises QueryRefused for extensions of an engine that are no SPARQL 1.1.

    Virtuoso has `bif:` and `sql:` functions (its SQL, file and network functions) and text in
    backquotes; its DEFINE, which can fetch, is refused as no form of a query. Its account should
    be allowed nothing but reading all the same. A letter may be written `\\u0053` anywhere in a
    query (SPARQL 1.1, 19.2), and a remote engine has a network: decoded, it is inspected again.
    """
    plain = ESCAPED_CODEPOINT.sub(_decode_escape, text)
    if plain != text:
        refuse_forbidden(inspect(plain))
    match = ENGINE_EXTENSION.search(plain)
    if match:
        extension = match.group().strip("<")
        raise QueryRefused(
            f"{extension!r} is no SPARQL 1.1", f"{extension!r} n'est pas du SPARQL 1.1"
        )


def _decode_escape(match: re.Match[str]) -> str:
    code = int(match.group()[2:], 16)
    return chr(code) if code <= sys.maxunicode else match.group()


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
    prologue = COMMON_PROLOGUE.match(text)
    if prologue and not hints:
        return _build_inspection(prologue[1].upper(), prologue.start(1))
    volatile = any(hint in VOLATILE_HINTS for hint in hints)
    return _inspect_tokens(text, lower, may_be_volatile=volatile)


# a query is inspected by the fast path, and once more by its route where that has no answer
_inspect_cached = lru_cache(maxsize=64)(_inspect)


def _inspect_tokens(text: str, lower: str, *, may_be_volatile: bool) -> Inspection:
    """The inspection of a text token by token; `lower` is the text in lower case."""
    form, start, ambiguous, volatile, calls, graphs = "", 0, False, False, False, False
    brace_within = -1  # tokens among which the brace of a SERVICE clause may still come
    for token in tokenize(text):
        kind = token.lastgroup
        if kind == "comment":
            continue
        brace_within -= 1
        if kind == "word":
            word = token.group().upper()
            if not form and word not in PROLOGUE_KEYWORDS:
                form, start = word, token.start()
            # no engine needs a space before a word: `1RAND()` calls RAND, `SERVICESILENT` is two
            volatile = volatile or word.endswith(VOLATILE_FUNCTIONS)
            graphs = graphs or word == "FROM"
            if "SERVICE" in word:
                brace_within = 3  # SILENT, a name, the brace
        elif kind == "other":
            calls = calls or (brace_within >= 0 and token.group() == "{")
        elif kind == "name":
            if "service" in token.group().partition(":")[0].lower():
                brace_within = 1  # `SERVICEex:x {` is one name for the lexer
        elif kind == "iri" and not (iri := token.group()).startswith(("<http://", "<https://")):
            # perhaps a comparison, after which this `#` or `'` hides text from the lexer alone
            ambiguous = ambiguous or "#" in iri or "'" in iri
            volatile = volatile or any(name in iri.upper() for name in VOLATILE_CALLS)
    calls = calls or (ambiguous and _has_service_clause(text, lower))
    volatile = volatile or (ambiguous and may_be_volatile)
    return _build_inspection(
        form, start, deterministic=not volatile, calls=calls, has_dataset_clause=graphs
    )


def _build_inspection(
    first_word: str,
    start: int,
    *,
    deterministic: bool = True,
    calls: bool = False,
    has_dataset_clause: bool = False,
) -> Inspection:
    form = next((form for form in QUERY_FORMS if form == first_word), None)
    update = first_word if first_word in UPDATE_KEYWORDS else None
    return Inspection(form, update, deterministic, calls, has_dataset_clause, start)


def _has_service_clause(text: str, lower: str) -> bool:
    """Whether a text has the shape of a SERVICE clause anywhere; of a long one, its two parts."""
    if len(text) <= MAX_SERVICE_SCAN_LENGTH:
        return SERVICE_CLAUSE.search(text) is not None
    position = lower.find("service")
    return position >= 0 and "{" in lower[position:]
