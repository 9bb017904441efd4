"""RDF mapping: any syntax gives entities; only malformed statements are rejected, by line."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import SourceError
from kg.installation import InstallationPaths
from kg.mapping import MappingResult, open_work_database
from kg.mapping.rdf_mapping import map_rdf
from kg.namespaces import ID, expand
from kg.sources import Source, read_source_description

ORG = f"<{ID}organisation/x>"
LABEL = f"<{expand('skos:prefLabel')}>"


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_work_database() as work:
        yield work


@pytest.fixture
def source(places: InstallationPaths) -> Source:
    return read_source_description(places.sources / "demo")


def mapped(
    db: duckdb.DuckDBPyConnection, source: Source, name: str, data: str | bytes, *queries: str
) -> MappingResult:
    path = source.folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    paths = [source.folder / f"{n}.rq" for n in range(len(queries))]
    for query, text in zip(paths, queries, strict=True):
        query.write_text(text)
    return map_rdf(db, source, path, paths)


def said(db: duckdb.DuckDBPyConnection) -> set[tuple[str, str, str]]:
    return set(db.execute("SELECT s, p, o FROM quads").fetchall())


def records(db: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return db.execute('SELECT subject, "row", label FROM records ORDER BY record').fetchall()


def refused(db: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    query = (
        "SELECT \"row\", value, cells->>'_line' FROM unusable JOIN records USING (record) "
        'JOIN originals USING (record) ORDER BY "row"'
    )
    return db.execute(query).fetchall()


def test_only_the_invalid_statement_is_rejected(
    db: duckdb.DuckDBPyConnection, source: Source
) -> None:
    lines = [
        f'{ORG} {LABEL} "Été \\"x\\""@fr .',
        "# a comment",
        "",
        f'  {ORG}  {LABEL} "caf\\u00E9 > x" . # said oddly',
        f"{ORG} {LABEL} <http://a b> .",
        f'{ORG} {LABEL} "open .',
        f'{ORG} {LABEL} "2020-13-45"^^<{expand("xsd:date")}> <http://graph> .',
        f'_:b {LABEL} "b"^^<{expand("xsd:string")}> .',
        "hello world",
    ]
    result = mapped(db, source, "t.nq", "\n".join(lines))
    assert refused(db) == [
        (5, "iri", lines[4]),
        (6, "statement", lines[5]),
        (9, "statement", lines[8]),
    ]
    iri = ORG[1:-1]
    blank = next(s for s, _, o in said(db) if o == '"b"')
    assert blank.startswith("https://w3id.org/ess-kg/.well-known/genid/demo-t-")
    assert said(db) == {
        (iri, LABEL[1:-1], '"Été \\"x\\""@fr'),
        (iri, LABEL[1:-1], '"café > x"'),
        (iri, LABEL[1:-1], f'"2020-13-45"^^<{expand("xsd:date")}>'),
        (blank, LABEL[1:-1], '"b"'),
    }
    assert (result.records, result.quads, result.unusable) == (5, 4, 3)


RDF_XML = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE rdf:RDF [<!ENTITY ex "http://example.org/">]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns:foaf="http://xmlns.com/foaf/0.1/">
  <foaf:Organization rdf:about="http://example.org/a">
    <foaf:name>Caf\xe9 associatif</foaf:name>
    <foaf:page rdf:resource="http://example.org/page one"/>
    <foaf:made><foaf:Document><foaf:title>T</foaf:title></foaf:Document></foaf:made>
  </foaf:Organization>
  <foaf:Organization rdf:about="&ex;b"><foaf:name>B</foaf:name></foaf:Organization>
</rdf:RDF>
"""
CONSTRUCT = """PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX org: <http://www.w3.org/ns/org#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
CONSTRUCT { ?new a org:Organization ; skos:prefLabel ?label ; skos:exactMatch ?a }
WHERE { ?a a foaf:Organization ; foaf:name ?name .
  BIND(STRLANG(?name, "fr") AS ?label)
  BIND(IRI(CONCAT("https://w3id.org/ess-kg/id/organisation/", LCASE(STRAFTER(STR(?a), "org/"))))
    AS ?new) }
"""


