"""Point queries: bounded lookups and stars, answered in the server process without a worker.

To hand a question to a process and its answer back takes longer than to look a thing up: two
processes that take turns on a core find its caches cold each time. So a query of which the *text*
says that its work is bounded is not handed on (kg.sparql.point_query_parser):

- one triple pattern: each row is found by the next step through an index, so that what is found is
  written, and more than `MOST` bytes are not;
- a star, that is at most 16 values of known properties of known things, where nothing in the
  release can have more than `COMBINATIONS` combinations of them.

Whatever is longer, wrong or doubtful is left to the processes that can be killed, which begin anew.
The statements of a known subject are read from the subject index (kg.sparql.subject_index), and
written as SPARQL results JSON here; other formats, and other texts, are left to the engine, which
is open in this process for them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from operator import attrgetter
from typing import Final

import pyoxigraph as ox

from kg.errors import QueryTooLarge
from kg.formats import GRAPH_FORMATS, SPARQL_JSON, Format
from kg.sparql import results_json, results_writer
from kg.sparql.backend import Answer, QueryLimits, Question
from kg.sparql.point_query_parser import PointQuery, TriplePattern
from kg.sparql.projection import write_out_star
from kg.sparql.results_json import SolutionRow
from kg.sparql.subject_index import SubjectIndex

MAX_ANSWER_BYTES: Final = 32 * 1024
"""Bytes of an answer, which take less than a millisecond to find and to write."""
MAX_COMBINATIONS: Final = 1000
TRIPLE_PARTS: Final = (attrgetter("subject"), attrgetter("predicate"), attrgetter("object"))


@dataclass(frozen=True)
class PointQueries:
    """A release, open in this process for lookups."""

    store: ox.Store
    limits: QueryLimits
    max_values: Mapping[str, int] | None
    """How many values one thing has at most, by property; without it, stars are not looked up."""
    subject_index: SubjectIndex | None = None
    """The statements of each subject; without them, the engine is asked."""

    def run(self, question: Question, lookup: PointQuery) -> Answer | None:
        """The answer to a point query, the parsed text of a question; None where a worker has to
        find it or to tell what is wrong."""
        if question.default_graphs or question.named_graphs or question.format in GRAPH_FORMATS:
            return None
        if not self._has_few_rows(lookup.patterns):
            return None
        syntax = question.format or results_writer.choose_default_format("solutions")
        try:
            if (
                syntax == SPARQL_JSON
                and (read_here := self._answer_without_engine(lookup)) is not None
            ):
                return read_here
            return self._query_engine(question, syntax)
        except (QueryTooLarge, SyntaxError, ValueError, OSError):
            return None  # what is wrong with it is told by the process that is asked next

    @property
    def max_bytes(self) -> int:
        """Bytes of an answer that is given here."""
        return min(MAX_ANSWER_BYTES, self.limits.bytes)

    def _query_engine(self, question: Question, syntax: Format) -> Answer:
        """The engine's answer."""
        parts: list[bytes] = []
        results = self.store.query(
            write_out_star(question.text, question.base), base_iri=question.base
        )
        rows = results_writer.write_results(
            results, syntax, parts.append, self.limits.rows, self.max_bytes
        )
        return Answer(results_writer.classify_results(results), syntax, b"".join(parts), rows=rows)

    def _has_few_rows(self, patterns: Sequence[TriplePattern]) -> bool:
        if len(patterns) == 1:
            return True
        rows = 1
        for _, property_, _ in patterns:
            # one that is not there may be another for the engine, by a relative prefix or dots
            rows *= (self.max_values or {}).get(property_, MAX_COMBINATIONS + 1)
        return rows <= MAX_COMBINATIONS

    def _answer_without_engine(self, lookup: PointQuery) -> Answer | None:
        """The answer without the engine; None where only it can tell. Raises QueryTooLarge."""
        if self.subject_index is None or not lookup.needs_no_engine:
            return None
        one = lookup.patterns[0]
        if len(lookup.patterns) == 1 and one[0][0] == "?":
            rows: Iterable[SolutionRow] = self._iterate_matches(one, lookup.projection or ())
        else:
            subjects = {subject for subject, _, _ in lookup.patterns}
            statements = {
                subject: self.subject_index.find_statements(subject) for subject in subjects
            }
            if None in statements.values():
                return None
            rows = _combine_rows(
                [_select_statements(statements[s] or (), p, o) for s, p, o in lookup.patterns],
                lookup,
            )
        if lookup.projection is None:
            return Answer(
                "boolean", SPARQL_JSON, results_json.write_boolean(any(True for _ in rows)), 0
            )
        limited_rows = islice(rows, lookup.limit)
        text, count = results_json.write_solutions(
            lookup.projection, limited_rows, self.limits.rows, self.max_bytes
        )
        return Answer("solutions", SPARQL_JSON, text, count)

    def _iterate_matches(
        self, pattern: TriplePattern, projection: Sequence[str]
    ) -> Iterator[SolutionRow]:
        """The solutions of a pattern whose subject is not known, by steps through an index."""
        _, property_, value = (None if t[0] == "?" else ox.NamedNode(t) for t in pattern)
        parts = [TRIPLE_PARTS[pattern.index(name)] for name in projection]
        for quad in self.store.quads_for_pattern(None, property_, value, ox.DefaultGraph()):
            yield [str(part(quad)) for part in parts]


def _select_statements(statements: Iterable[str], property_: str, value: str) -> list[SolutionRow]:
    """The properties and values of the statements that a pattern asks for."""
    if property_[0] != "?":
        begin = f"<{property_}> "
        statements = [statement for statement in statements if statement.startswith(begin)]
    pairs: list[SolutionRow] = [statement.split(" ", 1) for statement in statements]
    return (
        pairs
        if value[0] == "?"
        else [statement for statement in pairs if statement[1] == f"<{value}>"]
    )


def _combine_rows(
    matches: Sequence[Sequence[SolutionRow]], lookup: PointQuery
) -> Iterable[SolutionRow]:
    """Each combination of what the patterns have found, as what is shown of it."""
    where = {
        term: (number, place)
        for number, pattern in enumerate(lookup.patterns)
        for place, term in enumerate(pattern[1:])
    }
    places = [where[name] for name in lookup.projection or ()]
    if places == [(0, 0), (0, 1)]:
        return matches[0]  # as they are
    return ([chosen[number][place] for number, place in places] for chosen in product(*matches))
