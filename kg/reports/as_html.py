"""Reports as pages that stand alone: no script, nothing from elsewhere, everything escaped."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kg.kinds import Text
from kg.reports import words
from kg.reports.chart import chart
from kg.reports.counts import Counts
from kg.reports.history import Point
from kg.reports.problems import Problem
from kg.reports.reported import Reported
from kg.reports.score import MEASURES, Quality
from kg.reports.visible import visible
from kg.reports.words import WORDS, how_many, number, of_lines
from kg.validation.findings import Finding

FOLDER: Final = Path(__file__).parent / "templates"
SHOWN: Final = 200
"""Problems on a page; the rest is in the other forms."""


def html(reported: Reported, language: str, history: Sequence[Point] = ()) -> str:
    """The page of a report in a language (`fr` or `en`)."""
    return _page(
        "report.html",
        language,
        reported=reported,
        problems=reported.problems[:SHOWN],
        beyond=max(0, len(reported.problems) - SHOWN),
        measures=_measures(reported.quality),
        history=history,
        chart=chart(history, language),
    )


def overview(
    parts: Sequence[Reported],
    counts: Counts,
    language: str,
    history: Sequence[Point],
    release: Mapping[str, str],
) -> str:
    """The page that leads to the reports of the sources of a release."""
    return _page(
        "overview.html",
        language,
        parts_of=parts,
        counts=counts,
        history=history,
        chart=chart(history, language),
        release=release,
        measures=MEASURES,
    )


def _measures(quality: Quality | None) -> list[tuple[Any, float]]:
    shares = quality.shares if quality else {}
    return [(measure, shares[measure.name]) for measure in MEASURES if measure.name in shares]


def _page(name: str, language: str, **values: Any) -> str:
    def t(text: str | Text, *filled: object) -> str:
        found = (WORDS[text] if isinstance(text, str) else text)[language]
        return found.format(*filled) if filled else found

    def n(count: float) -> str:
        return number(count, language)

    def lines(name: str, count: int) -> str:
        return of_lines(name, count, language)

    def gravity(problem: Problem) -> str:
        return words.gravity(problem, language)

    def extent(problem: Problem) -> str:
        return how_many(problem, language)

    def beside(finding: Finding) -> str:
        return words.beside(finding, language)

    other = "fr" if language == "en" else "en"
    return (
        _environment()
        .get_template(name)
        .render(
            language=language,
            other=other,
            t=t,
            n=n,
            lines=lines,
            gravity=gravity,
            extent=extent,
            beside=beside,
            **values,
        )
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["visible"] = visible
    return found
