"""Parser of reconciliation requests (Reconciliation Service API 0.2).

Specification: https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from kg.catalogue.reconcile import ReconciliationQuery, ReconciliationValue
from kg.errors import BadRequest
from kg.kinds import KIND_BY_NAME

MAX_BATCH_QUERIES: Final = 50
"""Queries of one batch, and records of one extension."""
MAX_QUERY_LENGTH: Final = 300
"""Characters of a text that is looked for."""
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
    told = _parse_json(text, "queries")
    if not isinstance(told, dict):
        raise _expected_error("queries", "a JSON object of queries", "un objet JSON de requêtes")
    if len(told) > MAX_BATCH_QUERIES:
        raise BadRequest(
            f"a batch has {MAX_BATCH_QUERIES} queries at most, this one has {len(told)}",
            f"un lot compte {MAX_BATCH_QUERIES} requêtes au plus, celui-ci en a {len(told)}",
        )
    return {name: _parse_query(name, query, territory_kinds) for name, query in told.items()}


def parse_extension(text: str) -> DataExtension:
    """The records and columns of a data extension. Raises BadRequest."""
    told = _parse_json(text, "extend")
    if not isinstance(told, dict):
        raise _expected_error("extend", "a JSON object", "un objet JSON")
    ids, properties = told.get("ids"), told.get("properties")
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


def _parse_column(number: int, told: Any) -> tuple[str, Mapping[str, Any]]:
    place = f"extend.properties[{number}]"
    if not isinstance(told, dict) or not isinstance(told.get("id"), str):
        raise _expected_error(f"{place}.id", "the name of a column", "le nom d'une colonne")
    settings = told.get("settings", {})
    if not isinstance(settings, dict):
        raise _expected_error(f"{place}.settings", "a JSON object", "un objet JSON")
    return told["id"], settings


def _parse_query(name: str, told: Any, territory_kinds: Collection[str]) -> ReconciliationQuery:
    if not isinstance(told, dict):
        raise _expected_error(name, "a JSON object", "un objet JSON")
    text, properties = told.get("query", ""), told.get("properties", [])
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
    strict = told.get("type_strict", TYPE_STRICT_VALUES[0])
    if strict not in TYPE_STRICT_VALUES:
        raise _expected_error(
            f"{name}.type_strict", " | ".join(TYPE_STRICT_VALUES), " | ".join(TYPE_STRICT_VALUES)
        )
    types = _parse_types(name, told.get("type"), territory_kinds)
    kinds = tuple(
        dict.fromkeys(TERRITORY if one.startswith(TERRITORY_KIND_PREFIX) else one for one in types)
    )
    # who asks for any of a kind and of a part of it asks for the kind
    narrowed = TERRITORY not in types or strict == "all"
    limit = _parse_limit(name, told.get("limit", DEFAULT_CANDIDATES))
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


def _parse_types(name: str, told: Any, territory_kinds: Collection[str]) -> list[str]:
    listed = told if isinstance(told, list) else [told] if told else []
    known = [*KIND_BY_NAME, *(TERRITORY_KIND_PREFIX + kind for kind in territory_kinds)]
    types = []
    for one in listed:
        type_ = one.get("id") if isinstance(one, dict) else one
        if not isinstance(type_, str) or type_ not in known:
            raise _expected_error(f"{name}.type", " | ".join(known), " | ".join(known))
        types.append(type_)
    return types


def _parse_limit(name: str, told: Any) -> int:
    if isinstance(told, bool) or not isinstance(told, int | float) or told < 1:
        raise _expected_error(f"{name}.limit", "a number from 1 on", "un nombre à partir de 1")
    return int(min(told, MAX_CANDIDATES))


def _parse_property(place: str, told: Any) -> tuple[str, tuple[ReconciliationValue, ...]]:
    if not isinstance(told, dict) or not isinstance(told.get("pid"), str):
        raise _expected_error(f"{place}.pid", "the name of a column", "le nom d'une colonne")
    if "v" not in told:
        raise _expected_error(f"{place}.v", "a value", "une valeur")
    values = told["v"] if isinstance(told["v"], list) else [told["v"]]
    return told["pid"], tuple(_parse_value(f"{place}.v", value) for value in values[:MAX_VALUES])


def _parse_value(place: str, told: Any) -> ReconciliationValue:
    if isinstance(told, dict) and isinstance(told.get("id"), str):
        name = told.get("name", "")
        return ReconciliationValue(str(name)[:MAX_QUERY_LENGTH], told["id"])
    if isinstance(told, str | int | float):
        return ReconciliationValue(str(told)[:MAX_QUERY_LENGTH])
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


def _expected_error(place: str, wanted: str, voulu: str) -> BadRequest:
    return BadRequest(f"{place}: expected {wanted}", f"{place} : attendu {voulu}")


def filter_by_prefix(text: str, names: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Those of some (id, name) whose name or id begins with a text, or has it inside."""
    wanted = text.strip().casefold()
    found = [
        (not name.casefold().startswith(wanted), name, id_)
        for id_, name in names
        if wanted in name.casefold() or wanted in id_.casefold()
    ]
    return [{"id": id_, "name": name} for _, name, id_ in sorted(found)]
