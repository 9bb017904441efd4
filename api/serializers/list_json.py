"""JSON serializer of a page of a list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from api.http.links import build_url
from kg.catalogue.catalogue import Catalogue, ListPage
from kg.catalogue.cell_terms import build_cell_term
from kg.catalogue.concepts import MatchedConcept
from kg.catalogue.edtf import OPEN_END
from kg.catalogue.records import Field, Item
from kg.iris import build_concept_iri, build_source_iri
from kg.kinds import KIND_BY_NAME, Kind, Text
from kg.namespaces import BASE, ID
from kg.rdf.build import iri_triple, typed_triple


@dataclass(frozen=True)
class Listing:
    """A page of a list, with the names of everything it speaks of and its addresses."""

    kind: Kind
    page: ListPage
    fields: Mapping[str, Field]
    labels: Mapping[str, Text]
    """IRI to label."""
    release: str
    links: Mapping[str, str]
    """Relation (`self`, `first`, `next`) to address."""
    codes: Sequence[MatchedConcept] = ()
    """The concepts of code lists that the words name."""


def find_facet_iri(fields: Mapping[str, Field], name: str, value: str) -> str | None:
    """What a value of a facet names."""
    if name == "source":
        return build_source_iri(value)
    if name == "territory":
        return f"{ID}territory/{value.removeprefix('territory/')}"
    if name == "assertion":
        return build_concept_iri("assertion", value)
    return fields[name].build_iri(value) if name in fields else None


def load_labels(catalogue: Catalogue, kind: Kind, page: ListPage) -> dict[str, Text]:
    """The labels of what the records and the facets of a page name."""
    fields = {field.name: field for field in catalogue.fields[kind.name]}
    wanted = [iri for item in page.items for iri in _list_named_iris(fields, item)]
    for facet in page.facets:
        wanted += [
            iri
            for count in facet.counts
            if (iri := find_facet_iri(fields, facet.field, count.value)) is not None
        ]
    return catalogue.read_labels(wanted)


def _list_named_iris(fields: Mapping[str, Field], item: Item) -> Iterable[str]:
    for name, cells in item.cells.items():
        for cell in cells:
            iri = fields[name].build_iri(cell)
            if iri is not None:
                yield iri


def serialize_record(fields: Mapping[str, Field], item: Item, language: str) -> dict[str, Any]:
    """A record as JSON: its IRI, labels, place, dates, sources and its canonical columns."""
    located = item.longitude is not None and item.latitude is not None
    begins, ends = item.dates
    columns, otherwise = {}, {}
    for name, cells in item.cells.items():
        field = fields[name]
        columns[name] = cells[0] if field.has_one_text else serialize_value(field, cells)
        if len(cells) > 1 and field.has_one_value:
            otherwise[name] = [serialize_value(field, [cell]) for cell in cells[1:]]
    return {
        "id": item.iri,
        "url": item.path,
        "kind": item.kind,
        "key": item.key,
        **serialize_label(item.label, language),
        "begins": begins or None,
        "ends": ends or None,
        "earliest": item.begins,
        "latest": None if item.ends == OPEN_END else item.ends,
        "timezone": item.zone,
        "coordinates": [item.longitude, item.latitude] if located else None,
        "inferred": item.inferred,
        "sources": list(item.sources),
        "columns": columns,
        "otherwise": otherwise,  # what other sources say where a column has one value
    }


def serialize_value(
    field: Field, cells: Sequence[str]
) -> str | int | float | list[str | int | float]:
    """What a record has in a column, as JSON: a list where it may have several, numbers as such."""
    told = field.format_cells(cells)
    if not field.numeric:
        return told  # type: ignore[return-value] # a list of texts is one of what may be texts
    return (
        field.parse_number(told)
        if isinstance(told, str)
        else [field.parse_number(cell) for cell in told]
    )


def serialize_text(label: Text) -> dict[str, str]:
    """A text in the languages in which it is stated."""
    stated = label.stated_languages
    if len(stated) == 2:
        return {"fr": label.fr, "en": label.en}
    return {stated[0]: label[stated[0]]} if stated else {}


def serialize_code(code: MatchedConcept, language: str) -> dict[str, Any]:
    """A concept of a code list, with the lists that it filters."""
    return {
        "id": code.iri,
        "url": code.path,
        **serialize_label(code.label, language),
        "lists": [
            {"url": build_url(f"/{kind}", [(column, code.notation)]), "kind": kind, "count": count}
            for kind, column, count in code.lists
        ],
    }


def serialize_label(label: Text, language: str) -> dict[str, Any]:
    """The label of a record where it is stated, and what to call it in a language."""
    stated = label.stated_languages
    spoken = language if language in stated else stated[0] if stated else None
    return {"label": serialize_text(label), "name": label[language], "name_lang": spoken}


def serialize_page(listing: Listing, language: str) -> dict[str, Any]:
    """The whole page as JSON."""
    page = listing.page
    return {
        "kind": listing.kind.name,
        "release": listing.release,
        "total": page.total,
        "sort": page.sort,
        "suggestion": page.suggestion or None,
        "codes": [serialize_code(code, language) for code in listing.codes],
        "links": dict(listing.links),
        "items": [serialize_record(listing.fields, item, language) for item in page.items],
        "facets": {f.field: _serialize_facet(listing, f.field, language) for f in page.facets},
        "labels": {
            iri.removeprefix(BASE): serialize_text(label)
            for iri, label in sorted(listing.labels.items())
        },
    }


def _serialize_facet(listing: Listing, name: str, language: str) -> dict[str, Any]:
    facet = next(f for f in listing.page.facets if f.field == name)
    values = []
    for count in facet.counts:
        iri = find_facet_iri(listing.fields, name, count.value)
        label = listing.labels.get(iri or "") or Text.with_fallback(None, None, count.value)
        values.append(
            {
                "value": count.value,
                **serialize_label(label, language),
                "count": count.records,
                "chosen": count.chosen,
            }
        )
    return {"complete": facet.complete, "values": values}


def build_page_triples(
    listing: Listing, origin: str, address: str, collection: str
) -> list[ox.Triple]:
    """The page as a node of a TREE collection and what each of its records says of itself.

    `address` is where the page was fetched, `origin` where the next one is.

    https://w3id.org/tree/specification
    """
    triples = [
        iri_triple(collection, "rdf:type", "tree:Collection"),
        iri_triple(collection, "tree:view", address),
        iri_triple(address, "rdf:type", "tree:Node"),
        typed_triple(address, "void:entities", listing.page.total, "xsd:integer"),
    ]
    following = listing.links.get("next")
    if following:
        relation = f"{address}#next"
        triples += [
            iri_triple(address, "tree:relation", relation),
            iri_triple(relation, "rdf:type", "tree:Relation"),
            iri_triple(relation, "tree:node", origin + following),
        ]
    for item in listing.page.items:
        triples.append(iri_triple(collection, "tree:member", item.iri))
        triples += _build_record_triples(listing.fields, item)
    return triples


def _build_record_triples(fields: Mapping[str, Field], item: Item) -> Iterable[ox.Triple]:
    subject = ox.NamedNode(item.iri)
    yield iri_triple(item.iri, "rdf:type", KIND_BY_NAME[item.kind].class_iri)
    for name, cells in item.cells.items():
        field = fields[name]
        if field.predicate is None or field.fragment:
            continue
        for value in _build_terms(field, cells):
            yield ox.Triple(subject, ox.NamedNode(field.predicate), value)


def _build_terms(field: Field, cells: Sequence[str]) -> Iterable[ox.NamedNode | ox.Literal]:
    return (value for cell in cells if (value := build_cell_term(field, cell)) is not None)
