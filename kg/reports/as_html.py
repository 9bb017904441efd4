"""HTML serializer of reports: self-contained pages without scripts, everything escaped."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kg.kinds import Text
from kg.reports import texts
from kg.reports.chart import draw_chart
from kg.reports.problem_groups import ProblemGroup
from kg.reports.quality_history import HistoryPoint
from kg.reports.quality_score import QUALITY_MEASURES, Quality
from kg.reports.report_model import Report
from kg.reports.row_counts import RowCounts
from kg.reports.sanitize import sanitize
from kg.reports.texts import TEXTS, format_extent, format_number, get_count_label
from kg.validation.findings import Finding

TEMPLATES_FOLDER: Final = Path(__file__).parent / "templates"
MAX_LISTED_PROBLEMS: Final = 200
"""Problems on a page, at most; the rest is in the other formats."""


def render_html(
    reported: Report, language: str, history: Sequence[HistoryPoint] = (), back: str = ""
) -> str:
    """The page of a report in a language (`fr` or `en`).

    `back` is the address of the page that files are checked from, if there is one.
    """
    return _render(
        "report.html",
        language,
        reported=reported,
        problems=reported.problems[:MAX_LISTED_PROBLEMS],
        beyond=max(0, len(reported.problems) - MAX_LISTED_PROBLEMS),
        measures=_list_measures(reported.quality),
        history=history,
        chart=draw_chart(history, language),
        back=back,
    )


def render_overview(
    parts: Sequence[Report],
    counts: RowCounts,
    language: str,
    history: Sequence[HistoryPoint],
    release: Mapping[str, str],
) -> str:
    """The page that leads to the reports of the sources of a release."""
    return _render(
        "overview.html",
        language,
        parts_of=parts,
        counts=counts,
        history=history,
        chart=draw_chart(history, language),
        release=release,
        measures=QUALITY_MEASURES,
    )


def _list_measures(quality: Quality | None) -> list[tuple[Any, float]]:
    shares = quality.shares if quality else {}
    return [
        (measure, shares[measure.name]) for measure in QUALITY_MEASURES if measure.name in shares
    ]


def _render(name: str, language: str, **values: Any) -> str:
    def t(text: str | Text, *filled: object) -> str:
        template = (TEXTS[text] if isinstance(text, str) else text)[language]
        return template.format(*filled) if filled else template

    def n(count: float) -> str:
        return format_number(count, language)

    def lines(name: str, count: int) -> str:
        return get_count_label(name, count, language)

    def gravity(problem: ProblemGroup) -> str:
        return texts.format_severity(problem, language)

    def extent(problem: ProblemGroup) -> str:
        return format_extent(problem, language)

    def format_others(finding: Finding) -> str:
        return texts.format_others(finding, language)

    other = "fr" if language == "en" else "en"
    return (
        _make_environment()
        .get_template(name)
        .render(
            language=language,
            other=other,
            t=t,
            n=n,
            lines=lines,
            gravity=gravity,
            extent=extent,
            format_others=format_others,
            **values,
        )
    )


@lru_cache(maxsize=1)
def _make_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = sanitize
    return environment
