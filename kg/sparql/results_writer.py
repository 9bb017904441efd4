"""Writer of query results: serialises what the engine returns, counts rows, bounds bytes."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Final, cast

import pyoxigraph as ox

from kg.errors import QueryTooLarge
from kg.formats import CSV, N_TRIPLES, RDF_XML, SPARQL_JSON, SPARQL_TSV, SPARQL_XML, Format
from kg.rdf.io import write_with_used_prefixes
from kg.sparql.backend import ResultKind
from kg.sparql.messages import CHUNK_BYTES

Send = Callable[[bytes], None]
EngineResults = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples

OX_RESULT_FORMATS: Final = {
    SPARQL_JSON: ox.QueryResultsFormat.JSON,
    SPARQL_XML: ox.QueryResultsFormat.XML,
    CSV: ox.QueryResultsFormat.CSV,
    SPARQL_TSV: ox.QueryResultsFormat.TSV,
}

# What stands once per solution. A JSON solution that binds nothing is not counted (the bytes bound
# those); a literal that ends in `"}},{` looks like the mark but for its escaped quote.
ROW_MARKS: Final = {
    SPARQL_JSON: (b'"}},{"', b'"bindings":[{'),
    SPARQL_XML: (b"<result>",),
}
ESCAPED_ROW_MARK: Final = b'\\"}},{"'
ESCAPED_ROW_MARK_PATTERN: Final = re.compile(rb'(?<!\\)(?:\\\\)*\\"\}\},\{"')
ROW_MARK_OVERLAP: Final = 32
XML_FORBIDDEN_BYTES: Final = bytes(n for n in range(32) if n not in (9, 10, 13))
"""Control characters (https://www.w3.org/TR/xml/#charsets), each one byte of UTF-8."""
CSV_BATCH_ROWS: Final = 500
"""Rows of CSV that are written at a time."""


class BoundedSink:
    """The file an answer is written to: sends it on in large chunks, keeps within bytes.

    The engine gathers a few kilobytes by itself before it calls this.
    """

    def __init__(self, send: Send, most: int, checked: Send | None = None) -> None:
        self._send = send
        self._max_bytes = most
        self._observe = checked
        self._bytes = 0
        self._buffer: list[bytes] = []
        self._buffered_bytes = 0

    def write(self, data: bytes) -> int:
        size = len(data)
        self._bytes += size
        if self._bytes > self._max_bytes:
            raise QueryTooLarge(
                f"the answer is larger than {self._max_bytes:,} bytes",
                f"la réponse dépasse {self._max_bytes} octets",
            )
        if self._observe is not None:
            self._observe(data)
        self._buffer.append(data)
        self._buffered_bytes += size
        if self._buffered_bytes >= CHUNK_BYTES:
            self.finish()
        return size

    def flush(self) -> None:
        """Nothing: the engine asks for it at its end, and so does `end`."""

    def finish(self) -> None:
        """Sends what is still here."""
        if self._buffer:
            self._send(b"".join(self._buffer))
            self._buffer.clear()
            self._buffered_bytes = 0


class RowCounter:
    """The solutions seen in the bytes of an answer; refuses those beyond the limit."""

    def __init__(self, syntax: Format, most: int) -> None:
        self._marks = ROW_MARKS.get(syntax, ())
        self._max_rows = most
        self._tail = b""
        self._rows = 0 if self._marks else -1  # TSV has a line of names

    @property
    def rows(self) -> int:
        return max(self._rows, 0)

    def add(self, chunk: bytes) -> None:
        self._rows += self._count_new_marks(chunk) if self._marks else chunk.count(b"\n")
        if self._rows > self._max_rows:
            raise QueryTooLarge(
                f"the answer has more than {self._max_rows:,} rows",
                f"la réponse a plus de {self._max_rows} lignes",
            )

    def _count_new_marks(self, chunk: bytes) -> int:
        joined = self._tail + chunk
        fresh = self._count_marks(joined) - (self._count_marks(self._tail) if self._tail else 0)
        self._tail = joined[-ROW_MARK_OVERLAP:]
        return fresh

    def _count_marks(self, text: bytes) -> int:
        mark_count = 0
        for mark in self._marks:
            mark_count += text.count(mark)
        return (
            mark_count - len(ESCAPED_ROW_MARK_PATTERN.findall(text))
            if ESCAPED_ROW_MARK in text
            else mark_count
        )


def classify_results(results: EngineResults) -> ResultKind:
    """What sort of answer the engine gave."""
    if isinstance(results, ox.QueryTriples):
        return "graph"
    return "boolean" if isinstance(results, ox.QueryBoolean) else "solutions"


def choose_default_format(kind: ResultKind) -> Format:
    """The format of an answer nobody asked for in another."""
    return N_TRIPLES if kind == "graph" else SPARQL_JSON


def write_results(results: EngineResults, syntax: Format, send: Send, rows: int, most: int) -> int:
    """Writes an answer; gives its rows. Raises QueryTooLarge where it passes a limit."""
    if isinstance(results, ox.QueryTriples):
        return write_graph(results, syntax, send, rows, most)
    if syntax == CSV and isinstance(results, ox.QuerySolutions):
        return _write_csv(results, send, rows, most)
    count = RowCounter(syntax, rows)
    sink = BoundedSink(_drop_invalid_xml_characters(send, syntax), most, count.add)
    results.serialize(cast(IO[bytes], sink), OX_RESULT_FORMATS[syntax])
    sink.finish()
    return count.rows


def _drop_invalid_xml_characters(send: Send, syntax: Format) -> Send:
    """Leaves out of XML the characters that it cannot have, which the engine writes as they are."""
    if syntax not in (SPARQL_XML, RDF_XML):
        return send
    return lambda chunk: send(chunk.translate(None, XML_FORBIDDEN_BYTES))


def _write_csv(results: ox.QuerySolutions, send: Send, rows: int, most: int) -> int:
    """Writes CSV (https://www.w3.org/TR/sparql11-results-csv-tsv/).

    The engine leaves IRIs that hold a comma without quotes, which no reader of CSV understands.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([variable.value for variable in results.variables])
    count, sink = 0, BoundedSink(send, most)
    for count, solution in enumerate(results, 1):
        if count > rows:
            raise QueryTooLarge(
                f"the answer has more than {rows:,} rows",
                f"la réponse a plus de {rows} lignes",
            )
        writer.writerow(map(_format_cell, solution))
        if count % CSV_BATCH_ROWS == 0:
            sink.write(_drain(text))
    sink.write(_drain(text))
    sink.finish()
    return count


def _drain(text: io.StringIO) -> bytes:
    data = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return data


def _format_cell(term: object) -> str:
    if isinstance(term, ox.NamedNode | ox.Literal):
        return term.value
    return "" if term is None else str(term)


def write_graph(
    triples: Iterable[ox.Triple], syntax: Format, send: Send, rows: int, most: int
) -> int:
    """Writes triples; gives their number. Raises QueryTooLarge where they pass a limit."""
    count = 0

    def counted() -> Iterator[ox.Triple]:
        nonlocal count
        for triple in triples:
            count += 1
            if count > rows:
                raise QueryTooLarge(
                    f"the answer has more than {rows:,} triples",
                    f"la réponse a plus de {rows} triplets",
                )
            yield triple

    sink = BoundedSink(_drop_invalid_xml_characters(send, syntax), most)
    write_with_used_prefixes(counted(), cast(IO[bytes], sink), syntax)
    sink.finish()
    return count