def test_an_iri_with_a_blank_is_rejected_with_its_line(
    db: duckdb.DuckDBPyConnection, source: Source
) -> None:
    mapped(db, source, "t.rdf", RDF_XML.encode("latin-1"))
    ((row, problem, line),) = refused(db)
    assert (row, problem) == (7, "iri")
    assert "<http://example.org/page one>" in str(line)
    names = {(s, o) for s, p, o in said(db) if p == expand("foaf:name")}
    assert names == {
        ("http://example.org/a", '"Café associatif"'),
        ("http://example.org/b", '"B"'),
    }
    # the document below the IRI of the organisation belongs to it
    titled = {s for s, p, _ in said(db) if p == expand("foaf:title")}
    assert titled == {"http://example.org/a#genid-1"}
    assert records(db)[1:2] == [("http://example.org/a", 5, "Café associatif")]


def test_alignments_map_statements_to_the_ontology(
    db: duckdb.DuckDBPyConnection, source: Source
) -> None:
    also = CONSTRUCT.replace("skos:prefLabel ?label", "org:classification <urn:x:kind>")
    result = mapped(db, source, "t.rdf", RDF_XML.encode("latin-1"), CONSTRUCT, also)
    assert records(db)[1:] == [
        (f"{ID}organisation/a", 5, "Café associatif"),
        (f"{ID}organisation/b", 10, "B"),
    ]
    assert (f"{ID}organisation/a", expand("org:classification"), "<urn:x:kind>") in said(db)
    assert not [s for s, _, _ in said(db) if s.startswith("http://example.org")]
    assert (result.records, result.unusable) == (3, 1)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("CONSTRUCT { ?s ?p } WHERE {", "alignment demo/0.rq"),
        ("SELECT * { ?s ?p ?o }", "no CONSTRUCT"),
        ("CONSTRUCT WHERE { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", "nothing is fetched"),
    ],
)
def test_an_invalid_alignment_is_reported(
    db: duckdb.DuckDBPyConnection, source: Source, query: str, problem: str
) -> None:
    with pytest.raises(SourceError, match=problem):
        mapped(db, source, "t.nt", f'{ORG} {LABEL} "x" .', query)


def test_all_rdf_syntaxes_give_the_same_statements(
    db: duckdb.DuckDBPyConnection, source: Source
) -> None:
    turtle = (
        "@prefix id: <https://w3id.org/ess-kg/id/> .\n@prefix e: <http://example.org/> .\n\n"
        'id:organisation\\/x e:name "X"@fr ; e:site [ e:city "Lille" ; e:at ( 1 2 ) ] .\n'
    )
    quads = list(ox.parse(turtle, format=ox.RdfFormat.TURTLE))
    known: set[tuple[str, str, str]] | None = None
    for syntax in (
        ox.RdfFormat.TURTLE,
        ox.RdfFormat.TRIG,
        ox.RdfFormat.N_TRIPLES,
        ox.RdfFormat.N_QUADS,
        ox.RdfFormat.RDF_XML,
        ox.RdfFormat.JSON_LD,
    ):
        data = ox.serialize([quad.triple for quad in quads], format=syntax)
        assert data is not None
        db.execute("DELETE FROM quads; DELETE FROM records")
        mapped(db, source, f"t.{syntax.file_extension}.gz", gzip.compress(data))
        assert len(records(db)) == 1, syntax
        found = {(s.partition("#")[0], p, o.partition("#")[0]) for s, p, o in said(db)}
        assert known in (None, found), syntax
        known = found
    assert known
    assert len(said(db)) == 8


def test_subject_line_numbers_in_turtle_and_json_ld(
    db: duckdb.DuckDBPyConnection, source: Source
) -> None:
    turtle = '@prefix e: <http://e.org/> .\n\ne:a e:p e:b .\n<http://e.org/b> e:p "x" .\n'
    mapped(db, source, "t.ttl", turtle)
    jsonld = '{\n"@context": {"e": "http://e.org/"},\n"@graph": [\n{"@id": "e:c", "e:p": 1}\n]}'
    mapped(db, source, "t.jsonld", jsonld)
    assert [row[:2] for row in records(db)] == [
        ("http://e.org/a", 3),
        ("http://e.org/b", 4),
        ("http://e.org/c", 4),
    ]


