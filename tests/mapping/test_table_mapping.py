"""Table mapping: a row gives the quads of its table's description, with its record number."""

import duckdb
import pytest

from kg import csvw_tables
from kg.installation import InstallationPaths
from kg.mapping import MappingResult, map_rows, open_work_database
from kg.namespaces import ID, expand
from kg.sources import read_source, read_source_description


def map_demo(
    places: InstallationPaths,
) -> tuple[duckdb.DuckDBPyConnection, dict[str, MappingResult]]:
    db = open_work_database()
    source = read_source_description(places.sources / "demo")
    found = read_source(source, csvw_tables.load_tables(places.ontology / "tables"), db)
    return db, {lines.table.name: map_rows(db, source, lines) for lines in found}


def said(db: duckdb.DuckDBPyConnection, subject: str) -> set[tuple[str, str]]:
    rows = db.execute("SELECT p, o FROM quads WHERE s = ?", [ID + subject]).fetchall()
    return set(rows)


def test_lists_references_codes_and_texts_become_terms(places: InstallationPaths) -> None:
    db, _ = map_demo(places)
    facts = said(db, "organisation/demo-labo")
    assert (expand("dct:subject"), f"<{ID}topic/communs>") in facts
    assert (expand("ess:headquarteredIn"), f"<{ID}territory/demo-ville>") in facts
    assert (expand("skos:prefLabel"), '"Laboratoire des communs"@fr') in facts
    assert (expand("prov:wasDerivedFrom"), f"<{ID}source/demo#char=0,24>") in facts
    assert (expand("locn:address"), f"<{ID}organisation/demo-labo#address>") in facts
    address = said(db, "organisation/demo-labo#address")
    assert (expand("locn:fullAddress"), '"1, rue de l\'Été"') in address
    assert not said(db, "organisation/demo-reseau#address")


def test_intervals_are_stated_only_with_known_bounds(places: InstallationPaths) -> None:
    db, _ = map_demo(places)
    held = "person/demo-alix#membership-demo-1"
    assert (expand("org:memberDuring"), f"<{ID}{held}-interval>") in said(db, held)
    begin = said(db, f"{held}-interval-begin")
    assert (expand("time:inXSDgYear"), f'"2009"^^<{expand("xsd:gYear")}>') in begin
    open_one = said(db, "person/demo-alix#membership-demo-2")
    assert expand("org:memberDuring") not in {p for p, _ in open_one}


def test_a_fact_is_both_a_node_and_a_link(places: InstallationPaths) -> None:
    db, _ = map_demo(places)
    fact = said(db, "source/demo#fact-1")
    assert (expand("rdf:predicate"), f"<{expand('dct:subject')}>") in fact
    assert (expand("ess:basis"), '"titre"@fr') in fact
    link = (expand("dct:subject"), f"<{ID}topic/communs>")
    assert link in said(db, "event/demo-2026-03-05")


def test_every_quad_has_the_record_of_its_row(places: InstallationPaths) -> None:
    db, mapped = map_demo(places)
    (strays,) = db.execute(
        "SELECT count(*) FROM quads WHERE record NOT IN (SELECT record FROM records)"
    ).fetchone() or (None,)
    assert strays == 0
    counted = db.execute("SELECT tbl, count(*) FROM records GROUP BY tbl").fetchall()
    assert dict(counted) == {name: one.records for name, one in mapped.items()}


@pytest.mark.parametrize(
    ("line", "problem", "value"),
    [
        (",Sans clé", "key-missing", None),
        ("deux mots,Clé illisible", "key-illegal", "deux mots"),
        ("communs,Encore", "key-duplicate", "communs"),
    ],
)
def test_a_row_without_a_usable_key_is_rejected(
    places: InstallationPaths, line: str, problem: str, value: str | None
) -> None:
    path = places.sources / "demo" / "tables" / "topics.csv"
    path.write_text(f"id,label_fr\ncommuns,communs\n{line}\n")
    db, mapped = map_demo(places)
    assert (mapped["topics"].records, mapped["topics"].unusable) == (2, 1)
    rows = db.execute(
        'SELECT problem, value, file, "row" FROM unusable JOIN records USING (record)'
    ).fetchall()
    assert rows == [(problem, value, "topics.csv", 3)]


def test_an_invalid_reference_becomes_a_literal(places: InstallationPaths) -> None:
    path = places.sources / "demo" / "tables" / "people.csv"
    path.write_text("id,label_fr,topics\nx,X,topic/deux mots|topic/communs\n")
    db, _ = map_demo(places)
    topics = {o for p, o in said(db, "person/x") if p == expand("dct:subject")}
    assert topics == {'"topic/deux mots"', f"<{ID}topic/communs>"}


def test_register_records_refer_to_their_row(places: InstallationPaths) -> None:
    description = places.sources / "demo" / "source.toml"
    description.write_text(description.read_text().replace('"document"', '"register"'))
    db, _ = map_demo(places)
    mark = f"<{ID}source/demo#key=person/demo-alix>"
    assert (expand("prov:wasDerivedFrom"), mark) in said(db, "person/demo-alix")
    held = "person/demo-alix#membership-demo-1"
    hanging = f"<{ID}source/demo#key={held.replace('#', '%23')}>"
    assert (expand("prov:wasDerivedFrom"), hanging) in said(db, held)
