"""A publication as BibTeX, RIS and CSL-JSON: authors in order, nothing that breaks a field."""

from dataclasses import replace

import orjson
import pyoxigraph as ox
import pytest

from api.serializers.references import Reference, read_reference, serialize_reference
from kg.catalogue.records import Item
from kg.documents.assemble import EntityDocument
from kg.formats import BIBTEX, CSL_JSON, RIS
from kg.kinds import Text
from kg.namespaces import ID

BOOK = f"{ID}publication/demo-book"
AUTHORS = {"2": "Zoé Premier", "10": "Anne Second", "7": "Collectif {des} villes"}
GRAPH = f"""
@prefix ess: <https://w3id.org/ess-kg/ontology#> .
@prefix vivo: <http://vivoweb.org/ontology/core#> .
@prefix adms: <http://www.w3.org/ns/adms#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<{BOOK}> adms:identifier <{BOOK}#identifier-doi> ; dct:publisher <{ID}organisation/press> ;
  dct:creator <{ID}person/2> .
<{BOOK}#identifier-doi> skos:notation "10.1000/182_x" ;
  dct:conformsTo <https://w3id.org/ess-kg/scheme/identifier-scheme/doi> .
""" + "".join(
    f"<{BOOK}#authorship-demo-{number}> a vivo:Authorship ; vivo:relates <{ID}person/{number}> ;"
    " ess:authorshipRole <https://w3id.org/ess-kg/scheme/authorship-role/"
    f"{'editor' if number == '7' else 'author'}> .\n"
    for number in AUTHORS
)


def read(kind: str = "book", issued: str = "2014~") -> Reference:
    triples = [quad.triple for quad in ox.parse(GRAPH, ox.RdfFormat.TURTLE)]
    cells = {
        "kind": [kind], "issued": [issued], "language": ["en"], "url": ["https://example.org/{a}"],
    }  # fmt: skip
    label = Text("Villes & communs", "Cities & {commons}")
    item = Item(1, "publication", "demo-book", label, None, None, None, None, None, None, (), cells)
    labels = {f"{ID}person/{number}": Text(name, name) for number, name in AUTHORS.items()}
    labels[f"{ID}organisation/press"] = Text("Presses", "Presses")

    def find(iri: str) -> Item | None:
        given, _, family = AUTHORS[iri.rpartition("/")[2]].partition(" ")
        names = {"given_name": [given], "family_name": [family]} if given != "Collectif" else {}
        return Item(2, "person", "x", labels[iri], None, None, None, None, None, None, (), names)

    return read_reference(EntityDocument(BOOK, triples), item, labels, find, "fr")


def test_authors_are_in_the_order_of_the_publication() -> None:
    assert [one.name for one in read().authors] == ["Zoé Premier", "Anne Second"]


def test_bibtex() -> None:
    text = serialize_reference(read(), BIBTEX).decode()
    assert text.startswith("@book{demo-book,\n")
    assert r"title = {{Cities \& commons}}" in text  # in its own language
    assert "author = {Premier, Zoé and Second, Anne}" in text
    assert "editor = {{Collectif des villes}}" in text
    assert "year = {2014}" in text
    assert "doi = {10.1000/182_x}" in text  # programs open it as it is
    assert "url = {https://example.org/%7Ba%7D}" in text
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize(
    ("kind", "inside", "by"),
    [
        ("journal-article", "journal", "publisher"),
        ("book-chapter", "booktitle", "publisher"),
        ("report", "note", "institution"),
        ("thesis", "booktitle", "school"),
        ("web-article", "howpublished", "publisher"),
    ],
)
def test_bibtex_has_the_fields_that_its_styles_print(kind: str, inside: str, by: str) -> None:
    """`plain.bst` passes over the `booktitle` of a page, and warns of a report by nobody."""
    both = replace(read(kind), container="Urbanews", publisher="Presses")
    text = serialize_reference(both, BIBTEX).decode()
    assert f"  {inside} = {{Urbanews}},\n" in text
    assert f"  {by} = {{Presses}},\n" in text


def test_bibtex_of_a_page_without_a_site_says_who_publishes_it() -> None:
    text = serialize_reference(replace(read("website"), container=""), BIBTEX).decode()
    assert "howpublished = {Presses}" in text
    assert "publisher" not in text


def test_ris() -> None:
    lines = serialize_reference(read(), RIS).decode().split("\r\n")
    assert lines[0] == "TY  - BOOK"
    assert [line for line in lines if line.startswith("AU")] == [
        "AU  - Premier, Zoé",
        "AU  - Second, Anne",
    ]
    assert "DO  - 10.1000/182_x" in lines
    assert lines[-2:] == ["ER  - ", ""]


def test_csl_json() -> None:
    (item,) = orjson.loads(serialize_reference(read(), CSL_JSON))
    assert item["author"][0] == {"family": "Premier", "given": "Zoé"}
    assert item["editor"] == [{"literal": "Collectif {des} villes"}]
    assert item["issued"] == {"date-parts": [[2014]], "circa": True}
    assert item["publisher"] == "Presses"
    day = serialize_reference(read(issued="2014-03-02"), CSL_JSON)
    assert orjson.loads(day)[0]["issued"] == {"date-parts": [[2014, 3, 2]]}
    season = serialize_reference(read(kind="unknown", issued="2014-21"), CSL_JSON)
    assert orjson.loads(season)[0]["issued"] == {"date-parts": [[2014]], "season": 1}


def test_a_season_and_a_period_have_a_year_in_every_format() -> None:
    assert b"year = {2014}" in serialize_reference(read(issued="2014-23"), BIBTEX)
    assert b"PY  - 2014\r\n" in serialize_reference(read(issued="2014-23?"), RIS)
    period = read(issued="2014/2016")
    assert b"year = {2014}" in serialize_reference(period, BIBTEX)
    assert orjson.loads(serialize_reference(period, CSL_JSON))[0]["issued"] == {
        "literal": "2014/2016"
    }
