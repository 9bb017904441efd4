"""Conversion of this project's own exports back to the canonical columns."""

from collections.abc import Mapping
from typing import Final

from kg import sql
from kg.namespaces import ID

EXPORT_ONLY_COLUMNS: Final = ("key", "name", "name_lang", "geometry_type", "point_of")
"""Columns that our lists and GeoJSON files have in addition to the canonical ones."""
COORDINATES: Final = ("latitude", "longitude")


def build_canonical_cells_sql(cells: Mapping[str, str]) -> dict[str, str]:
    """Return the SQL of canonical cells by column, given the SQL of the cells of an export.

    The key is taken from the IRI of a record, lists are joined with bars, and columns that only
    exports have (kind, page address) are dropped. A point that is that of another thing, as
    `point_of` says, does not become the record's own.
    """
    iri = cells.get("id", "NULL")
    own = f"starts_with({iri}, {sql.literal(ID)})"
    after = f"split_part(substr({iri}, {len(ID) + 1}), '/'"
    kind, key = f"{after}, 1)", f"{after}, 2)"
    canonical = {}
    for name, cell in cells.items():
        if name in EXPORT_ONLY_COLUMNS:
            continue
        value = _build_list_cell_sql(cell)
        if name == "id":
            value = f"CASE WHEN {own} THEN {key} ELSE {cell} END"
        elif name == "kind":
            value = f"CASE WHEN {own} THEN nullif({value}, {kind}) ELSE {value} END"
        elif name == "url":
            page = f"'/' || {kind} || '/' || {key}"
            value = f"CASE WHEN {own} AND ends_with({cell}, {page}) THEN NULL ELSE {value} END"
        elif name in COORDINATES and "point_of" in cells:
            value = f"CASE WHEN {cells['point_of']} IS NULL THEN {value} END"
        canonical[name] = value
    return canonical


def _build_list_cell_sql(cell: str) -> str:
    return (
        f"CASE WHEN starts_with({cell}, '[') AND json_valid({cell}) "
        f"THEN array_to_string(from_json({cell}, '[\"VARCHAR\"]'), '|') ELSE {cell} END"
    )
