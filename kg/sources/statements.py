"""RDF statements read from lines of N-Triples or N-Quads, set-wise in DuckDB.

Ordinary lines are recognised by one expression and cut at their blanks; the few others (escapes,
odd spacing, labels out of the ordinary, what is malformed) are parsed one by one.
https://www.w3.org/TR/n-quads/
"""

import csv
from collections.abc import Iterator
from typing import Any, Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.sources.scratch import scratch_file

_IRI: Final = r'<[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*>'
_BLANK: Final = r"_:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?"
_LITERAL: Final = (
    r'"(?:[^"\\\x00-\x1f]|\\[tnr"\\])*"(?:@[A-Za-z]+(?:-[A-Za-z0-9]+)*|\^\^' + _IRI + ")?"
)
ORDINARY: Final = (
    f"(?:{_IRI}|{_BLANK}) {_IRI} (?:{_IRI}|{_BLANK}|{_LITERAL})(?: (?:{_IRI}|{_BLANK}))? \\."
)
NOTHING: Final = r"\s*(?:#.*)?"
# The last word before the dot names a graph, unless it ends a literal: that has a quote in it.
_GRAPH: Final = "len(x) > 4 AND x[-2][1] IN ('<', '_') AND NOT contains(x[-2], '\"')"
STRING: Final = "^^<http://www.w3.org/2001/XMLSchema#string>"
COLUMNS: Final = "{'n': 'BIGINT', 's': 'VARCHAR', 'p': 'VARCHAR', 'o': 'VARCHAR'}"
REFUSED: Final = "{'n': 'BIGINT', 'text': 'VARCHAR', 'problem': 'VARCHAR'}"
TOLD: Final = 10_000


def read_statements(db: duckdb.DuckDBPyConnection, lines: str, table: str, malformed: str) -> None:
    """Makes the table (n, s, p, o) of the statements of lines (line, n).

    `s` and `p` are bare, `o` is an N-Triples term; graphs are left out. Lines that are no statement
    are added to the table of malformed lines with what is wrong: `iri` or `statement`.
    """
    ordinary = f"regexp_full_match(line, {sql.text(ORDINARY)})"
    cut = f"array_to_string(x[3 : len(x) - CASE WHEN {_GRAPH} THEN 2 ELSE 1 END], ' ')"
    db.execute(
        f"CREATE OR REPLACE TABLE {sql.name(table)} AS SELECT n, {_bare('x[1]')} AS s, "
        f"{_bare('x[2]')} AS p, {_plain(cut)} AS o, odd FROM ("
        f"SELECT n, CASE WHEN ordinary THEN string_split(line, ' ') END AS x, "
        "CASE WHEN NOT ordinary THEN line END AS odd FROM ("
        f"SELECT n, line, {ordinary} AS ordinary FROM ({lines}) WHERE line IS NOT NULL))"
    )
    _parse_odd(db, table, malformed)
    db.execute(f"ALTER TABLE {sql.name(table)} DROP COLUMN odd")


def _bare(term: str) -> str:
    return f"replace(replace({term}, '<', ''), '>', '')"


def _plain(term: str) -> str:
    return (
        f"CASE WHEN ends_with({term}, '{STRING}') THEN {term}[:-{len(STRING) + 1}] ELSE {term} END"
    )


def _parse_odd(db: duckdb.DuckDBPyConnection, table: str, malformed: str) -> None:
    odd = f"odd IS NOT NULL AND NOT regexp_full_match(odd, {sql.text(NOTHING)})"
    read, refused = scratch_file(db, "csv"), scratch_file(db, "csv")
    found = db.cursor().execute(f"SELECT n, odd FROM {sql.name(table)} WHERE {odd} ORDER BY n")
    count = 0
    with (
        read.open("w", encoding="utf-8", newline="") as good,
        refused.open("w", encoding="utf-8", newline="") as bad,
    ):
        writers = [
            csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL) for file in (good, bad)
        ]
        while rows := found.fetchmany(10_000):
            count += len(rows)
            for n, line in rows:
                _parse(n, line, *writers)
    db.execute(f"DELETE FROM {sql.name(table)} WHERE odd IS NOT NULL")
    if count:
        db.execute(f"INSERT INTO {sql.name(table)} SELECT *, NULL FROM {_csv(read, COLUMNS)}")
        db.execute(f"INSERT INTO {sql.name(malformed)} SELECT * FROM {_csv(refused, REFUSED)}")


def _csv(path: object, columns: str) -> str:
    return (
        f"read_csv({sql.text(str(path))}, columns={columns}, header=false, "
        "auto_detect=false, new_line='\\n', "
        "delim=',', quote='\"', escape='\"', max_line_size=67108864)"
    )


def _parse(n: int, line: str, good: Any, bad: Any) -> None:
    try:
        quads = list(ox.parse(line, format=ox.RdfFormat.N_QUADS))
    except SyntaxError as error:
        problem = "iri" if "IRI" in error.msg and "must be" not in error.msg else "statement"
        bad.writerow((n, line[:TOLD], problem))
    else:
        good.writerows((n, *_terms(quad)) for quad in quads)


def _terms(quad: ox.Quad) -> Iterator[str]:
    yield str(quad.subject).strip("<>")
    yield str(quad.predicate)[1:-1]
    yield str(quad.object)
