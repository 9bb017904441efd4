"""Groups of the relations of one record: their members in the order in which a reader wants them.

A group is what the page of a record shows under one heading: its qualified relations of one type
(`memberships`), or the records of one kind that state a property of it (`dct:subject/publication`).
Read from the subject index and the store, without a query: a page that shows the first members of a
group, or one page of them, reads what is said of these alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kg.catalogue.catalogue import Catalogue
from kg.catalogue.edtf import Interval, is_on_day
from kg.documents.direct_read import DEFAULT_GRAPH, WITHIN_TRANSITIVE, DirectReader
from kg.documents.discrepancies import Facts, group_by_subject
from kg.documents.record_life import may_exist_on
from kg.documents.relation_types import (
    DERIVED_PROPERTIES,
    NO_RANK,
    RELATION_TYPES,
    RelationPlace,
    find_explicitly_related,
    find_level,
    find_relation_type,
    is_past,
    list_named,
    list_other_records,
    read_period,
    read_rank,
)
from kg.documents.void_properties import read_properties
from kg.iris import parse_record_iri
from kg.kinds import KIND_BY_NAME, Text
from kg.namespaces import RDF_TYPE, expand, shorten

MAX_MEMBERS: Final = 10_000
"""Nodes, and records of one group, that are read of one record: less than a second."""
MAX_CACHED_RECORDS: Final = 16
"""Records with many relations are few, and asked page by page."""
DATED_KINDS: Final = ("event", "publication")
"""Kinds whose records stand in the order of their dates; others in that of their names."""
WITHIN: Final = expand("ess:within")
FACT_CLASS: Final = ox.NamedNode(expand("ess:Fact"))
FACT_SUBJECT, FACT_OBJECT = expand("rdf:subject"), expand("rdf:object")


@dataclass(frozen=True)
class GroupMember:
    """A qualified relation, or a record that states something of the one of the page."""

    iri: str
    name: str
    """The record at the other end."""
    predicate: str = ""
    """The property that the record states; empty for a qualified relation."""
    notes: tuple[str, ...] = ()
    """The IRIs of the facts that tell where the statement was read."""
    dates: tuple[str, str] = ("", "")
    """Its beginning and end, as written; of an event or a publication its own."""
    record: str = ""
    """The IRI of the record at the other end."""


@dataclass(frozen=True)
class RelationGroup:
    """Members under one heading, in their order."""

    name: str
    members: Sequence[GroupMember]
    predicate: str = ""
    """The property that the members state of the record; empty for qualified relations."""
    kind: str = ""
    """The kind of the records that state it."""


@dataclass(frozen=True)
class RecordRelations:
    """What a record is in relation with."""

    groups: Mapping[str, RelationGroup]
    """Groups by name: qualified relations, then those that point to the record by kind."""
    nodes: Sequence[str]
    """IRIs of the other nodes that speak of the record: claims, facts that it states itself."""
    related: frozenset[str]
    """Records whose relation with it is told otherwise than by a shortcut."""
    complete: bool
    left_out: int = 0
    """Members of another time than that which is asked for."""

    def select_day(self, day: Interval, catalogue: Catalogue) -> "RecordRelations":
        """Those that last on a day, and those without a date whose records may exist then."""

        def is_kept(member: GroupMember) -> bool:
            return is_on_day(*member.dates, day) is not False and may_exist_on(
                catalogue, member.record, day
            )

        kept = {
            name: replace(group, members=[*filter(is_kept, group.members)])
            for name, group in self.groups.items()
        }
        left_out = sum(
            len(group.members) - len(kept[name].members) for name, group in self.groups.items()
        )
        return replace(self, groups=kept, left_out=left_out)


class RelationGroupReader:
    """Reader of such groups in one release, from any thread."""

    def __init__(
        self, store: ox.Store, documents: DirectReader, catalogue: Catalogue, void: Path, today: str
    ) -> None:
        """`void`: description of the release, whose properties are looked for; `today`: the day
        before which a relation is over."""
        self._store = store
        self._documents = documents
        self._catalogue = catalogue
        self._void = void
        self._today = today
        self.read_relations = lru_cache(MAX_CACHED_RECORDS)(self._read_relations)
        """The relations of a record, by its IRI, named in a language; None where what the record
        says itself is too long to be read here."""

    def _read_relations(self, iri: str, language: str) -> RecordRelations | None:
        entity = ox.NamedNode(iri)
        own = self._documents.read_own(entity)
        if own is None:
            return None
        pointing, complete = self._list_pointing(entity)
        owned = {t.object for t in own if t.subject == entity}
        fragments = [node for node in owned if _is_fragment_of(node, iri)]
        nodes = dict.fromkeys(
            [*sorted(fragments, key=str), *(t.subject for t in pointing if _is_node(t))]
        )
        listed = [node for node in islice(nodes, MAX_MEMBERS) if isinstance(node, ox.NamedNode)]
        complete &= len(nodes) <= MAX_MEMBERS
        told = self._documents.read_many_nodes(listed)
        by_subject = group_by_subject([*own, *pointing, *told])
        names = {str(node.value) for node in owned if isinstance(node, ox.NamedNode)}
        related = find_explicitly_related(iri, by_subject)
        groups = [
            *self._group_nodes(iri, by_subject, [n.value for n in listed], names, language),
            *self._group_records(iri, by_subject, pointing, related, language),
        ]
        others = [
            node.value
            for node in listed
            if find_relation_type(by_subject.get(node.value, {})) is None
            and not _is_fact_of_other(by_subject.get(node.value, {}), iri)
        ]
        return RecordRelations({group.name: group for group in groups}, others, related, complete)

    def _list_pointing(self, entity: ox.NamedNode) -> tuple[list[ox.Triple], bool]:
        """What refers to a record, shortcuts through territories left out; whether that is all."""
        triples: list[ox.Triple] = []
        complete = True
        for predicate in self._properties or (None,):
            quads = self._store.quads_for_pattern(None, predicate, entity, DEFAULT_GRAPH)
            found = [quad.triple for quad in islice(quads, MAX_MEMBERS + 1)]
            complete &= len(found) <= MAX_MEMBERS
            triples += (t for t in found[:MAX_MEMBERS] if t.predicate != WITHIN_TRANSITIVE)
        return triples, complete

    @cached_property
    def _properties(self) -> Sequence[ox.NamedNode]:
        """The properties of the release; none where nothing describes it."""
        return read_properties(self._void, {WITHIN_TRANSITIVE.value})

    def _group_nodes(
        self,
        iri: str,
        by_subject: Mapping[str, Facts],
        nodes: Sequence[str],
        owned: set[str],
        language: str,
    ) -> Iterable[RelationGroup]:
        """The qualified relations, by type."""
        places: dict[str, list[tuple[str, str, RelationPlace]]] = {}
        for node in nodes:
            facts = by_subject.get(node, {})
            shape = find_relation_type(facts)
            if shape is None:
                continue
            others = list_other_records(iri, node, facts, shape)
            begin, end = read_period(by_subject, facts, shape)
            if not begin and not end:
                begin, end = next(filter(any, map(self._find_dates, others)), ("", ""))
            rank = read_rank(facts, shape) if node in owned else NO_RANK
            other = next(iter(others), "")
            place = RelationPlace(rank, begin, end, "", is_past(facts, shape))
            places.setdefault(shape.table, []).append((node, other, place))
        labels = self._read_labels(other for rows in places.values() for _, other, _ in rows)
        for shape in RELATION_TYPES.values():
            rows = places.get(shape.table, [])
            named = [
                (node, place._replace(name=_name(labels, other, language)))
                for node, other, place in rows
            ]
            if named:
                others_of = {node: other for node, other, _ in rows}
                members = [replace(m, record=others_of[m.iri]) for m in self._sort(named)]
                yield RelationGroup(shape.table, members)

    def _group_records(
        self,
        iri: str,
        by_subject: Mapping[str, Facts],
        pointing: Sequence[ox.Triple],
        related: frozenset[str],
        language: str,
    ) -> Iterable[RelationGroup]:
        """The records that point to the record, by property and kind."""
        found: dict[tuple[int, str], list[str]] = {}
        kinds = list(KIND_BY_NAME)
        for triple in pointing:
            subject, predicate = _read_iri(triple.subject), triple.predicate.value
            ref = parse_record_iri(subject)
            if ref is None or "#" in subject or ref.kind not in KIND_BY_NAME:
                continue
            if not (predicate in DERIVED_PROPERTIES and subject in related):
                found.setdefault((kinds.index(ref.kind), predicate), []).append(subject)
        notes = _index_facts(by_subject, iri)
        labels = self._read_labels(subject for subjects in found.values() for subject in subjects)
        for (place, predicate), subjects in sorted(found.items()):
            dated = kinds[place] in DATED_KINDS
            named = [
                (
                    subject,
                    RelationPlace(
                        find_level(subject),
                        *(self._find_dates(subject) if dated else ("", "")),
                        _name(labels, subject, language),
                        dated,
                    ),
                )
                for subject in subjects
            ]
            yield RelationGroup(
                build_group_name(predicate, kinds[place]),
                [
                    replace(
                        member, predicate=predicate, notes=notes.get((member.iri, predicate), ())
                    )
                    for member in self._sort(named)
                ],
                predicate,
                kinds[place],
            )

    def _sort(self, members: Sequence[tuple[str, RelationPlace]]) -> list[GroupMember]:
        ordered = sorted(members, key=lambda member: member[1].build_sort_key(self._today))
        return [
            GroupMember(iri, place.name, dates=(place.begin, place.end), record=iri)
            for iri, place in ordered
        ]

    def _find_dates(self, iri: str) -> tuple[str, str]:
        """Beginning and end, as written, of a record whose kind has dates that matter."""
        ref = parse_record_iri(iri)
        if ref is None or ref.kind not in DATED_KINDS:
            return "", ""
        item = self._catalogue.find_entity(ref.kind, ref.key)
        begin, end = item.dates if item is not None else ("", "")
        return begin, end or begin

    def _read_labels(self, iris: Iterable[str]) -> Mapping[str, Text]:
        return self._catalogue.read_labels(iris)


def build_group_name(predicate: str, kind: str) -> str:
    """The name of the group of the records of a kind that state a property."""
    return f"{shorten(predicate)}/{kind}"


def _name(labels: Mapping[str, Text], iri: str, language: str) -> str:
    label = labels.get(iri)
    return label[language] if label is not None else iri.rpartition("/")[2]


def _index_facts(
    by_subject: Mapping[str, Facts], iri: str
) -> dict[tuple[str, str], tuple[str, ...]]:
    """(record, property) to the IRIs of the facts by which it states that of a record."""
    facts: dict[tuple[str, str], list[str]] = {}
    for node, values in by_subject.items():
        if iri in list_named(values, FACT_OBJECT) and FACT_CLASS in values.get(RDF_TYPE, ()):
            for subject in list_named(values, FACT_SUBJECT):
                for predicate in list_named(values, expand("rdf:predicate")):
                    facts.setdefault((subject, predicate), []).append(node)
    return {key: tuple(nodes) for key, nodes in facts.items()}


def _is_fact_of_other(facts: Facts, iri: str) -> bool:
    """Whether a node tells where a statement of another record was read."""
    return FACT_CLASS in facts.get(RDF_TYPE, ()) and iri not in list_named(facts, FACT_SUBJECT)


def _is_node(triple: ox.Triple) -> bool:
    """Whether what refers to a record is a node that says more than that it lies there."""
    return "#" in _read_iri(triple.subject) and triple.predicate.value != WITHIN


def _is_fragment_of(value: object, iri: str) -> bool:
    return isinstance(value, ox.NamedNode) and value.value.startswith(f"{iri}#")


def _read_iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""
