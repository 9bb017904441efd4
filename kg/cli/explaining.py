"""Which constraints of the shapes run compiled and which are left to pyshacl, shape by shape."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text as Line

from kg.kinds import Text
from kg.namespaces import shorten
from kg.validation.check import explain as compiled
from kg.validation.shapes import load_shapes

SHAPE: Final = Text("Forme", "Shape")
COMPILED: Final = Text("Compilées en SPARQL", "Compiled to SPARQL")
JUDGED: Final = Text("Laissées à pyshacl", "Left to pyshacl")
TOTAL: Final = Text(
    "{shapes} formes visées ; {compiled} contraintes compilées, {judged} laissées à pyshacl "
    "(toutes leurs cibles lui sont soumises).",
    "{shapes} targeted shapes; {compiled} constraints compiled, {judged} left to pyshacl (it is "
    "given all their targets).",
)


def explain(console: Console, shapes: Sequence[Path], language: str) -> None:
    """Prints how each targeted shape is searched."""
    found = compiled(load_shapes(list(shapes)))
    drawn = Table(SHAPE[language], COMPILED[language], JUDGED[language])
    for each in sorted(found, key=lambda one: one.shape.name):
        names = (shorten(each.shape.name), _listed(each.compiled), _listed(each.judged))
        drawn.add_row(*(Line(name) for name in names))
    console.print(drawn)
    counts = {
        "shapes": len(found),
        "compiled": sum(len(each.compiled) for each in found),
        "judged": sum(len(each.judged) for each in found),
    }
    console.print(TOTAL[language].format(**counts))


def _listed(constraints: Sequence[str]) -> str:
    """Constraints by name, each with how often it occurs."""
    names = [name.rpartition("#")[2].rpartition("/")[2] for name in constraints]
    counted = {name: names.count(name) for name in sorted(names)}
    return ", ".join(f"{name} ×{n}" if n > 1 else name for name, n in counted.items())