def test_a_turtle_error_rejects_only_its_statement(
    db: duckdb.DuckDBPyConnection, source: Source
) -> None:
    turtle = "@prefix e: <http://e.org/> .\ne:a e:p 1 .\nz:b e:p 2 .\ne:c e:p 3 .\n"
    mapped(db, source, "t.ttl", turtle)
    assert {s for s, _, _ in said(db)} == {"http://e.org/a", "http://e.org/c"}
    assert [(row, problem) for row, problem, _ in refused(db)] == [(3, "statement")]


ENTITIES = "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
BOMB = (
    f'<?xml version="1.0"?><!DOCTYPE rdf:RDF [<!ENTITY a "{"ha" * 20}">{ENTITIES}]>'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e.org/">'
    '<rdf:Description rdf:about="http://e.org/x"><e:p>&i;</e:p></rdf:Description></rdf:RDF>'
)
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE rdf:RDF [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e.org/">'
    '<rdf:Description rdf:about="http://e.org/x"><e:p>&x;</e:p><e:q>1</e:q></rdf:Description>'
    "</rdf:RDF>"
)


REMOTE = '{"@context": "http://127.0.0.1/c", "a": 1}'


@pytest.mark.parametrize(
    ("name", "data", "english", "french"),
    [
        ("t.rdf", BOMB, "XML entities", "entités XML"),
        ("t.rdf", "<rdf:RDF>\n<a></b>", r"t\.rdf, line 2: it cannot be read", "ligne 2"),
        ("t.ttl", "\n\nhello world", r"t\.ttl, line 3: it cannot", "ne peut pas être lu"),
        ("t.nt", "hello\n", r"t\.nt, line 1: it cannot", "ne peut pas être lu"),
        (
            "t.jsonld",
            '{"@context": "http://127.0.0.1/c", "a": 1}',
            "remote JSON-LD context",
            "contexte JSON-LD distant",
        ),
        ("t.ttl", "", "the file is empty", "le fichier est vide"),
    ],
)
def test_files_that_are_not_rdf_are_refused(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    name: str,
    data: str,
    english: str,
    french: str,
) -> None:
    with pytest.raises(SourceError, match=english) as raised:
        mapped(db, source, name, data)
    assert french in raised.value.message_in("fr")


def test_external_entities_and_contexts_are_not_read(
    db: duckdb.DuckDBPyConnection, source: Source
) -> None:
    mapped(db, source, "t.rdf", EXTERNAL)
    assert "root" not in str(said(db))


TERM = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@settings(max_examples=8, deadline=None)
@given(texts=st.lists(TERM, min_size=1, max_size=60), language=st.sampled_from(["", "fr", "en-GB"]))
def test_literals_are_read_like_pyoxigraph_reads_them(
    shared_work: tuple[duckdb.DuckDBPyConnection, Source], texts: list[str], language: str
) -> None:
    db, source = shared_work
    literals = [ox.Literal(t, language=language) if language else ox.Literal(t) for t in texts]
    node = ox.NamedNode("http://e.org/a")
    data = ox.serialize([ox.Triple(node, node, o) for o in literals], format=ox.RdfFormat.N_TRIPLES)
    assert data is not None
    db.execute("DELETE FROM quads")
    mapped(db, source, "t.nt", data)
    assert {o for _, _, o in said(db)} == {str(o) for o in literals}


@pytest.fixture(scope="module")
def shared_work(
    tmp_path_factory: pytest.TempPathFactory, root: Path
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Source]]:
    folder = tmp_path_factory.mktemp("rdf") / "demo"
    folder.mkdir()
    text = (root / "tests" / "installation" / "sources" / "demo" / "source.toml").read_text()
    (folder / "source.toml").write_text(text)
    with open_work_database() as work:
        yield work, read_source_description(folder)


def test_an_authority_table_with_a_malformed_base_is_read(
    db: duckdb.DuckDBPyConnection, source: Source, shared: Path
) -> None:
    path = shared / "data" / "vocab" / "eu-authority" / "countries-skos.rdf"
    result = map_rdf(db, source, path)
    assert (result.records, result.quads, result.unusable) == (348, 35123, 1)
    ((row, problem, line),) = refused(db)
    assert (row, problem) == (9, "iri")
    assert "authority/country http://publications" in str(line)
    without = db.execute('SELECT count(*) FROM records WHERE "row" IS NULL').fetchone()
    assert without == (0,)
