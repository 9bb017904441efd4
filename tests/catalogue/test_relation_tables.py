"""Relation tables: rows are restored from quads."""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from kg.catalogue.relation_tables import gather_rows, stage_relations
from kg.csvw_tables import Table
from kg.mapping import map_rows
from kg.mapping.fact_objects import infer_fact_objects
from kg.sources import SourceRows, discover_sources, read_source
from tests.catalogue.graphs import add_graph

Rows = dict[str, dict[str, list[str]]]


def gathered(db: duckdb.DuckDBPyConnection, table: Table) -> Rows:
    """Return the rows by the IRI they describe, each column as a list of values."""
    stage_relations(db, [table])
    cursor = db.execute(f"SELECT * FROM {gather_rows(db, table)}")
    names = [column[0] for column in cursor.description or ()]
    assert names == [*table.names, "record", "sources"]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["record"][0]: row for row in rows}


def given(db: duckdb.DuckDBPyConnection, lines: SourceRows) -> list[dict[str, list[str]]]:
    """Return the rows of a source, each column as a sorted list of values."""
    found = db.execute(f'SELECT * EXCLUDE (_file, _row) FROM "{lines.view}"')
    names = [column[0] for column in found.description or ()]
    separators = {column.name: column.separator for column in lines.table.real}
    rows = []
    for row in found.fetchall():
        cells = {}
        for name, cell in zip(names, row, strict=True):
            several = separators[name]
            parts = (cell or "").split(several) if several else [cell or ""]
            cells[name] = sorted({part.strip() for part in parts if part.strip()})
        rows.append(cells)
    return rows


@pytest.mark.parametrize("name", ["inocrea", "iness", "clicc", "session-h", "sharers-workers"])
def test_rows_of_a_source_are_restored(
    name: str, root: Path, db: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]
) -> None:
    source = {found.name: found for found in discover_sources(root / "data" / "sources")}[name]
    every = read_source(source, tables, db)
    for lines in every:
        map_rows(db, source, lines)
    infer_fact_objects(db)
    compared = 0
    for lines in every:
        if lines.table.kind is not None:
            continue
        found = gathered(db, lines.table)
        assert len({row["id"][0] for row in found.values() if "id" in row}) in (0, len(found))
        wanted = given(db, lines)
        left = [{n: c for n, c in row.items() if n in lines.table.names} for row in found.values()]
        for row in wanted:
            if "id" in row:
                row["id"] = [f"{name}-{row['id'][0]}"]
            if "value" in row:  # filled where the object is not a record
                row.pop("value")
        for row in left:
            row.pop("value", None)
        assert sorted(map(str, left)) == sorted(
            str({n: row[n] for n in lines.table.names if n in row}) for row in wanted
        )
        compared += len(wanted)
    assert compared > 40


def test_facts_about_values_have_the_value(
    db: duckdb.DuckDBPyConnection, root: Path, tables: Mapping[str, Table]
) -> None:
    source = {found.name: found for found in discover_sources(root / "data" / "sources")}["inocrea"]
    for lines in read_source(source, tables, db):
        map_rows(db, source, lines)
    infer_fact_objects(db)
    found = gathered(db, tables["relations"])
    assert found["source/inocrea#fact-a1"]["value"] == ["organisation-kind/university"]
    assert found["source/inocrea#fact-a1"]["object"] == []
    assert found["source/inocrea#fact-a7"]["value"] == ["INOCREA"]


def test_rdf_nodes_of_any_iri_have_rows(
    db: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]
) -> None:
    add_graph(
        db,
        b"""
        PREFIX graph: <https://w3id.org/ess-kg/graph/>
        PREFIX id: <https://w3id.org/ess-kg/id/>
        PREFIX org: <http://www.w3.org/ns/org#>
        PREFIX time: <http://www.w3.org/2006/time#>
        graph:one { <http://example.org/m> a org:Membership ;
            org:member <https://w3id.org/ess-kg/id/person/p> ;
            org:organization <https://w3id.org/ess-kg/id/organisation/o> ;
            org:memberDuring <http://example.org/during> .
          <http://example.org/during> time:hasBeginning <http://example.org/begin> .
          <http://example.org/begin> time:inXSDgYear "2009" }
        graph:two { <http://example.org/m> a org:Membership }
        """,
    )
    (row,) = gathered(db, tables["memberships"]).values()
    assert row["member"] == ["person/p"]
    assert row["organisation"] == ["organisation/o"]
    assert (row["start"], row["end"]) == (["2009"], [])
    assert row["sources"] == ["one", "two"]
    assert row["id"] == ["http-example-org-m"]
