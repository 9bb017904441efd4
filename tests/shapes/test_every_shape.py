"""Each shape has its examples, says what to do in French and English, and can be searched for."""

from pathlib import Path
from typing import Final

import pyoxigraph as ox
import pytest

from kg.namespaces import SHAPES
from kg.shacl.shapes import Shape, Shapes, load_shapes
from kg.shacl.validator import explain_searches
from tests.shapes.conftest import EXAMPLES, ROOT, SH, expectations, local

DESCRIBES: Final = {
    "path", "name", "message", "severity", "property", "qualifiedMinCount",
    "targetClass", "targetSubjectsOf",
}  # fmt: skip
"""Parameters that state no constraint of their own."""
COMPONENTS: Final = {"qualifiedValueShape": "QualifiedMinCount", "sparql": "SPARQL"}
NOT_TARGETED: Final = {"SchemaHttp-class", "SchemaHttp-property"}
"""What they accept is what they do not look at."""
SHAPES_READ: Final = load_shapes([ROOT / "shapes"])


def reporting(shapes: Shapes) -> dict[str, Shape]:
    """The shapes that can be the source of a result: targeted ones, and their property shapes."""
    held = {*shapes.targeted}
    held |= {shapes.get_shape(n) for s in shapes.targeted for n in s.parameters.get("property", ())}
    return {local(s.name): s for s in held if set(s.parameters) - DESCRIBES}


REPORTING: Final = reporting(SHAPES_READ)


def components(shape: Shape) -> set[str]:
    """The constraint components a shape can report."""
    return {
        COMPONENTS.get(name, name[0].upper() + name[1:]) + "ConstraintComponent"
        for name in set(shape.parameters) - DESCRIBES
    }


@pytest.mark.parametrize("name", sorted(REPORTING))
def test_has_a_valid_example_and_an_invalid_one_for_each_constraint(name: str) -> None:
    files = [path for path in EXAMPLES if path.stem.split(".")[0] == name]
    assert any(path.stem.endswith(".valid") for path in files)
    found = {e.component for path in files for e in expectations(path)}
    assert found == components(REPORTING[name])


def test_no_example_is_left_without_its_shape() -> None:
    assert {path.stem.split(".")[0] for path in EXAMPLES} == set(REPORTING)


@pytest.mark.parametrize("name", sorted(set(REPORTING) - NOT_TARGETED))
def test_its_valid_example_is_one_the_shape_looks_at(name: str, world: ox.Store) -> None:
    path = Path(__file__).parent / "examples" / f"{name}.valid.ttl"
    quads = list(ox.parse(path=path, format=ox.RdfFormat.TURTLE))
    predicates = {quad.predicate for quad in quads}
    classes = {quad.object for quad in quads if quad.predicate.value.endswith("#type")}
    held = [s for s in SHAPES_READ.targeted if s is REPORTING[name] or _holds(s, name)]
    wide = {sub for s in held for c in s.targets.classes for sub in _subclasses(world, c)}
    assert classes & wide or predicates & {p for s in held for p in s.targets.subjects_of}


def _holds(shape: Shape, name: str) -> bool:
    return REPORTING[name].node in shape.parameters.get("property", ())


def _subclasses(store: ox.Store, name: object) -> set[object]:
    query = f"SELECT ?c {{ ?c <http://www.w3.org/2000/01/rdf-schema#subClassOf>* {name} }}"
    return {name, *(row["c"] for row in store.query(query))}  # type: ignore[union-attr]


@pytest.mark.parametrize("name", sorted(REPORTING))
def test_says_what_is_wrong_in_both_languages_and_how_bad_it_is(name: str) -> None:
    shape = REPORTING[name]
    messages = {getattr(m, "language", None): m.value for m in shape.parameters.get("message", ())}
    assert set(messages) == {"fr", "en"}
    assert len(shape.parameters["message"]) == 2
    for text in messages.values():
        assert 40 < len(text) < 250
        assert text.endswith((".", "”", "»")), "a sentence"
    (severity,) = shape.parameters["severity"]
    assert severity.value.removeprefix(SH) in {"Violation", "Warning", "Info"}


@pytest.mark.parametrize("name", sorted(REPORTING))
def test_has_a_name_of_its_own_and_a_label(name: str) -> None:
    shape = REPORTING[name]
    assert isinstance(shape.node, ox.NamedNode)
    assert shape.name.startswith(SHAPES + "#")
    labels = shape.parameters.get("name") or SHAPES_READ.graph.values(
        shape.node, ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    )
    assert {getattr(text, "language", None) for text in labels} == {"fr", "en"}


def test_the_search_decides_every_constraint() -> None:
    left = {local(c.shape.name): c.undecided for c in explain_searches(SHAPES_READ) if c.undecided}
    assert left == {}


def test_the_version_is_stated() -> None:
    assert SHAPES_READ.version == "0.1.0"
