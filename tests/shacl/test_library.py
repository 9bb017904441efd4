"""SHACL engine as a library: inputs of any form, and no other package of kg imported."""

import doctest
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from kg import shacl
from kg.errors import EssKgError
from kg.shacl import ShapesError, validate
from kg.shacl.library import GraphInput
from tests.shacl.generated import PROLOGUE

SHAPES = PROLOGUE + ":S sh:targetClass :C ; sh:property [ sh:path :p ; sh:maxCount 1 ] ."
DATA = PROLOGUE + ':a a :C ; :p 1 , "01"^^xsd:integer . :b a :C ; :p 2 .'
IMPORTS = """
import sys
from kg.shacl.terms import parse_term
assert "pyshacl" not in sys.modules, "kg.shacl.terms imports pyshacl"
from kg.shacl import validate
assert not validate({data!r}, {shapes!r}).conforms
print(*sorted(name for name in sys.modules if name.partition(".")[0] in ("kg", "duckdb")))
"""


def graph_of(text: str, form: str, folder: Path) -> GraphInput:
    if form == "text":
        return text
    if form == "file":
        file = folder / "graph.ttl"
        file.write_text(text, "utf-8")
        return file
    if form == "store":
        store = ox.Store()
        store.load(text.encode(), format=ox.RdfFormat.TURTLE)
        return store
    return rdflib.Graph().parse(data=text, format="turtle")


@pytest.mark.parametrize("form", ["text", "file", "rdflib"])
def test_literals_of_any_input_keep_their_lexical_form(form: str, tmp_path: Path) -> None:
    rdflib.NORMALIZE_LITERALS, normalize = False, rdflib.NORMALIZE_LITERALS
    try:
        conforms, results, graph = validate(graph_of(DATA, form, tmp_path), SHAPES)
    finally:
        rdflib.NORMALIZE_LITERALS = normalize
    assert not conforms
    assert [result.focus for result in results] == ["http://e/a"]
    assert any(triple.predicate.value.endswith("#focusNode") for triple in graph)


def test_data_of_a_store_is_as_the_store_has_it(tmp_path: Path) -> None:
    store = graph_of(DATA, "store", tmp_path)
    assert isinstance(store, ox.Store)
    before = set(store)
    assert validate(store, SHAPES).conforms, "1 and 01 are one term there"
    assert set(store) == before


@pytest.mark.parametrize("form", ["text", "file", "store", "rdflib"])
def test_shapes_may_have_any_form(form: str, tmp_path: Path) -> None:
    assert len(validate(DATA, graph_of(SHAPES, form, tmp_path)).results) == 1


def test_unreadable_input_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ShapesError):
        validate(DATA, tmp_path / "missing.ttl")
    for data in ("no Turtle", tmp_path / "missing.ttl", Path(__file__)):
        with pytest.raises(EssKgError):
            validate(data, SHAPES)


def test_the_docstring_example_runs() -> None:
    assert doctest.testmod(shacl, optionflags=doctest.ELLIPSIS).failed == 0


def test_the_example_of_the_documentation_runs(root: Path) -> None:
    program = (root / "docs" / "shacl.md").read_text("utf-8").split("```")[1]
    exec(program.removeprefix("python\n"), {})


def test_no_other_room_is_imported() -> None:
    program = IMPORTS.format(data=DATA, shapes=SHAPES)
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    leaves = {"kg", "kg.errors", "kg.namespaces", "kg.progress"}
    others = {name for name in answer.stdout.split() if not name.startswith("kg.shacl")}
    assert others <= leaves
