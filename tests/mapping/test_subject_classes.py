"""Class check in a build: statements about the entities of other sources are not published."""

import gzip
from pathlib import Path

from kg import pipeline
from kg.installation import InstallationPaths

DESCRIPTION = """name = "voisin"
kind = "register"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
retrieved = "2026-01-15"
[title]
fr = "Voisin"
[description]
fr = "Pour les tests."
[publisher]
fr = "ess-kg"
"""
DATA = """@prefix org: <http://www.w3.org/ns/org#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://w3id.org/ess-kg/id/organisation/voisin-a> a org:Organization ; skos:prefLabel "A"@fr ;
    skos:exactMatch <http://example.org/a> .
<https://w3id.org/ess-kg/id/organisation/voisin-b> skos:prefLabel "B"@fr .
<{known}> skos:prefLabel "Autre nom"@fr .
<https://w3id.org/ess-kg/scheme/organisation-kind/association> skos:prefLabel "Tout"@fr .
<http://example.org/a> a foaf:Agent ; foaf:name "dit ailleurs" .
"""


def test_foreign_descriptions_are_rejected_without_affecting_their_subjects(
    released: InstallationPaths,
) -> None:
    before = pipeline.build(released)
    demo = before.lines[0]
    dump = nquads(before)
    known = next(
        line.split()[0].strip("<>")
        for line in dump.splitlines()
        if "/id/organisation/" in line.split()[0] and "#" not in line.split()[0]
    )
    folder = released.sources / "voisin"
    write(folder / "source.toml", DESCRIPTION)
    write(folder / "rdf" / "voisin.ttl", DATA.replace("{known}", known))
    built = pipeline.build(released)
    lines = {line.source: line for line in built.lines}
    mine, theirs = lines["voisin"], lines["demo"]
    assert (mine.read, mine.accepted, mine.refused, mine.unjudged) == (5, 1, 3, 1)
    assert (theirs.accepted, theirs.refused) == (demo.accepted, demo.refused)
    after = nquads(built)
    assert "voisin-a" in after
    for hidden in ("Autre nom", '"Tout"@fr', '"B"@fr', "dit ailleurs"):
        assert hidden not in after
    assert f"<{known}> " in after


def nquads(built: pipeline.BuildResult) -> str:
    return gzip.decompress((built.release.dumps / "ess-kg.nq.gz").read_bytes()).decode()


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
