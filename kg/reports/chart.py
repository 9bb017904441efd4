"""SVG chart of the quality scores of releases, for a page without scripts."""

from collections.abc import Sequence

from jinja2 import Template
from markupsafe import Markup

from kg.reports.quality_history import HistoryPoint

WIDTH, HEIGHT, MARGIN = 320, 90, 8
CHART_TEMPLATE = Template(
    '<svg class="chart" viewBox="0 0 {{ width + 30 }} {{ height }}" role="img" '
    'aria-label="{{ label }}">'
    '<line class="axis" x1="0" y1="{{ low }}" x2="{{ width }}" y2="{{ low }}"/>'
    '<line class="axis" x1="0" y1="{{ high }}" x2="{{ width }}" y2="{{ high }}"/>'
    '<text x="{{ width + 4 }}" y="{{ high + 4 }}">100</text>'
    '<text x="{{ width + 4 }}" y="{{ low + 4 }}">0</text>'
    '<polyline class="curve" points="{{ path }}"/>'
    "{% for x, y, title in dots %}"
    '<circle cx="{{ x }}" cy="{{ y }}" r="3"><title>{{ title }}</title></circle>'
    "{% endfor %}</svg>",
    autoescape=True,
)


def draw_chart(points: Sequence[HistoryPoint], language: str) -> Markup | None:
    """The drawing, 0 at the bottom and 100 at the top; None with fewer than two points."""
    scored = [(p, p.score) for p in points if p.score is not None]
    if len(scored) < 2:
        return None
    step = (WIDTH - 2 * MARGIN) / (len(scored) - 1)
    dots = [
        (round(MARGIN + n * step, 1), _scale_score(score), f"{point.created[:10]} : {score:g}")
        for n, (point, score) in enumerate(scored)
    ]
    first, last = scored[0][1], scored[-1][1]
    label = (
        f"Quality from {first:g} to {last:g} out of 100"
        if language == "en"
        else f"Qualité de {first:g} à {last:g} sur 100"
    )
    return Markup(  # noqa: S704 - the template escapes what it is filled with
        CHART_TEMPLATE.render(
            width=WIDTH,
            height=HEIGHT,
            low=HEIGHT - MARGIN,
            high=MARGIN,
            label=label,
            dots=dots,
            path=" ".join(f"{x},{y}" for x, y, _ in dots),
        )
    )


def _scale_score(score: float) -> float:
    return round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * score / 100, 1)
