"""View model of the page where a selection in a view is chosen to be embedded elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from api.http.links import build_url
from api.views.chart_view import find_column_title
from api.views.jinja import render_page
from api.views.list_view_names import (
    CALENDAR,
    CHART,
    LIST,
    MAP,
    NETWORK,
    TABLE,
    TIMELINE,
    VIEW_OPTIONS,
    VIEW_PARAMETER,
    list_views,
)
from api.views.page_context import PageContext
from api.views.timeline_view import STEPS
from kg.catalogue.filters import list_filter_columns
from kg.catalogue.records import Field
from kg.kinds import KINDS, Kind

DRAWN_SHAPES: Final = (TIMELINE, CHART, NETWORK, TABLE)
"""Shapes that are the views of a list as they are; a frame has a list, map or calendar of its
own."""
SHAPES: Final = (LIST, MAP, CALENDAR, *DRAWN_SHAPES)
THEMES: Final = ("light", "dark")
DEFAULT_HEIGHT: Final = {
    LIST: 420, MAP: 600, CALENDAR: 480, TIMELINE: 460, CHART: 520, NETWORK: 760, TABLE: 520,
}  # fmt: skip
MIN_HEIGHT, MAX_HEIGHT = 200, 2000


@dataclass(frozen=True)
class EmbedChoice:
    """What is to be embedded, and how."""

    kind: Kind
    shape: str
    filters: tuple[tuple[str, str], ...]
    theme: str
    """Empty for that of the visitor."""
    language: str
    upcoming: bool
    """Whether a calendar leaves out what is over."""
    height: int = 0
    view_options: tuple[tuple[str, str], ...] = ()
    """The parameters of the view itself: by what a chart counts, the step of a timeline."""

    @property
    def path(self) -> str:
        """The address of the page in the frame."""
        options = [
            *self.filters,
            *self.view_options,
            *([("upcoming", "1")] if self.upcoming and self.shape == "calendar" else []),
            *([("theme", self.theme)] if self.theme else []),
            ("lang", self.language),
        ]
        return build_url(f"/embed/{self.shape}/{self.kind.name}", options)


def list_shapes(kind: Kind) -> list[str]:
    """The shapes that records of a kind can be embedded in, the most telling first."""
    there = list_views(kind)
    return [shape for shape in (CALENDAR, MAP, LIST, *DRAWN_SHAPES) if shape in there]


def list_view_options(
    kind: Kind, shape: str, asked: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """The parameters of a view among those asked for; what it cannot be made by is left out."""
    possible: Mapping[str, Sequence[str]] = {
        TIMELINE: STEPS,
        CHART: list_filter_columns(kind),
    }
    return tuple(
        (name, asked[name])
        for name in VIEW_OPTIONS[shape]
        if asked.get(name) in possible.get(shape, ())
    )


def list_whole_parameters(
    shape: str, filters: Sequence[tuple[str, str]], options: Sequence[tuple[str, str]] = ()
) -> list[tuple[str, str]]:
    """The parameters of the page of the site that shows the whole."""
    view = [(VIEW_PARAMETER, shape)] if shape in DRAWN_SHAPES else []
    return [*filters, *view, *options]


def format_frame(choice: EmbedChoice, origin: str, width: str = "100%") -> str:
    """The element that shows it in a page."""
    return Markup(
        '<iframe src="{}{}" title="ess-kg – {}" width="{}" height="{}" loading="lazy"></iframe>'
    ).format(
        origin,
        choice.path,
        choice.kind.plural[choice.language],
        width,
        choice.height or DEFAULT_HEIGHT[choice.shape],
    )


def render_builder_page(
    site: PageContext,
    choice: EmbedChoice,
    told: Sequence[str],
    origin: str,
    fields: Mapping[str, Field],
) -> str:
    """The page: a form, a preview, and the line to copy.

    `told` are its filters in words, `fields` the columns of the kind.
    """
    return render_page(
        "embed_builder.html",
        site.language,
        site=site,
        title=site.t("embed_title"),
        choice=choice,
        told=told,
        kinds=[(kind.name, site.localize(kind.plural)) for kind in KINDS],
        shapes=[(shape, site.t(f"view_{shape}")) for shape in list_shapes(choice.kind)],
        themes=[
            ("", site.t("theme_auto")),
            *((theme, site.t(f"theme_{theme}")) for theme in THEMES),
        ],
        height=choice.height or DEFAULT_HEIGHT[choice.shape],
        bounds=(MIN_HEIGHT, MAX_HEIGHT),
        frame=str(format_frame(choice, origin)),
        whole=site.href(
            choice.kind.path,
            list_whole_parameters(choice.shape, choice.filters, choice.view_options),
        ),
        menus=_list_menus(choice, fields, site),
    )


def _list_menus(
    choice: EmbedChoice, fields: Mapping[str, Field], site: PageContext
) -> list[tuple[str, str, list[tuple[str, str]], str]]:
    """Name, label, choices and chosen value of each parameter of the view itself."""
    chosen = dict(choice.view_options)
    if choice.shape == TIMELINE:
        steps = [("", site.t("embed_automatic")), *((step, site.t(f"by_{step}")) for step in STEPS)]
        return [("by", site.t("steps"), steps, chosen.get("by", ""))]
    if choice.shape != CHART:
        return []
    columns = [
        (name, find_column_title(choice.kind, fields, name, site))
        for name in list_filter_columns(choice.kind)
    ]
    alone = ("", site.t("chart_alone"))
    return [
        ("by", site.t("chart_by"), columns, chosen.get("by", columns[0][0])),
        ("and", site.t("chart_and"), [alone, *columns], chosen.get("and", "")),
    ]
