"""JSON serializer of the reconciliation service (Reconciliation Service API 0.2)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from api.i18n.dates import format_date
from api.serializers.reconciliation_request import (
    MAX_BATCH_QUERIES,
    TERRITORY,
    TERRITORY_KIND_PREFIX,
    DataExtension,
)
from kg.catalogue.catalogue import Catalogue
from kg.catalogue.certainty import Candidate
from kg.catalogue.former_names import FormerName
from kg.catalogue.records import Field, Item
from kg.kinds import KIND_BY_NAME, KINDS, Text
from kg.namespaces import ID, ONTOLOGY

DATE_TIME_PATTERN: Final = re.compile(
    r"-?\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?"
)
LIMIT_PATTERN: Final = re.compile("[0-9]{1,9}")
MAX_DESCRIPTION_LENGTH: Final = 300
"""Characters of a description."""
MAX_PLACES: Final = 3
PREVIEW_WIDTH: Final = 420
PREVIEW_HEIGHT: Final = 240
DESCRIPTION_COLUMNS: Final = ("description_fr", "description_en")
IDENTIFIER_SCHEME: Final = "identifier-scheme"
"""The code list of what identifies records elsewhere: each is a column that can be fetched."""
TERRITORY_KIND_SCHEME: Final = "territory-kind"
"""The code list of the kinds of territories: each is a type."""
FORMERLY: Final = Text(
    "là se trouve ce qui s'appelait {} jusqu'au {}", "holds what was called {} until {}"
)
RecordIdentifiers: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]
"""By `kind/key`, then by scheme."""
JSON_NUMBER_TYPES: Final = {"integer": "int", "decimal": "float", "number": "float"}


def build_manifest(catalogue: Catalogue, origin: str, language: str, suffix: str) -> dict[str, Any]:
    """What the service can do. `suffix` keeps the language in the addresses that it names."""
    here = f"{origin}/reconcile"
    further = suffix.replace("?", "&")

    def service(name: str) -> dict[str, str]:
        return {
            "service_url": origin,
            "service_path": f"/reconcile/suggest/{name}{suffix}",
            "flyout_service_url": origin,
            "flyout_service_path": f"/reconcile/flyout/{name}?id=${{id}}{further}",
        }

    return {
        "versions": ["0.2"],
        "name": "ess-kg (français)" if language == "fr" else "ess-kg (English)",
        "identifierSpace": ID,
        "schemaSpace": f"{ONTOLOGY}#",
        "documentation": f"{here}.html",
        "logo": f"{origin}/static/icon.svg",
        "view": {"url": f"{origin}/{{{{id}}}}"},
        "defaultTypes": list_types(catalogue, language),
        "batchSize": MAX_BATCH_QUERIES,
        "preview": {
            "url": f"{here}/preview?id={{{{id}}}}" + further,
            "width": PREVIEW_WIDTH,
            "height": PREVIEW_HEIGHT,
        },
        "suggest": {name: service(name) for name in ("entity", "property", "type")},
        "extend": {
            "propose_properties": {
                "service_url": origin,
                # OpenRefine adds "?type=…" to it whatever it holds: the language is in the path
                "service_path": f"/reconcile/properties/{language}",
            },
            "property_settings": [
                {
                    "name": "limit",
                    "label": "Limite" if language == "fr" else "Limit",
                    "type": "number",
                    "default": 0,
                    "help_text": "0 : toutes les valeurs" if language == "fr" else "0: every value",
                }
            ],
        },
    }


def list_types(catalogue: Catalogue, language: str) -> list[dict[str, str]]:
    """The kinds of records, and those of territories."""
    types = [{"id": kind.name, "name": kind.label[language]} for kind in KINDS]
    parts = catalogue.read_concepts(TERRITORY_KIND_SCHEME)
    return types + [
        {"id": TERRITORY_KIND_PREFIX + key, "name": text[language]} for key, text in parts.items()
    ]


def serialize_candidates(
    catalogue: Catalogue, found: Sequence[Candidate], language: str
) -> dict[str, Any]:
    """The candidates of one query."""
    described = describe_records(catalogue, [one.item for one in found], language)
    descriptions = [
        f"{_formerly(one.formerly, language)} · {text}" if one.formerly else text
        for one, text in zip(found, described, strict=True)
    ]
    return {
        "result": [
            _serialize_candidate(catalogue, one, text, language)
            for one, text in zip(found, descriptions, strict=True)
        ]
    }


def _serialize_candidate(
    catalogue: Catalogue, one: Candidate, described: str, language: str
) -> dict[str, Any]:
    content = {
        "id": f"{one.item.kind}/{one.item.key}",
        "name": one.item.label[language],
        "score": one.score,
        "match": one.match,
        "type": _serialize_types(catalogue, one.item, language),
        "features": [{"id": name, "value": value} for name, value in one.features.items()],
    }
    return content | ({"description": described} if described else {})


def _formerly(had: FormerName, language: str) -> str:
    """Why a territory of another name is a candidate."""
    return FORMERLY[language].format(had.name, format_date(had.until, language))


def _serialize_type(item: Item, language: str) -> dict[str, str]:
    return {"id": item.kind, "name": KIND_BY_NAME[item.kind].label[language]}


def _serialize_types(catalogue: Catalogue, item: Item, language: str) -> list[dict[str, str]]:
    """The kind of a record; before that of a territory the kind of territory that it is."""
    if item.kind != TERRITORY:
        return [_serialize_type(item, language)]
    concepts = catalogue.read_concepts(TERRITORY_KIND_SCHEME)
    parts = [kind for kind in item.cells.get("kind", ()) if kind in concepts]
    kind_types = [
        {"id": TERRITORY_KIND_PREFIX + kind, "name": concepts[kind][language]} for kind in parts
    ]
    return [*kind_types, _serialize_type(item, language)]


def describe_records(catalogue: Catalogue, items: Sequence[Item], language: str) -> list[str]:
    """What tells each of some records from others of its name: what it is, where, and a text."""
    items_with_places = [(item, dict(_list_places(catalogue, item))) for item in items]
    labels = catalogue.read_labels(
        iri for _, cells in items_with_places for iri in cells.values() if iri
    )
    descriptions = []
    for item, cells in items_with_places:
        parts = [labels[iri][language] if iri in labels else c for c, iri in cells.items()]
        descriptions.append(
            " · ".join(filter(None, [*parts, _choose_description(item, language)]))[
                :MAX_DESCRIPTION_LENGTH
            ]
        )
    return descriptions


def _list_places(catalogue: Catalogue, item: Item) -> Iterator[tuple[str, str | None]]:
    """The values that say what a record is and where, with the IRIs of what they name."""
    kind = KIND_BY_NAME[item.kind]
    for name in dict.fromkeys(["kind", *kind.territories, *kind.dates[:1]]):
        column = catalogue.find_field(item.kind, name)
        for cell in item.cells.get(name, ())[:MAX_PLACES] if column else ():
            yield cell, column.build_iri(cell) if column else None


def _choose_description(item: Item, language: str) -> str:
    """A text of the record, in the language of the client where there is one."""
    columns = sorted(DESCRIPTION_COLUMNS, key=lambda name: not name.endswith(language))
    texts = [text for name in columns for text in item.cells.get(name, ())]
    return texts[0] if texts else ""


def serialize_suggestions(
    catalogue: Catalogue, items: Sequence[Item], language: str
) -> list[dict[str, Any]]:
    """Records as suggestions."""
    descriptions = describe_records(catalogue, items, language)
    return [
        _serialize_suggestion(item, text, language)
        for item, text in zip(items, descriptions, strict=True)
    ]


def _serialize_suggestion(item: Item, described: str, language: str) -> dict[str, Any]:
    content: dict[str, Any] = {
        "id": f"{item.kind}/{item.key}",
        "name": item.label[language],
        "notable": [_serialize_type(item, language)],
    }
    return content | ({"description": described} if described else {})


def list_columns(catalogue: Catalogue, kind: str, language: str) -> list[tuple[str, str]]:
    """(name, title) of the columns of a kind, of all kinds where it is empty; then identifiers."""
    kinds = [kind] if kind else list(KIND_BY_NAME)
    titles = {f.name: f.title[language] for name in kinds for f in catalogue.fields.get(name, ())}
    schemes = {
        name: title[language] for name, title in catalogue.read_concepts(IDENTIFIER_SCHEME).items()
    }
    return list((titles | schemes | titles).items())


def serialize_extension(
    catalogue: Catalogue,
    asked: DataExtension,
    items: Mapping[str, Item | None],
    identifiers: RecordIdentifiers,
    language: str,
) -> dict[str, Any]:
    """The values of the columns of each record, and its identifiers of a scheme."""
    kinds = [item.kind for item in items.values() if item]
    schemes = catalogue.read_concepts(IDENTIFIER_SCHEME)
    meta = [
        _serialize_column(catalogue, kinds, schemes, name, language) for name, _ in asked.properties
    ]
    rows = {
        id_: {
            name: _serialize_values(catalogue, item, name, settings, language)
            or _serialize_identifiers(identifiers, item, name, settings)
            for name, settings in asked.properties
        }
        for id_, item in items.items()
    }
    return {"meta": meta, "rows": rows}


def _serialize_identifiers(
    identifiers: RecordIdentifiers, item: Item | None, name: str, settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    values = identifiers.get(f"{item.kind}/{item.key}", {}).get(name, ()) if item else ()
    return [{"str": value} for value in _limit_values(values, settings)]


def _limit_values(cells: Sequence[str], settings: Mapping[str, Any]) -> Sequence[str]:
    """As many as the client wants; 0 stands for all."""
    limit = str(settings.get("limit", "0"))
    return cells[: int(limit)] if LIMIT_PATTERN.fullmatch(limit) and int(limit) else cells


def _serialize_column(
    catalogue: Catalogue,
    kinds: Iterable[str],
    schemes: Mapping[str, Text],
    name: str,
    language: str,
) -> dict[str, Any]:
    column = next((c for kind in kinds if (c := catalogue.find_field(kind, name))), None)
    title = column.title if column else schemes.get(name)
    return {"id": name, "name": title[language] if title else name}


def _serialize_values(
    catalogue: Catalogue, item: Item | None, name: str, settings: Mapping[str, Any], language: str
) -> list[dict[str, Any]]:
    column = catalogue.find_field(item.kind, name) if item else None
    if item is None or column is None:
        return []
    cells = _limit_values(item.cells.get(name, ()), settings)
    iris = {cell: column.build_iri(cell) for cell in cells}
    labels = catalogue.read_labels(iri for iri in iris.values() if iri)
    return [
        _serialize_value(column, cell, labels.get(iris[cell] or ""), language) for cell in cells
    ]


def _serialize_value(column: Field, cell: str, label: Any, language: str) -> dict[str, Any]:
    if column.reference and "/" in cell:
        return {"id": cell, "name": label[language] if label else cell}
    if label:
        return {"str": label[language]}
    if DATE_TIME_PATTERN.fullmatch(cell):
        return {"date": cell}
    if (kind := JSON_NUMBER_TYPES.get(column.datatype or "")) is not None:
        try:
            return {kind: int(cell) if kind == "int" else float(cell)}
        except ValueError:
            return {"str": cell}
    return {"str": cell}
