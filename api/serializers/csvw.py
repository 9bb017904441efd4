"""CSVW metadata of the CSV files that this server gives (W3C tabular metadata).

The model says more than CSVW knows (`kg.csvw_tables`), in prefixes that CSVW does not declare.
What is given to others has full addresses, and names the file that it is about.

https://www.w3.org/TR/tabular-metadata/, https://www.w3.org/TR/tabular-data-model/
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from kg.csvw_tables import ADDED_COLUMNS, BUILT_IN_SLOTS
from kg.kinds import KINDS
from kg.namespaces import ONTOLOGY, expand

METADATA_URI_TEMPLATES: Final = "/csvm{?url}\n"
"""Where metadata is looked for, from the address of a file (`/.well-known/csvm`)."""
CSV_PATH_PATTERN: Final = re.compile(
    r"/dumps/[\w-]+/(?P<table>\w+)\.csv|/(?P<kind>[a-z]+)\.csv(?:\?.*)?"
)
URL_PROPERTIES: Final = ("propertyUrl", "valueUrl", "aboutUrl")
OWN_PREFIX: Final = "ess:"
ADDED_COLUMN_TITLES: Final = {
    "record": {"fr": "Fiche", "en": "Record"},
    "sources": {"fr": "Sources", "en": "Sources"},
}


def find_table(path: str) -> str | None:
    """The canonical table whose columns a CSV of this server has, None where it is none."""
    found = CSV_PATH_PATTERN.fullmatch(path)
    if found is None:
        return None
    of_kinds = {kind.name: kind.table for kind in KINDS}
    return found["table"] or of_kinds.get(found["kind"])


def build_metadata(model: bytes, address: str) -> bytes:
    """The metadata of the file at an address, from the description of its table in the model."""
    told: dict[str, Any] = orjson.loads(model)
    schema: Mapping[str, Any] = told["tableSchema"]
    columns = [_build_column(one) for one in schema["columns"] if not one.get("virtual")]
    if "/dumps/" in address:
        columns += [_build_added_column(name) for name in ADDED_COLUMNS]
    columns += [_build_column(one) for one in schema["columns"] if _is_portable(one)]
    content = {_expand_name(name): value for name, value in told.items()}
    content |= {"url": address, "tableSchema": {**schema, "columns": columns}}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def _is_portable(column: Mapping[str, Any]) -> bool:
    """Whether a virtual column means the same to who does not know our conditions."""
    return bool(column.get("virtual")) and "ess:when" not in column and not _is_built_in(column)


def _is_built_in(column: Mapping[str, Any]) -> bool:
    return any(
        f"{{{name}}}" in column.get(key, "") for key in URL_PROPERTIES for name in BUILT_IN_SLOTS
    )


def _build_column(column: Mapping[str, Any]) -> dict[str, Any]:
    found = {_expand_name(name): value for name, value in column.items()}
    if _is_built_in(column):  # of which CSVW knows nothing
        found = {name: value for name, value in found.items() if name not in URL_PROPERTIES}
        return found | {"suppressOutput": True}
    return found | {name: expand(found[name]) for name in URL_PROPERTIES if name in found}


def _build_added_column(name: str) -> dict[str, Any]:
    several = {"separator": "|"} if name == "sources" else {}
    return {"name": name, "titles": ADDED_COLUMN_TITLES[name], "suppressOutput": True, **several}


def _expand_name(name: str) -> str:
    return f"{ONTOLOGY}#{name.removeprefix(OWN_PREFIX)}" if name.startswith(OWN_PREFIX) else name
