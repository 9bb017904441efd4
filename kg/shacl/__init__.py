"""SHACL engine, usable as a library: SPARQL finds candidate focus nodes, pySHACL validates them.

It needs pyoxigraph, pyshacl and rdflib, and no other package of kg. The results are those of
pySHACL alone on the whole graph:

>>> from kg.shacl import validate
>>> prefixes = "PREFIX : <http://example.org/> PREFIX sh: <http://www.w3.org/ns/shacl#> "
>>> shapes = ":Named sh:targetClass :Person ; sh:property [ sh:path :name ; sh:minCount 1 ] ."
>>> data = ':ann a :Person ; :name "Ann" . :bob a :Person .'
>>> conforms, results, graph = validate(prefixes + data, prefixes + shapes)
>>> conforms
False
>>> [(result.focus, result.path) for result in results]
[('http://example.org/bob', 'http://example.org/name')]
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kg.shacl.library import GraphInput, Validation, validate
    from kg.shacl.report_rdf import build_report_triples
    from kg.shacl.results import Severity, ValidationResult
    from kg.shacl.shapes import Shapes, load_shapes, parse_shapes
    from kg.shacl.shapes_graph import PyshaclError, ShapesError

__all__ = [
    "GraphInput",
    "PyshaclError",
    "Severity",
    "Shapes",
    "ShapesError",
    "Validation",
    "ValidationResult",
    "build_report_triples",
    "load_shapes",
    "parse_shapes",
    "validate",
]
MODULES: Final = {
    "library": ("GraphInput", "Validation", "validate"),
    "report_rdf": ("build_report_triples",),
    "results": ("Severity", "ValidationResult"),
    "shapes": ("Shapes", "load_shapes", "parse_shapes"),
    "shapes_graph": ("PyshaclError", "ShapesError"),
}


def __getattr__(name: str) -> object:
    """Imports a public name when it is first used.

    pyshacl takes long to import: whoever needs `kg.shacl.terms` alone should not pay for it.
    """
    for module, names in MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
