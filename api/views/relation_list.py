"""View model of the list of the relations of one record: a group, page by page, and its exports."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from api.http.links import build_url
from api.i18n.dates import format_days
from api.serializers.list_json import serialize_label
from api.serving.coauthors import Coauthor
from api.serving.representation import Representation
from api.views.jinja import render_page
from api.views.labels import LabelResolver
from api.views.page_context import PageContext
from api.views.qualified_relations import DERIVED_FROM, Dates, list_qualified_relations
from api.views.relations import (
    Columns,
    PropertyValue,
    format_incoming_title,
    list_incoming_values,
)
from kg.catalogue.edtf import Interval
from kg.catalogue.records import Item
from kg.csvw_tables import Table
from kg.documents.assemble import EntityDocument
from kg.documents.relation_groups import (
    MAX_MEMBERS,
    GroupMember,
    RecordRelations,
    RelationGroup,
)
from kg.documents.relation_types import RELATION_TYPES, list_named
from kg.formats import CSV, HTML, Format
from kg.kinds import KIND_BY_NAME
from kg.namespaces import ID, expand

Row = TypeVar("Row")
MAX_FOLDED: Final = 50
"""Members of a group up to which the page of its record has them all."""
FIRST_ROWS: Final = 20
"""Members that are shown of a longer group, and of any group before it is unfolded."""
ASSERTION: Final = expand("ess:assertion")
CSV_COLUMNS: Final = (
    "relation", "role", "role_label", "reversed", "record", "record_label", "begins", "ends",
    "details", "notes", "assertion", "derived_from",
)  # fmt: skip


@dataclass(frozen=True)
class FirstRows(Generic[Row]):
    """The members of a group that the page of a record shows, and where the others are."""

    shown: Sequence[Row]
    folded: Sequence[Row]
    total: int
    href: str
    """The list of all, where the page does not have them."""
    undated: bool = False
    """Whether the date of none is known."""


def split_rows(rows: Sequence[Row], total: int, href: str) -> FirstRows[Row]:
    """The first rows of a group that has `total`; `href` is the list of all, if there is one."""
    long = bool(href) and total > MAX_FOLDED
    return FirstRows(
        rows[:FIRST_ROWS], () if long else rows[FIRST_ROWS:], total, href if long else ""
    )


@dataclass(frozen=True)
class RelationExport:
    """One member of a group as data."""

    relation: str
    """The IRI of the qualified relation; empty where a record states a property."""
    role: str
    role_label: str
    reversed: bool
    """Whether the role is that of the other record towards this one."""
    records: tuple[tuple[str, str], ...]
    """IRI and name of each record at the other end."""
    begins: str
    ends: str
    details: tuple[str, ...]
    notes: tuple[str, ...]
    assertion: str
    derived_from: tuple[str, ...]
    """The IRIs of the passages it was read in."""

    def serialize(self) -> dict[str, Any]:
        """The member as JSON."""
        return {
            "relation": self.relation or None,
            "role": {"id": self.role, "label": self.role_label} if self.role else None,
            "reversed": self.reversed,
            "records": [
                {"id": iri, "label": name, "url": f"/{iri.removeprefix(ID)}"}
                for iri, name in self.records
            ],
            "begins": self.begins or None,
            "ends": self.ends or None,
            "details": list(self.details),
            "notes": list(self.notes),
            "assertion": self.assertion or None,
            "derived_from": list(self.derived_from),
        }

    def list_cells(self) -> list[str]:
        """The member as the cells of `CSV_COLUMNS`; several values are joined by a bar."""
        return [
            self.relation, self.role, self.role_label, "true" if self.reversed else "false",
            "|".join(iri for iri, _ in self.records), "|".join(name for _, name in self.records),
            self.begins, self.ends, "|".join(self.details), "|".join(self.notes),
            self.assertion, "|".join(self.derived_from),
        ]  # fmt: skip


@dataclass(frozen=True)
class RelationListRequest:
    """Which relations of which record are asked for."""

    item: Item
    relations: RecordRelations
    group: RelationGroup | None
    """None where the record has no relations."""
    members: Sequence[GroupMember]
    """Those of the group that have the words looked for."""
    words: str
    page: int
    limit: int
    on: str = ""
    """The day, month or year on which they last, as it was written."""
    day: Interval | None = None

    @property
    def path(self) -> str:
        return f"/relations{self.item.path}"

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.members) // self.limit))

    @property
    def day_parameters(self) -> list[tuple[str, str]]:
        return [("on", self.on)] if self.on else []

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """What is listed, whatever the page."""
        name = self.group.name if self.group else ""
        chosen = [("group", name), ("q", self.words), ("on", self.on)]
        return [(name, value) for name, value in chosen if value]

    def build_page_links(self) -> dict[str, str]:
        """The addresses of other pages, by their relation to this one."""
        size = [("limit", str(self.limit))] if self.limit != MAX_FOLDED else []
        numbers = {"first": 1, "prev": self.page - 1, "next": self.page + 1, "last": self.pages}
        return {
            name: build_url(
                self.path,
                [*self.parameters, *size, *([("page", str(number))] if number > 1 else [])],
            )
            for name, number in numbers.items()
            if 1 <= number <= self.pages and number != self.page
        }


def list_rows(
    asked: RelationListRequest,
    entity: EntityDocument,
    members: Sequence[GroupMember],
    names: LabelResolver,
    find_dates: Callable[[str], Dates],
    columns: Columns,
    coauthors: Mapping[str, Sequence[Coauthor]] = MappingProxyType({}),
) -> tuple[Sequence[Any], Sequence[RelationExport]]:
    """The rows of some members as the page of a record shows them, and as data."""
    if asked.group is None:
        return (), ()
    if asked.group.predicate:
        values = list_incoming_values(entity, members, names, find_dates, columns)
        exports = [
            _export_value(entity, member, value)
            for member, value in zip(members, values, strict=True)
        ]
        return values, exports
    found = list_qualified_relations(entity, names, names.site, find_dates, coauthors).get(
        asked.group.name, []
    )
    by_node = {row.node: row for row in found}
    rows = [by_node[member.iri] for member in members if member.iri in by_node]
    return rows, [
        RelationExport(
            row.node,
            row.role_iri,
            row.role.text,
            row.reversed,
            tuple(zip(row.other_iris, (other.text for other in row.others), strict=True)),
            *row.dates,
            tuple(one.text for one in row.details),
            tuple(one.text for one in row.notes),
            _read_assertion(entity, [row.node]),
            tuple(list_named(entity.by_subject[row.node], DERIVED_FROM)),
        )
        for row in rows
    ]


def _export_value(
    entity: EntityDocument, member: GroupMember, value: PropertyValue
) -> RelationExport:
    facts = [entity.by_subject.get(node, {}) for node in member.notes]
    return RelationExport(
        "", "", "", False, ((member.iri, value.linked_text.text),), *value.dates, (), (),
        _read_assertion(entity, member.notes),
        tuple(iri for told in facts for iri in list_named(told, DERIVED_FROM)),
    )  # fmt: skip


def _read_assertion(entity: EntityDocument, nodes: Iterable[str]) -> str:
    """The code of how certain it is, where that is said."""
    codes = (iri for n in nodes for iri in list_named(entity.by_subject.get(n, {}), ASSERTION))
    return next(codes, "").rpartition("/")[2]


def encode_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows of CSV."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode()


def _format_title(
    group: RelationGroup | None, names: LabelResolver, tables: Mapping[str, Table]
) -> str:
    """The heading of a group."""
    if group is None:
        return names.site.t("relations")
    if group.predicate:
        return format_incoming_title(group.predicate, group.kind, names, names.site)
    return names.site.localize(tables[group.name].title)


def serialize_relations(
    variant: Representation,
    asked: RelationListRequest,
    exports: Sequence[RelationExport],
    names: LabelResolver,
) -> dict[str, Any]:
    """A page of the list as JSON."""
    return {
        "release": variant.served.release.id,
        "id": asked.item.iri,
        **serialize_label(asked.item.label, variant.language),
        "groups": [
            {
                "group": name,
                "title": _format_title(group, names, variant.served.tables),
                "count": len(group.members),
            }
            for name, group in asked.relations.groups.items()
        ],
        "complete": asked.relations.complete,
        "group": asked.group.name if asked.group else None,
        "total": len(asked.members),
        "page": asked.page,
        "links": asked.build_page_links(),
        "items": [one.serialize() for one in exports],
    }


def render_relation_list(
    variant: Representation,
    asked: RelationListRequest,
    rows: Sequence[Any],
    names: LabelResolver,
    formats: Iterable[Format],
) -> str:
    """The page."""
    site, tables = names.site, variant.served.tables
    heading = names.resolve_label(asked.item.iri)
    group_title = _format_title(asked.group, names, tables)
    return render_page(
        "relations.html",
        site.language,
        site=site,
        title=f"{heading}{site.colon}{group_title}",
        heading=heading,
        group_title=group_title,
        kind=KIND_BY_NAME[asked.item.kind],
        record=site.href(asked.item.path, asked.day_parameters),
        path=asked.path,
        group=asked.group,
        groups=[
            (
                _format_title(group, names, tables),
                len(group.members),
                site.href(asked.path, [("group", name), *asked.day_parameters]),
                group is asked.group,
            )
            for name, group in asked.relations.groups.items()
        ],
        rows=rows,
        total=len(asked.members),
        words=asked.words,
        on=asked.on,
        day=format_days(*asked.day, site.language) if asked.day else "",
        all_dates=site.href(asked.path, group=asked.group.name if asked.group else ""),
        page=asked.page,
        last=asked.pages,
        first=(asked.page - 1) * asked.limit + 1,
        pages={name: _keep_language(href, site) for name, href in asked.build_page_links().items()},
        every="" if asked.relations.complete else site.href("/sparql", query=build_query(asked)),
        every_csv=build_url("/sparql", [("query", build_query(asked)), ("format", CSV.extension)]),
        most=MAX_MEMBERS,
        formats=[
            (f.name, build_url(f"{asked.path}.{f.extension}", asked.parameters), f.media_type)
            for f in formats
            if f != HTML
        ],
    )


def _keep_language(href: str, site: PageContext) -> str:
    if not site.language_chosen:
        return href
    return f"{href}{'&' if '?' in href else '?'}lang={site.language}"


def build_query(asked: RelationListRequest) -> str:
    """A query for all members of a group, those too that are not read here."""
    record, group = f"<{asked.item.iri}>", asked.group
    name = f"OPTIONAL {{ ?record <{expand('skos:prefLabel')}> ?name }}"
    is_record = f'STRSTARTS(STR(?record), "{ID}") && !CONTAINS(STR(?record), "#")'
    if group is not None and group.predicate:
        of_kind = f'STRSTARTS(STR(?record), "{ID}{group.kind}/")'
        return (
            f"SELECT ?record ?name WHERE {{\n  ?record <{group.predicate}> {record} .\n"
            f"  FILTER({of_kind} && {is_record})\n  {name}\n}}"
        )
    classes = [iri for iri, of in RELATION_TYPES.items() if group and of.table == group.name]
    return (
        "SELECT DISTINCT ?relation ?property ?record ?name WHERE {\n"
        f"  {{ ?relation ?to {record} }} UNION {{ {record} ?from ?relation }}\n"
        f"  VALUES ?class {{ {' '.join(f'<{iri}>' for iri in classes)} }}\n"
        "  ?relation a ?class ; ?property ?record .\n"
        f"  FILTER({is_record})\n  FILTER(?record != {record})\n  {name}\n}}"
    )
