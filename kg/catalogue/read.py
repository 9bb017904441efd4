"""Reading the catalogue of a release: lists, records, labels and search."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import orjson

from kg.catalogue import bitmap, codes, facets, order, reconcile, records, search, sets
from kg.catalogue import counts as counting
from kg.catalogue.bitmap import Set
from kg.catalogue.certainty import Candidate
from kg.catalogue.concepts import Code, answering
from kg.catalogue.facets import Facet
from kg.catalogue.filters import Filters, filterable, unknown_value
from kg.catalogue.ranking import Asked, score
from kg.catalogue.record_history import RecordHistory
from kg.catalogue.records import ENTITY, Field, Item
from kg.catalogue.schema import open_frozen
from kg.catalogue.search import Question
from kg.catalogue.sets import Span
from kg.catalogue.words import fold
from kg.errors import BadRequest
from kg.iris import record
from kg.kinds import BY_NAME, Text
from kg.namespaces import ID, SCHEME

LIMIT: Final = 500
"""Records of the largest page."""


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    items: tuple[Item, ...]
    total: int
    next: str | None
    """Cursor of the page after this one."""
    facets: tuple[Facet, ...]
    sort: str
    sorts: tuple[str, ...]
    suggestion: str = ""
    """What the text may have been meant to be, where no record has its words."""


@dataclass(frozen=True)
class Found:
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
        self._first: sqlite3.Connection | None = None
        self._members = sets.Members()
        file = self._file
        self.release = str(
            next(file.execute("SELECT value FROM meta WHERE name = 'release'"), [""])[0]
        )
        self.fields: Mapping[str, tuple[Field, ...]] = records.fields(file)
        self._spans = {
            name: Span(name, first, size)
            for name, first, size in file.execute("SELECT name, first, records FROM kind")
        }

    @property
    def _file(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "file", None)
        if found is None:
            try:
                found = open_frozen(self._path)
            except sqlite3.OperationalError:  # removed while it is read: what is open still is
                if self._first is None:
                    raise
                found = self._first
            self._local.file = found
            self._first = self._first or found
        return found

    def counts(self) -> dict[str, int]:
        """Kind to the number of its records."""
        return {name: self._spans[name].size for name in BY_NAME}

    def field(self, kind: str, name: str) -> Field | None:
        """A column of a kind."""
        return next((f for f in self.fields.get(kind, ()) if f.name == name), None)

    def list(
        self,
        kind: str,
        filters: Filters | None = None,
        sort: str = "",
        after: str = "",
        limit: int = 50,
        *,
        language: str = "fr",
        counted: bool = True,
    ) -> Page:
        """A page of a list with its facets; `after` is the `next` of the page before.

        Raises BadRequest for a value, an order, a cursor or a limit that cannot be used.
        """
        span, file = self._spans[kind], self._file
        filters = codes.filters_of_today(file, filters or Filters())
        if not 1 <= limit <= LIMIT:
            raise BadRequest(
                f"limit={limit}: a page has 1 to {LIMIT} records",
                f"limit={limit} : une page compte de 1 à {LIMIT} fiches",
            )
        chosen = self._sort(kind, filters, sort)
        by = order.localised(chosen, language)
        question, kept = self._kept(span, filters)
        bits = sets.together(span, kept)
        keyed = order.read_cursor(after, self.release, by) if after else None
        listed = [*islice(self._numbers(span, bits, by, keyed, question), limit + 1)]
        shown = listed[:limit]
        counter = facets.Counter(file, self._members, span, kept, filters)
        following = order.Cursor(self.release, by, shown[-1]) if len(listed) > limit else None
        return Page(
            items=tuple(self._items([number for _, number in shown])),
            total=len(bits),
            next=following.written() if following else None,
            facets=tuple(counter.count(name) for name in filterable(BY_NAME[kind]) if counted),
            sort=chosen,
            sorts=order.sorts(BY_NAME[kind], self._columns(kind), filters.has_words),
            suggestion=search.suggestion(file, question) if question and not bits else "",
        )

    def every(
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
        span = self._spans[kind]
        by = order.localised(self._sort(kind, filters, sort), language)
        question, kept = self._kept(span, filters)
        bits = sets.together(span, kept)
        if valued:
            bits = bits & self._members.of(self._file, span, "#valued", valued)
        return self._stream(self._numbers(span, bits, by, None, question))

    def total(self, kind: str, filters: Filters | None = None, valued: str = "") -> int:
        """How many records a list has; with `latitude` or `day`, how many of them have that.

        `day` stands for a beginning known to the day.
        """
        span = self._spans[kind]
        bits = sets.together(span, self._kept(span, filters or Filters())[1])
        if valued:
            return bitmap.common(bits, self._members.of(self._file, span, "#valued", valued))
        return len(bits)

    def counted(self, kind: str, filters: Filters, by: Sequence[str]) -> Sequence[counting.Counted]:
        """How many records of a list have each value of a column, or of two (kg.catalogue.counts).

        Raises BadRequest for columns or filters that cannot be used.
        """
        counting.check(kind, by)
        filters, span = codes.filters_of_today(self._file, filters), self._spans[kind]
        base = sets.together(span, self._kept(span, filters)[1])
        chosen = filters.values.get("territory", ())
        return counting.counted(self._file, self._members, span, base, by, chosen)

    def entity(self, kind: str, key: str) -> Item | None:
        """One record."""
        row = self._file.execute(
            f"SELECT {ENTITY} FROM entity WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
        return records.item(row) if row else None

    def labels(self, iris: Iterable[str]) -> dict[str, Text]:
        """The labels of records, concepts, sources and terms; unknown IRIs are absent."""
        wanted = dict.fromkeys(iris)
        roots = {iri: iri.partition("#")[0] for iri in wanted if iri.startswith(ID)}
        named = (root[len(ID) :].partition("/") for root in roots.values())
        pairs = orjson.dumps([[kind, key] for kind, _, key in named if kind in BY_NAME]).decode()
        known = {
            record(kind, key): Text.of(fr, en, key)
            for kind, key, fr, en in self._file.execute(
                "SELECT kind, entity.key, label_fr, label_en FROM json_each(?) JOIN entity "
                "ON kind = value ->> 0 AND entity.key = value ->> 1",
                (pairs,),
            )
        }
        found = {iri: known[root] for iri, root in roots.items() if root in known}
        others = orjson.dumps([iri for iri in wanted if iri not in found]).decode()
        for iri, fr, en in self._file.execute(
            "SELECT iri, fr, en FROM json_each(?) JOIN label ON iri = value", (others,)
        ):
            found[iri] = Text.of(fr, en, "")
        return found

    def concepts(self, scheme: str) -> dict[str, Text]:
        """The concepts of a code list, by what follows its IRI, with their labels."""
        first, last = f"{SCHEME}{scheme}/", f"{SCHEME}{scheme}0"  # "0" is what follows "/"
        rows = self._file.execute(
            "SELECT iri, fr, en FROM label WHERE iri > ? AND iri < ? ORDER BY iri", (first, last)
        )
        return {iri.removeprefix(first): Text.of(fr, en, "") for iri, fr, en in rows}

    def search(self, text: str, kinds: Sequence[str] = (), limit: int = 20) -> Found:
        """The records of some kinds (all by default) that a text names, best first."""
        if not 1 <= limit <= LIMIT:
            raise BadRequest(
                f"limit={limit}: an answer has 1 to {LIMIT} records",
                f"limit={limit} : une réponse compte de 1 à {LIMIT} fiches",
            )
        question = search.understand(text)
        spans = [self._spans[kind] for kind in kinds or BY_NAME]
        if question is None:
            return Found((), {})
        items = self._best(spans, question, (question.whole, question.expression))
        partial = not items and len(question.words) > 1
        if partial:
            items = self._best(spans, question, (question.any_word,))
        wide = question.any_word if partial else question.expression
        totals = {span.kind: len(search.members(self._file, span, wide)) for span in spans}
        meant = "" if items and not partial else search.suggestion(self._file, question)
        return Found(tuple(items[:limit]), totals, meant, partial and bool(items), question.words)

    def _best(
        self, spans: Sequence[Span], question: Question, expressions: Sequence[str]
    ) -> Sequence[Item]:
        asked = Asked.of(question.words)
        items = self._items(search.candidates(self._file, spans, expressions))
        return sorted(items, key=lambda item: (-score(item, asked), item.id))

    def codes(self, text: str, kinds: Sequence[str] = ()) -> Sequence[Code]:
        """The concepts of the code lists that a text names; of some kinds, those they have."""
        question = search.understand(text)
        if question is None:
            return ()
        return answering(self._file, question, self.fields, kinds or tuple(BY_NAME))

    def matching(self, text: str) -> Sequence[tuple[str, float]]:
        """(IRI, score) of the records that a text names, best first, `LIMIT` at most."""
        question = search.understand(text)
        if question is None:
            return []
        asked = Asked.of(question.words)
        found = self.search(text, (), LIMIT).items
        return [(item.iri, score(item, asked)) for item in found]

    def reconcile(self, query: reconcile.Query) -> Sequence[Candidate]:
        """The records that a name, an identifier or values may mean, the most likely first."""
        source = reconcile.Source(
            self._file, self._spans, self._members, self.fields, self._items, self.labels
        )
        return reconcile.reconcile(source, query)

    def keys(self, kind: str, first: int, most: int) -> Sequence[tuple[str, str | None]]:
        """(key, when it last changed) of records of a kind, from that position (from 0) on."""
        start = self._spans[kind].first + first
        last = min(start + most - 1, self._spans[kind].last)
        return self._file.execute(
            "SELECT key, changed FROM entity LEFT JOIN version USING (id) "
            "WHERE id BETWEEN ? AND ? ORDER BY id",
            (start, last),
        ).fetchall()

    def _kept(self, span: Span, filters: Filters) -> tuple[Question | None, dict[str, Set]]:
        """The question the text asks and the set each filter keeps."""
        filters = codes.filters_of_today(self._file, filters)
        self._check(span.kind, filters)
        question = search.understand(filters.text) if filters.text else None
        matched = search.members(self._file, span, question.expression) if question else None
        return question, sets.selected(self._file, self._members, span, filters, matched)

    def _numbers(
        self,
        span: Span,
        bits: Set,
        by: str,
        after: order.Keyed | None,
        question: Question | None,
    ) -> Iterator[order.Keyed]:
        if by == "relevance" and question:
            yield from self._ranked(span, bits, after, question)
            return
        yield from order.numbers(self._file, self._members, span, bits, by, after)

    def _ranked(
        self, span: Span, bits: Set, after: order.Keyed | None, question: Question
    ) -> Iterator[order.Keyed]:
        """The matching records by how they answer, by the index alone where they are many."""
        asked = Asked.of(question.words)
        keyed: Iterable[order.Keyed] = (
            sorted(
                (-round(score(item, asked), 6), item.id)
                for item in self._items([span.first + p for p in bitmap.positions(bits)])
            )
            if len(bits) <= search.RERANKED
            else search.ranked(self._file, span, question.expression)
        )
        for rank, number in keyed:
            if number - span.first in bits and (not after or (rank, number) > after):
                yield rank, number

    def _stream(self, numbers: Iterator[order.Keyed]) -> Iterator[Item]:
        while batch := [number for _, number in islice(numbers, LIMIT)]:
            yield from self._items(batch)

    def _items(self, numbers: Sequence[int]) -> Iterator[Item]:
        """The records of these numbers, in this order."""
        rows = self._file.execute(
            f"SELECT {ENTITY} FROM entity WHERE id IN (SELECT value FROM json_each(?))",
            (orjson.dumps(numbers).decode(),),
        )
        found = {row[0]: records.item(row) for row in rows}
        return (found[number] for number in numbers)

    def _columns(self, kind: str) -> tuple[str, ...]:
        return tuple(f.name for f in self.fields[kind])

    def _sort(self, kind: str, filters: Filters, sort: str) -> str:
        allowed = order.sorts(BY_NAME[kind], self._columns(kind), filters.has_words)
        if sort and sort not in allowed:
            there = ", ".join(allowed)
            raise BadRequest(
                f"sort={sort!r}: this list is sorted by {there}",
                f"sort={sort!r} : cette liste se trie par {there}",
            )
        return sort or allowed[0]

    def _check(self, kind: str, filters: Filters) -> None:
        """Raises BadRequest for a value that means nothing in its column."""
        for name, values in filters.values.items():
            for value in values:
                if not self._means(kind, name, value):
                    raise self._complaint(kind, name, value)

    def _means(self, kind: str, name: str, value: str) -> bool:
        if self._members.of(self._file, self._spans[kind], name, value):
            return True
        if name == "territory":
            return self.entity("territory", value) is not None
        if name == "source":
            return bool(self.labels([record("source", value)]))
        column = self.field(kind, name)
        iri = column.iri(value) if column else None
        return iri is None or bool(self.labels([iri]))

    def _complaint(self, kind: str, name: str, value: str) -> BadRequest:
        if name != "territory":
            return unknown_value(self._file, kind, name, value)
        meant = search.nearest(self._file, fold(value)) or value
        near = [i.key for i in self.search(meant, ("territory",), 3).items]
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        suggestion = f" ; est-ce {', '.join(near)} ?" if near else ""
        return BadRequest(
            f"territory={value!r} is not a territory (commune-59350 is one){hint}",
            f"territory={value!r} n'est pas un territoire (commune-59350 en est un){suggestion}",
        )
