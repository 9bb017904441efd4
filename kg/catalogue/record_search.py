"""Search of a catalogue across kinds: records and concepts that match a text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kg.catalogue import bitmap, search
from kg.catalogue.catalogue_file import CatalogueFile
from kg.catalogue.concepts import MatchedConcept, search_concepts
from kg.catalogue.ranking import RankingQuery, score_record
from kg.catalogue.record_sets import RecordRange
from kg.catalogue.records import Item
from kg.catalogue.search import TextQuery
from kg.errors import BadRequest
from kg.kinds import KIND_BY_NAME

MAX_PAGE_RECORDS: Final = 500
"""Maximum number of records in a page."""


@dataclass(frozen=True)
class SearchResults:
    """Results of a search across kinds."""

    items: tuple[Item, ...]
    totals: Mapping[str, int]
    """Number of matching records by kind."""
    suggestion: str = ""
    """Corrected search text with results, where the given one has none."""
    partial: bool = False
    """True where no record has all words, so that these records have some of them."""
    words: tuple[str, ...] = field(default=())
    """Words of the search text, for highlighting."""


class RecordSearch(CatalogueFile):
    """Catalogue with full-text search."""

    def search(self, text: str, kinds: Sequence[str] = (), limit: int = 20) -> SearchResults:
        """Find the records that match a text, of some kinds or all, best first."""
        if not 1 <= limit <= MAX_PAGE_RECORDS:
            raise BadRequest(
                f"limit={limit}: an answer has 1 to {MAX_PAGE_RECORDS} records",
                f"limit={limit} : une réponse compte de 1 à {MAX_PAGE_RECORDS} fiches",
            )
        query = search.parse_query(text)
        spans = [self._ranges[kind] for kind in kinds or KIND_BY_NAME]
        if query is None:
            return SearchResults((), {})
        items = self._rank_best(spans, query, query.expressions, limit)
        partial = not items and len(query.words) > 1
        if partial:
            every = ((query.any_word_expression, query.initial_expression),)
            items = self._rank_best(spans, query, every, limit)
        wide = query.any_word_expression if partial else query.expression
        matches = search.find_numbers(self._connection, wide)
        totals = {
            span.kind: len(bitmap.select_range(matches, span.first, span.last)) for span in spans
        }
        suggestion = "" if items and not partial else search.suggest_query(self._connection, query)
        return SearchResults(
            tuple(items[:limit]), totals, suggestion, partial and bool(items), query.words
        )

    def find_best(self, text: str, kinds: Sequence[str] = (), limit: int = 8) -> Sequence[Item]:
        """Find the records that have all words of a text, best first, without counting them."""
        query = search.parse_query(text)
        if query is None:
            return ()
        spans = [self._ranges[kind] for kind in kinds or KIND_BY_NAME]
        return self._rank_best(spans, query, query.expressions, limit)[:limit]

    def suggest(self, text: str, kinds: Sequence[str] = (), limit: int = 8) -> Sequence[Item]:
        """Find the records that a text may become that is being typed, the likeliest first.

        Names that continue one of the same kind come last: the arrondissements of Marseille.
        """
        query = search.parse_query(text)
        if query is None:
            return ()
        spans = [self._ranges[kind] for kind in kinds or KIND_BY_NAME]
        items = self._rank_best(spans, query, query.typed_expressions, limit, unfinished=True)
        return put_continuations_last(items)[:limit]

    def _rank_best(
        self,
        spans: Sequence[RecordRange],
        query: TextQuery,
        expressions: Iterable[tuple[str, str]],
        limit: int,
        *,
        unfinished: bool = False,
    ) -> Sequence[Item]:
        ranking_query = RankingQuery.from_words(query.words, unfinished=unfinished)
        most = search.MIN_RERANKED if limit < search.MIN_RERANKED else search.MAX_RERANKED
        items = self._read_items(search.find_candidates(self._connection, spans, expressions, most))
        return sorted(items, key=lambda item: (-score_record(item, ranking_query), item.id))

    def search_concepts(self, text: str, kinds: Sequence[str] = ()) -> Sequence[MatchedConcept]:
        """Find the concepts that match a text, in code lists that some kinds use."""
        query = search.parse_query(text)
        if query is None:
            return ()
        return search_concepts(self._connection, query, self.fields, kinds or tuple(KIND_BY_NAME))

    def score_matches(self, text: str) -> Sequence[tuple[str, float]]:
        """Return (IRI, score) of the matching records, best first, at most `MAX_PAGE_RECORDS`."""
        query = search.parse_query(text)
        if query is None:
            return []
        ranking_query = RankingQuery.from_words(query.words)
        items = self.search(text, (), MAX_PAGE_RECORDS).items
        return [(item.iri, score_record(item, ranking_query)) for item in items]


def put_continuations_last(items: Iterable[Item]) -> list[Item]:
    """The items in their order, those last whose name another one of their kind begins."""
    named: set[tuple[str, str]] = set()
    first: list[Item] = []
    last: list[Item] = []
    for item in items:
        words = item.label.fr.split(" ")
        beginnings = {(item.kind, " ".join(words[:count])) for count in range(1, len(words))}
        (first if named.isdisjoint(beginnings) else last).append(item)
        named.add((item.kind, item.label.fr))
    return first + last
