"""N-Triples and N-Quads reader: statements parsed from lines, set-wise in DuckDB.

A regular expression matches ordinary lines, which are split at their blanks. The few others
(escapes, unusual spacing or labels, malformed lines) are parsed one by one.
https://www.w3.org/TR/n-quads/
"""

import csv
from collections.abc import Iterator
from typing import Any, Final

import duckdb
import pyoxigraph as ox

from kg import sql
from kg.sources.temp_files import make_temp_path

_IRI: Final = r'<[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*>'
_BLANK: Final = r"_:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?"
_LITERAL: Final = (
    r'"(?:[^"\\\x00-\x1f]|\\[tnr"\\])*"(?:@[A-Za-z]+(?:-[A-Za-z0-9]+)*|\^\^' + _IRI + ")?"
)
ORDINARY_LINE: Final = (
    f"(?:{_IRI}|{_BLANK}) {_IRI} (?:{_IRI}|{_BLANK}|{_LITERAL})(?: (?:{_IRI}|{_BLANK}))? \\."
)
BLANK_OR_COMMENT: Final = r"\s*(?:#.*)?"
# the last word before the dot is a graph name, unless it ends a literal, which contains a quote
_HAS_GRAPH: Final = "len(x) > 4 AND x[-2][1] IN ('<', '_') AND NOT contains(x[-2], '\"')"
XSD_STRING_SUFFIX: Final = "^^<http://www.w3.org/2001/XMLSchema#string>"
STATEMENT_COLUMNS: Final = "{'n': 'BIGINT', 's': 'VARCHAR', 'p': 'VARCHAR', 'o': 'VARCHAR'}"
REJECT_COLUMNS: Final = "{'n': 'BIGINT', 'text': 'VARCHAR', 'problem': 'VARCHAR'}"
MAX_REJECT_TEXT_LENGTH: Final = 10_000


def read_statements(db: duckdb.DuckDBPyConnection, lines: str, table: str, malformed: str) -> None:
    """Create the table (n, s, p, o) of the statements in a relation of lines (line, n).

    Subjects and predicates are bare IRIs, objects N-Triples terms; graph names are dropped. Invalid
    lines are added to the table of malformed lines with the problem `iri` or `statement`.
    """
    ordinary = f"regexp_full_match(line, {sql.literal(ORDINARY_LINE)})"
    cut = f"array_to_string(x[3 : len(x) - CASE WHEN {_HAS_GRAPH} THEN 2 ELSE 1 END], ' ')"
    db.execute(
        f"CREATE OR REPLACE TABLE {sql.identifier(table)} AS SELECT n, "
        f"{_build_bare_iri_sql('x[1]')} AS s, "
        f"{_build_bare_iri_sql('x[2]')} AS p, {_build_plain_literal_sql(cut)} AS o, odd FROM ("
        f"SELECT n, CASE WHEN ordinary THEN string_split(line, ' ') END AS x, "
        "CASE WHEN NOT ordinary THEN line END AS odd FROM ("
        f"SELECT n, line, {ordinary} AS ordinary FROM ({lines}) WHERE line IS NOT NULL))"
    )
    _parse_unusual_lines(db, table, malformed)
    db.execute(f"ALTER TABLE {sql.identifier(table)} DROP COLUMN odd")


def _build_bare_iri_sql(term: str) -> str:
    return f"replace(replace({term}, '<', ''), '>', '')"


def _build_plain_literal_sql(term: str) -> str:
    return (
        f"CASE WHEN ends_with({term}, '{XSD_STRING_SUFFIX}') THEN "
        f"{term}[:-{len(XSD_STRING_SUFFIX) + 1}] ELSE {term} END"
    )


def _parse_unusual_lines(db: duckdb.DuckDBPyConnection, table: str, malformed: str) -> None:
    odd = f"odd IS NOT NULL AND NOT regexp_full_match(odd, {sql.literal(BLANK_OR_COMMENT)})"
    read, refused = make_temp_path(db, "csv"), make_temp_path(db, "csv")
    cursor = db.cursor().execute(
        f"SELECT n, odd FROM {sql.identifier(table)} WHERE {odd} ORDER BY n"
    )
    count = 0
    with (
        read.open("w", encoding="utf-8", newline="") as good,
        refused.open("w", encoding="utf-8", newline="") as bad,
    ):
        writers = [
            csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL) for file in (good, bad)
        ]
        while rows := cursor.fetchmany(10_000):
            count += len(rows)
            for n, line in rows:
                _parse_line(n, line, *writers)
    db.execute(f"DELETE FROM {sql.identifier(table)} WHERE odd IS NOT NULL")
    if count:
        db.execute(
            f"INSERT INTO {sql.identifier(table)} SELECT *, NULL FROM "
            f"{_build_csv_scan(read, STATEMENT_COLUMNS)}"
        )
        db.execute(
            f"INSERT INTO {sql.identifier(malformed)} SELECT * FROM "
            f"{_build_csv_scan(refused, REJECT_COLUMNS)}"
        )


def _build_csv_scan(path: object, columns: str) -> str:
    return (
        f"read_csv({sql.literal(str(path))}, columns={columns}, header=false, "
        "auto_detect=false, new_line='\\n', "
        "delim=',', quote='\"', escape='\"', max_line_size=67108864)"
    )


def _parse_line(n: int, line: str, good: Any, bad: Any) -> None:
    try:
        quads = list(ox.parse(line, format=ox.RdfFormat.N_QUADS))
    except SyntaxError as error:
        problem = "iri" if "IRI" in error.msg and "must be" not in error.msg else "statement"
        bad.writerow((n, line[:MAX_REJECT_TEXT_LENGTH], problem))
    else:
        good.writerows((n, *_iter_terms(quad)) for quad in quads)


def _iter_terms(quad: ox.Quad) -> Iterator[str]:
    yield str(quad.subject).strip("<>")
    yield str(quad.predicate)[1:-1]
    yield str(quad.object)
