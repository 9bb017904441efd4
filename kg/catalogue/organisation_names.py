"""Writer of the names of research organisations, by which affiliation strings are read.

Organisations that have an id of ROR or are of a kind that authors are affiliated to: all others of
a country would make the index large, and are not written so.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import duckdb
import orjson

from kg import sql
from kg.catalogue.affiliation_index import write_names
from kg.catalogue.affiliation_spellings import NamedOrganisation
from kg.csvw_tables import OTHER_LABELS, list_names
from kg.namespaces import expand
from kg.work_tables import QUADS

AFFILIATED_KINDS: Final = (
    "laboratory", "research-unit", "research-institute", "university",
    "higher-education-institution", "healthcare", "associative-laboratory", "house-of-sciences",
)  # fmt: skip
"""Kinds of organisations that authors say they are of."""
WHOLE_PROPERTY: Final = "org:subOrganizationOf"
PREDECESSOR_PROPERTY: Final = "ess:successorOf"
RELATED_PROPERTIES: Final = (WHOLE_PROPERTY, PREDECESSOR_PROPERTY)
"""By which the organisations are told that `read_affiliated` reads with one."""
ROR_NOTATION: Final = r'^"(?:https://ror\.org/)?0[a-hjkmnp-tv-z0-9]{6}\d{2}"'
NAME_COLUMNS: Final = ("label_fr", "label_en", "alt_labels", "legal_name")


def write_organisation_names(
    connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection
) -> None:
    """Fills `name` and `named` of a catalogue from the staged `entity` and the `quads`."""
    write_names(file, read_affiliated(connection))


def read_affiliated(
    connection: duckdb.DuckDBPyConnection, which: str = "true"
) -> Iterator[NamedOrganisation]:
    """The research organisations of the staged `entity` that fulfil a condition, by number."""
    kinds = ", ".join(map(sql.literal, AFFILIATED_KINDS))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE affiliated AS
        SELECT id, iri, cells FROM entity WHERE kind = 'organisation' AND (
            starts_with(key, 'ror-') OR cells->>'$.kind[0]' IN ({kinds}) OR iri IN (
                SELECT subject_of(s) FROM {QUADS} WHERE p = {sql.literal(expand("skos:notation"))}
                AND regexp_matches(o, {sql.literal(ROR_NOTATION)})))
        """
    )
    wholes = _read_related(connection, WHOLE_PROPERTY)
    predecessors = _read_related(connection, PREDECESSOR_PROPERTY)
    places = connection.execute(
        "SELECT 'territory/' || key, label_fr, label_en FROM entity WHERE kind = 'territory' AND "
        "'territory/' || key IN (SELECT unnest(cells->>'$.territory[*]') FROM affiliated)"
    ).fetchall()
    names_by_place = {key: [name for name in names if name] for key, *names in places}
    rows = connection.execute(
        f"SELECT id, cells FROM affiliated WHERE id IN (SELECT id FROM entity WHERE {which}) "
        "ORDER BY id"
    ).fetchall()
    return _describe(rows, names_by_place, wholes, predecessors)


def _read_related(connection: duckdb.DuckDBPyConnection, name: str) -> dict[int, list[int]]:
    """The numbers of the organisations that each one has as a property."""
    related: dict[int, list[int]] = defaultdict(list)
    for subject, other in connection.execute(
        f"SELECT DISTINCT a.id, b.id FROM {QUADS} JOIN affiliated a ON a.iri = s "
        "JOIN affiliated b ON o = '<' || b.iri || '>' WHERE p = ? ORDER BY ALL",
        [expand(name)],
    ).fetchall():
        related[subject].append(other)
    return related


def _describe(
    rows: Sequence[tuple[int, str]],
    names_by_place: Mapping[str, Sequence[str]],
    wholes: Mapping[int, Sequence[int]],
    predecessors: Mapping[int, Sequence[int]],
) -> Iterator[NamedOrganisation]:
    for number, text in rows:
        cells: dict[str, list[Any]] = orjson.loads(text)
        places = [
            name for key in cells.get("territory", ()) for name in names_by_place.get(key, ())
        ]
        yield describe_organisation(
            number, cells, places, wholes.get(number, ()), predecessors.get(number, ())
        )


def describe_organisation(
    number: int,
    cells: Mapping[str, Sequence[Any]],
    places: Sequence[str] = (),
    wholes: Sequence[int] = (),
    predecessors: Sequence[int] = (),
) -> NamedOrganisation:
    """An organisation as its cells name it."""
    return NamedOrganisation(
        number,
        list_names(cells, (*NAME_COLUMNS, OTHER_LABELS)),
        cells.get("acronym", ()),
        places,
        wholes,
        not cells.get("dissolved_on"),
        predecessors,
        next(iter(cells.get("kind", ())), ""),
    )
