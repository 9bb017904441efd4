"""Answers of the reconciliation service, as its clients expect them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from api.reconciliation import BATCH, PART, TERRITORY, Extension
from api.render.dates import spoken
from kg.catalogue.certainty import Candidate
from kg.catalogue.former_names import FormerName
from kg.catalogue.read import Catalogue
from kg.catalogue.records import Field, Item
from kg.kinds import BY_NAME, KINDS, Text
from kg.namespaces import ID, ONTOLOGY

MOMENT: Final = re.compile(r"-?\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?")
MOST: Final = re.compile("[0-9]{1,9}")
LONGEST: Final = 300
"""Characters of a description."""
MOST_PLACES: Final = 3
WIDTH: Final = 420
HEIGHT: Final = 240
DESCRIBED: Final = ("description_fr", "description_en")
IDENTIFIERS: Final = "identifier-scheme"
"""The code list of what identifies records elsewhere: each is a column that can be fetched."""
TERRITORY_KIND: Final = "territory-kind"
"""The code list of the kinds of territories: each is a type."""
FORMERLY: Final = Text(
    "là se trouve ce qui s'appelait {} jusqu'au {}", "holds what was called {} until {}"
)
Identifiers: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]
"""By `kind/key`, then by scheme."""
NUMBERS: Final = {"integer": "int", "decimal": "float", "number": "float"}


def manifest(catalogue: Catalogue, origin: str, language: str, suffix: str) -> dict[str, Any]:
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
        "defaultTypes": types(catalogue, language),
        "batchSize": BATCH,
        "preview": {
            "url": f"{here}/preview?id={{{{id}}}}" + further,
            "width": WIDTH,
            "height": HEIGHT,
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


def types(catalogue: Catalogue, language: str) -> list[dict[str, str]]:
    """The kinds of records, and those of territories."""
    told = [{"id": kind.name, "name": kind.label[language]} for kind in KINDS]
    parts = catalogue.concepts(TERRITORY_KIND)
    return told + [{"id": PART + key, "name": text[language]} for key, text in parts.items()]


def candidates(catalogue: Catalogue, found: Sequence[Candidate], language: str) -> dict[str, Any]:
    """The candidates of one query."""
    described = descriptions(catalogue, [one.item for one in found], language)
    told = [
        f"{_formerly(one.formerly, language)} · {text}" if one.formerly else text
        for one, text in zip(found, described, strict=True)
    ]
    return {
        "result": [
            _candidate(catalogue, one, text, language)
            for one, text in zip(found, told, strict=True)
        ]
    }


def _candidate(
    catalogue: Catalogue, one: Candidate, described: str, language: str
) -> dict[str, Any]:
    told = {
        "id": f"{one.item.kind}/{one.item.key}",
        "name": one.item.label[language],
        "score": one.score,
        "match": one.match,
        "type": _types(catalogue, one.item, language),
        "features": [{"id": name, "value": value} for name, value in one.features.items()],
    }
    return told | ({"description": described} if described else {})


def _formerly(had: FormerName, language: str) -> str:
    """Why a territory of another name is a candidate."""
    return FORMERLY[language].format(had.name, spoken(had.until, language))


def _type(item: Item, language: str) -> dict[str, str]:
    return {"id": item.kind, "name": BY_NAME[item.kind].label[language]}


def _types(catalogue: Catalogue, item: Item, language: str) -> list[dict[str, str]]:
    """The kind of a record; before that of a territory the kind of territory that it is."""
    if item.kind != TERRITORY:
        return [_type(item, language)]
    known = catalogue.concepts(TERRITORY_KIND)
    parts = [kind for kind in item.cells.get("kind", ()) if kind in known]
    told = [{"id": PART + kind, "name": known[kind][language]} for kind in parts]
    return [*told, _type(item, language)]


def descriptions(catalogue: Catalogue, items: Sequence[Item], language: str) -> list[str]:
    """What tells each of some records from others of its name: what it is, where, and a text."""
    named = [(item, dict(_placing(catalogue, item))) for item in items]
    labels = catalogue.labels(iri for _, cells in named for iri in cells.values() if iri)
    told = []
    for item, cells in named:
        parts = [labels[iri][language] if iri in labels else c for c, iri in cells.items()]
        told.append(" · ".join(filter(None, [*parts, _text(item, language)]))[:LONGEST])
    return told


def _placing(catalogue: Catalogue, item: Item) -> Iterator[tuple[str, str | None]]:
    """The values that say what a record is and where, with the IRIs of what they name."""
    kind = BY_NAME[item.kind]
    for name in dict.fromkeys(["kind", *kind.territories, *kind.dates[:1]]):
        column = catalogue.field(item.kind, name)
        for cell in item.cells.get(name, ())[:MOST_PLACES] if column else ():
            yield cell, column.iri(cell) if column else None


def _text(item: Item, language: str) -> str:
    """A text of the record, in the language of the client where there is one."""
    named = sorted(DESCRIBED, key=lambda name: not name.endswith(language))
    texts = [text for name in named for text in item.cells.get(name, ())]
    return texts[0] if texts else ""


def suggested(catalogue: Catalogue, items: Sequence[Item], language: str) -> list[dict[str, Any]]:
    """Records as suggestions."""
    told = descriptions(catalogue, items, language)
    return [_suggested(item, text, language) for item, text in zip(items, told, strict=True)]


def _suggested(item: Item, described: str, language: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": f"{item.kind}/{item.key}",
        "name": item.label[language],
        "notable": [_type(item, language)],
    }
    return told | ({"description": described} if described else {})


def columns(catalogue: Catalogue, kind: str, language: str) -> list[tuple[str, str]]:
    """(name, title) of the columns of a kind, of all kinds where it is empty; then identifiers."""
    kinds = [kind] if kind else list(BY_NAME)
    found = {f.name: f.title[language] for name in kinds for f in catalogue.fields.get(name, ())}
    schemes = {name: title[language] for name, title in catalogue.concepts(IDENTIFIERS).items()}
    return list((found | schemes | found).items())


def extended(
    catalogue: Catalogue,
    asked: Extension,
    items: Mapping[str, Item | None],
    identifiers: Identifiers,
    language: str,
) -> dict[str, Any]:
    """The values of the columns of each record, and its identifiers of a scheme."""
    kinds = [item.kind for item in items.values() if item]
    schemes = catalogue.concepts(IDENTIFIERS)
    meta = [_meta(catalogue, kinds, schemes, name, language) for name, _ in asked.properties]
    rows = {
        id_: {
            name: _values(catalogue, item, name, settings, language)
            or _identifiers(identifiers, item, name, settings)
            for name, settings in asked.properties
        }
        for id_, item in items.items()
    }
    return {"meta": meta, "rows": rows}


def _identifiers(
    known: Identifiers, item: Item | None, name: str, settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    values = known.get(f"{item.kind}/{item.key}", {}).get(name, ()) if item else ()
    return [{"str": value} for value in _first(values, settings)]


def _first(cells: Sequence[str], settings: Mapping[str, Any]) -> Sequence[str]:
    """As many as the client wants; 0 stands for all."""
    limit = str(settings.get("limit", "0"))
    return cells[: int(limit)] if MOST.fullmatch(limit) and int(limit) else cells


def _meta(
    catalogue: Catalogue,
    kinds: Iterable[str],
    schemes: Mapping[str, Text],
    name: str,
    language: str,
) -> dict[str, Any]:
    column = next((c for kind in kinds if (c := catalogue.field(kind, name))), None)
    title = column.title if column else schemes.get(name)
    return {"id": name, "name": title[language] if title else name}


def _values(
    catalogue: Catalogue, item: Item | None, name: str, settings: Mapping[str, Any], language: str
) -> list[dict[str, Any]]:
    column = catalogue.field(item.kind, name) if item else None
    if item is None or column is None:
        return []
    cells = _first(item.cells.get(name, ()), settings)
    iris = {cell: column.iri(cell) for cell in cells}
    labels = catalogue.labels(iri for iri in iris.values() if iri)
    return [_value(column, cell, labels.get(iris[cell] or ""), language) for cell in cells]


def _value(column: Field, cell: str, label: Any, language: str) -> dict[str, Any]:
    if column.reference and "/" in cell:
        return {"id": cell, "name": label[language] if label else cell}
    if label:
        return {"str": label[language]}
    if MOMENT.fullmatch(cell):
        return {"date": cell}
    if (kind := NUMBERS.get(column.datatype or "")) is not None:
        try:
            return {kind: int(cell) if kind == "int" else float(cell)}
        except ValueError:
            return {"str": cell}
    return {"str": cell}
