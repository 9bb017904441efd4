"""Route of the relations of a record as a list: one group, page by page, and its exports."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.dependencies import RELEASE_PARAMETER, ServedReleaseDep
from api.http import links
from api.http.known_parameters import require_known_parameters
from api.openapi.relations import RELATION_PARAMETERS
from api.serializers.rdf import serialize_rdf
from api.serving.coauthors import Coauthor, list_coauthor_iris, read_coauthors
from api.serving.day_parameter import DAY_PARAMETER, read_day
from api.serving.link_notes import find_dates
from api.serving.record_lookup import require_item
from api.serving.representation import Representation
from api.serving.served_releases import ServedRelease
from api.serving.thread_pool import LIST_THREADS
from api.views.entity_page import list_iris_with_owners
from api.views.labels import LabelResolver
from api.views.page_context import build_page_context
from api.views.relation_list import (
    CSV_COLUMNS,
    MAX_FOLDED,
    RelationListRequest,
    encode_csv,
    list_rows,
    render_relation_list,
    serialize_relations,
)
from api.views.relations import index_columns
from kg.catalogue.record_lists import check_limit
from kg.catalogue.records import Item
from kg.catalogue.text_analysis import fold
from kg.documents.assemble import EntityDocument, assemble_members
from kg.documents.relation_groups import GroupMember, RecordRelations, RelationGroup
from kg.errors import InvalidParameter, NotFound, ParameterFault, QueryRefused
from kg.formats import CSV, HTML, JSON, JSON_LD, N_TRIPLES, RDF_XML, TURTLE

FORMATS: Final = (HTML, JSON, TURTLE, JSON_LD, CSV, N_TRIPLES, RDF_XML)
KNOWN_PARAMETERS: Final = (
    "group", "q", DAY_PARAMETER, "page", "limit", "lang", "format", RELEASE_PARAMETER,
)  # fmt: skip
NUMBER_PATTERN: Final = re.compile("[0-9]{1,6}")
CSV_BATCH: Final = 200
"""Members that are read together while a file is written."""

router = APIRouter(tags=["Linked data"])


@router.get(
    "/relations/{kind}/{key}",
    summary="The relations of a record",
    response_class=Response,
    openapi_extra={"parameters": RELATION_PARAMETERS},
)
async def show_relations(
    kind: str, key: str, request: Request, served: ServedReleaseDep
) -> Response:
    """The relations of a record of one group, with their dates, certainty and passages: what lasts
    before what is over, the most recent first. Pages as HTML, JSON and RDF; the whole as CSV."""
    require_known_parameters(request, KNOWN_PARAMETERS)
    item, suffix = require_item(served, kind, key, FORMATS, "/relations")
    variant = Representation.negotiate(
        request, served, FORMATS, suffix=suffix, path=f"/relations/{kind}/{item.key}"
    )
    if variant.unchanged:
        return variant.build_not_modified()
    asked = await LIST_THREADS.run(partial(_parse_request, variant, item))
    if variant.format == CSV:
        return _respond_with_csv(variant, asked)
    first = (asked.page - 1) * asked.limit
    members = asked.members[first : first + asked.limit]
    entity = await _assemble(served, asked, members)
    coauthors = await read_coauthors(served.executor, entity) if variant.format == HTML else {}
    body = await LIST_THREADS.run(partial(_build_body, variant, asked, entity, members, coauthors))
    page_links = [
        links.format_link(href, relation) for relation, href in asked.build_page_links().items()
    ]
    return variant.build_response(body, {"X-Total-Count": str(len(asked.members))}, page_links)


def _parse_request(variant: Representation, item: Item) -> RelationListRequest:
    served, query = variant.served, variant.request.query_params
    if served.relation_reader is None:
        raise QueryRefused(
            "lists of relations are read from the files of a release, and this server asks an "
            "engine elsewhere; ask it in SPARQL",
            "les listes de relations se lisent dans les fichiers d'une édition, et ce serveur "
            "interroge un moteur ailleurs ; interrogez-le en SPARQL",
        )
    relations = served.relation_reader.read_relations(item.iri, variant.language)
    if relations is None:
        raise NotFound(
            "this record says too much to be read here; ask it in SPARQL",
            "cette fiche dit trop de choses pour être lue ici ; interrogez-la en SPARQL",
        )
    day = read_day(query)
    if day is not None:
        relations = relations.select_day(day, served.catalogue)
    group = _choose_group(relations, query.get("group", ""))
    words = query.get("q", "").strip()
    members = _find_named(group.members, words) if group else ()
    limit, page = _read_number(query, "limit", MAX_FOLDED), _read_number(query, "page", 1)
    check_limit(limit)
    pages = max(1, -(-len(members) // limit))
    if not 1 <= page <= pages:
        raise InvalidParameter(
            f"page={page}: there are pages 1 to {pages}",
            f"page={page} : il y a les pages 1 à {pages}",
            ParameterFault.NO_PAGE,
            ("page",),
        )
    on = query.get(DAY_PARAMETER, "").strip()
    return RelationListRequest(item, relations, group, members, words, page, limit, on, day)


def _choose_group(relations: RecordRelations, name: str) -> RelationGroup | None:
    """The group of a name; without one, the largest. Raises BadRequest."""
    if not name:
        groups = relations.groups.values()
        return max(groups, key=lambda group: len(group.members), default=None)
    if name not in relations.groups:
        known = ", ".join(relations.groups)
        raise InvalidParameter(
            f"group={name!r} is no group of this record; it has {known or 'none'}",
            f"group={name!r} n'est pas un groupe de cette fiche ; elle a {known or 'aucun groupe'}",
            ParameterFault.NOT_A_CHOICE,
            ("group",),
            name,
        )
    return relations.groups[name]


def _find_named(members: Sequence[GroupMember], words: str) -> Sequence[GroupMember]:
    """Those whose names have all the words, or their beginnings."""
    if not words:
        return members
    looked_for = fold(words).split()
    return [one for one in members if all(word in fold(one.name) for word in looked_for)]


def _read_number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    text = query.get(name)
    if not text:
        return otherwise
    if not NUMBER_PATTERN.fullmatch(text):
        raise InvalidParameter(
            f"{text!r} is not a whole number",
            f"{text!r} n'est pas un nombre entier",
            ParameterFault.NO_NUMBER,
            (name,),
            text,
        )
    return int(text)


async def _assemble(
    served: ServedRelease, asked: RelationListRequest, members: Sequence[GroupMember]
) -> EntityDocument:
    iri, document = asked.item.iri, None
    if served.direct_reader is not None:
        document = await assemble_members(
            served.executor, served.direct_reader, iri, asked.relations, members, alone=True
        )
    return document or EntityDocument(iri, ())


def _build_body(
    variant: Representation,
    asked: RelationListRequest,
    entity: EntityDocument,
    members: Sequence[GroupMember],
    coauthors: Mapping[str, Sequence[Coauthor]],
) -> str | bytes:
    if variant.format not in (HTML, JSON):
        context = variant.served.json_ld_context
        return serialize_rdf(entity.triples, entity.iri, variant.format, context, variant.origin)
    names = _name_mentioned(variant, asked, entity, list_coauthor_iris(coauthors))
    dates = partial(find_dates, variant.served.catalogue)
    columns = index_columns(variant.served.catalogue.fields)
    rows, exports = list_rows(asked, entity, members, names, dates, columns, coauthors)
    if variant.format == JSON:
        return orjson.dumps(serialize_relations(variant, asked, exports, names))
    return render_relation_list(variant, asked, rows, names, FORMATS)


def _name_mentioned(
    variant: Representation,
    asked: RelationListRequest,
    entity: EntityDocument,
    others: Sequence[str] = (),
) -> LabelResolver:
    """The names of what the document and the headings mention."""
    predicates = [group.predicate for group in asked.relations.groups.values() if group.predicate]
    mentioned = [asked.item.iri, *predicates, *list_iris_with_owners(entity.triples), *others]
    return LabelResolver(
        build_page_context(variant), variant.served.catalogue.read_labels(mentioned)
    )


def _respond_with_csv(variant: Representation, asked: RelationListRequest) -> Response:
    headers = variant.build_headers(
        {
            "X-Total-Count": str(len(asked.members)),
            "Content-Disposition": f'inline; filename="relations-{asked.item.key}.csv"',
        }
    )
    return StreamingResponse(_stream_csv(variant, asked), 200, headers, CSV.content_type)


async def _stream_csv(variant: Representation, asked: RelationListRequest) -> AsyncIterator[bytes]:
    """All members of the group, read some at a time."""
    yield encode_csv([CSV_COLUMNS])
    for at in range(0, len(asked.members), CSV_BATCH):
        members = asked.members[at : at + CSV_BATCH]
        entity = await _assemble(variant.served, asked, members)
        yield await LIST_THREADS.run(partial(_encode_members, variant, asked, entity, members))


def _encode_members(
    variant: Representation,
    asked: RelationListRequest,
    entity: EntityDocument,
    members: Sequence[GroupMember],
) -> bytes:
    names = _name_mentioned(variant, asked, entity)
    dates = partial(find_dates, variant.served.catalogue)
    _, exports = list_rows(asked, entity, members, names, dates, {})
    return encode_csv(one.list_cells() for one in exports)
