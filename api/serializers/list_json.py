"""JSON serializer of a page of a list."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.http.links import build_url
from kg.catalogue.code_names import name_value
from kg.catalogue.concepts import MatchedConcept
from kg.catalogue.edtf import OPEN_END
from kg.catalogue.listing import Listing, find_facet_iri
from kg.catalogue.records import Field, Item
from kg.kinds import Text
from kg.namespaces import BASE


def serialize_record(fields: Mapping[str, Field], item: Item, language: str) -> dict[str, Any]:
    """A record as JSON: its IRI, labels, place, dates, sources and its canonical columns."""
    located = item.longitude is not None and item.latitude is not None
    begins, ends = item.dates
    columns, other_values = {}, {}
    for name, cells in item.cells.items():
        field = fields[name]
        columns[name] = cells[0] if field.has_one_text else serialize_value(field, cells)
        if len(cells) > 1 and field.has_one_value:
            other_values[name] = [serialize_value(field, [cell]) for cell in cells[1:]]
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
        "point_of": item.point_of,
        "inferred": item.inferred,
        "sources": list(item.sources),
        "columns": columns,
        "otherwise": other_values,  # of other sources, where a column has one value
    }


def serialize_value(
    field: Field, cells: Sequence[str]
) -> str | int | float | list[str | int | float]:
    """The cells of a column as JSON: a list where there may be several, numbers as numbers."""
    value = field.format_cells(cells)
    if not field.numeric:
        return value  # type: ignore[return-value] # list is invariant
    if isinstance(value, str):
        return field.parse_number(value)
    return [field.parse_number(cell) for cell in value]


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
    """A label as it is stated, and the name to show in a language."""
    stated = label.stated_languages
    name_language = language if language in stated else stated[0] if stated else None
    return {"label": serialize_text(label), "name": label[language], "name_lang": name_language}


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
        label = listing.labels.get(iri or "") or name_value(name, count.value)
        values.append(
            {
                "value": count.value,
                **serialize_label(label, language),
                "count": count.records,
                "chosen": count.chosen,
            }
        )
    return {"complete": facet.complete, "unstated": facet.unstated, "values": values}
