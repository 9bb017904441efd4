"""Which constraints of the shapes run compiled and which are left to pyshacl, shape by shape."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text as Line

from kg.kinds import Text
from kg.namespaces import SHAPES
from kg.validation.check import explain as compiled
from kg.validation.shapes import load_shapes

COMPILED: Final = Text("compilées en SPARQL : ", "compiled to SPARQL: ")
JUDGED: Final = Text("laissées à pyshacl : ", "left to pyshacl: ")
TOTAL: Final = Text(
    "{compiled} contraintes compilées, {judged} laissées à pyshacl : les fiches que visent ces "
    "dernières lui sont toutes soumises. Formes : {shapes}.",
    "{compiled} constraints compiled, {judged} left to pyshacl: every record that the latter are "
    "about is given to it. Shapes: {shapes}.",
)


def explain(console: Console, shapes: Sequence[Path], language: str) -> None:
    """Prints how each targeted shape is searched."""
    found = sorted(compiled(load_shapes(list(shapes))), key=lambda one: one.shape.name)
    for each in found:
        console.print(Line(_short(each.shape.name), style="bold"))
        if each.compiled:
            _print(console, COMPILED[language] + _counted(each.compiled))
        if each.judged:
            judged = ", ".join(_short(name) for name in each.judged)
            _print(console, JUDGED[language] + judged, "yellow")
    counts = {
        "shapes": len(found),
        "compiled": sum(len(each.compiled) for each in found),
        "judged": sum(len(each.judged) for each in found),
    }
    console.print(Line(TOTAL[language].format(**counts)))


def _print(console: Console, text: str, style: str = "") -> None:
    console.print(Padding(Line(text, style=style), (0, 0, 0, 2)))


def _short(name: str) -> str:
    return name.replace(SHAPES + "#", "shapes:")


def _counted(constraints: Sequence[str]) -> str:
    """The components of constraints, each with how often it occurs."""
    counts = Counter(name.rpartition(" ")[2] for name in constraints)
    return ", ".join(f"{name} ×{n}" if n > 1 else name for name, n in sorted(counts.items()))
