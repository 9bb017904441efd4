"""Document assembly: the statements of an entity, with labels and sources."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

import pyoxigraph as ox

from kg import queries
from kg.documents.direct_read import DirectReader
from kg.documents.discrepancies import Discrepancies, find_discrepancies, group_by_subject
from kg.documents.jsonld import Value
from kg.documents.relation_groups import GroupMember, RecordRelations
from kg.documents.relation_types import DERIVED_PROPERTIES
from kg.namespaces import BASE, ID, expand
from kg.offload import run_in_thread_if_large
from kg.rdf.labels import LABEL_PROPERTIES
from kg.sparql.client import construct
from kg.sparql.executor import QueryExecutor

MAX_POINTING_NODES: Final = 1000
"""Limits on the nodes, and on the records, that refer to an entity and are in its document."""
MAX_POINTING_STATEMENTS: Final = 5000
"""Limit on the statements read that refer to an entity (entity.rq)."""
WITHIN: Final = expand("ess:within")
QUERY_BATCH_SIZE: Final = 500


@dataclass(frozen=True)
class EntityDocument:
    """Document of one entity, as triples in N-Triples order."""

    iri: str
    triples: Sequence[ox.Triple]

    @cached_property
    def by_subject(self) -> dict[str, dict[str, list[Value]]]:
        """Values by subject and predicate; IRIs are the keys."""
        return group_by_subject(self.triples)

    @cached_property
    def discrepancies(self) -> Discrepancies:
        """Discrepancies between the sources of the document."""
        return find_discrepancies(self.by_subject)

    @property
    def facts(self) -> dict[str, list[Value]]:
        """Values of the entity itself, by predicate."""
        return self.by_subject.get(self.iri, {})

    is_truncated: bool = False
    """True where references to the entity were omitted."""


@dataclass(frozen=True)
class ShortenedDocument:
    """What the page of a record tells: of its relations the first ones."""

    entity: EntityDocument
    relations: RecordRelations | None
    """All of them, by group; None where the document has them all."""


async def assemble_entity(
    executor: QueryExecutor, reader: DirectReader | None, iri: str
) -> EntityDocument | None:
    """Assemble the document of an entity; None if it has no statements. Raises QueryError.

    Where there are few statements, `reader` reads them without a query.
    """
    entity = queries.parse_iri(iri)
    fetched: Iterable[ox.Triple] | None = reader.read_entity(entity) if reader is not None else None
    if fetched is None:
        fetched = await construct(executor, queries.fill("entity", thing=entity, topic=entity))
    if not any(triple.subject == entity for triple in fetched):
        return None
    fetched = list(fetched)
    triples, nodes, cut = await run_in_thread_if_large(
        partial(_select_statements, entity, fetched), len(fetched)
    )
    triples |= await fetch_nodes(executor, reader, nodes)
    unlabelled = await run_in_thread_if_large(partial(_find_unlabelled, triples), len(triples))
    triples |= await _fetch_labels(executor, reader, unlabelled)
    ordered = await run_in_thread_if_large(partial(sorted, triples, key=str), len(triples))
    return EntityDocument(iri, [*ordered, *(_build_truncation_notice(iri) if cut else ())], cut)


async def assemble_shortened(
    executor: QueryExecutor,
    reader: DirectReader,
    iri: str,
    read_relations: Callable[[], Awaitable[RecordRelations | None]],
    most: int,
    whole: int,
) -> ShortenedDocument | None:
    """Assemble what the page of a record tells; None if it has no statements. Raises QueryError.

    The document is whole where it is short enough to be read without a query; of others it has, of
    each group of relations with more than `whole` members, the first `most` only.
    """
    entity = queries.parse_iri(iri)
    relations = None
    if reader.read_entity(entity) is None:
        relations = await read_relations()
    if relations is None:
        every = await assemble_entity(executor, reader, iri)
        return ShortenedDocument(every, None) if every is not None else None
    chosen = [
        member
        for group in relations.groups.values()
        for member in group.members[: most if len(group.members) > whole else None]
    ]
    document = await assemble_members(executor, reader, iri, relations, chosen)
    return ShortenedDocument(document, relations) if document is not None else None


async def assemble_members(
    executor: QueryExecutor,
    reader: DirectReader,
    iri: str,
    relations: RecordRelations,
    members: Iterable[GroupMember],
    *,
    alone: bool = False,
) -> EntityDocument | None:
    """Assemble the document of a record with some members of the groups of its relations.

    `alone`: without what the record says itself. None where it cannot be read. Raises QueryError.
    """
    entity = queries.parse_iri(iri)
    own = reader.read_own(entity)
    if own is None:
        return None
    hidden = relations.related
    triples = {
        triple
        for triple in own
        if not alone
        and not (
            triple.predicate.value in DERIVED_PROPERTIES and _read_iri(triple.object) in hidden
        )
    }
    nodes = set[str]() if alone else {*relations.nodes[:MAX_POINTING_NODES]}
    for member in members:
        if member.predicate:
            stated = ox.NamedNode(member.iri), ox.NamedNode(member.predicate), entity
            triples.add(ox.Triple(*stated))
            nodes.update(member.notes)
        else:
            nodes.add(member.iri)
    ordered = [ox.NamedNode(node) for node in sorted(nodes)]
    triples |= await fetch_nodes(executor, reader, ordered)
    unlabelled = _find_unlabelled(triples)
    triples |= await _fetch_labels(executor, reader, unlabelled)
    return EntityDocument(iri, sorted(triples, key=str), not relations.complete)


def _select_statements(
    entity: ox.NamedNode, fetched: Iterable[ox.Triple]
) -> tuple[set[ox.Triple], list[ox.NamedNode], bool]:
    """Select triples, nodes to fetch, and whether references were omitted."""
    fragments, references = set[ox.NamedNode](), dict[ox.NamedNode, list[ox.Triple]]()
    selected = set[ox.Triple]()
    for triple in fetched:
        subject, value = triple.subject, triple.object
        if value == entity and subject != entity and isinstance(subject, ox.NamedNode):
            references.setdefault(subject, []).append(triple)
            continue
        selected.add(triple)
        if isinstance(value, ox.NamedNode) and value.value.startswith(f"{entity.value}#"):
            fragments.add(value)
    by_name = sorted(references, key=str)
    nodes = [
        node for node in by_name if "#" in node.value and _has_more_than_location(references[node])
    ]
    records = [record for record in by_name if "#" not in record.value]
    selected |= {triple for record in records[:MAX_POINTING_NODES] for triple in references[record]}
    reference_count = sum(map(len, references.values()))
    cut = (
        len(nodes) > MAX_POINTING_NODES
        or len(records) > MAX_POINTING_NODES
        or reference_count >= MAX_POINTING_STATEMENTS
    )
    return selected, sorted({*fragments, *nodes[:MAX_POINTING_NODES]}, key=str), cut


def _has_more_than_location(triples: Iterable[ox.Triple]) -> bool:
    """Tell whether a node does more than lie in the territory that it refers to."""
    return any(triple.predicate.value != WITHIN for triple in triples)


def _build_truncation_notice(iri: str) -> list[ox.Triple]:
    """Return the comment of a document that omits references to its entity."""
    document = ox.NamedNode(BASE + iri.removeprefix(ID))
    notices = (
        (
            f"More points to this than is told here (at most {MAX_POINTING_NODES} nodes and "
            f"{MAX_POINTING_NODES} records).",
            "en",
        ),
        (
            f"D'autres fiches y renvoient (au plus {MAX_POINTING_NODES} nœuds et "
            f"{MAX_POINTING_NODES} fiches ici).",
            "fr",
        ),
    )
    comment = ox.NamedNode(expand("rdfs:comment"))
    return [ox.Triple(document, comment, ox.Literal(text, language=tag)) for text, tag in notices]


def _find_unlabelled(triples: Iterable[ox.Triple]) -> list[ox.NamedNode]:
    """Return the entities without a label in the document, except passages, which have none."""
    labelled, seen = set(), set()
    for triple in triples:
        seen |= {t for t in (triple.subject, triple.object) if isinstance(t, ox.NamedNode)}
        if triple.predicate.value in LABEL_PROPERTIES:
            labelled.add(triple.subject)
    return sorted((t for t in seen - labelled if "#char=" not in t.value), key=str)


async def fetch_nodes(
    executor: QueryExecutor, reader: DirectReader | None, nodes: Sequence[ox.NamedNode]
) -> set[ox.Triple]:
    """Fetch what is said of some nodes, and of the periods they last. Raises QueryError."""
    triples = reader.read_nodes(nodes) if reader is not None else None
    return await _construct(executor, "nodes", "node", nodes) if triples is None else triples


async def _fetch_labels(
    executor: QueryExecutor, reader: DirectReader | None, entities: Sequence[ox.NamedNode]
) -> set[ox.Triple]:
    triples = reader.read_labels(entities) if reader is not None else None
    return await _construct(executor, "labels", "thing", entities) if triples is None else triples


def _read_iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""


async def _construct(
    executor: QueryExecutor, query: str, slot: str, nodes: Sequence[ox.NamedNode]
) -> set[ox.Triple]:
    """Run a CONSTRUCT query for some nodes, in batches."""
    parts = [nodes[at : at + QUERY_BATCH_SIZE] for at in range(0, len(nodes), QUERY_BATCH_SIZE)]
    answers = await asyncio.gather(
        *(construct(executor, queries.fill(query, **{slot: part})) for part in parts)
    )
    return {triple for answer in answers for triple in answer}
