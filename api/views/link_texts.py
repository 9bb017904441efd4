"""View model of links: the verb between two records, when, how sure, and who says so."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from api.i18n.dates import format_interval
from api.views.labels import LabelResolver, LinkedText, Value
from api.views.link_phrases import find_phrase
from api.views.page_context import PageContext
from api.views.passages import Passage, parse_passages
from api.views.qualified_relations import DERIVED_FROM, Dates, read_assertion
from kg.documents.link_notes import LinkNotes
from kg.documents.links import Link
from kg.documents.relation_types import DERIVED_PROPERTIES, RELATION_TYPES, read_period
from kg.iris import build_source_iri
from kg.kinds import Text
from kg.namespaces import expand, shorten

Facts = Mapping[str, Sequence[Value]]
NO_WORD: Final = re.compile(r"\W+")
INFERRED: Final = "inferred"
DERIVED_GRAPH: Final = "derived"
ROLE_PROPERTIES: Final = (*dict.fromkeys(expand(shape.role) for shape in RELATION_TYPES.values()),)


@dataclass(frozen=True)
class LinkText:
    """A link, told from one of its two records."""

    verb: str
    term: str
    role: str
    begins: str
    ends: str
    period: str
    assertion: str
    """`inferred` or `external`, empty where a source states it."""
    sources: tuple[LinkedText, ...]
    passages: tuple[Passage, ...]
    details: tuple[LinkedText, ...]
    key: str
    """The verb as a name in addresses, the same in both languages."""

    @property
    def certainty(self) -> str:
        return self.assertion or "stated"


class LinkDescriber:
    """Describes links in the language of one page."""

    def __init__(
        self,
        notes: LinkNotes,
        names: LabelResolver,
        site: PageContext,
        dates: Callable[[str], Dates],
    ) -> None:
        """`dates`: beginning and end, as written, of a record: those of a participation are its
        event's."""
        self._notes = notes
        self._names = names
        self._site = site
        self._dates = dates

    def describe_all(self, links: Sequence[Link], start: str) -> tuple[LinkText, ...]:
        """The links between two records, told from `start`, those that say most first.

        A shortcut is left out where the relation that it follows from is there.
        """
        told = [link for link in links if link.predicate not in DERIVED_PROPERTIES or link.node]
        described = [self.describe(link, start) for link in told or links]
        described.sort(key=lambda text: (not text.role, text.verb, text.period))
        unique = {(text.verb, text.period, text.assertion): text for text in reversed(described)}
        return tuple(reversed(unique.values()))

    def describe(self, link: Link, start: str) -> LinkText:
        """A link, told from one of its two records."""
        facts = self._notes.by_subject.get(link.node, {}) if link.node else {}
        role_iri = next((v.value for v in _list_roles(facts)), "")
        role = self._names.resolve_label(role_iri) if role_iri else ""
        begins, ends, zone = self._read_dates(link, facts)
        notes = [facts] if link.node else self._list_notes(link)
        passages = [v.value for note in notes for v in note.get(DERIVED_FROM, ())
                    if isinstance(v, ox.NamedNode)]  # fmt: skip
        graphs = self._notes.graphs.get(link, ())
        stated = [name for name in graphs if name != DERIVED_GRAPH]
        doubts = [read_assertion(note) for note in notes]
        assertion = INFERRED if graphs and not stated else ""
        if notes and all(doubts):
            assertion = doubts[0]
        forward = link.subject == start
        code = role_iri.rpartition("/")[2]
        term = shorten(link.predicate)
        verb = self._find_verb(link, code, role, forward=forward)
        return LinkText(
            verb=self._site.localize(verb),
            term=term,
            role=role,
            begins=begins,
            ends=ends,
            period=format_interval(begins, ends, self._site.language, zone),
            assertion=assertion,
            sources=tuple(
                self._names.resolve(ox.NamedNode(build_source_iri(name))) for name in stated
            ),
            passages=tuple(parse_passages(passages, self._names)),
            details=self._list_details(link, facts),
            key=NO_WORD.sub("-", verb.en.casefold()).strip("-") or term,
        )

    def _find_verb(self, link: Link, code: str, role: str, *, forward: bool) -> Text:
        phrase = find_phrase(link.predicate, code)
        if phrase is None:
            label = self._names.resolve_label(link.predicate)
            arrow = f"→ {label} →" if forward else f"← {label} ←"
            return Text(arrow, arrow)
        verb = phrase.forward if forward else phrase.backward
        filled = [" ".join(text.format(role=role or "…").split()) for text in (verb.fr, verb.en)]
        return Text(filled[0], filled[1])

    def _read_dates(self, link: Link, facts: Facts) -> Dates:
        shape = RELATION_TYPES.get(link.predicate)
        if shape is not None:
            begins, ends = read_period(self._notes.by_subject, facts, shape)
            if begins or ends:
                return begins, ends, self._site.zone
        for record in (link.object, link.subject):
            dates = self._dates(record)
            if any(dates[:2]):
                return dates
        return "", "", None

    def _list_notes(self, link: Link) -> list[Facts]:
        by_subject = self._notes.by_subject
        return [by_subject[iri] for iri in self._notes.facts.get(link, ()) if iri in by_subject]

    def _list_details(self, link: Link, facts: Facts) -> tuple[LinkedText, ...]:
        shape = RELATION_TYPES.get(link.predicate)
        names = [name for name in shape.details if name != "ess:issuer"] if shape else []
        return tuple(
            t for name in names for t in self._names.resolve_all(facts.get(expand(name), ()))
        )


def list_mentioned(notes: LinkNotes, links: Iterable[Link]) -> list[str]:
    """The IRIs whose names are needed to tell some links."""
    values = (v for facts in notes.by_subject.values() for vs in facts.values() for v in vs)
    named = [v.value for v in values if isinstance(v, ox.NamedNode)]
    sources = {name for graphs in notes.graphs.values() for name in graphs}
    return [
        *(link.predicate for link in links),
        *named,
        *(iri.partition("#")[0] for iri in named),  # the sources of passages
        *map(build_source_iri, sources),
    ]


def _list_roles(facts: Facts) -> list[ox.NamedNode]:
    return [
        value
        for name in ROLE_PROPERTIES
        for value in facts.get(name, ())
        if isinstance(value, ox.NamedNode)
    ]
