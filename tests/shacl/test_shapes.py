"""Reading shapes: names that last, versions, well-formedness, what is compiled and what is not."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.shacl.shapes import load_shapes, parse_shapes
from kg.shacl.shapes_graph import ShapesError
from kg.shacl.validator import explain_searches, validate_store
from tests.shacl.generated import PROLOGUE
from tests.shacl.graphs import shapes_of, store_of

SHAPES = """:S sh:targetClass :C ;
    sh:property [ sh:path :p ; sh:minCount 1 ] , [ sh:path :q ; sh:minCount 1 ] .
:T sh:targetClass :C ; sh:property [ sh:path :p ; sh:minCount 1 ] .
"""


def test_blank_shapes_keep_their_names_from_one_reading_to_the_next(tmp_path: Path) -> None:
    lines = SHAPES.replace(" , ", " ;\n sh:property ")
    (tmp_path / "one.ttl").write_text(PROLOGUE + SHAPES)
    (tmp_path / "other.ttl").write_text(PROLOGUE + "\n# the same\n" + lines)
    one, other = (load_shapes([tmp_path / name]) for name in ("one.ttl", "other.ttl"))
    assert one.by_node.keys() == other.by_node.keys()
    assert one.digest == other.digest
    assert len([node for node in one.by_node if isinstance(node, ox.BlankNode)]) == 3


def test_files_of_a_folder_make_one_shapes_graph(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text(PROLOGUE + ":S sh:targetClass :C ; sh:property _:p .")
    (tmp_path / "b.ttl").write_text(PROLOGUE + ":T sh:targetClass :C ; sh:property _:p .")
    (tmp_path / "c.ttl").write_text(PROLOGUE + ':o a owl:Ontology ; owl:versionInfo "1.2" .')
    with pytest.raises(ShapesError, match="used as a shape"):
        load_shapes([tmp_path]).get_shape(ox.NamedNode("http://e/absent"))
    shapes = load_shapes([tmp_path])
    assert [shape.name for shape in shapes.targeted] == ["http://e/S", "http://e/T"]
    assert len(shapes.by_node) == 4
    assert shapes.version == "1.2"


def test_the_version_is_the_digest_where_none_is_stated() -> None:
    shapes = shapes_of(SHAPES)
    assert shapes.version == shapes.digest[:16]
    assert shapes_of(SHAPES.replace("minCount 1", "minCount 2")).version != shapes.version


@pytest.mark.parametrize(("text", "where"), [("<x:s> <x:p> .", "line 1"), ("@prefix sh: <h", "")])
def test_a_mistake_in_a_file_is_placed(tmp_path: Path, text: str, where: str) -> None:
    (tmp_path / "wrong.ttl").write_text(text)
    with pytest.raises(ShapesError, match=f"wrong.ttl.*{where}"):
        load_shapes([tmp_path])


def test_a_file_that_is_not_rdf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shapes.docx").write_text("")
    with pytest.raises(ShapesError, match="docx"):
        load_shapes([tmp_path / "shapes.docx"])


def test_a_list_without_an_end_is_refused() -> None:
    with pytest.raises(ShapesError, match="list"):
        shapes_of(":S sh:targetClass :C ; sh:or :l . :l rdf:first :S ; rdf:rest :l .")


@pytest.mark.parametrize(
    ("constraint", "judged"),
    [
        ("sh:pattern '^(?=a)'", ("pattern",)),
        ("sh:pattern '[[:alpha:]]'", ("pattern",)),
        ("sh:pattern '^a'", ()),
        ("sh:pattern '^(?:a|b)[.-]{2,3}$'", ()),
        ("sh:property [ sh:path :p ; sh:node :S ]", ("recursion",)),
        ("sh:qualifiedMinCount 1", ("qualifiedMinCount",)),
    ],
)
def test_undecided_constraints_are_listed(constraint: str, judged: tuple[str, ...]) -> None:
    (found,) = explain_searches(shapes_of(f":S sh:targetClass :C ; {constraint} ."))
    assert set(judged) <= set(found.undecided)
    assert bool(judged) == bool(found.undecided)


def test_shapes_can_be_given_as_triples() -> None:
    triples = shapes_of(SHAPES).graph.triples
    assert parse_shapes(triples).digest == shapes_of(SHAPES).digest


def test_shapes_without_targets_have_no_results() -> None:
    report = validate_store(store_of(":a a :C ."), shapes_of(":S sh:property [ sh:path :p ] ."))
    assert report.conforms
    assert report.searches == ()


def test_files_that_hold_the_same_are_read_once(tmp_path: Path) -> None:
    path = tmp_path / "shapes.ttl"
    path.write_text(PROLOGUE + SHAPES)
    first = load_shapes([tmp_path])
    assert load_shapes([path]) is first
    path.write_text(PROLOGUE + SHAPES.replace("minCount 1", "minCount 2"))
    assert load_shapes([tmp_path]).digest != first.digest


def test_some_shapes_are_selected_with_those_that_lead_to_them() -> None:
    shapes = parse_shapes("""
    PREFIX sh: <http://www.w3.org/ns/shacl#>
    <urn:a> a sh:NodeShape ; sh:targetClass <urn:A> ; sh:property <urn:a-p> .
    <urn:a-p> sh:path <urn:p> ; sh:property <urn:a-p-q> .
    <urn:a-p-q> sh:path <urn:q> ; sh:minCount 1 .
    <urn:b> a sh:NodeShape ; sh:targetClass <urn:A> ; sh:property <urn:b-p> .
    <urn:b-p> sh:path <urn:r> ; sh:minCount 1 .
    """)
    store = ox.Store()
    text = "<urn:x> a <urn:A> ; <urn:p> <urn:y> ."
    store.load(text.encode(), format=ox.RdfFormat.TURTLE)
    every = validate_store(store, shapes).results
    assert {result.shape for result in every} == {"urn:a-p-q", "urn:b-p"}
    for name in ("urn:a-p-q", "urn:b-p"):
        some = shapes.select_targeted([ox.NamedNode(name)])
        assert len(some.targeted) == 1
        assert validate_store(store, some).results == tuple(
            result for result in every if result.shape == name
        )
