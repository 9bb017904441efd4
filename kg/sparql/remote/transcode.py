"""Transcoder of remote results: parses an engine's answer and writes it in the format asked for.

Engines differ in what they write (Virtuoso has its own names for blank nodes and its own form of
an ASK result), so each kind of answer is requested in one format, parsed and serialised anew.
"""

from collections.abc import Callable
from typing import IO, Final, cast

import pyoxigraph as ox

from kg.formats import N_TRIPLES, SPARQL_JSON, Format
from kg.sparql import results_writer
from kg.sparql.backend import QueryLimits, ResultKind
from kg.sparql.query_inspection import QueryForm
from kg.sparql.results_writer import Send

KIND_OF_FORM: Final[dict[QueryForm, ResultKind]] = {
    "SELECT": "solutions",
    "ASK": "boolean",
    "CONSTRUCT": "graph",
    "DESCRIBE": "graph",
}
XSD_BOOLEAN: Final = b"http://www.w3.org/2001/XMLSchema#boolean"
VIRTUOSO_FIXES: Final = (
    (b'"type": "bnode", "value": "nodeID://', b'"type": "bnode", "value": "'),
    *(
        (b'"datatype": "%s", "value": "%s"' % (XSD_BOOLEAN, digit),
         b'"datatype": "%s", "value": "%s"' % (XSD_BOOLEAN, word))
        for digit, word in ((b"0", b"false"), (b"1", b"true"))
    ),
)  # fmt: skip
"""Bytes that Virtuoso writes, and those it should: labels of blank nodes, booleans. The quotes of a
string in the data are escaped, so that it never looks like this."""
MAX_FIX_BYTES: Final = max(len(wrong) for wrong, _ in VIRTUOSO_FIXES)
TRUE_VALUES: Final = frozenset(["1", "true"])


class ResponseStream:
    """The bytes of an engine as a file to parse, read in a thread that may wait for them."""

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._next_chunk = more
        self._ready = b""
        self._tail = b""
        self._at_end = False

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, none at the end."""
        while not self._ready and not self._at_end:
            self._read_chunk()
        if size < 0:
            size = len(self._ready)
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    def _read_chunk(self) -> None:
        chunk = self._next_chunk()
        self._at_end = not chunk
        text = self._tail + chunk
        for wrong, right in VIRTUOSO_FIXES:
            text = text.replace(wrong, right)
        # the end may be the beginning of a wrong text that the next chunk completes
        tail_size = 0 if self._at_end else MAX_FIX_BYTES - 1
        cut = max(len(text) - tail_size, 0)
        self._ready, self._tail = text[:cut], text[cut:]


def choose_request_format(kind: ResultKind) -> Format:
    """The format that an engine is asked for, by kind of answer."""
    return N_TRIPLES if kind == "graph" else SPARQL_JSON


def transcode_or_return_error(
    more: Callable[[], bytes], kind: ResultKind, syntax: Format, send: Send, limits: QueryLimits
) -> int | Exception:
    """Writes an answer as it arrives; gives its number of rows, or the error.

    The error is returned without its traceback, whose frames hold the results: raised, it would
    take them to another thread, and pyoxigraph aborts the process there.
    """
    try:
        return transcode(more, kind, syntax, send, limits)
    except Exception as error:
        chained: BaseException | None = error
        while chained is not None:
            chained = chained.with_traceback(None).__context__
        return error


def transcode(
    more: Callable[[], bytes], kind: ResultKind, syntax: Format, send: Send, limits: QueryLimits
) -> int:
    """Writes an answer as it arrives; gives its number of rows.

    Raises QueryTooLarge beyond a limit, SyntaxError or ValueError for what is no answer.
    """
    source = cast(IO[bytes], ResponseStream(more))
    if kind == "graph":
        triples = (q.triple for q in ox.parse(source, ox.RdfFormat.N_TRIPLES, lenient=True))
        return results_writer.write_graph(triples, syntax, send, limits.rows, limits.bytes)
    results = ox.parse_query_results(source, ox.QueryResultsFormat.JSON)
    if kind == "boolean" and isinstance(results, ox.QuerySolutions):
        results = _parse_virtuoso_boolean(results)
    return results_writer.write_results(results, syntax, send, limits.rows, limits.bytes)


def _parse_virtuoso_boolean(results: ox.QuerySolutions) -> ox.QueryBoolean:
    """An ASK result of Virtuoso: a table of one number."""
    answer = any(isinstance(s[0], ox.Literal) and s[0].value in TRUE_VALUES for s in results)
    text = b'{"head":{},"boolean":%s}' % (b"true" if answer else b"false")
    return cast(ox.QueryBoolean, ox.parse_query_results(text, ox.QueryResultsFormat.JSON))
