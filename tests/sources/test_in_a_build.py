"""Build from a partner's spreadsheet and RDF file, both unmodified, without silent losses."""

import csv
import gzip
from pathlib import Path

import pytest
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from kg import pipeline
from kg.installation import InstallationPaths

DESCRIPTION = """name = "{name}"
kind = "register"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
retrieved = "2026-01-15"
[title]
fr = "{name}"
[description]
fr = "Pour les tests."
[publisher]
fr = "ess-kg"
"""
CSV = """Annuaire 2026;;;
n°;Nom;Ville;Création
01;L’Échoppe;Nîmes;2011
02;Le Café – "Chez nous";Besançon;2012
03;Trois;cellules;de;trop
04;Œuvre;Orléans;hier
"""
SELECT = """-- the partner's own headings
SELECT 'annuaire-' || "n°" AS id, Nom AS label_fr, 'association' AS kind, "Création" AS founded_on,
    Ville AS address, 'stated' AS assertion, _file, _row
FROM annuaire
"""
RDF_XML = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns:foaf="http://xmlns.com/foaf/0.1/">
  <foaf:Organization rdf:about="http://amis.example.org/a">
    <foaf:name>Amis de A</foaf:name>
  </foaf:Organization>
  <foaf:Organization rdf:about="http://amis.example.org/b">
    <foaf:name></foaf:name>
  </foaf:Organization>
  <foaf:Organization rdf:about="http://amis.example.org/c c">
    <foaf:name>Amis de C</foaf:name>
  </foaf:Organization>
</rdf:RDF>
"""
ALIGNMENT = """# organisations of the friends in our words
PREFIX ess: <https://w3id.org/ess-kg/ontology#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
CONSTRUCT {
  ?ours a org:Organization ; skos:prefLabel ?label ;
    ess:assertion <https://w3id.org/ess-kg/scheme/assertion/stated> ;
    org:classification <https://w3id.org/ess-kg/scheme/organisation-kind/association> ;
    skos:exactMatch ?theirs .
} WHERE {
  ?theirs a foaf:Organization ; foaf:name ?name .
  BIND(STRLANG(?name, "fr") AS ?label)
  BIND(IRI(CONCAT("https://w3id.org/ess-kg/id/organisation/amis-", STRAFTER(STR(?theirs), "org/")))
    AS ?ours)
}
"""


def source(places: InstallationPaths, name: str) -> Path:
    folder = places.sources / name
    (folder / "raw").mkdir(parents=True)
    (folder / "source.toml").write_text(DESCRIPTION.format(name=name), "utf-8")
    return folder


@pytest.fixture
def filled(places: InstallationPaths) -> InstallationPaths:
    annuaire = source(places, "annuaire")
    (annuaire / "raw" / "annuaire.csv").write_bytes(CSV.encode("windows-1252"))
    (annuaire / "organisations.sql").write_text(SELECT, "utf-8")
    amis = source(places, "amis")
    (amis / "raw" / "amis.rdf").write_text(RDF_XML, "utf-8")
    (amis / "organisations.rq").write_text(ALIGNMENT, "utf-8")
    classeur = source(places, "classeur")
    (classeur / "tables").mkdir()
    with Workbook(str(classeur / "tables" / "partenaire.xlsx")) as book:
        sheet = book.add_worksheet("organisations")
        sheet.write_row(0, 0, ["id", "label_fr", "kind", "assertion"])
        sheet.write_row(2, 0, ["classeur-a", "Organisation A", "association", "stated"])
        book.add_worksheet("Notice").write_row(0, 0, ["Lisez-moi"])
    return places


def test_every_row_is_accepted_or_rejected_with_its_line(filled: InstallationPaths) -> None:
    built = pipeline.build(filled)
    counts = {line.source: (line.read, line.accepted, line.refused) for line in built.lines}
    assert counts == {
        "demo": (11, 11, 0),
        "annuaire": (4, 3, 1),  # one malformed line; an invalid date costs its cell
        "amis": (4, 1, 3),  # one empty name, two statements with an invalid IRI
        "classeur": (1, 1, 0),
    }
    assert waiting(filled, "annuaire/lines.csv") == [("5", "03;Trois;cellules;de;trop")]
    assert waiting(filled, "annuaire/organisations.csv") == [("6", None)]
    assert [row for row, _ in waiting(filled, "amis/lines.csv")] == ["10", "10"]
    entity = (filled.quarantine / "amis" / "rdf.ttl").read_text("utf-8")
    assert "organisation/amis-b\n# amis.rdf:7\n" in entity
    dump = gzip.decompress((built.release.dumps / "ess-kg.nq.gz").read_bytes()).decode()
    assert '"Le Café – \\"Chez nous\\""@fr' in dump
    assert "source/amis#key=organisation/amis-a>" in dump


def waiting(places: InstallationPaths, name: str) -> list[tuple[str, str | None]]:
    with (places.quarantine / name).open(encoding="utf-8", newline="") as file:
        return [(row["_row"], row.get("_line")) for row in csv.DictReader(file)]
