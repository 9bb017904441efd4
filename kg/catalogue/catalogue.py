"""Catalogue of a release: facade over its lists, records, labels and search."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import orjson

from kg.catalogue import (
    bitmap,
    facets,
    insee_codes,
    keyset,
    reconcile,
    record_sets,
    records,
    search,
)
from kg.catalogue import crosstab as counting
from kg.catalogue.bitmap import RecordSet
from kg.catalogue.certainty import Candidate
from kg.catalogue.concepts import MatchedConcept, search_concepts
from kg.catalogue.facets import FacetCounts
from kg.catalogue.filters import Filters, build_unknown_value_error, list_filter_columns
from kg.catalogue.ranking import RankingQuery, score_record
from kg.catalogue.record_history import RecordHistory
from kg.catalogue.record_sets import RecordRange
from kg.catalogue.records import ENTITY_COLUMNS, Field, Item
from kg.catalogue.schema import open_read_only
from kg.catalogue.search import TextQuery
from kg.catalogue.text_analysis import fold
from kg.errors import BadRequest
from kg.iris import build_record_iri
from kg.kinds import KIND_BY_NAME, Text
from kg.namespaces import ID, SCHEME

MAX_PAGE_RECORDS: Final = 500
"""Records of the largest page."""


@dataclass(frozen=True)
class ListPage:
    """One page of a list."""

    items: tuple[Item, ...]
    total: int
    next: str | None
    """Cursor of the page after this one."""
    facets: tuple[FacetCounts, ...]
    sort: str
    sorts: tuple[str, ...]
    suggestion: str = ""
    """What the text may have been meant to be, where no record has its words."""


@dataclass(frozen=True)
class SearchResults:
    """The answer of a search across kinds."""

    items: tuple[Item, ...]
    totals: Mapping[str, int]
    """Kind to the number of its records that match."""
    suggestion: str = ""
    """What the text may have been meant to be, where no record has all its words."""
    partial: bool = False
    """Whether no record has all the words: these have some of them."""
    words: tuple[str, ...] = field(default=())
    """The words that were looked for, to be shown in the results."""


class Catalogue(RecordHistory):
    """One catalogue file, read from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._fallback_connection: sqlite3.Connection | None = None
        self._postings = record_sets.PostingCache()
        file = self._connection
        self.release = str(
            next(file.execute("SELECT value FROM meta WHERE name = 'release'"), [""])[0]
        )
        self.fields: Mapping[str, tuple[Field, ...]] = records.read_fields(file)
        self._ranges = {
            name: RecordRange(name, first, size)
            for name, first, size in file.execute("SELECT name, first, records FROM kind")
        }

    @property
    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "file", None)
        if found is None:
            try:
                found = open_read_only(self._path)
            except sqlite3.OperationalError:  # removed while it is read: what is open still is
                if self._fallback_connection is None:
                    raise
                found = self._fallback_connection
            self._local.file = found
            self._fallback_connection = self._fallback_connection or found
        return found

    def count_by_kind(self) -> dict[str, int]:
        """Kind to the number of its records."""
        return {name: self._ranges[name].size for name in KIND_BY_NAME}

    def find_field(self, kind: str, name: str) -> Field | None:
        """A column of a kind."""
        return next((f for f in self.fields.get(kind, ()) if f.name == name), None)

    def read_page(
        self,
        kind: str,
        filters: Filters | None = None,
        sort: str = "",
        after: str = "",
        limit: int = 50,
        *,
        language: str = "fr",
        counted: bool = True,
    ) -> ListPage:
        """A page of a list with its facets; `after` is the `next` of the page before.

        Raises BadRequest for a value, an order, a cursor or a limit that cannot be used.
        """
        span, file = self._ranges[kind], self._connection
        filters = insee_codes.resolve_filters(file, filters or Filters())
        if not 1 <= limit <= MAX_PAGE_RECORDS:
            raise BadRequest(
                f"limit={limit}: a page has 1 to {MAX_PAGE_RECORDS} records",
                f"limit={limit} : une page compte de 1 à {MAX_PAGE_RECORDS} fiches",
            )
        chosen = self._choose_sort(kind, filters, sort)
        by = keyset.localise_sort(chosen, language)
        question, kept = self._apply_filters(span, filters)
        bits = record_sets.intersect(span, kept)
        keyed = keyset.decode_cursor(after, self.release, by) if after else None
        listed = [*islice(self._iterate_numbers(span, bits, by, keyed, question), limit + 1)]
        shown = listed[:limit]
        counter = facets.FacetCounter(file, self._postings, span, kept, filters)
        following = keyset.Cursor(self.release, by, shown[-1]) if len(listed) > limit else None
        return ListPage(
            items=tuple(self._read_items([number for _, number in shown])),
            total=len(bits),
            next=following.encode() if following else None,
            facets=tuple(
                counter.count_facet(name)
                for name in list_filter_columns(KIND_BY_NAME[kind])
                if counted
            ),
            sort=chosen,
            sorts=keyset.list_sorts(
                KIND_BY_NAME[kind], self._list_columns(kind), filters.has_words
            ),
            suggestion=search.suggest_query(file, question) if question and not bits else "",
        )

    def iterate_list(
        self,
        kind: str,
        filters: Filters | None = None,
        sort: str = "",
        *,
        language: str = "fr",
        valued: str = "",
    ) -> Iterator[Item]:
        """Every record of a list, in its order; the filters are checked at the call.

        With `latitude` or `day` only the records that have that, as in `total`.
        """
        filters = filters or Filters()
        span = self._ranges[kind]
        by = keyset.localise_sort(self._choose_sort(kind, filters, sort), language)
        question, kept = self._apply_filters(span, filters)
        bits = record_sets.intersect(span, kept)
        if valued:
            bits = bits & self._postings.get(self._connection, span, "#valued", valued)
        return self._read_in_batches(self._iterate_numbers(span, bits, by, None, question))

    def count_list(self, kind: str, filters: Filters | None = None, valued: str = "") -> int:
        """How many records a list has; with `latitude` or `day`, how many of them have that.

        `day` stands for a beginning known to the day.
        """
        span = self._ranges[kind]
        bits = record_sets.intersect(span, self._apply_filters(span, filters or Filters())[1])
        if valued:
            return bitmap.count_common(
                bits, self._postings.get(self._connection, span, "#valued", valued)
            )
        return len(bits)

    def compute_crosstab(
        self, kind: str, filters: Filters, by: Sequence[str]
    ) -> Sequence[counting.CrosstabRow]:
        """How many records of a list have each value of a column, or of two
        (kg.catalogue.crosstab).

        Raises BadRequest for columns or filters that cannot be used.
        """
        counting.check_columns(kind, by)
        filters, span = insee_codes.resolve_filters(self._connection, filters), self._ranges[kind]
        base = record_sets.intersect(span, self._apply_filters(span, filters)[1])
        chosen = filters.values.get("territory", ())
        return counting.compute_crosstab(self._connection, self._postings, span, base, by, chosen)

    def find_entity(self, kind: str, key: str) -> Item | None:
        """One record."""
        row = self._connection.execute(
            f"SELECT {ENTITY_COLUMNS} FROM entity WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
        return records.read_item(row) if row else None

    def read_labels(self, iris: Iterable[str]) -> dict[str, Text]:
        """The labels of records, concepts, sources and terms; unknown IRIs are absent."""
        wanted = dict.fromkeys(iris)
        roots = {iri: iri.partition("#")[0] for iri in wanted if iri.startswith(ID)}
        named = (root[len(ID) :].partition("/") for root in roots.values())
        pairs = orjson.dumps(
            [[kind, key] for kind, _, key in named if kind in KIND_BY_NAME]
        ).decode()
        known = {
            build_record_iri(kind, key): Text.with_fallback(fr, en, key)
            for kind, key, fr, en in self._connection.execute(
                "SELECT kind, entity.key, label_fr, label_en FROM json_each(?) JOIN entity "
                "ON kind = value ->> 0 AND entity.key = value ->> 1",
                (pairs,),
            )
        }
        found = {iri: known[root] for iri, root in roots.items() if root in known}
        others = orjson.dumps([iri for iri in wanted if iri not in found]).decode()
        for iri, fr, en in self._connection.execute(
            "SELECT iri, fr, en FROM json_each(?) JOIN label ON iri = value", (others,)
        ):
            found[iri] = Text.with_fallback(fr, en, "")
        return found

    def read_concepts(self, scheme: str) -> dict[str, Text]:
        """The concepts of a code list, by what follows its IRI, with their labels."""
        first, last = f"{SCHEME}{scheme}/", f"{SCHEME}{scheme}0"  # "0" is what follows "/"
        rows = self._connection.execute(
            "SELECT iri, fr, en FROM label WHERE iri > ? AND iri < ? ORDER BY iri", (first, last)
        )
        return {iri.removeprefix(first): Text.with_fallback(fr, en, "") for iri, fr, en in rows}

    def search(self, text: str, kinds: Sequence[str] = (), limit: int = 20) -> SearchResults:
        """The records of some kinds (all by default) that a text names, best first."""
        if not 1 <= limit <= MAX_PAGE_RECORDS:
            raise BadRequest(
                f"limit={limit}: an answer has 1 to {MAX_PAGE_RECORDS} records",
                f"limit={limit} : une réponse compte de 1 à {MAX_PAGE_RECORDS} fiches",
            )
        question = search.parse_query(text)
        spans = [self._ranges[kind] for kind in kinds or KIND_BY_NAME]
        if question is None:
            return SearchResults((), {})
        items = self._rank_best(
            spans, question, (question.whole_word_expression, question.expression)
        )
        partial = not items and len(question.words) > 1
        if partial:
            items = self._rank_best(spans, question, (question.any_word_expression,))
        wide = question.any_word_expression if partial else question.expression
        totals = {
            span.kind: len(search.find_members(self._connection, span, wide)) for span in spans
        }
        meant = "" if items and not partial else search.suggest_query(self._connection, question)
        return SearchResults(
            tuple(items[:limit]), totals, meant, partial and bool(items), question.words
        )

    def _rank_best(
        self, spans: Sequence[RecordRange], question: TextQuery, expressions: Sequence[str]
    ) -> Sequence[Item]:
        asked = RankingQuery.from_words(question.words)
        items = self._read_items(search.find_candidates(self._connection, spans, expressions))
        return sorted(items, key=lambda item: (-score_record(item, asked), item.id))

    def search_concepts(self, text: str, kinds: Sequence[str] = ()) -> Sequence[MatchedConcept]:
        """The concepts of the code lists that a text names; of some kinds, those they have."""
        question = search.parse_query(text)
        if question is None:
            return ()
        return search_concepts(
            self._connection, question, self.fields, kinds or tuple(KIND_BY_NAME)
        )

    def score_matches(self, text: str) -> Sequence[tuple[str, float]]:
        """(IRI, score) of the records that a text names, best first, `LIMIT` at most."""
        question = search.parse_query(text)
        if question is None:
            return []
        asked = RankingQuery.from_words(question.words)
        found = self.search(text, (), MAX_PAGE_RECORDS).items
        return [(item.iri, score_record(item, asked)) for item in found]

    def reconcile(self, query: reconcile.ReconciliationQuery) -> Sequence[Candidate]:
        """The records that a name, an identifier or values may mean, the most likely first."""
        source = reconcile.CatalogueAccess(
            self._connection,
            self._ranges,
            self._postings,
            self.fields,
            self._read_items,
            self.read_labels,
        )
        return reconcile.reconcile(source, query)

    def read_keys(self, kind: str, first: int, most: int) -> Sequence[tuple[str, str | None]]:
        """(key, when it last changed) of records of a kind, from that position (from 0) on."""
        start = self._ranges[kind].first + first
        last = min(start + most - 1, self._ranges[kind].last)
        return self._connection.execute(
            "SELECT key, changed FROM entity LEFT JOIN version USING (id) "
            "WHERE id BETWEEN ? AND ? ORDER BY id",
            (start, last),
        ).fetchall()

    def _apply_filters(
        self, span: RecordRange, filters: Filters
    ) -> tuple[TextQuery | None, dict[str, RecordSet]]:
        """The question the text asks and the set each filter keeps."""
        filters = insee_codes.resolve_filters(self._connection, filters)
        self._check_filters(span.kind, filters)
        question = search.parse_query(filters.text) if filters.text else None
        matched = (
            search.find_members(self._connection, span, question.expression) if question else None
        )
        return question, record_sets.select_by_filters(
            self._connection, self._postings, span, filters, matched
        )

    def _iterate_numbers(
        self,
        span: RecordRange,
        bits: RecordSet,
        by: str,
        after: keyset.SortKey | None,
        question: TextQuery | None,
    ) -> Iterator[keyset.SortKey]:
        if by == "relevance" and question:
            yield from self._iterate_ranked(span, bits, after, question)
            return
        yield from keyset.iterate_records(self._connection, self._postings, span, bits, by, after)

    def _iterate_ranked(
        self, span: RecordRange, bits: RecordSet, after: keyset.SortKey | None, question: TextQuery
    ) -> Iterator[keyset.SortKey]:
        """The matching records by how they answer, by the index alone where they are many."""
        asked = RankingQuery.from_words(question.words)
        keyed: Iterable[keyset.SortKey] = (
            sorted(
                (-round(score_record(item, asked), 6), item.id)
                for item in self._read_items(
                    [span.first + p for p in bitmap.iterate_positions(bits)]
                )
            )
            if len(bits) <= search.MAX_RERANKED
            else search.iterate_ranked(self._connection, span, question.expression)
        )
        for rank, number in keyed:
            if number - span.first in bits and (not after or (rank, number) > after):
                yield rank, number

    def _read_in_batches(self, numbers: Iterator[keyset.SortKey]) -> Iterator[Item]:
        while batch := [number for _, number in islice(numbers, MAX_PAGE_RECORDS)]:
            yield from self._read_items(batch)

    def _read_items(self, numbers: Sequence[int]) -> Iterator[Item]:
        """The records of these numbers, in this order."""
        rows = self._connection.execute(
            f"SELECT {ENTITY_COLUMNS} FROM entity WHERE id IN (SELECT value FROM json_each(?))",
            (orjson.dumps(numbers).decode(),),
        )
        found = {row[0]: records.read_item(row) for row in rows}
        return (found[number] for number in numbers)

    def _list_columns(self, kind: str) -> tuple[str, ...]:
        return tuple(f.name for f in self.fields[kind])

    def _choose_sort(self, kind: str, filters: Filters, sort: str) -> str:
        allowed = keyset.list_sorts(KIND_BY_NAME[kind], self._list_columns(kind), filters.has_words)
        if sort and sort not in allowed:
            there = ", ".join(allowed)
            raise BadRequest(
                f"sort={sort!r}: this list is sorted by {there}",
                f"sort={sort!r} : cette liste se trie par {there}",
            )
        return sort or allowed[0]

    def _check_filters(self, kind: str, filters: Filters) -> None:
        """Raises BadRequest for a value that means nothing in its column."""
        for name, values in filters.values.items():
            for value in values:
                if not self._is_known_value(kind, name, value):
                    raise self._build_value_error(kind, name, value)

    def _is_known_value(self, kind: str, name: str, value: str) -> bool:
        if self._postings.get(self._connection, self._ranges[kind], name, value):
            return True
        if name == "territory":
            return self.find_entity("territory", value) is not None
        if name == "source":
            return bool(self.read_labels([build_record_iri("source", value)]))
        column = self.find_field(kind, name)
        iri = column.build_iri(value) if column else None
        return iri is None or bool(self.read_labels([iri]))

    def _build_value_error(self, kind: str, name: str, value: str) -> BadRequest:
        if name != "territory":
            return build_unknown_value_error(self._connection, kind, name, value)
        meant = search.find_nearest_word(self._connection, fold(value)) or value
        near = [i.key for i in self.search(meant, ("territory",), 3).items]
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        suggestion = f" ; est-ce {', '.join(near)} ?" if near else ""
        return BadRequest(
            f"territory={value!r} is not a territory (commune-59350 is one){hint}",
            f"territory={value!r} n'est pas un territoire (commune-59350 en est un){suggestion}",
        )
