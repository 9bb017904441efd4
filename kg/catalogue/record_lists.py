"""Lists of a catalogue: filtered, sorted, counted by facet, paged or complete."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import orjson

from kg.catalogue import (
    bitmap,
    crosstab,
    facets,
    insee_codes,
    keyset,
    record_sets,
    same_things,
    search,
)
from kg.catalogue.bitmap import RecordSet
from kg.catalogue.code_names import is_known_code, name_value
from kg.catalogue.extent_index import VALUED_FIELD
from kg.catalogue.facets import FacetCounts
from kg.catalogue.filters import (
    KEY_FILTERS,
    UNSTATED,
    Filters,
    build_unknown_value_error,
    list_filter_columns,
)
from kg.catalogue.near_values import MAX_NEAR, find_near
from kg.catalogue.ranking import RankingQuery, score_record
from kg.catalogue.record_search import MAX_PAGE_RECORDS, RecordSearch
from kg.catalogue.record_sets import RecordRange
from kg.catalogue.records import Item
from kg.catalogue.search import TextQuery
from kg.catalogue.text_analysis import fold
from kg.errors import InvalidParameter, ParameterFault
from kg.iris import build_record_iri
from kg.kinds import KIND_BY_NAME, KINDS, find_relation

TOPICS: Final = "topics"
"""The column of the topics of a record."""


@dataclass(frozen=True)
class ListPage:
    """Page of a list."""

    items: tuple[Item, ...]
    total: int
    next: str | None
    """Cursor of the next page."""
    facets: tuple[FacetCounts, ...]
    sort: str
    sorts: tuple[str, ...]
    suggestion: str = ""
    """Corrected search text with results, where the given one has none."""


def check_limit(limit: int) -> None:
    """Raise BadRequest for a number of records that no page has."""
    if not 1 <= limit <= MAX_PAGE_RECORDS:
        raise InvalidParameter(
            f"limit={limit}: a page has 1 to {MAX_PAGE_RECORDS} records",
            f"limit={limit} : une page compte de 1 à {MAX_PAGE_RECORDS} fiches",
            ParameterFault.NO_NUMBER,
            ("limit",),
            str(limit),
        )


class RecordLists(RecordSearch):
    """Catalogue with one list of records per kind."""

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
        """Return a page of a list with its facets; `after` is the `next` of the previous page.

        Raises BadRequest for an invalid value, sort order, cursor or limit.
        """
        span, file = self._ranges[kind], self._connection
        filters = self.resolve_filters(filters or Filters())
        check_limit(limit)
        chosen = self._choose_sort(kind, filters, sort)
        by = keyset.localise_sort(chosen, language)
        query, sets = self._apply_filters(span, filters)
        bits = record_sets.intersect(sets)
        after_key = keyset.decode_cursor(after, self.release, by) if after else None
        entries = [*islice(self._iterate_numbers(span, bits, by, after_key, query), limit + 1)]
        page = entries[:limit]
        counter = facets.FacetCounter(file, self._postings, span, sets, filters)
        cursor = keyset.Cursor(self.release, by, page[-1]) if len(entries) > limit else None
        return ListPage(
            items=tuple(self._read_items([number for _, number in page])),
            total=len(bits),
            next=cursor.encode() if cursor else None,
            facets=tuple(counter.count_facet(name) for name in self.list_filters(kind) if counted),
            sort=chosen,
            sorts=keyset.list_sorts(
                KIND_BY_NAME[kind], self._list_columns(kind), filters.has_words
            ),
            suggestion=search.suggest_query(file, query) if query and not bits else "",
        )

    def resolve_filters(self, filters: Filters) -> Filters:
        """Replace former communes, and records that another one stands for, by those of today.

        Raises BadRequest where a commune was shared out.
        """
        today = insee_codes.resolve_filters(self._connection, filters)
        return same_things.resolve_filters(self._connection, today)

    def list_filters(self, kind: str) -> tuple[str, ...]:
        """List the columns that filter lists of a kind; an older release may lack some facets."""
        declared, columns = KIND_BY_NAME[kind], self._list_columns(kind)
        lacking = set(declared.facets).difference(columns)
        return tuple(name for name in list_filter_columns(declared) if name not in lacking)

    def iterate_list(
        self,
        kind: str,
        filters: Filters | None = None,
        sort: str = "",
        *,
        language: str = "fr",
        valued: str = "",
    ) -> Iterator[Item]:
        """Yield all records of a list in its order; the filters are validated immediately.

        `valued` is as in `count_list`.
        """
        filters = filters or Filters()
        span = self._ranges[kind]
        by = keyset.localise_sort(self._choose_sort(kind, filters, sort), language)
        query, sets = self._apply_filters(span, filters)
        bits = record_sets.intersect(sets)
        if valued:
            bits = bits & self._postings.get(self._connection, span, VALUED_FIELD, valued)
        return self._read_in_batches(self._iterate_numbers(span, bits, by, None, query))

    def count_list(self, kind: str, filters: Filters | None = None, valued: str = "") -> int:
        """Count the records of a list.

        `valued` restricts the count to records with a `latitude`, or with a `day` (a beginning
        known to the day).
        """
        span = self._ranges[kind]
        bits = record_sets.intersect(self._apply_filters(span, filters or Filters())[1])
        if valued:
            return bitmap.count_common(
                bits, self._postings.get(self._connection, span, VALUED_FIELD, valued)
            )
        return len(bits)

    def select_keys(self, kind: str, filters: Filters, keys: Sequence[str]) -> set[str]:
        """Return those of some keys of a kind whose records a list has, or has another one for."""
        span = self._ranges[kind]
        bits = record_sets.intersect(self._apply_filters(span, filters)[1])
        rows = self._connection.execute(
            "SELECT key, coalesce(lead, id) FROM entity LEFT JOIN same USING (id) "
            "WHERE kind = ? AND key IN (SELECT value FROM json_each(?))",
            (kind, orjson.dumps(keys).decode()),
        )
        return {key for key, number in rows if number - span.first in bits}

    def count_by_value(self, kind: str, column: str) -> dict[str, int]:
        """Count the records of a kind by each value of a column that filters its list."""
        query = "SELECT value, records FROM posting WHERE kind = ? AND field = ?"
        return dict(self._connection.execute(query, (kind, column)).fetchall())

    def compute_crosstab(
        self,
        kind: str,
        filters: Filters,
        by: Sequence[str],
        within: str = "",
        with_unstated: bool = False,
    ) -> Sequence[crosstab.CrosstabRow]:
        """Count the records of a list by the values of one column, or of two.

        Territories are those directly inside the one that is filtered by, or else inside `within`.
        With `with_unstated`, "-" counts those of which no value is stated. Raises BadRequest for
        invalid columns or filters.
        """
        crosstab.check_columns(kind, by)
        filters, span = self.resolve_filters(filters), self._ranges[kind]
        base = record_sets.intersect(self._apply_filters(span, filters)[1])
        chosen = filters.values.get("territory", ()) or ((within,) if within else ())
        return crosstab.compute_crosstab(
            self._connection, self._postings, span, base, by, chosen, with_unstated
        )

    def count_topics(self, field: str, value: str, most: int) -> Sequence[tuple[str, str, int]]:
        """Count by topic the records that a value of a filter keeps: (topic, kind, records).

        The `most` frequent ones, each of the records of one kind.
        """
        filters = Filters({field: (value,)})
        counts = [
            (topic, kind.name, count)
            for kind in KINDS
            if TOPICS in self.list_filters(kind.name) and field in list_filter_columns(kind)
            for (topic,), count in self.compute_crosstab(kind.name, filters, (TOPICS,))
        ]
        return sorted(counts, key=lambda row: (-row[2], row))[:most]

    def count_filtered(self, field: str, value: str) -> dict[str, int]:
        """Count the records that a value of a filter keeps, of each kind that has some."""
        filters = Filters({field: (value,)})
        counts = {
            kind.name: self.count_list(kind.name, filters)
            for kind in KINDS
            if field in list_filter_columns(kind)
        }
        return {name: count for name, count in counts.items() if count}

    def count_known(self, kind: str, filters: Filters, column: str) -> int:
        """Count the records of a list that have a value in a column it is filtered by."""
        crosstab.check_columns(kind, (column,))
        span, file = self._ranges[kind], self._connection
        base = record_sets.intersect(self._apply_filters(span, filters)[1])
        unstated = self._postings.get(file, span, column, UNSTATED)
        return len(base) - bitmap.count_common(base, unstated)

    def _apply_filters(
        self, span: RecordRange, filters: Filters
    ) -> tuple[TextQuery | None, dict[str, RecordSet]]:
        """Return the parsed search text, and the records that each filter selects."""
        filters = self.resolve_filters(filters)
        self._check_filters(span.kind, filters)
        query = search.parse_query(filters.text) if filters.text else None
        matched = search.find_members(self._connection, span, query.expression) if query else None
        return query, record_sets.select_by_filters(
            self._connection, self._postings, span, filters, matched
        )

    def _iterate_numbers(
        self,
        span: RecordRange,
        bits: RecordSet,
        by: str,
        after: keyset.SortKey | None,
        query: TextQuery | None,
    ) -> Iterator[keyset.SortKey]:
        if by == "relevance" and query:
            yield from self._iterate_ranked(span, bits, after, query)
            return
        yield from keyset.iterate_records(self._connection, self._postings, span, bits, by, after)

    def _iterate_ranked(
        self, span: RecordRange, bits: RecordSet, after: keyset.SortKey | None, query: TextQuery
    ) -> Iterator[keyset.SortKey]:
        """Yield the matching records, best first; if they are many, by the rank of the index."""
        ranking_query = RankingQuery.from_words(query.words)
        keys: Iterable[keyset.SortKey] = (
            sorted(
                (-round(score_record(item, ranking_query), 6), item.id)
                for item in self._read_items(
                    [span.first + p for p in bitmap.iterate_positions(bits)]
                )
            )
            if len(bits) <= search.MAX_RERANKED
            else search.iterate_ranked(self._connection, span, query, bits)
        )
        yield from (key for key in keys if not after or key > after)

    def _read_in_batches(self, numbers: Iterator[keyset.SortKey]) -> Iterator[Item]:
        while batch := [number for _, number in islice(numbers, MAX_PAGE_RECORDS)]:
            yield from self._read_items(batch)

    def _list_columns(self, kind: str) -> tuple[str, ...]:
        return tuple(f.name for f in self.fields[kind])

    def _choose_sort(self, kind: str, filters: Filters, sort: str) -> str:
        allowed = keyset.list_sorts(KIND_BY_NAME[kind], self._list_columns(kind), filters.has_words)
        if sort and sort not in allowed:
            names = ", ".join(allowed)
            raise InvalidParameter(
                f"sort={sort!r}: this list is sorted by {names}",
                f"sort={sort!r} : cette liste se trie par {names}",
                ParameterFault.NOT_A_CHOICE,
                ("sort",),
                sort,
                allowed,
            )
        return sort or allowed[0]

    def _check_filters(self, kind: str, filters: Filters) -> None:
        """Raise BadRequest for a value that its column cannot have."""
        for name, values in filters.values.items():
            for value in values:
                if not self._is_known_value(kind, name, value):
                    raise self._build_value_error(kind, name, value)

    def _is_known_value(self, kind: str, name: str, value: str) -> bool:
        if value == UNSTATED:
            return True
        if self._postings.get(self._connection, self._ranges[kind], name, value):
            return True
        if name == "territory":
            return self.find_entity("territory", value) is not None
        if name == "source":
            return bool(self.read_labels([build_record_iri("source", value)]))
        relation = find_relation(kind, name)
        if relation is not None:
            return self.find_entity(relation.kind, value) is not None
        column = self.find_field(kind, name)
        if column is None and name in KIND_BY_NAME[kind].facets:
            return False  # an older release, whose records have no such column
        iri = column.build_iri(value) if column else None
        return is_known_code(name, value) if iri is None else bool(self.read_labels([iri]))

    def find_near_values(self, kind: str, name: str, value: str) -> Sequence[str]:
        """Return values of a filter that may have been meant by one that it does not know."""
        if name in KEY_FILTERS:
            nearest = search.find_nearest_word(self._connection, fold(value)) or value
            return [item.key for item in self.search(nearest, (KEY_FILTERS[name],), MAX_NEAR).items]
        counts = self.count_by_value(kind, name)
        used = sorted(counts, key=lambda each: -counts[each])
        iris = {each: self._build_value_iri(kind, name, each) for each in used}
        labels = self.read_labels([iri for iri in iris.values() if iri])
        names = {each: each for each in used}
        for each in used:
            iri = iris[each]
            label = labels.get(iri) if iri else name_value(name, each)
            if label:
                names |= {label.fr: each, label.en: each}
        return find_near(value, names)

    def _build_value_iri(self, kind: str, name: str, value: str) -> str | None:
        if name == "source":
            return build_record_iri("source", value)
        column = self.find_field(kind, name)
        return column.build_iri(value) if column else None

    def _build_value_error(self, kind: str, name: str, value: str) -> InvalidParameter:
        if name != "territory":
            return build_unknown_value_error(self._connection, kind, name, value)
        near = self.find_near_values(kind, name, value)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        suggestion = f" ; est-ce {', '.join(near)} ?" if near else ""
        return InvalidParameter(
            f"territory={value!r} is not a territory (commune-59350 is one){hint}",
            f"territory={value!r} n'est pas un territoire (commune-59350 en est un){suggestion}",
            ParameterFault.UNKNOWN_VALUE,
            ("territory",),
            value,
            near,
        )
