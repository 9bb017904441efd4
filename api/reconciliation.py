"""What a reconciliation client sends, read and checked (Reconciliation Service API 0.2).

Specification: https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from kg.catalogue.reconcile import Query, Value
from kg.errors import BadRequest
from kg.kinds import BY_NAME

BATCH: Final = 50
"""Queries of one batch, and records of one extension."""
LONGEST: Final = 300
"""Characters of a text that is looked for."""
MOST_CANDIDATES: Final = 25
USUAL: Final = 5
MOST_PROPERTIES: Final = 10
MOST_VALUES: Final = 10
TERRITORY: Final = "territory"
PART: Final = "territory-kind/"
"""Before the kind of territory in a type."""
STRICT: Final = ("any", "should", "all")


@dataclass(frozen=True)
class Extension:
    """Columns to be read of some records."""

    ids: tuple[str, ...]
    properties: tuple[tuple[str, Mapping[str, Any]], ...]
    """Each column with its settings."""


def batch(text: str, territory_kinds: Collection[str] = ()) -> dict[str, Query]:
    """The queries of a batch by their names. Raises BadRequest with the place of what is wrong.

    `territory_kinds` are types beside the kinds of records: `territory-kind/commune`.
    """
    told = _json(text, "queries")
    if not isinstance(told, dict):
        raise _wrong("queries", "a JSON object of queries", "un objet JSON de requêtes")
    if len(told) > BATCH:
        raise BadRequest(
            f"a batch has {BATCH} queries at most, this one has {len(told)}",
            f"un lot compte {BATCH} requêtes au plus, celui-ci en a {len(told)}",
        )
    return {name: _query(name, query, territory_kinds) for name, query in told.items()}


def extension(text: str) -> Extension:
    """The records and columns of a data extension. Raises BadRequest."""
    told = _json(text, "extend")
    if not isinstance(told, dict):
        raise _wrong("extend", "a JSON object", "un objet JSON")
    ids, properties = told.get("ids"), told.get("properties")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise _wrong("extend.ids", "a list of ids", "une liste d'identifiants")
    if len(ids) > BATCH * 10:
        raise _wrong("extend.ids", f"{BATCH * 10} ids at most", f"{BATCH * 10} au plus")
    if not isinstance(properties, list) or len(properties) > 100:
        raise _wrong("extend.properties", "a list of columns", "une liste de colonnes")
    return Extension(tuple(ids), tuple(_column(n, one) for n, one in enumerate(properties)))


def _column(number: int, told: Any) -> tuple[str, Mapping[str, Any]]:
    place = f"extend.properties[{number}]"
    if not isinstance(told, dict) or not isinstance(told.get("id"), str):
        raise _wrong(f"{place}.id", "the name of a column", "le nom d'une colonne")
    settings = told.get("settings", {})
    if not isinstance(settings, dict):
        raise _wrong(f"{place}.settings", "a JSON object", "un objet JSON")
    return told["id"], settings


def _query(name: str, told: Any, territory_kinds: Collection[str]) -> Query:
    if not isinstance(told, dict):
        raise _wrong(name, "a JSON object", "un objet JSON")
    text, properties = told.get("query", ""), told.get("properties", [])
    if not isinstance(text, str) or len(text) > LONGEST:
        raise _wrong(
            f"{name}.query",
            f"a text of {LONGEST} characters at most",
            f"un texte ({LONGEST} au plus)",
        )
    if not isinstance(properties, list) or len(properties) > MOST_PROPERTIES:
        raise _wrong(
            f"{name}.properties", f"a list of {MOST_PROPERTIES} at most", "une liste de valeurs"
        )
    if not text.strip() and not properties:
        raise _wrong(name, "a query or properties", "query ou properties")
    strict = told.get("type_strict", STRICT[0])
    if strict not in STRICT:
        raise _wrong(f"{name}.type_strict", " | ".join(STRICT), " | ".join(STRICT))
    types = _types(name, told.get("type"), territory_kinds)
    kinds = tuple(dict.fromkeys(TERRITORY if one.startswith(PART) else one for one in types))
    # who asks for any of a kind and of a part of it asks for the kind
    narrowed = TERRITORY not in types or strict == "all"
    limit = _limit(name, told.get("limit", USUAL))
    return Query(
        text.strip(),
        kinds,
        tuple(one.removeprefix(PART) for one in types if one.startswith(PART) and narrowed),
        tuple(_property(f"{name}.properties[{n}]", one) for n, one in enumerate(properties)),
        0 if strict == "all" and len(kinds) > 1 else limit,  # a record is of one kind
    )


def _types(name: str, told: Any, territory_kinds: Collection[str]) -> list[str]:
    listed = told if isinstance(told, list) else [told] if told else []
    known = [*BY_NAME, *(PART + kind for kind in territory_kinds)]
    types = []
    for one in listed:
        type_ = one.get("id") if isinstance(one, dict) else one
        if not isinstance(type_, str) or type_ not in known:
            raise _wrong(f"{name}.type", " | ".join(known), " | ".join(known))
        types.append(type_)
    return types


def _limit(name: str, told: Any) -> int:
    if isinstance(told, bool) or not isinstance(told, int | float) or told < 1:
        raise _wrong(f"{name}.limit", "a number from 1 on", "un nombre à partir de 1")
    return int(min(told, MOST_CANDIDATES))


def _property(place: str, told: Any) -> tuple[str, tuple[Value, ...]]:
    if not isinstance(told, dict) or not isinstance(told.get("pid"), str):
        raise _wrong(f"{place}.pid", "the name of a column", "le nom d'une colonne")
    if "v" not in told:
        raise _wrong(f"{place}.v", "a value", "une valeur")
    values = told["v"] if isinstance(told["v"], list) else [told["v"]]
    return told["pid"], tuple(_value(f"{place}.v", value) for value in values[:MOST_VALUES])


def _value(place: str, told: Any) -> Value:
    if isinstance(told, dict) and isinstance(told.get("id"), str):
        name = told.get("name", "")
        return Value(str(name)[:LONGEST], told["id"])
    if isinstance(told, str | int | float):
        return Value(str(told)[:LONGEST])
    raise _wrong(
        place, "a text, a number or a record with its id", "un texte, un nombre ou une fiche"
    )


def _json(text: str, name: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError as error:
        raise BadRequest(
            f"{name} is not JSON: {error}", f"{name} n'est pas du JSON : {error}"
        ) from error


def _wrong(place: str, wanted: str, voulu: str) -> BadRequest:
    return BadRequest(f"{place}: expected {wanted}", f"{place} : attendu {voulu}")


def prefixed(text: str, names: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Those of some (id, name) whose name or id begins with a text, or has it inside."""
    wanted = text.strip().casefold()
    found = [
        (not name.casefold().startswith(wanted), name, id_)
        for id_, name in names
        if wanted in name.casefold() or wanted in id_.casefold()
    ]
    return [{"id": id_, "name": name} for _, name, id_ in sorted(found)]
