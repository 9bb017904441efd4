"""Parser of reconciliation requests (Reconciliation Service API 0.2).

Specification: https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from kg.catalogue.affiliations import MAX_STRING_LETTERS
from kg.catalogue.reconcile import ReconciliationQuery, ReconciliationValue
from kg.errors import BadRequest
from kg.kinds import KIND_BY_NAME

MAX_BATCH_QUERIES: Final = 50
"""Queries of one batch, and records of one extension."""
MAX_QUERY_LENGTH: Final = MAX_STRING_LETTERS
"""Characters of a text that is looked for, which may be an affiliation string."""
MAX_VALUE_LENGTH: Final = 300
"""Characters that are read of a value or a prefix."""
MAX_CANDIDATES: Final = 25
DEFAULT_CANDIDATES: Final = 5
MAX_PROPERTIES: Final = 10
MAX_VALUES: Final = 10
TERRITORY: Final = "territory"
TERRITORY_KIND_PREFIX: Final = "territory-kind/"
"""Before the kind of territory in a type."""
TYPE_STRICT_VALUES: Final = ("any", "should", "all")


@dataclass(frozen=True)
class DataExtension:
    """Columns to be read of some records."""

    ids: tuple[str, ...]
    properties: tuple[tuple[str, Mapping[str, Any]], ...]
    """Each column with its settings."""


def parse_batch(text: str, territory_kinds: Collection[str] = ()) -> dict[str, ReconciliationQuery]:
    """The queries of a batch by their names. Raises BadRequest with the place of what is wrong.

    `territory_kinds` are types beside the kinds of records: `territory-kind/commune`.
    """
    batch = _parse_json(text, "queries")
    if not isinstance(batch, dict):
        raise _expected_error("queries", "a JSON object of queries", "un objet JSON de requêtes")
    if len(batch) > MAX_BATCH_QUERIES:
        raise BadRequest(
            f"a batch has {MAX_BATCH_QUERIES} queries at most, this one has {len(batch)}",
            f"un lot compte {MAX_BATCH_QUERIES} requêtes au plus, celui-ci en a {len(batch)}",
        )
    return {name: _parse_query(name, query, territory_kinds) for name, query in batch.items()}


def parse_extension(text: str) -> DataExtension:
    """The records and columns of a data extension. Raises BadRequest."""
    value = _parse_json(text, "extend")
    if not isinstance(value, dict):
        raise _expected_error("extend", "a JSON object", "un objet JSON")
    ids, properties = value.get("ids"), value.get("properties")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise _expected_error("extend.ids", "a list of ids", "une liste d'identifiants")
    if len(ids) > MAX_BATCH_QUERIES * 10:
        raise _expected_error(
            "extend.ids",
            f"{MAX_BATCH_QUERIES * 10} ids at most",
            f"{MAX_BATCH_QUERIES * 10} au plus",
        )
    if not isinstance(properties, list) or len(properties) > 100:
        raise _expected_error("extend.properties", "a list of columns", "une liste de colonnes")
    return DataExtension(
        tuple(ids), tuple(_parse_column(n, one) for n, one in enumerate(properties))
    )


def _parse_column(number: int, value: Any) -> tuple[str, Mapping[str, Any]]:
    place = f"extend.properties[{number}]"
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise _expected_error(f"{place}.id", "the name of a column", "le nom d'une colonne")
    settings = value.get("settings", {})
    if not isinstance(settings, dict):
        raise _expected_error(f"{place}.settings", "a JSON object", "un objet JSON")
    return value["id"], settings


def _parse_query(name: str, value: Any, territory_kinds: Collection[str]) -> ReconciliationQuery:
    if not isinstance(value, dict):
        raise _expected_error(name, "a JSON object", "un objet JSON")
    text, properties = value.get("query", ""), value.get("properties", [])
    if not isinstance(text, str) or len(text) > MAX_QUERY_LENGTH:
        raise _expected_error(
            f"{name}.query",
            f"a text of {MAX_QUERY_LENGTH} characters at most",
            f"un texte ({MAX_QUERY_LENGTH} au plus)",
        )
    if not isinstance(properties, list) or len(properties) > MAX_PROPERTIES:
        raise _expected_error(
            f"{name}.properties", f"a list of {MAX_PROPERTIES} at most", "une liste de valeurs"
        )
    if not text.strip() and not properties:
        raise _expected_error(name, "a query or properties", "query ou properties")
    strict = value.get("type_strict", TYPE_STRICT_VALUES[0])
    if strict not in TYPE_STRICT_VALUES:
        raise _expected_error(
            f"{name}.type_strict", " | ".join(TYPE_STRICT_VALUES), " | ".join(TYPE_STRICT_VALUES)
        )
    types = _parse_types(name, value.get("type"), territory_kinds)
    kinds = tuple(
        dict.fromkeys(TERRITORY if one.startswith(TERRITORY_KIND_PREFIX) else one for one in types)
    )
    # who asks for any of a kind and of a part of it asks for the kind
    narrowed = TERRITORY not in types or strict == "all"
    limit = _parse_limit(name, value.get("limit", DEFAULT_CANDIDATES))
    return ReconciliationQuery(
        text.strip(),
        kinds,
        tuple(
            one.removeprefix(TERRITORY_KIND_PREFIX)
            for one in types
            if one.startswith(TERRITORY_KIND_PREFIX) and narrowed
        ),
        tuple(_parse_property(f"{name}.properties[{n}]", one) for n, one in enumerate(properties)),
        0 if strict == "all" and len(kinds) > 1 else limit,  # a record is of one kind
    )


def _parse_types(name: str, value: Any, territory_kinds: Collection[str]) -> list[str]:
    listed = value if isinstance(value, list) else [value] if value else []
    allowed = [*KIND_BY_NAME, *(TERRITORY_KIND_PREFIX + kind for kind in territory_kinds)]
    types = []
    for one in listed:
        type_ = one.get("id") if isinstance(one, dict) else one
        if not isinstance(type_, str) or type_ not in allowed:
            raise _expected_error(f"{name}.type", " | ".join(allowed), " | ".join(allowed))
        types.append(type_)
    return types


def _parse_limit(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1:
        raise _expected_error(f"{name}.limit", "a number from 1 on", "un nombre à partir de 1")
    return int(min(value, MAX_CANDIDATES))


def _parse_property(place: str, value: Any) -> tuple[str, tuple[ReconciliationValue, ...]]:
    if not isinstance(value, dict) or not isinstance(value.get("pid"), str):
        raise _expected_error(f"{place}.pid", "the name of a column", "le nom d'une colonne")
    if "v" not in value:
        raise _expected_error(f"{place}.v", "a value", "une valeur")
    values = value["v"] if isinstance(value["v"], list) else [value["v"]]
    return value["pid"], tuple(_parse_value(f"{place}.v", value) for value in values[:MAX_VALUES])


def _parse_value(place: str, value: Any) -> ReconciliationValue:
    if isinstance(value, dict) and isinstance(value.get("id"), str):
        name = value.get("name", "")
        return ReconciliationValue(str(name)[:MAX_VALUE_LENGTH], value["id"])
    if isinstance(value, str | int | float):
        return ReconciliationValue(str(value)[:MAX_VALUE_LENGTH])
    raise _expected_error(
        place, "a text, a number or a record with its id", "un texte, un nombre ou une fiche"
    )


def _parse_json(text: str, name: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError as error:
        raise BadRequest(
            f"{name} is not JSON: {error}", f"{name} n'est pas du JSON : {error}"
        ) from error


def _expected_error(place: str, expected_en: str, expected_fr: str) -> BadRequest:
    return BadRequest(f"{place}: expected {expected_en}", f"{place} : attendu {expected_fr}")


def filter_by_prefix(text: str, names: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Those of some (id, name) whose name or id begins with a text, or has it inside."""
    search_text = text.strip().casefold()
    matches = [
        (not name.casefold().startswith(search_text), name, id_)
        for id_, name in names
        if search_text in name.casefold() or search_text in id_.casefold()
    ]
    return [{"id": id_, "name": name} for _, name, id_ in sorted(matches)]
