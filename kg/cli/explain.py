"""Report of `ess-kg check --explain`: constraints compiled to SPARQL and those left to pySHACL."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text as Line

from kg.kinds import Text
from kg.namespaces import SHAPES
from kg.shacl.shapes import load_shapes
from kg.shacl.validator import explain_searches as compiled

COMPILED: Final = Text("compilées en SPARQL : ", "compiled to SPARQL: ")
LEFT_TO_PYSHACL: Final = Text("laissées à pyshacl : ", "left to pyshacl: ")
TOTAL: Final = Text(
    "{compiled} contraintes compilées, {judged} laissées à pyshacl : les fiches que visent ces "
    "dernières lui sont toutes soumises. Formes : {shapes}.",
    "{compiled} constraints compiled, {judged} left to pyshacl: every record that the latter are "
    "about is given to it. Shapes: {shapes}.",
)


def explain(console: Console, shapes: Sequence[Path], language: str) -> None:
    """Print the number of constraints compiled, and left to pySHACL, for each target shape."""
    compiled_shapes = sorted(compiled(load_shapes(list(shapes))), key=lambda one: one.shape.name)
    for each in compiled_shapes:
        console.print(Line(_shorten_name(each.shape.name), style="bold"))
        if each.decided:
            _print(console, COMPILED[language] + _format_counts(each.decided))
        if each.undecided:
            judged = ", ".join(_shorten_name(name) for name in each.undecided)
            _print(console, LEFT_TO_PYSHACL[language] + judged, "yellow")
    counts = {
        "shapes": len(compiled_shapes),
        "compiled": sum(len(each.decided) for each in compiled_shapes),
        "judged": sum(len(each.undecided) for each in compiled_shapes),
    }
    console.print(Line(TOTAL[language].format(**counts)))


def _print(console: Console, text: str, style: str = "") -> None:
    console.print(Padding(Line(text, style=style), (0, 0, 0, 2)))


def _shorten_name(name: str) -> str:
    return name.replace(SHAPES + "#", "shapes:")


def _format_counts(constraints: Sequence[str]) -> str:
    """Format components of constraints with their frequencies."""
    counts = Counter(name.rpartition(" ")[2] for name in constraints)
    return ", ".join(f"{name} ×{n}" if n > 1 else name for name, n in sorted(counts.items()))
