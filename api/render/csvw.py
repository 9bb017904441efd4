"""The canonical tables as others read them: CSVW metadata of the files that this server gives.

The model says more than CSVW knows (`kg.tables`), in prefixes that CSVW does not declare. What is
given to others has full addresses, and names the file that it is about.

https://www.w3.org/TR/tabular-metadata/, https://www.w3.org/TR/tabular-data-model/
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from kg.kinds import KINDS
from kg.namespaces import ONTOLOGY, expand
from kg.tables import ADDED, BUILT_IN

TEMPLATES: Final = "/csvm{?url}\n"
"""Where metadata is looked for, from the address of a file (`/.well-known/csvm`)."""
FILE: Final = re.compile(r"/dumps/[\w-]+/(?P<table>\w+)\.csv|/(?P<kind>[a-z]+)\.csv(?:\?.*)?")
ADDRESSES: Final = ("propertyUrl", "valueUrl", "aboutUrl")
OWN: Final = "ess:"
TITLES: Final = {
    "record": {"fr": "Fiche", "en": "Record"},
    "sources": {"fr": "Sources", "en": "Sources"},
}


def table_of(path: str) -> str | None:
    """The canonical table whose columns a CSV of this server has, None where it is none."""
    found = FILE.fullmatch(path)
    if found is None:
        return None
    of_kinds = {kind.name: kind.table for kind in KINDS}
    return found["table"] or of_kinds.get(found["kind"])


def described(model: bytes, address: str) -> bytes:
    """The metadata of the file at an address, from the description of its table in the model."""
    told: dict[str, Any] = orjson.loads(model)
    schema: Mapping[str, Any] = told["tableSchema"]
    columns = [_column(one) for one in schema["columns"] if not one.get("virtual")]
    if "/dumps/" in address:
        columns += [_added(name) for name in ADDED]
    columns += [_column(one) for one in schema["columns"] if _for_others(one)]
    content = {_full(name): value for name, value in told.items()}
    content |= {"url": address, "tableSchema": {**schema, "columns": columns}}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def _for_others(column: Mapping[str, Any]) -> bool:
    """Whether a virtual column means the same to who does not know our conditions."""
    return bool(column.get("virtual")) and "ess:when" not in column and not _is_built_in(column)


def _is_built_in(column: Mapping[str, Any]) -> bool:
    return any(f"{{{name}}}" in column.get(key, "") for key in ADDRESSES for name in BUILT_IN)


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    found = {_full(name): value for name, value in column.items()}
    if _is_built_in(column):  # of which CSVW knows nothing
        found = {name: value for name, value in found.items() if name not in ADDRESSES}
        return found | {"suppressOutput": True}
    return found | {name: expand(found[name]) for name in ADDRESSES if name in found}


def _added(name: str) -> dict[str, Any]:
    several = {"separator": "|"} if name == "sources" else {}
    return {"name": name, "titles": TITLES[name], "suppressOutput": True, **several}


def _full(name: str) -> str:
    return f"{ONTOLOGY}#{name.removeprefix(OWN)}" if name.startswith(OWN) else name
