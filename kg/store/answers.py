"""Answers of the engine written out in a format and counted on the way (worker side)."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

import pyoxigraph as ox

from kg import rdf
from kg.errors import QueryTooLarge
from kg.formats import CSV, N_TRIPLES, SPARQL_JSON, SPARQL_TSV, SPARQL_XML, Format
from kg.store.endpoint import Kind
from kg.store.frames import CHUNK

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
BATCH: Final = 500
"""Rows of CSV that are written at a time."""


class Sink(io.RawIOBase):
    """Where answers go in chunks: sends them, keeps within bytes."""

    def __init__(self) -> None:
        self.broken = False
        """Whether the answer has failed: what is still gathered goes nowhere."""

    def begin(self, send: Send, most: int, checked: Send) -> None:
        """Makes it ready for another answer."""
        self._send = send
        self._most = most
        self._checked = checked
        self.bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self.broken:
            return len(data)
        chunk = bytes(data)
        self.bytes += len(chunk)
        if self.bytes > self._most:
            raise QueryTooLarge(
                f"the answer is larger than {self._most:,} bytes",
                f"la réponse dépasse {self._most} octets",
            )
        self._checked(chunk)
        self._send(chunk)
        return len(chunk)


SPARE: Final[list[tuple[Sink, io.BufferedWriter]]] = []
"""Files whose answer has ended, for the next ones: to make them takes as long as a short answer."""


@contextmanager
def gathering(send: Send, most: int, checked: Send) -> Iterator[IO[bytes]]:
    """The file the engine writes to, a few bytes at a time: they are gathered without Python."""
    sink, file = SPARE.pop() if SPARE else _files()
    sink.begin(send, most, checked)
    try:
        yield file
        file.flush()
    except BaseException:
        sink.broken = True
        raise
    SPARE.append((sink, file))


def _files() -> tuple[Sink, io.BufferedWriter]:
    sink = Sink()
    return sink, io.BufferedWriter(sink, CHUNK)


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
        fresh = self._count(joined) - self._count(self._tail)
        self._tail = joined[-TAIL:]
        return fresh

    def _count(self, text: bytes) -> int:
        escaped = len(ESCAPED_QUOTE.findall(text)) if ESCAPED in text else 0
        return sum(text.count(mark) for mark in self._marks) - escaped


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
    with gathering(send, most, count.add) as file:
        results.serialize(file, RESULT_FORMATS[syntax])
    return count.rows


def _write_csv(results: ox.QuerySolutions, send: Send, rows: int, most: int) -> int:
    """Writes CSV (https://www.w3.org/TR/sparql11-results-csv-tsv/).

    The engine leaves IRIs that hold a comma without quotes, which no reader of CSV understands.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([variable.value for variable in results.variables])
    count = 0
    with gathering(send, most, lambda _: None) as file:
        for count, solution in enumerate(results, 1):
            if count > rows:
                raise QueryTooLarge(
                    f"the answer has more than {rows:,} rows",
                    f"la réponse a plus de {rows} lignes",
                )
            writer.writerow(map(_cell, solution))
            if count % BATCH == 0:
                file.write(_taken(text))
        file.write(_taken(text))
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

    with gathering(send, most, lambda _: None) as file:
        rdf.write_answer(counted(), file, syntax)
    return count
