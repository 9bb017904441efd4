"""Writer of SPARQL results JSON for solutions found without the engine."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final

import orjson

from kg.errors import QueryTooLarge

MAX_CACHED_NODES: Final = 10_000
"""IRIs whose text is kept: properties, classes and codes are in most answers."""
BATCH_SOLUTIONS: Final = 32
"""Solutions that are written at a time."""

SolutionRow = Sequence[str]
"""The terms that a solution binds, in N-Triples as the engine writes them."""


def write_solutions(
    names: Sequence[str], rows: Iterable[SolutionRow], most_rows: int, most_bytes: int
) -> tuple[bytes, int]:
    """Solutions that bind the variables `names`, as JSON, and how many.

    Raises QueryTooLarge where they pass a limit.
    """
    plain = [name.removeprefix("?") for name in names]
    form = "{" + ",".join(f'"{name}":%s' for name in plain) + "}"
    bindings, count, size, left = list[str](), 0, 0, iter(rows)
    while batch := list(islice(left, BATCH_SOLUTIONS)):
        cells = [
            _format_literal(t) if t[0] == '"' else _format_node(t) for row in batch for t in row
        ]
        text = ",".join([form] * len(batch)) % tuple(cells)
        bindings.append(text)
        size += len(text)
        count += len(batch)
        if size > most_bytes or count > most_rows:
            raise QueryTooLarge("the answer is longer than may be written")
    head = ",".join(f'"{name}"' for name in plain)
    document = (
        f'{{"head":{{"vars":[{head}]}},"results":{{"bindings":[{",".join(bindings)}]}}}}'.encode()
    )
    if len(document) > most_bytes:
        raise QueryTooLarge("the answer is longer than may be written")
    return document, count


def write_boolean(answer: bool) -> bytes:
    """Yes or no."""
    return b'{"head":{},"boolean":true}' if answer else b'{"head":{},"boolean":false}'


def _format_literal(term: str) -> str:
    """A literal (https://www.w3.org/TR/sparql11-results-json/#select-encode-terms)."""
    # the engine escapes in N-Triples what JSON wants escaped, and in the same way
    if term[-1] == '"':
        return '{"type":"literal","value":' + term + "}"
    end = term.rindex('"') + 1
    text, tail = term[:end], term[end:]
    if tail[0] == "@":
        return f'{{"type":"literal","value":{text},"xml:lang":"{tail[1:]}"}}'
    return f'{{"type":"literal","value":{text},"datatype":{_format_string(tail[3:-1])}}}'


@lru_cache(MAX_CACHED_NODES)
def _format_node(term: str) -> str:
    """An IRI or a blank node."""
    kind, value = ("bnode", term[2:]) if term[0] == "_" else ("uri", term[1:-1])
    return f'{{"type":"{kind}","value":{_format_string(value)}}}'


def _format_string(value: str) -> str:
    return orjson.dumps(value).decode()
