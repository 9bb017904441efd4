"""Answers of the engine written out in a format and counted on the way (worker side)."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Final, cast

import pyoxigraph as ox

from kg import rdf
from kg.errors import QueryTooLarge
from kg.formats import CSV, N_TRIPLES, RDF_XML, SPARQL_JSON, SPARQL_TSV, SPARQL_XML, Format
from kg.sparql.backend import Kind
from kg.sparql.messages import CHUNK

Send = Callable[[bytes], None]
Results = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples

RESULT_FORMATS: Final = {
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
ESCAPED: Final = b'\\"}},{"'
ESCAPED_QUOTE: Final = re.compile(rb'(?<!\\)(?:\\\\)*\\"\}\},\{"')
TAIL: Final = 32
NOT_IN_XML: Final = bytes(n for n in range(32) if n not in (9, 10, 13))
"""Control characters (https://www.w3.org/TR/xml/#charsets), each one byte of UTF-8."""
BATCH: Final = 500
"""Rows of CSV that are written at a time."""


class Sink:
    """The file an answer is written to: sends it on in large chunks, keeps within bytes.

    The engine gathers a few kilobytes by itself before it calls this.
    """

    def __init__(self, send: Send, most: int, checked: Send | None = None) -> None:
        self._send = send
        self._most = most
        self._checked = checked
        self._bytes = 0
        self._gathered: list[bytes] = []
        self._waiting = 0

    def write(self, data: bytes) -> int:
        size = len(data)
        self._bytes += size
        if self._bytes > self._most:
            raise QueryTooLarge(
                f"the answer is larger than {self._most:,} bytes",
                f"la réponse dépasse {self._most} octets",
            )
        if self._checked is not None:
            self._checked(data)
        self._gathered.append(data)
        self._waiting += size
        if self._waiting >= CHUNK:
            self.end()
        return size

    def flush(self) -> None:
        """Nothing: the engine asks for it at its end, and so does `end`."""

    def end(self) -> None:
        """Sends what is still here."""
        if self._gathered:
            self._send(b"".join(self._gathered))
            self._gathered.clear()
            self._waiting = 0


class RowCount:
    """The solutions seen in the bytes of an answer; refuses those beyond the limit."""

    def __init__(self, syntax: Format, most: int) -> None:
        self._marks = ROW_MARKS.get(syntax, ())
        self._most = most
        self._tail = b""
        self._seen = 0 if self._marks else -1  # TSV has a line of names

    @property
    def rows(self) -> int:
        return max(self._seen, 0)

    def add(self, chunk: bytes) -> None:
        self._seen += self._marked(chunk) if self._marks else chunk.count(b"\n")
        if self._seen > self._most:
            raise QueryTooLarge(
                f"the answer has more than {self._most:,} rows",
                f"la réponse a plus de {self._most} lignes",
            )

    def _marked(self, chunk: bytes) -> int:
        joined = self._tail + chunk
        fresh = self._count(joined) - (self._count(self._tail) if self._tail else 0)
        self._tail = joined[-TAIL:]
        return fresh

    def _count(self, text: bytes) -> int:
        found = 0
        for mark in self._marks:
            found += text.count(mark)
        return found - len(ESCAPED_QUOTE.findall(text)) if ESCAPED in text else found


def kind_of(results: Results) -> Kind:
    """What sort of answer the engine gave."""
    if isinstance(results, ox.QueryTriples):
        return "graph"
    return "boolean" if isinstance(results, ox.QueryBoolean) else "solutions"


def default_format(kind: Kind) -> Format:
    """The format of an answer nobody asked for in another."""
    return N_TRIPLES if kind == "graph" else SPARQL_JSON


def write(results: Results, syntax: Format, send: Send, rows: int, most: int) -> int:
    """Writes an answer; gives its rows. Raises QueryTooLarge where it passes a limit."""
    if isinstance(results, ox.QueryTriples):
        return write_graph(results, syntax, send, rows, most)
    if syntax == CSV and isinstance(results, ox.QuerySolutions):
        return _write_csv(results, send, rows, most)
    count = RowCount(syntax, rows)
    sink = Sink(_well_formed(send, syntax), most, count.add)
    results.serialize(cast(IO[bytes], sink), RESULT_FORMATS[syntax])
    sink.end()
    return count.rows


def _well_formed(send: Send, syntax: Format) -> Send:
    """Leaves out of XML the characters that it cannot have, which the engine writes as they are."""
    if syntax not in (SPARQL_XML, RDF_XML):
        return send
    return lambda chunk: send(chunk.translate(None, NOT_IN_XML))


def _write_csv(results: ox.QuerySolutions, send: Send, rows: int, most: int) -> int:
    """Writes CSV (https://www.w3.org/TR/sparql11-results-csv-tsv/).

    The engine leaves IRIs that hold a comma without quotes, which no reader of CSV understands.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([variable.value for variable in results.variables])
    count, sink = 0, Sink(send, most)
    for count, solution in enumerate(results, 1):
        if count > rows:
            raise QueryTooLarge(
                f"the answer has more than {rows:,} rows",
                f"la réponse a plus de {rows} lignes",
            )
        writer.writerow(map(_cell, solution))
        if count % BATCH == 0:
            sink.write(_taken(text))
    sink.write(_taken(text))
    sink.end()
    return count


def _taken(text: io.StringIO) -> bytes:
    data = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return data


def _cell(term: object) -> str:
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

    sink = Sink(_well_formed(send, syntax), most)
    rdf.write_answer(counted(), cast(IO[bytes], sink), syntax)
    sink.end()
    return count
