"""CSVW metadata of CSV files whose columns are those of a canonical table.

The model says more than CSVW knows (`kg.csvw_tables`), in prefixes that CSVW does not declare.
Metadata for others has full addresses, and names the file that it is about.

https://www.w3.org/TR/tabular-metadata/
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kg.csvw_tables import ADDED_COLUMNS, BUILT_IN_SLOTS
from kg.namespaces import ONTOLOGY, expand

METADATA_FILE: Final = "csv-metadata.json"
"""Where readers of CSVW look for the metadata of the CSV files of a folder (section 5.3 of
https://www.w3.org/TR/tabular-data-model/)."""
URL_PROPERTIES: Final = ("propertyUrl", "valueUrl", "aboutUrl")
OWN_PREFIX: Final = "ess:"
ADDED_COLUMN_TITLES: Final = {
    "record": {"fr": "Fiche", "en": "Record"},
    "sources": {"fr": "Sources", "en": "Sources"},
}


def describe_csv(
    description: Mapping[str, Any], address: str, *, is_dump: bool = True
) -> dict[str, Any]:
    """The metadata of the file at an address, from the description of its table in the model.

    The files of the dumps have columns that lists do not have (`ADDED_COLUMNS`).
    """
    schema = description["tableSchema"]
    columns = [_build_column(column) for column in schema["columns"] if not column.get("virtual")]
    if is_dump:
        columns += [_build_added_column(name) for name in ADDED_COLUMNS]
    columns += [_build_column(column) for column in schema["columns"] if _is_portable(column)]
    metadata = {_expand_name(name): value for name, value in description.items()}
    return metadata | {"url": address, "tableSchema": {**schema, "columns": columns}}


def describe_dumps(descriptions: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The metadata of the CSV files of a folder of dumps, as one group of tables."""
    tables = [describe_csv(description, description["url"]) for description in descriptions]
    context = tables[0]["@context"]
    for table in tables:
        del table["@context"]  # which only the outermost object may have
    return {"@context": context, "@type": "TableGroup", "tables": tables}


def _is_portable(column: Mapping[str, Any]) -> bool:
    """Whether a virtual column means the same to who does not know our conditions."""
    return bool(column.get("virtual")) and "ess:when" not in column and not _is_built_in(column)


def _is_built_in(column: Mapping[str, Any]) -> bool:
    return any(
        f"{{{name}}}" in column.get(key, "") for key in URL_PROPERTIES for name in BUILT_IN_SLOTS
    )


def _build_column(column: Mapping[str, Any]) -> dict[str, Any]:
    members = {_expand_name(name): value for name, value in column.items()}
    if _is_built_in(column):  # of which CSVW knows nothing
        members = {name: value for name, value in members.items() if name not in URL_PROPERTIES}
        return members | {"suppressOutput": True}
    if column.get("ess:tagged"):  # nor of a language for each value
        members["suppressOutput"] = True
    if column.get("ess:instead"):
        members.pop("required", None)
    return members | {name: expand(members[name]) for name in URL_PROPERTIES if name in members}


def _build_added_column(name: str) -> dict[str, Any]:
    several = {"separator": "|"} if name == "sources" else {}
    return {"name": name, "titles": ADDED_COLUMN_TITLES[name], "suppressOutput": True, **several}


def _expand_name(name: str) -> str:
    return f"{ONTOLOGY}#{name.removeprefix(OWN_PREFIX)}" if name.startswith(OWN_PREFIX) else name
