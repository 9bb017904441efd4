"""Diagram of the model: the ten kinds of records and the main relations between them, as SVG."""

import math
from dataclasses import dataclass
from typing import Final

from api.views.link_phrases import find_phrase
from api.views.page_context import PageContext
from kg.kinds import KIND_BY_NAME
from kg.namespaces import expand

WIDTH, HEIGHT = 920, 560
BOX_WIDTH, BOX_HEIGHT = 128, 40
PLACES: Final = {
    "person": (130, 90), "event": (460, 50), "place": (790, 90),
    "publication": (90, 280), "organisation": (460, 245), "territory": (830, 280),
    "topic": (130, 475), "tool": (345, 510), "project": (575, 510), "cluster": (790, 475),
}  # fmt: skip
RELATIONS: Final = (
    ("person", "org:memberOf", "organisation"),
    ("person", "m8g:Participation speaker", "event"),
    ("event", "schema:organizer", "organisation"),
    ("event", "schema:location", "place"),
    ("place", "ess:territory", "territory"),
    ("organisation", "ess:headquarteredIn", "territory"),
    ("cluster", "ess:carriedBy", "organisation"),
    ("cluster", "ess:coversTerritory", "territory"),
    ("publication", "dct:creator", "person"),
    ("publication", "dct:publisher", "organisation"),
    ("publication", "dct:subject", "topic"),
    ("tool", "ess:stewardedBy", "organisation"),
    ("organisation", "ess:hasProject", "project"),
    ("organisation", "ess:exampleOf", "topic"),
)
"""Subject kind, term of the relation, object kind."""
LABEL_PLACE: Final = 0.46
"""Where on its line the text of a relation stands."""


@dataclass(frozen=True)
class DiagramBox:
    """A kind in the diagram."""

    name: str
    text: str
    href: str
    x: float
    y: float


@dataclass(frozen=True)
class DiagramLine:
    """A relation in the diagram."""

    subject: str
    verb: str
    object: str
    x1: float
    y1: float
    x2: float
    y2: float
    x: float
    y: float


@dataclass(frozen=True)
class Diagram:
    """The boxes and lines of the diagram, with its size."""

    boxes: tuple[DiagramBox, ...]
    lines: tuple[DiagramLine, ...]
    width: int = WIDTH
    height: int = HEIGHT
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


def build_diagram(site: PageContext) -> Diagram:
    """The diagram in the language of a page."""
    boxes = tuple(
        DiagramBox(name, site.localize(KIND_BY_NAME[name].label), f"#kind-{name}", *place)
        for name, place in PLACES.items()
    )
    return Diagram(boxes, tuple(_build_line(*relation, site) for relation in RELATIONS))


def _build_line(subject: str, term: str, other: str, site: PageContext) -> DiagramLine:
    name, _, role = term.partition(" ")
    phrase = find_phrase(expand(name), role)
    verb = site.localize(phrase.forward) if phrase else name
    (x1, y1), (x2, y2) = PLACES[subject], PLACES[other]
    start, end = _find_border(x1, y1, x2, y2), _find_border(x2, y2, x1, y1)
    x = start[0] + (end[0] - start[0]) * LABEL_PLACE
    y = start[1] + (end[1] - start[1]) * LABEL_PLACE
    names = (site.localize(KIND_BY_NAME[kind].label) for kind in (subject, other))
    one, another = names
    return DiagramLine(one, verb, another, *start, *end, round(x), round(y))


def _find_border(x: float, y: float, towards_x: float, towards_y: float) -> tuple[float, float]:
    """Where the line between two boxes leaves the first one."""
    across, down = towards_x - x, towards_y - y
    reach = min(
        (BOX_WIDTH / 2 + 4) / abs(across) if across else math.inf,
        (BOX_HEIGHT / 2 + 4) / abs(down) if down else math.inf,
    )
    return round(x + across * reach), round(y + down * reach)
