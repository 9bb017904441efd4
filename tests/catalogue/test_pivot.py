"""Pivot: canonical tables are restored from quads."""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from kg.catalogue.pivot import pivot
from kg.csvw_tables import Table
from kg.kinds import KINDS
from kg.mapping import map_rows
from kg.sources import discover_sources, read_source
from tests.catalogue.graphs import add_graph

PREFIXES = b"""
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX ess: <https://w3id.org/ess-kg/ontology#>
PREFIX graph: <https://w3id.org/ess-kg/graph/>
PREFIX locn: <http://www.w3.org/ns/locn#>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX organisation: <https://w3id.org/ess-kg/id/organisation/>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""


def cells(db: duckdb.DuckDBPyConnection, table: Table) -> list[dict[str, str]]:
    """Return the rows of a pivot, without empty cells."""
    cursor = db.execute(f"SELECT * FROM {pivot(db, table)}")
    names = [column[0] for column in cursor.description or ()]
    assert names == list(table.names)
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in cursor.fetchall()
    ]


@pytest.mark.parametrize("source", ["inocrea", "iness", "clicc", "session-h", "sharers-workers"])
def test_canonical_tables_are_restored(
    source: str, root: Path, db: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]
) -> None:
    by_name = {found.name: found for found in discover_sources(root / "data" / "sources")}
    kinds = {kind.table for kind in KINDS}
    compared = 0
    for lines in read_source(by_name[source], tables, db):
        if lines.table.name not in kinds:
            continue
        map_rows(db, by_name[source], lines)
        given = db.execute(f'SELECT * EXCLUDE (_file, _row) FROM "{lines.view}"')
        names = [column[0] for column in given.description or ()]
        expected = {row[0]: _sorted(dict(zip(names, row, strict=True)), lines.table)
                    for row in given.fetchall()}  # fmt: skip
        for row in cells(db, lines.table):
            assert _sorted(row, lines.table) == expected.pop(row["id"])
            compared += 1
        assert not expected
    assert compared > 5


def _sorted(row: Mapping[str, str | None], table: Table) -> dict[str, list[str]]:
    """Return cells as sorted lists, with moments in one form."""
    found = {}
    for column in table.real:
        cell = row.get(column.name)
        if cell:
            parts = cell.split(column.separator) if column.separator else [cell]
            found[column.name] = sorted({_moment(part.strip()) for part in parts if part.strip()})
    return found


def _moment(cell: str) -> str:
    has_time = len(cell) > 16 and cell[10] == "T" and cell[16] in "+-Z"
    return f"{cell[:16]}:00{cell[16:]}" if has_time else cell


def test_escapes_fragments_languages_and_sources_are_read(
    db: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]
) -> None:
    add_graph(
        db,
        PREFIXES
        + rb"""
        graph:one { organisation:x a org:Organization ;
            skos:prefLabel "L'\"\u00C9t\u00E9\"\\ \n|"@fr, "Summer"@en, "Estate"@it ;
            org:classification <https://w3id.org/ess-kg/scheme/organisation-kind/university> ;
            ess:headquarteredIn <https://w3id.org/ess-kg/id/territory/commune-59350> ;
            locn:address <https://w3id.org/ess-kg/id/organisation/x#address> ;
            prov:wasDerivedFrom <https://w3id.org/ess-kg/id/source/one#char=1,2> .
          <https://w3id.org/ess-kg/id/organisation/x#address> locn:postCode "01000" .
          <https://w3id.org/ess-kg/id/organisation/x#other> locn:postCode "99999" . }
        graph:two { organisation:x a org:Organization ; ess:acronym "Y", "Z" ;
            org:classification <https://elsewhere.example/kind> ;
            prov:wasDerivedFrom <https://w3id.org/ess-kg/id/source/two#file=a.csv&row=2> .
          organisation:untyped skos:prefLabel "rien"@fr . }
        """,
    )
    assert cells(db, tables["organisations"]) == [
        {
            "id": "x",
            "label_fr": 'L\'"Été"\\ \n|',
            "label_en": "Summer",
            "labels": "Estate@it",
            "kind": "https://elsewhere.example/kind",  # the first value of a single-valued column
            "acronym": "Y",
            "territory": "territory/commune-59350",
            "post_code": "01000",
            "read_at": "1,2",
        }
    ]
